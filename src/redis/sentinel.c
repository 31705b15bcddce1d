/* The master behind Sentinels. Any of them is asked; what it names must say itself that it is the master (ROLE, in the greeting), for a Sentinel may be
 * behind the times. A connection that broke has its master looked up anew, one that answers READONLY is left, and so is, every few
 * seconds, one that has lost its replicas (NOREPLICAS). */
#include "finder.h"
#include "goldhour/base/check.h"

void gh_sentinel_find(struct gh_redis *r)
{
  gh_finder_want(r->finder, 0);
}

bool gh_sentinel_take(struct gh_finder *f, const struct gh_reply *reply)
{
  bool named = reply->kind == GH_REPLY_LIST && reply->n >= 2 && gh_redis_is_host(reply->items[0].text);
  unsigned port = 0;
  for (size_t i = 0; named && i < reply->items[1].text.len && port < 65536; i++) {
    unsigned digit = (unsigned)reply->items[1].text.ptr[i] - '0';
    port = digit < 10 ? port * 10 + digit : 65536;
  }
  if (!named || port == 0 || port > 65535) {
    gh_redis_say(f->why, sizeof f->why, "Sentinel %s knows no master '%s'", f->probe->name, f->master);
    return false;
  }
  gh_redis_say(f->host, sizeof f->host, "%.*s", GH_FMT(reply->items[0].text));
  f->port = port;
  return true;
}

void gh_sentinel_found(struct gh_finder *f)
{
  struct gh_conn *master = f->r->conns;
  if (master->state != GH_CONN_FINDING) return;
  gh_conn_address(master, f->host, f->port);
  gh_conn_connect(master);
}

void gh_sentinel_failed(struct gh_finder *f)
{
  struct gh_conn *master = f->r->conns;
  char why[300];
  gh_redis_say(why, sizeof why, "no Sentinel names the master '%.60s': %s", f->master, f->why);
  if (master->state == GH_CONN_FINDING) gh_conn_lose(master, why);
}
