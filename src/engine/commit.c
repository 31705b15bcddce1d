/* One commit at a time: the filled batch goes to the store's thread, the other one is filled meanwhile. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

/* On the store's thread (or, in memory, inside gh_partition_commit). */
static void note_answer(void *ctx, enum gh_commit_answer answer, const struct gh_store_error *error)
{
  struct gh_partition *p = ctx;
  struct gh_engine *e = p->engine;
  uv_mutex_lock(&e->answer_lock);
  p->answer = answer;
  p->answer_error = error ? *error : (struct gh_store_error){""};
  p->answer_come = true;
  uv_mutex_unlock(&e->answer_lock);
  gh_engine_call(e);
}

void gh_partition_commit(struct gh_partition *p)
{
  GH_CHECK(!p->committing);
  struct gh_batch *b = p->filling;
  gh_batch_seal(b, p->core, p->engine->stored);
  b->proving = p->prove;
  p->prove = false;
  p->committing = b;
  p->filling = b == &p->batches[0] ? &p->batches[1] : &p->batches[0];
  gh_store_commit(p->store, &b->commit, note_answer, p);
}

static void tell_relays(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  for (unsigned i = 0; i < e->nrelays; i++) gh_relay_kick(e->relays[i], p->number);
}

/* Where the store lost commits they have been sent again by now; leads that a sink in the same place lost are handed over again. */
static void look_again(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  for (unsigned i = 0; i < e->nrelays; i++) gh_relay_look_again(e->relays[i], p->number);
}

static void durable(struct gh_partition *p, const struct gh_batch *b)
{
  struct gh_engine *e = p->engine;
  e->commits++;
  p->progress_ns = e->now_ns;
  if (b->commit.nleads > 0) tell_relays(p);
  if (b->proving) look_again(p);
  if (e->kafka && b->position.record) gh_kafka_note_committed(e->kafka, p->number, (int64_t)b->position.offset);
}

static bool ends_here(const struct gh_partition *p) { return p->phase == GH_DRAINING && gh_partition_leaves(p); }

/* Without a shared store there is nobody else, and nothing to go back to: the process stops. */
static void failed(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  p->broken = true;
  if (e->stores && !ends_here(p)) {
    gh_partition_halt(p, p->answer_error.text);
    return;
  }
  if (!e->stores) {
    gh_engine_fail(e, 1, "the commit failed", p->answer_error.text);
    return;
  }
  gh_log(GH_ERR, "the last commit of a partition has no answer; whoever loads it next goes on from what the store holds", "partition=%u why=\"%s\"", p->number,
         p->answer_error.text);
  if (e->stopping && e->status == 0) e->status = 1;
}

static void fenced(struct gh_partition *p)
{
  gh_log(GH_WARN, "another process owns the partition now; its memory is dropped", "partition=%u", p->number);
  if (ends_here(p)) p->broken = true;
  else gh_partition_back_off(p, "another process owned it");
}

static void rewound(struct gh_partition *p)
{
  gh_log(GH_ERR, "the store has lost commits that nobody can send again: the partition is loaded again and its source read again from there",
         "partition=%u why=\"%s\"", p->number, p->answer_error.text);
  if (ends_here(p)) p->broken = true;
  else gh_partition_back_off(p, "the store has lost commits");
}

void gh_partition_take_answer(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  uv_mutex_lock(&e->answer_lock);
  bool come = p->answer_come;
  p->answer_come = false;
  uv_mutex_unlock(&e->answer_lock);
  if (!come) return;
  GH_CHECK(p->committing);
  struct gh_batch *b = p->committing;
  p->committing = NULL;
  bool known = p->phase != GH_BACKING_OFF && p->phase != GH_HALTED; /* else what is in memory is given up already */
  if (p->answer == GH_COMMIT_DURABLE) durable(p, b);
  else if (!known) p->broken = true;
  else if (p->answer == GH_COMMIT_FENCED) fenced(p);
  else if (p->answer == GH_COMMIT_REWOUND) rewound(p);
  else failed(p);
  gh_batch_reset(b);
}
