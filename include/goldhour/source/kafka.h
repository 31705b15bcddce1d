/* Kafka as a source: membership in a consumer group, and a source for each partition it gives us.
 *
 * Two librdkafka handles, so that membership and reading do not disturb each other: the *member* subscribes and never fetches (it answers an assignment with an
 * empty one, keeps the heartbeat, and commits offsets for lag tools); the *reader* belongs to no group and fetches each partition from where it is told, with the
 * simple consumer (start at an offset, stop, start anew), into one queue a partition.
 *
 * Positions come from the store, never from Kafka (auto.offset.reset=error). What is found here is noted and taken by the loop with gh_kafka_news; the loop is
 * woken by gh_kafka_fd and should look on a timer as well, for librdkafka's wake-ups have been lost before.
 *
 * A partition is *at its end* when the broker said so less than `idle` ago: the end offset is asked for on a thread of its own, for all partitions that have given
 * everything they had, and counts from the moment of asking.
 */
#ifndef GOLDHOUR_SOURCE_KAFKA_H
#define GOLDHOUR_SOURCE_KAFKA_H

#include "goldhour/base/arena.h"
#include "goldhour/conf/edges.h"
#include "goldhour/source/source.h"

struct gh_kafka;

struct gh_kafka_options {
  const struct gh_kafka_source_conf *conf;  /* borrowed */
  struct gh_str dir;                        /* of the configuration */
  int64_t idle_ms;
  const char *store_id;                     /* metadata of committed offsets; "" : none. Borrowed, and read at each commit: it may be filled in after opening */
};

/* Makes both handles, asks the brokers for the topic (waits for an answer at most 30 s), joins nothing yet. NULL with `error`: unreachable, no such topic,
 * wrong credentials, in the operator's words. */
struct gh_kafka *gh_kafka_open(const struct gh_kafka_options *options, struct gh_source_error *error);
/* Leaves: stops reading. The member goes out of the group at once if others are there to take over; if it is alone it stays a member for `session`, so that a
 * start soon after is given its partitions back without a pause. */
void gh_kafka_close(struct gh_kafka *k);

unsigned gh_kafka_partitions(const struct gh_kafka *k);       /* of the topic */
const char *gh_kafka_member(const struct gh_kafka *k);        /* our static member's name */
/* What the group committed for a partition: its offset (-1: nothing) and the store's id beside it. Blocks; before joining for the loop's thread, then for any. */
bool gh_kafka_committed(struct gh_kafka *k, unsigned partition, int64_t *offset, char store_id[64], struct gh_source_error *error);
/* Where a new store begins a partition by `start`: a real offset. Blocks; likewise. */
bool gh_kafka_start(struct gh_kafka *k, unsigned partition, int64_t *offset, struct gh_source_error *error);

/* From any thread: the two above are not waited for much longer (2 s), for the process stops. */
void gh_kafka_cut(struct gh_kafka *k);

/* Joins the group: from now on there is news. */
bool gh_kafka_join(struct gh_kafka *k, struct gh_source_error *error);
/* Readable when there may be news or records. Non-blocking read it empty (gh_kafka_woken) before looking. */
int gh_kafka_fd(const struct gh_kafka *k);
void gh_kafka_woken(struct gh_kafka *k);

enum gh_kafka_news_kind {
  GH_KAFKA_NONE,
  GH_KAFKA_ASSIGNED, /* these partitions are ours: all that are, also those we had */
  GH_KAFKA_REVOKED,  /* these are to be given back: drain, then gh_kafka_gave_back */
  GH_KAFKA_LOST,     /* these were taken from us: commits may be fenced; then gh_kafka_gave_back */
  GH_KAFKA_TROUBLE,  /* text: brokers away, … ; goes on by itself */
  GH_KAFKA_WELL,     /* and that is over */
  GH_KAFKA_FATAL,    /* text: this member cannot go on (its name is used by another, rights were taken away) */
};
struct gh_kafka_news { enum gh_kafka_news_kind kind; const int32_t *partitions; unsigned n; char text[512]; };
/* The next piece of news; polls the member (call it at least every second). Partitions live until the next call. */
void gh_kafka_news(struct gh_kafka *k, struct gh_kafka_news *news);
void gh_kafka_gave_back(struct gh_kafka *k);

/* A source that reads one partition from `offset` on. Its places: offset = Kafka's offset of the next record, record = offset + 1. Records carry message, key and
 * headers. Fails (gh_source_failure) where Kafka no longer holds the offset, unless `lost` says to go on: gh_source_replaced is then true, and gh_source_skipped
 * says how much was lost. Not asked, it fetches until its share of fetch_bytes is full, and keeps it. gh_source_close stops it. */
struct gh_source *gh_kafka_read(struct gh_kafka *k, unsigned partition, int64_t offset, size_t record_bytes, struct gh_source_error *error);

/* Tells lag tools how far we are: committed by the member every few seconds and at close, never read back but by gh_kafka_committed. */
void gh_kafka_note_committed(struct gh_kafka *k, unsigned partition, int64_t offset);

struct gh_kafka_stats { uint64_t queued_bytes, queued_records, broker_errors; }; /* queued: fetched and not taken; its bytes by the mean of the last records */
struct gh_kafka_stats gh_kafka_stats(const struct gh_kafka *k);

#endif
