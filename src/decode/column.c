#include "column.h"

#include "base64.h"
#include "goldhour/base/time.h"

static const struct time_form local_ms = {.kind = FORM_LOCAL_MILLIS}, local_us = {.kind = FORM_LOCAL_MICROS}, local_ns = {.kind = FORM_LOCAL_NANOS};
static const struct time_form days = {.kind = FORM_DAYS}, datetime = {.kind = FORM_DATETIME};

#define ISO_DATE "io.debezium.time.IsoDate"
#define ISO_TIMESTAMP "io.debezium.time.IsoTimestamp"

/* Times without a zone are counts of the local clock (DATETIME, timestamp without time zone), or texts of it; those with one are RFC 3339. */
static const struct { const char *name; const struct time_form *form; } times[] = {
  {"io.debezium.time.Date", &days}, {"org.apache.kafka.connect.data.Date", &days},
  {"io.debezium.time.Timestamp", &local_ms}, {"org.apache.kafka.connect.data.Timestamp", &local_ms},
  {"io.debezium.time.MicroTimestamp", &local_us}, {"io.debezium.time.NanoTimestamp", &local_ns},
  {ISO_TIMESTAMP, &datetime},
};

const struct json_node *gh_column_field(const struct json_node *columns, struct gh_str name)
{
  for (const struct json_node *n = columns + 1; n < columns + columns->span; n += n->span)
    if (gh_str_eq(gh_env_text(gh_env_member(n, GH_STR("field"))), name)) return n;
  return NULL;
}

const struct time_form *gh_column_form(const struct json_node *field, enum json_kind kind)
{
  struct gh_str name = gh_env_text(gh_env_member(field, GH_STR("name")));
  for (size_t i = 0; name.len && i < sizeof times / sizeof *times; i++) {
    enum json_kind written = times[i].form == &datetime ? JSON_STRING : JSON_NUMBER;
    if (gh_str_eq(name, gh_str(times[i].name))) return written == kind ? times[i].form : NULL;
  }
  return NULL;
}

static const struct json_node *made(struct json_node *copy, struct gh_str text)
{
  *copy = (struct json_node){.text = text.ptr, .text_len = (uint32_t)text.len, .span = 1, .kind = JSON_STRING};
  return copy;
}

/* A decimal's bytes as its digits; what cannot be read stays as it is, and its type refuses it. */
static const struct json_node *digits(struct gh_decoder *d, const struct json_node *n, const struct json_node *coded, struct gh_str scale, struct json_node *copy)
{
  struct gh_value places;
  struct gh_str bytes, text;
  struct json_node whole = {.text = scale.ptr, .text_len = (uint32_t)scale.len, .span = 1, .kind = JSON_STRING};
  static const struct gh_type type = {.kind = GH_INT};
  bool ok = coded && coded->kind == JSON_STRING && scale.len && gh_convert_node(&d->convert, &whole, &type, &places) && places.kind == GH_INT;
  if (!ok || !gh_base64_decode(&d->arena, json_text(coded), &bytes) || !gh_base64_number(&d->arena, bytes, places.i, &text)) return n;
  return made(copy, text);
}

static bool variable_scale(const struct json_node *n)
{
  return n->kind == JSON_OBJECT && n->text_len == 2 && gh_env_member(n, GH_STR("scale")) && gh_env_member(n, GH_STR("value"));
}

/* A date as people write it, where a text is wanted. */
static const struct json_node *date_text(struct gh_decoder *d, const struct json_node *n, struct json_node *copy)
{
  int64_t day;
  char *text = gh_arena_alloc(&d->arena, GH_TIME_TEXT);
  if (!gh_time_form_read_day(&days, json_text(n), d->zone, &day)) return n;
  return made(copy, (struct gh_str){text, gh_date_format(text, day)});
}

/* What stands for a value that was too large for the log and did not change; for a list, alone in one. */
static bool unavailable(const struct json_node *n)
{
  if (n->kind == JSON_LIST && n->text_len == 1) n++;
  return n->kind == JSON_STRING && gh_str_eq(json_text(n), GH_STR("__debezium_unavailable_value"));
}

/* time.precision.mode isostring writes the local clock as if it were UTC's: the Z goes. A pattern of the mapping's sees the text as it is. */
static const struct json_node *iso_local(const struct source *s, struct gh_str name, const struct json_node *n, struct json_node *copy)
{
  struct gh_str text = json_text(n);
  bool time = s->type.kind == GH_TIMESTAMP || s->type.kind == GH_DATE, pattern = s->form && s->form->kind != FORM_DATETIME;
  bool local = gh_str_eq(name, GH_STR(ISO_DATE)) || (time && gh_str_eq(name, GH_STR(ISO_TIMESTAMP)));
  if (!local || pattern || text.len == 0 || text.ptr[text.len - 1] != 'Z') return n;
  return made(copy, (struct gh_str){text.ptr, text.len - 1});
}

const struct json_node *gh_column_node(struct gh_decoder *d, const struct source *s, const struct json_node *n, const struct json_node *field,
                                       struct json_node *copy)
{
  if (unavailable(n)) return NULL;
  if (s->base64_digits >= 0) return n; /* the mapping knows better */
  if (variable_scale(n)) return digits(d, n, gh_env_member(n, GH_STR("value")), gh_env_text(gh_env_member(n, GH_STR("scale"))), copy);
  struct gh_str name = gh_env_text(gh_env_member(field, GH_STR("name")));
  if (name.len == 0) return n;
  if (n->kind == JSON_STRING && gh_str_starts(name, GH_STR("io.debezium.time.Iso"))) return iso_local(s, name, n, copy);
  if (gh_str_eq(name, GH_STR("org.apache.kafka.connect.data.Decimal")))
    return digits(d, n, n, gh_env_text(gh_env_member(gh_env_member(field, GH_STR("parameters")), GH_STR("scale"))), copy);
  bool text = n->kind == JSON_NUMBER && (s->kind == SOURCE_JOIN || s->type.kind == GH_STRING);
  return text && gh_column_form(field, JSON_NUMBER) == &days ? date_text(d, n, copy) : n;
}
