/* What of a Redis server's settings would lose data: refused where it surely would, a warning where it may or where this user is not shown it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "goldhour/sys/sys.h"
#include "redis_store.h"

#define VERSION_LEAST 7

enum { LOADING_PAUSE_MS = 100 };

struct check { struct gh_stores *s; struct gh_buf *warnings; struct gh_store_error *error; bool ok, aof, loading; };

/* Milliseconds that are left. */
static int64_t left(const struct check *c)
{
  uint64_t now = gh_monotonic_ns();
  return now + 1000000 < c->s->patient_until_ns ? (int64_t)((c->s->patient_until_ns - now) / 1000000) : 1;
}

static void warn(struct check *c, struct gh_str node, const char *text)
{
  gh_buf_fmt(c->warnings, "Redis %.*s: %s\n", GH_FMT(node), text);
}

static bool refuse(struct check *c, struct gh_str node, struct gh_str value, const char *text)
{
  c->ok = gh_stores_fail(c->error, "Redis %.*s: %.*s%s", GH_FMT(node), GH_FMT(value), text);
  return false;
}

/* The value of `name:` in the answer of INFO. */
static struct gh_str info(struct gh_str text, const char *name)
{
  size_t n = strlen(name);
  for (size_t i = 0; i + n < text.len; i++) {
    bool here = (i == 0 || text.ptr[i - 1] == '\n') && memcmp(text.ptr + i, name, n) == 0 && text.ptr[i + n] == ':';
    if (!here) continue;
    struct gh_str rest = gh_str_n(text.ptr + i + n + 1, text.len - i - n - 1);
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '\r' && rest.ptr[end] != '\n') end++;
    return gh_str_n(rest.ptr, end);
  }
  return (struct gh_str){NULL, 0};
}

static bool check_info(struct check *c, struct gh_str node, struct gh_str text)
{
  if (gh_text_u64(info(text, "loading")) == 1 && left(c) > 1) { /* what it says of its file is not true yet */
    c->loading = true;
    return false;
  }
  struct gh_str version = info(text, "redis_version"), role = info(text, "role"), policy = info(text, "maxmemory_policy");
  if (gh_text_u64(version) < VERSION_LEAST) return refuse(c, node, version, " is its version; 7.0 or later is needed");
  if (!role.len) return refuse(c, node, GH_STR("this"), " is no server that keeps data, but a Sentinel: name it under store.redis.sentinel");
  if (!gh_str_eq(role, GH_STR("master"))) return refuse(c, node, role, " is its role: name a master under store.redis.url, or its Sentinels or Cluster");
  if (!gh_str_eq(policy, GH_STR("noeviction"))) {
    return refuse(c, node, policy, " is its maxmemory-policy: it would throw state away when memory is short; set maxmemory-policy noeviction");
  }
  c->aof = gh_text_u64(info(text, "aof_enabled")) == 1;
  if (!c->aof) warn(c, node, "appendonly is off: a restart goes back to its last snapshot; commits since then are sent again by a daemon that has lived through it, or "
      "else read again from the source. Set appendonly yes, appendfsync always");
  bool replicas = gh_text_u64(info(text, "connected_slaves")) > 0;
  if (replicas && info(text, "min_slaves_good_slaves").len == 0) {
    warn(c, node, "it has replicas and min-replicas-to-write is 0: a failover may lose what no replica had. Set min-replicas-to-write 1, min-replicas-max-lag 10");
  }
  return true;
}

static bool take_info(void *ctx, struct gh_str node, const struct gh_reply *reply)
{
  struct check *c = ctx;
  if (reply->kind == GH_REPLY_TEXT) return check_info(c, node, reply->text);
  warn(c, node, "INFO is not shown to this user: version, role, maxmemory-policy and persistence are not checked");
  return true;
}

static bool take_fsync(void *ctx, struct gh_str node, const struct gh_reply *reply)
{
  struct check *c = ctx;
  if (reply->kind != GH_REPLY_LIST || reply->n < 2) {
    warn(c, node, "CONFIG GET is not allowed to this user: whether appendfsync is always is not checked");
  } else if (c->aof && !gh_str_eq(gh_item(reply, 1), GH_STR("always"))) {
    gh_buf_fmt(c->warnings, "Redis %.*s: appendfsync is %.*s: a crash of its machine may lose the last second or more; lost commits are sent again by a daemon that has "
        "lived through it, or else read again from the source. Set appendfsync always\n", GH_FMT(node), GH_FMT(gh_item(reply, 1)));
  }
  return true;
}

static bool ask_masters(struct check *c, const struct gh_str *argv, unsigned argc, gh_redis_each_fn *take)
{
  struct gh_redis_error why;
  struct gh_redis_command command = {.argv = argv, .argc = argc, .again = true, .within_ms = left(c)};
  if (!gh_redis_masters(c->s->redis, &command, take, c, &why)) c->ok = gh_stores_fail(c->error, "store: Redis: %s", why.text);
  return c->ok;
}

static bool look_at_info(struct check *c)
{
  struct gh_str argv[] = {GH_STR("INFO")};
  size_t told = c->warnings->len;
  do {
    if (c->loading) usleep(LOADING_PAUSE_MS * 1000);
    c->loading = false;
    c->warnings->len = told;
  } while (ask_masters(c, argv, 1, take_info) && c->loading);
  return c->ok;
}

/* What the function will do with a partition's keys is allowed to this user. */
static bool check_rights(struct check *c)
{
  struct gh_arena arena;
  struct gh_reply reply = {.kind = GH_REPLY_NIL};
  struct gh_store_error why;
  gh_arena_init(&arena, 0);
  static const char *const parts[] = {"meta", "log", "bucket", "outbox", "dead"};
  struct gh_str keys[GH_KEYS], args[] = {GH_STR("rights")};
  for (unsigned i = 0; i < GH_KEYS; i++) keys[i] = gh_arena_fmt(&arena, "gh:{%s:p0}:%s", c->s->name, parts[i]);
  c->ok = gh_stores_run(c->s, &(struct gh_run){keys, GH_KEYS, args, 1}, &arena, &reply, &why);
  struct gh_str missing = gh_item(&reply, 1);
  if (!c->ok) gh_stores_fail(c->error, "store: Redis does not run the functions: %s", why.text);
  else if (missing.len) c->ok = gh_stores_fail(c->error, "store: this Redis user may not do: %.*s (docs/redis.md has the line for its ACL)", GH_FMT(missing));
  gh_arena_free(&arena);
  return c->ok;
}

bool gh_stores_check(struct gh_stores *s, struct gh_buf *warnings, struct gh_store_error *error)
{
  struct check c = {.s = s, .warnings = warnings, .error = error, .ok = true};
  struct gh_str ask_fsync[] = {GH_STR("CONFIG"), GH_STR("GET"), GH_STR("appendfsync")};
  if (!look_at_info(&c) || !ask_masters(&c, ask_fsync, 3, take_fsync)) return false;
  return gh_stores_install(s, left(&c), error) && check_rights(&c);
}
