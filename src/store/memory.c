/* A store in memory, for quick runs: nothing survives the process, so state is not kept at all; leads are, until every sink has them.
 * The commit answers at once, on the caller's thread. Leads and places are under one lock, as relays have their own threads. */
#include <pthread.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "ops.h"

struct lead { struct gh_str id, json; }; /* one allocation: id, then json */
struct sink { char *name; struct gh_sink_place place; };

struct memory {
  struct gh_store store;
  pthread_mutex_t lock;
  struct lead *leads; /* a queue: leads[first .. first + count); leads[first] has number first_number */
  size_t first, count, cap;
  uint64_t first_number;
  struct sink *sinks;
  unsigned nsinks;
};

static void close_store(struct gh_store *s)
{
  struct memory *m = (struct memory *)s;
  for (size_t i = 0; i < m->count; i++) free((char *)m->leads[m->first + i].id.ptr);
  for (unsigned i = 0; i < m->nsinks; i++) free(m->sinks[i].name);
  free(m->leads);
  free(m->sinks);
  pthread_mutex_destroy(&m->lock);
  free(m);
}

static bool load(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error)
{
  (void)s, (void)row, (void)ctx, (void)error;
  return true;
}

static bool still_ours(struct gh_store *s)
{
  (void)s;
  return true;
}

static void give_up(struct gh_store *s) { (void)s; }

static bool trouble(struct gh_store *s, char text[256])
{
  (void)s, (void)text;
  return false;
}

/* ── leads ── */

static struct lead copy_lead(const struct gh_commit_lead *l)
{
  char *text = malloc(l->id.len + l->json.len + 1);
  GH_CHECK(text && "out of memory");
  if (l->id.len) memcpy(text, l->id.ptr, l->id.len);
  if (l->json.len) memcpy(text + l->id.len, l->json.ptr, l->json.len);
  return (struct lead){gh_str_n(text, l->id.len), gh_str_n(text + l->id.len, l->json.len)};
}

static void push(struct memory *m, const struct gh_commit_lead *l)
{
  if (m->first > 0 && m->first + m->count == m->cap) {
    memmove(m->leads, m->leads + m->first, m->count * sizeof *m->leads);
    m->first = 0;
  }
  if (m->count == m->cap) {
    m->cap = m->cap ? m->cap * 2 : 64;
    m->leads = realloc(m->leads, m->cap * sizeof *m->leads);
    GH_CHECK(m->leads && "out of memory");
  }
  m->leads[m->first + m->count++] = copy_lead(l);
}

static void commit(struct gh_store *s, const struct gh_commit *c, gh_commit_done_fn *done, void *ctx)
{
  struct memory *m = (struct memory *)s;
  pthread_mutex_lock(&m->lock);
  for (unsigned i = 0; i < c->nleads; i++) push(m, &c->leads[i]);
  pthread_mutex_unlock(&m->lock);
  done(ctx, GH_COMMIT_DURABLE, NULL);
}

static bool outbox(struct gh_store *s, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  (void)error;
  struct memory *m = (struct memory *)s;
  pthread_mutex_lock(&m->lock);
  uint64_t from = after + 1 > m->first_number ? after + 1 - m->first_number : 0;
  size_t bytes = 0;
  for (uint64_t i = from; i < m->count && i - from < GH_STORE_OUTBOX_PAGE && bytes < GH_STORE_OUTBOX_BYTES; i++) {
    const struct lead *l = &m->leads[m->first + i];
    bytes += l->json.len;
    lead(ctx, m->first_number + i, l->id, l->json);
  }
  pthread_mutex_unlock(&m->lock);
  return true;
}

static uint64_t outbox_last(struct gh_store *s)
{
  struct memory *m = (struct memory *)s;
  pthread_mutex_lock(&m->lock);
  uint64_t last = m->first_number + m->count - 1;
  pthread_mutex_unlock(&m->lock);
  return last;
}

/* ── places ── */

static struct sink *find(struct memory *m, const char *name)
{
  for (unsigned i = 0; i < m->nsinks; i++) {
    if (strcmp(m->sinks[i].name, name) == 0) return &m->sinks[i];
  }
  return NULL;
}

