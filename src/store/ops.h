/* What a kind of store provides; store.c passes calls on. A store's first member is this struct. */
#ifndef GOLDHOUR_STORE_OPS_H
#define GOLDHOUR_STORE_OPS_H

#include <stdatomic.h>

#include "goldhour/store/store.h"

typedef bool gh_store_row_fn(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes);
typedef void gh_store_lead_fn(void *ctx, uint64_t number, struct gh_str id, struct gh_str json);
typedef bool gh_store_letter_fn(void *ctx, const struct gh_dead_letter *letter);
typedef void gh_store_crash_fn(void *ctx, uint64_t offset, uint64_t times);

struct gh_store_ops {
  void (*close)(struct gh_store *s);
  bool (*load)(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error);
  bool (*still_ours)(struct gh_store *s);
  bool (*lost)(struct gh_store *s, struct gh_store_error *error);
  void (*commit)(struct gh_store *s, const struct gh_commit *commit, gh_commit_done_fn *done, void *ctx);
  void (*give_up)(struct gh_store *s);
  bool (*trouble)(struct gh_store *s, char text[256]);
  bool (*outbox)(struct gh_store *s, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error);
  bool (*sink_get)(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error);
  bool (*sink_put)(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error);
  bool (*sinks_only)(struct gh_store *s, const char *const *sinks, unsigned n, struct gh_store_error *error);
  bool (*sink_bury)(struct gh_store *s, const char *sink, const struct gh_sink_place *place, const char *reason, struct gh_store_error *error);
  uint64_t (*outbox_last)(struct gh_store *s);
  bool (*dead)(struct gh_store *s, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error);
  bool (*dead_drop)(struct gh_store *s, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error);
  bool (*crashed)(struct gh_store *s, uint64_t offset, uint64_t *times, struct gh_store_error *error);
  bool (*crashes)(struct gh_store *s, uint64_t position, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error);
};

struct gh_store {
  const struct gh_store_ops *ops;
  atomic_uint users; /* begins at 1 */
  atomic_ullong bare, bare_records; /* gh_store_bare, gh_store_bare_records */
};

static inline void gh_store_begin(struct gh_store *s, const struct gh_store_ops *ops)
{
  s->ops = ops;
  atomic_init(&s->users, 1);
  atomic_init(&s->bare, 0);
  atomic_init(&s->bare_records, 0);
}

/* One more user, unless it is being closed. */
static inline bool gh_store_try_ref(struct gh_store *s)
{
  unsigned users = atomic_load(&s->users);
  while (users > 0 && !atomic_compare_exchange_weak(&s->users, &users, users + 1)) {}
  return users > 0;
}

/* Says that a sink is no longer configured, and how many leads it lacks that no new one gets in its place. */
void gh_tell_sink_gone(const char *store, struct gh_str sink, uint64_t lacks);

/* What a dead letter takes of the bound. */
static inline int64_t gh_dead_size(const struct gh_commit_dead *d)
{
  return (int64_t)(d->raw.len + d->detail.len + d->key.len + d->headers.len);
}

#endif
