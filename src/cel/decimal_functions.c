/* Goldhour's own type for money. The conversions int(), uint(), double() and string() of a decimal are rows of functions.c. */
#include "function.h"
#include "goldhour/model/decimal.h"
#include "literal.h"

/* At the scale it is written at; where that is too much for 64 bits, at the smallest that is exact. */
static bool read_decimal(struct gh_str text, struct gh_value *out)
{
  return gh_decimal_parse_free(text, gh_decimal_written_scale(text), out) || gh_decimal_parse_free(text, 0, out);
}

static struct gh_value to_decimal(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  struct gh_value v = args[0], out;
  if (n != 1) return gh_cel_no_overload();
  if (gh_cel_literal_decimal(v, &out)) return out;
  switch (v.kind) {
  case GH_DECIMAL: return v;
  case GH_INT: return gh_decimal(v.i, 0);
  case GH_UINT: return v.u <= INT64_MAX ? gh_decimal((int64_t)v.u, 0) : gh_error(GH_STR("range error: beyond decimal"));
  case GH_STRING:
    if (read_decimal(gh_text(v), &out)) return out;
    return gh_cel_errorf(call, "type conversion error: '%.*s' is no decimal, or beyond 64 bits", v.len > 64 ? 64 : (int)v.len, v.text);
  default: return gh_cel_no_overload();
  }
}

/* A decimal, an int, or a literal that becomes a decimal. */
static bool exact(struct gh_value v, struct gh_value *out)
{
  *out = v;
  return v.kind == GH_DECIMAL || v.kind == GH_INT || gh_cel_literal_decimal(v, out);
}

static struct gh_value divide(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  struct gh_value a, b, out;
  if (n != 3 || !exact(args[0], &a) || !exact(args[1], &b) || args[2].kind != GH_INT) return gh_cel_no_overload();
  if (args[2].i < 0 || args[2].i > GH_SCALE_MAX)
    return gh_cel_errorf(call, "decimal.div: the scale must be 0 to %d, not %lld", GH_SCALE_MAX, (long long)args[2].i);
  if (b.i == 0) return gh_error(GH_STR("divide by zero"));
  return gh_decimal_div(a, b, (unsigned)args[2].i, &out) ? out : gh_error(GH_STR("decimal overflow"));
}

static const struct gh_overload rows[] = {
  {"decimal", false, "decimal", "decimal", to_decimal, NULL},
  {"decimal", false, "string", "decimal", to_decimal, NULL},
  {"decimal", false, "int", "decimal", to_decimal, NULL},
  {"decimal", false, "uint", "decimal", to_decimal, NULL},
  {"decimal.div", false, "decimal;decimal;int", "decimal", divide, NULL},
  {"decimal.div", false, "decimal;int;int", "decimal", divide, NULL},
  {"decimal.div", false, "int;decimal;int", "decimal", divide, NULL},
  {"decimal.div", false, "int;int;int", "decimal", divide, NULL},
};

const struct gh_overload_table gh_cel_decimal_functions = {rows, sizeof rows / sizeof *rows};
