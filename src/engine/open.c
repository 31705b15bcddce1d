/* What stands behind the loop: the store or stores, the consumer group, the relays to the sinks. Opened in this order, closed in the other. */
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

#define REDIS_WITHIN_MS 30000
#define RELAY_WITHIN_MS 2000
#define SINKS_MOST 32u

static bool fail(struct gh_engine *e, int status, const char *what, const char *why)
{
  gh_log(GH_ERR, what, "why=\"%s\"", why);
  e->status = status;
  return false;
}

/* ── stores ── */

static void tell_warnings(struct gh_str lines)
{
  while (lines.len) {
    const char *end = memchr(lines.ptr, '\n', lines.len);
    size_t n = end ? (size_t)(end - lines.ptr) : lines.len;
    if (n) gh_log(GH_WARN, "the store", "why=\"%.*s\"", (int)n, lines.ptr);
    n += end != NULL;
    lines = gh_str_n(lines.ptr + n, lines.len - n);
  }
}

static bool open_redis(struct gh_engine *e)
{
  struct gh_store_error error;
  struct gh_buf warnings = {0};
  struct gh_stores_options o = {.conf = &e->conf.redis, .dir = e->conf.dir, .dead_letter_bytes = e->conf.dead_letter_bytes};
  e->stores = gh_stores_open(&o, REDIS_WITHIN_MS, &warnings, &error);
  tell_warnings(gh_buf_str(&warnings));
  gh_buf_free(&warnings);
  return e->stores || fail(e, 1, "the store cannot be used", error.text);
}

static bool open_sqlite(struct gh_engine *e, struct gh_partition *p)
{
  struct gh_store_error error;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  p->store = gh_store_open_sqlite(gh_path_join(&arena, e->conf.dir, e->conf.store_path.text).ptr, e->conf.dead_letter_bytes, &error);
  gh_arena_free(&arena);
  return p->store || fail(e, 1, "the store cannot be opened", error.text);
}

static bool open_store(struct gh_engine *e)
{
  e->stored = e->conf.store != GH_STORE_MEMORY;
  if (e->conf.store == GH_STORE_REDIS && !open_redis(e)) return false;
  if (e->conf.source == GH_SOURCE_KAFKA) return true;
  struct gh_partition *p = gh_partition_get(e, 0);
  p->wanted = true;
  if (e->stores) p->store = gh_stores_partition(e->stores, 0, true);
  else if (e->stored) return open_sqlite(e, p);
  else p->store = gh_store_open_memory();
  return true;
}

/* ── the group ── */

static bool open_kafka(struct gh_engine *e)
{
  struct gh_source_error error;
  if (e->conf.source != GH_SOURCE_KAFKA) return true;
  struct gh_kafka_options o = {.conf = &e->conf.kafka, .dir = e->conf.dir, .idle_ms = e->conf.idle_ms, .store_id = e->identity.id};
  e->kafka = gh_kafka_open(&o, &error);
  return e->kafka || fail(e, 1, "Kafka cannot be used", error.text);
}

/* What the group committed before: the greatest offset, and the store's id beside it. */
static bool look_at_group(struct gh_engine *e, int64_t *most, char id[64])
{
  struct gh_source_error error;
  *most = -1;
  id[0] = '\0';
  for (unsigned i = 0; i < gh_kafka_partitions(e->kafka); i++) {
    int64_t offset;
    char its[64];
    if (!gh_kafka_committed(e->kafka, i, &offset, its, &error)) return fail(e, 1, "the group's offsets cannot be read", error.text);
    if (offset <= *most) continue;
    *most = offset;
    memcpy(id, its, sizeof its);
  }
  return true;
}

