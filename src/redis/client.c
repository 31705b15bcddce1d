/* The client's thread: commands come in through the inbox, are placed on connections, and given up when their time is over. One timer serves all. */
#include <stdlib.h>

#include "finder.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "start.h"

enum { BACKOFF_FIRST_MS = 50, BACKOFF_LONGEST_MS = 2000, STILL_MS = 50 };

static int64_t now_of(struct gh_redis *r) { return (int64_t)uv_now(&r->loop); }

/* ---- time ---- */

void gh_client_due(struct gh_redis *r, int64_t at_ms)
{
  if (at_ms >= r->due_ms || r->stopping) return;
  r->due_ms = at_ms;
  int64_t in = at_ms - now_of(r);
  uv_timer_start(&r->timer, gh_client_on_timer, in > 0 ? (uint64_t)in : 0, 0);
}

void gh_client_deadline(struct gh_redis *r, int64_t at_ms)
{
  if (at_ms < r->deadline_ms) r->deadline_ms = at_ms;
  gh_client_due(r, at_ms);
}

int64_t gh_client_backoff(struct gh_redis *r, unsigned failures)
{
  int64_t pause = BACKOFF_FIRST_MS;
  for (unsigned i = 1; i < failures && pause < BACKOFF_LONGEST_MS; i++) pause *= 2;
  r->random ^= r->random << 13;
  r->random ^= r->random >> 7;
  r->random ^= r->random << 17;
  pause += (int64_t)(r->random % (uint64_t)(pause / 2));
  return pause < BACKOFF_LONGEST_MS ? pause : BACKOFF_LONGEST_MS;
}

/* ---- ends of commands ---- */

/* What was refused has its answer. */
static void calm(struct gh_redis *r)
{
  for (struct gh_conn *c = r->conns; c; c = c->next) gh_conn_calm(c);
  gh_client_health(r);
}

static void tell(struct gh_redis *r, struct gh_command *c, const struct gh_reply *reply, const char *why, bool unsent)
{
  gh_redis_done_fn *done = c->done;
  if (!done) return;
  struct gh_redis_error error;
  if (!reply) gh_redis_say(error.text, sizeof error.text, "%s", why);
  c->done = NULL;
  if (!c->internal) atomic_fetch_sub(&r->waiting, 1);
  if (c->refusals && --r->refused == 0) calm(r);
  done(c->ctx, reply, reply ? NULL : &error, !reply && unsent);
}

void gh_client_finish(struct gh_redis *r, struct gh_command *c, const struct gh_reply *reply, const char *why, bool unsent)
{
  tell(r, c, reply, why, unsent);
  gh_command_free(c);
}

void gh_client_replace(struct gh_redis *r, struct gh_queue *q)
{
  for (struct gh_command *c = q->first; c; c = c->next) c->asking = c->half = false;
  gh_queue_merge(&r->unplaced, q);
  r->place = true;
}

static void explain_late(struct gh_redis *r, const struct gh_command *c, const char *server, char *why, size_t cap)
{
  struct gh_redis_health h = gh_redis_health(r);
  if (h.trouble_since_ms) gh_redis_say(why, cap, "Redis gave no answer within %lld ms; %s", (long long)c->within_ms, h.trouble);
  else gh_redis_say(why, cap, "Redis %s gave no answer within %lld ms", server, (long long)c->within_ms);
}

/* Gives up what is late in a queue of commands that are not under way. The next deadline is noted. */
static void give_up_late(struct gh_redis *r, struct gh_queue *q, const char *server)
{
  struct gh_queue all = *q;
  char why[400];
  *q = (struct gh_queue){0};
  for (struct gh_command *c; (c = gh_queue_take(&all));) {
    if (c->deadline_ms > now_of(r)) {
      if (c->deadline_ms < r->deadline_ms) r->deadline_ms = c->deadline_ms;
      gh_queue_add(q, c);
      continue;
    }
    explain_late(r, c, server, why, sizeof why);
    gh_client_finish(r, c, NULL, why, !c->unknown);
  }
}

/* Those under way keep their place: their answers may still come, and are nobody else's. */
static void forget_late(struct gh_redis *r, struct gh_conn *conn)
{
  char why[400];
  for (struct gh_command *c = conn->flight.first; c; c = c->next) {
    if (!c->done) continue;
    if (c->deadline_ms > now_of(r)) {
      if (c->deadline_ms < r->deadline_ms) r->deadline_ms = c->deadline_ms;
      continue;
    }
    explain_late(r, c, conn->name, why, sizeof why);
    tell(r, c, NULL, why, false);
  }
}

static void check_deadlines(struct gh_redis *r)
{
  if (r->deadline_ms > now_of(r)) return;
  r->deadline_ms = GH_NEVER;
  give_up_late(r, &r->unplaced, "");
  give_up_late(r, &r->delayed, "");
  for (struct gh_conn *c = r->conns; c; c = c->next) {
    give_up_late(r, &c->waiting, c->name);
    forget_late(r, c);
  }
}

static void release_delayed(struct gh_redis *r)
{
  struct gh_queue all = r->delayed, due = {0};
  r->delayed = (struct gh_queue){0};
  for (struct gh_command *c; (c = gh_queue_take(&all));) {
    gh_queue_add(c->due_ms <= now_of(r) ? &due : &r->delayed, c);
    if (c->due_ms > now_of(r)) gh_client_due(r, c->due_ms);
  }
  if (due.first) gh_client_replace(r, &due);
}

