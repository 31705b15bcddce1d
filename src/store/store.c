/* Passes calls on to the kind of store that a handle is. */
#include "goldhour/sys/sys.h"
#include "ops.h"

void gh_tell_sink_gone(const char *store, struct gh_str sink, uint64_t lacks)
{
  gh_log(GH_WARN, "a sink is no longer configured: leads that it had not got go to none in its place", "store=\"%s\" sink=\"%.*s\" leads=%llu", store,
         GH_FMT(sink), (unsigned long long)lacks);
}

struct gh_store *gh_store_ref(struct gh_store *s)
{
  atomic_fetch_add(&s->users, 1);
  return s;
}

void gh_store_close(struct gh_store *s)
{
  if (s && atomic_fetch_sub(&s->users, 1) == 1) s->ops->close(s);
}

bool gh_store_load(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error)
{
  return s->ops->load(s, row, ctx, error);
}

bool gh_store_still_ours(struct gh_store *s) { return s->ops->still_ours(s); }

bool gh_store_lost(struct gh_store *s, struct gh_store_error *error) { return s->ops->lost ? s->ops->lost(s, error) : true; }

void gh_store_commit(struct gh_store *s, const struct gh_commit *commit, gh_commit_done_fn *done, void *ctx)
{
  s->ops->commit(s, commit, done, ctx);
}

void gh_store_give_up(struct gh_store *s) { s->ops->give_up(s); }

bool gh_store_trouble(struct gh_store *s, char text[256]) { return s->ops->trouble(s, text); }

bool gh_store_outbox(struct gh_store *s, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  return s->ops->outbox(s, after, lead, ctx, error);
}

bool gh_store_sink_get(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error)
{
  return s->ops->sink_get(s, sink, place, error);
}

bool gh_store_sink_put(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error)
{
  return s->ops->sink_put(s, sink, place, error);
}

bool gh_store_sinks_only(struct gh_store *s, const char *const *sinks, unsigned n, struct gh_store_error *error)
{
  return s->ops->sinks_only(s, sinks, n, error);
}

bool gh_store_sink_bury(struct gh_store *s, const char *sink, const struct gh_sink_place *place, const char *reason, struct gh_store_error *error)
{
  return s->ops->sink_bury(s, sink, place, reason, error);
}

uint64_t gh_store_bare(const struct gh_store *s) { return atomic_load(&s->bare); }
uint64_t gh_store_bare_records(const struct gh_store *s) { return atomic_load(&s->bare_records); }

uint64_t gh_store_outbox_last(struct gh_store *s) { return s->ops->outbox_last(s); }

bool gh_store_dead(struct gh_store *s, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error)
{
  return s->ops->dead(s, after, letter, ctx, error);
}

bool gh_store_dead_drop(struct gh_store *s, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error)
{
  *dropped = 0;
  return s->ops->dead_drop(s, numbers, n, dropped, error);
}

bool gh_store_crashed(struct gh_store *s, uint64_t offset, uint64_t *times, struct gh_store_error *error)
{
  return s->ops->crashed(s, offset, times, error);
}

bool gh_store_crashes(struct gh_store *s, uint64_t position, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error)
{
  return s->ops->crashes(s, position, crash, ctx, error);
}
