/* The SQLite store's own parts: sqlite.c (opening, the lock, the thread), sqlite_commit.c (the transaction), sqlite_read.c (loading),
 * sqlite_sinks.c (outbox and places), sqlite_dead.c (dead letters, crashes), sqlite_error.c (what to say). */
#ifndef GOLDHOUR_STORE_SQLITE_H
#define GOLDHOUR_STORE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>

#include "ops.h"

#define SQLITE_STORE_APPLICATION 0x476f6c64 /* "Gold" */

enum statement {
  SQL_BEGIN, SQL_COMMIT,
  SQL_META, SQL_DICT, SQL_BUCKET, SQL_DROP, SQL_LOG, SQL_CUT, SQL_LEAD,
  SQL_OUTBOX, SQL_SINK_GET, SQL_SINK_PUT, SQL_SINK_NAMES, SQL_SINK_FORGET, SQL_SINK_FURTHEST, SQL_PRUNE,
  SQL_DEAD, SQL_DEAD_SUM, SQL_DEAD_SUM_PUT, SQL_DEAD_SIZE, SQL_DEAD_DROP,
  SQL_CRASHED, SQL_CRASH_TIMES, SQL_CRASH_FORGET, SQL_CRASHES,
  SQL_STATEMENTS
};

struct sqlite_store {
  struct gh_store store;
  char *path;                    /* owned */
  int lock_fd;                   /* -1: a reader */
  sqlite3 *db;                   /* under `use` */
  sqlite3_stmt *statements[SQL_STATEMENTS];
  pthread_mutex_t use;           /* whoever uses db: the commit thread, the relay, the loop while it loads */
  _Atomic uint64_t last_lead;    /* as committed; written under `use`, read by anybody at once */
  uint64_t seq;                  /* as committed; under `use` */
  int64_t dead_bytes_most;       /* the bound of the bytes kept of dead letters */
  uint64_t bare;                 /* letters written beyond it; under `use` */
  /* the commit thread and its one job */
  pthread_t thread;
  pthread_mutex_t job_lock;
  pthread_cond_t job_changed;
  const struct gh_commit *job;   /* under job_lock; NULL: idle */
  gh_commit_done_fn *done;
  void *done_ctx;
  bool threaded, closing;        /* closing: under job_lock */
};

/* Says what went wrong with the last call on s->db while `doing`, and what to do. Always false. */
bool gh_sqlite_fail(struct sqlite_store *s, int rc, const char *doing, struct gh_store_error *error);
bool gh_sqlite_error(struct gh_store_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prepares (once) and gives a statement ready to be bound; NULL with error. */
sqlite3_stmt *gh_sqlite_statement(struct sqlite_store *s, enum statement which, struct gh_store_error *error);
/* Runs a statement that gives no rows. */
bool gh_sqlite_run(struct sqlite_store *s, sqlite3_stmt *st, const char *doing, struct gh_store_error *error);
bool gh_sqlite_begin(struct sqlite_store *s, struct gh_store_error *error);
/* COMMIT if `ok`, else, or if that fails, ROLLBACK. */
bool gh_sqlite_end(struct sqlite_store *s, bool ok, struct gh_store_error *error);
void gh_sqlite_bind_text(sqlite3_stmt *st, int at, struct gh_str s);
void gh_sqlite_bind_blob(sqlite3_stmt *st, int at, struct gh_str s);

/* The transaction of one batch. */
bool gh_sqlite_write(struct sqlite_store *s, const struct gh_commit *c, struct gh_store_error *error);

/* Opens s->db with SQLite's flags; adds what a file of an older shape lacks. */
bool gh_sqlite_open(struct sqlite_store *s, int flags, struct gh_store_error *error);
bool gh_sqlite_complete(struct sqlite_store *s, struct gh_store_error *error);
void gh_sqlite_shut(struct sqlite_store *s);
/* Asks for one number. */
bool gh_sqlite_ask(struct sqlite_store *s, const char *sql, int64_t *out, struct gh_store_error *error);
struct gh_str gh_sqlite_column(sqlite3_stmt *st, int at); /* until the next step */

bool gh_sqlite_load(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error);
bool gh_sqlite_still_ours(struct gh_store *s);
/* Reads last_lead and seq at opening. */
bool gh_sqlite_read_marks(struct sqlite_store *s, struct gh_store_error *error);

bool gh_sqlite_outbox(struct gh_store *s, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error);
bool gh_sqlite_sink_get(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error);
bool gh_sqlite_sink_put(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error);
bool gh_sqlite_sinks_only(struct gh_store *s, const char *const *sinks, unsigned n, struct gh_store_error *error);
bool gh_sqlite_sink_bury(struct gh_store *s, const char *sink, const struct gh_sink_place *place, const char *reason, struct gh_store_error *error);
uint64_t gh_sqlite_outbox_last(struct gh_store *s);

/* Writes dead letters within the transaction under way. */
bool gh_sqlite_letters(struct sqlite_store *s, const struct gh_commit_dead *dead, unsigned n, struct gh_store_error *error);
bool gh_sqlite_dead(struct gh_store *s, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error);
bool gh_sqlite_dead_drop(struct gh_store *s, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error);
bool gh_sqlite_crashed(struct gh_store *s, uint64_t offset, uint64_t *times, struct gh_store_error *error);
bool gh_sqlite_crashes(struct gh_store *s, uint64_t position, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error);

#endif
