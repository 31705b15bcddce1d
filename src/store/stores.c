/* The stores of one installation in Redis: opening, what partitions share, the identity. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "redis_store.h"

#define PARTITIONS_MOST 100000u

void gh_random_hex(char *out, unsigned bytes)
{
  unsigned char raw[32];
  GH_CHECK(bytes <= sizeof raw && getrandom(raw, bytes, 0) == (ssize_t)bytes);
  for (unsigned i = 0; i < bytes; i++) snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

uint64_t gh_text_u64(struct gh_str s)
{
  uint64_t n = 0;
  for (size_t i = 0; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++) n = n * 10 + (uint64_t)(s.ptr[i] - '0');
  return n;
}

/* ── opening and closing ── */

/* Within braces of a hash tag, and legible for people: what Kafka allows of a group's name, but for braces and blanks. */
static bool name_fits(struct gh_str name)
{
  for (size_t i = 0; i < name.len; i++) {
    unsigned char c = (unsigned char)name.ptr[i];
    if (c <= ' ' || c == '{' || c == '}' || c == 0x7f) return false;
  }
  return name.len > 0 && name.len <= 64;
}

static struct gh_stores *new_stores(const struct gh_stores_options *o)
{
  struct gh_stores *s = calloc(1, sizeof *s);
  GH_CHECK(s && "out of memory");
  s->name = strndup(o->conf->name.ptr, o->conf->name.len);
  GH_CHECK(s->name && "out of memory");
  s->keep_ms = o->conf->keep_ms;
  s->timeout_ms = o->conf->redis.timeout_ms;
  s->dead_most = o->dead_letter_bytes;
  s->ring.most = o->conf->resend_bytes > 0 ? (size_t)o->conf->resend_bytes : 0;
  pthread_mutex_init(&s->lock, NULL);
  pthread_mutex_init(&s->watch_lock, NULL);
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&s->watch_wake, &clock);
  pthread_condattr_destroy(&clock);
  return s;
}

void gh_stores_close(struct gh_stores *s)
{
  if (!s) return;
  gh_watch_end(s);
  gh_redis_close(s->redis);
  for (unsigned i = 0; i < s->nrecords; i++) {
    if (s->records[i]) gh_ring_clear(&s->ring, s->records[i]);
    free(s->records[i]);
  }
  free(s->records);
  gh_buf_free(&s->library);
  gh_buf_free(&s->script);
  gh_buf_free(&s->rules.bundle);
  pthread_cond_destroy(&s->watch_wake);
  pthread_mutex_destroy(&s->watch_lock);
  pthread_mutex_destroy(&s->lock);
  free(s->name);
  free(s);
}

struct gh_stores *gh_stores_open(const struct gh_stores_options *o, int64_t within_ms, struct gh_buf *warnings, struct gh_store_error *error)
{
  struct gh_redis_error why;
  if (!name_fits(o->conf->name)) {
    gh_stores_fail(error, "store.redis.name %.*s: 1 to 64 characters without blanks and braces", GH_FMT(o->conf->name));
    return NULL;
  }
  struct gh_redis *redis = gh_redis_open(&o->conf->redis, o->dir, "goldhour", &why);
  if (!redis) {
    gh_stores_fail(error, "store: %s", why.text);
    return NULL;
  }
  struct gh_stores *s = new_stores(o);
  s->redis = redis;
  gh_stores_patient(s, within_ms);
  if (!gh_stores_check(s, warnings, error)) {
    gh_stores_close(s);
    return NULL;
  }
  gh_watch_begin(s);
  return s;
}

void gh_stores_patient(struct gh_stores *s, int64_t within_ms)
{
  s->patient_until_ns = gh_monotonic_ns() + (uint64_t)(within_ms > 0 ? within_ms : 0) * 1000000;
}

void gh_stores_begun(struct gh_stores *s) { s->patient_until_ns = 0; }

struct gh_redis *gh_stores_redis(struct gh_stores *s) { return s->redis; }

