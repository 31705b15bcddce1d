/* One turn of the loop. */
#include <stdio.h>
#include <unistd.h>

#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

#define GRACE_NS UINT64_C(5000000000) /* when stopping: for a commit to be answered, for sinks to catch up */

void gh_engine_stop(struct gh_engine *e)
{
  if (e->stopping) return;
  e->stopping = true;
  e->stopping_ns = e->now_ns;
  if (e->kafka) gh_kafka_cut(e->kafka);
  for (unsigned i = 0; i < e->npartitions; i++) {
    struct gh_partition *p = e->partitions[i];
    if (p && p->phase >= GH_PROFILES && p->phase < GH_DRAINING) gh_partition_move(p, GH_DRAINING);
    if (p && p->loading.busy) (void)uv_cancel((uv_req_t *)&p->loading.work); /* one that has not begun to load need not */
  }
}

void gh_engine_fail(struct gh_engine *e, int status, const char *what, const char *why)
{
  gh_log(GH_ERR, what, "why=\"%s\"", why);
  if (e->status == 0) e->status = status;
  gh_engine_stop(e);
}

static void look_at_clocks(struct gh_engine *e)
{
  e->wall_ms = gh_wall_ms();
  e->now_ns = gh_monotonic_ns();
  bool was_steady = e->watch.steady || !e->watch.started;
  int64_t jump_ms = gh_clock_watch(&e->watch, e->wall_ms, (int64_t)(e->now_ns / 1000000));
  if (jump_ms && e->live) {
    gh_log(GH_ERR, "the wall clock has jumped: it is not followed until it has been steady for a minute", "by_ms=%lld", (long long)jump_ms);
  }
  if (!was_steady && e->watch.steady && e->live) gh_log(GH_INFO, "the wall clock is followed again", "wall_ms=%lld", (long long)e->wall_ms);
}

/* A stop is due where the source has ended: the one partition has come to rest by itself. */
static bool ended(const struct gh_engine *e)
{
  return !e->kafka && e->npartitions == 1 && e->partitions[0]->phase == GH_RESTING && e->partitions[0]->core;
}

static void tell_relay(struct gh_engine *e, unsigned i, const struct gh_relay_state *s)
{
  bool failing = s->doing == GH_RELAY_FAILING, told = e->relay_told[i][0];
  if (failing && strcmp(e->relay_told[i], s->error) != 0) {
    gh_log(GH_ERR, "leads cannot be handed over; they wait in the store, and it is tried again", "sink=%s why=\"%s\"", gh_relay_name(e->relays[i]), s->error);
    snprintf(e->relay_told[i], sizeof e->relay_told[i], "%s", s->error);
  }
  if (failing || !told || s->doing == GH_RELAY_BUSY) return;
  gh_log(GH_INFO, "leads are handed over again", "sink=%s", gh_relay_name(e->relays[i]));
  e->relay_told[i][0] = '\0';
}

/* Whether all sinks have what they can take. Who read standard output is gone and will not come back; anything else may be mended. */
static bool relays_settled(struct gh_engine *e)
{
  bool settled = true;
  e->relays_behind = e->relays_draining = 0;
  for (unsigned i = 0; i < e->nrelays; i++) {
    struct gh_relay_state s = gh_relay_state(e->relays[i]);
    if (s.behind > e->relays_behind) e->relays_behind = s.behind;
    if (s.drains && s.behind > e->relays_draining) e->relays_draining = s.behind;
    if (s.doing == GH_RELAY_GONE && !e->stopping) gh_engine_stop(e);
    tell_relay(e, i, &s);
    settled = settled && s.doing != GH_RELAY_BUSY;
  }
  return settled;
}

/* What a sink could not take waits in the store: the exit says so. */
static void judge_relays(struct gh_engine *e)
{
  for (unsigned i = 0; i < e->nrelays; i++) {
    struct gh_relay_state s = gh_relay_state(e->relays[i]);
    bool left = s.doing == GH_RELAY_FAILING || s.doing == GH_RELAY_GONE || s.behind > 0;
    if (left) gh_engine_fail(e, 1, "leads could not be handed over; they wait in the store", s.error[0] ? s.error : "there was no time");
  }
}

/* One that waits to be loaded, is being loaded or cannot go on has nothing in hand. */
static bool came_to_rest(struct gh_partition *p, bool late)
{
  if (p->loading.busy) return late || p->engine->relays_hurried;
  if (p->committing && late) gh_store_give_up(p->store);
  if ((p->phase == GH_BACKING_OFF || p->phase == GH_HALTED) && !p->committing) gh_partition_move(p, GH_RESTING);
  return p->phase == GH_RESTING;
}

static bool workers_wait(const struct gh_engine *e)
{
  bool waits = e->reload.busy;
  for (unsigned i = 0; i < e->npartitions; i++) waits = waits || (e->partitions[i] && e->partitions[i]->loading.busy);
  return waits;
}

/* A server that hangs is waited for on a worker, for as long as its time-out says, and a worker cannot be ended: the process does. Nothing is in hand. */
static void leave_workers(const struct gh_engine *e)
{
  gh_log(GH_WARN, "goldhour has stopped, though a server has not answered yet", "status=%d", e->status);
  _exit(e->status);
}

/* False once everything in hand is committed and the sinks have had their chance. */
static bool stop(struct gh_engine *e, bool settled)
{
  bool late = e->now_ns - e->stopping_ns > GRACE_NS, rest = !e->reload.busy || late || e->relays_hurried;
  for (unsigned i = 0; i < e->npartitions; i++) {
    if (e->partitions[i] && !came_to_rest(e->partitions[i], late)) rest = false;
  }
  if (!rest) return true;
  if (!e->relays_hurried) {
    for (unsigned i = 0; i < e->nrelays; i++) gh_relay_hurry(e->relays[i]);
    e->relays_hurried = true;
    e->stopping_ns = e->now_ns;
    return true;
  }
  if (!settled && !late) return true;
  judge_relays(e);
  if (workers_wait(e)) leave_workers(e);
  return false;
}

bool gh_engine_turn(struct gh_engine *e)
{
  bool more = false;
  look_at_clocks(e);
  if (e->stop_noted) gh_engine_stop(e);
  if (!e->stopping) gh_group_turn(e);
  if (!e->stopping) gh_reload_turn(e);
  gh_proof_turn(e);
  for (unsigned i = 0; i < e->npartitions; i++) {
    if (e->partitions[i] && gh_partition_turn(e->partitions[i])) more = true;
  }
  bool settled = relays_settled(e);
  gh_alarm_turn(e);
  if (!e->stopping && ended(e)) gh_engine_stop(e);
  if (e->stopping) return stop(e, settled);
  if (more) gh_engine_wake(e);
  return true;
}
