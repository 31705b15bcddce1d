#include "reply.h"

#include <hiredis/read.h>

#include "goldhour/base/check.h"

/* More than any answer of ours has, and little enough that a count gone wrong does not take the memory. */
enum { MOST_ITEMS = 1 << 21, KEPT_BYTES = 4 << 20 };

/* Where an answer stands: at its place in the list around it, or alone. */
static struct gh_reply *place(const redisReadTask *task)
{
  struct gh_replies *r = task->privdata;
  struct gh_reply *reply;
  if (task->parent) reply = (struct gh_reply *)&((struct gh_reply *)task->parent->obj)->items[task->idx];
  else reply = gh_arena_alloc(&r->arena, sizeof *reply);
  *reply = (struct gh_reply){.kind = GH_REPLY_NIL};
  return reply;
}

static void *new_text(const redisReadTask *task, char *text, size_t len)
{
  struct gh_replies *r = task->privdata;
  struct gh_reply *reply = place(task);
  reply->kind = task->type == REDIS_REPLY_ERROR ? GH_REPLY_ERROR : GH_REPLY_TEXT;
  reply->text = gh_arena_str(&r->arena, gh_str_n(text, len));
  return reply;
}

static void *new_list(const redisReadTask *task, int n)
{
  struct gh_replies *r = task->privdata;
  if (n < 0 || n > MOST_ITEMS) return NULL;
  struct gh_reply *reply = place(task);
  reply->kind = GH_REPLY_LIST;
  reply->n = (unsigned)n;
  reply->items = n ? gh_arena_zero(&r->arena, (size_t)n, sizeof *reply) : NULL;
  return reply;
}

static void *new_integer(const redisReadTask *task, long long value)
{
  struct gh_reply *reply = place(task);
  reply->kind = GH_REPLY_INTEGER;
  reply->integer = value;
  return reply;
}

static void *new_nil(const redisReadTask *task) { return place(task); }

static void drop(void *reply) { (void)reply; } /* the arena's */

static redisReplyObjectFunctions functions = {new_text, new_list, new_integer, new_nil, drop};

void gh_replies_init(struct gh_replies *r)
{
  gh_arena_init(&r->arena, 0);
  r->reader = redisReaderCreateWithFunctions(&functions);
  GH_CHECK(r->reader && "out of memory");
  r->reader->privdata = r;
}

void gh_replies_free(struct gh_replies *r)
{
  if (!r->reader) return;
  redisReaderFree(r->reader);
  gh_arena_free(&r->arena);
  r->reader = NULL;
}

void gh_replies_feed(struct gh_replies *r, const char *data, size_t len)
{
  if (!r->reader->err) redisReaderFeed(r->reader, data, len); /* what it says is said again by the next answer */
}

bool gh_replies_next(struct gh_replies *r, const struct gh_reply **reply, const char **why)
{
  bool between = r->reader->ridx < 0; /* no answer is half built: its parts lie in the arena */
  if (between && r->arena.used_bytes > KEPT_BYTES) gh_arena_free(&r->arena);
  else if (between) gh_arena_reset(&r->arena);
  void *object = NULL;
  if (redisReaderGetReply(r->reader, &object) != 0) {
    *why = r->reader->errstr;
    return false;
  }
  *reply = object;
  return true;
}

void gh_reply_copy(struct gh_arena *arena, const struct gh_reply *from, struct gh_reply *to)
{
  *to = *from;
  if (from->text.ptr) to->text = gh_arena_str(arena, from->text);
  if (!from->n) return;
  struct gh_reply *items = gh_arena_alloc(arena, from->n * sizeof *items);
  for (unsigned i = 0; i < from->n; i++) gh_reply_copy(arena, &from->items[i], &items[i]);
  to->items = items;
}

struct gh_str gh_reply_code(const struct gh_reply *reply)
{
  if (reply->kind != GH_REPLY_ERROR || !reply->text.len) return (struct gh_str){0};
  const char *blank = memchr(reply->text.ptr, ' ', reply->text.len);
  return blank ? gh_str_n(reply->text.ptr, (size_t)(blank - reply->text.ptr)) : reply->text;
}
