/* Dead letters and the counts of crashes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "redis_store.h"

enum { DEAD_PAGE = 32, DROP_PAGE = 1000 };

/* ── reading ── */

static struct gh_dead_letter read_letter(const struct gh_reply *entry)
{
  struct gh_dead_letter l = {.number = gh_text_u64(gh_item(entry, 0))};
  if (entry->kind != GH_REPLY_LIST || entry->n != 2) return l;
  const struct gh_reply *fields = &entry->items[1];
  struct { const char *name; struct gh_str *to; } texts[] = {{"input", &l.input}, {"reason", &l.reason}, {"detail", &l.detail}, {"raw", &l.raw},
                                                             {"key", &l.key}, {"headers", &l.headers}};
  for (unsigned i = 0; i + 1 < fields->n; i += 2) {
    struct gh_str name = gh_item(fields, i), value = gh_item(fields, i + 1);
    for (unsigned t = 0; t < sizeof texts / sizeof *texts; t++) {
      if (gh_str_eq(name, gh_str(texts[t].name))) *texts[t].to = value;
    }
    if (gh_str_eq(name, GH_STR("offset"))) l.offset = gh_text_u64(value);
    if (gh_str_eq(name, GH_STR("record"))) l.record = gh_text_u64(value);
    if (gh_str_eq(name, GH_STR("at"))) l.at_ms = (int64_t)gh_text_u64(value);
  }
  return l;
}

struct reading { gh_store_letter_fn *letter; void *ctx; uint64_t after; bool more; };

static bool read_page(struct gh_redis_partition *p, struct reading *r, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  struct gh_str argv[] = {GH_STR("XRANGE"), p->keys[GH_KEY_DEAD], gh_arena_fmt(&arena, "%" PRIu64 "-0", r->after + 1), GH_STR("+"), GH_STR("COUNT"),
                          gh_arena_fmt(&arena, "%d", DEAD_PAGE)};
  bool ok = gh_partition_ask(p, &(struct gh_ask){.argv = argv, .argc = 6}, &arena, &reply, error);
  r->more = ok && reply.n == DEAD_PAGE;
  for (unsigned i = 0; ok && i < reply.n; i++) {
    struct gh_dead_letter l = read_letter(&reply.items[i]);
    r->after = l.number;
    if (r->letter(r->ctx, &l)) continue;
    r->more = false;
    break;
  }
  gh_arena_free(&arena);
  return ok;
}

bool gh_redis_dead(struct gh_store *store, uint64_t after, gh_store_letter_fn *letter, void *ctx, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  struct reading r = {letter, ctx, after, true};
  bool ok = true;
  while (ok && r.more) ok = read_page(p, &r, error);
  return ok;
}

/* ── dropping ── */

static bool drop_page(struct gh_redis_partition *p, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  struct gh_str *args = gh_arena_alloc(&arena, (n + 1) * sizeof *args);
  args[0] = GH_STR("drop");
  for (unsigned i = 0; i < n; i++) args[1 + i] = gh_arena_fmt(&arena, "%" PRIu64, numbers[i]);
  bool ok = gh_partition_run(p, &(struct gh_ask){.argv = args, .argc = n + 1}, &arena, &reply, error);
  if (ok) *dropped += (unsigned)gh_text_u64(gh_item(&reply, 1));
  gh_arena_free(&arena);
  return ok;
}

bool gh_redis_dead_drop(struct gh_store *store, const uint64_t *numbers, unsigned n, unsigned *dropped, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  bool ok = true;
  for (unsigned i = 0; ok && i < n; i += DROP_PAGE) ok = drop_page(p, numbers + i, n - i < DROP_PAGE ? n - i : DROP_PAGE, dropped, error);
  return ok;
}

/* ── crashes ── */

/* Read and set, not added to: asked twice it is still one more. Only the owner does this. */
bool gh_redis_crashed(struct gh_store *store, uint64_t offset, uint64_t *times, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  struct gh_str field = gh_arena_fmt(&arena, "%" PRIu64, offset), get[] = {GH_STR("HGET"), p->keys[GH_KEY_CRASH], field};
  bool ok = gh_partition_ask(p, &(struct gh_ask){.argv = get, .argc = 3}, &arena, &reply, error);
  if (ok) {
    *times = (reply.kind == GH_REPLY_TEXT ? gh_text_u64(reply.text) : 0) + 1;
    struct gh_str set[] = {GH_STR("HSET"), p->keys[GH_KEY_CRASH], field, gh_arena_fmt(&arena, "%" PRIu64, *times)};
    ok = gh_partition_ask(p, &(struct gh_ask){.argv = set, .argc = 4}, &arena, &reply, error);
  }
  gh_arena_free(&arena);
  return ok;
}

struct crash { uint64_t offset, times; };

static int by_offset(const void *a, const void *b)
{
  const struct crash *x = a, *y = b;
  return (x->offset > y->offset) - (x->offset < y->offset);
}

static bool forget_crashes(struct gh_redis_partition *p, const struct crash *crashes, unsigned n, struct gh_arena *arena, struct gh_store_error *error)
{
  struct gh_reply reply;
  struct gh_str *argv = gh_arena_alloc(arena, (n + 2) * sizeof *argv);
  argv[0] = GH_STR("HDEL");
  argv[1] = p->keys[GH_KEY_CRASH];
  for (unsigned i = 0; i < n; i++) argv[2 + i] = gh_arena_fmt(arena, "%" PRIu64, crashes[i].offset);
  return n == 0 || gh_partition_ask(p, &(struct gh_ask){.argv = argv, .argc = n + 2}, arena, &reply, error);
}

bool gh_redis_crashes(struct gh_store *store, uint64_t position, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  struct gh_str argv[] = {GH_STR("HGETALL"), p->keys[GH_KEY_CRASH]};
  bool ok = gh_partition_ask(p, &(struct gh_ask){.argv = argv, .argc = 2}, &arena, &reply, error);
  unsigned n = ok ? reply.n / 2 : 0, passed = 0;
  struct crash *crashes = gh_arena_alloc(&arena, (n + 1) * sizeof *crashes);
  for (unsigned i = 0; i < n; i++) crashes[i] = (struct crash){gh_text_u64(gh_item(&reply, 2 * i)), gh_text_u64(gh_item(&reply, 2 * i + 1))};
  qsort(crashes, n, sizeof *crashes, by_offset);
  while (passed < n && crashes[passed].offset < position) passed++;
  ok = ok && forget_crashes(p, crashes, passed, &arena, error);
  for (unsigned i = passed; ok && i < n; i++) crash(ctx, crashes[i].offset, crashes[i].times);
  gh_arena_free(&arena);
  return ok;
}
