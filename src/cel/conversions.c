#include "conversions.h"

#include <math.h>

#include "goldhour/base/time.h"
#include "goldhour/base/utf8.h"
#include "goldhour/model/decimal.h"
#include "number_text.h"
#include "text.h"

#define RANGE(type) gh_error(GH_STR("range error: beyond " type))

static struct gh_value malformed(struct gh_call *call, struct gh_str text, const char *type)
{
  enum { SHOWN = 64 };
  struct gh_str s = text;
  if (s.len > SHOWN) {
    s.len = SHOWN;
    while (s.len && ((uint8_t)s.ptr[s.len] & 0xC0) == 0x80) s.len--;
  }
  return gh_cel_errorf(call, "type conversion error: '%.*s%s' is no %s", GH_FMT(s), s.len < text.len ? "…" : "", type);
}

/* Digits alone. False with *over: too large. */
static bool read_digits(struct gh_str s, uint64_t *out, bool *over)
{
  uint64_t v = 0;
  *over = false;
  if (s.len == 0) return false;
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    unsigned digit = (unsigned)(s.ptr[i] - '0');
    if (v > (UINT64_MAX - digit) / 10) *over = true;
    v = v * 10 + digit;
  }
  *out = v;
  return !*over;
}

static struct gh_value int_of_text(struct gh_call *call, struct gh_str text)
{
  bool negative = text.len && text.ptr[0] == '-', over;
  struct gh_str digits = text;
  if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+')) digits = gh_str_n(text.ptr + 1, text.len - 1);
  uint64_t v = 0, most = (uint64_t)INT64_MAX + negative;
  bool read = read_digits(digits, &v, &over);
  if (!read && !over) return malformed(call, text, "int");
  if (over || v > most) return RANGE("int");
  return gh_int((int64_t)(negative ? -v : v));
}

static struct gh_value int_of_double(double d)
{
  /* Both bounds are excluded: a double there stands for values outside too. */
  return d > -0x1p63 && d < 0x1p63 ? gh_int((int64_t)d) : RANGE("int");
}

static int64_t whole(struct gh_value decimal)
{
  int64_t v = decimal.i;
  for (unsigned i = 0; i < decimal.scale; i++) v /= 10;
  return v;
}

struct gh_value gh_to_int(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  struct gh_value v = args[0];
  if (n != 1) return gh_cel_no_overload();
  switch (v.kind) {
  case GH_INT: return v;
  case GH_UINT: return v.u <= INT64_MAX ? gh_int((int64_t)v.u) : RANGE("int");
  case GH_DOUBLE: return int_of_double(v.d);
  case GH_STRING: return int_of_text(call, gh_text(v));
  case GH_TIMESTAMP: return gh_int(v.i);
  case GH_DECIMAL: return gh_int(whole(v));
  default: return gh_cel_no_overload();
  }
}

static struct gh_value uint_of_text(struct gh_call *call, struct gh_str text)
{
  uint64_t v;
  bool over;
  if (read_digits(text, &v, &over)) return gh_uint(v);
  return over ? RANGE("uint") : malformed(call, text, "uint");
}

static struct gh_value uint_of_int(int64_t i) { return i >= 0 ? gh_uint((uint64_t)i) : RANGE("uint"); }

struct gh_value gh_to_uint(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  struct gh_value v = args[0];
  if (n != 1) return gh_cel_no_overload();
  switch (v.kind) {
  case GH_UINT: return v;
  case GH_INT: return uint_of_int(v.i);
  case GH_DOUBLE: return v.d >= 0 && v.d < 0x1p64 ? gh_uint((uint64_t)v.d) : RANGE("uint");
  case GH_STRING: return uint_of_text(call, gh_text(v));
  case GH_DECIMAL: return v.i >= 0 ? gh_uint((uint64_t)whole(v)) : RANGE("uint");
  default: return gh_cel_no_overload();
  }
}

struct gh_value gh_to_double(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  struct gh_value v = args[0];
  double d;
  if (n != 1) return gh_cel_no_overload();
  switch (v.kind) {
  case GH_DOUBLE: return gh_double(v.d); /* no longer a literal that could count as a decimal */
  case GH_INT: return gh_double((double)v.i);
  case GH_UINT: return gh_double((double)v.u);
  case GH_STRING: return gh_double_read(gh_text(v), &d) ? gh_double(d) : malformed(call, gh_text(v), "double");
  case GH_DECIMAL: return gh_double(gh_decimal_double(v));
  default: return gh_cel_no_overload();
  }
}

struct gh_value gh_to_string(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  struct gh_value v = args[0];
  if (n != 1) return gh_cel_no_overload();
  if (v.kind == GH_STRING) return v;
  if (v.kind == GH_BYTES) return gh_utf8_valid(gh_text(v)) ? gh_string(gh_text(v)) : gh_error(GH_STR("type conversion error: invalid UTF-8 in bytes"));
  struct gh_text_out out = {.call = call};
  return gh_text_scalar(&out, v) ? gh_text_done(&out) : gh_cel_no_overload();
}

struct gh_value gh_to_bytes(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  if (n != 1 || (args[0].kind != GH_STRING && args[0].kind != GH_BYTES)) return gh_cel_no_overload();
  return gh_bytes(gh_text(args[0]));
}

