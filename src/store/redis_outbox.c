/* The outbox and the sinks' places in it. */
#include <inttypes.h>
#include <stdio.h>

#include "goldhour/base/hash.h"
#include "redis_store.h"

enum { BURY_AT_ONCE = 1000, READ_AT_ONCE = 256, LOOKS = 3 };

/* Entry: (id, [id, ID, lead, JSON]); 0 if it is none of ours. */
static uint64_t read_entry(const struct gh_reply *entry, struct gh_str *id, struct gh_str *json)
{
  if (entry->kind != GH_REPLY_LIST || entry->n != 2 || entry->items[1].kind != GH_REPLY_LIST) return 0;
  const struct gh_reply *fields = &entry->items[1];
  *id = *json = (struct gh_str){NULL, 0};
  for (unsigned i = 0; i + 1 < fields->n; i += 2) {
    if (gh_str_eq(gh_item(fields, i), GH_STR("id"))) *id = gh_item(fields, i + 1);
    if (gh_str_eq(gh_item(fields, i), GH_STR("lead"))) *json = gh_item(fields, i + 1);
  }
  return gh_text_u64(gh_item(entry, 0));
}

/* Nothing was read behind `after`: it was trimmed, unless it was lost or stands in what the last commit has left to do, and comes; or has `come` since. In one look: what is
 * away in the first of two may be there in the second. */
static bool look_behind(struct gh_redis_partition *p, uint64_t after, bool *come, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  struct gh_str args[] = {GH_STR("behind"), gh_arena_fmt(&arena, "%" PRIu64, after)};
  bool ok = gh_partition_run(p, &(struct gh_ask){.argv = args, .argc = 2}, &arena, &reply, error);
  if (ok && gh_text_u64(gh_item(&reply, 1)) < p->last_lead) ok = gh_stores_fail(error, "%s: Redis has lost leads that were committed; they are sent again", p->label);
  if (ok && gh_text_u64(gh_item(&reply, 2)) == 1) ok = gh_stores_fail(error, "%s: the last commit's leads are not in the outbox yet", p->label);
  *come = ok && gh_text_u64(gh_item(&reply, 3)) == 1;
  gh_arena_free(&arena);
  return ok;
}

/* Leads behind `after`: how far they came, how many, and how many bytes. */
struct stretch { uint64_t after; unsigned n; size_t bytes; };

static bool read_stretch(struct gh_redis_partition *p, struct stretch *at, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  struct gh_str argv[] = {GH_STR("XRANGE"), p->keys[GH_KEY_OUTBOX], gh_arena_fmt(&arena, "%" PRIu64 "-0", at->after + 1), GH_STR("+"), GH_STR("COUNT"),
                          gh_arena_fmt(&arena, "%d", READ_AT_ONCE)};
  bool ok = gh_partition_ask(p, &(struct gh_ask){.argv = argv, .argc = 6}, &arena, &reply, error);
  at->n = ok ? reply.n : 0;
  for (unsigned i = 0; ok && i < reply.n; i++) {
    struct gh_str id, json;
    uint64_t number = read_entry(&reply.items[i], &id, &json);
    if (!number) {
      ok = gh_stores_fail(error, "%s: its outbox has entries that are not ours", p->label);
      break;
    }
    lead(ctx, number, id, json);
    at->after = number;
    at->bytes += json.len;
  }
  gh_arena_free(&arena);
  return ok;
}

/* In stretches, so that leads of many bytes are not all asked for at once. */
static bool read_page(struct gh_redis_partition *p, struct stretch *at, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  bool ok = true;
  at->n = READ_AT_ONCE;
  for (unsigned n = 0; ok && at->n == READ_AT_ONCE && n < GH_STORE_OUTBOX_PAGE && at->bytes < GH_STORE_OUTBOX_BYTES; n += at->n) ok = read_stretch(p, at, lead, ctx, error);
  return ok;
}

bool gh_redis_outbox(struct gh_store *store, uint64_t after, gh_store_lead_fn *lead, void *ctx, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  struct stretch at = {.after = after};
  bool come = true;
  for (unsigned looks = 0; come && looks < LOOKS; looks++) {
    if (!read_page(p, &at, lead, ctx, error)) return false;
    if (at.after > after || after >= p->last_lead) return true;
    if (!look_behind(p, after, &come, error)) return false;
  }
  return !come || gh_stores_fail(error, "%s: Redis loses leads again and again; they are sent again", p->label);
}

/* ── places ── */

