/* The store: one partition's committed truth. Opaque rows of bytes in, the same rows out; one transaction a commit (see the heads of store/sqlite.c and
 * store/redis.c for the invariants).
 *
 * A store is a table of functions over a handle. Opening, loading, the outbox and the rest block, and may be called from any thread; commits run on the
 * store's own thread, one at a time. A handle is counted: who keeps one while others may close it takes a reference (gh_store_ref).
 *
 * Who may write is settled by loading: it makes the handle the owner, and whoever was the owner before is fenced: its commits are answered so and change nothing.
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
/* key, headers: of a stream's message, so that it can be sent again as it was; headers packed by gh_headers_pack. */
struct gh_commit_dead { struct gh_str input, reason, detail, raw, key, headers; uint64_t offset, record; int64_t at_ms; };

/* Everything of one batch; all borrowed until the commit has answered. */
struct gh_commit {
  uint64_t seq;
  struct gh_str meta, dict, log;        /* dict empty: unchanged; log empty: no row */
  const struct gh_commit_bucket *buckets; unsigned nbuckets;
  const uint64_t *drop; unsigned ndrop;
  uint64_t cut_seq;
  const struct gh_commit_lead *leads; unsigned nleads;
  const struct gh_commit_dead *dead; unsigned ndead;
  struct gh_str position;               /* where the source stands, as text, for people who look into the store; may be empty */
};

struct gh_store_error { char text[512]; }; /* what went wrong and what to do, for people */

/* A list of headers as one text, and back (in `arena`; false: malformed). */
struct gh_header;
void gh_headers_pack(struct gh_buf *out, const struct gh_header *headers, unsigned n);
bool gh_headers_unpack(struct gh_str packed, struct gh_arena *arena, const struct gh_header **headers, unsigned *n);

/* Opens (making it if absent) the SQLite store at `path` and takes its lock: one `run` a store. NULL with `error`. dead_letter_bytes
 * bounds the raw bytes kept of refused records. */
struct gh_store *gh_store_open_sqlite(const char *path, int64_t dead_letter_bytes, struct gh_store_error *error);
/* The same, reading alone, beside a running daemon. */
struct gh_store *gh_store_read_sqlite(const char *path, struct gh_store_error *error);
/* A store in memory: commits are kept as counts alone. */
struct gh_store *gh_store_open_memory(void);
/* One more user of the handle. */
struct gh_store *gh_store_ref(struct gh_store *s);
/* One user less; the last one closes it. NULL is harmless. */
void gh_store_close(struct gh_store *s);

/* Becomes the owner, then calls `row` for META, DICT, every BUCKET, every LOG row in order. False: `error` (also if `row` said false). */
bool gh_store_load(struct gh_store *s, bool (*row)(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes), void *ctx,
    struct gh_store_error *error);
/* Whether what was loaded or committed last through this handle is still what the store holds, and the handle still its owner: then memory may go on by
 * it. A store that cannot be asked says no. */
bool gh_store_still_ours(struct gh_store *s);

/* Says that commits were lost beyond what was loaded (Kafka's offset was committed further): what sinks had may not come again with the same numbers, so their
 * places are set back to what the outbox still holds. True, and nothing to do, where a store cannot lose commits. */
bool gh_store_lost(struct gh_store *s, struct gh_store_error *error);

enum gh_commit_answer {
  GH_COMMIT_DURABLE,
  GH_COMMIT_FENCED,  /* somebody else is the owner: drop the memory; load again if the partition is still ours */
  GH_COMMIT_REWOUND, /* the store has lost commits that nobody can send again: load again, seek to the position that then holds, replay */
  GH_COMMIT_FAILED,  /* for good: the disk is full, a key of another type, … */
};
/* `error` is NULL where DURABLE. */
typedef void gh_commit_done_fn(void *ctx, enum gh_commit_answer answer, const struct gh_store_error *error);
/* Begins a commit on the store's thread; `done` is called on that thread when it has been answered. One at a time. A store over a network keeps trying until it
 * has an answer or gh_store_give_up; meanwhile gh_store_trouble says what is wrong. */
