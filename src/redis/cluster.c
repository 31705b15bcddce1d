/* The map of a Cluster: which node holds a slot. It is asked of any node at the start, and again whenever something says that it is out of date: MOVED, a
 * connection lost, CLUSTERDOWN, a slot that nobody holds. MOVED corrects the one slot at once; ASK is for one command alone. */
#include <stdio.h>
#include <stdlib.h>

#include "finder.h"
#include "goldhour/base/check.h"

enum { AGAIN_MS = 100, TROUBLED_MS = 500 }; /* between two looks at the map */

static int64_t now_of(struct gh_redis *r) { return (int64_t)uv_now(&r->loop); }

static struct gh_conn *find(struct gh_redis *r, const char *name)
{
  struct gh_conn *c = r->conns;
  while (c && (c->probe || c->gone || strcmp(c->name, name) != 0)) c = c->next;
  return c;
}

static struct gh_conn *find_or_make(struct gh_redis *r, struct gh_str host, unsigned port)
{
  char text[256], name[280];
  gh_redis_say(text, sizeof text, "%.*s", GH_FMT(host));
  gh_redis_say(name, sizeof name, strchr(text, ':') ? "[%s]:%u" : "%s:%u", text, port);
  struct gh_conn *c = find(r, name);
  if (c) return c;
  c = gh_conn_new(r, text, port, false);
  c->next = r->conns;
  r->conns = c;
  return c;
}

unsigned gh_cluster_nodes(struct gh_redis *r)
{
  unsigned n = 0;
  for (struct gh_conn *c = r->conns; c; c = c->next) n += c->listed;
  return n;
}

void gh_cluster_refresh(struct gh_redis *r) { gh_finder_want(r->finder, r->finder->asked_ms + AGAIN_MS); }

/* ---- reading the map ---- */

/* [first, last, [host, port, …], replicas …]. A host left out is the one that answers; "?" is one that nobody knows. */
static bool makes_sense(const struct gh_reply *range)
{
  bool ok = range->kind == GH_REPLY_LIST && range->n >= 3 && range->items[2].kind == GH_REPLY_LIST && range->items[2].n >= 2;
  if (!ok) return false;
  int64_t first = range->items[0].integer, last = range->items[1].integer, port = range->items[2].items[1].integer;
  struct gh_str host = range->items[2].items[0].text;
  return first >= 0 && last >= first && last < GH_SLOTS && port > 0 && port <= 65535 && (!host.len || gh_redis_is_host(host));
}

static bool is_known(const struct gh_reply *range) { return !gh_str_eq(range->items[2].items[0].text, GH_STR("?")); }

static void take_range(struct gh_finder *f, const struct gh_reply *range)
{
  struct gh_str host = range->items[2].items[0].text;
  if (!is_known(range)) return;
  struct gh_conn *c = find_or_make(f->r, host.len ? host : gh_str(f->probe->host), (unsigned)range->items[2].items[1].integer);
  c->listed = true;
  for (int64_t slot = range->items[0].integer; slot <= range->items[1].integer; slot++) f->slots[slot] = c;
}

/* A node that has left the Cluster knows of nobody: the map stays as it is until one is asked that knows more. */
bool gh_cluster_take(struct gh_finder *f, const struct gh_reply *reply)
{
  bool ok = reply->kind == GH_REPLY_LIST;
  unsigned known = 0;
  for (unsigned i = 0; ok && i < reply->n; i++) {
    ok = makes_sense(&reply->items[i]);
    known += ok && is_known(&reply->items[i]);
  }
  if (!ok || !known) {
    gh_redis_say(f->why, sizeof f->why, "%s: its answer to CLUSTER SLOTS names no nodes", f->probe->name);
    return false;
  }
  memset(f->slots, 0, sizeof f->slots);
  for (struct gh_conn *c = f->r->conns; c; c = c->next) c->listed = false;
  for (unsigned i = 0; i < reply->n; i++) take_range(f, &reply->items[i]);
  f->known = true;
  return true;
}

static void map_trouble(struct gh_redis *r, const char *why)
{
  if (why && !r->map_trouble_since_ms) r->map_trouble_since_ms = now_of(r);
  if (!why) r->map_trouble_since_ms = 0;
  gh_redis_say(r->map_trouble, sizeof r->map_trouble, "%s", why ? why : "");
  gh_client_health(r);
}

/* Nodes that hold nothing any more answer what they were asked and are closed. */
static void part_with_unlisted(struct gh_redis *r)
{
  for (struct gh_conn *c = r->conns; c; c = c->next) {
    if (c->listed || c->probe || c->gone) continue;
    c->gone = true;
    if (c->state == GH_CONN_READY || c->state == GH_CONN_DRAINING) gh_conn_retire(c);
    else gh_conn_lose(c, "it holds no slots any more");
  }
}

