/* Kafka's inside: what member, reader and watch share.
 *
 *   loop thread    gh_kafka_news, gh_source_next, gh_source_close, ...: everything but gh_kafka_committed and gh_kafka_start, which any thread may
 *                  call once joined, and
 *   watch thread   asks the brokers for the ends of the partitions that have given everything, and, while no broker seemed to be there, for
 *                  anything at all
 *
 * What both touch stands in `struct gh_watch` and `struct ending`, under gh_watch.lock.
 */
#ifndef GH_SOURCE_GROUP_H
#define GH_SOURCE_GROUP_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "goldhour/kafka/kafka.h"
#include "goldhour/source/kafka.h"
#include "ops.h"
#include "slot.h"

#define GH_SECOND_NS UINT64_C(1000000000)
#define GH_END_MS 500
#define GH_SILENCE_MS "10000" /* a link that says nothing for so long is cut: it may be dead without either end knowing */

/* What is known of a partition's end; under gh_watch.lock. */
struct ending {
  bool ask;            /* it has given everything, or is in trouble */
  int64_t position;    /* the next record's offset when it had */
  int64_t end;         /* as the broker said, asked for at asked_ns */
  uint64_t asked_ns;   /* 0: never */
  uint64_t answers;    /* how often it was told */
};

/* One partition that is read. */
struct part {
  struct gh_source base;
  struct gh_kafka *k;
  struct part *next;            /* in gh_kafka.parts */
  uint64_t id;                  /* never used again: the watch finds it anew by this */
  int32_t partition;
  rd_kafka_queue_t *queue;      /* owned */
  rd_kafka_message_t *given;    /* kept alive until the next call; owned */
  struct gh_header *headers;    /* owned, grows */
  unsigned headers_cap;
  int64_t expected;             /* the next record is not below this offset */
  bool searching;               /* begun anew, `expected` is only where it should have been */
  size_t record_bytes;
  uint64_t again_ns;            /* what came was damaged: fetching is stopped until then; 0: it is not */
  bool replaced, failed;
  uint64_t skipped;
  uint64_t mean_bytes;          /* of a record, roughly */
  rd_kafka_resp_err_t trouble;  /* the last error, if nothing came since */
  uint64_t trouble_ns, trouble_answers; /* since when; ending.answers then */
  struct ending ending;
  struct gh_source_error error;
};

/* What is wrong, and since when (monotonic ns); since_ns 0: nothing. */
struct ill {
  rd_kafka_resp_err_t code;
  uint64_t since_ns, code_ns;   /* since anything was; since it was this */
  int32_t partition;            /* -1: of all */
};

struct gh_watch {
  pthread_t thread;
  bool started;
  pthread_mutex_t lock;         /* guards what follows, and every part's ending, and the list of parts against the watch */
  pthread_cond_t changed;
  bool stop, suspect;           /* suspect: no broker seemed to be there */
  struct ill ill;               /* nobody answers, or the topic is not as it should be */
  uint64_t period_ms;
};

struct gh_kafka {
  const struct gh_kafka_source_conf *conf; /* borrowed */
  char topic_name[256], group[256];
  const char *store_id;         /* borrowed: of a new store it becomes known only after opening */
  struct gh_slot slot;
  unsigned partitions;
  int fd;                       /* an eventfd that librdkafka's queues write to */
  rd_kafka_t *reader;
  rd_kafka_topic_t *topic;
  struct part *parts;
  uint64_t ids;
  uint64_t broker_errors;
  rd_kafka_resp_err_t denied;   /* the last error that waiting does not mend */
  char last_text[256];          /* librdkafka's last word */
  /* member */
  rd_kafka_t *member;
  rd_kafka_queue_t *events;     /* owned */
  bool joined, revoking, lost, left, fatal_told, trouble_told, commit_failed_told;
  int32_t *owned; unsigned nowned; /* what the group gave us */
  int64_t *noted, *committed;   /* offsets for lag tools, by partition; -1: none */
  char *dir;                    /* owned: of the configuration */
  uint64_t again_ns;            /* the member's handle is at its end: when to make it anew; 0: it is not */
  uint64_t fenced_ns; unsigned fences; /* when we were last told that another has our name, and how often one soon after the other */
  uint64_t commit_ns;           /* when they were last sent */
  bool committing;
  atomic_bool cut;              /* nothing is waited for any more */
  bool closing;                        /* the member is being closed: an assignment is no longer answered */
  struct gh_watch watch;
};

bool gh_member_open(struct gh_kafka *k, struct gh_source_error *error);
/* Makes it anew and joins. */
bool gh_member_again(struct gh_kafka *k, struct gh_source_error *error);
/* For whoever is before the news: serves the member's errors for a while. */
void gh_member_serve(struct gh_kafka *k, int64_t for_ms);
/* Hears one event of the member's; true: `news` says something. */
bool gh_member_served(struct gh_kafka *k, rd_kafka_event_t *event, struct gh_kafka_news *news);
/* Sends the offsets that have changed, for lag tools; its answer is an event. */
void gh_member_commit(struct gh_kafka *k);
void gh_member_commit_answered(struct gh_kafka *k, rd_kafka_resp_err_t code);
/* Last offsets, then out of the group or not. */
void gh_member_close(struct gh_kafka *k);
bool gh_reader_open(struct gh_kafka *k, struct gh_source_error *error);
void gh_reader_close(struct gh_kafka *k);
bool gh_watch_start(struct gh_kafka *k, int64_t idle_ms);
void gh_watch_stop(struct gh_kafka *k);
/* No broker seems to be there: ask. */
void gh_watch_suspect(struct gh_kafka *k);
/* What is wrong with all; else with the partition that it is wrong with longest. */
struct ill gh_watch_ill(struct gh_kafka *k);
struct ill gh_parts_ill(struct gh_kafka *k);
/* Sets a property that nobody else decides. */
bool gh_kafka_must(rd_kafka_conf_t *made, const char *name, const char *value, struct gh_source_error *error);

#endif
