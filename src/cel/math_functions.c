/* The math extension. */
#include <math.h>

#include "function.h"
#include "goldhour/model/decimal.h"

static bool is_number(struct gh_value v) { return v.kind == GH_INT || v.kind == GH_UINT || v.kind == GH_DOUBLE || v.kind == GH_DECIMAL; }

/* The number that stands first in the order `sign` (1: greatest, -1: least); among equals the first given. */
static struct gh_value pick(struct gh_call *call, const struct gh_value *args, unsigned n, int sign)
{
  if (n == 1 && args[0].kind == GH_LIST) {
    n = args[0].len;
    args = args[0].items;
    if (n == 0) return gh_error(GH_STR("math.greatest and math.least need at least one number"));
  }
  if (n == 0 || !is_number(args[0])) return gh_cel_no_overload();
  if (!gh_cel_spend(call, n)) return gh_cel_no_steps();
  struct gh_value best = args[0];
  for (unsigned i = 1; i < n; i++) {
    int order;
    if (!is_number(args[i]) || !gh_cel_order(args[i], best, &order)) return gh_cel_no_overload();
    if (order == 2) return gh_error(GH_STR("NaN values cannot be ordered"));
    if (order * sign > 0) best = args[i];
  }
  return best;
}

static struct gh_value greatest(struct gh_call *call, const struct gh_value *args, unsigned n) { return pick(call, args, n, 1); }
static struct gh_value least(struct gh_call *call, const struct gh_value *args, unsigned n) { return pick(call, args, n, -1); }

static struct gh_value overflow(void) { return gh_error(GH_STR("integer overflow")); }

static struct gh_value absolute(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  struct gh_value v = args[0];
  if (n != 1) return gh_cel_no_overload();
  switch (v.kind) {
  case GH_UINT: return v;
  case GH_DOUBLE: return gh_double(fabs(v.d));
  case GH_INT:
  case GH_DECIMAL:
    if (v.i == INT64_MIN) return overflow();
    if (v.i < 0) v.i = -v.i;
    return v;
  default: return gh_cel_no_overload();
  }
}

static struct gh_value sign_of(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  struct gh_value v = args[0];
  if (n != 1) return gh_cel_no_overload();
  switch (v.kind) {
  case GH_INT: return gh_int((v.i > 0) - (v.i < 0));
  case GH_UINT: return gh_uint(v.u > 0);
  case GH_DOUBLE: return isnan(v.d) || v.d == 0 ? v : gh_double(v.d > 0 ? 1 : -1);
  default: return gh_cel_no_overload();
  }
}

static bool one_double(const struct gh_value *args, unsigned n) { return n == 1 && args[0].kind == GH_DOUBLE; }

static struct gh_value ceiling(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return one_double(args, n) ? gh_double(ceil(args[0].d)) : gh_cel_no_overload();
}

static struct gh_value floor_of(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return one_double(args, n) ? gh_double(floor(args[0].d)) : gh_cel_no_overload();
}

static struct gh_value round_half_away(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return one_double(args, n) ? gh_double(round(args[0].d)) : gh_cel_no_overload();
}

static struct gh_value truncate(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return one_double(args, n) ? gh_double(trunc(args[0].d)) : gh_cel_no_overload();
}

static struct gh_value is_nan(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return one_double(args, n) ? gh_bool(isnan(args[0].d)) : gh_cel_no_overload();
}

static struct gh_value is_inf(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return one_double(args, n) ? gh_bool(isinf(args[0].d)) : gh_cel_no_overload();
}

static struct gh_value is_finite(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return one_double(args, n) ? gh_bool(isfinite(args[0].d)) : gh_cel_no_overload();
}

static struct gh_value square_root(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  if (n != 1) return gh_cel_no_overload();
  switch (args[0].kind) {
  case GH_DOUBLE: return gh_double(sqrt(args[0].d));
  case GH_INT: return gh_double(sqrt((double)args[0].i));
  case GH_UINT: return gh_double(sqrt((double)args[0].u));
  default: return gh_cel_no_overload();
  }
}

static bool two_of_a_kind(const struct gh_value *args, unsigned n)
{
  return n == 2 && args[0].kind == args[1].kind && (args[0].kind == GH_INT || args[0].kind == GH_UINT);
}

/* A value of the kind of `v`: the bits of ints and uints lie alike. */
static struct gh_value with_bits(struct gh_value v, uint64_t bits)
{
  v.u = bits;
  return v;
}

static struct gh_value bit_and(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return two_of_a_kind(args, n) ? with_bits(args[0], args[0].u & args[1].u) : gh_cel_no_overload();
}

static struct gh_value bit_or(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return two_of_a_kind(args, n) ? with_bits(args[0], args[0].u | args[1].u) : gh_cel_no_overload();
}

