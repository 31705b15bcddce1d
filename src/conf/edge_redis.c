/* Redis at the edges: one server by its url, the master that Sentinels name, or a Cluster; and the keys of `store: {redis: {…}}`. */
#include "goldhour/base/time.h"
#include "addr.h"

#define MB (INT64_C(1) << 20)
enum { REDIS_PORT = 6379, SENTINEL_PORT = 26379, DB_MOST = 65535 };

#define AT(field) offsetof(struct gh_redis_conf, field)

/* A list of addresses, or one; the usual port of what is asked stands in `least`. */
static void read_nodes(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  bool list = n->kind == GH_NODE_LIST;
  struct gh_node_addr *nodes = gh_arena_zero(r->arena, list ? n->count : 1, sizeof *nodes);
  unsigned count = 0;
  if (list && !n->count) gh_fault(r->faults, n->at, "'%s': the list is empty", o->key);
  for (const struct gh_node *e = list ? n->first : n; e; e = list ? e->next : NULL) {
    struct gh_str text;
    size_t offset;
    if (!gh_want_text(e, &text, r->faults)) continue;
    const char *why = gh_addr_parse(r->arena, text, (unsigned)o->least, &nodes[count], &offset);
    if (!why) count++;
    else if (memchr(text.ptr, ',', text.len)) gh_fault(r->faults, e->at, "'%s': one text names one server", o->key)->hint = GH_STR("several are a list: [host:port, host:port]");
    else gh_addr_fault(r, e, gh_str(o->key), offset, why);
  }
  *(const struct gh_node_addr **)((char *)base + o->at) = nodes;
  *(unsigned *)((char *)base + o->at_more) = count;
}

static void read_db(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  int64_t db;
  if (gh_want_int(n, 0, DB_MOST, &db, r->faults)) *(unsigned *)((char *)base + o->at) = (unsigned)db;
}

static const struct gh_option sentinel_rows[] = {
  {"master", GH_OPTION_TEXT, AT(sentinel_master), .least = 1, .most = 255, .required = true, .meaning = "the name under which the Sentinels watch the master"},
  {"nodes", GH_OPTION_OWN, AT(sentinels), AT(nsentinels), .least = SENTINEL_PORT, .required = true, .meaning = "the Sentinels: [host:port, …]; without a port 26379", .read = read_nodes},
  {"user", GH_OPTION_TEXT, AT(sentinel_user), .least = 1, .most = 512, .meaning = "who we are to the Sentinels"},
  {"password_file", GH_OPTION_PATH, AT(sentinel_password_file), .meaning = "the file whose first line is the password for the Sentinels"},
};
static const struct gh_option_group sentinel_keys[] = {GH_GROUP(sentinel_rows, 0), {0}};

const struct gh_option gh_redis_rows[GH_REDIS_NROWS] = {
  {"url", GH_OPTION_TEXT, AT(url), .least = 1, .meaning = "redis://[user@]host[:port][/db], rediss:// for TLS"},
  {"sentinel", GH_OPTION_MAP, 0, .meaning = "in place of url: the master that Sentinels name", .keys = sentinel_keys},
  {"cluster", GH_OPTION_OWN, AT(cluster), AT(ncluster), .least = REDIS_PORT, .meaning = "in place of url: some nodes of a Redis Cluster, [host:port, …]", .read = read_nodes},
  {"db", GH_OPTION_OWN, AT(db), .meaning = "the database's number, with sentinel; a url has it behind its /", .read = read_db},
  {"user", GH_OPTION_TEXT, AT(user), .least = 1, .most = 512, .meaning = "the ACL user; without one the default user"},
  {"password_file", GH_OPTION_PATH, AT(password_file), .meaning = "the file whose first line is the password"},
  {"tls", GH_OPTION_OWN, AT(tls), .fallback = "false", .meaning = "true, or {ca: …, cert: …, key: …, verify_host: …}; a url says rediss:// too", .keys = gh_tls_keys, .read = gh_conf_read_tls},
  {"timeout", GH_OPTION_DURATION, AT(timeout_ms), .least = 100, .most = 5 * GH_MINUTE_MS, .fallback = "5s", .meaning = "an answer that has not come by then is asked for on a new connection"},
};
#undef AT

#define AT(field) offsetof(struct gh_redis_store_conf, field)
static const struct gh_option store_rows[] = {
  {"name", GH_OPTION_OWN, AT(name), .meaning = "begins the keys, gh:{NAME:p7}:…; without it the source's group, else goldhour", .read = gh_name_read},
  {"keep", GH_OPTION_DURATION, AT(keep_ms), .least = GH_MINUTE_MS, .most = 30 * GH_DAY_MS, .fallback = "1h", .meaning = "leads stay in the outbox so long after the last sink has them"},
  {"resend_bytes", GH_OPTION_BYTES, AT(resend_bytes), .least = MB, .most = 65536 * MB, .fallback = "64MB", .meaning = "the last commits, kept in memory to be sent again if Redis lost them"},
};
#undef AT

const struct gh_option_group gh_redis_store_keys[] = {
  GH_GROUP(gh_redis_rows, offsetof(struct gh_conf, redis.redis)),
  GH_GROUP(store_rows, offsetof(struct gh_conf, redis)),
  {0},
};

