#include "ops.h"

void gh_store_close(struct gh_store *s)
{
  if (s) s->ops->close(s);
}

bool gh_store_load(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error)
{
  return s->ops->load(s, row, ctx, error);
}

void gh_store_commit(struct gh_store *s, const struct gh_commit *commit, gh_store_done_fn *done, void *ctx)
{
  s->ops->commit(s, commit, done, ctx);
}

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

bool gh_store_sink_only(struct gh_store *s, const char *sink, struct gh_store_error *error)
{
  return s->ops->sink_only(s, sink, error);
}

uint64_t gh_store_outbox_last(struct gh_store *s) { return s->ops->outbox_last(s); }

bool gh_store_dead(struct gh_store *s, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error)
{
  return s->ops->dead(s, after, letter, ctx, error);
}
