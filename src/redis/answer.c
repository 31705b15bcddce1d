/* What an answer means: the sender's, a redirection, or none at all. */
#include "finder.h"
#include "goldhour/base/check.h"
#include "inside.h"

enum { PAUSE_FIRST_MS = 20, PAUSE_LONGEST_MS = 1000, MOST_HOPS = 5, REPLACED_MS = 2000 };

/* The server did nothing, and says that it may do it later or that another one would. */
static bool is_refusal(const struct gh_reply *reply)
{
  static const char *const codes[] = {"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "NOREPLICAS", "MISCONF", "OOM", "DENIED", NULL};
  struct gh_str code = gh_reply_code(reply);
  for (const char *const *one = codes; *one; one++) {
    if (gh_str_eq(code, gh_str(*one))) return true;
  }
  return code.len && gh_str_starts(reply->text, GH_STR("ERR max number of clients")); /* said to a connection, not to a command */
}

/* A node that a slot is being moved to (ASK) and that lacks what is called. Its sender could only load that where the slot is still at home, which has it: so it waits
 * until the slot has come, and the sender is told then. */
static bool lacks_function(const struct gh_command *c, const struct gh_reply *reply)
{
  static const struct gh_str words = {"ERR Function not found", 22};
  return c->asking && (gh_str_eq(gh_reply_code(reply), GH_STR("NOSCRIPT")) || gh_str_starts(reply->text, words));
}

static bool is_redirection(struct gh_str code) { return gh_str_eq(code, GH_STR("MOVED")) || gh_str_eq(code, GH_STR("ASK")); }

static void refuse(struct gh_conn *conn, struct gh_command *c, const struct gh_reply *reply)
{
  struct gh_redis *r = conn->r;
  int64_t now = (int64_t)uv_now(&r->loop), pause = PAUSE_FIRST_MS;
  char text[200];
  gh_error_text(reply, text, sizeof text);
  gh_redis_say(r->refusal, sizeof r->refusal, "%s: %s", conn->name, text);
  for (unsigned i = 0; i < c->refusals && pause < PAUSE_LONGEST_MS; i++) pause *= 2;
  if (c->refusals++ == 0 && r->refused++ == 0) r->refused_since_ms = now;
  c->due_ms = now + (pause < PAUSE_LONGEST_MS ? pause : PAUSE_LONGEST_MS);
  c->asking = c->half = false;
  c->hops = 0;
  gh_queue_insert(&r->delayed, c);
  gh_client_due(r, c->due_ms);
  gh_client_health(r);
}

/* Cut off from its replicas, a master may have been replaced without knowing: the Sentinels are asked now and then. */
static bool may_be_replaced(const struct gh_conn *conn, struct gh_str code)
{
  return gh_str_eq(code, GH_STR("NOREPLICAS")) && conn->r->mode == GH_REDIS_SENTINEL && (int64_t)uv_now(&conn->r->loop) - conn->ready_ms >= REPLACED_MS;
}

static void follow_refusal(struct gh_conn *conn, struct gh_str code)
{
  bool other_server = gh_str_eq(code, GH_STR("READONLY")) || gh_str_eq(code, GH_STR("MASTERDOWN")) || gh_str_eq(code, GH_STR("CLUSTERDOWN"));
  if (conn->probe || !(other_server || may_be_replaced(conn, code))) return;
  if (conn->r->mode == GH_REDIS_CLUSTER) gh_cluster_refresh(conn->r);
  else gh_conn_retire(conn);
}

void gh_answer(struct gh_conn *conn, struct gh_command *c, const struct gh_reply *reply)
{
  struct gh_redis *r = conn->r;
  struct gh_str code = gh_reply_code(reply);
  bool open = c->done && code.len && !conn->probe;
  bool redirected = open && r->mode == GH_REDIS_CLUSTER && !c->node && is_redirection(code);
  if (redirected && ++c->hops <= MOST_HOPS && gh_cluster_redirect(conn, c, reply)) return;
  if (redirected || (open && (is_refusal(reply) || lacks_function(c, reply)))) {
    refuse(conn, c, reply);
    follow_refusal(conn, code);
    return;
  }
  if (!is_refusal(reply)) gh_conn_good(conn);
  gh_client_finish(r, c, reply, NULL, false);
}
