/* Beginning and end: what the configuration says, the thread, health. */
#include "start.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "finder.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

static char *copy(struct gh_str s)
{
  char *text = strndup(s.ptr ? s.ptr : "", s.len);
  GH_CHECK(text && "out of memory");
  return text;
}

static void forget(struct gh_user *u)
{
  if (u->password) explicit_bzero(u->password, strlen(u->password));
  free(u->password);
  free(u->name);
}

/* The first line of a file that holds a secret. */
static bool read_secret(struct gh_path path, struct gh_str dir, char **secret, struct gh_redis_error *error)
{
  struct gh_arena arena;
  struct gh_str bytes;
  gh_arena_init(&arena, 0);
  bool ok = gh_file_read(&arena, gh_path_join(&arena, dir, path.text).ptr, &bytes);
  if (!ok) gh_redis_say(error->text, sizeof error->text, "password_file '%.*s': %s", GH_FMT(path.text), strerror(errno));
  if (ok) {
    size_t len = strcspn(bytes.ptr, "\r\n");
    *secret = copy(gh_str_n(bytes.ptr, len));
    explicit_bzero((char *)bytes.ptr, bytes.len);
    if (!len) gh_redis_say(error->text, sizeof error->text, "password_file '%.*s': its first line is empty", GH_FMT(path.text));
    ok = len > 0;
  }
  gh_arena_free(&arena);
  return ok;
}

static bool read_user(struct gh_str name, struct gh_path password, struct gh_str dir, struct gh_user *u, struct gh_redis_error *error)
{
  u->name = copy(name);
  if (password.text.len) return read_secret(password, dir, &u->password, error);
  u->password = copy(GH_STR(""));
  return true;
}

static bool check_host(struct gh_node_addr node, struct gh_redis_error *error)
{
  bool ok = node.host.len > 0 && node.host.len < 254 && node.port > 0 && node.port < 65536;
  for (size_t i = 0; ok && i < node.host.len; i++) ok = (unsigned char)node.host.ptr[i] > ' ' && node.host.ptr[i] != '/' && node.host.ptr[i] != '@';
  if (!ok) gh_redis_say(error->text, sizeof error->text, "'%.*s:%u' is no address of a server", (int)(node.host.len < 254 ? node.host.len : 254), node.host.ptr ? node.host.ptr : "", node.port);
  return ok;
}

static bool check_hosts(const struct gh_redis_conf *conf, struct gh_redis_error *error)
{
  for (unsigned i = 0; i < conf->nsentinels; i++) {
    if (!check_host(conf->sentinels[i], error)) return false;
  }
  for (unsigned i = 0; i < conf->ncluster; i++) {
    if (!check_host(conf->cluster[i], error)) return false;
  }
  return conf->nsentinels || conf->ncluster || check_host(conf->node, error);
}

/* CLIENT SETNAME takes no blanks. */
static void set_client(struct gh_redis *r, const char *client)
{
  gh_redis_say(r->client, sizeof r->client, "%s", client ? client : "");
  for (char *c = r->client; *c; c++) {
    if (*c <= ' ' || *c > '~') *c = '-';
  }
}

static bool configure(struct gh_redis *r, const struct gh_redis_conf *conf, struct gh_str dir, struct gh_redis_error *error)
{
  r->mode = conf->ncluster ? GH_REDIS_CLUSTER : conf->nsentinels ? GH_REDIS_SENTINEL : GH_REDIS_SINGLE;
  r->db = r->mode == GH_REDIS_CLUSTER ? 0 : conf->db;
  r->timeout_ms = conf->timeout_ms > 0 ? conf->timeout_ms : 5000;
  if (!check_hosts(conf, error)) return false;
  if (!read_user(conf->user, conf->password_file, dir, &r->user, error)) return false;
  if (!read_user(conf->sentinel_user, conf->sentinel_password_file, dir, &r->sentinel_user, error)) return false;
  if (!conf->tls.on) return true;
  r->tls = gh_tls_new(&conf->tls, dir, error);
  return r->tls != NULL;
}

static void destroy(struct gh_redis *r)
{
  if (r->finder) gh_finder_free(r->finder);
  gh_tls_free(r->tls);
  forget(&r->user);
  forget(&r->sentinel_user);
  pthread_mutex_destroy(&r->lock);
  free(r);
}

static void *run(void *ctx)
{
  struct gh_redis *r = ctx;
  while (!r->stopping) uv_run(&r->loop, UV_RUN_ONCE);
  uv_run(&r->loop, UV_RUN_DEFAULT); /* what is being closed: it waits for nobody */
  GH_CHECK(uv_loop_close(&r->loop) == 0);
  return NULL;
}

/* Signals are the process's business, and a broken pipe is an error like others. */
static void start_thread(struct gh_redis *r)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  GH_CHECK(pthread_create(&r->thread, NULL, run, r) == 0);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct gh_redis *gh_redis_open(const struct gh_redis_conf *conf, struct gh_str dir, const char *client, struct gh_redis_error *error)
{
  struct gh_redis *r = calloc(1, sizeof *r);
  GH_CHECK(r && "out of memory");
  pthread_mutex_init(&r->lock, NULL);
  set_client(r, client);
  if (!configure(r, conf, dir, error)) {
    destroy(r);
    return NULL;
  }
  gh_client_init_loop(r);
  if (r->mode != GH_REDIS_SINGLE) r->finder = gh_finder_new(r, conf);
  if (r->mode != GH_REDIS_CLUSTER) {
    struct gh_node_addr node = r->mode == GH_REDIS_SINGLE ? conf->node : conf->sentinels[0];
    char *host = copy(node.host);
    r->conns = gh_conn_new(r, host, node.port, false);
    free(host);
  }
  start_thread(r);
  return r;
}

void gh_redis_close(struct gh_redis *r)
{
  if (!r) return;
  GH_CHECK(!pthread_equal(pthread_self(), r->thread));
  pthread_mutex_lock(&r->lock);
  r->closing = true;
  uv_async_send(&r->wake);
  pthread_mutex_unlock(&r->lock);
  pthread_join(r->thread, NULL);
  destroy(r);
}

/* ---- health ---- */

void gh_client_count(struct gh_redis *r, uint64_t *count)
{
  pthread_mutex_lock(&r->lock);
  ++*count;
  pthread_mutex_unlock(&r->lock);
}

void gh_client_health(struct gh_redis *r)
{
  int64_t since = r->refused ? r->refused_since_ms : r->map_trouble_since_ms;
  const char *trouble = r->refused ? r->refusal : r->map_trouble;
  for (const struct gh_conn *c = r->conns; c; c = c->next) {
    if (!c->trouble_since_ms || c->gone || c->probe || (since && since <= c->trouble_since_ms)) continue;
    since = c->trouble_since_ms;
    trouble = c->trouble;
  }
  pthread_mutex_lock(&r->lock);
  r->health.trouble_since_ms = since;
  gh_redis_say(r->health.trouble, sizeof r->health.trouble, "%s", since ? trouble : "");
  pthread_mutex_unlock(&r->lock);
}

struct gh_redis_health gh_redis_health(struct gh_redis *r)
{
  pthread_mutex_lock(&r->lock);
  struct gh_redis_health h = r->health;
  pthread_mutex_unlock(&r->lock);
  h.waiting = atomic_load(&r->waiting);
  return h;
}
