/* Bytes of a connection into answers: hiredis's reader, building struct gh_reply in an arena. */
#ifndef GOLDHOUR_REDIS_REPLY_H
#define GOLDHOUR_REDIS_REPLY_H

#include "goldhour/redis/redis.h"

struct redisReader;
struct gh_replies {
  struct redisReader *reader; /* owned */
  struct gh_arena arena;      /* of the answer in hand */
};

void gh_replies_init(struct gh_replies *r);
void gh_replies_free(struct gh_replies *r);
/* Takes bytes as they came. */
void gh_replies_feed(struct gh_replies *r, const char *data, size_t len);
/* The next whole answer, living until the next call; NULL: none yet. False with `why`: these bytes are not Redis's protocol; nothing more can be read. */
bool gh_replies_next(struct gh_replies *r, const struct gh_reply **reply, const char **why);
/* A copy with everything in it, in `arena`. */
void gh_reply_copy(struct gh_arena *arena, const struct gh_reply *from, struct gh_reply *to);
/* "MOVED" of "MOVED 7 …". Empty if the answer is no error. */
struct gh_str gh_reply_code(const struct gh_reply *reply);

#endif
