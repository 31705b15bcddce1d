/* The stores of all partitions of one installation in Redis, and what they share: the installation's identity, its number of partitions, its active rule set.
 * All calls block; from any thread.
 *
 * Keys, for the name NAME (hash tags keep what belongs together in one slot of a Cluster):
 *   gh:{NAME}:store           hash: id, format, partitions, made (time), release
 *   gh:{NAME}:rules           hash: number, version, bundle, at; and seen:VERSION -> the number it was active under last
 *   gh:{NAME:p7}:meta         hash: owner, seq, format, epoch, meta, dict, lead (number of the last), dead (number of the last), dead_bytes, log_first (seq of the
 *                             first row of the log), buckets (how many), position (as text, for people), sink:NAME -> place, mark (hash of all commits), handed, todo (docs/redis.md)
 *   gh:{NAME:p7}:log          hash: seq of a commit -> its row
 *   gh:{NAME:p7}:bucket       hash: key -> bytes
 *   gh:{NAME:p7}:outbox       stream: NUMBER-0, fields id, lead
 *   gh:{NAME:p7}:dead         stream: NUMBER-0, fields of a dead letter
 *   gh:{NAME:p7}:crash        hash: offset -> times
 */
#ifndef GOLDHOUR_STORE_STORES_H
#define GOLDHOUR_STORE_STORES_H

#include "goldhour/conf/edges.h"
#include "goldhour/redis/redis.h"
#include "goldhour/store/store.h"

struct gh_stores;

struct gh_stores_options {
  const struct gh_redis_store_conf *conf; /* borrowed for the call */
  struct gh_str dir;                 /* of the configuration */
  int64_t dead_letter_bytes;         /* a partition */
};

/* Starts the client, installs the functions (or finds that it must use EVALSHA), and checks what would lose data: version (7.0 or later), role (a master),
 * maxmemory-policy (noeviction; any other is refused), persistence (AOF with appendfsync always: else a warning that says what may be lost), replicas
 * (min-replicas-to-write: a warning where there are replicas and it is 0). What CONFIG and INFO do not show to this user is a warning. Warnings are appended to
 * `warnings`, a line each. Waits at most `within_ms` for the server; so long from its beginning what is asked of it later waits too. NULL with `error`. */
struct gh_stores *gh_stores_open(const struct gh_stores_options *options, int64_t within_ms, struct gh_buf *warnings, struct gh_store_error *error);
/* So long from now on, again: a start may have waited for others meanwhile. */
void gh_stores_patient(struct gh_stores *s, int64_t within_ms);
/* Whatever is asked from now on is tried again by whoever asks: it waits for the configured time-out alone, and a stop with it. */
void gh_stores_begun(struct gh_stores *s);
/* After the last of its partitions' stores was closed. */
void gh_stores_close(struct gh_stores *s);
struct gh_redis *gh_stores_redis(struct gh_stores *s); /* the client, for others who speak to the same server; borrowed */

/* What the installation is known by; false with `error` if it cannot be read. `id` is empty where there is none yet. */
struct gh_stores_identity { char id[40]; unsigned format, partitions; };
bool gh_stores_identity(struct gh_stores *s, struct gh_stores_identity *identity, struct gh_store_error *error);
/* Makes it, unless another did so first: then what that one made is given. A new random id. */
bool gh_stores_found(struct gh_stores *s, unsigned partitions, struct gh_stores_identity *identity, struct gh_store_error *error);

/* The active rule set. `known`: what the caller has already; if the active one has a greater number, its version and bundle are given (in `arena`), else number is
 * known's, or 0 (none yet), and the bundle is empty. A set of the same number and another version is given too: Redis has lost the one that is known, and before
 * anybody put it back another got its number. (An empty version is not compared.) */
struct gh_stores_known { uint64_t number; char version[17]; };
struct gh_stores_rules { uint64_t number; char version[17]; struct gh_str bundle; };
bool gh_stores_rules(struct gh_stores *s, const struct gh_stores_known *known, struct gh_arena *arena, struct gh_stores_rules *rules, struct gh_store_error *error);
/* Whether a set of this number and version is to take the place of the one that is known. */
bool gh_stores_is_newer(const struct gh_stores_known *known, uint64_t number, const char *version);
/* Makes a set the active one, with the next number. `only_new`: not if this version was active before and another has replaced it (a start with old files).
 * `number` is then the active one's. False: error. */
struct gh_stores_set { const char *version; struct gh_str bundle; bool only_new; }; /* borrowed */
bool gh_stores_publish(struct gh_stores *s, const struct gh_stores_set *set, uint64_t *number, struct gh_store_error *error);

/* Whether a set of this version was ever active. */
bool gh_stores_seen(struct gh_stores *s, const char *version, bool *seen, struct gh_store_error *error);
/* The names, with their types, that a partition's state knew when it was committed last (the DICT row; in `arena`), whoever owns it; empty: none. */
bool gh_stores_names(struct gh_stores *s, unsigned partition, struct gh_arena *arena, struct gh_str *dict, struct gh_store_error *error);

/* A partition's store. Nothing is owned or read before gh_store_load. `owned` false: for reading alone (dead letters), gh_store_load and commits are not allowed. */
struct gh_store *gh_stores_partition(struct gh_stores *s, unsigned partition, bool owned);

#endif
