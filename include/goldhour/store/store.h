/* The store: one partition's committed truth. Opaque rows of bytes in, the same rows out; one transaction a commit (see store/sqlite.c's
 * head for the invariants).
 *
 * A store is a table of functions over a handle. Opening and loading block; commits run on the store's own thread, one at a time.
 */
#ifndef GOLDHOUR_STORE_STORE_H
#define GOLDHOUR_STORE_STORE_H

#include "goldhour/base/arena.h"
#include "goldhour/base/buf.h"

#define GH_STORE_FORMAT 1 /* the version of what is written; a store of another version is refused */

struct gh_store;

enum gh_store_row { GH_STORE_META, GH_STORE_DICT, GH_STORE_BUCKET, GH_STORE_LOG };

struct gh_commit_lead { struct gh_str id, json; };
struct gh_commit_bucket { uint64_t key; struct gh_str bytes; };
struct gh_commit_dead { struct gh_str input, reason, detail, raw; uint64_t offset, record; int64_t at_ms; };

/* Everything of one batch; all borrowed until the commit has answered. */
struct gh_commit {
  uint64_t seq;
  struct gh_str meta, dict, log;        /* dict empty: unchanged; log empty: no row */
  const struct gh_commit_bucket *buckets; unsigned nbuckets;
  const uint64_t *drop; unsigned ndrop;
  uint64_t cut_seq;
  const struct gh_commit_lead *leads; unsigned nleads;
  const struct gh_commit_dead *dead; unsigned ndead;
};

struct gh_store_error { char text[512]; }; /* what went wrong and what to do, for people */

/* Opens (making it if absent) the SQLite store at `path` and takes its lock: one `run` a store. NULL with `error`. dead_letter_bytes
 * bounds the raw bytes kept of refused records. */
struct gh_store *gh_store_open_sqlite(const char *path, int64_t dead_letter_bytes, struct gh_store_error *error);
/* The same, reading alone, beside a running daemon. */
struct gh_store *gh_store_read_sqlite(const char *path, struct gh_store_error *error);
/* A store in memory: commits are kept as counts alone. */
struct gh_store *gh_store_open_memory(void);
void gh_store_close(struct gh_store *s);

/* Calls `row` for META, DICT, every BUCKET, every LOG row in order. False: `error` (also if `row` said false). */
bool gh_store_load(struct gh_store *s, bool (*row)(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes), void *ctx,
    struct gh_store_error *error);
/* Begins a commit on the store's thread; `done` is called on that thread when it is durable (error NULL) or has failed for good. One at
 * a time. */
void gh_store_commit(struct gh_store *s, const struct gh_commit *commit, void (*done)(void *ctx, const struct gh_store_error *error),
    void *ctx);

/* The outbox: leads in commit order, numbered from 1 by the store. Calls `lead` for the next GH_STORE_OUTBOX_PAGE with number > after,
 * or fewer. */
#define GH_STORE_OUTBOX_PAGE 4096
bool gh_store_outbox(struct gh_store *s, uint64_t after, void (*lead)(void *ctx, uint64_t number, struct gh_str json), void *ctx,
    struct gh_store_error *error);
/* A sink's committed place: (outbox number, length of its file in bytes, identity of the file: inode and device as text). */
struct gh_sink_place { uint64_t number; int64_t bytes; char file[64]; };
bool gh_store_sink_get(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error);
bool gh_store_sink_put(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error);
/* From now on `sink` is the only one: a new one begins where the furthest of the others stood, and those are forgotten. */
bool gh_store_sink_only(struct gh_store *s, const char *sink, struct gh_store_error *error);
/* The number of the last committed lead; 0: none. */
uint64_t gh_store_outbox_last(struct gh_store *s);
/* Leads that all sinks have are kept in the outbox for a while, so that a sink can be set back by hand: this many. */
#define GH_STORE_OUTBOX_TAIL 1000

/* The dead letters, oldest first; raw is empty where the bound of dead_letter_bytes was reached. Texts live for the call; `letter` false
 * stops. */
struct gh_dead_letter { uint64_t number; struct gh_str input, reason, detail, raw; uint64_t offset, record; int64_t at_ms; };
bool gh_store_dead(struct gh_store *s, uint64_t after, bool (*letter)(void *ctx, const struct gh_dead_letter *letter), void *ctx,
    struct gh_store_error *error);

#endif
