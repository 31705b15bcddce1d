/* The active rule set of an installation. Its number only grows; where Redis has lost the newest, whoever has seen it puts it back. */
#include <inttypes.h>
#include <stdio.h>

#include "goldhour/sys/sys.h"
#include "redis_store.h"

bool gh_stores_is_newer(const struct gh_stores_known *known, uint64_t number, const char *version)
{
  bool another = known->version[0] && number > 0 && strcmp(known->version, version) != 0;
  return number > known->number || (number == known->number && another);
}

static void remember(struct gh_stores *s, uint64_t number, struct gh_str version, struct gh_str bundle)
{
  pthread_mutex_lock(&s->lock);
  if (number >= s->rules.number) {
    s->rules.number = number;
    snprintf(s->rules.version, sizeof s->rules.version, "%.*s", GH_FMT(version));
    gh_buf_clear(&s->rules.bundle);
    gh_buf_add_str(&s->rules.bundle, bundle);
  }
  pthread_mutex_unlock(&s->lock);
}

static bool failed(struct gh_stores *s, const struct gh_store_error *why, struct gh_store_error *error)
{
  return gh_stores_fail(error, "store gh:{%s}:rules: %s", s->name, why->text);
}

/* What this process has seen and the store no longer knows. */
static bool restore(struct gh_stores *s, uint64_t stored, struct gh_arena *arena, struct gh_store_error *error)
{
  struct gh_store_error why;
  struct gh_reply reply;
  pthread_mutex_lock(&s->lock);
  bool lost = stored < s->rules.number;
  struct gh_str key = gh_arena_fmt(arena, "gh:{%s}:rules", s->name);
  struct gh_str args[] = {GH_STR("restore"), gh_arena_fmt(arena, "%" PRIu64, s->rules.number), gh_arena_str(arena, gh_str(s->rules.version)),
                          lost ? gh_arena_str(arena, gh_buf_str(&s->rules.bundle)) : GH_STR(""), gh_arena_fmt(arena, "%" PRId64, gh_wall_ms())};
  pthread_mutex_unlock(&s->lock);
  return !lost || gh_stores_run(s, &(struct gh_run){&key, 1, args, 5}, arena, &reply, &why) || failed(s, &why, error);
}

static bool ask(struct gh_stores *s, struct gh_arena *arena, bool all, struct gh_reply *reply, struct gh_store_error *error)
{
  struct gh_store_error why;
  struct gh_str argv[] = {GH_STR("HMGET"), gh_arena_fmt(arena, "gh:{%s}:rules", s->name), GH_STR("number"), GH_STR("version"), GH_STR("bundle")};
  return gh_stores_ask(s, &(struct gh_ask){.argv = argv, .argc = all ? 5 : 4}, arena, reply, &why) || failed(s, &why, error);
}

/* Number and version, without the bundle; what this process has seen and the store no longer knows is put back, and asked for again. */
static bool look(struct gh_stores *s, struct gh_arena *arena, struct gh_stores_rules *rules, struct gh_store_error *error)
{
  struct gh_reply reply;
  for (unsigned i = 0; i < 2; i++) {
    if (!ask(s, arena, false, &reply, error)) return false;
    rules->number = gh_text_u64(gh_item(&reply, 0));
    snprintf(rules->version, sizeof rules->version, "%.*s", GH_FMT(gh_item(&reply, 1)));
    pthread_mutex_lock(&s->lock);
    bool lost = rules->number < s->rules.number;
    pthread_mutex_unlock(&s->lock);
    if (!lost) return true;
    if (!restore(s, rules->number, arena, error)) return false;
  }
  return true;
}

bool gh_stores_rules(struct gh_stores *s, const struct gh_stores_known *known, struct gh_arena *arena, struct gh_stores_rules *rules, struct gh_store_error *error)
{
  struct gh_reply reply;
  *rules = (struct gh_stores_rules){0};
  if (!look(s, arena, rules, error)) return false;
  if (!gh_stores_is_newer(known, rules->number, rules->version)) return true;
  if (!ask(s, arena, true, &reply, error)) return false;
  rules->number = gh_text_u64(gh_item(&reply, 0));
  snprintf(rules->version, sizeof rules->version, "%.*s", GH_FMT(gh_item(&reply, 1)));
  if (!gh_stores_is_newer(known, rules->number, rules->version)) return true; /* lost just now */
  rules->bundle = gh_item(&reply, 2);
  remember(s, rules->number, gh_item(&reply, 1), rules->bundle);
  return true;
}

bool gh_stores_publish(struct gh_stores *s, const struct gh_stores_set *set, uint64_t *number, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_store_error why;
  gh_arena_init(&arena, 0);
  bool ok = ask(s, &arena, false, &reply, error);
  uint64_t before = ok ? gh_text_u64(gh_item(&reply, 0)) : 0;
  ok = ok && restore(s, before, &arena, error);
  pthread_mutex_lock(&s->lock);
  if (before < s->rules.number) before = s->rules.number;
  pthread_mutex_unlock(&s->lock);
  struct gh_str key = gh_arena_fmt(&arena, "gh:{%s}:rules", s->name);
  struct gh_str version = gh_str(set->version);
  struct gh_str args[] = {GH_STR("publish"), version, set->bundle, gh_arena_fmt(&arena, "%" PRId64, gh_wall_ms()), set->only_new ? GH_STR("1") : GH_STR("0"), GH_STR("1"),
                          gh_arena_fmt(&arena, "%" PRIu64, before)};
  if (ok) {
    ok = gh_stores_run(s, &(struct gh_run){&key, 1, args, 7}, &arena, &reply, &why) || failed(s, &why, error);
    *number = ok ? gh_text_u64(gh_item(&reply, 1)) : 0;
    if (ok && gh_str_eq(gh_item(&reply, 2), version)) remember(s, *number, gh_item(&reply, 2), set->bundle);
  }
  gh_arena_free(&arena);
  return ok;
}

bool gh_stores_seen(struct gh_stores *s, const char *version, bool *seen, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_store_error why;
  gh_arena_init(&arena, 0);
  struct gh_str argv[] = {GH_STR("HMGET"), gh_arena_fmt(&arena, "gh:{%s}:rules", s->name), gh_arena_fmt(&arena, "seen:%s", version)};
  bool ok = gh_stores_ask(s, &(struct gh_ask){.argv = argv, .argc = 3}, &arena, &reply, &why) || failed(s, &why, error);
  *seen = ok && gh_item(&reply, 0).len > 0;
  gh_arena_free(&arena);
  return ok;
}

bool gh_stores_names(struct gh_stores *s, unsigned partition, struct gh_arena *arena, struct gh_str *dict, struct gh_store_error *error)
{
  struct gh_reply reply;
  struct gh_store_error why;
  struct gh_str argv[] = {GH_STR("HMGET"), gh_arena_fmt(arena, "gh:{%s:p%u}:meta", s->name, partition), GH_STR("dict")};
  *dict = (struct gh_str){NULL, 0};
  if (!gh_stores_ask(s, &(struct gh_ask){.argv = argv, .argc = 3}, arena, &reply, &why)) return gh_stores_fail(error, "store gh:{%s:p%u}: %s", s->name, partition, why.text);
  struct gh_str row = gh_item(&reply, 0);
  return row.len == 0 || gh_row_open(row, 0, dict) || gh_stores_fail(error, "store gh:{%s:p%u}: it is damaged: its names do not match their hash", s->name, partition);
}