static bool is_troubled(struct gh_redis *r)
{
  for (struct gh_conn *c = r->conns; c; c = c->next) {
    if (c->listed && c->trouble_since_ms) return true;
  }
  return r->refused > 0 || r->map_trouble_since_ms;
}

void gh_cluster_found(struct gh_finder *f)
{
  struct gh_redis *r = f->r;
  unsigned bare = 0;
  char why[120];
  f->asked_ms = now_of(r);
  for (struct gh_conn *c = r->conns; c; c = c->next) {
    if (!c->probe) gh_client_replace(r, &c->waiting);
  }
  part_with_unlisted(r);
  for (int i = 0; i < GH_SLOTS; i++) {
    if (f->slots[i] && !f->slots[i]->listed) f->slots[i] = NULL; /* MOVED said so while the map was on its way */
    bare += !f->slots[i];
  }
  gh_redis_say(why, sizeof why, "%u of the Cluster's %d slots are held by no node", bare, GH_SLOTS);
  map_trouble(r, bare ? why : NULL);
  r->place = true;
  if (is_troubled(r)) gh_finder_want(f, now_of(r) + TROUBLED_MS);
}

void gh_cluster_failed(struct gh_finder *f)
{
  char why[300];
  gh_redis_say(why, sizeof why, "no node of the Cluster tells who holds what: %.200s", f->why);
  map_trouble(f->r, why);
  f->asked_ms = now_of(f->r);
  gh_finder_want(f, now_of(f->r) + gh_client_backoff(f->r, f->rounds));
}

/* ---- placing ---- */

static struct gh_conn *any_master(struct gh_redis *r)
{
  struct gh_conn *any = NULL;
  for (struct gh_conn *c = r->conns; c; c = c->next) {
    if (!c->listed) continue;
    if (c->state == GH_CONN_READY) return c;
    any = c;
  }
  return any;
}

struct gh_conn *gh_cluster_place(struct gh_redis *r, const struct gh_command *c, bool *vanished)
{
  struct gh_finder *f = r->finder;
  struct gh_conn *conn = NULL;
  if (!f->known) return NULL; /* it is being asked for */
  if (c->node) {
    conn = find(r, c->node);
    *vanished = !conn || !conn->listed;
    return *vanished ? NULL : conn;
  }
  conn = c->slot == GH_SLOT_ANY ? any_master(r) : f->slots[c->slot];
  if (!conn) gh_finder_want(f, f->asked_ms + TROUBLED_MS);
  return conn;
}

bool gh_cluster_masters(struct gh_redis *r, struct gh_arena *arena, struct gh_reply *list)
{
  if (!r->finder->known) return false;
  struct gh_reply *names = gh_arena_zero(arena, gh_cluster_nodes(r), sizeof *names);
  unsigned n = 0;
  for (struct gh_conn *c = r->conns; c; c = c->next) {
    if (c->listed) names[n++] = (struct gh_reply){.kind = GH_REPLY_TEXT, .text = gh_str(c->name)};
  }
  *list = (struct gh_reply){.kind = GH_REPLY_LIST, .items = names, .n = n};
  return true;
}

/* ---- redirections ---- */

/* "MOVED 3999 127.0.0.1:6381": the slot, the host (empty: the one that says so), the port. */
static bool read_target(struct gh_str text, unsigned *slot, struct gh_str *host, unsigned *port)
{
  char copy[320];
  int at = 0;
  if (text.len >= sizeof copy) return false;
  memcpy(copy, text.ptr, text.len);
  copy[text.len] = '\0';
  const char *colon = strrchr(copy, ':');
  if (sscanf(copy, "%*s %u %n", slot, &at) != 1 || at == 0 || !colon || colon < copy + at) return false;
  *host = gh_str_n(text.ptr + at, (size_t)(colon - copy - at));
  if (host->len > 2 && host->ptr[0] == '[') *host = gh_str_n(host->ptr + 1, host->len - 2);
  unsigned long value = strtoul(colon + 1, NULL, 10);
  *port = (unsigned)value;
  return *slot < GH_SLOTS && value > 0 && value < 65536 && (!host->len || gh_redis_is_host(*host)) && !gh_str_eq(*host, GH_STR("?"));
}

bool gh_cluster_redirect(struct gh_conn *conn, struct gh_command *c, const struct gh_reply *reply)
{
  struct gh_redis *r = conn->r;
  struct gh_str host;
  unsigned slot, port;
  bool moved = gh_str_eq(gh_reply_code(reply), GH_STR("MOVED"));
  gh_client_count(r, &r->health.moved);
  if (moved) gh_cluster_refresh(r);
  if (!read_target(reply->text, &slot, &host, &port)) return false;
  struct gh_conn *target = find_or_make(r, host.len ? host : gh_str(conn->host), port);
  if (moved) r->finder->slots[slot] = target;
  c->asking = !moved;
  c->half = false;
  gh_queue_insert(&target->waiting, c);
  r->place = true;
  return true;
}
