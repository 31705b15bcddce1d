/* Where a partition's inputs come from: the bulk profiles first, then the source. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

#define FIRST_EVENTS 100u
#define OLD_MS (3 * GH_DAY_MS)

static const char *resolved(struct gh_partition *p, struct gh_str path, struct gh_arena *arena)
{
  return gh_path_join(arena, p->engine->conf.dir, path).ptr;
}

static void note_decoding(void *ctx, uint64_t offset) { gh_crash_doing(ctx, offset); }

static struct gh_feed_options feed_options(struct gh_partition *p, unsigned input, struct gh_arena *arena)
{
  const struct gh_conf *conf = &p->engine->conf;
  bool events = input == GH_FEED_EVENTS, named = !events || conf->source == GH_SOURCE_FILE;
  struct gh_feed_options o = {.input = input, .core = p->core, .follow = events && p->engine->live};
  if (named) {
    o.path = resolved(p, events ? conf->source_path.text : conf->profiles.text, arena);
    o.from = gh_core_position(p->core, input);
  }
  if (!events) return o;
  o.aside = p->aside;
  o.naside = p->naside;
  o.decoding = note_decoding;
  o.ctx = p;
  return o;
}

static struct gh_source *read_kafka(struct gh_partition *p, char error[512])
{
  struct gh_source_error e;
  struct gh_position from = gh_core_position(p->core, GH_FEED_EVENTS);
  struct gh_source *s = gh_kafka_read(p->engine->kafka, p->number, (int64_t)from.offset, (size_t)p->engine->conf.record_bytes, &e);
  if (!s) snprintf(error, 512, "%s", e.text);
  return s;
}

static void tell_replaced(struct gh_partition *p)
{
  if (!gh_source_replaced(p->feed.source)) return;
  if (p->engine->kafka) {
    gh_log(GH_ERR, "Kafka no longer holds the stored position; as configured (lost), reading goes on at what it still holds", "partition=%u skipped=%llu",
           p->number, (unsigned long long)gh_source_skipped(p->feed.source));
  } else {
    gh_log(GH_WARN, "another file stands where reading had stopped: it is read from its beginning", "path=\"%s\"", p->feed.path);
  }
}

bool gh_partition_open_feed(struct gh_partition *p, unsigned input)
{
  char error[512] = "";
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  struct gh_feed_options o = feed_options(p, input, &arena);
  bool stream = input == GH_FEED_EVENTS && p->engine->kafka;
  if (stream) o.source = read_kafka(p, error);
  bool ok = (!stream || o.source) && gh_feed_open(&p->feed, p->active->set, &o, error);
  gh_arena_free(&arena);
  p->feed_open = ok;
  if (ok) {
    tell_replaced(p);
    return true;
  }
  if (!stream || o.source) gh_feed_close(&p->feed);
  if (stream) gh_partition_back_off(p, error);
  else gh_engine_fail(p->engine, 1, input == GH_FEED_EVENTS ? "the source cannot be read" : "the profiles cannot be read", error);
  return false;
}

void gh_partition_close_feed(struct gh_partition *p)
{
  if (p->feed_open) gh_feed_close(&p->feed);
  p->feed_open = false;
}

/* A new store begins a partition of a stream at a place that is committed at once: killed before anything came, it begins there again. */
static void take_begin(struct gh_partition *p)
{
  int64_t begin = p->loading.begin;
  if (begin < 0 || gh_core_position(p->core, GH_FEED_EVENTS).record > 0) return;
  struct gh_position place = {GH_FEED_EVENTS, (uint64_t)begin, (uint64_t)begin + 1};
  gh_partition_take(p, &(struct gh_input){.kind = GH_IN_SKIP, .place = place});
  p->filling->records++;
}

void gh_partition_open_first_feed(struct gh_partition *p)
{
  const struct gh_conf *conf = &p->engine->conf;
  take_begin(p);
  bool begun = gh_core_position(p->core, GH_FEED_EVENTS).record > 0;
  bool loaded = gh_core_position(p->core, GH_FEED_PROFILES).record == GH_PROFILES_DONE;
  bool named = conf->profiles.text.len > 0;
  if (named && !loaded && begun) {
    gh_log(GH_WARN, "profiles are loaded before the first event alone: these are not; send them as events of type customer",
           "path=\"%.*s\"", GH_FMT(conf->profiles.text));
  }
  bool profiles = named && !loaded && !begun;
  gh_partition_move(p, profiles ? GH_PROFILES : GH_EVENTS);
  gh_partition_open_feed(p, profiles ? GH_FEED_PROFILES : GH_FEED_EVENTS);
}

