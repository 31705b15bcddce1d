/* A small bank's names for the tests of conditions: row 0 an event, row 1 a customer, row 2 features (fetched), row 3 now. */
#ifndef GH_TEST_CONDITION_H
#define GH_TEST_CONDITION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "goldhour/cel/cel.h"
#include "goldhour/model/decimal.h"

enum { AMOUNT, TOPIC, COUNT, RATE, FLAG, MATURES, TIME, LABELS, PAYDAYS, EVENT_SLOTS };
enum { AGE, AUM, NAME, FUNDS, CUSTOMER_SLOTS };

struct bank {
  struct gh_arena arena, scratch;
  struct gh_cel_env *env;
  struct gh_value event[EVENT_SLOTS], customer[CUSTOMER_SLOTS], now[1];
  struct gh_value feature; /* what the fetch answers */
  unsigned fetched;
  struct gh_cel_fault fault; /* of the last compilation */
};

static struct gh_value fetch(void *ctx, unsigned row, unsigned slot)
{
  struct bank *b = ctx;
  b->fetched++;
  return row == 2 && slot == 7 ? b->feature : gh_absent();
}

static void declare(struct bank *b, const char *name, const char *type, unsigned row, unsigned slot)
{
  struct gh_type t;
  assert_true(gh_cel_type_parse(&b->arena, gh_str(type), &t));
  gh_cel_declare(b->env, gh_str(name), t, row, slot);
}

static int __attribute__((unused)) open_bank(void **state)
{
  static struct bank bank;
  struct bank *b = &bank;
  *b = (struct bank){.feature = gh_int(0)};
  gh_arena_init(&b->arena, 0);
  gh_arena_init(&b->scratch, 0);
  b->env = gh_cel_env_new(&b->arena, NULL, NULL);
  declare(b, "event.amount", "decimal(2)", 0, AMOUNT);
  declare(b, "event.topic", "string", 0, TOPIC);
  declare(b, "event.count", "int", 0, COUNT);
  declare(b, "event.rate", "double", 0, RATE);
  declare(b, "event.flag", "bool", 0, FLAG);
  declare(b, "event.matures_on", "date", 0, MATURES);
  declare(b, "event.time", "timestamp", 0, TIME);
  declare(b, "event.labels", "map(string, int)", 0, LABELS);
  declare(b, "event.paydays", "list(date)", 0, PAYDAYS);
  declare(b, "customer.age", "int", 1, AGE);
  declare(b, "customer.aum", "decimal(2)", 1, AUM);
  declare(b, "customer.name", "string", 1, NAME);
  declare(b, "customer.funds", "list(string)", 1, FUNDS);
  declare(b, "feature.reads", "int", 2, 7);
  declare(b, "now", "timestamp", 3, 0);
  *state = b;
  return 0;
}

static int __attribute__((unused)) close_bank(void **state)
{
  struct bank *b = *state;
  gh_cel_env_free(b->env);
  gh_arena_free(&b->arena);
  gh_arena_free(&b->scratch);
  return 0;
}

static struct gh_cel_frame frame_of(struct bank *b)
{
  return (struct gh_cel_frame){.rows = {b->event, b->customer, NULL, b->now}, .fetch = fetch, .ctx = b, .scratch = &b->scratch};
}

static struct gh_program *compile(struct bank *b, const char *text)
{
  b->fault = (struct gh_cel_fault){0};
  return gh_cel_compile(b->env, &b->arena, gh_str(text), (struct gh_cel_options){.want = {.kind = GH_ABSENT}}, &b->fault);
}

static struct gh_value __attribute__((unused)) value_of(struct bank *b, const char *text)
{
  struct gh_program *p = compile(b, text);
  if (!p) print_message("%s: %.*s\n", text, GH_FMT(b->fault.message));
  assert_non_null(p);
  struct gh_cel_frame frame = frame_of(b);
  return gh_cel_eval(p, &frame);
}

static struct gh_value __attribute__((unused)) unchecked(struct bank *b, const char *text)
{
  struct gh_cel_options options = {.unchecked = true};
  struct gh_program *p = gh_cel_compile(b->env, &b->arena, gh_str(text), options, &b->fault);
  assert_non_null(p);
  struct gh_cel_frame frame = frame_of(b);
  return gh_cel_eval(p, &frame);
}

/* Both ways of evaluating agree, and give this. */
static void __attribute__((unused)) assert_holds(struct bank *b, const char *text, bool expected)
{
  struct gh_program *p = compile(b, text);
  if (!p) fail_msg("%s: %.*s", text, GH_FMT(b->fault.message));
  struct gh_cel_frame frame = frame_of(b);
  struct gh_value v = gh_cel_eval(p, &frame), error;
  if (v.kind != GH_BOOL || v.b != expected) fail_msg("%s: kind %d %.*s", text, v.kind, v.kind == GH_ERROR ? (int)v.len : 0, v.text);
  if (gh_cel_test(p, &frame, &error) != expected) fail_msg("%s: as a condition", text);
  assert_int_equal(error.kind, GH_ABSENT);
}

static void __attribute__((unused)) assert_error(struct bank *b, const char *text, const char *says)
{
  struct gh_program *p = compile(b, text);
  if (!p) fail_msg("%s: %.*s", text, GH_FMT(b->fault.message));
  struct gh_cel_frame frame = frame_of(b);
  struct gh_value error;
  assert_false(gh_cel_test(p, &frame, &error));
  if (error.kind != GH_ERROR) fail_msg("%s: no error", text);
  if (!strstr(gh_arena_str(&b->arena, gh_text(error)).ptr, says)) fail_msg("%s: %.*s", text, GH_FMT(gh_text(error)));
}

static void __attribute__((unused)) assert_refused(struct bank *b, const char *text, size_t offset, const char *says)
{
  if (compile(b, text)) fail_msg("%s: not refused", text);
  struct gh_str all = gh_arena_fmt(&b->arena, "%.*s; %.*s", GH_FMT(b->fault.message), GH_FMT(b->fault.hint));
  if (!strstr(all.ptr, says)) fail_msg("%s: %s", text, all.ptr);
  if (b->fault.offset != offset) fail_msg("%s: at %zu: %s", text, b->fault.offset, all.ptr);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_bank, close_bank)

#endif
