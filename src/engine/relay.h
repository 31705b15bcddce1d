/* A relay hands committed leads to one sink, from the outboxes of all partitions that this process owns. It has a thread of its own, for sinks may be slow or
 * dead: begin → page of the outbox → sink → the sink's place → next page; partitions take turns, a page each. A stream beside the store has several
 * such threads, lanes, each for its share of the partitions, so that they do not wait for one another's answers.
 *
 * A failure leaves leads in the outbox and is tried again (a file every second; a server after 1, 2, 4 … 30 s, for all partitions alike, or when it asks to be);
 * it holds up neither events nor commits. Beyond `sink_behind` leads of a partition the oldest go to the dead letters (gh_store_sink_bury): of a sink
 * that fails, and of a webhook always, for it may be slower than events come for good. What others are behind while they answer drains: reading waits for it. A
 * stream beside the store fails when the store does, and then nothing new comes: its leads wait for half a minute first. A lead that the sink refuses for good
 * goes there too. Both are told in the log, once a minute, with counts.
 *
 * What happened is noted; the loop is woken by `woke` (called on the relay's thread) and asks gh_relay_state. */
#ifndef GOLDHOUR_ENGINE_RELAY_H
#define GOLDHOUR_ENGINE_RELAY_H

#include "goldhour/conf/conf.h"
#include "goldhour/store/store.h"
#include "goldhour/store/stores.h"

struct gh_relay;

struct gh_relay_options {
  const struct gh_conf *conf;           /* borrowed: bounds (sink_behind is read anew by gh_relay_add and gh_relay_kick), dir, and the source's Kafka */
  const struct gh_sink_conf *sink;      /* borrowed */
  struct gh_stores *stores;             /* borrowed; NULL: no Redis store */
  bool many;                            /* several partitions: a file sink writes one file each, leads.p7.jsonl */
  void (*woke)(void *ctx);
  void *ctx;
};

/* Opens the sink (a file that cannot be written, a secret that cannot be read: NULL with `error`; a server that is away is no error) and starts its threads. */
struct gh_relay *gh_relay_open(const struct gh_relay_options *options, char error[512]);
/* Ends them all together, each after the page in hand, at the latest after `within_ms`; then what is waited for is cut off. */
void gh_relays_close(struct gh_relay **relays, unsigned n, int64_t within_ms);
const char *gh_relay_name(const struct gh_relay *r); /* the sink's */

/* From now on the partition's leads are handed over. Takes a reference of the store. The sink's place of it is read at the first page. */
void gh_relay_add(struct gh_relay *r, unsigned partition, struct gh_store *store);
/* The partition is no longer ours. Never waits: a page in hand may still go out. */
void gh_relay_remove(struct gh_relay *r, unsigned partition);
/* Leads were committed. */
void gh_relay_kick(struct gh_relay *r, unsigned partition);
/* The store has been away, and what it has is certain again: the partition's place is read anew, at the store and at the sink, for either may have gone back. */
void gh_relay_look_again(struct gh_relay *r, unsigned partition);

enum gh_relay_doing {
  GH_RELAY_IDLE,     /* everything committed before the last kick is handed over */
  GH_RELAY_BUSY,
  GH_RELAY_FAILING,  /* the last try went wrong; `error` says why */
  GH_RELAY_GONE,     /* who read standard output is gone for good */
};
/* behind: leads committed and not handed over. bare: of those buried, the number alone was kept. drains: and it will be, soon: the sink answers, and is none that may be slow for good. */
struct gh_relay_state { enum gh_relay_doing doing; bool drains; uint64_t behind, handed, buried, bare; char error[512]; };
struct gh_relay_state gh_relay_state(struct gh_relay *r);
/* Tries at once what would be tried later: before a stop. */
void gh_relay_hurry(struct gh_relay *r);

#endif
