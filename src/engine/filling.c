/* One turn of a partition: fill the batch, commit it if that is due. */
#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

#define STEPS 1024u            /* due events and timers at a time */
#define STEPS_A_LOOK 16u       /* of them, before it is looked at how much came of them: each may give a lead by every rule */
#define LEADS_BEHIND 100000u   /* in memory: the sinks are waited for */

static void step(struct gh_partition *p)
{
  struct gh_batch *b = p->filling;
  for (unsigned left = STEPS; left > 0; left -= STEPS_A_LOOK) {
    p->due = gh_step(p->core, STEPS_A_LOOK, &b->update);
    if (!p->due || gh_batch_laden(b)) break;
  }
  if (b->update.nrefused) gh_batch_refused(b, p->taking, p->engine->wall_ms);
}

void gh_partition_take(struct gh_partition *p, const struct gh_input *in)
{
  gh_take(p->core, in);
  step(p);
  p->filling->touched = true;
}

/* One mark a batch, at its beginning: it is the clock recorded in its commit. */
static void mark_clock(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  if (!e->live || p->phase >= GH_DRAINING || p->due || gh_batch_begun(p->filling)) return;
  uint64_t end_ns = p->phase == GH_EVENTS ? gh_feed_at_end_ns(&p->feed) : 0;
  bool at_end = end_ns && e->now_ns - end_ns <= (uint64_t)p->active->set->conf.idle_ms * 1000000;
  if (at_end) p->progress_ns = e->now_ns;
  gh_partition_take(p, &(struct gh_input){.kind = GH_IN_CLOCK, .wall_ms = e->wall_ms, .follow = at_end && e->watch.steady});
}

/* A state at its bound takes nothing more: what is in hand is committed, then the partition stops. */
static bool full(struct gh_partition *p)
{
  return (int64_t)gh_core_stats(p->core).memory_bytes >= p->engine->conf.state_bytes;
}

/* Reads, takes and steps until the batch is full or there is nothing more. Never stops inside a message. */
static void fill(struct gh_partition *p)
{
  struct gh_batch *b = p->filling;
  p->source_end = false;
  gh_crash_stepping(p);
  mark_clock(p);
  while (p->phase < GH_DRAINING && (p->feed.inside || !gh_batch_full(b, &p->engine->conf))) {
    if (p->due) {
      step(p);
      b->turns++;
      continue;
    }
    if (p->phase == GH_ENDING) gh_partition_move(p, GH_DRAINING);
    else if (!p->feed.inside && p->active != p->engine->active) break;
    else if (!gh_partition_read(p)) break;
  }
  gh_crash_done();
}

/* A batch is committed when it is full, or when there is nothing more to put into it and the last commit began batch_ms ago. */
static bool wants_commit(const struct gh_partition *p)
{
  const struct gh_engine *e = p->engine;
  const struct gh_batch *b = p->filling;
  if (p->committing || p->broken) return false;
  if (p->prove && p->phase < GH_DRAINING && !p->feed.inside) return true;
  if (p->phase >= GH_DRAINING) return gh_batch_dirty(b) || (b->touched && e->stored);
  if (gh_batch_full(b, &e->conf) || (gh_batch_dirty(b) && p->active != e->active)) return true;
  return gh_batch_dirty(b) && p->source_end && e->now_ns >= p->next_commit_ns;
}

/* Live, a trickle of events shares its commits: one every batch_ms. The first after a pause does not wait. */
static void commit(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  p->next_commit_ns = e->live ? e->now_ns + (uint64_t)e->conf.batch_ms * 1000000 : 0;
  gh_partition_commit(p);
}

/* What waits ahead drains without new input: reading waits for it. So it does where a new set waits for what was taken by the old one to be committed. */
static bool held_up(const struct gh_partition *p)
{
  const struct gh_engine *e = p->engine;
  bool last = p->active != e->active && gh_batch_dirty(p->filling);
  if (p->committing && (last || gh_batch_full(p->filling, &e->conf))) return true;
  uint64_t most = e->stored ? 2 * (uint64_t)e->conf.sink_behind : LEADS_BEHIND;
  return e->relays_draining > most;
}

static void halt_full(struct gh_partition *p)
{
  gh_partition_halt(p, "its state is at the bound `state_bytes`: raise that number (and give the host the memory), or keep less: shorter windows, fewer customers");
}

static bool run(struct gh_partition *p)
{
  bool clean = !gh_batch_dirty(p->filling) && !p->due;
  if (p->active != p->engine->active && clean && !gh_partition_activate(p)) {
    gh_partition_halt(p, "the active rule set does not fit what the store holds of it");
    return false;
  }
  bool held = held_up(p);
  if (!held && !full(p)) fill(p);
  else p->source_end = !held;
  if (p->phase == GH_HALTED || p->phase == GH_BACKING_OFF) return false;
  if (wants_commit(p)) commit(p);
  else if (gh_batch_dirty(p->filling) && p->source_end && !p->committing) gh_engine_wake_in(p->engine, p->next_commit_ns);
  if (p->phase < GH_DRAINING && full(p) && !p->committing && !wants_commit(p)) halt_full(p);
  return p->phase < GH_DRAINING && !p->source_end && !held_up(p);
}

/* Everything in hand is committed, or never will be. */
static void drain(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  if (wants_commit(p)) commit(p);
  if (p->committing) return;
  if (p->broken) gh_partition_drop(p);
  gh_partition_move(p, GH_RESTING);
  gh_engine_wake(e);
}

static bool may_load(const struct gh_partition *p) { return !p->committing && p->wanted && !p->engine->stopping; }

bool gh_partition_turn(struct gh_partition *p)
{
  gh_partition_take_answer(p);
  switch (p->phase) {
  case GH_PROFILES:
  case GH_EVENTS:
  case GH_ENDING: {
    bool more = run(p);
    if (p->phase == GH_DRAINING) drain(p);
    return more;
  }
  case GH_DRAINING: drain(p); return false;
  case GH_BACKING_OFF:
    if (may_load(p) && p->engine->now_ns >= p->retry_ns) gh_partition_load(p);
    return false;
  case GH_HALTED:
    if (p->core && wants_commit(p)) commit(p);
    if (may_load(p) && p->generation != p->engine->generation) gh_partition_load(p);
    return false;
  default: return false;
  }
}
