/* The rows of the state, read at start, and where the store stands. */
#include "goldhour/base/hash.h"
#include "sqlite.h"

struct gh_str gh_sqlite_column(sqlite3_stmt *st, int at)
{
  const void *bytes = sqlite3_column_blob(st, at);
  return gh_str_n(bytes, (size_t)sqlite3_column_bytes(st, at));
}

bool gh_sqlite_read_marks(struct sqlite_store *s, struct gh_store_error *error)
{
  int64_t last = 0, seq = 0;
  bool ok = gh_sqlite_ask(s, "SELECT max(coalesce((SELECT max(number) FROM outbox), 0), coalesce((SELECT max(number) FROM sink), 0))", &last, error) &&
            gh_sqlite_ask(s, "SELECT coalesce((SELECT seq FROM meta), 0)", &seq, error);
  s->last_lead = (uint64_t)last;
  s->seq = (uint64_t)seq;
  return ok;
}

bool gh_sqlite_still_ours(struct gh_store *store)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  struct gh_store_error error;
  int64_t seq = -1;
  pthread_mutex_lock(&s->use);
  bool ours = s->lock_fd >= 0 && gh_sqlite_ask(s, "SELECT coalesce((SELECT seq FROM meta), 0)", &seq, &error) && (uint64_t)seq == s->seq;
  pthread_mutex_unlock(&s->use);
  return ours;
}

struct row_query { enum gh_store_row kind; const char *name, *sql; };
struct row_reader { gh_store_row_fn *row; void *ctx; };

static const struct row_query row_queries[] = {
    {GH_STORE_META, "meta", "SELECT 0, hash, bytes FROM meta"},
    {GH_STORE_DICT, "dict", "SELECT 0, hash, bytes FROM dict"},
    {GH_STORE_BUCKET, "bucket", "SELECT key, hash, bytes FROM bucket ORDER BY key"},
    {GH_STORE_LOG, "log", "SELECT seq, hash, bytes FROM log ORDER BY seq"},
};

static bool load_row(struct sqlite_store *s, const struct row_query *q, sqlite3_stmt *st, struct row_reader reader,
    struct gh_store_error *error)
{
  uint64_t key = (uint64_t)sqlite3_column_int64(st, 0);
  struct gh_str bytes = gh_sqlite_column(st, 2);
  const char *wrong = NULL;
  if (gh_hash(bytes) != (uint64_t)sqlite3_column_int64(st, 1)) wrong = "does not match its hash";
  else if (!reader.row(reader.ctx, q->kind, key, bytes)) wrong = "cannot be read";
  if (!wrong) return true;
  return gh_sqlite_error(error, "store %s: the file is damaged: row %llu of %s %s; keep it aside, restore the last backup or begin a new "
      "store (docs/operations.md, Restoring)",
                         s->path, (unsigned long long)key, q->name, wrong);
}

static bool load_kind(struct sqlite_store *s, const struct row_query *q, struct row_reader reader, struct gh_store_error *error)
{
  sqlite3_stmt *st = NULL;
  int rc = sqlite3_prepare_v2(s->db, q->sql, -1, &st, NULL);
  bool ok = true;
  if (rc == SQLITE_OK) {
    while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW) ok = load_row(s, q, st, reader, error);
  }
  if (ok && rc != SQLITE_DONE) ok = gh_sqlite_fail(s, rc, "loading the state", error);
  sqlite3_finalize(st);
  return ok;
}

/* One read transaction, so that a reader beside a running daemon sees one commit's state. */
bool gh_sqlite_load(struct gh_store *store, gh_store_row_fn *row, void *ctx, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  bool ok = true;
  pthread_mutex_lock(&s->use);
  int rc = sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL);
  if (rc != SQLITE_OK) ok = gh_sqlite_fail(s, rc, "loading the state", error);
  struct row_reader reader = {row, ctx};
  for (size_t i = 0; ok && i < sizeof row_queries / sizeof *row_queries; i++) ok = load_kind(s, &row_queries[i], reader, error);
  if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
  pthread_mutex_unlock(&s->use);
  return ok;
}
