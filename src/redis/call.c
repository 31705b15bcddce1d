/* What other threads call: send, and the forms that wait. */
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "start.h"

void gh_client_submit(struct gh_redis *r, struct gh_command *c)
{
  atomic_fetch_add(&r->waiting, 1);
  pthread_mutex_lock(&r->lock);
  c->number = ++r->sent;
  gh_queue_add(&r->inbox, c);
  pthread_mutex_unlock(&r->lock);
  uv_async_send(&r->wake);
}

void gh_redis_send(struct gh_redis *r, const struct gh_redis_command *c, gh_redis_done_fn *done, void *ctx)
{
  GH_CHECK(c->argc > 0);
  gh_client_submit(r, gh_command_new(c, done, ctx));
}

struct waiter {
  pthread_mutex_t lock;
  pthread_cond_t come;
  bool done, answered;
  struct gh_arena *arena; /* borrowed */
  struct gh_reply *reply;
  struct gh_redis_error *error;
};

static void on_done(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  struct waiter *w = ctx;
  (void)unsent;
  pthread_mutex_lock(&w->lock);
  w->answered = reply != NULL;
  if (reply) gh_reply_copy(w->arena, reply, w->reply);
  else *w->error = *error;
  w->done = true;
  pthread_cond_signal(&w->come);
  pthread_mutex_unlock(&w->lock);
}

/* Sends a command and waits for its end. False: no answer. */
static bool wait_for(struct gh_redis *r, const struct gh_redis_command *c, struct gh_str node, struct waiter *w)
{
  GH_CHECK(!pthread_equal(pthread_self(), r->thread));
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->come, NULL);
  struct gh_command *command = gh_command_new(c, on_done, w);
  if (node.len) command->node = strndup(node.ptr, node.len);
  gh_client_submit(r, command);
  pthread_mutex_lock(&w->lock);
  while (!w->done) pthread_cond_wait(&w->come, &w->lock);
  pthread_mutex_unlock(&w->lock);
  pthread_mutex_destroy(&w->lock);
  pthread_cond_destroy(&w->come);
  return w->answered;
}

static void say_error(const struct gh_redis *r, const struct gh_reply *reply, struct gh_redis_error *error)
{
  char text[400];
  bool moved = r->mode != GH_REDIS_CLUSTER && gh_str_eq(gh_reply_code(reply), GH_STR("MOVED"));
  gh_error_text(reply, text, sizeof text);
  gh_redis_say(error->text, sizeof error->text, "%s%s", text, moved ? ": it is a node of a Cluster, to be named under 'cluster'" : "");
}

bool gh_redis_call(struct gh_redis *r, const struct gh_redis_command *c, struct gh_arena *arena, struct gh_reply *reply, struct gh_redis_error *error)
{
  GH_CHECK(c->argc > 0);
  struct waiter w = {.arena = arena, .reply = reply, .error = error};
  if (!wait_for(r, c, (struct gh_str){0}, &w)) return false;
  if (reply->kind != GH_REPLY_ERROR) return true;
  say_error(r, reply, error);
  return false;
}

bool gh_redis_masters(struct gh_redis *r, const struct gh_redis_command *c, gh_redis_each_fn *each, void *ctx, struct gh_redis_error *error)
{
  struct gh_arena arena;
  struct gh_reply list, reply;
  struct gh_redis_command question = {.again = true, .within_ms = c->within_ms}, one = *c;
  struct waiter ask = {.arena = &arena, .reply = &list, .error = error};
  gh_arena_init(&arena, 0);
  one.key = (struct gh_str){0};
  bool ok = wait_for(r, &question, (struct gh_str){0}, &ask);
  for (unsigned i = 0; ok && i < list.n; i++) {
    struct waiter w = {.arena = &arena, .reply = &reply, .error = error};
    ok = wait_for(r, &one, list.items[i].text, &w);
    if (ok && !each(ctx, list.items[i].text, &reply)) break;
  }
  gh_arena_free(&arena);
  return ok;
}
