/* A command on its way, and queues of commands.
 *
 * A command is in exactly one queue at a time: the inbox, `unplaced` or `delayed` of the client, or `waiting` or `flight` of a connection; a queue owns what
 * stands in it. Its bytes are formed once, in the sender's thread, and written from where they lie.
 */
#ifndef GOLDHOUR_REDIS_COMMAND_H
#define GOLDHOUR_REDIS_COMMAND_H

#include "goldhour/redis/redis.h"

enum { GH_SLOTS = 16384, GH_SLOT_ANY = -1 };

struct gh_command {
  struct gh_command *next;
  uint64_t number;              /* in the order of sending: queues are kept in it */
  gh_redis_done_fn *done;       /* NULL: its sender has been answered, what still comes for it is thrown away */
  void *ctx;
  char *bytes; size_t len;      /* owned; NULL: no command for a server, but a question for the list of masters */
  char *node;                   /* owned; "host:port" of the one node that is meant, or NULL */
  int slot;
  bool again;
  bool unknown;                 /* written on a connection that broke: it may have been done */
  bool asking;                  /* ASKING goes before it, and has an answer of its own */
  bool half;                    /* that one came */
  bool internal;                /* our own: counted nowhere */
  unsigned refusals, hops;      /* answers that were none; redirections since the last of them */
  int64_t within_ms, deadline_ms, due_ms; /* due: of a delayed one */
};

struct gh_queue { struct gh_command *first, *last; };

/* Forms a command; takes copies of everything. */
struct gh_command *gh_command_new(const struct gh_redis_command *c, gh_redis_done_fn *done, void *ctx);
void gh_command_free(struct gh_command *c);

/* The hash slot of a key, by its tag in braces if it has one. */
int gh_slot_of(struct gh_str key);

void gh_queue_add(struct gh_queue *q, struct gh_command *c);
struct gh_command *gh_queue_take(struct gh_queue *q); /* the first; NULL: empty */
/* Moves all of `from` into `q`, in the order of their numbers. */
void gh_queue_merge(struct gh_queue *q, struct gh_queue *from);
void gh_queue_insert(struct gh_queue *q, struct gh_command *c);

#endif
