#include "operators.h"

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "goldhour/model/decimal.h"
#include "compare.h"
#include "literal.h"

enum { SECOND_NS = 1000000000 };
#define TIMESTAMP_LEAST INT64_C(-62135596800)
#define TIMESTAMP_LAST INT64_C(253402300799)
#define DURATION_LAST INT64_C(315576000000)

static struct gh_value overflow(void) { return gh_error(GH_STR("the result is out of range")); }
static struct gh_value division_by_zero(void) { return gh_error(GH_STR("division by zero")); }

static struct gh_value int_arithmetic(enum op op, int64_t a, int64_t b)
{
  int64_t r;
  switch (op) {
  case OP_ADD: return __builtin_add_overflow(a, b, &r) ? overflow() : gh_int(r);
  case OP_SUB: return __builtin_sub_overflow(a, b, &r) ? overflow() : gh_int(r);
  case OP_MUL: return __builtin_mul_overflow(a, b, &r) ? overflow() : gh_int(r);
  default: break;
  }
  if (b == 0) return op == OP_DIV ? division_by_zero() : gh_error(GH_STR("modulus by zero"));
  if (b == -1) return a == INT64_MIN ? overflow() : gh_int(op == OP_DIV ? -a : 0); /* the remainder too, as other implementations do */
  return gh_int(op == OP_DIV ? a / b : a % b);
}

static struct gh_value uint_arithmetic(enum op op, uint64_t a, uint64_t b)
{
  uint64_t r;
  switch (op) {
  case OP_ADD: return __builtin_add_overflow(a, b, &r) ? overflow() : gh_uint(r);
  case OP_SUB: return __builtin_sub_overflow(a, b, &r) ? overflow() : gh_uint(r);
  case OP_MUL: return __builtin_mul_overflow(a, b, &r) ? overflow() : gh_uint(r);
  default: break;
  }
  if (b == 0) return op == OP_DIV ? division_by_zero() : gh_error(GH_STR("modulus by zero"));
  return gh_uint(op == OP_DIV ? a / b : a % b);
}

/* Division by zero is an infinity or NaN, as IEEE 754 has it. */
__attribute__((no_sanitize("float-divide-by-zero"))) static struct gh_value double_arithmetic(enum op op, double a, double b)
{
  switch (op) {
  case OP_ADD: return gh_double(a + b);
  case OP_SUB: return gh_double(a - b);
  case OP_MUL: return gh_double(a * b);
  case OP_DIV: return gh_double(a / b);
  default: return gh_cel_no_overload();
  }
}

static bool to_decimal(struct gh_value *v)
{
  if (v->kind == GH_DOUBLE) return gh_cel_literal_decimal(*v, v);
  if (v->kind == GH_UINT && v->u <= INT64_MAX) *v = gh_int(v->i);
  return v->kind == GH_DECIMAL || v->kind == GH_INT;
}

static struct gh_value decimal_arithmetic(enum op op, struct gh_value a, struct gh_value b)
{
  struct gh_value r;
  if (!to_decimal(&a) || !to_decimal(&b)) return gh_cel_no_overload();
  switch (op) {
  case OP_ADD: return gh_decimal_add(a, b, &r) ? r : overflow();
  case OP_SUB: return gh_decimal_sub(a, b, &r) ? r : overflow();
  case OP_MUL: return gh_decimal_mul(a, b, &r) ? r : overflow();
  default: return gh_cel_no_overload();
  }
}

/* Seconds and nanoseconds added or taken away, the nanoseconds within a second. */
static bool add_times(enum op op, struct gh_value a, struct gh_value b, int64_t *seconds, uint32_t *nanos)
{
  int64_t n = op == OP_ADD ? (int64_t)a.len + b.len : (int64_t)a.len - b.len;
  int64_t carry = n < 0 ? -1 : n >= SECOND_NS ? 1 : 0;
  *nanos = (uint32_t)(n - carry * SECOND_NS);
  bool over = op == OP_ADD ? __builtin_add_overflow(a.i, b.i, seconds) : __builtin_sub_overflow(a.i, b.i, seconds);
  return !over && !__builtin_add_overflow(*seconds, carry, seconds);
}

static bool duration_in_range(int64_t seconds, uint32_t nanos)
{
  return seconds >= -DURATION_LAST && (seconds < DURATION_LAST || (seconds == DURATION_LAST && nanos == 0));
}

/* The distance of two timestamps is counted in nanoseconds in an int64, as the specification has it: 292 years. */
static bool fits_nanos(int64_t seconds, uint32_t nanos)
{
  __int128 all = (__int128)seconds * SECOND_NS + nanos;
  return all >= INT64_MIN && all <= INT64_MAX;
}