/* `0` … `65535` behind the url's slash; nothing is 0. */
static bool read_db_text(struct gh_str rest, unsigned *db)
{
  unsigned v = 0;
  for (size_t i = 1; i < rest.len; i++) {
    if (rest.ptr[i] < '0' || rest.ptr[i] > '9') return false;
    v = v * 10 + (unsigned)(rest.ptr[i] - '0');
    if (v > DB_MOST) return false;
  }
  *db = v;
  return !rest.len || rest.ptr[0] == '/';
}

static void check_url_user(struct gh_reading *r, const struct gh_node *n, const struct gh_url *url, struct gh_redis_conf *redis)
{
  if (url->has_password) {
    gh_fault(r->faults, n->at, "'url': a password does not belong into the configuration")->hint = GH_STR("put it into a file and write 'password_file'");
    redis->url = GH_STR("");
    return;
  }
  if (!url->has_user) return;
  if (redis->user.len) gh_fault(r->faults, n->at, "'url' and 'user' both name a user")->hint = GH_STR("write one of them");
  else if (!url->user.len || memchr(url->user.ptr, '%', url->user.len)) {
    gh_fault(r->faults, n->at, "'url': the user cannot be read")->hint = GH_STR("write it as 'user'");
  } else redis->user = gh_arena_str(r->arena, url->user);
}

static void read_url(struct gh_reading *r, const struct gh_node *n, const struct gh_node *body, struct gh_redis_conf *redis)
{
  static const char usual[] = "a url is written redis://host:6379/0, or rediss:// for TLS";
  struct gh_url url;
  bool split = gh_url_split(n->text, &url), secure = split && gh_str_eq(url.scheme, GH_STR("rediss"));
  if (!split || !(secure || gh_str_eq(url.scheme, GH_STR("redis")))) {
    gh_fault(r->faults, n->at, "'url': expected redis:// or rediss://")->hint = GH_STR(usual);
    return;
  }
  check_url_user(r, n, &url, redis);
  size_t offset;
  const char *why = gh_addr_parse(r->arena, url.addr, REDIS_PORT, &redis->node, &offset);
  if (why) gh_fault(r->faults, gh_node_spot(n, (size_t)(url.addr.ptr - n->text.ptr) + offset), "'url': %s", why)->hint = GH_STR(usual);
  unsigned db = 0;
  if (!read_db_text(url.rest, &db)) {
    gh_fault(r->faults, gh_node_spot(n, (size_t)(url.rest.ptr - n->text.ptr)), "'url': behind the address stands a database's number or nothing")->hint = GH_STR(usual);
  }
  const struct gh_node *own_db = gh_node_get(body, "db"), *tls = gh_node_get(body, "tls");
  if (!gh_node_absent(own_db)) gh_fault(r->faults, own_db->at, "'db': with a url the number stands in the url")->hint = GH_STR(usual);
  else redis->db = db;
  if (!gh_node_absent(tls) && redis->tls.on != secure) {
    gh_fault(r->faults, tls->at, "'tls' and the url say different things")->hint = GH_STR("rediss:// is with TLS, redis:// without");
  }
  redis->tls.on = secure;
}

/* Keys that say how to speak to a server, where none is named. */
static void check_serverless(struct gh_reading *r, const struct gh_node *body)
{
  static const char *const keys[] = {"db", "user", "password_file", "tls", "timeout"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const struct gh_node *n = body ? gh_node_get(body, keys[i]) : NULL;
    if (!gh_node_absent(n)) gh_fault(r->faults, n->key_at, "'%s' of which server?", keys[i])->hint = GH_STR("name it by 'url', 'sentinel' or 'cluster'");
  }
}

bool gh_redis_finish(struct gh_reading *r, const struct gh_node *body, struct gh_redis_conf *redis)
{
  const struct gh_node *ways[3] = {0}, *url = NULL;
  static const char *const keys[] = {"url", "sentinel", "cluster"};
  unsigned n = 0;
  for (size_t i = 0; i < 3 && body; i++) {
    const struct gh_node *way = gh_node_get(body, keys[i]);
    if (!gh_node_absent(way)) ways[n++] = way;
  }
  if (!n) {
    check_serverless(r, body);
    return false;
  }
  redis->at = ways[0]->at;
  if (n > 1) gh_fault(r->faults, ways[1]->key_at, "'%.*s' beside '%.*s'", GH_FMT(ways[1]->key), GH_FMT(ways[0]->key))->hint = GH_STR("write one of url, sentinel and cluster");
  url = gh_node_get(body, "url");
  if (!gh_node_absent(url) && redis->url.len) read_url(r, url, body, redis);
  const struct gh_node *db = gh_node_get(body, "db");
  if (redis->ncluster && !gh_node_absent(db)) gh_fault(r->faults, db->at, "'db': a Cluster has one database alone");
  return true;
}

void gh_redis_store_finish(struct gh_reading *r, const struct gh_node *body, struct gh_spot at, void *base)
{
  struct gh_conf *conf = base;
  unsigned errors = r->faults->errors;
  if (gh_redis_finish(r, body, &conf->redis.redis) || r->faults->errors > errors) return;
  gh_fault(r->faults, at, "'store': redis needs 'url', 'sentinel' or 'cluster'")->hint = GH_STR("write {redis: {url: 'redis://127.0.0.1:6379'}}");
}
