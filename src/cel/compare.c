/* == and < across kinds: numbers by value, containers element by element. */
#include "compare.h"

#include <math.h>

#include "goldhour/base/check.h"
#include "goldhour/model/decimal.h"
#include "literal.h"

static bool is_number(struct gh_value v)
{
  return v.kind == GH_INT || v.kind == GH_UINT || v.kind == GH_DOUBLE || v.kind == GH_DECIMAL;
}

/* An integer beside a double counts as the nearest double, as the conformance cases have it: 2^63 - 1 is not below 2^63 as a double. */
static int order_doubles(double a, double b) { return (a > b) - (a < b); }

static int int_uint(int64_t i, uint64_t u)
{
  if (i < 0) return -1;
  return ((uint64_t)i > u) - ((uint64_t)i < u);
}

/* Orders two numbers neither of which is a decimal; 2 with a NaN. */
static int order_numbers(struct gh_value a, struct gh_value b)
{
  if ((a.kind == GH_DOUBLE && isnan(a.d)) || (b.kind == GH_DOUBLE && isnan(b.d))) return 2;
  if (a.kind == b.kind) {
    if (a.kind == GH_INT) return (a.i > b.i) - (a.i < b.i);
    if (a.kind == GH_UINT) return (a.u > b.u) - (a.u < b.u);
    return order_doubles(a.d, b.d);
  }
  if (a.kind > b.kind) return -order_numbers(b, a); /* GH_INT < GH_UINT < GH_DOUBLE */
  if (b.kind == GH_UINT) return int_uint(a.i, b.u);
  return order_doubles(a.kind == GH_INT ? (double)a.i : (double)a.u, b.d);
}

/* Whether units / 10^scale is the double, exactly. The double is m * 2^e with m odd: with e below 0 it has -e digits after the point,
 * which scale must hold. */
static bool decimal_is_double(struct gh_value decimal, double d)
{
  if (!isfinite(d)) return false;
  if (d == 0) return decimal.i == 0;
  int e;
  int64_t m = (int64_t)ldexp(frexp(d, &e), 53);
  for (e -= 53; m % 2 == 0; e++) m /= 2;
  if (e >= 63 || -e > decimal.scale) return false;
  __int128 left = decimal.i, right = m;
  for (unsigned i = 0; i < decimal.scale; i++) right *= 10;
  if (e < 0) return left * ((__int128)1 << -e) == right;
  return right <= INT64_MAX && right >= INT64_MIN && left == right * ((__int128)1 << e);
}

/* A decimal beside another number. False: a double that is no literal (it has an equality, but no order). */
static bool decimal_order(struct gh_value a, struct gh_value b, int *order)
{
  if (a.kind == GH_DOUBLE && !gh_cel_literal_decimal(a, &a)) return false;
  if (b.kind == GH_DOUBLE && !gh_cel_literal_decimal(b, &b)) return false;
  *order = gh_decimal_compare(a, b);
  return true;
}

static bool numbers_equal(struct gh_value a, struct gh_value b)
{
  int order;
  if (a.kind != GH_DECIMAL && b.kind != GH_DECIMAL) return order_numbers(a, b) == 0;
  if (decimal_order(a, b, &order)) return order == 0;
  return a.kind == GH_DECIMAL ? decimal_is_double(a, b.d) : decimal_is_double(b, a.d);
}

const struct gh_value *gh_cel_map_find(struct gh_value map, struct gh_value key)
{
  for (uint32_t i = 0; i < map.len; i++)
    if (gh_cel_equal(map.items[2 * i], key)) return &map.items[2 * i + 1];
  return NULL;
}

static bool spend(uint32_t *steps, size_t n)
{
  if (*steps < n) {
    *steps = 0;
    return false;
  }
  *steps -= (uint32_t)n;
  return true;
}

static enum gh_cel_equality lists_equal(struct gh_value a, struct gh_value b, uint32_t *steps)
{
  if (a.len != b.len) return GH_CEL_UNEQUAL;
  for (uint32_t i = 0; i < a.len; i++) {
    enum gh_cel_equality e = gh_cel_equality(a.items[i], b.items[i], steps);
    if (e != GH_CEL_EQUAL) return e;
  }
  return GH_CEL_EQUAL;
}

static enum gh_cel_equality maps_equal(struct gh_value a, struct gh_value b, uint32_t *steps)
{
  if (a.len != b.len) return GH_CEL_UNEQUAL;
  for (uint32_t i = 0; i < a.len; i++) {
    if (!spend(steps, b.len)) return GH_CEL_TOO_LONG;
    const struct gh_value *other = gh_cel_map_find(b, a.items[2 * i]);
    if (!other) return GH_CEL_UNEQUAL;
    enum gh_cel_equality e = gh_cel_equality(a.items[2 * i + 1], *other, steps);
    if (e != GH_CEL_EQUAL) return e;
  }
  return GH_CEL_EQUAL;
}

static bool scalars_equal(struct gh_value a, struct gh_value b)
{
  switch ((enum gh_kind)a.kind) {
  case GH_NULL: return true;
  case GH_BOOL: return a.b == b.b;
  case GH_STRING: case GH_BYTES: case GH_TYPE: return gh_str_eq(gh_text(a), gh_text(b));
  case GH_TIMESTAMP: case GH_DURATION: return a.i == b.i && a.len == b.len;
  case GH_DATE: return a.i == b.i;
  default: return false;
  }
}

enum gh_cel_equality gh_cel_equality(struct gh_value a, struct gh_value b, uint32_t *steps)
{
  bool equal, texts = (a.kind == GH_STRING || a.kind == GH_BYTES) && a.len == b.len;
  if (!spend(steps, 1 + (texts ? a.len / GH_CEL_STEP_BYTES : 0))) return GH_CEL_TOO_LONG;
  if (is_number(a) && is_number(b)) {
    equal = numbers_equal(a, b);
  } else if (a.kind != b.kind) {
    equal = false;
  } else if (a.kind == GH_LIST) {
    return lists_equal(a, b, steps);
  } else if (a.kind == GH_MAP) {
    return maps_equal(a, b, steps);
  } else {
    equal = scalars_equal(a, b);
  }
  return equal ? GH_CEL_EQUAL : GH_CEL_UNEQUAL;
}

bool gh_cel_equal(struct gh_value a, struct gh_value b)
{
  uint32_t steps = UINT32_MAX;
  return gh_cel_equality(a, b, &steps) == GH_CEL_EQUAL;
}

static int order_times(struct gh_value a, struct gh_value b)
{
  if (a.i != b.i) return a.i < b.i ? -1 : 1;
  return (a.len > b.len) - (a.len < b.len);
}

bool gh_cel_order(struct gh_value a, struct gh_value b, int *order)
{
  if (is_number(a) && is_number(b)) {
    if (a.kind == GH_DECIMAL || b.kind == GH_DECIMAL) return decimal_order(a, b, order);
    *order = order_numbers(a, b);
    return true;
  }
  if (a.kind != b.kind) return false;
  switch ((enum gh_kind)a.kind) {
  case GH_BOOL: *order = a.b - b.b; return true;
  case GH_STRING: case GH_BYTES: *order = gh_str_cmp(gh_text(a), gh_text(b)); break;
  case GH_TIMESTAMP: case GH_DURATION: *order = order_times(a, b); return true;
  default: return false;
  }
  *order = (*order > 0) - (*order < 0); /* 2 is kept for NaN */
  return true;
}
