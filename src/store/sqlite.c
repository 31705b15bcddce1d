/* The SQLite store: one file that holds what a partition has committed.
 *
 * Invariants
 *  1. Everything of a batch is in one transaction: state log row, buckets, META (with the position), leads, dead letters. Either all of it is
 *     in the file, or none.
 *  2. seq in META only grows, and a log row's number is its commit's seq. After any crash the file is that of one whole commit.
 *  3. LOG rows from the oldest bucket on, and all buckets, suffice to rebuild the state: rows are cut, and buckets dropped, only in the
 *     transaction that writes what replaces them (core says which).
 *  4. A lead's number is given once, in order of commit, without gaps. The sinks' places never name a number that is not committed.
 *  5. A lead leaves the outbox only behind the slowest sink, and GH_STORE_OUTBOX_TAIL of those are kept.
 *  6. The bytes kept of refused records in `dead` are at most dead_letter_bytes; beyond it rows have position and reason alone. A letter's number is
 *     given once, also after letters were dropped.
 *  7. One process writes: who holds the lock on PATH.lock. The kernel gives it back when that process ends, however it ends.
 *  8. Rows of state carry a hash: a flipped bit is found when it is loaded, and never stepped by.
 *  9. A file of another application or another format version is not touched. Nobody else writes: a commit is never fenced or rewound.
 *
 * State diagram of one store handle, and who performs each transition
 *
 *            gh_store_open_sqlite                       gh_store_commit
 *   CLOSED ───────────────────────► IDLE ◄───────────► COMMITTING        (on the store's thread: run_jobs)
 *      ▲     lock → open → check      │    done called       │
 *      │     → create if empty        │                      │ BEGIN IMMEDIATE → rows → COMMIT   (gh_sqlite_write)
 *      │                              │ gh_store_close       │ any error: ROLLBACK, done(error): the file is as before
 *      └──────────────────────────────┘ waits for the job    ▼
 *                                                       IDLE, also after an error: the caller stops
 *
 * A crash at any point: SQLite's write-ahead log is replayed at the next opening up to its last whole transaction (synchronous=FULL: a
 * commit that was answered is on the disk). Memory may be ahead of the file by the one commit in flight.
 *
 * Threads: `use` is held for each transaction or query; the commit thread, the sink's relay and the loop take turns. Nothing is called back
 * with `use` held but the row functions of load, outbox and dead, which must not call the store.
 */
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "goldhour/base/check.h"

static const char *const create =
    "CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK (one = 1), hash INTEGER NOT NULL, bytes BLOB NOT NULL, seq INTEGER NOT NULL);"
    "CREATE TABLE dict(one INTEGER PRIMARY KEY CHECK (one = 1), hash INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE bucket(key INTEGER PRIMARY KEY, hash INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE log(seq INTEGER PRIMARY KEY, hash INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE outbox(number INTEGER PRIMARY KEY, id TEXT NOT NULL, json TEXT NOT NULL);"
    "CREATE TABLE sink(name TEXT PRIMARY KEY, number INTEGER NOT NULL, bytes INTEGER NOT NULL, file TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE dead(number INTEGER PRIMARY KEY, input TEXT NOT NULL, offset INTEGER NOT NULL, record INTEGER NOT NULL,"
    " reason TEXT NOT NULL, detail TEXT NOT NULL, raw BLOB, at_ms INTEGER NOT NULL, key BLOB, headers BLOB);"
    "CREATE TABLE dead_bytes(one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL, last INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO dead_bytes VALUES (1, 0, 0);"
    "CREATE TABLE crash(offset INTEGER PRIMARY KEY, times INTEGER NOT NULL);";

/* What came to format 1 later. Programs that do not know it read and write such a file as before. */
static const char *const complete =
    "BEGIN IMMEDIATE;"
    "ALTER TABLE dead ADD COLUMN key BLOB; ALTER TABLE dead ADD COLUMN headers BLOB;"
    "ALTER TABLE dead_bytes ADD COLUMN last INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE crash(offset INTEGER PRIMARY KEY, times INTEGER NOT NULL);"
    "COMMIT";

void gh_sqlite_shut(struct sqlite_store *s)
{
  for (int i = 0; i < SQL_STATEMENTS; i++) sqlite3_finalize(s->statements[i]);
  memset(s->statements, 0, sizeof s->statements);
  sqlite3_close(s->db);
  s->db = NULL;
}

static void free_store(struct sqlite_store *s)
{
  gh_sqlite_shut(s);
  if (s->lock_fd >= 0) close(s->lock_fd);
  pthread_mutex_destroy(&s->use);
  pthread_mutex_destroy(&s->job_lock);
  pthread_cond_destroy(&s->job_changed);
  free(s->path);
  free(s);
}

