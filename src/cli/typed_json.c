#include "typed_json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "goldhour/base/utf8.h"
#include "goldhour/model/decimal.h"
#include "goldhour/model/lead.h"

enum { NANOS = 1000000000 };
#define FIRST_S INT64_C(-62135596800)  /* 0001-01-01T00:00:00Z */
#define LAST_S INT64_C(253402300799)   /* 9999-12-31T23:59:59Z */
#define LONGEST_S INT64_C(315576000000)

static bool read_i64(struct gh_str s, int64_t *out)
{
  char *end;
  if (s.len == 0 || s.len > 24 || strchr("-0123456789", s.ptr[0]) == NULL) return false;
  char text[32];
  memcpy(text, s.ptr, s.len);
  text[s.len] = '\0';
  errno = 0;
  *out = strtoll(text, &end, 10);
  return errno == 0 && *end == '\0' && end > text;
}

static bool read_u64(struct gh_str s, uint64_t *out)
{
  char *end;
  if (s.len == 0 || s.len > 24 || s.ptr[0] < '0' || s.ptr[0] > '9') return false;
  char text[32];
  memcpy(text, s.ptr, s.len);
  text[s.len] = '\0';
  errno = 0;
  *out = strtoull(text, &end, 10);
  return errno == 0 && *end == '\0';
}

static bool read_double(struct gh_str s, double *out)
{
  char *end, text[512];
  if (s.len == 0 || s.len >= sizeof text) return false;
  memcpy(text, s.ptr, s.len);
  text[s.len] = '\0';
  *out = strtod(text, &end);
  return *end == '\0' && end > text;
}

