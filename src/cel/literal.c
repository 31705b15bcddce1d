#include "literal.h"

#include <math.h>

#include "goldhour/model/decimal.h"
#include "number_text.h"

enum { LITERAL_TEXT = 400 };

static bool read_magnitude(struct gh_str s, uint64_t *out)
{
  unsigned base = 10;
  if (s.len > 2 && s.ptr[1] == 'x') {
    base = 16;
    s = gh_str_n(s.ptr + 2, s.len - 2);
  }
  *out = 0;
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    unsigned d = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
    if (__builtin_mul_overflow(*out, (uint64_t)base, out) || __builtin_add_overflow(*out, (uint64_t)d, out)) return false;
  }
  return true;
}

struct gh_value gh_cel_read_integer(struct gh_str text, bool is_unsigned, bool negative)
{
  uint64_t magnitude;
  bool fits = read_magnitude(text, &magnitude);
  if (is_unsigned) {
    if (negative && magnitude) return gh_error(GH_STR("an unsigned number cannot be negative"));
    return fits ? gh_uint(magnitude) : gh_error(GH_STR("the number does not fit uint"));
  }
  if (!fits || magnitude > (uint64_t)INT64_MAX + negative) return gh_error(GH_STR("the number does not fit int"));
  return gh_int(negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude);
}

/* The literal as gh_decimal_parse_free takes it: no superfluous zeros before the point, one where there is no digit. */
static struct gh_str normal_form(char out[LITERAL_TEXT], struct gh_str s)
{
  size_t n = 0;
  while (s.len > 1 && s.ptr[0] == '0' && s.ptr[1] >= '0' && s.ptr[1] <= '9') s.ptr++, s.len--;
  if (s.len + 2 > LITERAL_TEXT) return (struct gh_str){out, 0};
  if (s.ptr[0] == '.') out[n++] = '0';
  for (size_t i = 0; i < s.len; i++)
    if (s.ptr[i] != '+') out[n++] = s.ptr[i];
  return gh_str_n(out, n);
}

struct gh_value gh_cel_read_double(struct gh_str text, bool negative)
{
  char form[LITERAL_TEXT];
  struct gh_value exact, v = gh_double(0);
  if (!gh_double_read(text, &v.d) || !isfinite(v.d)) return gh_error(GH_STR("the number does not fit double"));
  struct gh_str normal = normal_form(form, text);
  if (gh_decimal_parse_free(normal, gh_decimal_written_scale(normal), &exact) || gh_decimal_parse_free(normal, 0, &exact)) {
    v.flags = GH_CEL_LITERAL;
    v.scale = exact.scale;
    v.len = (uint32_t)exact.i;
  }
  return negative ? gh_cel_negate_double(v) : v;
}

/* The double gives the units to within 2^-53 of their size, at most 2^11; the low 32 bits that the value carries settle the rest. */
bool gh_cel_literal_decimal(struct gh_value v, struct gh_value *decimal)
{
  if (v.kind != GH_DOUBLE || !(v.flags & GH_CEL_LITERAL)) return false;
  long double units = v.d;
  for (unsigned i = 0; i < v.scale; i++) units *= 10.0L;
  uint64_t near = units >= 9223372036854775807.0L ? (uint64_t)INT64_MAX
                : units <= -9223372036854775808.0L ? (uint64_t)1 << 63 : (uint64_t)(int64_t)units;
  int32_t off = (int32_t)(v.len - (uint32_t)near);
  *decimal = gh_decimal((int64_t)(near + (uint64_t)(int64_t)off), v.scale);
  return true;
}

struct gh_value gh_cel_negate_double(struct gh_value v)
{
  v.d = -v.d;
  v.len = (uint32_t)0 - v.len;
  return v;
}
