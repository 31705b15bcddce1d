/* Decimals: int64 units of 10^-scale. Two amounts meet in 128 bits: 2^64 * 10^18 < 2^127, so bringing one to the other's scale never overflows there. */
#include "goldhour/model/decimal.h"

#include <math.h>

#include "goldhour/base/check.h"

typedef __int128 wide;
typedef unsigned __int128 uwide;

static const int64_t power_of_10[GH_SCALE_MAX + 1] = {
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
  100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
};

/* A number read: digits * 10^exponent, the digits without leading and trailing zeros. */
struct number {
  bool negative;
  uint64_t digits;
  int64_t exponent;
};

enum { MOST_DIGITS = 19 }; /* that fit a uint64; one more, with none to drop, is beyond int64 at any scale */

/* Digits on their way into a number: zeros are held back until a digit follows, so that trailing ones cost nothing. */
struct gather { uint64_t digits; unsigned n; int64_t zeros; bool too_long; };

static void gather(struct gather *g, char c)
{
  if (c == '0') {
    g->zeros += g->n > 0;
    return;
  }
  if (g->too_long || g->zeros + g->n + 1 > MOST_DIGITS) {
    g->too_long = true;
    return;
  }
  for (; g->zeros > 0; g->zeros--, g->n++) g->digits *= 10;
  g->digits = g->digits * 10 + (unsigned)(c - '0');
  g->n++;
}

static bool is_digit(const char *at, const char *end) { return at < end && *at >= '0' && *at <= '9'; }

/* `e` and its number; huge ones stop growing where nothing can fit any more. */
static bool read_exponent(const char **at, const char *end, int64_t *exponent)
{
  const int64_t enough = INT64_C(1) << 40;
  const char *p = *at + 1;
  bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) p++;
  if (!is_digit(p, end)) return false;
  int64_t e = 0;
  for (; is_digit(p, end); p++)
    if (e < enough) e = e * 10 + (*p - '0');
  *exponent = negative ? -e : e;
  *at = p;
  return true;
}

static bool read_number(struct gh_str s, struct number *out)
{
  const char *p = s.ptr, *end = s.ptr + s.len;
  struct gather g = {0};
  int64_t exponent = 0, fraction = 0;
  out->negative = p < end && *p == '-';
  if (out->negative) p++;
  if (!is_digit(p, end) || (*p == '0' && is_digit(p + 1, end))) return false;
  for (; is_digit(p, end); p++) gather(&g, *p);
  if (p < end && *p == '.') {
    p++;
    if (!is_digit(p, end)) return false;
    for (; is_digit(p, end); p++, fraction++) gather(&g, *p);
  }
  if (p < end && (*p == 'e' || *p == 'E') && !read_exponent(&p, end, &exponent)) return false;
  if (p != end || g.too_long) return false;
  out->digits = g.digits;
  out->exponent = exponent - fraction + g.zeros;
  return true;
}

static bool to_int64(wide v, int64_t *out)
{
  if (v > INT64_MAX || v < INT64_MIN) return false;
  *out = (int64_t)v;
  return true;
}

static bool number_units(struct number n, unsigned scale, int64_t *units)
{
  int64_t shift = n.exponent + (int64_t)scale;
  if (n.digits == 0) shift = 0;
  if (shift < 0 || shift > GH_SCALE_MAX) return false;
  wide v = (wide)n.digits * power_of_10[shift];
  return to_int64(n.negative ? -v : v, units);
}

bool gh_decimal_parse(struct gh_str s, unsigned scale, int64_t *units)
{
  struct number n;
  return read_number(s, &n) && number_units(n, scale, units);
}

bool gh_decimal_parse_free(struct gh_str s, unsigned min_scale, struct gh_value *out)
{
  struct number n;
  int64_t units;
  if (!read_number(s, &n)) return false;
  int64_t scale = n.digits == 0 || -n.exponent < (int64_t)min_scale ? (int64_t)min_scale : -n.exponent;
  if (scale > GH_SCALE_MAX || !number_units(n, (unsigned)scale, &units)) return false;
  *out = gh_decimal(units, (unsigned)scale);
  return true;
}

unsigned gh_decimal_written_scale(struct gh_str s)
{
  const char *point = s.len ? memchr(s.ptr, '.', s.len) : NULL;
  if (!point || memchr(s.ptr, 'e', s.len) || memchr(s.ptr, 'E', s.len)) return 0;
  size_t digits = (size_t)(s.ptr + s.len - point) - 1;
  return digits > GH_SCALE_MAX ? 0 : (unsigned)digits;
}

size_t gh_decimal_format(char out[GH_DECIMAL_TEXT], struct gh_value v)
{
  char backwards[GH_DECIMAL_TEXT];
  size_t n = 0, len = 0;
  uint64_t left = v.i < 0 ? 0 - (uint64_t)v.i : (uint64_t)v.i;
  for (unsigned digit = 0; left > 0 || digit <= v.scale; digit++, left /= 10) {
    if (digit == v.scale && digit > 0) backwards[n++] = '.';
    backwards[n++] = (char)('0' + left % 10);
  }
  if (v.i < 0) backwards[n++] = '-';
  while (n > 0) out[len++] = backwards[--n];
  out[len] = '\0';
  return len;
}

