/* The state of one partition: customers, and for each the profile, the cells its windows count, the ids it remembers, its waits, its marks
 * and the events that wait for their turn. A flat table of slots over a slab of records: one look-up an event.
 *
 * Every lasting change goes through one of the gh_state_… verbs below: it changes memory and appends the change to state->log (if not NULL), and
 * gh_state_replay reads such changes back. A snapshot of a customer is nothing else than the changes that make it anew. So there is one
 * format, one writer and one reader (change.c).
 *
 * Fields, rules, columns are stored by name: a name is numbered once (names.c) and the numbers stand in the changes.
 */
#ifndef GOLDHOUR_STATE_STATE_H
#define GOLDHOUR_STATE_STATE_H

#include "goldhour/base/buf.h"
#include "goldhour/model/schema.h"
#include "goldhour/state/heap.h"
#include "goldhour/state/names.h"
#include "goldhour/state/pool.h"

/* A value that a window counts: of one column, at one time. Sorted by (time, order of stepping). */
struct gh_cell {
  int64_t time_ms;
  uint32_t column;       /* its name's number */
  uint8_t kind, scale;   /* of the value; GH_ABSENT: the column counts only */
  bool first;            /* the first cell of its event: the others follow it */
  uint8_t unused;
  union {
    int64_t i;           /* INT, DECIMAL, DATE, BOOL, TIMESTAMP (milliseconds), DURATION (milliseconds) */
    uint64_t u;
    double d;
    struct gh_shared *text; /* STRING, BYTES: one copy in the partition */
  };
};
_Static_assert(sizeof(struct gh_cell) == 24, "cells are the bulk of a busy customer");

struct gh_shared { uint32_t refs, len; uint64_t hash; char text[]; };

/* An id accepted: hash 0 is a free place. */
struct gh_seen { uint64_t hash; int64_t time_ms; };

/* Small facts of a customer, by (kind, name, aux). */
enum gh_mark_kind {
  GH_MARK_LEAD,    /* rule gave a lead triggered at time (several) */
  GH_MARK_BECOMES, /* a rule's condition; time: twice the edition of the condition, and 1 if it was true */
  GH_MARK_CANCEL,  /* the newest event that cancels this rule's wait */
  GH_MARK_STEP,    /* the newest listed step of a flow's instance, aux: hash of the instance */
  GH_MARK_EVICTED, /* a cell of this column that had to go (the last 64); aux 1: all up to time may have gone */
};
struct gh_mark { int64_t time_ms; uint64_t aux; uint32_t name; uint8_t kind; };

struct gh_customer;

/* A wait: a rule that will trigger at due_ms unless something ends it before. Its event is kept packed (see event.h). */
struct gh_wait {
  struct gh_heap_node node;   /* in the timers */
  struct gh_customer *customer;
  int64_t begin_ms, due_ms;
  uint64_t on_hash;
  uint32_t rule;              /* its name's number */
  unsigned position;          /* of the rule in the active table */
  struct gh_str key;          /* instance (STOPPED) or event id (DATE); empty (UNLESS) */
  struct gh_str event;        /* the packed event */
  bool late;
  char bytes[];               /* key and event */
};

/* An event taken but not yet stepped. */
struct gh_pending {
  struct gh_heap_node node;   /* in the waiting events */
  struct gh_customer *customer;
  int64_t time_ms, found_ms;
  uint64_t arrival;           /* numbers events in order of arrival */
  bool late, logged;          /* logged: in the store already */
  struct gh_str id;           /* within bytes */
  struct gh_buf bytes;        /* the packed event */
  struct gh_pending *next, *previous; /* of the customer; of the free list */
  struct gh_pending *fresh_next, *fresh_previous; /* of those not logged yet, in order of arrival */
};

struct gh_customer {
  uint64_t hash;
  struct gh_str key;
  char short_key[24];
  int64_t profile_ms;         /* of the last change applied; GH_ALWAYS: none but the bulk */
  char *profile; uint32_t profile_len; /* packed: (name, value)… */
  uint32_t ncells, cells_cap, nevents; /* nevents: cells that are `first` */
  uint32_t nids, ids_cap, nwaits, waits_cap, nmarks, marks_cap;
  struct gh_cell *cells;
  struct gh_seen *ids;
  struct gh_wait **waits;
  struct gh_mark *marks;
  struct gh_pending *pending;
};