/* ["seconds", "nanos"], as protobuf has them: of one sign, or nanos above zero; within protobuf's ranges. */
static bool read_time(enum gh_kind kind, const struct gh_json *pair, int64_t *seconds, uint32_t *nanos)
{
  const int64_t least = kind == GH_DURATION ? -LONGEST_S : FIRST_S, most = kind == GH_DURATION ? LONGEST_S : LAST_S;
  int64_t rest;
  if (pair->kind != GH_JSON_ARRAY || pair->n != 2) return false;
  if (!read_i64(pair->items[0].text, seconds) || !read_i64(pair->items[1].text, &rest)) return false;
  if (rest <= -NANOS || rest >= NANOS || *seconds < least || *seconds > most) return false;
  if (rest < 0) {
    rest += NANOS;
    --*seconds;
  }
  *nanos = (uint32_t)rest;
  return true;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct gh_arena *arena, struct gh_str hex, struct gh_value *out)
{
  if (hex.len % 2) return false;
  char *bytes = gh_arena_alloc(arena, hex.len / 2 + 1);
  for (size_t i = 0; i < hex.len / 2; i++) {
    int high = hex_digit(hex.ptr[2 * i]), low = hex_digit(hex.ptr[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = (char)(high << 4 | low);
  }
  *out = gh_bytes(gh_str_n(bytes, hex.len / 2));
  return true;
}

static struct gh_value sequence(enum gh_kind kind, const struct gh_value *items, uint32_t len)
{
  return (struct gh_value){.kind = (uint8_t)kind, .len = len, .items = items};
}

static bool read_list(struct gh_arena *arena, const struct gh_json *json, struct gh_value *out)
{
  if (json->kind != GH_JSON_ARRAY) return false;
  struct gh_value *items = gh_arena_zero(arena, json->n + 1, sizeof *items);
  for (uint32_t i = 0; i < json->n; i++)
    if (!gh_typed_read(arena, &json->items[i], &items[i])) return false;
  *out = sequence(GH_LIST, items, json->n);
  return true;
}

static bool read_map(struct gh_arena *arena, const struct gh_json *json, struct gh_value *out)
{
  if (json->kind != GH_JSON_ARRAY) return false;
  struct gh_value *items = gh_arena_zero(arena, 2 * (size_t)json->n + 1, sizeof *items);
  for (uint32_t i = 0; i < json->n; i++) {
    const struct gh_json *entry = &json->items[i];
    if (entry->kind != GH_JSON_ARRAY || entry->n != 2) return false;
    for (unsigned side = 0; side < 2; side++)
      if (!gh_typed_read(arena, &entry->items[side], &items[2 * i + side])) return false;
  }
  *out = sequence(GH_MAP, items, json->n);
  return true;
}

static const struct { const char *name; enum gh_kind kind; } forms[] = {
  {"null", GH_NULL}, {"bool", GH_BOOL}, {"int", GH_INT}, {"uint", GH_UINT}, {"double", GH_DOUBLE}, {"string", GH_STRING}, {"bytes", GH_BYTES},
  {"list", GH_LIST}, {"map", GH_MAP}, {"timestamp", GH_TIMESTAMP}, {"duration", GH_DURATION}, {"decimal", GH_DECIMAL}, {"type", GH_TYPE},
};

/* The kind a typed value's name says; GH_ABSENT: none of them. */
static enum gh_kind form_of(const struct gh_json *json)
{
  if (json->kind != GH_JSON_OBJECT || json->n != 1) return GH_ABSENT;
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (gh_str_eq(json->items[0].name, gh_str(forms[i].name))) return forms[i].kind;
  return GH_ABSENT;
}

/* What is written as a JSON string. */
static bool read_text(struct gh_arena *arena, enum gh_kind kind, struct gh_str text, struct gh_value *out)
{
  *out = (struct gh_value){.kind = (uint8_t)kind};
  switch (kind) {
  case GH_INT: return read_i64(text, &out->i);
  case GH_UINT: return read_u64(text, &out->u);
  case GH_DOUBLE: return read_double(text, &out->d);
  case GH_BYTES: return read_hex(arena, text, out);
  case GH_DECIMAL: return gh_decimal_parse_free(text, gh_decimal_written_scale(text), out) || gh_decimal_parse_free(text, 0, out);
  case GH_STRING:
  case GH_TYPE:
    out->text = text.ptr;
    out->len = (uint32_t)text.len;
    return text.len <= UINT32_MAX;
  default: return false;
  }
}

bool gh_typed_read(struct gh_arena *arena, const struct gh_json *json, struct gh_value *out)
{
  enum gh_kind kind = form_of(json);
  if (kind == GH_ABSENT) return false;
  const struct gh_json *inner = json->items;
  *out = (struct gh_value){.kind = (uint8_t)kind};
  switch (kind) {
  case GH_NULL: return inner->kind == GH_JSON_NULL;
  case GH_BOOL: out->b = inner->b; return inner->kind == GH_JSON_BOOL;
  case GH_LIST: return read_list(arena, inner, out);
  case GH_MAP: return read_map(arena, inner, out);
  case GH_TIMESTAMP:
  case GH_DURATION: return read_time(kind, inner, &out->i, &out->len);
  default: return inner->kind == GH_JSON_STRING && read_text(arena, kind, inner->text, out);
  }
}

static bool read_number(struct gh_str text, struct gh_value *out)
{
  int64_t i;
  uint64_t u;
  double d;
  bool whole = !memchr(text.ptr, '.', text.len) && !memchr(text.ptr, 'e', text.len) && !memchr(text.ptr, 'E', text.len);
  if (read_i64(text, &i)) *out = gh_int(i);
  else if (read_u64(text, &u)) *out = gh_uint(u);
  else if (!whole && read_double(text, &d) && isfinite(d)) *out = gh_double(d);
  else return false; /* a whole number beyond 64 bits would lose digits */
  return true;
}

static bool plain_items(struct gh_arena *arena, const struct gh_json *json, struct gh_value *out)
{
  bool map = json->kind == GH_JSON_OBJECT;
  unsigned width = map ? 2 : 1;
  struct gh_value *items = gh_arena_zero(arena, (size_t)width * json->n + 1, sizeof *items);
  for (uint32_t i = 0; i < json->n; i++) {
    if (map) items[2 * i] = gh_string(json->items[i].name);
    if (!gh_plain_read(arena, &json->items[i], &items[width * i + width - 1])) return false;
  }
  *out = sequence(map ? GH_MAP : GH_LIST, items, json->n);
  return true;
}

bool gh_plain_read(struct gh_arena *arena, const struct gh_json *json, struct gh_value *out)
{
  if (gh_typed_read(arena, json, out)) return true;
  switch (json->kind) {
  case GH_JSON_NULL: *out = gh_null(); return true;
  case GH_JSON_BOOL: *out = gh_bool(json->b); return true;
  case GH_JSON_NUMBER: return read_number(json->text, out);
  case GH_JSON_STRING: *out = gh_string(json->text); return true;
  default: return plain_items(arena, json, out);
  }
}

static bool same_type(const struct gh_type *a, const struct gh_type *b)
{
  if (!a || !b) return a == b;
  return a->kind == b->kind && a->scale == b->scale && same_type(a->elem, b->elem) && same_type(a->key, b->key);
}

/* What items first, first + step … have in common. */
static const struct gh_type *common_type(struct gh_arena *arena, struct gh_value v, uint32_t first, uint32_t step)
{
  struct gh_type *common = gh_arena_zero(arena, 1, sizeof *common);
  *common = v.len ? gh_typed_type(arena, v.items[first]) : (struct gh_type){.kind = GH_DYN};
  for (uint32_t i = 1; i < v.len; i++) {
    struct gh_type t = gh_typed_type(arena, v.items[first + i * step]);
    if (!same_type(common, &t)) *common = (struct gh_type){.kind = GH_DYN};
  }
  return common;
}

struct gh_type gh_typed_type(struct gh_arena *arena, struct gh_value v)
{
  struct gh_type type = {.kind = v.kind, .scale = v.kind == GH_DECIMAL ? v.scale : 0};
  if (v.kind == GH_LIST) type.elem = common_type(arena, v, 0, 1);
  if (v.kind == GH_MAP) {
    type.key = common_type(arena, v, 0, 2);
    type.elem = common_type(arena, v, 1, 2);
  }
  return type;
}

void gh_json_safe(struct gh_buf *out, struct gh_str s)
{
  if (gh_utf8_valid(s)) {
    gh_json_string(out, s);
    return;
  }
  struct gh_buf clean = {0};
  const char *at = s.ptr, *end = s.ptr + s.len;
  while (at < end) {
    const char *here = at;
    if (gh_utf8_next(&at, end) < 0) gh_buf_add_str(&clean, GH_STR("\xEF\xBF\xBD"));
    else gh_buf_add(&clean, here, (size_t)(at - here));
  }
  gh_json_string(out, gh_buf_str(&clean));
  gh_buf_free(&clean);
}

/* The shortest digits that read back as `d`. */
static void write_double(struct gh_buf *out, double d)
{
  char text[32];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(text, sizeof text, "%.*g", precision, d);
    if (strtod(text, NULL) == d) break;
  }
  gh_buf_add_str(out, gh_str(text));
  if (!strpbrk(text, ".e")) gh_buf_add_str(out, GH_STR(".0"));
}

static void write_typed_double(struct gh_buf *out, double d)
{
  if (isnan(d)) gh_buf_add_str(out, GH_STR("nan"));
  else if (isinf(d)) gh_buf_add_str(out, d < 0 ? GH_STR("-inf") : GH_STR("inf"));
  else write_double(out, d);
}

static void write_hex(struct gh_buf *out, struct gh_str bytes)
{
  for (size_t i = 0; i < bytes.len; i++) gh_buf_fmt(out, "%02x", (unsigned)(uint8_t)bytes.ptr[i]);
}

/* Seconds and nanoseconds of one sign, as protobuf has durations. */
static void write_time(struct gh_buf *out, struct gh_value v)
{
  int64_t seconds = v.i, nanos = v.len;
  if (v.kind == GH_DURATION && seconds < 0 && nanos > 0) {
    seconds++;
    nanos -= NANOS;
  }
  gh_buf_fmt(out, "[\"%" PRId64 "\",\"%" PRId64 "\"]", seconds, nanos);
}

static void write_items(struct gh_buf *out, struct gh_value v)
{
  gh_buf_byte(out, '[');
  for (uint32_t i = 0; i < v.len; i++) {
    if (i > 0) gh_buf_byte(out, ',');
    if (v.kind == GH_LIST) {
      gh_typed_write(out, v.items[i]);
      continue;
    }
    gh_buf_byte(out, '[');
    gh_typed_write(out, v.items[2 * i]);
    gh_buf_byte(out, ',');
    gh_typed_write(out, v.items[2 * i + 1]);
    gh_buf_byte(out, ']');
  }
  gh_buf_byte(out, ']');
}

static void write_decimal(struct gh_buf *out, struct gh_value v)
{
  char text[GH_DECIMAL_TEXT];
  gh_buf_add(out, text, gh_decimal_format(text, v));
}

/* What stands behind the name of the form. */
static void write_inner(struct gh_buf *out, struct gh_value v)
{
  switch ((enum gh_kind)v.kind) {
  case GH_NULL: gh_buf_add_str(out, GH_STR("null")); return;
  case GH_BOOL: gh_buf_add_str(out, v.b ? GH_STR("true") : GH_STR("false")); return;
  case GH_STRING:
  case GH_TYPE: gh_json_safe(out, gh_text(v)); return;
  case GH_LIST:
  case GH_MAP: write_items(out, v); return;
  case GH_TIMESTAMP:
  case GH_DURATION: write_time(out, v); return;
  default: break;
  }
  gh_buf_byte(out, '"');
  if (v.kind == GH_INT) gh_buf_fmt(out, "%" PRId64, v.i);
  if (v.kind == GH_UINT) gh_buf_fmt(out, "%" PRIu64, v.u);
  if (v.kind == GH_DOUBLE) write_typed_double(out, v.d);
  if (v.kind == GH_BYTES) write_hex(out, gh_text(v));
  if (v.kind == GH_DECIMAL) write_decimal(out, v);
  gh_buf_byte(out, '"');
}

void gh_typed_write(struct gh_buf *out, struct gh_value v)
{
  if (v.kind == GH_DATE) v = gh_timestamp(v.i * (GH_DAY_MS / GH_SECOND_MS), 0);
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if (v.kind != forms[i].kind) continue;
    gh_buf_fmt(out, "{\"%s\":", forms[i].name);
    write_inner(out, v);
    gh_buf_byte(out, '}');
    return;
  }
  GH_IMPOSSIBLE();
}

