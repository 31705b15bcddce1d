/* rekey: topics in, one topic out. Events go there keyed by customer (rekey_out.c); what cannot be an event goes to a topic or a file of dead letters. */
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

/* One run of the command. A session is a membership in the group with a producer; what fails on the way ends it, and the next one begins at the committed
 * offsets. */
struct gh_rekey {
  const char *config, *to, *dead, *group;
  bool until_end;
  const struct gh_set *set;
  rd_kafka_t *consumer;
  rd_kafka_topic_partition_list_t *assigned; /* owned; opaque: not NULL where it is at its end, which is then its offset */
  struct gh_rekey_out out;
  bool broken;          /* nothing may be committed any more: begin anew */
  bool hopeless;        /* and that would not help */
  uint64_t flushed_ns, figures_ns, asked_ns; /* monotonic: the last commit, line of figures, look at the end of all */
  struct gh_kafka_error error;
};

/* rekey_member.c. False: it will not work another time either. */
bool gh_rekey_open_session(struct gh_rekey *r);
void gh_rekey_close_session(struct gh_rekey *r);
/* Nothing may be committed any more; `hopeless`: and another session would meet the same. */
void gh_rekey_break_off(struct gh_rekey *r, bool hopeless);
/* All that was written is acknowledged, then the offsets behind it committed. False: the session is broken off. */
bool gh_rekey_commit(struct gh_rekey *r);
/* The partition of `m` is at its end, or no longer. */
void gh_rekey_mark_end(struct gh_rekey *r, const rd_kafka_message_t *m, bool at_end);
/* All partitions of the topics are read to their end. */
bool gh_rekey_at_the_end(struct gh_rekey *r);

#endif