struct gh_table {
  uint64_t *slots;            /* (index + 1) << 32 | tag; 0 free; placed by the high bits of the hash */
  unsigned cap_bits;
  uint32_t count, used;       /* customers; records of the slab ever used */
  struct gh_customer **chunks; uint32_t nchunks;
  uint32_t *free; uint32_t nfree, free_cap;
  struct gh_arena keys;
};

struct gh_shared_table { struct gh_shared **slots; uint32_t cap, count; uint64_t bytes; };

struct gh_state {
  struct gh_names names;
  struct gh_table table;
  struct gh_shared_table texts;
  struct gh_pool pool;        /* of customers' vectors and waits */
  struct gh_heap timers;      /* of gh_wait */
  struct gh_heap waiting;     /* of gh_pending */
  struct gh_pending *free_pending, *fresh_first, *fresh_last;
  struct gh_buf *log;         /* where changes go; NULL: nowhere (loading) */
  const struct gh_customer *logged; /* whom the log speaks of */
  struct gh_arena scratch;    /* of one verb */
  struct gh_buf packed, merged; /* used again by profiles */
  uint64_t memory_bytes;      /* an estimate of what customers hold, without their texts and long keys */
};

void gh_state_init(struct gh_state *s);
void gh_state_free(struct gh_state *s);
/* An estimate of all that the state holds; what `state_bytes` bounds. */
static inline uint64_t gh_state_bytes(const struct gh_state *s) { return s->memory_bytes + s->texts.bytes + s->table.keys.used_bytes; }

/* table.c. The customer of that key, or NULL; and one that is made if absent. Pointers stay valid until the customer is removed. */
struct gh_customer *gh_customer_find(const struct gh_state *s, struct gh_str key);
struct gh_customer *gh_customer_make(struct gh_state *s, struct gh_str key);
/* Room for so many, before they are loaded: they come in the order of the hash, and would crowd the first slots of a table that is too small. */
void gh_state_reserve(struct gh_state *s, uint64_t customers);
/* The stages of fetching a customer ahead: its slot; its record, by the slot's tag (NULL if there is none); its vectors. */
void gh_prefetch_slot(const struct gh_state *s, uint64_t hash);
const struct gh_customer *gh_prefetch_record(const struct gh_state *s, uint64_t hash);
void gh_prefetch_vectors(const struct gh_customer *c);
bool gh_customer_empty(const struct gh_customer *c);
void gh_customer_remove(struct gh_state *s, struct gh_customer *c); /* it must be empty */
/* Calls `each` for the customers with first <= hash <= last; in no order. */
void gh_customers_in(struct gh_state *s, uint64_t first, uint64_t last, void (*each)(void *ctx, struct gh_customer *c), void *ctx);

/* Marks where following changes of `log` begin; whom they concern is written on the first change. */
void gh_state_log_to(struct gh_state *s, struct gh_buf *log);

/* profile.c. Profiles: slots of `customer` (a type of names.c's binding) merged in: absent slots stay, GH_NULL removes. */
void gh_state_profile(struct gh_state *s, struct gh_customer *c, int64_t time_ms, const struct gh_event_type *type, const struct gh_value *changes);
/* Fills `slots` (type->nfields) from the packed profile; texts borrow from the customer until it changes, lists from `arena`. */
void gh_profile_slots(const struct gh_state *s, const struct gh_customer *c, const struct gh_event_type *type, struct gh_value *slots, struct gh_arena *arena);
/* Erases the customer's profile, windows, waits and marks, and the ids of events up to this one; newer ids, those of events that wait for their turn, and this id stay. */
void gh_state_forget(struct gh_state *s, struct gh_customer *c, int64_t time_ms, struct gh_str id);

