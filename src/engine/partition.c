/* The life of a partition: loaded, run, drained, kept warm, dropped. */
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

#define BACK_OFF_LEAST_MS 1000u
#define BACK_OFF_SPREAD_MS 4000u
#define CRASHES 3u /* so often a process died on a message before it is set aside */

void gh_partition_move(struct gh_partition *p, enum gh_phase to)
{
  static const unsigned allowed[GH_NPHASES] = {
      [GH_LOADING] = 1u << GH_PROFILES | 1u << GH_EVENTS | 1u << GH_BACKING_OFF | 1u << GH_HALTED | 1u << GH_RESTING,
      [GH_PROFILES] = 1u << GH_EVENTS | 1u << GH_DRAINING | 1u << GH_BACKING_OFF | 1u << GH_HALTED,
      [GH_EVENTS] = 1u << GH_ENDING | 1u << GH_DRAINING | 1u << GH_BACKING_OFF | 1u << GH_HALTED,
      [GH_ENDING] = 1u << GH_DRAINING | 1u << GH_BACKING_OFF | 1u << GH_HALTED,
      [GH_DRAINING] = 1u << GH_RESTING | 1u << GH_BACKING_OFF | 1u << GH_HALTED,
      [GH_RESTING] = 1u << GH_LOADING,
      [GH_BACKING_OFF] = 1u << GH_LOADING | 1u << GH_RESTING,
      [GH_HALTED] = 1u << GH_RESTING | 1u << GH_LOADING,
  };
  GH_CHECK(allowed[p->phase] & 1u << to);
  p->phase = to;
  if (to == GH_DRAINING) p->draining_ns = p->engine->now_ns;
  if (to == GH_LOADING || to == GH_EVENTS || to == GH_PROFILES) p->progress_ns = p->engine->now_ns;
}

static struct gh_partition *make(struct gh_engine *e, unsigned number)
{
  struct gh_partition *p = calloc(1, sizeof *p);
  GH_CHECK(p && "out of memory");
  *p = (struct gh_partition){.engine = e, .number = number, .phase = GH_RESTING};
  gh_batch_init(&p->batches[0]);
  gh_batch_init(&p->batches[1]);
  p->filling = &p->batches[0];
  return p;
}

struct gh_partition *gh_partition_get(struct gh_engine *e, unsigned number)
{
  if (number >= e->npartitions) {
    e->partitions = realloc(e->partitions, (number + 1) * sizeof *e->partitions);
    GH_CHECK(e->partitions && "out of memory");
    while (e->npartitions <= number) e->partitions[e->npartitions++] = NULL;
  }
  if (!e->partitions[number]) e->partitions[number] = make(e, number);
  return e->partitions[number];
}

void gh_partition_drop(struct gh_partition *p)
{
  GH_CHECK(!p->committing && !p->loading.busy);
  gh_partition_close_feed(p);
  gh_core_free(p->core);
  p->core = NULL;
  gh_active_leave(p->active);
  p->active = NULL;
  p->due = p->broken = false;
  gh_batch_reset(&p->batches[0]);
  gh_batch_reset(&p->batches[1]);
}

void gh_partition_free(struct gh_partition *p)
{
  if (!p) return;
  gh_partition_drop(p);
  gh_store_close(p->store);
  gh_batch_free(&p->batches[0]);
  gh_batch_free(&p->batches[1]);
  free(p->aside);
  free(p);
}

