/* A store in memory, for quick runs: nothing survives the process, so state is not kept at all; leads are, until the sink has them.
 * The commit answers at once, on the caller's thread. Leads and the sink's place are under one lock, as the relay has its own thread. */
#include <pthread.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "ops.h"

struct memory {
  struct gh_store store;
  pthread_mutex_t lock;
  struct gh_str *leads; /* a queue: leads[first .. first + count), their texts owned; leads[first] has number first_number */
  size_t first, count, cap;
  uint64_t first_number;
  struct gh_sink_place place;
};

static void close_store(struct gh_store *s)
{
  struct memory *m = (struct memory *)s;
  for (size_t i = 0; i < m->count; i++) free((char *)m->leads[m->first + i].ptr);
  free(m->leads);
  pthread_mutex_destroy(&m->lock);
  free(m);
}

static bool load(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error)
{
  (void)s, (void)row, (void)ctx, (void)error;
  return true;
}

static void push(struct memory *m, struct gh_str json)
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
  char *text = malloc(json.len + 1);
  GH_CHECK(text && "out of memory");
  if (json.len) memcpy(text, json.ptr, json.len);
  m->leads[m->first + m->count++] = gh_str_n(text, json.len);
}

static void commit(struct gh_store *s, const struct gh_commit *c, gh_store_done_fn *done, void *ctx)
{
  struct memory *m = (struct memory *)s;
  pthread_mutex_lock(&m->lock);
  for (unsigned i = 0; i < c->nleads; i++) push(m, c->leads[i].json);
  pthread_mutex_unlock(&m->lock);
  done(ctx, NULL);
}

static bool outbox(struct gh_store *s, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  (void)error;
  struct memory *m = (struct memory *)s;
  pthread_mutex_lock(&m->lock);
  uint64_t from = after + 1 > m->first_number ? after + 1 - m->first_number : 0;
  for (uint64_t i = from; i < m->count && i - from < GH_STORE_OUTBOX_PAGE; i++) lead(ctx, m->first_number + i, m->leads[m->first + i]);
  pthread_mutex_unlock(&m->lock);
  return true;
}

static bool sink_get(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error)
{
  (void)sink, (void)error;
  *place = ((struct memory *)s)->place;
  return true;
}

static bool sink_put(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error)
{
  (void)sink, (void)error;
  struct memory *m = (struct memory *)s;
  pthread_mutex_lock(&m->lock);
  m->place = *place;
  for (; m->count > 0 && m->first_number <= place->number; m->first_number++, m->first++, m->count--) free((char *)m->leads[m->first].ptr);
  pthread_mutex_unlock(&m->lock);
  return true;
}

static bool sink_only(struct gh_store *s, const char *sink, struct gh_store_error *error)
{
  (void)s, (void)sink, (void)error;
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

static bool dead(struct gh_store *s, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error)
{
  (void)s, (void)after, (void)letter, (void)ctx, (void)error;
  return true;
}

static const struct gh_store_ops ops = {close_store, load, commit, outbox, sink_get, sink_put, sink_only, outbox_last, dead};

struct gh_store *gh_store_open_memory(void)
{
  struct memory *m = calloc(1, sizeof *m);
  GH_CHECK(m && "out of memory");
  m->store.ops = &ops;
  m->first_number = 1;
  pthread_mutex_init(&m->lock, NULL);
  return &m->store;
}