static unsigned scale_of(struct gh_value v) { return v.kind == GH_DECIMAL ? v.scale : 0; }

static wide units_of(struct gh_value v)
{
  GH_CHECK(v.kind == GH_DECIMAL || v.kind == GH_INT || v.kind == GH_UINT);
  GH_CHECK(scale_of(v) <= GH_SCALE_MAX);
  return v.kind == GH_UINT ? (wide)v.u : (wide)v.i;
}

/* The units of `v` at a scale not below its own. */
static wide units_at(struct gh_value v, unsigned scale) { return units_of(v) * power_of_10[scale - scale_of(v)]; }

static unsigned larger_scale(struct gh_value a, struct gh_value b) { return scale_of(a) > scale_of(b) ? scale_of(a) : scale_of(b); }

bool gh_decimal_rescale(struct gh_value v, unsigned scale, struct gh_value *out)
{
  int64_t units;
  if (scale > GH_SCALE_MAX) return false;
  if (scale >= scale_of(v)) {
    if (!to_int64(units_at(v, scale), &units)) return false;
  } else {
    int64_t unit = power_of_10[scale_of(v) - scale];
    if (v.i % unit != 0) return false;
    units = v.i / unit;
  }
  *out = gh_decimal(units, scale);
  return true;
}

int gh_decimal_compare(struct gh_value a, struct gh_value b)
{
  unsigned scale = larger_scale(a, b);
  wide x = units_at(a, scale), y = units_at(b, scale);
  return (x > y) - (x < y);
}

static bool make(wide units, unsigned scale, struct gh_value *out)
{
  int64_t narrow;
  if (!to_int64(units, &narrow)) return false;
  *out = gh_decimal(narrow, scale);
  return true;
}

bool gh_decimal_add(struct gh_value a, struct gh_value b, struct gh_value *out)
{
  unsigned scale = larger_scale(a, b);
  return make(units_at(a, scale) + units_at(b, scale), scale, out);
}

bool gh_decimal_sub(struct gh_value a, struct gh_value b, struct gh_value *out)
{
  unsigned scale = larger_scale(a, b);
  return make(units_at(a, scale) - units_at(b, scale), scale, out);
}

bool gh_decimal_mul(struct gh_value a, struct gh_value b, struct gh_value *out)
{
  wide product;
  unsigned scale = scale_of(a) + scale_of(b);
  if (__builtin_mul_overflow(units_of(a), units_of(b), &product)) return false;
  for (; scale > GH_SCALE_MAX && product % 10 == 0; scale--) product /= 10;
  return scale <= GH_SCALE_MAX && make(product, scale, out);
}

/* quotient + remainder / divisor, rounded half to even; all of them not negative. */
static uwide round_half_even(uwide quotient, uwide remainder, uwide divisor)
{
  uwide rest = divisor - remainder;
  bool up = remainder > rest || (remainder == rest && (quotient & 1));
  return quotient + up;
}

static uwide magnitude(wide v) { return v < 0 ? 0 - (uwide)v : (uwide)v; }

bool gh_decimal_div(struct gh_value a, struct gh_value b, unsigned scale, struct gh_value *out)
{
  uwide left = magnitude(units_of(a)), divisor = magnitude(units_of(b));
  bool negative = (units_of(a) < 0) != (units_of(b) < 0);
  if (divisor == 0 || scale > GH_SCALE_MAX) return false;
  int shift = (int)scale + (int)scale_of(b) - (int)scale_of(a);
  if (shift < 0) divisor *= (uwide)power_of_10[-shift];
  uwide quotient = left / divisor, remainder = left % divisor;
  for (; shift > 0; shift--) { /* long division, a digit a turn */
    if (quotient > INT64_MAX) return false;
    quotient = quotient * 10 + remainder * 10 / divisor;
    remainder = remainder * 10 % divisor;
  }
  quotient = round_half_even(quotient, remainder, divisor);
  if (quotient > (uwide)1 << 63) return false;
  return make(negative ? -(wide)quotient : (wide)quotient, scale, out);
}

double gh_decimal_double(struct gh_value v)
{
  uwide units = magnitude(units_of(v)), divisor = (uwide)power_of_10[scale_of(v)];
  if (units == 0) return 0.0;
  int shift = 0;
  for (; units >> 125 == 0; shift++) units <<= 1;
  uwide quotient = units / divisor; /* at least 66 bits: the last one only breaks ties and may say that something followed */
  if (units % divisor != 0) quotient |= 1;
  double d = ldexp((double)quotient, -shift);
  return units_of(v) < 0 ? -d : d;
}

bool gh_decimal_sum_value(struct gh_decimal_sum sum, unsigned scale, struct gh_value *out) { return make(sum.units, scale, out); }

bool gh_decimal_avg(struct gh_decimal_sum sum, uint64_t n, unsigned scale, struct gh_value *out)
{
  if (n == 0) return false;
  uwide units = magnitude(sum.units);
  uwide average = round_half_even(units / n, units % n, n);
  if (average > (uwide)1 << 63) return false;
  return make(sum.units < 0 ? -(wide)average : (wide)average, scale, out);
}