/* So that many who lost something at one moment do not come back at one moment. */
static uint64_t back_off_ns(const struct gh_partition *p)
{
  uint64_t mixed = (p->engine->now_ns ^ (uint64_t)p->number * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
  return (BACK_OFF_LEAST_MS + (mixed >> 32) % BACK_OFF_SPREAD_MS) * UINT64_C(1000000);
}

void gh_partition_back_off(struct gh_partition *p, const char *why)
{
  struct gh_engine *e = p->engine;
  bool unread = e->conf.source == GH_SOURCE_STDIN && p->phase != GH_LOADING; /* what was read and not committed is nowhere else */
  snprintf(p->halted, sizeof p->halted, "%s", why);
  p->retry_ns = p->engine->now_ns + back_off_ns(p);
  gh_partition_move(p, GH_BACKING_OFF);
  if (p->committing) gh_store_give_up(p->store);
  else gh_partition_drop(p);
  if (unread) gh_engine_fail(e, 1, "standard input cannot be read again: it is to be sent anew", why);
}

void gh_partition_halt(struct gh_partition *p, const char *why)
{
  snprintf(p->halted, sizeof p->halted, "%s", why);
  p->alarm_ns = p->engine->now_ns;
  p->generation = p->engine->generation;
  gh_log(GH_ERR, "a partition is stopped", "partition=%u why=\"%s\"", p->number, why);
  gh_partition_move(p, GH_HALTED);
  const struct gh_engine *e = p->engine;
  /* For people. A run that is to end does not, nor does standard input, which cannot be read again. */
  bool waits = e->kafka || (e->stores && e->live && e->conf.source != GH_SOURCE_STDIN);
  if (!waits) gh_engine_fail(p->engine, 1, "the one partition there is has stopped", why);
}

/* ── loading, on a worker ── */

static bool load_row(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes)
{
  static const enum gh_row_kind rows[] = {[GH_STORE_META] = GH_ROW_META, [GH_STORE_DICT] = GH_ROW_DICT, [GH_STORE_BUCKET] = GH_ROW_BUCKET,
      [GH_STORE_LOG] = GH_ROW_LOG};
  return gh_load(ctx, rows[kind], key, bytes);
}

static bool load_core(struct gh_partition *p, struct gh_loading *l)
{
  struct gh_store_error error;
  const struct gh_engine *e = p->engine;
  l->core = gh_core_new((struct gh_core_options){.live = e->live, .unstored = !e->stored});
  if (!e->stored) return true;
  if (gh_store_load(p->store, load_row, l->core, &error) && gh_load_done(l->core)) return true;
  snprintf(l->error, sizeof l->error, "%s", error.text);
  return false;
}

/* Where a new partition of a stream begins; and whether the group was further than the store is, which means that the store has lost something. */
static bool look_at_group(struct gh_partition *p, struct gh_loading *l)
{
  struct gh_engine *e = p->engine;
  struct gh_source_error error;
  const struct gh_position at = gh_core_position(l->warm ? p->core : l->core, GH_FEED_EVENTS);
  int64_t committed = -1;
  char id[64] = "";
  l->begin = -1;
  if (!e->kafka || l->warm) return true;
  bool ok = at.record > 0 || gh_kafka_start(e->kafka, p->number, &l->begin, &error);
  ok = ok && gh_kafka_committed(e->kafka, p->number, &committed, id, &error);
  if (!ok) snprintf(l->error, sizeof l->error, "%s", error.text);
  if (!ok || !e->stored || strcmp(id, e->identity.id) != 0 || committed <= (int64_t)at.offset) return ok;
  if (l->begin > committed) l->begin = committed; /* it is no new store: what came since is passed over by no `start` */
  long long from = l->begin >= 0 ? (long long)l->begin : (long long)at.offset;
  gh_log(GH_ERR, "the store is behind what was committed before: it has lost commits; the source is read again from what it holds",
         "partition=%u store=%llu group=%lld from=%lld", p->number, (unsigned long long)at.offset, (long long)committed, from);
  struct gh_store_error lost;
  if (gh_store_lost(p->store, &lost)) return true;
  snprintf(l->error, sizeof l->error, "%s", lost.text);
  return false;
}

struct crashes { struct gh_loading *loading; unsigned cap; };

static void note_crash(void *ctx, uint64_t offset, uint64_t times)
{
  struct crashes *c = ctx;
  struct gh_loading *l = c->loading;
  if (times < CRASHES) return;
  if (l->naside == c->cap) {
    c->cap = c->cap ? c->cap * 2 : 8;
    l->aside = realloc(l->aside, c->cap * sizeof *l->aside);
    GH_CHECK(l->aside && "out of memory");
  }
  l->aside[l->naside++] = offset;
}

static bool load_rest(struct gh_partition *p, struct gh_loading *l)
{
  struct gh_engine *e = p->engine;
  struct gh_store_error error;
  struct crashes crashes = {.loading = l};
  uint64_t position = gh_core_position(l->warm ? p->core : l->core, GH_FEED_EVENTS).offset;
  bool ok = !e->stored || gh_store_crashes(p->store, position, note_crash, &crashes, &error);
  /* After the partition is ours: whoever had it may have gone over to a newer set before that. */
  ok = ok && (l->warm || gh_engine_name_sinks(e, p->store, &error));
  ok = ok && (!e->stores || gh_stores_rules(e->stores, &l->known, &l->arena, &l->rules, &error));
  if (!ok) snprintf(l->error, sizeof l->error, "%s", error.text);
  return ok;
}

static void load(uv_work_t *work)
{
  struct gh_partition *p = work->data;
  struct gh_loading *l = &p->loading;
  l->warm = p->core && gh_store_still_ours(p->store);
  l->ok = (l->warm || load_core(p, l)) && look_at_group(p, l) && load_rest(p, l);
}

/* ── and its end, on the loop ── */

static void take_loaded(struct gh_partition *p)
{
  struct gh_loading *l = &p->loading;
  if (!l->warm) {
    gh_partition_drop(p);
    p->core = l->core;
    l->core = NULL;
  }
  free(p->aside);
  p->aside = l->aside;
  p->naside = l->naside;
  gh_core_set_aside(p->core, p->aside, p->naside);
  l->aside = NULL;
  if (p->feed_open) { /* kept from before */
    p->feed.aside = p->aside;
    p->feed.naside = p->naside;
  }
}

static void tell_loaded(const struct gh_partition *p)
{
  struct gh_core_stats s = gh_core_stats(p->core);
  struct gh_position at = gh_core_position(p->core, GH_FEED_EVENTS);
  typedef unsigned long long u;
  if (!p->engine->kafka) return;
  gh_log(GH_INFO, "a partition is ours", "partition=%u warm=%d next_offset=%llu customers=%llu timers=%llu waiting=%llu", p->number, p->loading.warm,
         (u)at.offset, (u)s.customers, (u)s.timers, (u)s.waiting_events);
}

static void join_relays(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  for (unsigned i = 0; i < e->nrelays; i++) gh_relay_add(e->relays[i], p->number, p->store);
}

/* It was stepped by a newer set last, perhaps, and one that cannot be used here: by an older one waits of rules that are new in it would be dropped. */
static bool goes_back(const struct gh_partition *p)
{
  return p->loading.unusable && strcmp(gh_core_rules_version(p->core), p->engine->active->set->version) != 0;
}

/* What was committed by who had it before may not have been told to the group, and a quiet partition commits nothing more. */
static void tell_group(const struct gh_partition *p)
{
  struct gh_position at = gh_core_position(p->core, GH_FEED_EVENTS);
  const struct gh_engine *e = p->engine;
  if (e->kafka && e->stored && at.record > 0) gh_kafka_note_committed(e->kafka, p->number, (int64_t)at.offset);
}

/* Where it cannot begin, its phase says so. */
static void begin(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  take_loaded(p);
  p->broken = false;
  tell_group(p);
  join_relays(p); /* what is committed is handed over, whether it can go on or not */
  if (goes_back(p)) {
    gh_partition_halt(p, "the store's active rule set cannot be used here, and another one must not decide: end this daemon, or publish a set that all can use");
    return;
  }
  if (p->active != e->active && !gh_partition_activate(p)) {
    if (!e->kafka) e->status = 78;
    gh_partition_halt(p, "the rule set does not fit what the store holds of it");
    return;
  }
  if (p->feed_open) gh_partition_move(p, GH_EVENTS);
  else gh_partition_open_first_feed(p);
  if (p->core) tell_loaded(p); /* not where the source could not be opened */
}

/* What was loaded and is not taken. The store goes on from there, if the load was begun: a memory from before is not what it stands for any more. */
static void discard(struct gh_partition *p, bool begun)
{
  struct gh_loading *l = &p->loading;
  gh_core_free(l->core);
  free(l->aside);
  l->core = NULL;
  l->aside = NULL;
  if (begun && !l->warm) gh_partition_drop(p);
}

static void loading_failed(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  gh_log(GH_ERR, "a partition cannot be loaded", "partition=%u why=\"%s\"", p->number, p->loading.error);
  if (e->stores || e->kafka) {
    gh_partition_back_off(p, p->loading.error);
    return;
  }
  gh_partition_halt(p, p->loading.error);
}

static void give_rules(struct gh_engine *e, struct gh_loading *l)
{
  struct gh_faults faults;
  struct gh_stores_known known = gh_active_known(e->active);
  if (!l->rules.bundle.len || !gh_stores_is_newer(&known, l->rules.number, l->rules.version)) return;
  gh_faults_init(&faults);
  struct gh_set *set = gh_set_load_bundle(l->rules.bundle, e->options.zones, &faults);
  gh_faults_free(&faults);
  if (!set || strcmp(set->version, l->rules.version) != 0) { /* told by whoever looks for newer sets */
    gh_set_free(set);
    l->unusable = true;
    return;
  }
  gh_active_leave(e->active);
  e->active = gh_active_new(set, l->rules.number);
  e->generation++; /* those that halted try it: nobody will find it to be newer again */
}

static void loaded(uv_work_t *work, int status)
{
  struct gh_partition *p = work->data;
  struct gh_loading *l = &p->loading;
  struct gh_engine *e = p->engine;
  l->busy = false;
  e->now_ns = gh_monotonic_ns();
  bool go = l->ok && p->wanted && !e->stopping;
  if (!go) discard(p, status != UV_ECANCELED);
  if (go) give_rules(e, l);
  if (go) begin(p);
  else if (p->wanted && !e->stopping) loading_failed(p);
  else gh_partition_move(p, GH_RESTING);
  gh_arena_free(&l->arena);
  gh_engine_wake(e);
}

void gh_partition_load(struct gh_partition *p)
{
  struct gh_loading *l = &p->loading;
  GH_CHECK(!l->busy);
  if (p->phase != GH_RESTING && p->core) gh_partition_drop(p); /* its last commit has been answered since */
  gh_partition_move(p, GH_LOADING);
  *l = (struct gh_loading){.busy = true, .known = gh_active_known(p->engine->active)};
  gh_arena_init(&l->arena, 0);
  l->work.data = p;
  (void)uv_queue_work(&p->engine->loop, &l->work, load, loaded);
}