/* "EPOCH NUMBER BYTES FILE" */
static void read_place(struct gh_str text, struct gh_sink_place *place)
{
  struct gh_str word[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
  for (unsigned i = 0; i < 3; i++) {
    const char *end = text.len ? memchr(text.ptr, ' ', text.len) : NULL;
    size_t n = end ? (size_t)(end - text.ptr) : text.len;
    word[i] = gh_str_n(text.ptr, n);
    text = end ? gh_str_n(end + 1, text.len - n - 1) : (struct gh_str){NULL, 0};
  }
  *place = (struct gh_sink_place){.number = gh_text_u64(word[1]), .bytes = (int64_t)gh_text_u64(word[2])};
  snprintf(place->file, sizeof place->file, "%.*s", GH_FMT(text));
}

/* A place is moved by whoever read it in the same epoch, as the same owner: what was read before a loss stands for leads that are gone, and what was read before
 * the partition was loaded again may stand for those of a history that somebody else has gone on from. */
static void note_read(struct gh_redis_partition *p, const char *sink, const char *owner, struct gh_str epoch)
{
  uint64_t hash = gh_hash(gh_str(sink));
  unsigned i = 0;
  pthread_mutex_lock(&p->lock);
  while (i < p->nread && p->read[i].sink != hash) i++;
  if (i == p->nread && p->nread < GH_SINKS) p->nread++;
  if (i < GH_SINKS) {
    p->read[i].sink = hash;
    snprintf(p->read[i].epoch, sizeof p->read[i].epoch, "%.*s", GH_FMT(epoch));
    memcpy(p->read[i].owner, owner, sizeof p->read[i].owner);
  }
  pthread_mutex_unlock(&p->lock);
}

/* As whom, and in which epoch, the place is moved. Never read: as the owner, in whatever epoch it is. */
struct reader { char owner[GH_TOKEN], epoch[GH_MARK]; };

static struct reader reader_of(struct gh_redis_partition *p, const char *sink)
{
  uint64_t hash = gh_hash(gh_str(sink));
  struct reader r = {.epoch = ""};
  pthread_mutex_lock(&p->lock);
  memcpy(r.owner, p->owner, sizeof r.owner);
  for (unsigned i = 0; i < p->nread; i++) {
    if (p->read[i].sink != hash) continue;
    memcpy(r.owner, p->read[i].owner, sizeof r.owner);
    memcpy(r.epoch, p->read[i].epoch, sizeof r.epoch);
  }
  pthread_mutex_unlock(&p->lock);
  return r;
}

bool gh_redis_sink_get(struct gh_store *store, const char *sink, struct gh_sink_place *place, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  char owner[GH_TOKEN];
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  gh_partition_owner(p, owner); /* before it is read: who loads meanwhile reads it anew */
  struct gh_str argv[] = {GH_STR("HMGET"), p->keys[GH_KEY_META], gh_arena_fmt(&arena, "sink:%s", sink), GH_STR("epoch")};
  bool ok = gh_partition_ask(p, &(struct gh_ask){.argv = argv, .argc = 4}, &arena, &reply, error);
  bool named = ok && gh_item(&reply, 0).ptr;
  if (ok) {
    read_place(gh_item(&reply, 0), place);
    note_read(p, sink, owner, gh_item(&reply, 1));
  }
  gh_arena_free(&arena);
  if (ok && !named && owner[0]) return gh_redis_sink_put(store, sink, place, error); /* Redis has lost that it was named: its leads are to be kept for it */
  return ok;
}

static uint64_t not_negative(int64_t n) { return n > 0 ? (uint64_t)n : 0; }

bool gh_redis_sink_put(struct gh_store *store, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  struct reader reader = reader_of(p, sink);
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  struct gh_str args[] = {GH_STR("place"), gh_str(reader.owner), gh_str(sink), gh_arena_fmt(&arena, "%" PRIu64, place->number),
                          gh_arena_fmt(&arena, "%" PRIu64, not_negative(place->bytes)), gh_str(place->file), gh_arena_fmt(&arena, "%" PRId64, p->all->keep_ms),
                          gh_str(reader.epoch)};
  bool ok = gh_partition_run(p, &(struct gh_ask){.argv = args, .argc = 8}, &arena, &reply, error);
  gh_arena_free(&arena);
  return ok;
}

bool gh_redis_sinks_only(struct gh_store *store, const char *const *sinks, unsigned n, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  char owner[GH_TOKEN];
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_str args[2 + GH_SINKS] = {GH_STR("sinks")};
  if (n > GH_SINKS) return gh_stores_fail(error, "%s: more than %d sinks", p->label, GH_SINKS);
  gh_arena_init(&arena, 0);
  gh_partition_owner(p, owner);
  args[1] = gh_str(owner);
  for (unsigned i = 0; i < n; i++) args[2 + i] = gh_str(sinks[i]);
  bool ok = gh_partition_run(p, &(struct gh_ask){.argv = args, .argc = 2 + n}, &arena, &reply, error);
  for (unsigned i = 1; ok && i + 1 < reply.n; i += 2) gh_tell_sink_gone(p->label, gh_item(&reply, i), gh_text_u64(gh_item(&reply, i + 1)));
  gh_arena_free(&arena);
  return ok;
}

/* A page at a time, each in one piece: Redis serves nobody else meanwhile. */
static bool bury_page(struct gh_redis_partition *p, const struct gh_str *args, uint64_t *reached, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  bool ok = gh_partition_run(p, &(struct gh_ask){.argv = args, .argc = 11}, &arena, &reply, error);
  if (ok) *reached = gh_text_u64(gh_item(&reply, 1));
  if (ok) atomic_fetch_add(&p->store.bare, gh_text_u64(gh_item(&reply, 2)));
  gh_arena_free(&arena);
  return ok;
}

bool gh_redis_sink_bury(struct gh_store *store, const char *sink, const struct gh_sink_place *place, const char *reason, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  struct reader reader = reader_of(p, sink);
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  struct gh_str args[] = {GH_STR("bury"), gh_str(reader.owner), gh_str(sink), gh_arena_fmt(&arena, "%" PRIu64, place->number),
                          gh_arena_fmt(&arena, "%" PRIu64, not_negative(place->bytes)), gh_str(place->file), gh_arena_fmt(&arena, "%" PRId64, p->all->keep_ms),
                          gh_str(reader.epoch), gh_str(reason), gh_arena_fmt(&arena, "%" PRId64, p->all->dead_most), gh_arena_fmt(&arena, "%d", BURY_AT_ONCE)};
  uint64_t reached = 0;
  bool ok = true;
  while (ok && reached < place->number) ok = bury_page(p, args, &reached, error);
  gh_arena_free(&arena);
  return ok;
}