static struct gh_value time_arithmetic(enum op op, struct gh_value a, struct gh_value b)
{
  int64_t seconds;
  uint32_t nanos;
  bool both = a.kind == GH_TIMESTAMP && b.kind == GH_TIMESTAMP;
  if ((op != OP_ADD && op != OP_SUB) || (both && op == OP_ADD)) return gh_cel_no_overload();
  if (a.kind == GH_DURATION && b.kind == GH_TIMESTAMP && op == OP_SUB) return gh_cel_no_overload();
  if (!add_times(op, a, b, &seconds, &nanos)) return overflow();
  if (both) return fits_nanos(seconds, nanos) ? gh_duration(seconds, nanos) : overflow();
  if (a.kind == GH_DURATION && b.kind == GH_DURATION) return duration_in_range(seconds, nanos) ? gh_duration(seconds, nanos) : overflow();
  return seconds >= TIMESTAMP_LEAST && seconds <= TIMESTAMP_LAST ? gh_timestamp(seconds, nanos) : overflow();
}

static struct gh_value join_texts(struct gh_call *call, struct gh_value a, struct gh_value b)
{
  if (b.len == 0) return a;
  if (a.len == 0) return b;
  char *text = gh_arena_alloc(call->scratch, (size_t)a.len + b.len);
  if (!text) return gh_cel_no_memory();
  memcpy(text, a.text, a.len);
  memcpy(text + a.len, b.text, b.len);
  struct gh_str both = {text, (size_t)a.len + b.len};
  return a.kind == GH_STRING ? gh_string(both) : gh_bytes(both);
}

static struct gh_value join_lists(struct gh_call *call, struct gh_value a, struct gh_value b)
{
  if (b.len == 0) return a;
  if (a.len == 0) return b;
  size_t n = (size_t)a.len + b.len;
  if (!gh_cel_spend(call, n)) return gh_cel_no_steps();
  struct gh_value *items = gh_arena_alloc(call->scratch, n * sizeof *items);
  if (!items) return gh_cel_no_memory();
  memcpy(items, a.items, a.len * sizeof *items);
  memcpy(items + a.len, b.items, b.len * sizeof *items);
  return (struct gh_value){.kind = GH_LIST, .len = (uint32_t)n, .items = items};
}

static bool is_time(struct gh_value v) { return v.kind == GH_TIMESTAMP || v.kind == GH_DURATION; }

static struct gh_value arithmetic(struct gh_call *call, enum op op, struct gh_value a, struct gh_value b)
{
  if (a.kind == GH_DECIMAL || b.kind == GH_DECIMAL) return decimal_arithmetic(op, a, b);
  if (is_time(a) && is_time(b)) return time_arithmetic(op, a, b);
  if (a.kind != b.kind) return gh_cel_no_overload();
  switch ((enum gh_kind)a.kind) {
  case GH_INT: return int_arithmetic(op, a.i, b.i);
  case GH_UINT: return uint_arithmetic(op, a.u, b.u);
  case GH_DOUBLE: return double_arithmetic(op, a.d, b.d);
  case GH_STRING: case GH_BYTES: return op == OP_ADD ? join_texts(call, a, b) : gh_cel_no_overload();
  case GH_LIST: return op == OP_ADD ? join_lists(call, a, b) : gh_cel_no_overload();
  default: return gh_cel_no_overload();
  }
}

static struct gh_value ordered(struct gh_call *call, enum op op, struct gh_value a, struct gh_value b)
{
  int order;
  bool texts = a.kind == GH_STRING || a.kind == GH_BYTES;
  if (texts && !gh_cel_spend(call, 1 + a.len / GH_CEL_STEP_BYTES)) return gh_cel_no_steps();
  if (!gh_cel_order(a, b, &order)) return gh_cel_no_overload();
  if (order == 2) return gh_bool(false);
  switch (op) {
  case OP_LT: return gh_bool(order < 0);
  case OP_LE: return gh_bool(order <= 0);
  case OP_GT: return gh_bool(order > 0);
  default: return gh_bool(order >= 0);
  }
}

static struct gh_value equal(struct gh_call *call, enum op op, struct gh_value a, struct gh_value b)
{
  enum gh_cel_equality e = gh_cel_equality(a, b, call->steps);
  if (e == GH_CEL_TOO_LONG) return gh_cel_no_steps();
  return gh_bool((e == GH_CEL_EQUAL) == (op == OP_EQ));
}

static struct gh_value contained(struct gh_call *call, struct gh_value v, struct gh_value in)
{
  if (in.kind != GH_LIST && in.kind != GH_MAP) return gh_cel_no_overload();
  uint32_t stride = in.kind == GH_MAP ? 2 : 1;
  for (uint32_t i = 0; i < in.len; i++) {
    enum gh_cel_equality e = gh_cel_equality(v, in.items[i * stride], call->steps);
    if (e == GH_CEL_TOO_LONG) return gh_cel_no_steps();
    if (e == GH_CEL_EQUAL) return gh_bool(true);
  }
  return gh_bool(false);
}