static struct sink *find_or_add(struct memory *m, const char *name)
{
  struct sink *known = find(m, name);
  if (known) return known;
  m->sinks = realloc(m->sinks, (m->nsinks + 1) * sizeof *m->sinks);
  GH_CHECK(m->sinks && "out of memory");
  m->sinks[m->nsinks] = (struct sink){.name = strdup(name)};
  GH_CHECK(m->sinks[m->nsinks].name && "out of memory");
  return &m->sinks[m->nsinks++];
}

static bool sink_get(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error)
{
  (void)error;
  struct memory *m = (struct memory *)s;
  pthread_mutex_lock(&m->lock);
  struct sink *known = find(m, sink);
  *place = known ? known->place : (struct gh_sink_place){0};
  pthread_mutex_unlock(&m->lock);
  return true;
}

/* What every sink has goes. */
static void prune(struct memory *m)
{
  uint64_t least = m->nsinks ? m->sinks[0].place.number : 0;
  for (unsigned i = 1; i < m->nsinks; i++) least = m->sinks[i].place.number < least ? m->sinks[i].place.number : least;
  for (; m->count > 0 && m->first_number <= least; m->first_number++, m->first++, m->count--) free((char *)m->leads[m->first].id.ptr);
}

static bool sink_put(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error)
{
  (void)error;
  struct memory *m = (struct memory *)s;
  pthread_mutex_lock(&m->lock);
  find_or_add(m, sink)->place = *place;
  prune(m);
  pthread_mutex_unlock(&m->lock);
  return true;
}

static bool named(const char *name, const char *const *sinks, unsigned n)
{
  for (unsigned i = 0; i < n; i++) {
    if (strcmp(sinks[i], name) == 0) return true;
  }
  return false;
}

static bool sinks_only(struct gh_store *s, const char *const *sinks, unsigned n, struct gh_store_error *error)
{
  (void)error;
  struct memory *m = (struct memory *)s;
  uint64_t furthest = 0;
  pthread_mutex_lock(&m->lock);
  for (unsigned i = 0; i < m->nsinks; i++) furthest = m->sinks[i].place.number > furthest ? m->sinks[i].place.number : furthest;
  for (unsigned i = 0; i < n; i++) {
    if (!find(m, sinks[i])) find_or_add(m, sinks[i])->place.number = furthest;
  }
  unsigned kept = 0;
  for (unsigned i = 0; i < m->nsinks; i++) {
    if (named(m->sinks[i].name, sinks, n)) m->sinks[kept++] = m->sinks[i];
    else free(m->sinks[i].name);
  }
  m->nsinks = kept;
  pthread_mutex_unlock(&m->lock);
  return true;
}

/* Dead letters are not kept here: the leads are passed over, and counted. */
static bool sink_bury(struct gh_store *s, const char *sink, const struct gh_sink_place *place, const char *reason, struct gh_store_error *error)
{
  (void)reason;
  struct gh_sink_place before;
  if (sink_get(s, sink, &before, error) && place->number > before.number) atomic_fetch_add(&s->bare, place->number - before.number);
  return sink_put(s, sink, place, error);
}

static bool dead(struct gh_store *s, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error)
{
  (void)s, (void)after, (void)letter, (void)ctx, (void)error;
  return true;
}

static bool dead_drop(struct gh_store *s, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error)
{
  (void)s, (void)numbers, (void)n, (void)dropped, (void)error;
  return true;
}

/* A crash ends the process and this store with it: every one is the first. */
static bool crashed(struct gh_store *s, uint64_t offset, uint64_t *times, struct gh_store_error *error)
{
  (void)s, (void)offset, (void)error;
  *times = 1;
  return true;
}

static bool crashes(struct gh_store *s, uint64_t position, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error)
{
  (void)s, (void)position, (void)crash, (void)ctx, (void)error;
  return true;
}

static const struct gh_store_ops ops = {
    .close = close_store, .load = load, .still_ours = still_ours, .commit = commit, .give_up = give_up, .trouble = trouble, .outbox = outbox,
    .sink_get = sink_get, .sink_put = sink_put, .sinks_only = sinks_only, .sink_bury = sink_bury, .outbox_last = outbox_last, .dead = dead,
    .dead_drop = dead_drop, .crashed = crashed, .crashes = crashes};

struct gh_store *gh_store_open_memory(void)
{
  struct memory *m = calloc(1, sizeof *m);
  GH_CHECK(m && "out of memory");
  gh_store_begin(&m->store, &ops);
  m->first_number = 1;
  pthread_mutex_init(&m->lock, NULL);
  return &m->store;
}
