/* A message as a stream brings it: its bytes, and what stands beside them. Of a file or standard input only `bytes` is there. Everything is borrowed. */
#ifndef GOLDHOUR_MODEL_MESSAGE_H
#define GOLDHOUR_MODEL_MESSAGE_H

#include <stdint.h>

#include "goldhour/base/str.h"

struct gh_header { struct gh_str name, value; };

struct gh_message {
  struct gh_str bytes;         /* empty with ptr NULL: a tombstone */
  struct gh_str key;
  const struct gh_header *headers; unsigned nheaders;
  int64_t time_ms;             /* when it was written, as the stream says; 0: unknown */
};

#endif
