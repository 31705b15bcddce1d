#include "goldhour/engine/explain.h"

#include <stdio.h>

#include "feed.h"
#include "goldhour/base/time.h"
#include "goldhour/engine/replay.h"

struct search {
  const struct gh_set *set;
  const struct gh_explain_options *options;
  struct gh_explanation *out;
  bool seen; /* in the replay: the event has been taken */
};

/* ---- finding the event ---- */

static struct gh_str fields_json(struct gh_arena *arena, const struct gh_event *e, const struct gh_zone *zone)
{
  struct gh_buf json = {0};
  gh_buf_byte(&json, '{');
  for (unsigned i = 0; i < e->type->nfields; i++) {
    if (e->slots[i].kind == GH_ABSENT) continue;
    if (json.len > 1) gh_buf_byte(&json, ',');
    gh_json_string(&json, e->type->fields[i].name);
    gh_buf_byte(&json, ':');
    gh_json_value(&json, e->slots[i], zone);
  }
  gh_buf_byte(&json, '}');
  struct gh_str out = gh_arena_str(arena, gh_buf_str(&json));
  gh_buf_free(&json);
  return out;
}

static void keep_event(struct search *s, const struct gh_event *e, uint64_t line)
{
  struct gh_explanation *out = s->out;
  out->id = gh_arena_str(&out->arena, e->id);
  out->customer = gh_arena_str(&out->arena, e->customer);
  out->fields = fields_json(&out->arena, e, s->set->zone);
  out->type = e->type;
  out->time_ms = e->time_ms;
  out->line = line;
}

static bool is_sought(const struct search *s, const struct gh_event *e)
{
  struct gh_str customer = s->options->customer;
  return gh_str_eq(e->id, s->options->event) && (!customer.len || gh_str_eq(e->customer, customer));
}

/* Decodes the file up to the event. */
static bool find_in_file(struct search *s, char error[512])
{
  struct gh_feed feed;
  struct gh_feed_item item;
  struct gh_feed_options o = {.input = GH_FEED_EVENTS, .path = s->options->events};
  uint64_t refused = 0;
  bool found = false, opened = gh_feed_open(&feed, s->set, &o, error);
  while (opened && !found && gh_feed_next(&feed, &item) == GH_SOURCE_RECORD) {
    found = item.in.kind == GH_IN_EVENT && is_sought(s, item.in.event);
    if (found) keep_event(s, item.in.event, item.in.at_record);
    refused += item.note == GH_FEED_REFUSED;
  }
  if (opened && !found) {
    int n = snprintf(error, 512, "%s has no event '%.*s' among its %llu records", s->options->events, GH_FMT(s->options->event), (unsigned long long)feed.records);
    if (refused && n < 512) snprintf(error + n, 512 - (size_t)n, "; %llu were refused: `goldhour check --sample %s` says why", (unsigned long long)refused, s->options->events);
  }
  gh_feed_close(&feed);
  return found;
}

static bool find_in_record(struct search *s, char error[512])
{
  struct gh_decoder *decoder = gh_decoder_new(&s->set->conf, s->set->schema, s->set->mapping, s->set->zone);
  struct gh_record record;
  enum gh_decoded decoded = gh_decode(decoder, s->options->record, &record);
  if (decoded == GH_DECODED) keep_event(s, &record.event, 0);
  else if (decoded == GH_DECODED_BAD) snprintf(error, 512, "the event is refused: %s: %.*s", record.reason, GH_FMT(record.detail));
  else snprintf(error, 512, "%s", decoded == GH_DECODED_BLANK ? "there is no event" : "the schema does not name the event's type, or the mapping passes it over: nothing happens");
  gh_decoder_free(decoder);
  return decoded == GH_DECODED;
}

/* ---- replaying ---- */

static bool concerns(const struct search *s, const struct gh_trace *t)
{
  if (!gh_str_eq(t->customer, s->out->customer)) return false;
  return gh_str_eq(t->event, s->out->id) || (t->verdict == GH_V_WAIT_CANCELLED && gh_str_eq(t->detail, s->out->id));
}

static void keep_line(void *ctx, const struct gh_trace *t)
{
  struct search *s = ctx;
  struct gh_explanation *out = s->out;
  struct gh_arena *a = &out->arena;
  if (!concerns(s, t)) return;
  if (out->nlines == out->cap) {
    out->cap = out->cap ? out->cap * 2 : 16;
    struct gh_explain_line *larger = gh_arena_zero(a, out->cap, sizeof *larger);
    if (out->nlines) memcpy(larger, out->lines, out->nlines * sizeof *larger);
    out->lines = larger;
  }
  struct gh_explain_line *line = &out->lines[out->nlines++];
  *line = (struct gh_explain_line){.verdict = t->verdict, .rule = t->rule, .t_ms = t->t_ms, .event = gh_arena_str(a, t->event), .detail = gh_arena_str(a, t->detail)};
  if (!t->lead) return;
  line->texts = gh_lead_texts(a, t->lead, s->set->zone);
  struct gh_buf json = {0};
  gh_lead_json(&json, t->lead, s->set->zone);
  line->lead = gh_arena_str(a, gh_buf_str(&json));
  gh_buf_free(&json);
}

/* Once an event has come that is newer than ours by more than the lateness, nothing that follows can come before ours. */
static bool goes_on(void *ctx, const struct gh_event *e)
{
  struct search *s = ctx;
  const struct gh_explanation *out = s->out;
  if (s->options->to_end || s->options->record.len) return true;
  if (s->seen && e->time_ms - s->set->conf.lateness_ms > out->time_ms) return false;
  s->seen = s->seen || (gh_str_eq(e->id, out->id) && gh_str_eq(e->customer, out->customer));
  return true;
}

bool gh_explain(const struct gh_set *set, const struct gh_explain_options *options, struct gh_explanation *out, char error[512])
{
  struct search s = {.set = set, .options = options, .out = out};
  *out = (struct gh_explanation){0};
  gh_arena_init(&out->arena, 0);
  if (!(options->record.len ? find_in_record(&s, error) : find_in_file(&s, error))) return false;
  struct gh_replay_stats stats;
  struct gh_replay_options o = {
    .events = options->events ? options->events : "/dev/null", .profiles = options->profiles, .last = options->record, .until_ms = GH_ALWAYS,
    .ctx = &s, .event = goes_on, .trace = keep_line, .watched = out->customer,
  };
  return gh_replay(set, &o, &stats, error);
}

void gh_explanation_free(struct gh_explanation *e) { gh_arena_free(&e->arena); }
