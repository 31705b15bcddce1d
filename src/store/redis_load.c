/* Loading: ownership first, then the state in pages. */
#include <inttypes.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "redis_store.h"

enum { BUCKET_PAGE = 64, LOG_PAGE_MOST = 4096 };
#define PAGE_BYTES (4u << 20)

/* ── rows ── */

static bool damaged(struct gh_loader *l, const char *kind, uint64_t key, const char *how)
{
  l->damaged = true;
  return gh_stores_fail(l->error, "%s: it is damaged: row %" PRIu64 " of %s %s (docs/redis.md, Restoring)", l->p->label, key, kind, how);
}

static bool give(struct gh_loader *l, enum gh_store_row kind, uint64_t key, struct gh_str row)
{
  static const char *const names[] = {"meta", "dict", "bucket", "log"};
  struct gh_str bytes;
  uint64_t seed = kind == GH_STORE_DICT ? 0 : key;
  if (!gh_row_open(row, seed, &bytes)) return damaged(l, names[kind], key, "does not match its hash");
  if (kind == GH_STORE_LOG && bytes.len == 0) return true; /* a commit that changed nothing */
  return l->row(l->ctx, kind, kind == GH_STORE_META ? 0 : key, bytes) || damaged(l, names[kind], key, "cannot be read");
}