static void readable_double(struct gh_buf *out, double d)
{
  if (isnan(d)) gh_buf_add_str(out, GH_STR("double(\"NaN\")"));
  else if (isinf(d)) gh_buf_add_str(out, d < 0 ? GH_STR("double(\"-Infinity\")") : GH_STR("double(\"Infinity\")"));
  else write_double(out, d);
}

static void readable_bytes(struct gh_buf *out, struct gh_str bytes)
{
  gh_buf_add_str(out, GH_STR("b\""));
  for (size_t i = 0; i < bytes.len; i++) {
    char c = bytes.ptr[i];
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') gh_buf_byte(out, c);
    else gh_buf_fmt(out, "\\x%02x", (unsigned)(uint8_t)c);
  }
  gh_buf_byte(out, '"');
}

static void readable_fraction(struct gh_buf *out, uint32_t nanos)
{
  unsigned digits = 9;
  if (nanos == 0) return;
  for (; nanos % 10 == 0; nanos /= 10) digits--;
  gh_buf_fmt(out, ".%0*" PRIu32, (int)digits, nanos);
}

static void readable_timestamp(struct gh_buf *out, struct gh_value v)
{
  char text[GH_TIME_TEXT];
  gh_time_format(text, v.i * GH_SECOND_MS, 0);
  gh_buf_fmt(out, "timestamp(\"%.19s", text); /* up to the seconds */
  readable_fraction(out, v.len);
  gh_buf_add_str(out, GH_STR("Z\")"));
}

