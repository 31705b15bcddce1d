/* A small bank for tests of the core: rules as YAML, events as lines, leads as a timeline in text. Times are milliseconds, written as seconds.
 *
 * The store is a list of rows, as the real one keeps them; bank_kill drops the core and loads another from it. */
#ifndef GH_TESTS_CORE_BANK_H
#define GH_TESTS_CORE_BANK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "goldhour/base/time.h"
#include "goldhour/core/core.h"
#include "goldhour/model/decimal.h"

struct stored { enum gh_row_kind kind; uint64_t key; char *bytes; size_t len; };

struct bank {
  struct gh_arena arena;
  struct gh_faults faults;
  struct gh_conf conf;
  struct gh_zones *zones;
  struct gh_rules *rules;
  struct gh_core *core;
  struct gh_core_options options;
  struct gh_update update;
  struct gh_buf timeline; /* "70 pay-lead C1 e1 golden\n"… */
  struct gh_buf said;     /* traces */
  struct stored *rows;
  size_t nrows;
  uint64_t records;
};

static const char *const bank_schema =
    "customer: {name: string, age: int, aum: decimal(2)}\n"
    "events:\n"
    "  pay: {amount: decimal(2), employer: string?}\n"
    "  inflow: {amount: decimal(2)}\n"
    "  bought: {product: string, matures: date?}\n"
    "  step: {flow: string, step: string}\n";

/* Events happen on 2026-09-14 (a Monday) from 00:00 UTC on. */
#define BANK_DAY_MS INT64_C(1789344000000)

static inline void bank_rules(struct bank *b, const char *yaml, const char *version)
{
  b->rules = gh_rules_new();
  b->rules->conf = &b->conf;
  b->rules->zones = b->zones;
  b->rules->zone = gh_zones_find(b->zones, GH_STR("UTC"));
  b->rules->schema = gh_schema_parse(&b->rules->arena, GH_STR("schema.yaml"), gh_str(bank_schema), &b->faults);
  assert_non_null(b->rules->schema);
  struct gh_rules_file file = {GH_STR("rules.yaml"), gh_str(yaml)};
  bool good = gh_rules_parse(b->rules, &file, 1, &b->faults);
  for (const struct gh_fault *f = b->faults.first; f && !good; f = f->next) print_error("%.*s\n", GH_FMT(f->message));
  assert_true(good);
  snprintf(b->rules->version, sizeof b->rules->version, "%s", version);
}

static inline void bank_step(struct bank *b)
{
  while (gh_step(b->core, 3, &b->update)) {}
}

static inline void bank_activate(struct bank *b)
{
  gh_take(b->core, &(struct gh_input){.kind = GH_IN_RULES, .rules = b->rules});
  bank_step(b);
}

static inline void bank_trace(void *ctx, const struct gh_trace *t)
{
  struct bank *b = ctx;
  gh_buf_fmt(&b->said, "%.*s %s %s\n", GH_FMT(t->event), t->rule ? t->rule->id.ptr : "-", gh_verdict_name(t->verdict));
}

static inline void bank_open(struct bank *b, const char *conf, const char *rules)
{
  *b = (struct bank){.zones = gh_zones_new()};
  gh_arena_init(&b->arena, 0);
  gh_faults_init(&b->faults);
  gh_update_init(&b->update);
  char text[1024];
  snprintf(text, sizeof text, "schema: schema.yaml\nrules: [rules.yaml]\nzone: UTC\n%s", conf);
  assert_true(gh_conf_parse(&b->conf, &b->arena, GH_STR("goldhour.yaml"), gh_str(text), &b->faults));
  bank_rules(b, rules, "1");
  b->options = (struct gh_core_options){.trace = bank_trace, .trace_ctx = b};
  b->core = gh_core_new(b->options);
  bank_activate(b);
}

