/* The Redis store's own parts.
 *
 * stores.c        opening, the partitions' records, the installation's identity      redis_store.c   a handle: making, asking, closing
 * stores_check.c  what would lose data                                               redis_owner.c   becoming the owner; redis_load.c: reading
 * stores_run.c    the function in config/redis/goldhour.lua: FCALL, EVALSHA, EVAL    redis_encode.c  a commit as arguments
 * stores_rules.c  the active rule set                                                redis_commit.c  sending, answers, sending lost ones again
 * stores_watch.c  what came back from a lost connection is looked at                 redis_outbox.c, redis_dead.c
 * ring.c          the last commits' bytes
 */
#ifndef GOLDHOUR_STORE_REDIS_STORE_H
#define GOLDHOUR_STORE_REDIS_STORE_H

#include <pthread.h>

#include "goldhour/store/stores.h"
#include "ops.h"

enum { GH_KEY_META, GH_KEY_LOG, GH_KEY_BUCKET, GH_KEY_OUTBOX, GH_KEY_DEAD, GH_KEYS, GH_KEY_CRASH = GH_KEYS, GH_ALL_KEYS };
enum { GH_TOKEN = 33, GH_MARK = 17 }; /* 128 and 64 bits in hexadecimal, ended by NUL */
enum { GH_SINKS = 64, GH_REPLACED = 16 };

/* ── ring.c: the bytes of the last commits, of all partitions together bounded ── */

/* A commit as it was sent. `mark` stands for the whole history up to it: the hash of the mark before and of its own bytes. */
struct gh_sent {
  struct gh_sent *next, *previous, *newer, *older; /* of the partition; of all, by age */
  struct gh_partition_record *of;
  uint64_t seq;
  char before[GH_MARK], mark[GH_MARK];
  size_t bytes;                         /* all that is allocated */
  unsigned argc;
  struct gh_str argv[];                 /* behind owner, seq, mark and before; their texts follow */
};

/* What this process knows of a partition's history; lives as long as the stores. Under the stores' lock. */
struct gh_partition_record {
  unsigned number;
  bool known;                           /* the next two are */
  uint64_t seq; char mark[GH_MARK];     /* of the last commit known to have been durable */
  bool lost;                            /* a handle has answered REWOUND */
  char replaced[GH_REPLACED][GH_TOKEN]; unsigned nreplaced; /* the last owners that this process took it from: none of them can be a new one */
  struct gh_sent *first, *last;         /* the end of the history: each one's mark is the next one's `before` */
};

struct gh_ring { struct gh_sent *oldest, *newest; size_t bytes, most; };

/* Takes `sent`; the oldest go. */
void gh_ring_add(struct gh_ring *ring, struct gh_partition_record *of, struct gh_sent *sent);
void gh_ring_clear(struct gh_ring *ring, struct gh_partition_record *of);
/* Takes all of a partition's out of the ring; linked by `next`. */
struct gh_sent *gh_ring_detach(struct gh_ring *ring, struct gh_partition_record *of);
/* The commit after (seq, mark), NULL if it is not there. */
struct gh_sent *gh_ring_after(const struct gh_partition_record *of, uint64_t seq, const char *mark);

/* ── stores.c, stores_run.c ── */

enum gh_run_mode { GH_RUN_FCALL, GH_RUN_EVALSHA, GH_RUN_EVAL };

struct gh_stores {
  struct gh_redis *redis;
  char *name;                           /* of the keys; owned */
  _Atomic uint64_t patient_until_ns;    /* so long what is asked waits for a server that is still away, however short the time-out: a start is not broken off */
  int64_t keep_ms, dead_most, timeout_ms;
  struct gh_buf library, script;        /* the Lua text in its two forms */
  char sha[48];
  _Atomic int mode;
  pthread_mutex_t lock;
  struct gh_partition_record **records; unsigned nrecords; /* owned; under lock, as is what they hold */
  struct gh_ring ring;
  struct gh_stores_identity identity;   /* as found; id empty: not yet */
  struct { uint64_t number; char version[17]; struct gh_buf bundle; } rules; /* the newest seen */
  /* watching; watch_lock is taken before a handle's and the stores' lock */
  pthread_t watch;
  pthread_mutex_t watch_lock;
  pthread_cond_t watch_wake;
  bool watching, closing;               /* closing: under watch_lock, as is the list */
  struct gh_redis_partition *handles;   /* all that may own; linked by next */
};

