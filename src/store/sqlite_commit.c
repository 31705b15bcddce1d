/* The transaction of one batch, and what all statements share. See sqlite.c's head for the invariants. */
#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "sqlite.h"

static const char *const texts[SQL_STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_META] = "INSERT OR REPLACE INTO meta(one, hash, bytes, seq) VALUES (1, ?1, ?2, ?3)",
    [SQL_DICT] = "INSERT OR REPLACE INTO dict(one, hash, bytes) VALUES (1, ?1, ?2)",
    [SQL_BUCKET] = "INSERT OR REPLACE INTO bucket(hash, bytes, key) VALUES (?1, ?2, ?3)",
    [SQL_DROP] = "DELETE FROM bucket WHERE key = ?1",
    [SQL_LOG] = "INSERT INTO log(hash, bytes, seq) VALUES (?1, ?2, ?3)",
    [SQL_CUT] = "DELETE FROM log WHERE seq < ?1",
    [SQL_LEAD] = "INSERT INTO outbox(number, id, json) VALUES (?1, ?2, ?3)",
    [SQL_OUTBOX] = "SELECT number, id, json FROM outbox WHERE number > ?1 AND number <= ?2 ORDER BY number LIMIT ?3",
    [SQL_SINK_GET] = "SELECT number, bytes, file FROM sink WHERE name = ?1",
    [SQL_SINK_PUT] = "INSERT OR REPLACE INTO sink(name, number, bytes, file) VALUES (?1, ?2, ?3, ?4)",
    [SQL_SINK_NAMES] = "SELECT name FROM sink",
    [SQL_SINK_FORGET] = "DELETE FROM sink WHERE name = ?1",
    [SQL_SINK_FURTHEST] = "SELECT coalesce(max(number), 0) FROM sink",
    [SQL_PRUNE] = "DELETE FROM outbox WHERE number <= (SELECT min(number) FROM sink) - ?1",
    [SQL_DEAD] = "INSERT INTO dead(number, input, offset, record, reason, detail, raw, key, headers, at_ms)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_DEAD_SUM] = "SELECT bytes, max(last, coalesce((SELECT max(number) FROM dead), 0)) FROM dead_bytes",
    [SQL_DEAD_SUM_PUT] = "UPDATE dead_bytes SET bytes = max(?1, 0), last = ?2",
    [SQL_DEAD_SIZE] = "SELECT length(CAST(detail AS BLOB)) + coalesce(length(raw), 0) + coalesce(length(key), 0) + coalesce(length(headers), 0)"
                      " FROM dead WHERE number = ?1",
    [SQL_DEAD_DROP] = "DELETE FROM dead WHERE number = ?1",
    [SQL_CRASHED] = "INSERT INTO crash(offset, times) VALUES (?1, 1) ON CONFLICT(offset) DO UPDATE SET times = times + 1",
    [SQL_CRASH_TIMES] = "SELECT times FROM crash WHERE offset = ?1",
    [SQL_CRASH_FORGET] = "DELETE FROM crash WHERE offset < ?1",
    [SQL_CRASHES] = "SELECT offset, times FROM crash ORDER BY offset",
};

sqlite3_stmt *gh_sqlite_statement(struct sqlite_store *s, enum statement which, struct gh_store_error *error)
{
  if (!s->statements[which]) {
    int rc = sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[which], NULL);
    if (rc != SQLITE_OK) {
      gh_sqlite_fail(s, rc, "preparing a statement", error);
      return NULL;
    }
  }
  return s->statements[which];
}

bool gh_sqlite_run(struct sqlite_store *s, sqlite3_stmt *st, const char *doing, struct gh_store_error *error)
{
  if (!st) return false; /* the error is already told */
  int rc = sqlite3_step(st);
  if (rc != SQLITE_DONE && rc != SQLITE_ROW) gh_sqlite_fail(s, rc, doing, error);
  sqlite3_reset(st);
  sqlite3_clear_bindings(st);
  return rc == SQLITE_DONE || rc == SQLITE_ROW;
}