static inline struct gh_value bank_value(struct bank *b, struct gh_type type, struct gh_str text)
{
  struct gh_value v = gh_string(gh_arena_str(&b->arena, text));
  if (gh_str_eq(text, GH_STR("null"))) return gh_null();
  if (type.kind == GH_INT) v = gh_int(atoll(text.ptr));
  if (type.kind == GH_DECIMAL) {
    v = gh_decimal(0, type.scale);
    assert_true(gh_decimal_parse(text, type.scale, &v.i));
  }
  if (type.kind == GH_DATE) {
    v = gh_date_value(0);
    assert_true(gh_date_parse(text, &v.i));
  }
  return v;
}

/* Reads "e1 pay C1 60 amount=8000.00" (time in seconds of the day, fractions allowed) into an event. */
static inline struct gh_event bank_event(struct bank *b, const char *line)
{
  char id[32], type[32], customer[32], rest[128] = "";
  double seconds;
  assert_true(sscanf(line, "%31s %31s %31s %lf %127[^\n]", id, type, customer, &seconds, rest) >= 4);
  struct gh_event e = {.type = gh_schema_find(b->rules->schema, gh_str(type))};
  assert_non_null(e.type);
  e.id = gh_arena_str(&b->arena, gh_str(id));
  e.customer = gh_arena_str(&b->arena, gh_str(customer));
  e.time_ms = BANK_DAY_MS + (int64_t)(seconds * 1000 + 0.5);
  struct gh_value *slots = gh_arena_zero(&b->arena, e.type->nfields + 1, sizeof *slots);
  char *save = NULL;
  for (char *word = strtok_r(rest, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
    char *equals = strchr(word, '=');
    e.forget |= strcmp(word, "forget") == 0;
    if (!equals) continue;
    int slot = gh_field_find(e.type, gh_str_n(word, (size_t)(equals - word)));
    assert_true(slot >= 0);
    slots[slot] = bank_value(b, e.type->fields[slot].type, gh_arena_str(&b->arena, gh_str(equals + 1)));
  }
  e.slots = slots;
  return e;
}

static inline void bank_arrive(struct bank *b, const char *line)
{
  struct gh_event e = bank_event(b, line);
  b->records++;
  gh_take(b->core, &(struct gh_input){.kind = GH_IN_EVENT, .event = &e, .raw = gh_str(line), .place = {0, b->records, b->records + 1}});
  bank_step(b);
}

static inline void bank_profile(struct bank *b, const char *customer_and_fields)
{
  char line[256], customer[32], rest[128] = "";
  sscanf(customer_and_fields, "%31s %127[^\n]", customer, rest);
  snprintf(line, sizeof line, "- customer %s 0 %s", customer, rest);
  struct gh_event e = bank_event(b, line);
  e.id = (struct gh_str){NULL, 0};
  e.time_ms = GH_ALWAYS;
  gh_take(b->core, &(struct gh_input){.kind = GH_IN_PROFILE, .event = &e, .place = {1, 1, 2}});
  bank_step(b);
}

static inline void bank_end(struct bank *b)
{
  gh_take(b->core, &(struct gh_input){.kind = GH_IN_END, .time_ms = GH_ALWAYS});
  bank_step(b);
}

static inline const char *json_text(const char *json, const char *key, char out[64])
{
  char find[64];
  snprintf(find, sizeof find, "\"%s\":\"", key);
  const char *at = strstr(json, find);
  size_t n = 0;
  for (at = at ? at + strlen(find) : ""; *at && *at != '"' && n < 63; at++) out[n++] = *at;
  out[n] = '\0';
  return out;
}

static inline void put_row(struct bank *b, enum gh_row_kind kind, uint64_t key, struct gh_str bytes)
{
  size_t i = 0;
  while (i < b->nrows && (b->rows[i].kind != kind || b->rows[i].key != key)) i++;
  if (i == b->nrows) {
    b->rows = realloc(b->rows, ++b->nrows * sizeof *b->rows);
    b->rows[i] = (struct stored){.kind = kind, .key = key};
  }
  free(b->rows[i].bytes);
  b->rows[i].bytes = malloc(bytes.len + 1);
  b->rows[i].len = bytes.len;
  if (bytes.len) memcpy(b->rows[i].bytes, bytes.ptr, bytes.len);
}

static inline void drop_row(struct bank *b, size_t i)
{
  free(b->rows[i].bytes);
  memmove(&b->rows[i], &b->rows[i + 1], (--b->nrows - i) * sizeof *b->rows);
}

static inline void commit_rows(struct bank *b)
{
  const struct gh_update *u = &b->update;
  for (unsigned d = 0; d < u->ndrop; d++)
    for (size_t i = b->nrows; i > 0; i--)
      if (b->rows[i - 1].kind == GH_ROW_BUCKET && b->rows[i - 1].key == u->drop[d]) drop_row(b, i - 1);
  for (size_t i = b->nrows; i > 0; i--)
    if (b->rows[i - 1].kind == GH_ROW_LOG && b->rows[i - 1].key < u->cut_seq) drop_row(b, i - 1);
  put_row(b, GH_ROW_META, 0, u->meta);
  if (u->dict.len) put_row(b, GH_ROW_DICT, 0, u->dict);
  for (unsigned i = 0; i < u->nbuckets; i++) put_row(b, GH_ROW_BUCKET, u->buckets[i].key, u->buckets[i].bytes);
  if (u->log.len) put_row(b, GH_ROW_LOG, u->seq, gh_buf_str(&u->log));
}

/* Seals and stores the batch; its leads join the timeline. */
static inline void bank_commit(struct bank *b)
{
  gh_seal(b->core, &b->update);
  commit_rows(b);
  for (unsigned i = 0; i < b->update.nleads; i++) {
    char rule[64], customer[64], event[64], at[64], stage[64];
    const char *json = b->update.leads[i].json.ptr;
    int64_t t = 0;
    gh_time_parse_ms(gh_str(json_text(json, "triggered_at", at)), &t);
    gh_buf_fmt(&b->timeline, "%.10g %s %s %s %s\n", (double)(t - BANK_DAY_MS) / 1000, json_text(json, "rule", rule), json_text(json, "customer", customer),
               json_text(json, "event", event), json_text(json, "stage", stage));
  }
  gh_update_reset(&b->update);
}

/* kill -9 and a new start from the store: what was not committed is gone. */
static inline void bank_kill(struct bank *b)
{
  gh_core_free(b->core);
  gh_update_free(&b->update);
  b->core = gh_core_new(b->options);
  static const enum gh_row_kind order[] = {GH_ROW_META, GH_ROW_DICT, GH_ROW_BUCKET, GH_ROW_LOG};
  for (unsigned k = 0; k < 4; k++)
    for (size_t i = 0; i < b->nrows; i++)
      if (b->rows[i].kind == order[k]) assert_true(gh_load(b->core, order[k], b->rows[i].key, gh_str_n(b->rows[i].bytes, b->rows[i].len)));
  assert_true(gh_load_done(b->core));
  b->records = gh_core_position(b->core, 0).offset;
  bank_activate(b);
}

static inline void bank_expect(struct bank *b, const char *timeline)
{
  bank_commit(b);
  gh_buf_byte(&b->timeline, '\0');
  assert_string_equal(b->timeline.data, timeline);
  gh_buf_clear(&b->timeline);
}

/* Whether the trace said this since the last call: "e2 pay-lead cooldown". */
static inline void bank_said(struct bank *b, const char *line)
{
  gh_buf_byte(&b->said, '\0');
  if (!strstr(b->said.data, line)) print_error("said only:\n%s", b->said.data);
  assert_non_null(strstr(b->said.data, line));
  b->said.len--;
}

static inline void bank_close(struct bank *b)
{
  gh_core_free(b->core);
  gh_rules_free(b->rules);
  gh_update_free(&b->update);
  gh_buf_free(&b->timeline);
  gh_buf_free(&b->said);
  while (b->nrows) drop_row(b, b->nrows - 1);
  free(b->rows);
  gh_faults_free(&b->faults);
  gh_zones_free(b->zones);
  gh_arena_free(&b->arena);
}

#endif