void gh_watch_begin(struct gh_stores *s);
void gh_watch_end(struct gh_stores *s);
void gh_watch_add(struct gh_stores *s, struct gh_redis_partition *p);
void gh_watch_remove(struct gh_stores *s, struct gh_redis_partition *p);

/* A call of the function: KEYS and arguments. */
struct gh_run { const struct gh_str *keys; unsigned nkeys; const struct gh_str *args; unsigned nargs; };

bool gh_stores_fail(struct gh_store_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gh_random_hex(char *out, unsigned bytes); /* 2 * bytes digits and NUL */
/* Loads the functions, or finds out what else may be used. */
bool gh_stores_install(struct gh_stores *s, int64_t within_ms, struct gh_store_error *error);
/* The words of a call, in `arena`; argc words. */
const struct gh_str *gh_run_words(struct gh_stores *s, const struct gh_run *run, struct gh_arena *arena, unsigned *argc);
/* Whether an error says that the function is not there (any more), and the words that load it, to be sent to the same key. */
bool gh_run_missing(struct gh_stores *s, struct gh_str why);
const struct gh_str *gh_run_load_words(struct gh_stores *s, struct gh_str words[4], unsigned *argc);
/* Runs and waits. False with `error`, the bare reason: no answer, an error. Else `reply` is a list whose first item is a word. */
bool gh_stores_run(struct gh_stores *s, const struct gh_run *run, struct gh_arena *arena, struct gh_reply *reply, struct gh_store_error *error);
/* Sends a plain command that changes nothing when repeated, its second word being its key, and waits. `error` as above. */
struct gh_ask { const struct gh_str *argv; unsigned argc; int64_t within_ms; /* 0: the time-out, and at a start its patience */ };
bool gh_stores_ask(struct gh_stores *s, const struct gh_ask *ask, struct gh_arena *arena, struct gh_reply *reply, struct gh_store_error *error);
bool gh_stores_check(struct gh_stores *s, struct gh_buf *warnings, struct gh_store_error *error);
struct gh_partition_record *gh_stores_record(struct gh_stores *s, unsigned partition);
/* Refuses another installation's keys; puts ours back where Redis has lost it. */
bool gh_stores_same(struct gh_stores *s, int64_t within_ms, struct gh_store_error *error);

static inline struct gh_str gh_item(const struct gh_reply *r, unsigned i) { return r->kind == GH_REPLY_LIST && i < r->n ? r->items[i].text : (struct gh_str){NULL, 0}; }
uint64_t gh_text_u64(struct gh_str s); /* decimal digits; 0 if there are none */

/* ── a partition's handle ── */

struct gh_redis_partition {
  struct gh_store store;
  struct gh_redis_partition *next, *asked; /* of the stores' handles; of those that the watch asks now */
  struct gh_stores *all;
  struct gh_partition_record *record;
  bool owned;
  char *key_text; struct gh_str keys[GH_ALL_KEYS]; /* owned */
  char label[96];                       /* for errors: store gh:{NAME:p7} */
  _Atomic uint64_t last_lead;
  pthread_mutex_t lock;
  /* under lock */
  char owner[GH_TOKEN];                 /* empty: nothing was loaded */
  bool whole;                           /* it was loaded as that owner: the next two are what it owns, not what the owner before did */
  uint64_t seq; char mark[GH_MARK];     /* what the store holds, as far as we know */
  struct gh_sent *sending;              /* the commit in flight; NULL: none */
  uint64_t held_seq; char held[GH_MARK]; /* behind which it, or a lost one before it, is being sent */
  uint64_t turn;                        /* answers to an earlier turn count no more */
  bool probing;                         /* none is in flight, and the last one is asked for again */
  bool fenced_probe;                    /* that was answered FENCED */
  unsigned probes_left;                 /* under the stores' watch_lock: how often it is tried again then */
  bool applied_early;                   /* the second step was answered before the first */
  bool retaking;                        /* the ownership that Redis has lost is asked for again */
  bool loading; unsigned loads;         /* the functions are being loaded again */
  gh_commit_done_fn *done; void *done_ctx;
  struct { uint64_t sink; char epoch[GH_MARK], owner[GH_TOKEN]; } read[GH_SINKS]; unsigned nread; /* in which epoch, and as which owner, the place of a sink (the
                                           hash of its name) was read last */
  struct gh_arena words;                /* of the command being formed */
};

/* A commit as it will be sent, behind the history `before`. */
struct gh_sent *gh_sent_new(const struct gh_commit *c, const char *before, int64_t dead_most);
/* The call that commits `sent`: owner must outlive the words. */
struct gh_run gh_sent_run(const struct gh_redis_partition *p, const struct gh_sent *sent, const char *owner, struct gh_arena *arena);
/* A row of state: its hash, then its bytes. */
enum { GH_ROW_HASH = 8 };
bool gh_row_open(struct gh_str row, uint64_t seed, struct gh_str *bytes);

/* A load under way, and what becoming the owner said of the partition. */
struct gh_acquired { uint64_t seq, lead, log_first, rows; char mark[GH_MARK]; struct gh_str meta, dict; };
struct gh_loader { struct gh_redis_partition *p; gh_store_row_fn *row; void *ctx; struct gh_arena arena; struct gh_store_error *error; bool damaged; };
/* Owner, and what is stored is what this process knows to have been stored, if that can be had. */
bool gh_become_owner(struct gh_loader *l, struct gh_acquired *a);
/* The words of becoming the owner; from: "" anybody, "=TOKEN" of that one alone. */
struct gh_acquire { const char *owner, *from; bool lost; };
struct gh_run gh_acquire_run(const struct gh_redis_partition *p, const struct gh_acquire *a, struct gh_arena *arena);
/* Notes whom it was taken from. */
void gh_note_replaced(struct gh_redis_partition *p, struct gh_str owner);
bool gh_was_replaced(struct gh_redis_partition *p, struct gh_str owner);

bool gh_redis_load(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error);
bool gh_redis_still_ours(struct gh_store *s);
bool gh_redis_lost(struct gh_store *s, struct gh_store_error *error);
void gh_redis_commit(struct gh_store *s, const struct gh_commit *commit, gh_commit_done_fn *done, void *ctx);
void gh_redis_give_up(struct gh_store *s);
/* Asks for the last commit again, if none is in flight: what Redis has lost before it is sent again. The caller is a user of the handle. */
void gh_redis_probe(struct gh_redis_partition *p);
bool gh_redis_probe_was_fenced(struct gh_redis_partition *p);
bool gh_redis_outbox(struct gh_store *s, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error);
bool gh_redis_sink_get(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error);
bool gh_redis_sink_put(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error);
bool gh_redis_sinks_only(struct gh_store *s, const char *const *sinks, unsigned n, struct gh_store_error *error);
bool gh_redis_sink_bury(struct gh_store *s, const char *sink, const struct gh_sink_place *place, const char *reason, struct gh_store_error *error);
bool gh_redis_dead(struct gh_store *s, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error);
bool gh_redis_dead_drop(struct gh_store *s, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error);
bool gh_redis_crashed(struct gh_store *s, uint64_t offset, uint64_t *times, struct gh_store_error *error);
bool gh_redis_crashes(struct gh_store *s, uint64_t position, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error);

/* Runs about a partition: `args` with the function's name first and the owner second, where it takes one. FENCED, DAMAGED and the like become errors. */
bool gh_partition_run(struct gh_redis_partition *p, const struct gh_ask *args, struct gh_arena *arena, struct gh_reply *reply, struct gh_store_error *error);
bool gh_partition_ask(struct gh_redis_partition *p, const struct gh_ask *ask, struct gh_arena *arena, struct gh_reply *reply, struct gh_store_error *error);
void gh_partition_owner(struct gh_redis_partition *p, char owner[GH_TOKEN]);

#endif
