/* The outbox and the sinks' places in it. */
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "sqlite.h"

/* Calls `lead` for a page of the leads behind span[0], up to span[1]. Under `use`. */
static bool read_leads(struct sqlite_store *s, const uint64_t span[2], gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_OUTBOX, error);
  int rc = SQLITE_ROW;
  if (!st) return false;
  sqlite3_bind_int64(st, 1, (sqlite3_int64)span[0]);
  sqlite3_bind_int64(st, 2, (sqlite3_int64)span[1]);
  sqlite3_bind_int64(st, 3, GH_STORE_OUTBOX_PAGE);
  for (size_t bytes = 0; bytes < GH_STORE_OUTBOX_BYTES && (rc = sqlite3_step(st)) == SQLITE_ROW;) {
    struct gh_str json = gh_sqlite_column(st, 2);
    bytes += json.len;
    lead(ctx, (uint64_t)sqlite3_column_int64(st, 0), gh_sqlite_column(st, 1), json);
  }
  if (rc == SQLITE_ROW) rc = SQLITE_DONE; /* the page is full */
  if (rc != SQLITE_DONE) gh_sqlite_fail(s, rc, "reading the outbox", error);
  sqlite3_reset(st);
  return rc == SQLITE_DONE;
}

bool gh_sqlite_outbox(struct gh_store *store, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  bool ok = read_leads(s, (uint64_t[2]){after, INT64_MAX}, lead, ctx, error);
  pthread_mutex_unlock(&s->use);
  return ok;
}

uint64_t gh_sqlite_outbox_last(struct gh_store *store) { return ((struct sqlite_store *)store)->last_lead; }

/* ── places ── */

static bool get(struct sqlite_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error)
{
  *place = (struct gh_sink_place){0};
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_SINK_GET, error);
  if (!st) return false;
  gh_sqlite_bind_text(st, 1, gh_str(sink));
  int rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) {
    place->number = (uint64_t)sqlite3_column_int64(st, 0);
    place->bytes = sqlite3_column_int64(st, 1);
    snprintf(place->file, sizeof place->file, "%.*s", GH_FMT(gh_sqlite_column(st, 2)));
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
  bool ok = get(s, sink, place, error);
  pthread_mutex_unlock(&s->use);
  return ok;
}

static bool put(struct sqlite_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error)
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
  bool ok = gh_sqlite_begin(s, error) && gh_sqlite_end(s, put(s, sink, place, error) && prune(s, error), error);
  pthread_mutex_unlock(&s->use);
  return ok;
}

/* ── which sinks there are ── */

struct names { char *name[64]; unsigned n; };

static bool read_names(struct sqlite_store *s, struct names *names, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_SINK_NAMES, error);
  int rc = SQLITE_ROW;
  if (!st) return false;
  while (names->n < 64 && (rc = sqlite3_step(st)) == SQLITE_ROW) {
    struct gh_str name = gh_sqlite_column(st, 0);
    names->name[names->n] = strndup(name.len ? name.ptr : "", name.len);
    GH_CHECK(names->name[names->n] && "out of memory");
    names->n++;
  }
  if (rc != SQLITE_DONE && rc != SQLITE_ROW) gh_sqlite_fail(s, rc, "reading the sinks", error);
  sqlite3_reset(st);
  return rc == SQLITE_DONE || rc == SQLITE_ROW;
}

static bool among(const char *name, const char *const *names, unsigned n)
{
  for (unsigned i = 0; i < n; i++) {
    if (strcmp(name, names[i]) == 0) return true;
  }
  return false;
}

static bool furthest(struct sqlite_store *s, uint64_t *number, struct gh_store_error *error)
{
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_SINK_FURTHEST, error);
  int rc = st ? sqlite3_step(st) : SQLITE_ERROR;
  if (rc == SQLITE_ROW) *number = (uint64_t)sqlite3_column_int64(st, 0);
  else if (st) gh_sqlite_fail(s, rc, "reading the sinks", error);
  sqlite3_reset(st);
  return rc == SQLITE_ROW;
}

/* upto: leads behind it are handed over to another in its place. */
static bool forget(struct sqlite_store *s, const char *sink, uint64_t upto, struct gh_store_error *error)
{
  struct gh_sink_place place;
  if (!get(s, sink, &place, error)) return false;
  if (place.number < upto) gh_tell_sink_gone(s->path, gh_str(sink), upto - place.number);
  sqlite3_stmt *st = gh_sqlite_statement(s, SQL_SINK_FORGET, error);
  gh_sqlite_bind_text(st, 1, gh_str(sink));
  return gh_sqlite_run(s, st, "forgetting a sink", error);
}

/* The furthest of the others: what they have handed over is not handed over again. */
static bool set_sinks(struct sqlite_store *s, const char *const *sinks, unsigned n, struct gh_store_error *error)
{
  struct names known = {.n = 0};
  struct gh_sink_place start = {0};
  uint64_t upto = s->last_lead;
  bool ok = furthest(s, &start.number, error) && read_names(s, &known, error);
  for (unsigned i = 0; ok && i < n; i++) {
    if (among(sinks[i], (const char *const *)known.name, known.n)) continue;
    ok = put(s, sinks[i], &start, error);
    upto = start.number;
  }
  for (unsigned i = 0; i < known.n; i++) {
    if (ok && !among(known.name[i], sinks, n)) ok = forget(s, known.name[i], upto, error);
    free(known.name[i]);
  }
  return ok;
}

bool gh_sqlite_sinks_only(struct gh_store *store, const char *const *sinks, unsigned n, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  pthread_mutex_lock(&s->use);
  bool ok = gh_sqlite_begin(s, error) && gh_sqlite_end(s, set_sinks(s, sinks, n, error), error);
  pthread_mutex_unlock(&s->use);
  return ok;
}

/* ── burying ── */

struct burial { struct sqlite_store *s; const char *sink, *reason; uint64_t at; bool ok; struct gh_store_error *error; };

static void bury_lead(void *ctx, uint64_t number, struct gh_str id, struct gh_str json)
{
  (void)id;
  struct burial *b = ctx;
  struct gh_commit_dead d = {.input = gh_str(b->sink), .reason = gh_str(b->reason), .raw = json, .record = number, .at_ms = gh_wall_ms()};
  b->ok = b->ok && gh_sqlite_letters(b->s, &d, 1, b->error);
  b->at = number;
}

static bool bury(struct burial *b, const struct gh_sink_place *place)
{
  struct gh_sink_place from;
  if (!get(b->s, b->sink, &from, b->error)) return false;
  b->at = from.number;
  for (uint64_t before = UINT64_MAX; b->ok && b->at < place->number && b->at != before;) {
    before = b->at;
    b->ok = read_leads(b->s, (uint64_t[2]){b->at, place->number}, bury_lead, b, b->error) && b->ok;
  }
  return b->ok && put(b->s, b->sink, place, b->error) && prune(b->s, b->error);
}

bool gh_sqlite_sink_bury(struct gh_store *store, const char *sink, const struct gh_sink_place *place, const char *reason, struct gh_store_error *error)
{
  struct sqlite_store *s = (struct sqlite_store *)store;
  struct burial b = {.s = s, .sink = sink, .reason = reason, .ok = true, .error = error};
  pthread_mutex_lock(&s->use);
  uint64_t bare = s->bare;
  bool ok = gh_sqlite_begin(s, error) && gh_sqlite_end(s, bury(&b, place), error);
  if (ok) atomic_fetch_add(&store->bare, s->bare - bare);
  pthread_mutex_unlock(&s->use);
  return ok;
}
