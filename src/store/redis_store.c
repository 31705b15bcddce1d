/* The Redis store: one partition of an installation, all its keys in one slot (goldhour/store/stores.h has their names).
 *
 * Invariants
 *  1. A batch is committed by one command (HSET of seq, mark, meta, lead and `todo`), so that it is in an append-only file that was cut anywhere as a whole or not at
 *     all. What it has left to do, `todo`, is done by a second run right behind it, or by whoever comes next; doing it twice changes nothing.
 *  2. seq counts commits by one. A commit is written only behind the one before it and only by the owner, a random token made anew by every load; `mark`, the
 *     hash of all commits so far, tells two histories of the same length apart.
 *  3. A commit asked for twice is written once: who finds its seq and mark there is told OK.
 *  4. A lead's number is given once in a history, without gaps. Sending lost commits again, in order, gives the same numbers.
 *  5. Rows of state carry a hash, seeded by their seq or key: a flipped bit or a row at a wrong place is found when it is loaded.
 *  6. A place of a sink is never beyond the last lead, and never of another epoch; the epoch changes when a loss could not be repaired.
 *
 * State diagram of a handle
 *
 *            gh_stores_partition        gh_store_load              gh_store_commit
 *   CLOSED ──────────────────► KNOWN ───────────────► OWNER ◄─────────────────────► COMMITTING
 *                                ▲   acquire → lost      │  DURABLE                    │ no answer: asked again, for ever
 *                                │   commits sent again  │                             │ REWOUND: the lost ones are sent again from the ring, then it
 *                                │   → rows              │                             │ function missing: loaded, asked again
 *                                └───────────────────────┴─────────────────────────────┘ FENCED, REWOUND (not in the ring), FAILED, gh_store_give_up
 *
 * A crash at any point: what was answered is in Redis as far as its settings keep it; what was not is there as a whole or not at all, and who loads next sees which.
 * Redis itself losing its tail: found when a lost connection is there again, at the next commit (REWOUND, or FENCED if the loss went back before our load) or load,
 * by seq and mark.
 *
 * Threads: commits are sent by whoever calls and answered on the client's thread; all else waits in the caller's. `lock` is never held while waiting.
 */
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "redis_store.h"

static bool trouble(struct gh_store *store, char text[256])
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  pthread_mutex_lock(&p->lock);
  bool waiting = p->sending != NULL;
  pthread_mutex_unlock(&p->lock);
  if (!waiting) return false;
  struct gh_redis_health health = gh_redis_health(p->all->redis);
  if (health.trouble_since_ms == 0) return false;
  snprintf(text, 256, "%s", health.trouble);
  return true;
}

static void close_store(struct gh_store *store)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  if (p->owned) gh_watch_remove(p->all, p);
  gh_arena_free(&p->words);
  pthread_mutex_destroy(&p->lock);
  free(p->sending);
  free(p->key_text);
  free(p);
}

static uint64_t outbox_last(struct gh_store *store) { return ((struct gh_redis_partition *)store)->last_lead; }

static const struct gh_store_ops ops = {
    .close = close_store, .load = gh_redis_load, .still_ours = gh_redis_still_ours, .lost = gh_redis_lost, .commit = gh_redis_commit,
    .give_up = gh_redis_give_up, .trouble = trouble, .outbox = gh_redis_outbox, .sink_get = gh_redis_sink_get, .sink_put = gh_redis_sink_put,
    .sinks_only = gh_redis_sinks_only, .sink_bury = gh_redis_sink_bury, .outbox_last = outbox_last, .dead = gh_redis_dead,
    .dead_drop = gh_redis_dead_drop, .crashed = gh_redis_crashed, .crashes = gh_redis_crashes};

static void name_keys(struct gh_redis_partition *p, const char *name, unsigned partition)
{
  static const char *const parts[GH_ALL_KEYS] = {"meta", "log", "bucket", "outbox", "dead", "crash"};
  size_t most = strlen(name) + 32;
  p->key_text = malloc(GH_ALL_KEYS * most);
  GH_CHECK(p->key_text && "out of memory");
  for (unsigned i = 0; i < GH_ALL_KEYS; i++) {
    char *key = p->key_text + i * most;
    p->keys[i] = gh_str_n(key, (size_t)snprintf(key, most, "gh:{%s:p%u}:%s", name, partition, parts[i]));
  }
  snprintf(p->label, sizeof p->label, "store gh:{%s:p%u}", name, partition);
}

struct gh_store *gh_stores_partition(struct gh_stores *s, unsigned partition, bool owned)
{
  struct gh_redis_partition *p = calloc(1, sizeof *p);
  GH_CHECK(p && "out of memory");
  gh_store_begin(&p->store, &ops);
  p->all = s;
  p->record = gh_stores_record(s, partition);
  p->owned = owned;
  pthread_mutex_init(&p->lock, NULL);
  gh_arena_init(&p->words, 0);
  name_keys(p, s->name, partition);
  if (owned) gh_watch_add(s, p);
  return &p->store;
}

/* ── calls about a partition ── */

void gh_partition_owner(struct gh_redis_partition *p, char owner[GH_TOKEN])
{
  pthread_mutex_lock(&p->lock);
  memcpy(owner, p->owner, GH_TOKEN);
  pthread_mutex_unlock(&p->lock);
}

static bool refused(struct gh_redis_partition *p, const struct gh_reply *reply, struct gh_store_error *error)
{
  struct gh_str word = gh_item(reply, 0), text = gh_item(reply, 1);
  if (gh_str_eq(word, GH_STR("FENCED"))) return gh_stores_fail(error, "%s: another process owns it now", p->label);
  if (gh_str_eq(word, GH_STR("AHEAD"))) {
    return gh_stores_fail(error, "%s: a sink is beyond the last lead, %.*s: Redis has lost leads that it had; they come again", p->label, GH_FMT(text));
  }
  if (gh_str_eq(word, GH_STR("EPOCH"))) {
    return gh_stores_fail(error, "%s: Redis has lost leads since this sink's place was read: it must be read again", p->label);
  }
  if (gh_str_eq(word, GH_STR("RIGHTS"))) {
    return gh_stores_fail(error, "%s: this Redis user may not do: %.*s (docs/redis.md has the line for its ACL)", p->label, GH_FMT(text));
  }
  if (gh_str_eq(word, GH_STR("FORMAT"))) {
    return gh_stores_fail(error, "%s: its format is version %.*s, this goldhour reads version %d: use the release that wrote it, or begin a new store", p->label, GH_FMT(text),
        GH_STORE_FORMAT);
  }
  return gh_stores_fail(error, "%s: it is damaged: %.*s (docs/redis.md, Restoring)", p->label, GH_FMT(text));
}

bool gh_partition_run(struct gh_redis_partition *p, const struct gh_ask *args, struct gh_arena *arena, struct gh_reply *reply, struct gh_store_error *error)
{
  struct gh_store_error why;
  if (!gh_stores_run(p->all, &(struct gh_run){p->keys, GH_KEYS, args->argv, args->argc}, arena, reply, &why)) return gh_stores_fail(error, "%s: %.400s", p->label, why.text);
  return gh_str_eq(gh_item(reply, 0), GH_STR("OK")) || refused(p, reply, error);
}

bool gh_partition_ask(struct gh_redis_partition *p, const struct gh_ask *ask, struct gh_arena *arena, struct gh_reply *reply, struct gh_store_error *error)
{
  struct gh_store_error why;
  return gh_stores_ask(p->all, ask, arena, reply, &why) || gh_stores_fail(error, "%s: %.400s", p->label, why.text);
}
