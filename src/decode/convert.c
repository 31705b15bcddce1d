#include "convert.h"

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "goldhour/model/decimal.h"

#define FIRST_TIME_MS INT64_C(631152000000)    /* 1990-01-01T00:00:00Z */
#define PAST_TIMES_MS INT64_C(4133980800000)   /* 2101-01-01T00:00:00Z */
#define FIRST_MS INT64_C(-62135596800000)      /* 0001-01-01T00:00:00Z */
#define LAST_MS INT64_C(253402300799999)       /* 9999-12-31T23:59:59.999Z */

bool gh_convert_refuse(struct convert *c, const char *reason, const char *found)
{
  c->reason = reason;
  c->found = found;
  return false;
}

static bool wrong_type(struct convert *c, const struct json_node *node)
{
  return gh_convert_refuse(c, "wrong_type", gh_json_kind_name(node->kind));
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* Takes at most `most` digits onto *v; returns behind them. */
static inline const char *take_digits(const char *at, const char *end, unsigned *most, int64_t *v)
{
  for (; at < end && *most > 0 && is_digit(*at); at++, --*most) *v = *v * 10 + (*at - '0');
  return at;
}

/* How nearly all numbers stand in records: digits and at most one point, few enough for 64 bits, no more behind the point than `scale`.
 * False: look closer. */
static bool plain_number(struct gh_str s, unsigned scale, int64_t *units)
{
  const char *at = s.ptr, *end = s.ptr + s.len;
  unsigned whole = 18 - scale, behind = scale;
  int64_t v = 0;
  bool minus = at < end && *at == '-';
  at += minus;
  if (end - at > 1 && *at == '0' && at[1] != '.') return false;
  const char *first = at;
  at = take_digits(at, end, &whole, &v);
  if (at == first) return false;
  if (at < end && *at == '.') {
    if (at + 1 == end) return false;
    at = take_digits(at + 1, end, &behind, &v);
  }
  if (at < end) return false;
  while (behind-- > 0) v *= 10;
  *units = minus ? -v : v;
  return true;
}

/* The text of a number, be it a JSON number or, where texts are allowed, a text that reads like one. False: refused. */
static bool number_text(struct convert *c, const struct json_node *node, bool text_allowed, struct gh_str *out)
{
  *out = json_text(node);
  if (node->kind == JSON_NUMBER) return true;
  if (node->kind != JSON_STRING || !text_allowed) return wrong_type(c, node);
  return gh_json_number(*out) || gh_convert_refuse(c, "wrong_type", "a text that is no number");
}

static bool convert_int(struct convert *c, const struct json_node *node, struct gh_value *out)
{
  struct gh_str text;
  int64_t i;
  if (node->kind == JSON_NUMBER && plain_number(json_text(node), 0, &i)) {
    *out = gh_int(i);
    return true;
  }
  if (!number_text(c, node, c->texts, &text)) return false;
  if (!gh_decimal_parse(text, 0, &i)) return gh_convert_refuse(c, "not_exact", "a number that is not whole, or beyond 64 bits");
  *out = gh_int(i);
  return true;
}

static bool convert_decimal(struct convert *c, const struct json_node *node, unsigned scale, struct gh_value *out)
{
  struct gh_str text;
  int64_t units;
  if ((node->kind == JSON_STRING || node->kind == JSON_NUMBER) && plain_number(json_text(node), scale, &units)) {
    *out = gh_decimal(units, scale);
    return true;
  }
  if (!number_text(c, node, true, &text)) return false;
  if (!gh_decimal_parse(text, scale, &units)) return gh_convert_refuse(c, "not_exact", "a number with more digits than the type holds");
  *out = gh_decimal(units, scale);
  return true;
}

static bool convert_double(struct convert *c, const struct json_node *node, struct gh_value *out)
{
  struct gh_str text;
  double d;
  if (!number_text(c, node, c->texts, &text)) return false;
  if (!gh_json_simd_double(text, &d)) return gh_convert_refuse(c, "not_exact", "a number beyond the range of a double");
  *out = gh_double(d);
  return true;
}

static bool convert_bool(struct convert *c, const struct json_node *node, struct gh_value *out)
{
  struct gh_str text = json_text(node);
  bool as_text = c->texts && node->kind == JSON_STRING;
  if (!as_text && node->kind != JSON_TRUE && node->kind != JSON_FALSE) return wrong_type(c, node);
  bool yes = gh_str_eq(text, GH_STR("true"));
  if (!yes && !gh_str_eq(text, GH_STR("false"))) return gh_convert_refuse(c, "wrong_type", "a text other than true and false");
  *out = gh_bool(yes);
  return true;
}

static bool convert_string(struct convert *c, const struct json_node *node, struct gh_value *out)
{
  if (node->kind != JSON_STRING && !(c->texts && node->kind < JSON_LIST && node->kind != JSON_NULL)) return wrong_type(c, node);
  *out = gh_string(json_text(node));
  return true;
}

/* n digits; beyond 999 if there is anything else. */
static inline unsigned fixed_digits(const char *at, unsigned n)
{
  unsigned v = 0, bad = 0;
  for (unsigned i = 0; i < n; i++) {
    unsigned c = (unsigned char)at[i] - (unsigned)'0';
    bad |= c > 9;
    v = v * 10 + c;
  }
  return bad ? 1000 : v;
}

/* The clock of `hh:mm:ss.mmm`; -1 if it is none. */
static inline int64_t clock_ms(const char *at)
{
  unsigned h = fixed_digits(at, 2), m = fixed_digits(at + 3, 2), s = fixed_digits(at + 6, 2), ms = fixed_digits(at + 9, 3);
  if (at[2] != ':' || at[5] != ':' || at[8] != '.' || h > 23 || m > 59 || s > 59 || ms > 999) return -1;
  return ((h * 60 + m) * 60 + s) * INT64_C(1000) + ms;
}

/* A time by RFC 3339. Of the form `2026-03-02T09:15:00.000+08:00` on the day of the last one, only the clock is read. */
static bool rfc3339(struct last_day *last, struct gh_str s, int64_t *ms)
{
  enum { USUAL = 29, CLOCK = 11, OFFSET = 23 };
  int64_t clock = s.len == USUAL && s.ptr[CLOCK - 1] == 'T' ? clock_ms(s.ptr + CLOCK) : -1;
  if (clock < 0) return gh_time_parse_ms(s, ms);
  *ms = last->begin_ms + clock;
  if (memcmp(s.ptr, last->date, sizeof last->date) == 0 && memcmp(s.ptr + OFFSET, last->offset, sizeof last->offset) == 0) return true;
  if (!gh_time_parse_ms(s, ms)) return false;
  memcpy(last->date, s.ptr, sizeof last->date);
  memcpy(last->offset, s.ptr + OFFSET, sizeof last->offset);
  last->begin_ms = *ms - clock;
  return true;
}

/* Integers of ms within the years 1–9999, or RFC 3339. */
static bool moment(struct convert *c, const struct json_node *node, int64_t *ms)
{
  struct gh_str text = json_text(node);
  bool number = node->kind == JSON_NUMBER || (c->texts && node->kind == JSON_STRING && gh_json_number(text));
  if (!number && node->kind != JSON_STRING) return wrong_type(c, node);
  if (!number) return rfc3339(&c->last, text, ms) || gh_convert_refuse(c, "bad_time", "a text that is no RFC 3339 time with an offset");
  if (!gh_decimal_parse(text, 0, ms)) return gh_convert_refuse(c, "not_exact", "a number that is no whole count of milliseconds");
  return (*ms >= FIRST_MS && *ms <= LAST_MS) || gh_convert_refuse(c, "bad_time", "a time outside the years 1 to 9999");
}

static bool convert_timestamp(struct convert *c, const struct json_node *node, struct gh_value *out)
{
  int64_t ms;
  if (!moment(c, node, &ms)) return false;
  *out = gh_timestamp_ms(ms);
  return true;
}

static bool convert_date(struct convert *c, const struct json_node *node, struct gh_value *out)
{
  int64_t days;
  if (node->kind != JSON_STRING) return wrong_type(c, node);
  if (!gh_date_parse(json_text(node), &days)) return gh_convert_refuse(c, "bad_time", "a text that is no date as 2026-12-28");
  *out = gh_date_value(days);
  return true;
}

static bool convert_element(struct convert *c, const struct json_node *node, const struct gh_type *elem, struct gh_value *out)
{
  if (node->kind == JSON_NULL) return wrong_type(c, node);
  if (!gh_convert_node(c, node, elem, out)) return false;
  return out->kind != GH_ABSENT || gh_convert_refuse(c, "wrong_type", "an empty text in the list");
}

static bool convert_list(struct convert *c, const struct json_node *list, const struct gh_type *elem, struct gh_value *out)
{
  struct gh_value *items = gh_arena_alloc(c->arena, (list->text_len + 1) * sizeof *items);
  uint32_t n = 0;
  for (const struct json_node *node = list + 1; node < list + list->span; node += node->span)
    if (!convert_element(c, node, elem, &items[n++])) return false;
  *out = (struct gh_value){.kind = GH_LIST, .len = n, .items = items};
  return true;
}

/* How many parts a separator makes of a text. */
static uint32_t count_parts(struct gh_str text, struct gh_str separator)
{
  uint32_t n = 1;
  for (size_t i = 0; i + separator.len <= text.len; i++)
    if (memcmp(text.ptr + i, separator.ptr, separator.len) == 0) n++, i += separator.len - 1;
  return n;
}

static size_t part_end(struct gh_str text, size_t from, struct gh_str separator)
{
  size_t at = from;
  while (at + separator.len <= text.len && memcmp(text.ptr + at, separator.ptr, separator.len) != 0) at++;
  return at + separator.len <= text.len ? at : text.len;
}

/* A list in one text: its parts between separators. */
static bool convert_split(struct convert *c, struct gh_str text, const struct gh_type *elem, struct gh_value *out)
{
  uint32_t most = count_parts(text, c->separator), n = 0;
  struct gh_value *items = gh_arena_alloc(c->arena, most * sizeof *items);
  for (size_t from = 0; n < most; n++) {
    size_t to = part_end(text, from, c->separator);
    struct json_node part = {.text = text.ptr + from, .text_len = (uint32_t)(to - from), .span = 1, .kind = JSON_STRING};
    if (!convert_element(c, &part, elem, &items[n])) return false;
    from = to + c->separator.len;
  }
  *out = (struct gh_value){.kind = GH_LIST, .len = n, .items = items};
  return true;
}

static bool convert_any_list(struct convert *c, const struct json_node *node, const struct gh_type *elem, struct gh_value *out)
{
  if (node->kind == JSON_LIST) return convert_list(c, node, elem, out);
  if (node->kind == JSON_STRING && c->texts && c->separator.len) return convert_split(c, json_text(node), elem, out);
  return wrong_type(c, node);
}

bool gh_convert_node(struct convert *c, const struct json_node *node, const struct gh_type *type, struct gh_value *out)
{
  *out = gh_absent();
  if (c->texts && node->kind == JSON_STRING && node->text_len == 0 && type->kind != GH_STRING) return true;
  switch (type->kind) {
    case GH_STRING: return convert_string(c, node, out);
    case GH_INT: return convert_int(c, node, out);
    case GH_DECIMAL: return convert_decimal(c, node, type->scale, out);
    case GH_DOUBLE: return convert_double(c, node, out);
    case GH_BOOL: return convert_bool(c, node, out);
    case GH_TIMESTAMP: return convert_timestamp(c, node, out);
    case GH_DATE: return convert_date(c, node, out);
    case GH_LIST: return convert_any_list(c, node, type->elem, out);
    default: GH_IMPOSSIBLE(); /* the schema has no other types */
  }
}

bool gh_convert_id(struct convert *c, const struct json_node *node, struct gh_str *out)
{
  *out = json_text(node);
  if (node->kind == JSON_NUMBER && !gh_json_integer(*out)) return gh_convert_refuse(c, "not_exact", "a number that is not written whole");
  if (node->kind != JSON_STRING && node->kind != JSON_NUMBER) return wrong_type(c, node);
  return out->len > 0 || gh_convert_refuse(c, "missing_field", "an empty text");
}

bool gh_convert_time_bounds(struct convert *c, int64_t ms)
{
  return (ms >= FIRST_TIME_MS && ms < PAST_TIMES_MS) || gh_convert_refuse(c, "bad_time", "a time outside the years 1990 to 2100");
}

bool gh_convert_time(struct convert *c, const struct json_node *node, int64_t *out)
{
  if (node->kind == JSON_NUMBER && !gh_decimal_parse(json_text(node), 0, out) && gh_json_integer(json_text(node)))
    return gh_convert_refuse(c, "bad_time", "a time outside the years 1990 to 2100");
  return moment(c, node, out) && gh_convert_time_bounds(c, *out);
}