static int by_key(const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static bool load_bucket_page(struct gh_loader *l, const uint64_t *keys, unsigned n, struct gh_arena *page)
{
  struct gh_reply reply;
  struct gh_str argv[2 + BUCKET_PAGE] = {GH_STR("HMGET"), l->p->keys[GH_KEY_BUCKET]};
  for (unsigned i = 0; i < n; i++) argv[2 + i] = gh_arena_fmt(page, "%" PRIu64, keys[i]);
  if (!gh_partition_ask(l->p, &(struct gh_ask){.argv = argv, .argc = 2 + n}, page, &reply, l->error)) return false;
  for (unsigned i = 0; i < n; i++) {
    if (!give(l, GH_STORE_BUCKET, keys[i], gh_item(&reply, i))) return false;
  }
  return true;
}

static bool load_buckets(struct gh_loader *l)
{
  struct gh_reply reply;
  struct gh_str argv[] = {GH_STR("HKEYS"), l->p->keys[GH_KEY_BUCKET]};
  if (!gh_partition_ask(l->p, &(struct gh_ask){.argv = argv, .argc = 2}, &l->arena, &reply, l->error)) return false;
  uint64_t *keys = gh_arena_alloc(&l->arena, (reply.n + 1) * sizeof *keys);
  for (unsigned i = 0; i < reply.n; i++) keys[i] = gh_text_u64(reply.items[i].text);
  qsort(keys, reply.n, sizeof *keys, by_key);
  struct gh_arena page;
  gh_arena_init(&page, 0);
  bool ok = true;
  for (unsigned i = 0; ok && i < reply.n; i += BUCKET_PAGE) {
    ok = load_bucket_page(l, keys + i, reply.n - i < BUCKET_PAGE ? reply.n - i : BUCKET_PAGE, &page);
    gh_arena_reset(&page);
  }
  gh_arena_free(&page);
  return ok;
}

/* How many rows to ask for, so that a page has about PAGE_BYTES. */
static unsigned page_rows(size_t bytes, unsigned rows)
{
  size_t each = rows ? bytes / rows + 1 : PAGE_BYTES, most = PAGE_BYTES / each;
  return most < 1 ? 1 : most > LOG_PAGE_MOST ? LOG_PAGE_MOST : (unsigned)most;
}

/* The rows from `at` on; as many as `rows` says. */
static bool load_log_page(struct gh_loader *l, const struct gh_acquired *a, uint64_t at, unsigned *rows)
{
  struct gh_reply reply;
  struct gh_arena page;
  size_t bytes = 0;
  gh_arena_init(&page, 0);
  struct gh_str *argv = gh_arena_alloc(&page, (2 + *rows) * sizeof *argv);
  argv[0] = GH_STR("HMGET");
  argv[1] = l->p->keys[GH_KEY_LOG];
  for (unsigned i = 0; i < *rows; i++) argv[2 + i] = gh_arena_fmt(&page, "%" PRIu64, a->log_first + at + i);
  bool ok = gh_partition_ask(l->p, &(struct gh_ask){.argv = argv, .argc = 2 + *rows}, &page, &reply, l->error);
  for (unsigned i = 0; ok && i < *rows; i++) {
    struct gh_str row = gh_item(&reply, i);
    ok = row.ptr ? give(l, GH_STORE_LOG, a->log_first + at + i, row) : damaged(l, "log", a->log_first + at + i, "is not there");
    bytes += row.len;
  }
  if (ok) *rows = page_rows(bytes, *rows);
  gh_arena_free(&page);
  return ok;
}

static bool load_log(struct gh_loader *l, const struct gh_acquired *a)
{
  if (a->log_first + a->rows != a->seq + 1) return damaged(l, "log", a->log_first, "or one behind it is not there");
  unsigned rows = 1, next = 1;
  for (uint64_t at = 0; at < a->rows; at += rows, rows = next) {
    if (rows > a->rows - at) rows = (unsigned)(a->rows - at);
    next = rows;
    if (!load_log_page(l, a, at, &next)) return false;
  }
  return true;
}

static bool load_rows(struct gh_loader *l, const struct gh_acquired *a)
{
  if (a->seq > 0 && !give(l, GH_STORE_META, a->seq, a->meta)) return false;
  if (a->dict.len && !give(l, GH_STORE_DICT, 0, a->dict)) return false;
  return load_buckets(l) && load_log(l, a);
}

/* ── loading ── */

static void note(struct gh_redis_partition *p, const struct gh_acquired *a)
{
  pthread_mutex_lock(&p->lock);
  p->seq = a->seq;
  memcpy(p->mark, a->mark, sizeof p->mark);
  p->last_lead = a->lead;
  pthread_mutex_unlock(&p->lock);
}

/* Only what was read as a whole is known. */
static void remember(struct gh_redis_partition *p, const struct gh_acquired *a)
{
  struct gh_partition_record *r = p->record;
  pthread_mutex_lock(&p->lock);
  p->whole = true;
  pthread_mutex_unlock(&p->lock);
  pthread_mutex_lock(&p->all->lock);
  r->known = true;
  r->lost = false;
  r->seq = a->seq;
  memcpy(r->mark, a->mark, sizeof r->mark);
  pthread_mutex_unlock(&p->all->lock);
}

enum hands { OURS, OTHERS, UNKNOWN };

static enum hands whose(struct gh_redis_partition *p, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  struct gh_str argv[] = {GH_STR("HMGET"), p->keys[GH_KEY_META], GH_STR("owner"), GH_STR("seq"), GH_STR("mark")};
  bool told = gh_partition_ask(p, &(struct gh_ask){.argv = argv, .argc = 5}, &arena, &reply, error);
  pthread_mutex_lock(&p->lock);
  bool ours = told && p->owner[0] && gh_str_eq(gh_item(&reply, 0), gh_str(p->owner)) && gh_text_u64(gh_item(&reply, 1)) == p->seq &&
              gh_str_eq(gh_item(&reply, 2), gh_str(p->mark));
  pthread_mutex_unlock(&p->lock);
  gh_arena_free(&arena);
  return ours ? OURS : told ? OTHERS : UNKNOWN;
}

/* `ok`: whether the rows were read. Who else took it meanwhile may have written them anew, and cut some: that is no damage. */
static bool is_unchanged(struct gh_loader *l, bool ok)
{
  struct gh_store_error error;
  if (!ok && !l->damaged) return false; /* no answer: that is said */
  enum hands hands = whose(l->p, &error);
  if (hands == OTHERS) return gh_stores_fail(l->error, "%s: it changed hands while it was loaded", l->p->label);
  if (ok && hands == UNKNOWN) *l->error = error;
  return ok && hands == OURS;
}

bool gh_redis_load(struct gh_store *store, gh_store_row_fn *row, void *ctx, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  struct gh_loader l = {.p = p, .row = row, .ctx = ctx, .error = error};
  struct gh_acquired a = {0};
  GH_CHECK(p->owned && "opened for reading alone");
  gh_arena_init(&l.arena, 0);
  pthread_mutex_lock(&p->lock);
  GH_CHECK(!p->done && "not while a commit is in flight");
  gh_random_hex(p->owner, (GH_TOKEN - 1) / 2);
  p->turn++; /* what was probed meanwhile is found by loading */
  p->whole = p->probing = p->loading = p->retaking = p->fenced_probe = false;
  pthread_mutex_unlock(&p->lock);
  bool ok = gh_stores_same(p->all, 0, error) && gh_become_owner(&l, &a);
  if (ok) note(p, &a);
  ok = ok && is_unchanged(&l, load_rows(&l, &a));
  if (ok) remember(p, &a);
  gh_arena_free(&l.arena);
  return ok;
}

bool gh_redis_still_ours(struct gh_store *store)
{
  struct gh_store_error error;
  return whose((struct gh_redis_partition *)store, &error) == OURS;
}
