/* The events and profiles of a rule test: YAML fields become the canonical JSON that a source would bring, so that decode judges them as it does all others. */
#include "goldhour/base/time.h"
#include "ruletest.h"

#define CUSTOMER "C1" /* of an event that names none */

/* ---- times ---- */

/* `09:00`, `09:00:30`, `09:00:30.250` */
static bool read_clock(struct gh_str s, int64_t *ms)
{
  int64_t fraction = 0;
  if (s.len == 12 && s.ptr[8] == '.') {
    for (unsigned i = 9; i < 12; i++) {
      if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
      fraction = fraction * 10 + (s.ptr[i] - '0');
    }
    s.len = 8;
  }
  if (!gh_clock_parse(s, ms)) return false;
  *ms += fraction;
  return true;
}

static bool read_local(const struct gh_ruletest_reader *r, struct gh_str s, int64_t *ms)
{
  int64_t day, clock_ms = 0;
  const struct gh_zone *zone = r->set->zone;
  bool dated = s.len >= 10 && gh_date_parse(gh_str_n(s.ptr, 10), &day);
  if (!dated && r->clock_ms == GH_ALWAYS) return false;
  if (!dated) {
    day = gh_zone_day(zone, r->clock_ms);
    if (!read_clock(s, &clock_ms)) return false;
  } else if (s.len > 10) {
    if (s.ptr[10] != ' ' && s.ptr[10] != 'T') return false;
    if (!read_clock(gh_str_n(s.ptr + 11, s.len - 11), &clock_ms)) return false;
  }
  *ms = gh_zone_moment(zone, day, clock_ms);
  return true;
}

bool gh_ruletest_time(struct gh_ruletest_reader *r, const struct gh_node *n, int64_t *ms)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return false;
  if (gh_time_parse_ms(text, ms) || read_local(r, text, ms)) return true;
  gh_fault(r->faults, n->at, "'%.*s' is no time", GH_FMT(text))->hint = r->clock_ms == GH_ALWAYS
    ? GH_STR("write '2026-09-17 09:00', in the bank's zone; the first time needs its date")
    : GH_STR("write '2026-09-17 09:00' or, on the day the clock stands at, '09:00'");
  return false;
}

/* ---- JSON ---- */

static bool is_json_number(struct gh_str s)
{
  size_t i = s.len > 0 && s.ptr[0] == '-';
  if (i == s.len || s.ptr[i] < '0' || s.ptr[i] > '9') return false;
  for (; i < s.len; i++)
    if (!memchr("0123456789+-.eE", s.ptr[i], 15)) return false;
  return true;
}

/* A scalar as the field's type wants it: what is not of that type stays as it is written, and decode refuses it in its own words. */
static void put_scalar(struct gh_buf *out, const struct gh_node *n, struct gh_type type)
{
  bool text = n->quoted || type.kind == GH_STRING || type.kind == GH_DATE;
  bool word = gh_str_eq(n->text, GH_STR("true")) || gh_str_eq(n->text, GH_STR("false"));
  if (gh_node_absent(n)) gh_buf_add_str(out, GH_STR("null"));
  else if (!text && (word || is_json_number(n->text))) gh_buf_add_str(out, n->text);
  else gh_json_string(out, n->text);
}

static bool put_node(struct gh_ruletest_reader *r, struct gh_buf *out, const struct gh_node *n, struct gh_type type)
{
  if (n->kind == GH_NODE_SCALAR) {
    put_scalar(out, n, type);
    return true;
  }
  if (n->kind == GH_NODE_MAP || type.kind != GH_LIST) {
    struct gh_str wanted = gh_type_text(r->arena, type);
    gh_fault(r->faults, n->at, "'%.*s' is a %.*s", GH_FMT(n->key), GH_FMT(wanted));
    return false;
  }
  gh_buf_byte(out, '[');
  for (const struct gh_node *e = n->first; e; e = e->next) {
    if (e != n->first) gh_buf_byte(out, ',');
    put_node(r, out, e, type.elem ? *type.elem : (struct gh_type){.kind = GH_DYN});
  }
  gh_buf_byte(out, ']');
  return true;
}

static void put_field(struct gh_ruletest_reader *r, struct gh_buf *out, const struct gh_event_type *type, const struct gh_node *n)
{
  int slot = gh_field_find(type, n->key);
  if (slot < 0) {
    struct gh_str names[GH_FIELDS_MAX];
    for (unsigned i = 0; i < type->nfields; i++) names[i] = type->fields[i].name;
    struct gh_fault *fault = gh_fault(r->faults, n->key_at, "'%.*s' has no field '%.*s'", GH_FMT(type->name), GH_FMT(n->key));
    fault->hint = gh_did_you_mean(r->faults, n->key, names, type->nfields);
    return;
  }
  gh_buf_byte(out, ',');
  gh_json_string(out, n->key);
  gh_buf_byte(out, ':');
  put_node(r, out, n, type->fields[slot].type);
}

