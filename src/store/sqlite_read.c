/* What is read from the SQLite store: the rows of the state at start, the outbox, the sinks' places, the dead letters. */
#include <stdio.h>

#include "goldhour/base/hash.h"
#include "sqlite.h"

static struct gh_str column(sqlite3_stmt *st, int at)
{
  const void *bytes = sqlite3_column_blob(st, at);
  return gh_str_n(bytes, (size_t)sqlite3_column_bytes(st, at));
}

bool gh_sqlite_read_marks(struct sqlite_store *s, struct gh_store_error *error)
{
  sqlite3_stmt *st = NULL;
  const char *sql = "SELECT max(coalesce((SELECT max(number) FROM outbox), 0), coalesce((SELECT max(number) FROM sink), 0)),"
                    " coalesce((SELECT seq FROM meta), 0), (SELECT bytes FROM dead_bytes)";
  int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) {
    s->last_lead = (uint64_t)sqlite3_column_int64(st, 0);
    s->seq = (uint64_t)sqlite3_column_int64(st, 1);
    s->dead_bytes = sqlite3_column_int64(st, 2);
  } else {
    gh_sqlite_fail(s, rc, "reading it", error);
  }
  sqlite3_finalize(st);
  return rc == SQLITE_ROW;
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
  struct gh_str bytes = column(st, 2);
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

bool gh_sqlite_outbox(struct gh_store *store, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_OUTBOX, error);
  int rc = SQLITE_ERROR;
  if (st) {
    sqlite3_bind_int64(st, 1, (sqlite3_int64)after);
    sqlite3_bind_int64(st, 2, GH_STORE_OUTBOX_PAGE);
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) lead(ctx, (uint64_t)sqlite3_column_int64(st, 0), column(st, 1));
    if (rc != SQLITE_DONE) gh_sqlite_fail(s, rc, "reading the outbox", error);
    sqlite3_reset(st);
  }
  pthread_mutex_unlock(&s->use);
  return rc == SQLITE_DONE;
}

static bool sink_get(struct sqlite_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error)
{
  *place = (struct gh_sink_place){0};
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_SINK_GET, error);
  if (!st) return false;
  gh_sqlite_bind_text(st, 1, gh_str(sink));
  int rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) {
    place->number = (uint64_t)sqlite3_column_int64(st, 0);
    place->bytes = sqlite3_column_int64(st, 1);
    snprintf(place->file, sizeof place->file, "%.*s", GH_FMT(column(st, 2)));
  } else if (rc != SQLITE_DONE) {
    gh_sqlite_fail(s, rc, "reading a sink's place", error);
  }
  sqlite3_reset(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

bool gh_sqlite_sink_get(struct gh_store *store, const char *sink, struct gh_sink_place *place, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  bool ok = sink_get(s, sink, place, error);
  pthread_mutex_unlock(&s->use);
  return ok;
}

static bool sink_put(struct sqlite_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_SINK_PUT, error);
  if (!st) return false;
  gh_sqlite_bind_text(st, 1, gh_str(sink));
  sqlite3_bind_int64(st, 2, (sqlite3_int64)place->number);
  sqlite3_bind_int64(st, 3, place->bytes);
  gh_sqlite_bind_text(st, 4, gh_str(place->file));
  return gh_sqlite_run(s, st, "writing a sink's place", error);
}

static bool prune(struct sqlite_store *s, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_PRUNE, error);
  if (st) sqlite3_bind_int64(st, 1, GH_STORE_OUTBOX_TAIL);
  return gh_sqlite_run(s, st, "pruning the outbox", error);
}

bool gh_sqlite_sink_put(struct gh_store *store, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  bool ok = gh_sqlite_begin(s, error) && gh_sqlite_end(s, sink_put(s, sink, place, error) && prune(s, error), error);
  pthread_mutex_unlock(&s->use);
  return ok;
}

/* The furthest of the others: what they have handed over is not handed over again. */
static bool take_over(struct sqlite_store *s, const char *sink, struct gh_store_error *error)
{
  sqlite3_stmt *st = NULL;
  int rc = sqlite3_prepare_v2(s->db, "SELECT (SELECT count(*) FROM sink WHERE name = ?1), (SELECT max(number) FROM sink)", -1, &st, NULL);
  if (rc == SQLITE_OK) {
    gh_sqlite_bind_text(st, 1, gh_str(sink));
    rc = sqlite3_step(st);
  }
  bool known = rc == SQLITE_ROW && sqlite3_column_int64(st, 0) > 0;
  struct gh_sink_place place = {.number = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 1) : 0};
  if (rc != SQLITE_ROW) gh_sqlite_fail(s, rc, "reading the sinks", error);
  sqlite3_finalize(st);
  if (rc != SQLITE_ROW || (!known && !sink_put(s, sink, &place, error))) return false;
  sqlite3_stmt *others = gh_sqlite_statement(s, SQL_SINK_OTHERS, error);
  gh_sqlite_bind_text(others, 1, gh_str(sink));
  return gh_sqlite_run(s, others, "forgetting other sinks", error);
}

bool gh_sqlite_sink_only(struct gh_store *store, const char *sink, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  bool ok = gh_sqlite_begin(s, error) && gh_sqlite_end(s, take_over(s, sink, error), error);
  pthread_mutex_unlock(&s->use);
  return ok;
}

uint64_t gh_sqlite_outbox_last(struct gh_store *store) { return ((struct sqlite_store *)store)->last_lead; }

static struct gh_dead_letter letter_of(sqlite3_stmt *st)
{
  return (struct gh_dead_letter){
      .number = (uint64_t)sqlite3_column_int64(st, 0), .input = column(st, 1),
      .offset = (uint64_t)sqlite3_column_int64(st, 2), .record = (uint64_t)sqlite3_column_int64(st, 3),
      .reason = column(st, 4), .detail = column(st, 5), .raw = column(st, 6), .at_ms = sqlite3_column_int64(st, 7)};
}

bool gh_sqlite_dead(struct gh_store *store, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  sqlite3_stmt *st = NULL;
  pthread_mutex_lock(&s->use);
  int rc = sqlite3_prepare_v2(s->db, "SELECT number, input, offset, record, reason, detail, raw, at_ms FROM dead WHERE number > ?1 ORDER "
      "BY number", -1, &st, NULL);
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