/* ids.c. Whether the id was accepted at or after `since_ms`. */
bool gh_id_known(const struct gh_customer *c, uint64_t hash, int64_t since_ms);
uint64_t gh_id_hash(struct gh_str id);
/* Remembers it. Ids older than since_ms may be dropped. False: `limit` newer ones are remembered already; nothing is changed. */
bool gh_state_id(struct gh_state *s, struct gh_customer *c, struct gh_seen id, int64_t since_ms, uint32_t limit);

/* cells.c. Adds a cell behind those of its time (the value is copied); cells older than keep_ms may be dropped. */
struct gh_cell_begin { int64_t time_ms; uint32_t column; bool first; struct gh_value value; };
void gh_state_cell(struct gh_state *s, struct gh_customer *c, const struct gh_cell_begin *b, int64_t keep_ms);
/* Drops the cells older than keep_ms, now. */
void gh_cells_prune(struct gh_state *s, struct gh_customer *c, int64_t keep_ms);
/* Drops the cells older than keep_ms, then the oldest event goes; its columns are marked. */
void gh_state_evict(struct gh_state *s, struct gh_customer *c, int64_t keep_ms);
struct gh_value gh_cell_value(const struct gh_cell *cell);
/* Index of the first cell with time > t_ms. */
uint32_t gh_cells_after(const struct gh_customer *c, int64_t t_ms);

/* marks.c */
const struct gh_mark *gh_mark_find(const struct gh_customer *c, enum gh_mark_kind kind, uint32_t name, uint64_t aux);
/* Sets the one mark of (kind, name, aux) to the time. */
void gh_state_mark(struct gh_state *s, struct gh_customer *c, struct gh_mark mark);
/* Adds one more of (kind, name, aux); those of it with time < drop_before_ms go. */
void gh_state_mark_add(struct gh_state *s, struct gh_customer *c, struct gh_mark mark, int64_t drop_before_ms);
/* Drops CANCEL and STEP marks older than since_ms (they matter to late events alone). */
void gh_marks_prune(struct gh_customer *c, int64_t since_ms);

/* waits.c */
struct gh_wait *gh_wait_find(const struct gh_customer *c, uint32_t rule, struct gh_str key);
struct gh_wait_begin { int64_t begin_ms, due_ms; uint64_t on_hash; uint32_t rule; unsigned position; struct gh_str key, event; bool late; };
struct gh_wait *gh_state_wait(struct gh_state *s, struct gh_customer *c, const struct gh_wait_begin *w); /* all copied */
void gh_state_wait_end(struct gh_state *s, struct gh_wait *w);
struct gh_wait *gh_state_next_timer(const struct gh_state *s); /* NULL: none */

/* pending.c */
struct gh_pending_begin { int64_t time_ms, found_ms; uint64_t arrival; bool late; const struct gh_event *event; };
/* Takes a copy of the event; it is written to the log only by gh_state_log_pending. */
struct gh_pending *gh_state_pend(struct gh_state *s, struct gh_customer *c, const struct gh_pending_begin *p);
/* The event has been stepped. */
void gh_state_pend_done(struct gh_state *s, struct gh_pending *p);
struct gh_pending *gh_state_next_event(const struct gh_state *s);
/* Writes the events that came in since the last call and still wait. */
void gh_state_log_pending(struct gh_state *s);

/* event.c. Packing of an event by names. Unpacking fills slots of the type's binding: false if its type is not known now. */
void gh_event_pack(struct gh_state *s, struct gh_buf *out, const struct gh_event *e);
bool gh_event_unpack(const struct gh_state *s, struct gh_str bytes, struct gh_event *out, struct gh_value *slots, struct gh_arena *arena);
struct gh_str gh_event_packed_id(struct gh_str bytes);

/* change.c. Applies logged changes; `wanted` says for each customer whether its changes are to be applied (NULL: all). False: malformed. */
bool gh_state_replay(struct gh_state *s, struct gh_str bytes, bool (*wanted)(void *ctx, uint64_t hash), void *ctx);
/* Drops what can matter no more: ids and marks for late events older than since_ms, cells older than keep_ms. */
void gh_customer_prune(struct gh_state *s, struct gh_customer *c, int64_t since_ms, int64_t keep_ms);
/* Appends the changes that make the customer anew. */
void gh_customer_snapshot(const struct gh_customer *c, struct gh_buf *out);

#endif