static void put_member(struct gh_buf *out, const char *name, struct gh_str text)
{
  gh_buf_fmt(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
  gh_json_string(out, text);
}

static struct gh_str finish(struct gh_ruletest_reader *r, struct gh_buf *json)
{
  gh_buf_byte(json, '}');
  struct gh_str out = gh_arena_str(r->arena, gh_buf_str(json));
  gh_buf_free(json);
  return out;
}

struct gh_str gh_ruletest_profile(struct gh_ruletest_reader *r, struct gh_str customer, const struct gh_node *fields)
{
  struct gh_buf json = {0};
  if (!gh_want_map(fields, NULL, r->faults)) return (struct gh_str){NULL, 0};
  gh_buf_byte(&json, '{');
  put_member(&json, "customer", customer);
  for (const struct gh_node *n = fields->first; n; n = n->next) put_field(r, &json, &r->set->schema->customer, n);
  return finish(r, &json);
}

/* ---- steps ---- */

static const struct gh_event_type *find_type(struct gh_ruletest_reader *r, const struct gh_node *n)
{
  struct gh_str name;
  const struct gh_schema *schema = r->set->schema;
  if (!gh_want_text(n, &name, r->faults)) return NULL;
  const struct gh_event_type *type = gh_schema_find(schema, name);
  if (type) return type;
  struct gh_str *names = gh_arena_zero(r->arena, schema->ntypes + 1, sizeof *names);
  for (unsigned i = 0; i < schema->ntypes; i++) names[i] = schema->types[i].name;
  struct gh_fault *fault = gh_fault(r->faults, n->at, "the schema has no event '%.*s'", GH_FMT(name));
  fault->hint = gh_did_you_mean(r->faults, name, names, schema->ntypes);
  return NULL;
}

/* Where `at` or `advance` moves the clock. */
static bool move_clock(struct gh_ruletest_reader *r, const struct gh_node *step)
{
  const struct gh_node *at = gh_node_get(step, "at"), *advance = gh_node_get(step, "advance");
  int64_t ms = r->clock_ms;
  if (at && advance) {
    gh_fault(r->faults, advance->key_at, "`at` and `advance` both move the clock: one of them is enough");
    return false;
  }
  if (at && !gh_ruletest_time(r, at, &ms)) return false;
  if (!at && r->clock_ms == GH_ALWAYS) {
    gh_fault(r->faults, step->at, "the first step needs `at`: the time at which the story begins")->hint = GH_STR("at: '2026-09-17 09:00'");
    return false;
  }
  if (advance) {
    if (!gh_want_duration(advance, &ms, r->faults)) return false;
    ms += r->clock_ms;
  }
  if (ms < r->clock_ms) {
    gh_fault(r->faults, at->at, "the clock can't go back")->hint = GH_STR("a late event keeps the clock and says its own time: time: '09:00'");
    return false;
  }
  r->clock_ms = ms;
  return true;
}

static bool is_own_key(struct gh_str key)
{
  static const char *const own[] = {"at", "advance", "time", "type", "id", "customer", "forget", "fields"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (gh_str_eq(key, gh_str(own[i]))) return true;
  return false;
}

static struct gh_str text_or(struct gh_ruletest_reader *r, const struct gh_node *map, const char *key, struct gh_str otherwise)
{
  const struct gh_node *n = gh_node_get(map, key);
  struct gh_str text = otherwise;
  if (n) gh_want_text(n, &text, r->faults);
  return text;
}

static void put_fields(struct gh_ruletest_reader *r, struct gh_buf *json, const struct gh_event_type *type, const struct gh_node *step)
{
  bool forget = false;
  const struct gh_node *n = gh_node_get(step, "forget"), *fields = gh_node_get(step, "fields");
  if (n && gh_want_bool(n, &forget, r->faults) && forget) gh_buf_add_str(json, GH_STR(",\"forget\":true"));
  for (n = step->first; n; n = n->next)
    if (!is_own_key(n->key)) put_field(r, json, type, n);
  if (!fields || !gh_want_map(fields, NULL, r->faults)) return;
  for (n = fields->first; n; n = n->next) put_field(r, json, type, n);
}

bool gh_ruletest_step_read(struct gh_ruletest_reader *r, const struct gh_node *step, struct gh_ruletest_step *out)
{
  static const char *const clock_keys[] = {"at", "advance", NULL};
  unsigned errors = r->faults->errors;
  if (!gh_want_map(step, NULL, r->faults) || !move_clock(r, step)) return false;
  *out = (struct gh_ruletest_step){.clock_ms = r->clock_ms};
  const struct gh_node *named = gh_node_get(step, "type"), *time = gh_node_get(step, "time");
  if (!named) return gh_want_map(step, clock_keys, r->faults);
  const struct gh_event_type *type = find_type(r, named);
  int64_t time_ms = r->clock_ms;
  if (!type || (time && !gh_ruletest_time(r, time, &time_ms))) return false;
  out->event = true;
  out->id = text_or(r, step, "id", gh_arena_fmt(r->arena, "e%u", ++r->nevents));
  struct gh_buf json = {0};
  char text[GH_TIME_TEXT];
  gh_buf_byte(&json, '{');
  put_member(&json, "id", out->id);
  put_member(&json, "type", type->name);
  put_member(&json, "customer", text_or(r, step, "customer", GH_STR(CUSTOMER)));
  put_member(&json, "time", gh_str_n(text, gh_time_format(text, time_ms, 0)));
  put_fields(r, &json, type, step);
  out->record = finish(r, &json);
  return r->faults->errors == errors;
}