static void readable_duration(struct gh_buf *out, struct gh_value v)
{
  bool below = v.i < 0 && v.len > 0;
  int64_t seconds = below ? v.i + 1 : v.i;
  gh_buf_fmt(out, "duration(\"%s%" PRId64, below && seconds == 0 ? "-" : "", seconds);
  readable_fraction(out, below ? NANOS - v.len : v.len);
  gh_buf_add_str(out, GH_STR("s\")"));
}

static void readable_items(struct gh_buf *out, struct gh_value v)
{
  bool map = v.kind == GH_MAP;
  gh_buf_byte(out, map ? '{' : '[');
  for (uint32_t i = 0; i < v.len; i++) {
    if (i > 0) gh_buf_add_str(out, GH_STR(", "));
    gh_readable_write(out, v.items[map ? 2 * i : i]);
    if (map) gh_buf_add_str(out, GH_STR(": "));
    if (map) gh_readable_write(out, v.items[2 * i + 1]);
  }
  gh_buf_byte(out, map ? '}' : ']');
}

void gh_readable_write(struct gh_buf *out, struct gh_value v)
{
  switch ((enum gh_kind)v.kind) {
  case GH_UINT: gh_buf_fmt(out, "%" PRIu64 "u", v.u); return;
  case GH_INT: gh_buf_fmt(out, "%" PRId64, v.i); return;
  case GH_DOUBLE: readable_double(out, v.d); return;
  case GH_DECIMAL: write_decimal(out, v); return;
  case GH_BYTES: readable_bytes(out, gh_text(v)); return;
  case GH_DATE: readable_timestamp(out, gh_timestamp(v.i * (GH_DAY_MS / GH_SECOND_MS), 0)); return;
  case GH_TIMESTAMP: readable_timestamp(out, v); return;
  case GH_DURATION: readable_duration(out, v); return;
  case GH_LIST:
  case GH_MAP: readable_items(out, v); return;
  case GH_TYPE:
  case GH_ERROR: gh_buf_add_str(out, gh_text(v)); return;
  default: write_inner(out, v);
  }
}
