/* Calls a function of CEL as the evaluator would, without one: by name, with arguments at hand. */
#ifndef GH_TEST_FUNCTION_CALL_H
#define GH_TEST_FUNCTION_CALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "function.h"

static struct gh_arena scratch; /* of the calls; emptied before each test by fresh_scratch */
static const struct gh_zones *zones;

static const struct gh_overload_table *const tables[] = {
  &gh_cel_core_functions, &gh_cel_time_functions, &gh_cel_string_functions, &gh_cel_math_functions, &gh_cel_decimal_functions,
};

static int __attribute__((unused)) fresh_scratch(void **state)
{
  (void)state;
  gh_arena_free(&scratch);
  gh_arena_init(&scratch, GH_CEL_BYTES);
  return 0;
}

static int __attribute__((unused)) free_scratch(void **state)
{
  (void)state;
  gh_arena_free(&scratch);
  return 0;
}

/* The first row of that name: rows of one name share their function for each number of arguments, because values may be dynamic. */
static const struct gh_overload *row_of(const char *name, unsigned n)
{
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
    for (size_t i = 0; i < tables[t]->n; i++) {
      const struct gh_overload *row = &tables[t]->rows[i];
      unsigned params = 1;
      for (const char *p = row->params; *p; p++) params += *p == ';';
      if (strcmp(row->name, name) == 0 && (params == n || strstr(row->params, "..."))) return row;
    }
  fail_msg("there is no function %s of %u arguments", name, n);
  return NULL;
}

static struct gh_value __attribute__((unused)) call_with_steps(const char *name, const struct gh_value *args, unsigned n, uint32_t steps)
{
  struct gh_call call = {.scratch = &scratch, .zones = zones, .steps = &steps};
  return row_of(name, n)->call(&call, args, n);
}

#define CALL(name, ...)                                                                                                     \
  call_with_steps(name, (const struct gh_value[]){__VA_ARGS__}, sizeof((const struct gh_value[]){__VA_ARGS__}) / sizeof(struct gh_value), \
                  GH_CEL_STEPS)

static inline struct gh_value text(const char *s) { return gh_string(gh_str(s)); }

static inline struct gh_value list_of(const struct gh_value *items, uint32_t n)
{
  return (struct gh_value){.kind = GH_LIST, .len = n, .items = items};
}
#define LIST(...) list_of((const struct gh_value[]){__VA_ARGS__}, sizeof((const struct gh_value[]){__VA_ARGS__}) / sizeof(struct gh_value))

static inline struct gh_value map_of(const struct gh_value *items, uint32_t n)
{
  return (struct gh_value){.kind = GH_MAP, .len = n / 2, .items = items};
}
#define MAP(...) map_of((const struct gh_value[]){__VA_ARGS__}, sizeof((const struct gh_value[]){__VA_ARGS__}) / sizeof(struct gh_value))

static void __attribute__((unused)) assert_value(struct gh_value got, struct gh_value want)
{
  if (got.kind == GH_ERROR && want.kind != GH_ERROR) fail_msg("error: %.*s", GH_FMT(gh_text(got)));
  if (!gh_value_same(got, want)) print_message("kinds %d and %d, texts %.*s\n", got.kind, want.kind, got.kind == GH_STRING ? (int)got.len : 0, got.kind == GH_STRING ? got.text : "");
  assert_true(gh_value_same(got, want));
}

static void __attribute__((unused)) assert_text(struct gh_value got, const char *want)
{
  if (got.kind == GH_ERROR) fail_msg("error: %.*s", GH_FMT(gh_text(got)));
  assert_int_equal(got.kind, GH_STRING);
  assert_int_equal(got.len, strlen(want));
  if (got.len) assert_memory_equal(got.text, want, got.len);
}

/* An error whose text contains `part`. */
static void __attribute__((unused)) assert_error(struct gh_value got, const char *part)
{
  char message[512];
  assert_int_equal(got.kind, GH_ERROR);
  snprintf(message, sizeof message, "%.*s", GH_FMT(gh_text(got)));
  if (!strstr(message, part)) fail_msg("'%s' does not say '%s'", message, part);
}

#endif