/* A whole number of any kind as an index; false: it is none, or lies outside the list. */
static bool to_index(struct gh_value v, uint32_t len, uint32_t *index)
{
  struct gh_value end = gh_int(len);
  int order;
  if (v.kind != GH_INT && v.kind != GH_UINT && v.kind != GH_DOUBLE) return false;
  if (!gh_cel_order(v, end, &order) || order != -1) return false;
  if (!gh_cel_order(v, gh_int(0), &order) || order == -1 || order == 2) return false;
  *index = v.kind == GH_DOUBLE ? (uint32_t)v.d : (uint32_t)v.u;
  return v.kind != GH_DOUBLE || v.d == (double)*index;
}

static struct gh_value key_missing(struct gh_call *call, struct gh_value key)
{
  if (key.kind == GH_STRING && key.len < 200) return gh_cel_errorf(call, "no such key: '%.*s'", GH_FMT(gh_text(key)));
  return gh_error(GH_STR("no such key"));
}

static struct gh_value element(struct gh_call *call, struct gh_value of, struct gh_value index)
{
  uint32_t at;
  if (of.kind == GH_LIST) {
    if (to_index(index, of.len, &at)) return of.items[at];
    return gh_error(GH_STR("the index lies outside the list"));
  }
  if (of.kind != GH_MAP) return gh_cel_no_overload();
  if (!gh_cel_spend(call, of.len)) return gh_cel_no_steps();
  const struct gh_value *found = gh_cel_map_find(of, index);
  return found ? *found : key_missing(call, index);
}

struct gh_value gh_cel_binary(struct gh_call *call, enum op op, struct gh_value a, struct gh_value b)
{
  if (a.kind == GH_ERROR) return a;
  if (b.kind == GH_ERROR) return b;
  switch (op) {
  case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_MOD: return arithmetic(call, op, a, b);
  case OP_EQ: case OP_NE: return equal(call, op, a, b);
  case OP_LT: case OP_LE: case OP_GT: case OP_GE: return ordered(call, op, a, b);
  case OP_IN: return contained(call, a, b);
  case OP_INDEX: return element(call, a, b);
  default: GH_IMPOSSIBLE();
  }
}

struct gh_value gh_cel_unary(enum op op, struct gh_value v)
{
  if (v.kind == GH_ERROR) return v;
  if (op == OP_NOT) return v.kind == GH_BOOL ? gh_bool(!v.b) : gh_cel_no_overload();
  switch ((enum gh_kind)v.kind) {
  case GH_INT: return v.i == INT64_MIN ? overflow() : gh_int(-v.i);
  case GH_DECIMAL: return v.i == INT64_MIN ? overflow() : gh_decimal(-v.i, v.scale);
  case GH_DOUBLE: return gh_cel_negate_double(v);
  default: return gh_cel_no_overload();
  }
}

struct gh_value gh_cel_select(struct gh_call *call, struct gh_value map, struct gh_value field)
{
  if (map.kind == GH_ERROR) return map;
  if (map.kind != GH_MAP) return gh_error(GH_STR("only a map has fields"));
  return element(call, map, field);
}

struct gh_value gh_cel_has(struct gh_call *call, struct gh_value map, struct gh_value field)
{
  if (map.kind == GH_ERROR) return map;
  if (map.kind != GH_MAP) return gh_error(GH_STR("only a map has fields"));
  if (!gh_cel_spend(call, map.len)) return gh_cel_no_steps();
  return gh_bool(gh_cel_map_find(map, field));
}

static bool is_key(struct gh_value v)
{
  return v.kind == GH_BOOL || v.kind == GH_INT || v.kind == GH_UINT || v.kind == GH_STRING;
}

/* Equal keys have equal hashes: 1 and 1u too. */
static uint64_t key_hash(struct gh_value v)
{
  if (v.kind == GH_STRING) return gh_hash(gh_text(v));
  uint64_t bits = v.kind == GH_BOOL ? v.b : v.u;
  return gh_hash(gh_str_n((const char *)&bits, sizeof bits));
}

/* Whether no key comes twice, by a table of places; 0: twice, 1: no, -1: no room for the table. */
static int keys_differ(struct gh_call *call, const struct gh_value *items, uint32_t n)
{
  uint32_t cap = 8;
  while (cap < 2 * n) cap *= 2;
  uint32_t *table = gh_arena_zero(call->scratch, cap, sizeof *table);
  if (!table) return -1;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at = (uint32_t)key_hash(items[2 * i]) & (cap - 1);
    for (; table[at]; at = (at + 1) & (cap - 1))
      if (gh_cel_equal(items[2 * (table[at] - 1)], items[2 * i])) return 0;
    table[at] = i + 1;
  }
  return 1;
}

struct gh_value gh_cel_make_map(struct gh_call *call, const struct gh_value *items, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    if (!is_key(items[2 * i])) return gh_error(GH_STR("a map's key is a bool, int, uint or string"));
  int differ = n > 1 ? keys_differ(call, items, n) : 1;
  if (differ < 0) return gh_cel_no_memory();
  if (!differ) return gh_error(GH_STR("a map's key is given twice"));
  return (struct gh_value){.kind = GH_MAP, .len = n, .items = items};
}