void gh_store_commit(struct gh_store *s, const struct gh_commit *commit, gh_commit_done_fn *done, void *ctx);
/* The commit in flight, if any, is answered FAILED soon: whether it is in the store is not known, and does not matter to whoever loads next. */
void gh_store_give_up(struct gh_store *s);
/* What keeps the store from answering, copied to `text`; false: nothing. */
bool gh_store_trouble(struct gh_store *s, char text[256]);

/* The outbox: leads in commit order, numbered from 1 by the store. Calls `lead` for the next GH_STORE_OUTBOX_PAGE with number > after, or fewer: no more come
 * once they have GH_STORE_OUTBOX_BYTES (a store may read a few hundred at a time). */
#define GH_STORE_OUTBOX_PAGE 4096
#define GH_STORE_OUTBOX_BYTES (8u << 20)
bool gh_store_outbox(struct gh_store *s, uint64_t after, void (*lead)(void *ctx, uint64_t number, struct gh_str id, struct gh_str json), void *ctx,
    struct gh_store_error *error);
/* A sink's committed place: (outbox number, length of its file in bytes, identity of the file: device, inode and time of birth as text). */
struct gh_sink_place { uint64_t number; int64_t bytes; char file[64]; };
/* The place of a sink that was never there begins at 0. Where the store has lost leads that a sink had (REWOUND), the places are set back by the store itself, to
 * what the outbox still holds. */
bool gh_store_sink_get(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error);
bool gh_store_sink_put(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error);
/* From now on `sinks` are the only ones: a new one begins where the furthest of the others stood (at 0 if there are none), and those no longer named are
 * forgotten. */
bool gh_store_sinks_only(struct gh_store *s, const char *const *sinks, unsigned n, struct gh_store_error *error);
/* Moves `sink` forward to `place` past leads that it did not take: those between go to the dead letters (input: the sink's name, reason, record: the lead's number,
 * raw: its JSON) in the same transaction. */
bool gh_store_sink_bury(struct gh_store *s, const char *sink, const struct gh_sink_place *place, const char *reason, struct gh_store_error *error);
/* Of how many of those that went through this handle number and reason alone were kept: the dead letters were at their bound. */
uint64_t gh_store_bare(const struct gh_store *s);
/* Of how many refused records, committed through this handle, place and reason alone were kept, for the same reason. */
uint64_t gh_store_bare_records(const struct gh_store *s);
/* The number of the last committed lead; 0: none. */
uint64_t gh_store_outbox_last(struct gh_store *s);
/* Leads that all sinks have are kept in the outbox for a while, so that a sink can be set back by hand: this many. */
#define GH_STORE_OUTBOX_TAIL 1000

/* The dead letters, oldest first; raw is empty where the bound of dead_letter_bytes was reached. Texts live for the call; `letter` false
 * stops. */
struct gh_dead_letter { uint64_t number; struct gh_str input, reason, detail, raw, key, headers; uint64_t offset, record; int64_t at_ms; };
bool gh_store_dead(struct gh_store *s, uint64_t after, bool (*letter)(void *ctx, const struct gh_dead_letter *letter), void *ctx,
    struct gh_store_error *error);
/* Removes dead letters, and gives their bytes back to the bound; those that are not there are passed over. `dropped`: how many were there. */
bool gh_store_dead_drop(struct gh_store *s, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error);

/* Messages in whose handling a process died by a fault of its own. Adds one to the count of the message at `offset`, and says how often that makes it. */
bool gh_store_crashed(struct gh_store *s, uint64_t offset, uint64_t *times, struct gh_store_error *error);
/* Calls `crash` for each that is counted. Those before `position` are forgotten. */
bool gh_store_crashes(struct gh_store *s, uint64_t position, void (*crash)(void *ctx, uint64_t offset, uint64_t times), void *ctx, struct gh_store_error *error);

#endif