static bool one_of(struct gh_str s, const char *const words[6])
{
  for (unsigned i = 0; i < 6; i++)
    if (gh_str_eq(s, gh_str(words[i]))) return true;
  return false;
}

struct gh_value gh_to_bool(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  static const char *const yes[6] = {"1", "t", "T", "true", "TRUE", "True"}, *const no[6] = {"0", "f", "F", "false", "FALSE", "False"};
  if (n != 1) return gh_cel_no_overload();
  if (args[0].kind == GH_BOOL) return args[0];
  if (args[0].kind != GH_STRING) return gh_cel_no_overload();
  struct gh_str text = gh_text(args[0]);
  if (one_of(text, yes)) return gh_bool(true);
  return one_of(text, no) ? gh_bool(false) : malformed(call, text, "bool");
}

#define FIRST_SECOND INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */

static struct gh_value timestamp_of(int64_t seconds, uint32_t nanos)
{
  return seconds >= FIRST_SECOND && seconds <= LAST_SECOND ? gh_timestamp(seconds, nanos) : RANGE("timestamp (years 1 to 9999)");
}

struct gh_value gh_to_timestamp(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  int64_t seconds;
  uint32_t nanos;
  if (n != 1) return gh_cel_no_overload();
  switch (args[0].kind) {
  case GH_TIMESTAMP: return args[0];
  case GH_INT: return timestamp_of(args[0].i, 0);
  case GH_STRING:
    if (!gh_time_parse(gh_text(args[0]), &seconds, &nanos)) return malformed(call, gh_text(args[0]), "timestamp of RFC 3339");
    return timestamp_of(seconds, nanos);
  default: return gh_cel_no_overload();
  }
}

static const struct unit { struct gh_str name; int64_t nanos; } units[] = {
  {{"ns", 2}, 1}, {{"us", 2}, 1000}, {{"\xC2\xB5s", 3}, 1000}, {{"\xCE\xBCs", 3}, 1000}, {{"ms", 2}, 1000000},
  {{"s", 1}, INT64_C(1000000000)}, {{"m", 1}, INT64_C(60000000000)}, {{"h", 1}, INT64_C(3600000000000)},
};

/* The unit at the beginning of `s`, up to the next digit or point; 0: none of that name. */
static int64_t unit_at(struct gh_str *s)
{
  size_t len = 0;
  while (len < s->len && s->ptr[len] != '.' && (s->ptr[len] < '0' || s->ptr[len] > '9')) len++;
  struct gh_str name = gh_str_n(s->ptr, len);
  *s = gh_str_n(s->ptr + len, s->len - len);
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (gh_str_eq(name, units[i].name)) return units[i].nanos;
  return 0;
}

struct amount {
  __int128 units;
  __int128 divisor; /* 10^(digits of the fraction that are kept) */
  bool digits;
};

/* Digits with a point. More than 18 digits of fraction are cut off: finer than any unit shows. */
static struct amount amount_at(struct gh_str *s)
{
  struct amount a = {.divisor = 1};
  bool point = false;
  size_t at = 0;
  for (; at < s->len; at++) {
    char c = s->ptr[at];
    if (c == '.' && !point) point = true;
    else if (c < '0' || c > '9') break;
    else {
      a.digits = true;
      if (point && a.divisor >= INT64_C(1000000000000000000)) continue;
      if (a.units < (__int128)1 << 90) a.units = a.units * 10 + (c - '0'); /* beyond, any unit overflows */
      if (point) a.divisor *= 10;
    }
  }
  *s = gh_str_n(s->ptr + at, s->len - at);
  return a;
}

/* The sum of `1h30m`; false: malformed. Saturates far beyond the range. */
static bool duration_nanos(struct gh_str s, __int128 *nanos)
{
  *nanos = 0;
  if (gh_str_eq(s, GH_STR("0"))) return true;
  if (s.len == 0) return false;
  while (s.len) {
    struct amount a = amount_at(&s);
    int64_t unit = a.digits ? unit_at(&s) : 0;
    if (unit == 0) return false;
    __int128 most = (__int128)1 << 100;
    *nanos += a.units / a.divisor > most / unit ? most : a.units / a.divisor * unit + a.units % a.divisor * unit / a.divisor;
    if (*nanos > most) *nanos = most;
  }
  return true;
}

#define LONGEST_NANOS ((__int128)INT64_C(315576000000) * 1000000000) /* that of protobuf */

static struct gh_value duration_of(struct gh_call *call, struct gh_str text)
{
  struct gh_str s = text;
  bool negative = s.len && s.ptr[0] == '-';
  if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+')) s = gh_str_n(s.ptr + 1, s.len - 1);
  __int128 nanos;
  if (!duration_nanos(s, &nanos)) return malformed(call, text, "duration");
  if (negative) nanos = -nanos;
  if (nanos > LONGEST_NANOS || nanos < -LONGEST_NANOS) return RANGE("duration (10,000 years)");
  int64_t seconds = (int64_t)(nanos / 1000000000), rest = (int64_t)(nanos % 1000000000);
  if (rest < 0) {
    rest += 1000000000;
    seconds--;
  }
  return gh_duration(seconds, (uint32_t)rest);
}

struct gh_value gh_to_duration(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (n != 1) return gh_cel_no_overload();
  if (args[0].kind == GH_DURATION) return args[0];
  return args[0].kind == GH_STRING ? duration_of(call, gh_text(args[0])) : gh_cel_no_overload();
}
