/* One turn of the loop. */
#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

#define STEPS 1024u            /* due events and timers a call of gh_step */
#define LEADS_BEHIND 100000u   /* in memory: the sink is waited for */

void gh_engine_move(struct gh_engine *e, enum gh_phase to)
{
  static const unsigned allowed[] = {
      [GH_PROFILES] = 1u << GH_EVENTS | 1u << GH_DRAINING,
      [GH_EVENTS] = 1u << GH_ENDING | 1u << GH_DRAINING,
      [GH_ENDING] = 1u << GH_DRAINING,
      [GH_DRAINING] = 1u << GH_DONE,
      [GH_DONE] = 0,
  };
  GH_CHECK(allowed[e->phase] & 1u << to);
  e->phase = to;
  if (to == GH_DRAINING) e->relay.retry_ns = 0; /* a sink that failed gets its last chance at once */
}

void gh_engine_fail(struct gh_engine *e, int status, const char *what, const char *why)
{
  gh_log(GH_ERR, what, "why=\"%s\"", why);
  if (e->status == 0) e->status = status;
  if (e->phase < GH_DRAINING) gh_engine_move(e, GH_DRAINING);
}

void gh_engine_take(struct gh_engine *e, const struct gh_input *in)
{
  gh_take(e->core, in);
  e->due = gh_step(e->core, STEPS, &e->filling->update);
  e->filling->touched = true;
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

/* One mark a batch, at its beginning: it is the clock recorded in its commit. */
static void mark_clock(struct gh_engine *e)
{
  if (!e->live || e->phase >= GH_DRAINING || e->due || gh_batch_begun(e->filling)) return;
  bool at_end = e->at_end_ns && e->now_ns - e->at_end_ns <= (uint64_t)e->set->conf.idle_ms * 1000000;
  bool follow = at_end && e->watch.steady && e->phase == GH_EVENTS;
  gh_engine_take(e, &(struct gh_input){.kind = GH_IN_CLOCK, .wall_ms = e->wall_ms, .follow = follow});
}

/* Reads, takes and steps until the batch is full or there is nothing more. */
static void fill(struct gh_engine *e)
{
  struct gh_batch *b = e->filling;
  e->source_end = false;
  mark_clock(e);
  while (e->phase < GH_DRAINING && !gh_batch_full(b, &e->set->conf)) {
    if (e->due) {
      e->due = gh_step(e->core, STEPS, &b->update);
      b->turns++;
      continue;
    }
    if (e->phase == GH_ENDING) gh_engine_move(e, GH_DRAINING);
    else if (e->reload.loaded || !gh_engine_read(e)) break;
  }
}

/* A batch is committed when it is full, or when there is nothing more to put into it and the last commit began batch_ms ago. */
static bool wants_commit(const struct gh_engine *e)
{
  const struct gh_batch *b = e->filling;
  if (e->committing || e->broken) return false;
  if (e->phase == GH_DRAINING) return gh_batch_dirty(b) || (b->touched && e->stored);
  if (gh_batch_full(b, &e->set->conf) || (gh_batch_dirty(b) && e->reload.loaded)) return true;
  return gh_batch_dirty(b) && e->source_end && e->now_ns >= e->next_commit_ns;
}

/* Live, a trickle of events shares its commits: one every batch_ms. The first after a pause does not wait. */
static void commit(struct gh_engine *e)
{
  e->next_commit_ns = e->live ? e->now_ns + (uint64_t)e->set->conf.batch_ms * 1000000 : 0;
  gh_engine_commit(e);
}

static bool held_up(const struct gh_engine *e)
{
  if (e->committing && gh_batch_full(e->filling, &e->set->conf)) return true;
  return !e->stored && gh_relay_behind(e) > LEADS_BEHIND;
}

/* Everything that can be committed is, and the sink has it or cannot take it. */
static void drain(struct gh_engine *e)
{
  const struct gh_relay *r = &e->relay;
  if (e->committing || r->busy || e->reload.busy || wants_commit(e)) return;
  if (r->error[0]) gh_engine_fail(e, 1, "leads could not be handed over; they wait in the store", r->error);
  else if (r->again) return;
  gh_engine_move(e, GH_DONE);
}

bool gh_engine_turn(struct gh_engine *e)
{
  look_at_clocks(e);
  gh_engine_take_answer(e);
  if (e->stop_noted && e->phase < GH_DRAINING) gh_engine_move(e, GH_DRAINING);
  bool clean = !gh_batch_dirty(e->filling) && !e->due;
  if (e->reload.loaded && clean && e->phase < GH_DRAINING) gh_reload_activate(e);
  bool held = held_up(e);
  if (!held) fill(e);
  if (wants_commit(e)) commit(e);
  else if (gh_batch_dirty(e->filling) && e->source_end && !e->committing) gh_engine_wake_in(e, e->next_commit_ns);
  gh_relay_kick(e);
  if (e->phase == GH_DRAINING) drain(e);
  if (e->phase < GH_DRAINING && !e->source_end && !held_up(e)) gh_engine_wake(e);
  return e->phase != GH_DONE;
}
