/* The stream's functions at the server (config/redis/sink.lua), called with a wait that can be cut off. As a library of functions where the server lets us load
 * one; where it does not, the same text as scripts. */
#ifndef GOLDHOUR_SINK_STREAM_CALL_H
#define GOLDHOUR_SINK_STREAM_CALL_H

#include <stdatomic.h>

#include "goldhour/redis/redis.h"

enum gh_stream_function { GH_STREAM_HOLD, GH_STREAM_ADD, GH_STREAM_APPLY, GH_STREAM_RIGHTS };

struct gh_stream_caller {
  struct gh_redis *redis;      /* borrowed */
  const atomic_bool *cut;      /* borrowed */
  bool scripts;                /* functions are not to be had */
};

struct gh_stream_request {
  enum gh_stream_function function;
  struct gh_str keys[3];
  const struct gh_str *args; unsigned nargs;
};
/* What the function returned: a word and a number; or `error`, for people: then whether it was done is not known. */
struct gh_stream_answer { char word[16]; int64_t number; char error[512]; };
bool gh_stream_call(struct gh_stream_caller *c, const struct gh_stream_request *request, struct gh_stream_answer *answer);
/* Two calls, the second right behind the first without waiting for it, so that one flush of the disk serves both; a third may come between them. Both may be done
 * again. False: answers[0] says why; what was done is not known. */
bool gh_stream_call_two(struct gh_stream_caller *c, const struct gh_stream_request requests[2], struct gh_stream_answer answers[2]);

#endif
