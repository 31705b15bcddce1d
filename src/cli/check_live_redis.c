/* check --live, the store: Redis (addresses, version, role, policy, persistence, rights, whose store it is) or SQLite. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_live.h"
#include "check_live_redis.h"
#include "goldhour/store/stores.h"
#include "goldhour/sys/sys.h"

enum { REACH_MS = 2000, ASK_MS = 6000 };

/* ── addresses ── */

static unsigned reach_all(struct gh_live *l, const char *what, const struct gh_node_addr *nodes, unsigned n)
{
  unsigned reached = 0;
  for (unsigned i = 0; i < n; i++) {
    char host[256], why[256], where[320];
    snprintf(host, sizeof host, "%.*s", GH_FMT(nodes[i].host));
    snprintf(where, sizeof where, strchr(host, ':') ? "%s [%s]:%u" : "%s %s:%u", what, host, nodes[i].port);
    bool ok = gh_live_reach(host, nodes[i].port, gh_live_left_ms(l, REACH_MS), why);
    reached += ok;
    if (ok) gh_live_ok(l, where, "can be reached");
    else gh_live_warn(l, where, "look at the address, at the host, at what stands between", "%s", why);
  }
  return reached;
}

bool gh_live_reach_redis(struct gh_live *l, const struct gh_redis_conf *conf)
{
  unsigned reached;
  if (conf->nsentinels) reached = reach_all(l, "redis sentinel", conf->sentinels, conf->nsentinels);
  else if (conf->ncluster) reached = reach_all(l, "redis cluster node", conf->cluster, conf->ncluster);
  else reached = reach_all(l, "redis", &conf->node, 1);
  if (reached == 0) gh_live_fail(l, "redis", "is it running, and is its address right?", "it cannot be reached");
  return reached > 0;
}

/* ── servers ── */

/* The value of `name:` in the answer of INFO. */
static struct gh_str info(struct gh_str text, const char *name)
{
  size_t n = strlen(name);
  for (size_t i = 0; i + n < text.len; i++) {
    if (i > 0 && text.ptr[i - 1] != '\n') continue;
    if (memcmp(text.ptr + i, name, n) != 0 || text.ptr[i + n] != ':') continue;
    size_t begin = i + n + 1, end = begin;
    while (end < text.len && text.ptr[end] != '\r' && text.ptr[end] != '\n') end++;
    return gh_str_n(text.ptr + begin, end - begin);
  }
  return gh_str("?");
}

static bool say_server(void *ctx, struct gh_str node, const struct gh_reply *reply)
{
  struct gh_live *l = ctx;
  char where[320];
  snprintf(where, sizeof where, "redis %.*s", GH_FMT(node));
  if (reply->kind != GH_REPLY_TEXT) {
    gh_live_ok(l, where, "answers; INFO is not shown to this user");
    return true;
  }
  const struct gh_str all = reply->text, most = info(all, "maxmemory_human");
  bool bounded = !gh_str_eq(most, GH_STR("0B")), aof = gh_str_eq(info(all, "aof_enabled"), GH_STR("1"));
  gh_live_ok(l, where, "answers: version %.*s, %.*s, %.*s, appendonly %s, %.*s in use, %s%.*s", GH_FMT(info(all, "redis_version")),
      GH_FMT(info(all, "role")), GH_FMT(info(all, "maxmemory_policy")), aof ? "on" : "off", GH_FMT(info(all, "used_memory_human")),
      bounded ? "at most " : "no bound", bounded ? (int)most.len : 0, most.ptr);
  return true;
}

bool gh_live_servers(struct gh_live *l, struct gh_redis *redis)
{
  struct gh_redis_error error;
  const struct gh_str argv[] = {GH_STR("INFO")};
  const struct gh_redis_command c = {.argv = argv, .argc = 1, .again = true, .within_ms = gh_live_left_ms(l, ASK_MS)};
  if (gh_redis_masters(redis, &c, say_server, l, &error)) return true;
  gh_live_fail(l, "redis", NULL, "%s", error.text);
  return false;
}

/* ── whose store it is ── */

