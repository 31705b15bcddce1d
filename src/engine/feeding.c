/* Where inputs come from: the bulk profiles first, then the source. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

#define FIRST_EVENTS 100u
#define OLD_MS (3 * GH_DAY_MS)

static const char *resolved(struct gh_engine *e, struct gh_str path, struct gh_arena *arena)
{
  return gh_path_join(arena, e->set->conf.dir, path).ptr;
}

bool gh_engine_open_feed(struct gh_engine *e, unsigned input)
{
  const struct gh_conf *conf = &e->set->conf;
  bool events = input == GH_FEED_EVENTS, named = !events || conf->source == GH_SOURCE_FILE;
  char error[512];
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  struct gh_feed_options o = {.input = input, .core = e->core, .follow = events && e->live};
  if (named) {
    o.path = resolved(e, events ? conf->source_path.text : conf->profiles.text, &arena);
    o.from = gh_core_position(e->core, input);
  }
  bool ok = gh_feed_open(&e->feed, e->set, &o, error);
  gh_arena_free(&arena);
  e->feed_open = ok;
  if (!ok) {
    gh_feed_close(&e->feed);
    gh_engine_fail(e, 1, events ? "the source cannot be read" : "the profiles cannot be read", error);
  } else if (gh_source_replaced(e->feed.source)) {
    gh_log(GH_WARN, "another file stands where reading had stopped: it is read from its beginning", "path=\"%s\"", e->feed.path);
  }
  return ok;
}

void gh_engine_close_feed(struct gh_engine *e)
{
  if (e->feed_open) gh_feed_close(&e->feed);
  e->feed_open = false;
}

/* A live run over an old file sees leads that come too late: most likely a replay was meant. */
static void hint_at_old_events(struct gh_engine *e)
{
  if (!e->live || e->hint_given || e->seen == 0) return;
  e->hint_given = true;
  if (e->newest_ms >= e->wall_ms - OLD_MS) return;
  gh_log(GH_WARN, "the first events are all over 3 days old and give no leads in a live run: for a past stretch use --until-end (or "
      "goldhour replay)", "events=%u", e->seen);
}

static void look_at(struct gh_engine *e, const struct gh_event *event)
{
  if (e->hint_given || !e->live) return;
  if (e->seen == 0 || event->time_ms > e->newest_ms) e->newest_ms = event->time_ms;
  if (++e->seen >= FIRST_EVENTS) hint_at_old_events(e);
}

static void take_record(struct gh_engine *e, const struct gh_feed_item *item)
{
  struct gh_batch *b = e->filling;
  struct gh_counters *counters = gh_core_counters_mut(e->core);
  counters->unnamed += item->note == GH_FEED_UNNAMED;
  if (item->note == GH_FEED_REFUSED) {
    counters->refused++;
    gh_batch_refuse(b, item, e->feed.input == GH_FEED_EVENTS ? "events" : "profiles", e->wall_ms);
  }
  if (item->in.kind == GH_IN_EVENT) look_at(e, item->in.event);
  b->records++;
  b->bytes += item->in.raw.len;
  gh_engine_take(e, &item->in);
}

/* The bulk load is over; that is part of the position, so that it is not begun again. */
static bool end_profiles(struct gh_engine *e)
{
  struct gh_position place = gh_core_position(e->core, GH_FEED_PROFILES);
  place.input = GH_FEED_PROFILES;
  place.record = GH_PROFILES_DONE;
  gh_log(GH_INFO, "profiles are loaded", "records=%llu customers=%llu", (unsigned long long)e->feed.records,
      (unsigned long long)gh_core_stats(e->core).customers);
  gh_engine_close_feed(e);
  gh_engine_take(e, &(struct gh_input){.kind = GH_IN_SKIP, .place = place});
  e->filling->records++;
  if (!gh_engine_open_feed(e, GH_FEED_EVENTS)) return false;
  gh_engine_move(e, GH_EVENTS);
  return true;
}

static bool end_events(struct gh_engine *e)
{
  gh_engine_close_feed(e);
  if (e->live) {
    gh_log(GH_INFO, "the source has ended; what waits is kept in the store", "waiting_events=%llu",
        (unsigned long long)gh_core_stats(e->core).waiting_events);
    gh_engine_move(e, GH_DRAINING);
    return false;
  }
  gh_engine_take(e, &(struct gh_input){.kind = GH_IN_END, .time_ms = GH_ALWAYS});
  gh_engine_move(e, GH_ENDING);
  return true;
}

bool gh_engine_read(struct gh_engine *e)
{
  struct gh_feed_item item;
  switch (gh_feed_next(&e->feed, &item)) {
  case GH_SOURCE_RECORD: take_record(e, &item); return true;
  case GH_SOURCE_NOTHING:
    e->source_end = true;
    e->at_end_ns = e->now_ns;
    hint_at_old_events(e);
    return false;
  case GH_SOURCE_END:
    hint_at_old_events(e);
    return e->phase == GH_PROFILES ? end_profiles(e) : end_events(e);
  case GH_SOURCE_FAILED: break;
  }
  gh_engine_fail(e, 1, "reading failed", gh_source_failure(e->feed.source));
  return false;
}