/* The process was stopped, or a callback took long: what came meanwhile lies unread, and is read before anything is called late. */
static bool stood_still(struct gh_redis *r)
{
  r->stood_still = !r->stood_still && now_of(r) - r->due_ms > STILL_MS;
  return r->stood_still;
}

void gh_client_on_timer(uv_timer_t *timer)
{
  struct gh_redis *r = timer->data;
  bool wait = stood_still(r);
  r->due_ms = GH_NEVER;
  if (wait) {
    gh_client_due(r, now_of(r) + 1);
    return;
  }
  for (struct gh_conn *c = r->conns; c; c = c->next) gh_conn_tick(c, now_of(r));
  if (r->finder) gh_finder_tick(r->finder, now_of(r));
  release_delayed(r);
  check_deadlines(r);
  gh_client_due(r, r->deadline_ms);
  gh_client_turn(r);
}

/* ---- placing ---- */

static bool answer_masters(struct gh_redis *r, struct gh_command *c)
{
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  struct gh_reply name = {.kind = GH_REPLY_TEXT, .text = gh_str(r->conns ? r->conns->name : "")};
  struct gh_reply list = {.kind = GH_REPLY_LIST, .items = &name, .n = 1};
  bool known = r->mode == GH_REDIS_CLUSTER ? gh_cluster_masters(r, &arena, &list) : r->mode == GH_REDIS_SINGLE || r->conns->state == GH_CONN_READY;
  if (known) gh_client_finish(r, c, &list, NULL, false);
  gh_arena_free(&arena);
  return known;
}

static void place_one(struct gh_redis *r, struct gh_command *c)
{
  bool vanished = false;
  if (!c->bytes) {
    if (!answer_masters(r, c)) gh_queue_add(&r->unplaced, c);
    return;
  }
  struct gh_conn *conn = r->mode == GH_REDIS_CLUSTER ? gh_cluster_place(r, c, &vanished) : r->conns;
  if (conn) gh_queue_insert(&conn->waiting, c);
  else if (vanished) gh_client_finish(r, c, NULL, "this node is no master of the Cluster any more", !c->unknown);
  else gh_queue_add(&r->unplaced, c);
}

static void place(struct gh_redis *r)
{
  struct gh_queue all = r->unplaced;
  r->unplaced = (struct gh_queue){0};
  r->place = false;
  for (struct gh_command *c; (c = gh_queue_take(&all));) place_one(r, c);
  for (struct gh_conn *c = r->conns; c; c = c->next) gh_conn_flush(c);
}

static void take_inbox(struct gh_redis *r)
{
  pthread_mutex_lock(&r->lock);
  struct gh_queue in = r->inbox;
  r->inbox = (struct gh_queue){0};
  pthread_mutex_unlock(&r->lock);
  if (!in.first) return;
  int64_t now = now_of(r);
  for (struct gh_command *c = in.first; c; c = c->next) {
    if (c->within_ms == 0) c->within_ms = r->timeout_ms;
    c->deadline_ms = c->within_ms >= GH_NEVER - now ? GH_NEVER : now + c->within_ms;
    gh_client_deadline(r, c->deadline_ms);
  }
  gh_client_replace(r, &in);
}

static void free_gone(struct gh_redis *r)
{
  for (struct gh_conn **at = &r->conns; *at;) {
    struct gh_conn *c = *at;
    if (c->gone && c->probe && c->state != GH_CONN_CLOSED) gh_conn_lose(c, "it has answered");
    if (c->gone && c->state == GH_CONN_CLOSED) {
      *at = c->next;
      gh_conn_free(c);
    } else {
      at = &c->next;
    }
  }
}

static void on_handle_closed(uv_handle_t *handle) { (void)handle; }

/* Everybody is answered; nothing is done any more. */
static void stop(struct gh_redis *r)
{
  r->stopping = true;
  for (struct gh_conn *c = r->conns; c; c = c->next) {
    c->gone = true;
    gh_conn_lose(c, "the client is closed");
  }
  gh_queue_merge(&r->unplaced, &r->delayed);
  for (take_inbox(r); r->unplaced.first; take_inbox(r)) {
    struct gh_command *c = gh_queue_take(&r->unplaced);
    gh_client_finish(r, c, NULL, "the client of Redis is closed", !c->unknown);
  }
  free_gone(r);
  uv_close((uv_handle_t *)&r->wake, on_handle_closed);
  uv_close((uv_handle_t *)&r->timer, on_handle_closed);
  uv_close((uv_handle_t *)&r->check, on_handle_closed);
}

/* The end of each turn of the loop: what was sent meanwhile, by others or by the callbacks, is placed and written together. */
void gh_client_turn(struct gh_redis *r)
{
  if (r->stopping) return;
  if (r->finder) gh_finder_turn(r->finder);
  take_inbox(r);
  if (r->place) place(r);
  free_gone(r);
  pthread_mutex_lock(&r->lock);
  bool closing = r->closing;
  pthread_mutex_unlock(&r->lock);
  if (closing) stop(r);
}

static void on_check(uv_check_t *check) { gh_client_turn(check->data); }
static void on_wake(uv_async_t *wake) { (void)wake; } /* the turn follows */

void gh_client_init_loop(struct gh_redis *r)
{
  GH_CHECK(uv_loop_init(&r->loop) == 0 && uv_async_init(&r->loop, &r->wake, on_wake) == 0);
  GH_CHECK(uv_timer_init(&r->loop, &r->timer) == 0 && uv_check_init(&r->loop, &r->check) == 0);
  r->timer.data = r->check.data = r;
  r->due_ms = r->deadline_ms = GH_NEVER;
  r->random = gh_monotonic_ns() | 1;
  uv_check_start(&r->check, on_check);
}
