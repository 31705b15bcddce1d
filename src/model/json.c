#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "goldhour/model/decimal.h"
#include "goldhour/model/lead.h"

static void escape(struct gh_buf *out, char c)
{
  switch (c) {
  case '"': gh_buf_add(out, "\\\"", 2); return;
  case '\\': gh_buf_add(out, "\\\\", 2); return;
  case '\b': gh_buf_add(out, "\\b", 2); return;
  case '\f': gh_buf_add(out, "\\f", 2); return;
  case '\n': gh_buf_add(out, "\\n", 2); return;
  case '\r': gh_buf_add(out, "\\r", 2); return;
  case '\t': gh_buf_add(out, "\\t", 2); return;
  default: gh_buf_fmt(out, "\\u%04x", (unsigned)(unsigned char)c);
  }
}

void gh_json_string(struct gh_buf *out, struct gh_str s)
{
  size_t plain = 0; /* what is not yet written begins here */
  gh_buf_byte(out, '"');
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    gh_buf_add(out, s.ptr + plain, i - plain);
    escape(out, s.ptr[i]);
    plain = i + 1;
  }
  if (s.len > plain) gh_buf_add(out, s.ptr + plain, s.len - plain);
  gh_buf_byte(out, '"');
}

/* The shortest text that reads back as the same double. */
static void put_double(struct gh_buf *out, double d)
{
  char text[32];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(text, sizeof text, "%.*g", precision, d);
    if (strtod(text, NULL) == d) break;
  }
  gh_buf_add_str(out, gh_str(text));
}

static struct gh_str odd_double(double d) { return isnan(d) ? GH_STR("NaN") : d > 0 ? GH_STR("Infinity") : GH_STR("-Infinity"); }

static void put_timestamp(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone)
{
  char text[GH_TIME_TEXT];
  gh_buf_add(out, text, gh_time_format(text, gh_value_ms(v), gh_zone_offset(zone, v.i)));
}

/* Seconds with what fraction there is, as CEL writes durations: `90s`, `-0.5s`. */
static void put_duration(struct gh_buf *out, struct gh_value v)
{
  int64_t seconds = v.i;
  uint32_t nanos = v.len;
  if (seconds < 0) {
    gh_buf_byte(out, '-');
    seconds = -(seconds + (nanos > 0));
    nanos = nanos > 0 ? 1000000000u - nanos : 0;
  }
  gh_buf_fmt(out, "%lld", (long long)seconds);
  unsigned digits = 9;
  for (; nanos > 0 && nanos % 10 == 0; nanos /= 10) digits--;
  if (nanos > 0) gh_buf_fmt(out, ".%0*u", (int)digits, nanos);
  gh_buf_byte(out, 's');
}

/* The kinds whose text is the same in JSON and in a script, but for JSON's quotes. */
static void put_text(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone)
{
  char text[GH_TIME_TEXT];
  switch ((enum gh_kind)v.kind) {
  case GH_BOOL: gh_buf_add_str(out, v.b ? GH_STR("true") : GH_STR("false")); return;
  case GH_INT: gh_buf_fmt(out, "%lld", (long long)v.i); return;
  case GH_UINT: gh_buf_fmt(out, "%llu", (unsigned long long)v.u); return;
  case GH_DOUBLE:
    if (isfinite(v.d)) put_double(out, v.d);
    else gh_buf_add_str(out, odd_double(v.d));
    return;
  case GH_TIMESTAMP: put_timestamp(out, v, zone); return;
  case GH_DURATION: put_duration(out, v); return;
  case GH_DATE: gh_buf_add(out, text, gh_date_format(text, v.i)); return;
  case GH_DECIMAL: gh_buf_add(out, text, gh_decimal_format(text, v)); return;
  default: GH_IMPOSSIBLE();
  }
}

static void put_hex(struct gh_buf *out, struct gh_str s)
{
  for (size_t i = 0; i < s.len; i++) gh_buf_fmt(out, "%02x", (unsigned)(unsigned char)s.ptr[i]);
}

static void json_list(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone)
{
  gh_buf_byte(out, '[');
  for (uint32_t i = 0; i < v.len; i++) {
    if (i > 0) gh_buf_byte(out, ',');
    gh_json_value(out, v.items[i], zone);
  }
  gh_buf_byte(out, ']');
}

/* A key of a map as JSON wants it: always a string. */
static void json_key(struct gh_buf *out, struct gh_value key, const struct gh_zone *zone)
{
  if (key.kind == GH_STRING) {
    gh_json_string(out, gh_text(key));
    return;
  }
  gh_buf_byte(out, '"');
  put_text(out, key, zone);
  gh_buf_byte(out, '"');
}

static void json_map(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone)
{
  gh_buf_byte(out, '{');
  for (uint32_t i = 0; i < v.len; i++) {
    if (i > 0) gh_buf_byte(out, ',');
    json_key(out, v.items[2 * (size_t)i], zone);
    gh_buf_byte(out, ':');
    gh_json_value(out, v.items[2 * (size_t)i + 1], zone);
  }
  gh_buf_byte(out, '}');
}

static void json_quoted(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone)
{
  gh_buf_byte(out, '"');
  if (v.kind == GH_BYTES) put_hex(out, gh_text(v));
  else put_text(out, v, zone);
  gh_buf_byte(out, '"');
}

void gh_json_value(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone)
{
  switch ((enum gh_kind)v.kind) {
  case GH_ABSENT:
  case GH_NULL: gh_buf_add_str(out, GH_STR("null")); return;
  case GH_STRING:
  case GH_TYPE:
  case GH_ERROR: gh_json_string(out, gh_text(v)); return;
  case GH_LIST: json_list(out, v, zone); return;
  case GH_MAP: json_map(out, v, zone); return;
  case GH_BOOL:
  case GH_INT:
  case GH_UINT: put_text(out, v, zone); return;
  case GH_DOUBLE:
    if (isfinite(v.d)) put_text(out, v, zone);
    else json_quoted(out, v, zone);
    return;
  case GH_BYTES:
  case GH_TIMESTAMP:
  case GH_DURATION:
  case GH_DECIMAL:
  case GH_DATE: json_quoted(out, v, zone); return;
  case GH_DYN: break;
  }
  GH_IMPOSSIBLE();
}

static void plain_list(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone)
{
  for (uint32_t i = 0; i < v.len; i++) {
    if (i > 0) gh_buf_add_str(out, GH_STR(", "));
    gh_plain_value(out, v.items[i], zone);
  }
}

void gh_plain_value(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone)
{
  switch ((enum gh_kind)v.kind) {
  case GH_ABSENT:
  case GH_NULL:
  case GH_ERROR: return;
  case GH_STRING:
  case GH_TYPE: gh_buf_add_str(out, gh_text(v)); return;
  case GH_BYTES: put_hex(out, gh_text(v)); return;
  case GH_LIST: plain_list(out, v, zone); return;
  case GH_MAP: json_map(out, v, zone); return;
  default: put_text(out, v, zone);
  }
}