static void compare(struct gh_live *l, const struct gh_stores_identity *id, const char *where)
{
  const bool kafka = l->set->conf.source == GH_SOURCE_KAFKA;
  if (id->format != GH_STORE_FORMAT)
    gh_live_fail(l, where, "use the release that wrote it, or begin a new store", "its format is version %u, this release writes %d",
        id->format, GH_STORE_FORMAT);
  if (kafka && l->partitions && id->partitions != l->partitions)
    gh_live_fail(l, where, "docs/production.md says how to go to another number of partitions",
        "it was begun for %u partitions, the topic has %u: a customer's events would go to other partitions than their state",
                id->partitions, l->partitions);
  if (kafka && l->committed && l->store_id[0] && strcmp(l->store_id, id->id) != 0)
    gh_live_fail(l, where, "name the store that this group wrote to, or another group; goldhour run --new-store begins anew on purpose",
        "the group's offsets were committed beside store %s, this one is %s", l->store_id, id->id);
}

static void say_identity(struct gh_live *l, struct gh_stores *stores)
{
  struct gh_stores_identity id;
  struct gh_store_error error;
  char where[300];
  snprintf(where, sizeof where, "store %.*s", GH_FMT(l->set->conf.redis.name));
  if (!gh_stores_identity(stores, &id, &error)) {
    gh_live_fail(l, where, NULL, "%s", error.text);
    return;
  }
  if (id.id[0]) {
    gh_live_ok(l, where, "is there: %s, %u partition%s", id.id, id.partitions, id.partitions == 1 ? "" : "s");
    compare(l, &id, where);
  } else if (l->committed) {
    gh_live_fail(l, where, "name the store that this group wrote to, or another group; goldhour run --new-store begins anew on purpose",
        "there is no store, but the group has committed offsets: it had one%s%s", l->store_id[0] ? ", " : "", l->store_id);
  } else {
    gh_live_note(l, where, "there is none yet: the first run makes it");
  }
}

static void say_warnings(struct gh_live *l, struct gh_str lines)
{
  while (lines.len) {
    const char *end = memchr(lines.ptr, '\n', lines.len);
    size_t n = end ? (size_t)(end - lines.ptr) : lines.len;
    if (n) gh_live_warn(l, "store", NULL, "%.*s", (int)n, lines.ptr);
    lines = gh_str_n(lines.ptr + n + (end != NULL), lines.len - n - (end != NULL));
  }
}

static void try_redis(struct gh_live *l)
{
  const struct gh_conf *conf = &l->set->conf;
  struct gh_store_error error;
  struct gh_buf warnings = {0};
  const struct gh_stores_options o = {.conf = &conf->redis, .dir = conf->dir, .dead_letter_bytes = conf->dead_letter_bytes};
  if (!gh_live_reach_redis(l, &conf->redis.redis)) return;
  struct gh_stores *stores = gh_stores_open(&o, gh_live_left_ms(l, ASK_MS), &warnings, &error);
  if (!stores) gh_live_fail(l, "store", NULL, "%s", error.text + (strncmp(error.text, "store: ", 7) == 0 ? 7 : 0));
  l->redis = stores && gh_live_servers(l, gh_stores_redis(stores));
  if (l->redis) gh_live_ok(l, "store", "this user may do what the store needs");
  say_warnings(l, gh_buf_str(&warnings));
  if (stores) say_identity(l, stores);
  if (stores) gh_stores_close(stores);
  gh_buf_free(&warnings);
}

static void try_sqlite(struct gh_live *l)
{
  struct gh_store_error error;
  const struct gh_conf *conf = &l->set->conf;
  const char *path = gh_path_join(&l->arena, conf->dir, conf->store_path.text).ptr;
  char where[300], folder[4096];
  snprintf(where, sizeof where, "store %s", path);
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) slash[slash == folder] = '\0';
  if (access(slash ? folder : ".", W_OK | X_OK) != 0) {
    gh_live_fail(l, where, "SQLite makes files beside the store: give this user the folder", "its folder cannot be written: %s",
        strerror(errno));
    return;
  }
  if (access(path, F_OK) != 0) {
    gh_live_note(l, where, "there is none yet: the first run makes it");
    return;
  }
  struct gh_store *s = gh_store_read_sqlite(path, &error);
  if (s) gh_live_ok(l, where, "is there");
  else gh_live_fail(l, where, NULL, "%s", error.text);
  if (s) gh_store_close(s);
}

void gh_live_store(struct gh_live *l)
{
  if (l->set->conf.store == GH_STORE_REDIS) try_redis(l);
  if (l->set->conf.store == GH_STORE_SQLITE) try_sqlite(l);
}
