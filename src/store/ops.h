/* What a kind of store provides; store.c passes calls on. A store's first member is this table. */
#ifndef GOLDHOUR_STORE_OPS_H
#define GOLDHOUR_STORE_OPS_H

#include "goldhour/store/store.h"

typedef bool gh_store_row_fn(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes);
typedef void gh_store_done_fn(void *ctx, const struct gh_store_error *error);
typedef void gh_store_lead_fn(void *ctx, uint64_t number, struct gh_str json);
typedef bool gh_store_letter_fn(void *ctx, const struct gh_dead_letter *letter);

struct gh_store_ops {
  void (*close)(struct gh_store *s);
  bool (*load)(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error);
  void (*commit)(struct gh_store *s, const struct gh_commit *commit, gh_store_done_fn *done, void *ctx);
  bool (*outbox)(struct gh_store *s, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error);
  bool (*sink_get)(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error);
  bool (*sink_put)(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error);
  bool (*sink_only)(struct gh_store *s, const char *sink, struct gh_store_error *error);
  uint64_t (*outbox_last)(struct gh_store *s);
  bool (*dead)(struct gh_store *s, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error);
};

struct gh_store { const struct gh_store_ops *ops; };

#endif