/* A store belongs to a group, and neither is used with another: that would skip what was never stepped, or step twice what was. */
static bool match(struct gh_engine *e, const struct gh_stores_identity *found)
{
  int64_t most;
  char id[64];
  if (!e->kafka || e->options.new_store) return true;
  if (!look_at_group(e, &most, id)) return false;
  if (!found->id[0] && most >= 0) {
    return fail(e, 1, "the store is empty, but the consumer group has committed offsets",
                "this is not the store that the group worked with, or it has lost everything: restore it, or begin anew with --new-store (positions then come from `start`)");
  }
  if (found->id[0] && id[0] && strcmp(id, found->id) != 0) {
    return fail(e, 1, "the store is not the one that the consumer group worked with",
                "look at store.redis and its name, and source.kafka.group; --new-store goes on with this store all the same");
  }
  return true;
}

static bool check_identity(struct gh_engine *e)
{
  struct gh_store_error error;
  struct gh_stores_identity found;
  char why[256];
  unsigned partitions = e->kafka ? gh_kafka_partitions(e->kafka) : 1;
  if (!e->stores) return true;
  gh_stores_patient(e->stores, REDIS_WITHIN_MS); /* Kafka may have taken its time */
  if (!gh_stores_identity(e->stores, &found, &error)) return fail(e, 1, "the store cannot be read", error.text);
  if (!match(e, &found)) return false;
  if (!found.id[0] && !gh_stores_found(e->stores, partitions, &found, &error)) return fail(e, 1, "the store cannot be made", error.text);
  if (found.partitions != partitions) {
    snprintf(why, sizeof why, "the store was made for %u partitions and the topic has %u: customers would lie in other partitions than their state; "
             "docs/production.md says how to go to another number", found.partitions, partitions);
    return fail(e, 78, "the number of partitions is another one", why);
  }
  e->identity = found;
  return true;
}

/* ── sinks ── */

static void woke(void *ctx) { gh_engine_call(ctx); }

static bool open_relays(struct gh_engine *e)
{
  char error[512];
  e->relays = calloc(e->conf.nsinks + 1, sizeof *e->relays);
  e->relay_told = calloc(e->conf.nsinks + 1, sizeof *e->relay_told);
  GH_CHECK(e->relays && e->relay_told && "out of memory");
  for (unsigned i = 0; i < e->conf.nsinks; i++) {
    struct gh_relay_options o = {.conf = &e->conf, .sink = &e->conf.sinks[i], .stores = e->stores, .many = e->kafka != NULL, .woke = woke, .ctx = e};
    e->relays[i] = gh_relay_open(&o, error);
    if (!e->relays[i]) return fail(e, 1, "the sink cannot be opened", error);
    e->nrelays++;
  }
  return true;
}

/* In every partition's store the places of these sinks, and no others. */
bool gh_engine_name_sinks(struct gh_engine *e, struct gh_store *store, struct gh_store_error *error)
{
  const char *names[SINKS_MOST];
  GH_CHECK(e->nrelays <= SINKS_MOST);
  for (unsigned i = 0; i < e->nrelays; i++) names[i] = gh_relay_name(e->relays[i]);
  return gh_store_sinks_only(store, names, e->nrelays, error);
}

bool gh_engine_open(struct gh_engine *e)
{
  struct gh_source_error error;
  if (!open_store(e) || !open_kafka(e) || !check_identity(e) || !gh_reload_first(e) || !open_relays(e) || !gh_crash_open(e)) return false;
  if (e->stores) gh_stores_begun(e->stores);
  if (e->kafka) return gh_kafka_join(e->kafka, &error) || fail(e, 1, "the group cannot be joined", error.text);
  e->now_ns = gh_monotonic_ns(); /* there was no turn yet: since when it is being loaded */
  gh_partition_load(e->partitions[0]);
  return true;
}

void gh_engine_close(struct gh_engine *e)
{
  for (unsigned i = 0; i < e->npartitions; i++) {
    if (e->partitions[i]) gh_partition_close_feed(e->partitions[i]);
  }
  if (e->kafka) gh_kafka_close(e->kafka);
  gh_relays_close(e->relays, e->nrelays, RELAY_WITHIN_MS);
  for (unsigned i = 0; i < e->npartitions; i++) gh_partition_free(e->partitions[i]);
  if (e->stores) gh_stores_close(e->stores);
  free(e->partitions);
  free(e->relays);
  free(e->relay_told);
}
