/* rekey: what comes out of it. Events go to one topic, keyed by customer; what cannot be an event goes to a topic or a file of dead letters. */
#ifndef GH_CLI_REKEY_H
#define GH_CLI_REKEY_H

#include <stdio.h>

#include "goldhour/engine/set.h"
#include "goldhour/kafka/kafka.h"

struct gh_rekey_counts { uint64_t read, events, profiles, passed, refused; };

/* A message as the consumer gave it. */
struct gh_rekey_message {
  struct gh_message message;
  struct gh_str topic;
  int32_t partition;
  int64_t offset;
};

struct gh_rekey_out {
  const struct gh_set *set;           /* borrowed, as the names are */
  struct gh_str to, dead_topic;       /* dead_topic empty: the file */
  const char *dead_path;
  struct gh_decoder *decoder;
  struct gh_kafka_producer *producer; /* NULL: not open */
  FILE *dead;                         /* NULL: nothing was refused yet */
  struct gh_buf id, json;
  struct gh_rekey_counts counts;
  uint64_t pending;                   /* messages since the last flush */
};

bool gh_rekey_out_open(struct gh_rekey_out *o, struct gh_kafka_error *error);
void gh_rekey_out_close(struct gh_rekey_out *o);
/* Writes what a message holds. False: not all of it may be there; open anew and give it again. */
bool gh_rekey_out_write(struct gh_rekey_out *o, const struct gh_rekey_message *m, struct gh_kafka_error *error);
/* All that was written is acknowledged, and on the disk. */
bool gh_rekey_out_flush(struct gh_rekey_out *o, struct gh_kafka_error *error);

#endif
