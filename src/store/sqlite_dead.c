/* Dead letters and the counts of crashes. The sum of bytes is read in each transaction: another process may have dropped letters meanwhile. */
#include "sqlite.h"

struct sum { int64_t bytes; uint64_t last; };

static bool read_sum(struct sqlite_store *s, struct sum *sum, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_DEAD_SUM, error);
  int rc = st ? sqlite3_step(st) : SQLITE_ERROR;
  if (rc == SQLITE_ROW) *sum = (struct sum){sqlite3_column_int64(st, 0), (uint64_t)sqlite3_column_int64(st, 1)};
  else if (st) gh_sqlite_fail(s, rc, "reading the dead letters", error);
  sqlite3_reset(st);
  return rc == SQLITE_ROW;
}

static bool write_sum(struct sqlite_store *s, const struct sum *sum, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_DEAD_SUM_PUT, error);
  if (st) sqlite3_bind_int64(st, 1, sum->bytes);
  if (st) sqlite3_bind_int64(st, 2, (sqlite3_int64)sum->last);
  return gh_sqlite_run(s, st, "writing dead letters", error);
}

static bool write_letter(struct sqlite_store *s, const struct gh_commit_dead *d, struct sum *sum, struct gh_store_error *error)
{
  bool keep = gh_dead_size(d) <= s->dead_bytes_most - sum->bytes;
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_DEAD, error);
  if (!st) return false;
  sqlite3_bind_int64(st, 1, (sqlite3_int64)++sum->last);
  gh_sqlite_bind_text(st, 2, d->input);
  sqlite3_bind_int64(st, 3, (sqlite3_int64)d->offset);
  sqlite3_bind_int64(st, 4, (sqlite3_int64)d->record);
  gh_sqlite_bind_text(st, 5, d->reason);
  gh_sqlite_bind_text(st, 6, keep ? d->detail : GH_STR(""));
  s->bare += !keep;
  if (keep) {
    gh_sqlite_bind_blob(st, 7, d->raw);
    gh_sqlite_bind_blob(st, 8, d->key);
    gh_sqlite_bind_blob(st, 9, d->headers);
    sum->bytes += gh_dead_size(d);
  }
  sqlite3_bind_int64(st, 10, d->at_ms);
  return gh_sqlite_run(s, st, "writing a dead letter", error);
}

bool gh_sqlite_letters(struct sqlite_store *s, const struct gh_commit_dead *dead, unsigned n, struct gh_store_error *error)
{
  struct sum sum;
  if (n == 0) return true;
  bool ok = read_sum(s, &sum, error);
  for (unsigned i = 0; ok && i < n; i++) ok = write_letter(s, &dead[i], &sum, error);
  return ok && write_sum(s, &sum, error);
}

/* ── reading ── */

static struct gh_dead_letter letter_of(sqlite3_stmt *st)
{
  return (struct gh_dead_letter){
      .number = (uint64_t)sqlite3_column_int64(st, 0), .input = gh_sqlite_column(st, 1),
      .offset = (uint64_t)sqlite3_column_int64(st, 2), .record = (uint64_t)sqlite3_column_int64(st, 3),
      .reason = gh_sqlite_column(st, 4), .detail = gh_sqlite_column(st, 5), .raw = gh_sqlite_column(st, 6),
      .at_ms = sqlite3_column_int64(st, 7), .key = gh_sqlite_column(st, 8), .headers = gh_sqlite_column(st, 9)};
}

/* A reader beside nobody may look into a file of the older shape. */
static int prepare_letters(struct sqlite_store *s, sqlite3_stmt **st)
{
  int rc = sqlite3_prepare_v2(s->db, "SELECT number, input, offset, record, reason, detail, raw, at_ms, key, headers FROM dead WHERE number > ?1"
      " ORDER BY number", -1, st, NULL);
  if (rc != SQLITE_ERROR) return rc;
  return sqlite3_prepare_v2(s->db, "SELECT number, input, offset, record, reason, detail, raw, at_ms, NULL, NULL FROM dead WHERE number > ?1"
      " ORDER BY number", -1, st, NULL);
}

