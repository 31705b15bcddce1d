/* Where leads go: a file, standard output, a Redis stream, a Kafka topic, a webhook. A sink is a small table of functions (src/sink/inside.h), used by one
 * thread, the relay's; it is given committed leads alone, a page of one partition at a time, in the order of their numbers. How far it is with a
 * partition is its mark, which the caller commits to the store after the leads are durable where they went.
 *
 * What each promises when a process is killed between the writing of a page and the committing of its mark:
 *
 * - The file is exact. Its mark holds a length and which file that was, and the bytes behind a mark are never trusted: when writing begins the file
 *   is cut to its mark, and what follows is written again, the same bytes. A file that was rotated away is left alone and a new one is begun; lines that
 *   the old one already holds are found (as long as it lies in the same folder) and not written twice. A file that is there before the first mark is
 *   appended to, never cut. Where a process has several partitions each has a file of its own, leads.p7.jsonl.
 * - The stream is exact: what was added is known there by its id (stream.c).
 * - Standard output, a topic, a webhook get the page again: at least once; the lead's id tells.
 */
#ifndef GOLDHOUR_SINK_SINK_H
#define GOLDHOUR_SINK_SINK_H

#include <stdint.h>

#include "goldhour/base/str.h"
#include "goldhour/conf/edges.h"
#include "goldhour/redis/redis.h"

struct gh_sink;
/* text: for people; never a lead's content. wait_ms: the other side asked not to be tried again before (cleared by the caller). */
struct gh_sink_error { char text[512]; int64_t wait_ms; };

struct gh_sink_options {
  const struct gh_sink_conf *conf;        /* borrowed while the sink lives, as all of this */
  const struct gh_kafka_conf *kafka;      /* the source's, for a topic without brokers of its own; may be NULL */
  struct gh_str dir;                      /* of the configuration */
  struct gh_redis *redis;                 /* the store's, for a stream without a server of its own; may be NULL */
  struct gh_str installation;             /* the name of the store's keys: tells two installations apart that write to one stream */
  bool shared;                            /* other processes may take over our partitions: who writes a partition's leads is settled at the sink too */
  bool many;                              /* several partitions: a file each */
};

/* How far a sink is with a partition: committed by the caller. Cleared: nothing written. */
struct gh_sink_mark { uint64_t number; int64_t bytes; char file[64]; }; /* number: of the last lead that it has */

struct gh_sink_lead { uint64_t number; struct gh_str id, json; };

/* NULL with `error`: a file that cannot be written, a secret that cannot be read. A server that is away is no error. */
struct gh_sink *gh_sink_open(const struct gh_sink_options *options, struct gh_sink_error *error);
void gh_sink_close(struct gh_sink *s);
/* Whether a stream's server lets its user do what writing leads needs. Nothing is written; the functions are loaded. */
bool gh_sink_stream_try(const struct gh_sink_options *options, struct gh_sink_error *error);
/* Whether all partitions depend on one server: if it is away for one, it is for all. */
bool gh_sink_is_server(const struct gh_sink *s);
/* Whether leads that come again do no harm, however many: then the mark may be committed later, for several pages at once. */
bool gh_sink_knows_its_leads(const struct gh_sink *s);

/* Makes us the one who writes this partition's leads: the mark is read after it, so that whoever did before can no longer move it unseen. `last`: the
 * number of the store's last lead; until it was made ready once, as it was when the partition became ours. */
bool gh_sink_hold(struct gh_sink *s, unsigned partition, uint64_t last, struct gh_sink_error *error);
/* Makes ready to write behind `mark`. If the file is another one than the mark's, the mark is set to where writing goes on, `changed` says that it must be
 * committed before anything is written, and `lines` how many leads behind the old mark the old file already holds. A stream whose server has lost leads
 * sets the mark's number back. */
struct gh_sink_begun { bool changed; uint64_t lines; };
bool gh_sink_begin(struct gh_sink *s, unsigned partition, struct gh_sink_mark *mark, struct gh_sink_begun *begun, struct gh_sink_error *error);

/* A page of a partition: at most gh_sink_page_leads. */
unsigned gh_sink_page_leads(const struct gh_sink *s);
struct gh_sink_page { unsigned partition; const struct gh_sink_lead *leads; unsigned n; };
enum gh_sink_answer {
  GH_SINK_TAKEN,    /* all are durable */
  GH_SINK_REFUSED,  /* the first `taken` are; the next one will never be taken: `error` says why */
  GH_SINK_LOST,     /* somebody else holds the partition: hold it again (if it is still ours), read the mark, begin */
  GH_SINK_FAILED,   /* the first `taken` are; try again later */
};
/* Writes leads behind the mark, makes them durable and moves the mark, but for its number, behind those taken. After anything but TAKEN: begin again. */
enum gh_sink_answer gh_sink_write(struct gh_sink *s, const struct gh_sink_page *page, struct gh_sink_mark *mark, unsigned *taken, struct gh_sink_error *error);
/* Leads behind `mark`, up to `number`, go to the dead letters: the mark that says so, which is committed with that. */
void gh_sink_skip(struct gh_sink *s, struct gh_sink_mark *mark, uint64_t number);
/* The partition is no longer ours: its file is closed. */
void gh_sink_forget(struct gh_sink *s, unsigned partition);
/* How often the connection to the sink's own server was lost, or led elsewhere, and is there again: it may have lost leads meanwhile, and hold and begin would tell.
 * GH_SINK_NEVER: such a thing cannot be, or is no news (the store's server is looked after by the store). */
#define GH_SINK_NEVER UINT64_MAX
uint64_t gh_sink_breaks(const struct gh_sink *s);
/* From any thread: what is being waited for fails now, and everything after it. */
void gh_sink_cut_off(struct gh_sink *s);

#endif