/* ── the commit thread ── */

static void *run_jobs(void *arg)
{
  struct sqlite_store *s = arg;
  pthread_mutex_lock(&s->job_lock);
  for (;;) {
    while (!s->job && !s->closing) pthread_cond_wait(&s->job_changed, &s->job_lock);
    if (!s->job) break;
    const struct gh_commit *job = s->job;
    gh_commit_done_fn *done = s->done;
    void *ctx = s->done_ctx;
    pthread_mutex_unlock(&s->job_lock);
    struct gh_store_error error;
    pthread_mutex_lock(&s->use);
    bool ok = gh_sqlite_write(s, job, &error);
    pthread_mutex_unlock(&s->use);
    pthread_mutex_lock(&s->job_lock);
    s->job = NULL;
    pthread_cond_broadcast(&s->job_changed);
    pthread_mutex_unlock(&s->job_lock);
    done(ctx, ok ? GH_COMMIT_DURABLE : GH_COMMIT_FAILED, ok ? NULL : &error);
    pthread_mutex_lock(&s->job_lock);
  }
  pthread_mutex_unlock(&s->job_lock);
  return NULL;
}

static void commit(struct gh_store *store, const struct gh_commit *c, gh_commit_done_fn *done, void *ctx)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  GH_CHECK(s->threaded && "a reader does not commit");
  pthread_mutex_lock(&s->job_lock);
  GH_CHECK(!s->job && "one commit at a time");
  s->job = c;
  s->done = done;
  s->done_ctx = ctx;
  pthread_cond_broadcast(&s->job_changed);
  pthread_mutex_unlock(&s->job_lock);
}

/* A disk that does not answer cannot be given up: the thread waits in the kernel. */
static void give_up(struct gh_store *store) { (void)store; }

static bool trouble(struct gh_store *store, char text[256])
{
  (void)store, (void)text;
  return false;
}

static void close_store(struct gh_store *store)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  if (s->threaded) {
    pthread_mutex_lock(&s->job_lock);
    s->closing = true;
    pthread_cond_broadcast(&s->job_changed);
    pthread_mutex_unlock(&s->job_lock);
    pthread_join(s->thread, NULL);
  }
  free_store(s);
}

/* ── opening ── */

static const struct gh_store_ops ops = {
    .close = close_store, .load = gh_sqlite_load, .still_ours = gh_sqlite_still_ours, .commit = commit, .give_up = give_up, .trouble = trouble,
    .outbox = gh_sqlite_outbox, .sink_get = gh_sqlite_sink_get, .sink_put = gh_sqlite_sink_put, .sinks_only = gh_sqlite_sinks_only,
    .sink_bury = gh_sqlite_sink_bury, .outbox_last = gh_sqlite_outbox_last, .dead = gh_sqlite_dead, .dead_drop = gh_sqlite_dead_drop,
    .crashed = gh_sqlite_crashed, .crashes = gh_sqlite_crashes};

static struct sqlite_store *new_store(const char *path)
{
  struct sqlite_store *s = calloc(1, sizeof *s);
  GH_CHECK(s && "out of memory");
  gh_store_begin(&s->store, &ops);
  s->path = strdup(path);
  GH_CHECK(s->path && "out of memory");
  s->lock_fd = -1;
  pthread_mutex_init(&s->use, NULL);
  pthread_mutex_init(&s->job_lock, NULL);
  pthread_cond_init(&s->job_changed, NULL);
  return s;
}

static bool held_by_other(struct sqlite_store *s, struct gh_store_error *error)
{
  char pid[24] = {0};
  ssize_t n = pread(s->lock_fd, pid, sizeof pid - 1, 0);
  pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
  return gh_sqlite_error(error, "store %s: process %s is running on it: one `goldhour run` a store; stop that one first (kill -TERM %s) "
      "or name another store",
                         s->path, pid[0] ? pid : "(unknown)", pid[0] ? pid : "PID");
}

/* The lock lies beside the store, so that it also covers a store that is being made. The file stays; what counts is the kernel's lock on
 * it. */
static bool take_lock(struct sqlite_store *s, struct gh_store_error *error)
{
  char path[4096];
  bool fits = (size_t)snprintf(path, sizeof path, "%s.lock", s->path) < sizeof path;
  if (!fits) return gh_sqlite_error(error, "store %s: the path is too long", s->path);
  s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (s->lock_fd < 0) {
    return gh_sqlite_error(error, "store %s: its lock file %s cannot be opened: %s: check that the folder exists and can be written",
        s->path, path, strerror(errno));
  }
  if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return held_by_other(s, error);
    return gh_sqlite_error(error, "store %s: cannot lock %s: %s", s->path, path, strerror(errno));
  }
  char pid[24];
  int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
  /* A disk without room for the number still locks: the number is for the message alone. */
  if (ftruncate(s->lock_fd, 0) == 0 && pwrite(s->lock_fd, pid, (size_t)n, 0) != n) (void)ftruncate(s->lock_fd, 0);
  return true;
}

