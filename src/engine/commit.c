/* One commit at a time: the filled batch goes to the store's thread, the other one is filled meanwhile. */
#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

/* On the store's thread (or, in memory, inside gh_engine_commit). */
static void note_answer(void *ctx, const struct gh_store_error *error)
{
  struct gh_engine *e = ctx;
  uv_mutex_lock(&e->answer_lock);
  e->answer_come = true;
  e->answer_ok = !error;
  if (error) e->answer = *error;
  uv_mutex_unlock(&e->answer_lock);
  uv_async_send(&e->answered);
}

void gh_engine_commit(struct gh_engine *e)
{
  GH_CHECK(!e->committing);
  struct gh_batch *b = e->filling;
  gh_batch_seal(b, e->core, e->stored, e->wall_ms);
  e->committing = b;
  e->filling = b == &e->batches[0] ? &e->batches[1] : &e->batches[0];
  gh_store_commit(e->store, &b->commit, note_answer, e);
}

void gh_engine_take_answer(struct gh_engine *e)
{
  uv_mutex_lock(&e->answer_lock);
  bool come = e->answer_come, ok = e->answer_ok;
  e->answer_come = false;
  uv_mutex_unlock(&e->answer_lock);
  if (!come) return;
  GH_CHECK(e->committing);
  gh_batch_reset(e->committing);
  e->committing = NULL;
  e->commits += ok;
  if (ok) {
    e->relay.again = true;
    return;
  }
  e->broken = true;
  gh_engine_fail(e, 1, "the commit failed", e->answer.text);
}
