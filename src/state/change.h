/* The changes that the state log and the buckets are made of: an operation's byte, then its packed fields. A CUSTOMER operation says whom the following
 * ones concern. Numbers are part of the stored format: they are never used anew for something else. */
#ifndef GH_STATE_CHANGE_H
#define GH_STATE_CHANGE_H

#include "goldhour/state/state.h"

enum gh_change {
  GH_CHANGE_CUSTOMER = 1,  /* key */
  GH_CHANGE_PROFILE = 2,   /* time, count, count × (name, value) */
  GH_CHANGE_FORGET = 3,    /* time, id */
  GH_CHANGE_ID = 4,        /* hash, time, since */
  GH_CHANGE_CELL = 5,      /* time, column, first, value */
  GH_CHANGE_EVICT = 6,     /* keep from: what is older has gone before the oldest event goes */
  GH_CHANGE_MARK = 7,      /* kind, name, aux, time */
  GH_CHANGE_MARK_ADD = 8,  /* kind, name, aux, time, drop before */
  GH_CHANGE_WAIT = 9,      /* rule, key, on hash, begin, due, late, event */
  GH_CHANGE_WAIT_END = 10, /* rule, key */
  GH_CHANGE_PEND = 11,     /* arrival, time, found, late, event */
  GH_CHANGE_PEND_DONE = 12, /* arrival */
};

/* Begins a change of `c` in the state's log; the fields follow in the buffer returned. NULL: nothing is logged. */
struct gh_buf *gh_change(struct gh_state *s, const struct gh_customer *c, enum gh_change change);
void gh_cell_put(struct gh_buf *b, const struct gh_cell *cell);
void gh_mark_put(struct gh_buf *b, struct gh_mark mark);
void gh_wait_put(struct gh_buf *b, const struct gh_wait *w);
void gh_pending_put(struct gh_buf *b, const struct gh_pending *p);

/* For vectors that grow: room for one more of `size` bytes, doubling. */
void *gh_vector_room(struct gh_state *s, void *items, uint32_t count, uint32_t *cap, size_t size);

/* Shared texts: one copy in the partition, counted. */
struct gh_shared *gh_shared_take(struct gh_shared_table *t, struct gh_str text);
void gh_shared_give(struct gh_shared_table *t, struct gh_shared *text);
void gh_shared_free(struct gh_shared_table *t);

/* Merges packed changes into the profile. */
void gh_profile_merge(struct gh_state *s, struct gh_customer *c, int64_t time_ms, struct gh_str changes);
/* Puts an id into the table, making room; nothing is logged. */
void gh_id_insert(struct gh_state *s, struct gh_customer *c, struct gh_seen id);
/* Drops ids older than since_ms. */
void gh_ids_prune(struct gh_state *s, struct gh_customer *c, int64_t since_ms);
void gh_table_free(struct gh_table *t);
/* Gives back the texts of `n` cells. */
void gh_cells_give(struct gh_state *s, const struct gh_cell *cells, uint32_t n);
/* The pending event of an arrival number, or NULL. */
struct gh_pending *gh_pending_find(const struct gh_customer *c, uint64_t arrival);
/* As gh_state_pend, of an event already packed. */
struct gh_pending *gh_pending_add(struct gh_state *s, struct gh_customer *c, const struct gh_pending_begin *p, struct gh_str packed);

#endif
