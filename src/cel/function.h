/* The function table of CEL: a row an overload, from which come the type check, the look-up and the manual (docs/cel.md).
 *
 * How to add a function: write it in the file of its family, add a row to that file's table, a line to docs/cel.md and a case to tests/cel.
 */
#ifndef GH_CEL_FUNCTION_H
#define GH_CEL_FUNCTION_H

#include "goldhour/cel/cel.h"

/* What a function may use while it runs. */
struct gh_call {
  struct gh_arena *scratch;      /* results that need memory; gh_arena_alloc answers NULL beyond GH_CEL_BYTES: return gh_cel_no_memory() */
  const struct gh_zones *zones;  /* may be NULL */
  const struct gh_zone *zone;    /* of dates; may be NULL: UTC */
  uint32_t *steps;               /* steps left; gh_cel_spend takes some for long work */
  const void *constant;          /* what `prepare` of the row made of the call's constant arguments at compile time, or NULL */
};

/* args[0] is the receiver of a method. Arguments are never GH_ABSENT or GH_ERROR. Kinds are NOT guaranteed (dynamic values): the function itself
 * answers gh_cel_no_overload() for kinds it does not take. */
typedef struct gh_value (*gh_function)(struct gh_call *call, const struct gh_value *args, unsigned n);

struct gh_overload {
  const char *name;   /* "indexOf", "math.greatest", "int" */
  bool method;        /* receiver.name(…): the receiver is the first parameter */
  const char *params; /* types as gh_cel_type_parse reads them, separated by ';': "string;string;int"; type parameters are A, B: "list(A)"; "..." at the end: any number more of the last */
  const char *result; /* "int" */
  gh_function call;
  /* May be NULL. For constant arguments (kind GH_ABSENT where not constant): makes something once at compile time (a compiled regular expression), in the arena, or freed with
   * it by gh_arena_on_free (at gh_cel_env_free); an error value in `*fault` refuses the program. `zones` may be NULL. */
  const void *(*prepare)(struct gh_arena *arena, const struct gh_zones *zones, const struct gh_value *args, unsigned n, struct gh_value *fault);
};

struct gh_overload_table { const struct gh_overload *rows; size_t n; };
/* One a file: the families. */
extern const struct gh_overload_table gh_cel_core_functions;   /* functions.c: size, conversions, type, contains, startsWith, endsWith, matches */
extern const struct gh_overload_table gh_cel_time_functions;   /* time_functions.c: getFullYear … getMilliseconds, with and without zone */
extern const struct gh_overload_table gh_cel_string_functions; /* string_functions.c: the strings extension; string_format.c: format, quote */
extern const struct gh_overload_table gh_cel_math_functions;   /* math_functions.c: the math extension */
extern const struct gh_overload_table gh_cel_decimal_functions; /* decimal_functions.c: decimal(), decimal.div */

struct gh_value gh_cel_no_overload(void); /* "no such overload" */
struct gh_value gh_cel_no_memory(void);   /* "the evaluation used over 1 MB" */
/* Takes n steps; false if none are left: return gh_cel_no_steps(). */
bool gh_cel_spend(struct gh_call *call, size_t n);
struct gh_value gh_cel_no_steps(void);
/* An error with a text made in scratch. */
struct gh_value gh_cel_errorf(struct gh_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* compare.c: the meaning of == and < across kinds (heterogeneous equality; numbers int uint double decimal by value). */
bool gh_cel_equal(struct gh_value a, struct gh_value b);
/* False: not comparable (or NaN: then *order is 2 and the answer true). */
bool gh_cel_order(struct gh_value a, struct gh_value b, int *order);
/* value.type() as text: "int", "google.protobuf.Timestamp", "decimal". */
struct gh_str gh_cel_kind_name(enum gh_kind kind);

#endif