bool gh_sqlite_ask(struct sqlite_store *s, const char *sql, int64_t *out, struct gh_store_error *error)
{
  sqlite3_stmt *st = NULL;
  int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) *out = sqlite3_column_int64(st, 0);
  if (rc != SQLITE_ROW) gh_sqlite_fail(s, rc, "opening it", error);
  sqlite3_finalize(st);
  return rc == SQLITE_ROW;
}

static bool tell(struct sqlite_store *s, const char *sql, struct gh_store_error *error)
{
  int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
  return rc == SQLITE_OK || gh_sqlite_fail(s, rc, "preparing it", error);
}

/* Ours, of our version, or empty: nothing is written before that is known. */
static bool check_file(struct sqlite_store *s, bool *empty, struct gh_store_error *error)
{
  int64_t application = 0, version = 0, tables = 0;
  if (!gh_sqlite_ask(s, "PRAGMA application_id", &application, error) || !gh_sqlite_ask(s, "PRAGMA user_version", &version, error) ||
      !gh_sqlite_ask(s, "SELECT count(*) FROM sqlite_master", &tables, error)) return false;
  *empty = application == 0 && tables == 0;
  if (*empty) return true;
  if (application != SQLITE_STORE_APPLICATION) {
    return gh_sqlite_error(error, "store %s: it is not a Goldhour store but another program's database: name another path under "
        "store.sqlite.path", s->path);
  }
  if (version != GH_STORE_FORMAT) {
    return gh_sqlite_error(error, "store %s: its format is version %lld, this goldhour reads version %d: use the release that wrote it, "
        "or begin a new store",
                           s->path, (long long)version, GH_STORE_FORMAT);
  }
  return true;
}

static bool create_tables(struct sqlite_store *s, struct gh_store_error *error)
{
  char marks[128];
  snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", SQLITE_STORE_APPLICATION, GH_STORE_FORMAT);
  return tell(s, "BEGIN IMMEDIATE", error) && tell(s, create, error) && tell(s, marks, error);
}

bool gh_sqlite_complete(struct sqlite_store *s, struct gh_store_error *error)
{
  int64_t newest = 0;
  if (!gh_sqlite_ask(s, "SELECT count(*) FROM sqlite_master WHERE name = 'crash'", &newest, error)) return false;
  return newest || tell(s, complete, error);
}

bool gh_sqlite_open(struct sqlite_store *s, int flags, struct gh_store_error *error)
{
  int rc = sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (rc != SQLITE_OK) return gh_sqlite_fail(s, rc, "opening it", error);
  sqlite3_busy_timeout(s->db, 10000); /* a reader's snapshot may hold up a checkpoint for a moment */
  return true;
}

static bool open_for_writing(struct sqlite_store *s, struct gh_store_error *error)
{
  bool empty = false;
  if (!take_lock(s, error) || !gh_sqlite_open(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error)) return false;
  if (sqlite3_db_readonly(s->db, "main")) return gh_sqlite_fail(s, SQLITE_READONLY, "opening it", error);
  if (!check_file(s, &empty, error)) return false;
  if (!tell(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864", error)) return false;
  if (empty && !create_tables(s, error)) return false;
  return gh_sqlite_complete(s, error) && gh_sqlite_read_marks(s, error);
}

struct gh_store *gh_store_open_sqlite(const char *path, int64_t dead_letter_bytes, struct gh_store_error *error)
{
  struct sqlite_store *s = new_store(path);
  s->dead_bytes_most = dead_letter_bytes;
  if (!open_for_writing(s, error)) {
    free_store(s);
    return NULL;
  }
  s->threaded = pthread_create(&s->thread, NULL, run_jobs, s) == 0;
  GH_CHECK(s->threaded && "no thread for the store");
  return &s->store;
}

struct gh_store *gh_store_read_sqlite(const char *path, struct gh_store_error *error)
{
  struct sqlite_store *s = new_store(path);
  bool empty = false, ok = true;
  if (access(path, F_OK) != 0) ok = gh_sqlite_error(error, "store %s: %s: nothing has been committed there yet", path, strerror(errno));
  ok = ok && gh_sqlite_open(s, SQLITE_OPEN_READONLY, error) && check_file(s, &empty, error);
  if (ok && empty) ok = gh_sqlite_error(error, "store %s: it is empty: nothing has been committed yet", s->path);
  if (ok && gh_sqlite_read_marks(s, error)) return &s->store;
  free_store(s);
  return NULL;
}