bool gh_sqlite_dead(struct gh_store *store, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  sqlite3_stmt *st = NULL;
  pthread_mutex_lock(&s->use);
  int rc = prepare_letters(s, &st);
  bool more = rc == SQLITE_OK;
  if (more) sqlite3_bind_int64(st, 1, (sqlite3_int64)after);
  while (more && (rc = sqlite3_step(st)) == SQLITE_ROW) {
    struct gh_dead_letter l = letter_of(st);
    more = letter(ctx, &l);
  }
  bool ok = rc == SQLITE_DONE || rc == SQLITE_ROW;
  if (!ok) gh_sqlite_fail(s, rc, "reading the dead letters", error);
  sqlite3_finalize(st);
  pthread_mutex_unlock(&s->use);
  return ok;
}

/* ── dropping ── */

static bool drop_letter(struct sqlite_store *s, uint64_t number, struct sum *sum, unsigned *dropped, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_DEAD_SIZE, error);
  if (!st) return false;
  sqlite3_bind_int64(st, 1, (sqlite3_int64)number);
  if (sqlite3_step(st) == SQLITE_ROW) sum->bytes -= sqlite3_column_int64(st, 0);
  sqlite3_reset(st);
  st = gh_sqlite_statement(s, SQL_DEAD_DROP, error);
  if (st) sqlite3_bind_int64(st, 1, (sqlite3_int64)number);
  if (!gh_sqlite_run(s, st, "dropping a dead letter", error)) return false;
  *dropped += (unsigned)sqlite3_changes(s->db);
  return true;
}

static bool drop_letters(struct sqlite_store *s, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error)
{
  struct sum sum;
  bool ok = read_sum(s, &sum, error);
  for (unsigned i = 0; ok && i < n; i++) ok = drop_letter(s, numbers[i], &sum, dropped, error);
  return ok && write_sum(s, &sum, error);
}

/* A handle for reading drops beside a running daemon too: SQLite lets one transaction write after the other. */
static bool make_writable(struct sqlite_store *s, struct gh_store_error *error)
{
  if (s->lock_fd >= 0 || !sqlite3_db_readonly(s->db, "main")) return true;
  gh_sqlite_shut(s);
  return gh_sqlite_open(s, SQLITE_OPEN_READWRITE, error) && gh_sqlite_complete(s, error);
}

bool gh_sqlite_dead_drop(struct gh_store *store, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  bool ok = make_writable(s, error) && gh_sqlite_begin(s, error) && gh_sqlite_end(s, drop_letters(s, numbers, n, dropped, error), error);
  pthread_mutex_unlock(&s->use);
  if (!ok) *dropped = 0;
  return ok;
}

/* ── crashes ── */

static bool run_at(struct sqlite_store *s, enum statement which, uint64_t offset, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, which, error);
  if (st) sqlite3_bind_int64(st, 1, (sqlite3_int64)offset);
  return gh_sqlite_run(s, st, "counting crashes", error);
}

static bool count_crash(struct sqlite_store *s, uint64_t offset, uint64_t *times, struct gh_store_error *error)
{
  if (!run_at(s, SQL_CRASHED, offset, error)) return false;
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_CRASH_TIMES, error);
  if (!st) return false;
  sqlite3_bind_int64(st, 1, (sqlite3_int64)offset);
  int rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) *times = (uint64_t)sqlite3_column_int64(st, 0);
  else gh_sqlite_fail(s, rc, "counting crashes", error);
  sqlite3_reset(st);
  return rc == SQLITE_ROW;
}

bool gh_sqlite_crashed(struct gh_store *store, uint64_t offset, uint64_t *times, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  bool ok = gh_sqlite_begin(s, error) && gh_sqlite_end(s, count_crash(s, offset, times, error), error);
  pthread_mutex_unlock(&s->use);
  return ok;
}

static bool read_crashes(struct sqlite_store *s, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_CRASHES, error);
  int rc = SQLITE_ERROR;
  while (st && (rc = sqlite3_step(st)) == SQLITE_ROW) {
    crash(ctx, (uint64_t)sqlite3_column_int64(st, 0), (uint64_t)sqlite3_column_int64(st, 1));
  }
  if (st && rc != SQLITE_DONE) gh_sqlite_fail(s, rc, "reading the crashes", error);
  sqlite3_reset(st);
  return rc == SQLITE_DONE;
}

bool gh_sqlite_crashes(struct gh_store *store, uint64_t position, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  bool ok = gh_sqlite_begin(s, error);
  ok = ok && gh_sqlite_end(s, run_at(s, SQL_CRASH_FORGET, position, error) && read_crashes(s, crash, ctx, error), error);
  pthread_mutex_unlock(&s->use);
  return ok;
}