/* A live run over an old file sees leads that come too late: most likely a replay was meant. */
static void hint_at_old_events(struct gh_partition *p)
{
  if (!p->engine->live || p->hint_given || p->seen == 0) return;
  p->hint_given = true;
  if (p->newest_ms >= p->engine->wall_ms - OLD_MS) return;
  gh_log(GH_WARN, p->engine->kafka ? "the first events are all over 3 days old and give no leads in a live run: they fill windows and waits; "
      "goldhour replay shows the leads of a past stretch" : "the first events are all over 3 days old and give no leads in a live run: for a past "
      "stretch use --until-end (or goldhour replay)", "events=%u", p->seen);
}

static void look_at(struct gh_partition *p, const struct gh_event *event)
{
  if (p->hint_given || !p->engine->live) return;
  if (p->seen == 0 || event->time_ms > p->newest_ms) p->newest_ms = event->time_ms;
  if (++p->seen >= FIRST_EVENTS) hint_at_old_events(p);
}

static void take_record(struct gh_partition *p, const struct gh_feed_item *item)
{
  struct gh_batch *b = p->filling;
  struct gh_counters *counters = gh_core_counters_mut(p->core);
  counters->unnamed += item->note == GH_FEED_UNNAMED;
  if (item->note == GH_FEED_REFUSED) {
    counters->refused++;
    gh_batch_refuse(b, item, p->feed.input == GH_FEED_EVENTS ? "events" : "profiles", p->engine->wall_ms);
  }
  if (item->in.kind == GH_IN_EVENT) look_at(p, item->in.event);
  b->records += !item->more;
  if (!item->more) b->bytes += item->in.raw.len;
  gh_crash_doing(p, item->in.at_offset);
  if (item->note == GH_FEED_TAKEN) gh_crash_test(item->in.raw);
  p->taking = item;
  gh_partition_take(p, &item->in);
  p->taking = NULL;
}

/* The bulk load is over; that is part of the position, so that it is not begun again. */
static bool end_profiles(struct gh_partition *p)
{
  struct gh_position place = gh_core_position(p->core, GH_FEED_PROFILES);
  place.input = GH_FEED_PROFILES;
  place.record = GH_PROFILES_DONE;
  gh_log(GH_INFO, "profiles are loaded", "records=%llu customers=%llu", (unsigned long long)p->feed.records,
      (unsigned long long)gh_core_stats(p->core).customers);
  gh_partition_close_feed(p);
  gh_partition_take(p, &(struct gh_input){.kind = GH_IN_SKIP, .place = place});
  p->filling->records++;
  if (!gh_partition_open_feed(p, GH_FEED_EVENTS)) return false;
  gh_partition_move(p, GH_EVENTS);
  return true;
}

static bool end_events(struct gh_partition *p)
{
  gh_partition_close_feed(p);
  if (p->engine->live) {
    gh_log(GH_INFO, "the source has ended; what waits is kept in the store", "waiting_events=%llu",
        (unsigned long long)gh_core_stats(p->core).waiting_events);
    gh_partition_move(p, GH_DRAINING);
    return false;
  }
  gh_partition_take(p, &(struct gh_input){.kind = GH_IN_END, .time_ms = GH_ALWAYS});
  gh_partition_move(p, GH_ENDING);
  return true;
}

static void reading_failed(struct gh_partition *p)
{
  const char *why = gh_source_failure(p->feed.source);
  if (p->engine->kafka) gh_partition_halt(p, why);
  else gh_engine_fail(p->engine, 1, "reading failed", why);
}

bool gh_partition_read(struct gh_partition *p)
{
  struct gh_feed_item item;
  switch (gh_feed_next(&p->feed, &item)) {
  case GH_SOURCE_RECORD:
    gh_batch_spare(p->filling, &item);
    take_record(p, &item);
    return true;
  case GH_SOURCE_NOTHING:
    p->source_end = true;
    hint_at_old_events(p);
    return false;
  case GH_SOURCE_END:
    hint_at_old_events(p);
    return p->phase == GH_PROFILES ? end_profiles(p) : end_events(p);
  case GH_SOURCE_FAILED: break;
  }
  reading_failed(p);
  return false;
}