static struct gh_value bit_xor(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return two_of_a_kind(args, n) ? with_bits(args[0], args[0].u ^ args[1].u) : gh_cel_no_overload();
}

static struct gh_value bit_not(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  struct gh_value v = args[0];
  if (n != 1 || (v.kind != GH_INT && v.kind != GH_UINT)) return gh_cel_no_overload();
  v.u = ~v.u;
  return v;
}

/* Bits that leave are lost, zeros come in, also for a negative int. */
static struct gh_value shift(const struct gh_value *args, unsigned n, bool left)
{
  struct gh_value v = args[0];
  if (n != 2 || (v.kind != GH_INT && v.kind != GH_UINT) || args[1].kind != GH_INT) return gh_cel_no_overload();
  int64_t by = args[1].i;
  if (by < 0) return gh_error(GH_STR("bit shift by a negative offset"));
  if (by > 63) v.u = 0;
  else v.u = left ? v.u << by : v.u >> by;
  return v;
}

static struct gh_value shift_left(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return shift(args, n, true);
}

static struct gh_value shift_right(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return shift(args, n, false);
}

static const struct gh_overload rows[] = {
  {"math.greatest", false, "int;...", "int", greatest, NULL},
  {"math.greatest", false, "uint;...", "uint", greatest, NULL},
  {"math.greatest", false, "double;...", "double", greatest, NULL},
  {"math.greatest", false, "decimal;...", "decimal", greatest, NULL},
  {"math.greatest", false, "list(int)", "int", greatest, NULL},
  {"math.greatest", false, "list(uint)", "uint", greatest, NULL},
  {"math.greatest", false, "list(double)", "double", greatest, NULL},
  {"math.greatest", false, "list(decimal)", "decimal", greatest, NULL},
  {"math.greatest", false, "dyn;...", "dyn", greatest, NULL},
  {"math.least", false, "int;...", "int", least, NULL},
  {"math.least", false, "uint;...", "uint", least, NULL},
  {"math.least", false, "double;...", "double", least, NULL},
  {"math.least", false, "decimal;...", "decimal", least, NULL},
  {"math.least", false, "list(int)", "int", least, NULL},
  {"math.least", false, "list(uint)", "uint", least, NULL},
  {"math.least", false, "list(double)", "double", least, NULL},
  {"math.least", false, "list(decimal)", "decimal", least, NULL},
  {"math.least", false, "dyn;...", "dyn", least, NULL},

  {"math.abs", false, "int", "int", absolute, NULL},
  {"math.abs", false, "uint", "uint", absolute, NULL},
  {"math.abs", false, "double", "double", absolute, NULL},
  {"math.abs", false, "decimal", "decimal", absolute, NULL},
  {"math.sign", false, "int", "int", sign_of, NULL},
  {"math.sign", false, "uint", "uint", sign_of, NULL},
  {"math.sign", false, "double", "double", sign_of, NULL},
  {"math.ceil", false, "double", "double", ceiling, NULL},
  {"math.floor", false, "double", "double", floor_of, NULL},
  {"math.round", false, "double", "double", round_half_away, NULL},
  {"math.trunc", false, "double", "double", truncate, NULL},
  {"math.sqrt", false, "double", "double", square_root, NULL},
  {"math.sqrt", false, "int", "double", square_root, NULL},
  {"math.sqrt", false, "uint", "double", square_root, NULL},
  {"math.isNaN", false, "double", "bool", is_nan, NULL},
  {"math.isInf", false, "double", "bool", is_inf, NULL},
  {"math.isFinite", false, "double", "bool", is_finite, NULL},

  {"math.bitAnd", false, "int;int", "int", bit_and, NULL},
  {"math.bitAnd", false, "uint;uint", "uint", bit_and, NULL},
  {"math.bitOr", false, "int;int", "int", bit_or, NULL},
  {"math.bitOr", false, "uint;uint", "uint", bit_or, NULL},
  {"math.bitXor", false, "int;int", "int", bit_xor, NULL},
  {"math.bitXor", false, "uint;uint", "uint", bit_xor, NULL},
  {"math.bitNot", false, "int", "int", bit_not, NULL},
  {"math.bitNot", false, "uint", "uint", bit_not, NULL},
  {"math.bitShiftLeft", false, "int;int", "int", shift_left, NULL},
  {"math.bitShiftLeft", false, "uint;int", "uint", shift_left, NULL},
  {"math.bitShiftRight", false, "int;int", "int", shift_right, NULL},
  {"math.bitShiftRight", false, "uint;int", "uint", shift_right, NULL},
};

const struct gh_overload_table gh_cel_math_functions = {rows, sizeof rows / sizeof *rows};