bool gh_sqlite_begin(struct sqlite_store *s, struct gh_store_error *error)
{
  return gh_sqlite_run(s, gh_sqlite_statement(s, SQL_BEGIN, error), "beginning a commit", error);
}

bool gh_sqlite_end(struct sqlite_store *s, bool ok, struct gh_store_error *error)
{
  if (ok && gh_sqlite_run(s, gh_sqlite_statement(s, SQL_COMMIT, error), "committing", error)) return true;
  /* A full disk may have rolled back already; asked again, that is no further error. */
  if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
  return false;
}

void gh_sqlite_bind_text(sqlite3_stmt *st, int at, struct gh_str s)
{
  if (st) sqlite3_bind_text(st, at, s.len ? s.ptr : "", (int)s.len, SQLITE_STATIC);
}

void gh_sqlite_bind_blob(sqlite3_stmt *st, int at, struct gh_str s)
{
  if (!st) return;
  if (s.ptr || s.len) sqlite3_bind_blob(st, at, s.len ? s.ptr : "", (int)s.len, SQLITE_STATIC);
  else sqlite3_bind_null(st, at);
}

/* A row of state: its hash, its bytes, and, where the statement has a third place, its number. */
static bool put(struct sqlite_store *s, enum statement which, struct gh_str bytes, uint64_t number, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, which, error);
  if (!st) return false;
  sqlite3_bind_int64(st, 1, (sqlite3_int64)gh_hash(bytes));
  gh_sqlite_bind_blob(st, 2, bytes.ptr ? bytes : GH_STR(""));
  if (sqlite3_bind_parameter_count(st) == 3) sqlite3_bind_int64(st, 3, (sqlite3_int64)number);
  return gh_sqlite_run(s, st, "writing state", error);
}

static bool delete_by(struct sqlite_store *s, enum statement which, uint64_t number, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, which, error);
  if (st) sqlite3_bind_int64(st, 1, (sqlite3_int64)number);
  return gh_sqlite_run(s, st, "writing state", error);
}

static bool write_state(struct sqlite_store *s, const struct gh_commit *c, struct gh_store_error *error)
{
  bool ok = true;
  for (unsigned i = 0; ok && i < c->ndrop; i++) ok = delete_by(s, SQL_DROP, c->drop[i], error);
  for (unsigned i = 0; ok && i < c->nbuckets; i++) ok = put(s, SQL_BUCKET, c->buckets[i].bytes, c->buckets[i].key, error);
  if (ok && c->log.len) ok = put(s, SQL_LOG, c->log, c->seq, error);
  if (ok && c->cut_seq) ok = delete_by(s, SQL_CUT, c->cut_seq, error);
  if (ok && c->dict.len) ok = put(s, SQL_DICT, c->dict, 0, error);
  return ok && put(s, SQL_META, c->meta, c->seq, error);
}

static bool write_leads(struct sqlite_store *s, const struct gh_commit *c, struct gh_store_error *error)
{
  for (unsigned i = 0; i < c->nleads; i++) {
    sqlite3_stmt *st = gh_sqlite_statement(s, SQL_LEAD, error);
    if (st) sqlite3_bind_int64(st, 1, (sqlite3_int64)(s->last_lead + i + 1));
    gh_sqlite_bind_text(st, 2, c->leads[i].id);
    gh_sqlite_bind_text(st, 3, c->leads[i].json);
    if (!gh_sqlite_run(s, st, "writing a lead", error)) return false;
  }
  return true;
}

bool gh_sqlite_write(struct sqlite_store *s, const struct gh_commit *c, struct gh_store_error *error)
{
  GH_CHECK(c->seq > s->seq);
  uint64_t bare = s->bare;
  if (!gh_sqlite_begin(s, error)) return false;
  bool ok = write_state(s, c, error) && write_leads(s, c, error) && gh_sqlite_letters(s, c->dead, c->ndead, error);
  if (!gh_sqlite_end(s, ok, error)) return false;
  s->seq = c->seq;
  s->last_lead += c->nleads;
  atomic_fetch_add(&s->store.bare_records, s->bare - bare);
  return true;
}
