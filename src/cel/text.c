#define _GNU_SOURCE /* memmem, which is linear */
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "goldhour/model/decimal.h"
#include "number_text.h"

static bool room(struct gh_text_out *out, size_t n)
{
  if (out->full) return false;
  if (out->cap - out->len >= n) return true;
  size_t cap = out->cap ? out->cap * 2 : 64;
  while (cap - out->len < n) cap *= 2;
  char *data = gh_arena_alloc(out->call->scratch, cap);
  out->full = !data;
  if (out->full) return false;
  if (out->len) memcpy(data, out->data, out->len);
  out->data = data;
  out->cap = cap;
  return true;
}

void gh_text_add(struct gh_text_out *out, struct gh_str s)
{
  if (s.len == 0 || !room(out, s.len)) return;
  memcpy(out->data + out->len, s.ptr, s.len);
  out->len += s.len;
}

void gh_text_printf(struct gh_text_out *out, const char *format, ...)
{
  char line[128];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  GH_CHECK(n >= 0 && (size_t)n < sizeof line);
  gh_text_add(out, gh_str_n(line, (size_t)n));
}

struct gh_value gh_text_done(const struct gh_text_out *out)
{
  if (out->full) return gh_cel_no_memory();
  return gh_string(out->len ? gh_str_n(out->data, out->len) : GH_STR(""));
}

/* The fraction of a second as `.5`, nothing where it is zero. */
static void fraction(struct gh_text_out *out, uint32_t nanos)
{
  if (nanos == 0) return;
  unsigned digits = 9;
  for (; nanos % 10 == 0; nanos /= 10) digits--;
  gh_text_printf(out, ".%0*" PRIu32, (int)digits, nanos);
}

void gh_text_timestamp(struct gh_text_out *out, struct gh_value t)
{
  int64_t days = t.i / 86400, clock = t.i % 86400;
  if (clock < 0) {
    clock += 86400;
    days--;
  }
  struct gh_date d = gh_date_from_days(days);
  gh_text_printf(out, "%04" PRId64 "-%02u-%02uT%02d:%02d:%02d", d.year, d.month, d.day, (int)(clock / 3600), (int)(clock / 60 % 60), (int)(clock % 60));
  fraction(out, t.len);
  gh_text_add(out, GH_STR("Z"));
}

void gh_text_duration(struct gh_text_out *out, struct gh_value v)
{
  int64_t seconds = v.i;
  uint32_t nanos = v.len;
  if (seconds < 0) gh_text_add(out, GH_STR("-"));
  if (seconds < 0 && nanos) {
    seconds++; /* -1.5 s is kept as -2 s and 0.5 s */
    nanos = 1000000000 - nanos;
  }
  gh_text_printf(out, "%" PRIu64, seconds < 0 ? -(uint64_t)seconds : (uint64_t)seconds);
  fraction(out, nanos);
  gh_text_add(out, GH_STR("s"));
}

static void double_text(struct gh_text_out *out, double d)
{
  char text[GH_DOUBLE_TEXT];
  if (isnan(d)) gh_text_add(out, GH_STR("NaN"));
  else if (isinf(d)) gh_text_add(out, d < 0 ? GH_STR("-Infinity") : GH_STR("Infinity"));
  else gh_text_add(out, gh_str_n(text, gh_double_shortest(text, d)));
}

bool gh_text_scalar(struct gh_text_out *out, struct gh_value v)
{
  char text[GH_DECIMAL_TEXT];
  switch (v.kind) {
  case GH_BOOL: gh_text_add(out, v.b ? GH_STR("true") : GH_STR("false")); return true;
  case GH_INT: gh_text_printf(out, "%" PRId64, v.i); return true;
  case GH_UINT: gh_text_printf(out, "%" PRIu64, v.u); return true;
  case GH_DOUBLE: double_text(out, v.d); return true;
  case GH_STRING: gh_text_add(out, gh_text(v)); return true;
  case GH_TIMESTAMP: gh_text_timestamp(out, v); return true;
  case GH_DURATION: gh_text_duration(out, v); return true;
  case GH_DECIMAL: gh_text_add(out, gh_str_n(text, gh_decimal_format(text, v))); return true;
  default: return false;
  }
}

struct gh_value gh_text_copy(struct gh_call *call, struct gh_str s)
{
  struct gh_str copy = gh_arena_str(call->scratch, s);
  return copy.ptr ? gh_string(copy) : gh_cel_no_memory();
}

size_t gh_text_width(char lead)
{
  uint8_t c = (uint8_t)lead;
  return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

size_t gh_text_offset(struct gh_str s, uint64_t n)
{
  size_t at = 0;
  for (; n > 0 && at < s.len; n--) at += gh_text_width(s.ptr[at]);
  return n == 0 ? at : SIZE_MAX;
}

size_t gh_text_find(struct gh_str s, struct gh_str word, size_t from)
{
  if (word.len == 0) return from;
  if (word.len > s.len - from) return SIZE_MAX;
  const char *found = memmem(s.ptr + from, s.len - from, word.ptr, word.len);
  return found ? (size_t)(found - s.ptr) : SIZE_MAX;
}
