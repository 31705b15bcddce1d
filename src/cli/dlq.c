#include "dlq.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"

#define PAGE_BYTES ((size_t)8 << 20)
#define WITHIN_MS INT64_C(10000)

static bool tell(const char *what)
{
  fprintf(stderr, "goldhour dlq: %s\n", what);
  return false;
}

static bool open_redis(struct gh_dlq *d)
{
  struct gh_store_error error;
  struct gh_buf warnings = {0}; /* they are for run and check */
  const struct gh_stores_options o = {.conf = &d->conf->redis, .dir = d->conf->dir, .dead_letter_bytes = d->conf->dead_letter_bytes};
  struct gh_stores_identity identity;
  d->stores = gh_stores_open(&o, WITHIN_MS, &warnings, &error);
  gh_buf_free(&warnings);
  if (!d->stores || !gh_stores_identity(d->stores, &identity, &error)) return tell(error.text);
  d->npartitions = identity.partitions;
  return true;
}

bool gh_dlq_open(struct gh_dlq *d, struct gh_arena *arena)
{
  struct gh_store_error error;
  d->npartitions = 1;
  if (d->conf->store == GH_STORE_REDIS) return open_redis(d);
  if (d->conf->store == GH_STORE_MEMORY) return tell("the configured store is in memory: its dead letters end with the process");
  d->store = gh_store_read_sqlite(gh_path_join(arena, d->conf->dir, d->conf->store_path.text).ptr, &error);
  return d->store || tell(error.text);
}

void gh_dlq_close(struct gh_dlq *d)
{
  if (d->store) gh_store_close(d->store);
  if (d->stores) gh_stores_close(d->stores);
  free(d->until);
  d->store = NULL;
  d->stores = NULL;
  d->until = NULL;
}

/* ── reading ── */

struct reading {
  const struct gh_dlq *d;
  struct gh_dlq_cursor *cursor;
  struct gh_dlq_page *page;
};

static bool is_named(const struct gh_dlq *d, unsigned partition, uint64_t number)
{
  const struct gh_dlq_choice *c = &d->choice;
  for (unsigned i = 0; i < c->nnumbers; i++)
    if (c->numbers[i].partition == partition && c->numbers[i].number == number) return true;
  return c->nnumbers == 0;
}

static bool is_chosen(const struct gh_dlq *d, unsigned partition, const struct gh_dead_letter *l)
{
  const struct gh_dlq_choice *c = &d->choice;
  if (c->reason && !gh_str_eq(l->reason, gh_str(c->reason))) return false;
  if (c->input && !gh_str_eq(l->input, gh_str(c->input))) return false;
  return l->at_ms >= c->since_ms && is_named(d, partition, l->number);
}

static struct gh_dead_letter copy(struct gh_arena *arena, const struct gh_dead_letter *l)
{
  struct gh_dead_letter c = *l;
  struct gh_str *texts[] = {&c.input, &c.reason, &c.detail, &c.raw, &c.key, &c.headers};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i]->len) *texts[i] = gh_arena_str(arena, *texts[i]);
  return c;
}

static bool take(void *ctx, const struct gh_dead_letter *l)
{
  struct reading *r = ctx;
  const struct gh_dlq *d = r->d;
  unsigned partition = r->cursor->partition;
  if (d->until && l->number > d->until[partition]) return false;
  r->cursor->after = l->number;
  if (!is_chosen(d, partition, l)) return true;
  r->page->letters[r->page->n++] = (struct gh_dlq_letter){partition, copy(&r->page->arena, l)};
  r->cursor->given++;
  if (d->choice.limit && r->cursor->given >= d->choice.limit) return false;
  return r->page->n < GH_DLQ_PAGE && r->page->arena.used_bytes < PAGE_BYTES;
}

static struct gh_store *store_of(struct gh_dlq *d, unsigned partition) { return d->stores ? gh_stores_partition(d->stores, partition,
    false) : gh_store_ref(d->store); }

static bool read_page(struct gh_dlq *d, struct gh_dlq_cursor *cursor, struct gh_dlq_page *page)
{
  struct gh_store_error error;
  struct gh_store *s = store_of(d, cursor->partition);
  bool ok = gh_store_dead(s, cursor->after, take, &(struct reading){d, cursor, page}, &error);
  gh_store_close(s);
  return ok || tell(error.text);
}

static bool is_meant(const struct gh_dlq *d, unsigned partition)
{
  const struct gh_dlq_choice *c = &d->choice;
  if (c->partition >= 0 && c->partition != (int64_t)partition) return false;
  for (unsigned i = 0; i < c->nnumbers; i++)
    if (c->numbers[i].partition == partition) return true;
  return c->nnumbers == 0;
}

bool gh_dlq_next(struct gh_dlq *d, struct gh_dlq_cursor *cursor, struct gh_dlq_page *page)
{
  page->n = 0;
  gh_arena_reset(&page->arena);
  while (cursor->partition < d->npartitions && !(d->choice.limit && cursor->given >= d->choice.limit)) {
    if (is_meant(d, cursor->partition) && !read_page(d, cursor, page)) return false;
    if (page->n) return true;
    cursor->partition++;
    cursor->after = 0;
  }
  return true;
}

bool gh_dlq_freeze(struct gh_dlq *d, uint64_t *n)
{
  static struct gh_dlq_page page;
  struct gh_dlq_cursor cursor = {0};
  uint64_t *until = calloc(d->npartitions + 1, sizeof *until);
  GH_CHECK(until && "out of memory");
  gh_arena_init(&page.arena, 0);
  bool ok;
  while ((ok = gh_dlq_next(d, &cursor, &page)) && page.n) until[cursor.partition] = page.letters[page.n - 1].letter.number;
  gh_arena_free(&page.arena);
  *n = cursor.given;
  free(d->until);
  d->until = until;
  return ok;
}

bool gh_dlq_drop(struct gh_dlq *d, const struct gh_dlq_page *page, unsigned *dropped)
{
  uint64_t numbers[GH_DLQ_PAGE];
  struct gh_store_error error;
  if (page->n == 0) return true;
  for (unsigned i = 0; i < page->n; i++) numbers[i] = page->letters[i].letter.number;
  struct gh_store *s = store_of(d, page->letters[0].partition);
  unsigned n = 0;
  bool ok = gh_store_dead_drop(s, numbers, page->n, &n, &error);
  gh_store_close(s);
  *dropped += n;
  return ok || tell(error.text);
}
