/* check --live: tries what the configuration names, and says what is wrong in the operator's words: what, where, what to do.
 *
 * Nothing is written: no message is sent, no key set, no group joined, no offset committed. (Redis is given the functions that `run` would give it.) The whole has
 * a time of its own and ends when that is over, whatever does not answer.
 */
#ifndef GH_CLI_CHECK_LIVE_H
#define GH_CLI_CHECK_LIVE_H

#include "goldhour/base/buf.h"
#include "goldhour/engine/set.h"

enum gh_live_level { GH_LIVE_OK, GH_LIVE_NOTE, GH_LIVE_WARNING, GH_LIVE_FAILED };

struct gh_live_finding {
  enum gh_live_level level;
  struct gh_str where, text, todo; /* todo: what to do; may be empty */
  struct gh_live_finding *next;
};

struct gh_live {
  const struct gh_set *set;         /* borrowed */
  bool json;                        /* findings are kept for gh_live_json; else printed as they come */
  struct gh_arena arena;
  struct gh_live_finding *first, *last;
  unsigned failed, warnings;
  uint64_t until_ns;                /* monotonic: when it is over */
  struct gh_buf sample;             /* of the topic's records, as members of a JSON object; empty: none was taken */
  /* What one part learned for the next ones. */
  unsigned partitions;              /* of the source's topic; 0: unknown */
  bool committed;                   /* the group has committed offsets */
  char store_id[64];                /* that stands beside them; empty: none */
  bool redis;                       /* the store's Redis answers */
};

/* Tries everything. False: something failed. */
bool gh_live_check(struct gh_live *l, const struct gh_set *set, bool json);
/* Appends ,"live":{…}. */
void gh_live_json(const struct gh_live *l, struct gh_buf *out);
void gh_live_free(struct gh_live *l);

/* ── for the parts ── */

/* One finding: `where` names the thing ("kafka broker 10.0.0.1:9092"), the text says what was found, `todo` what to do (NULL: nothing). */
void gh_live_ok(struct gh_live *l, const char *where, const char *format, ...) __attribute__((format(printf, 3, 4)));
void gh_live_note(struct gh_live *l, const char *where, const char *format, ...) __attribute__((format(printf, 3, 4)));
void gh_live_warn(struct gh_live *l, const char *where, const char *todo, const char *format, ...) __attribute__((format(printf, 4, 5)));
void gh_live_fail(struct gh_live *l, const char *where, const char *todo, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Time that is left, at most `most_ms`, at least 1. */
int gh_live_left_ms(const struct gh_live *l, int most_ms);
bool gh_live_over(const struct gh_live *l);
/* Opens a connection and closes it. False: why. */
bool gh_live_reach(const char *host, unsigned port, int within_ms, char why[256]);

void gh_live_kafka(struct gh_live *l);  /* the source: brokers, topic, group, a sample of the records */
void gh_live_store(struct gh_live *l);  /* Redis or SQLite; after the source */
void gh_live_sinks(struct gh_live *l);

/* Kafka: a handle that keeps what went wrong. */
#include "goldhour/kafka/kafka.h"

struct gh_live_handle {
  rd_kafka_t *rk;
  rd_kafka_resp_err_t err;          /* the last that says more than "no broker"; 0: none */
  char text[256];
};
/* `pairs`: properties and values, ended by NULL. False: told. */
bool gh_live_handle_open(struct gh_live *l, struct gh_live_handle *h, const struct gh_kafka_conf *conf, const char *where, const char *const *pairs);
void gh_live_handle_close(struct gh_live_handle *h);
/* The topic as the brokers describe it (destroy it); NULL: told. Its brokers are reached for, where `brokers`. */
const struct rd_kafka_metadata *gh_live_topic(struct gh_live *l, struct gh_live_handle *h, const char *where, const char *topic);
/* Every broker that is written down. How many can be reached. */
unsigned gh_live_brokers(struct gh_live *l, const struct gh_kafka_conf *conf);

/* check_live_sample.c: the last records of the topic. */
void gh_live_sample(struct gh_live *l, struct gh_live_handle *h, const char *topic);

#endif
