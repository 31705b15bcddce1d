/* What all users of librdkafka share: an rd_kafka_conf_t from goldhour.yaml, its log lines into ours, its errors in the operator's words. */
#ifndef GOLDHOUR_KAFKA_KAFKA_H
#define GOLDHOUR_KAFKA_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "goldhour/base/buf.h"
#include "goldhour/conf/edges.h"

/* text: for people: what went wrong, what to do; no secrets. too_large: of a producer: the record, or those that went with it, are larger than the brokers take. */
struct gh_kafka_error { char text[512]; bool too_large; };

/* Brokers, TLS, SASL (secrets read from their files, paths against `dir`), then the configured properties. NULL with `error`. The caller owns it. */
rd_kafka_conf_t *gh_kafka_conf(const struct gh_kafka_conf *conf, struct gh_str dir, struct gh_kafka_error *error);
/* The same, with properties of ours that the configured ones may say otherwise. A list ends with a name of NULL. */
struct gh_kafka_property { const char *name, *value; };
rd_kafka_conf_t *gh_kafka_conf_with(const struct gh_kafka_conf *conf, struct gh_str dir, const struct gh_kafka_property *ours, struct gh_kafka_error *error);
/* Sets one property; false with `error`. After gh_kafka_conf: whatever was configured. */
bool gh_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct gh_kafka_error *error);
/* Whether librdkafka takes the configured properties of a consumer (`session_ms` > 0) or of our producer, alone and together. False with `error`, and `which` where it is
 * one of them. Speaks to nobody. */
bool gh_kafka_try_properties(const struct gh_kafka_conf *conf, int64_t session_ms, const struct gh_pair **which, struct gh_kafka_error *error);
/* What an error means and what to do about it, in one line. Static. */
const char *gh_kafka_words(rd_kafka_resp_err_t code);
/* Asks the leader for an offset of a partition: `offset` says for which (RD_KAFKA_OFFSET_BEGINNING, _END, or a time in ms: of the first record since; negative: there is
 * none), and is the answer. */
rd_kafka_resp_err_t gh_kafka_offset(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t *offset, int64_t within_ms);
/* Where it begins and where it ends. */
struct gh_kafka_range { int64_t low, high; };
rd_kafka_resp_err_t gh_kafka_range(rd_kafka_t *rk, const char *topic, int32_t partition, struct gh_kafka_range *range, int64_t within_ms);
/* Ends a handle without leaving its group; all that was made of it must be gone. librdkafka may wait long for brokers that are away: what takes longer than `within_ms`
 * goes on behind our back, for a process that ends soon. */
void gh_kafka_end(rd_kafka_t *rk, int64_t within_ms);

/* A producer that repeats nothing (idempotent) and loses nothing: what it took is delivered, or told. Used by one thread. */
struct gh_kafka_producer;
struct gh_kafka_out {
  struct gh_str topic, key, bytes;     /* key empty: none */
  int32_t partition;                   /* -1: by the key (murmur2, as Java producers do) */
  const struct gh_pair *headers; unsigned nheaders; /* values are bytes */
  int64_t time_ms;                     /* 0: now */
};
/* A record beyond 1 MB is too large. _large: only the brokers say what is; then a flush may fail for it, and what went with it is to be produced apart. */
struct gh_kafka_producer *gh_kafka_producer_open(const struct gh_kafka_conf *conf, struct gh_str dir, struct gh_kafka_error *error);
struct gh_kafka_producer *gh_kafka_producer_open_large(const struct gh_kafka_conf *conf, struct gh_str dir, struct gh_kafka_error *error);
/* Drops what was not flushed. */
void gh_kafka_producer_close(struct gh_kafka_producer *p);
/* From any thread: produce and flush no longer wait, as if their time were over. */
void gh_kafka_producer_cut(struct gh_kafka_producer *p);
/* Copies and queues; waits while the queue is full, at most `within_ms`. A record that is too large is passed over: the others go their way. */
bool gh_kafka_produce(struct gh_kafka_producer *p, const struct gh_kafka_out *out, int64_t within_ms, struct gh_kafka_error *error);
/* Waits until all that was produced is acknowledged by all in-sync replicas. False: something was not delivered, or not in time: produce all since the last
 * flush again. */
bool gh_kafka_flush(struct gh_kafka_producer *p, int64_t within_ms, struct gh_kafka_error *error);
/* The last failure was one that only people can mend: a right that is missing, a record that the topic does not allow. */
bool gh_kafka_hopeless(const struct gh_kafka_producer *p);

#endif
