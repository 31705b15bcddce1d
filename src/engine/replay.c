#include "goldhour/engine/replay.h"

#include <stdio.h>

#include "feed.h"

#define STEPS 1024u       /* a turn of gh_step */
#define BATCH_RECORDS 4096u

struct replay {
  const struct gh_set *set;
  const struct gh_replay_options *options;
  struct gh_core *core;
  struct gh_update update;
  struct gh_feed feed;
  unsigned records; /* since the update was handed out */
  bool stopped;     /* by options->event */
  char *error;
};

static void refuse(struct replay *r, uint64_t line, struct gh_str reason, struct gh_str detail, struct gh_str raw)
{
  struct gh_replay_refusal refusal = {r->feed.path ? r->feed.path : "standard input", line, reason, detail, raw};
  if (r->options->refused) r->options->refused(r->options->ctx, &refusal);
}

static void hand_out(struct replay *r)
{
  struct gh_update *u = &r->update;
  for (unsigned i = 0; i < u->nrefused; i++) refuse(r, u->refused[i].at_record, u->refused[i].reason, u->refused[i].detail, u->refused[i].raw);
  for (unsigned i = 0; i < u->nleads && r->options->lead; i++) r->options->lead(r->options->ctx, u->leads[i].id, u->leads[i].json);
  gh_update_reset(u);
  r->records = 0;
}

static void take(struct replay *r, const struct gh_input *in)
{
  gh_take(r->core, in);
  while (gh_step(r->core, STEPS, &r->update)) hand_out(r);
}

static void note(struct replay *r, const struct gh_feed_item *item)
{
  struct gh_counters *counters = gh_core_counters_mut(r->core);
  if (item->note == GH_FEED_UNNAMED) counters->unnamed++;
  if (item->note != GH_FEED_REFUSED) return;
  counters->refused++;
  refuse(r, item->in.at_record, item->reason, item->detail, item->in.raw);
}

static bool read_records(struct replay *r)
{
  struct gh_feed_item item;
  enum gh_source_answer answer;
  while (!r->stopped && (answer = gh_feed_next(&r->feed, &item)) != GH_SOURCE_END) {
    if (answer == GH_SOURCE_FAILED) {
      snprintf(r->error, 512, "%s", gh_source_failure(r->feed.source));
      return false;
    }
    if (answer == GH_SOURCE_NOTHING) {
      gh_source_wait(r->feed.source);
      continue;
    }
    bool event = item.in.kind == GH_IN_EVENT;
    r->stopped = event && r->options->event && !r->options->event(r->options->ctx, item.in.event);
    if (r->stopped) break;
    note(r, &item);
    take(r, &item.in);
    if (++r->records >= BATCH_RECORDS) hand_out(r);
  }
  return true;
}

static bool read_feed(struct replay *r, unsigned input, const char *path, struct gh_replay_stats *stats)
{
  struct gh_feed_options o = {.input = input, .path = path, .core = r->core};
  bool ok = gh_feed_open(&r->feed, r->set, &o, r->error) && read_records(r);
  stats->records += r->feed.records;
  stats->bytes += r->feed.bytes;
  hand_out(r); /* refusals name the feed's file */
  gh_feed_close(&r->feed);
  return ok;
}

/* A record that comes from no file: the last of all. */
static void take_last(struct replay *r, struct gh_str bytes)
{
  struct gh_decoder *decoder = gh_decoder_new(&r->set->conf, r->set->schema, r->set->mapping, r->set->zone);
  struct gh_record record;
  enum gh_decoded decoded = gh_decode(decoder, bytes, &record);
  if (decoded == GH_DECODED)
    take(r, &(struct gh_input){.kind = GH_IN_EVENT, .event = &record.event, .raw = bytes, .place = gh_core_position(r->core, GH_FEED_EVENTS)});
  else if (decoded == GH_DECODED_BAD) refuse(r, 1, gh_str(record.reason), record.detail, bytes);
  gh_decoder_free(decoder);
}

bool gh_replay(const struct gh_set *set, const struct gh_replay_options *options, struct gh_replay_stats *stats, char error[512])
{
  struct replay r = {.set = set, .options = options, .error = error};
  struct gh_core_options o = {.unstored = true, .trace = options->trace, .trace_ctx = options->ctx, .watched = options->watched};
  *stats = (struct gh_replay_stats){0};
  r.core = gh_core_new(o);
  gh_update_init(&r.update);
  take(&r, &(struct gh_input){.kind = GH_IN_RULES, .rules = set->rules});
  bool ok = !options->profiles || read_feed(&r, GH_FEED_PROFILES, options->profiles, stats);
  ok = ok && read_feed(&r, GH_FEED_EVENTS, options->events, stats);
  if (ok && options->last.len) take_last(&r, options->last);
  if (ok) take(&r, &(struct gh_input){.kind = GH_IN_END, .time_ms = options->until_ms});
  hand_out(&r);
  stats->counters = *gh_core_counters(r.core);
  stats->core = gh_core_stats(r.core);
  gh_update_free(&r.update);
  gh_core_free(r.core);
  return ok;
}