struct gh_partition_record *gh_stores_record(struct gh_stores *s, unsigned partition)
{
  GH_CHECK(partition < PARTITIONS_MOST);
  pthread_mutex_lock(&s->lock);
  if (partition >= s->nrecords) {
    s->records = realloc(s->records, (partition + 1) * sizeof(void *));
    GH_CHECK(s->records && "out of memory");
    while (s->nrecords <= partition) s->records[s->nrecords++] = NULL;
  }
  struct gh_partition_record *record = s->records[partition];
  if (!record) {
    record = s->records[partition] = calloc(1, sizeof *record);
    GH_CHECK(record && "out of memory");
    record->number = partition;
  }
  pthread_mutex_unlock(&s->lock);
  return record;
}

/* ── identity ── */

static void note_identity(struct gh_stores *s, const struct gh_stores_identity *identity)
{
  pthread_mutex_lock(&s->lock);
  if (!s->identity.id[0]) s->identity = *identity;
  pthread_mutex_unlock(&s->lock);
}

static void read_identity(const struct gh_reply *reply, unsigned first, struct gh_stores_identity *identity)
{
  struct gh_str id = gh_item(reply, first);
  *identity = (struct gh_stores_identity){.format = (unsigned)gh_text_u64(gh_item(reply, first + 1)), .partitions = (unsigned)gh_text_u64(gh_item(reply, first + 2))};
  snprintf(identity->id, sizeof identity->id, "%.*s", GH_FMT(id));
}

static bool ask_identity(struct gh_stores *s, int64_t within_ms, struct gh_stores_identity *identity, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_store_error why;
  gh_arena_init(&arena, 0);
  struct gh_str argv[] = {GH_STR("HMGET"), gh_arena_fmt(&arena, "gh:{%s}:store", s->name), GH_STR("id"), GH_STR("format"), GH_STR("partitions")};
  bool ok = gh_stores_ask(s, &(struct gh_ask){.argv = argv, .argc = 5, .within_ms = within_ms}, &arena, &reply, &why);
  if (ok) read_identity(&reply, 0, identity);
  else gh_stores_fail(error, "store gh:{%s}:store cannot be read: %s", s->name, why.text);
  gh_arena_free(&arena);
  return ok;
}

bool gh_stores_identity(struct gh_stores *s, struct gh_stores_identity *identity, struct gh_store_error *error)
{
  if (!ask_identity(s, 0, identity, error)) return false;
  if (identity->id[0]) note_identity(s, identity);
  return true;
}

static bool found(struct gh_stores *s, const struct gh_stores_identity *wanted, struct gh_stores_identity *identity, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_store_error why;
  gh_arena_init(&arena, 0);
  struct gh_str key = gh_arena_fmt(&arena, "gh:{%s}:store", s->name);
  struct gh_str args[] = {GH_STR("found"), gh_str(wanted->id), gh_arena_fmt(&arena, "%u", wanted->format), gh_arena_fmt(&arena, "%u", wanted->partitions),
                          gh_arena_fmt(&arena, "%" PRId64, gh_wall_ms()), GH_STR("goldhour")};
  bool ok = gh_stores_run(s, &(struct gh_run){&key, 1, args, 6}, &arena, &reply, &why);
  if (ok) read_identity(&reply, 1, identity);
  else gh_stores_fail(error, "store gh:{%s}:store cannot be made: %s", s->name, why.text);
  gh_arena_free(&arena);
  return ok;
}

bool gh_stores_found(struct gh_stores *s, unsigned partitions, struct gh_stores_identity *identity, struct gh_store_error *error)
{
  struct gh_stores_identity wanted = {.format = GH_STORE_FORMAT, .partitions = partitions};
  gh_random_hex(wanted.id, 16);
  if (!found(s, &wanted, identity, error)) return false;
  note_identity(s, identity);
  return true;
}

bool gh_stores_same(struct gh_stores *s, int64_t within_ms, struct gh_store_error *error)
{
  pthread_mutex_lock(&s->lock);
  struct gh_stores_identity ours = s->identity, now;
  pthread_mutex_unlock(&s->lock);
  if (!ours.id[0]) return true; /* nobody has asked whose it is */
  if (!ask_identity(s, within_ms, &now, error)) return false;
  if (!now.id[0] && !found(s, &ours, &now, error)) return false;
  if (strcmp(ours.id, now.id) == 0) return true;
  return gh_stores_fail(error, "store gh:{%s}: it is another one now (%s, before %s): somebody has put another installation's keys there; start again to use it",
      s->name, now.id, ours.id);
}
