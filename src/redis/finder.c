#include "finder.h"

#include <stdlib.h>

#include "goldhour/base/check.h"

enum { PROBE_MS = 1000 }; /* then the next is asked: one that is gone without a word must not hold up the rest */

struct gh_finder *gh_finder_new(struct gh_redis *r, const struct gh_redis_conf *conf)
{
  struct gh_finder *f = calloc(1, sizeof *f);
  bool cluster = r->mode == GH_REDIS_CLUSTER;
  const struct gh_node_addr *nodes = cluster ? conf->cluster : conf->sentinels;
  f->naddresses = cluster ? conf->ncluster : conf->nsentinels;
  f->addresses = calloc(f->naddresses, sizeof *f->addresses);
  f->master = strndup(conf->sentinel_master.ptr ? conf->sentinel_master.ptr : "", conf->sentinel_master.len);
  GH_CHECK(f && f->addresses && f->master && "out of memory");
  for (unsigned i = 0; i < f->naddresses; i++) {
    f->addresses[i] = (struct gh_address){strndup(nodes[i].host.ptr, nodes[i].host.len), nodes[i].port};
    GH_CHECK(f->addresses[i].host && "out of memory");
  }
  f->r = r;
  if (cluster) gh_finder_want(f, 0);
  return f;
}

void gh_finder_free(struct gh_finder *f)
{
  for (unsigned i = 0; i < f->naddresses; i++) free(f->addresses[i].host);
  free(f->addresses);
  free(f->master);
  free(f);
}

void gh_finder_want(struct gh_finder *f, int64_t at_ms)
{
  if (!f->wanted || at_ms < f->due_ms) f->due_ms = at_ms;
  f->wanted = true;
  if (!f->probe) gh_client_due(f->r, f->due_ms);
}

static void on_probed(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  struct gh_finder *f = ctx;
  (void)unsent;
  bool good = false;
  if (!reply) gh_redis_say(f->why, sizeof f->why, "%s", error->text);
  else if (reply->kind == GH_REPLY_ERROR) gh_error_text(reply, f->why, sizeof f->why);
  else good = f->r->mode == GH_REDIS_CLUSTER ? gh_cluster_take(f, reply) : gh_sentinel_take(f, reply);
  f->outcome = good ? GH_ASK_GOOD : GH_ASK_BAD;
}

static struct gh_command *question(struct gh_finder *f)
{
  struct gh_redis *r = f->r;
  struct gh_str slots[] = {GH_STR("CLUSTER"), GH_STR("SLOTS")};
  struct gh_str master[] = {GH_STR("SENTINEL"), GH_STR("get-master-addr-by-name"), gh_str(f->master)};
  bool cluster = r->mode == GH_REDIS_CLUSTER;
  struct gh_redis_command form = {.argv = cluster ? slots : master, .argc = cluster ? 2 : 3};
  struct gh_command *c = gh_command_new(&form, on_probed, f);
  c->internal = true;
  c->within_ms = r->timeout_ms < PROBE_MS ? r->timeout_ms : PROBE_MS;
  c->deadline_ms = (int64_t)uv_now(&r->loop) + c->within_ms;
  gh_client_deadline(r, c->deadline_ms);
  return c;
}

/* Whose turn it is: in a Cluster its nodes as they are known, then those configured. */
static struct gh_address next_address(struct gh_finder *f)
{
  unsigned nodes = 0;
  for (struct gh_conn *c = f->r->conns; c && f->r->mode == GH_REDIS_CLUSTER; c = c->next) nodes += c->listed;
  unsigned turn = f->at % (nodes + f->naddresses);
  if (turn >= nodes) return f->addresses[turn - nodes];
  struct gh_conn *c = f->r->conns;
  for (; !c->listed || turn-- > 0; c = c->next) {}
  return (struct gh_address){c->host, c->port};
}

static void ask(struct gh_finder *f)
{
  struct gh_redis *r = f->r;
  struct gh_address address = next_address(f);
  struct gh_conn *probe = gh_conn_new(r, address.host, address.port, true);
  probe->attempts = f->rounds; /* of a name with several addresses another one in each round */
  if (r->mode == GH_REDIS_SENTINEL) probe->user = &r->sentinel_user;
  f->wanted = false;
  f->outcome = GH_ASK_NONE;
  f->probe = probe;
  gh_queue_add(&probe->waiting, question(f));
  struct gh_conn **at = r->conns ? &r->conns->next : &r->conns; /* behind the first: with Sentinels that is the master */
  probe->next = *at;
  *at = probe;
}

void gh_finder_tick(struct gh_finder *f, int64_t now)
{
  if (!f->wanted || f->probe) return;
  if (f->due_ms <= now) ask(f);
  else gh_client_due(f->r, f->due_ms);
}

static void asked_in_vain(struct gh_finder *f)
{
  bool cluster = f->r->mode == GH_REDIS_CLUSTER;
  f->at++;
  if (++f->failed < f->naddresses + (cluster ? gh_cluster_nodes(f->r) : 0)) {
    gh_finder_want(f, 0);
    return;
  }
  f->failed = 0;
  f->rounds++;
  if (cluster) gh_cluster_failed(f);
  else gh_sentinel_failed(f);
}

void gh_finder_turn(struct gh_finder *f)
{
  if (!f->probe || f->outcome == GH_ASK_NONE) return;
  f->probe->gone = true; /* freed by the client */
  f->probe = NULL;
  if (f->outcome == GH_ASK_BAD) {
    asked_in_vain(f);
    return;
  }
  f->failed = f->rounds = 0;
  f->at++; /* another one next time: this one may be behind the times, or on the wrong side of a cut */
  if (f->wanted) gh_client_due(f->r, f->due_ms);
  if (f->r->mode == GH_REDIS_CLUSTER) gh_cluster_found(f);
  else gh_sentinel_found(f);
}
