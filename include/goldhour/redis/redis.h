/* A Redis client: one thread with its own libuv loop and connections, for everybody in the process. Commands may be sent from any thread; answers come on
 * the client's thread, or to a caller who waits.
 *
 * Bytes are written and read by hiredis's formatter and reader; the connections are ours: TCP, TLS by OpenSSL, AUTH and CLIENT SETNAME on connecting, a
 * time-out for every answer, reconnection with backoff (50 ms to 2 s, with jitter). The server is found by its address, by Sentinels (the master of a name,
 * asked anew after every lost connection, its role checked), or is the node of a Cluster that holds a key's slot (MOVED, ASK, TRYAGAIN, CLUSTERDOWN are
 * followed here and seen by nobody; so is a node that a slot is just coming to and that lacks a function).
 *
 * What is known of a command without an answer: nothing. Whether it may be sent again is for the caller to say (`again`): a commit is a compare-and-set, a
 * read changes nothing. LOADING, READONLY, MASTERDOWN, CLUSTERDOWN, TRYAGAIN, BUSY, NOREPLICAS, MISCONF and OOM are no answers: such a command was not done, and is
 * sent again after a while (20 ms to 1 s), until its time is over; commands sent after it may overtake it. Otherwise the commands of a connection are written in the
 * order of sending, and those sent again come before later ones.
 *
 * Bounds are the callers': what waits here is what they have sent and not been answered, its bytes included (`waiting` counts it). A list of more than 2^21 items
 * is taken for a fault of the protocol: read in pages. Behind Sentinels and in a Cluster `tls` is spoken with every node; a certificate is compared with the
 * address that the Sentinel or the map names.
 */
#ifndef GOLDHOUR_REDIS_REDIS_H
#define GOLDHOUR_REDIS_REDIS_H

#include "goldhour/base/arena.h"
#include "goldhour/base/buf.h"
#include "goldhour/conf/edges.h"

struct gh_redis;
struct gh_redis_error { char text[512]; }; /* what went wrong and what to do, for people; no secrets, no values */

/* An answer. Texts and items belong to who gave it: see gh_redis_send and gh_redis_call. */
enum gh_reply_kind { GH_REPLY_NIL, GH_REPLY_TEXT, GH_REPLY_INTEGER, GH_REPLY_LIST, GH_REPLY_ERROR };
struct gh_reply {
  enum gh_reply_kind kind;
  int64_t integer;
  struct gh_str text;                  /* TEXT, ERROR: "WRONGTYPE …" */
  const struct gh_reply *items; unsigned n; /* LIST */
};

#define GH_REDIS_FOREVER INT64_MAX

struct gh_redis_command {
  const struct gh_str *argv; unsigned argc; /* borrowed for the call alone */
  struct gh_str key;                   /* decides the slot in a Cluster; empty: any master */
  bool again;                          /* harmless twice: without an answer it is sent again until `within_ms` is over */
  int64_t within_ms;                   /* when to give up; 0: the configured time-out; GH_REDIS_FOREVER */
};

/* Whether certificates and key can be read and fit together; false with `error`. Of any edge with TLS. */
bool gh_redis_tls_good(const struct gh_tls_conf *conf, struct gh_str dir, struct gh_redis_error *error);

/* Starts the client. Secrets are read now (paths against `dir`); connecting goes on behind, a server that is not there is no error here. `client` is shown by
 * CLIENT LIST. NULL with `error`: a secret or certificate cannot be read, a host name is malformed. Borrows conf for the call. */
struct gh_redis *gh_redis_open(const struct gh_redis_conf *conf, struct gh_str dir, const char *client, struct gh_redis_error *error);
/* Ends the thread; commands without an answer are answered with an error first, also those that `done` sends meanwhile (so it must not do that without end). No
 * other thread may send any more. Prompt, whatever the servers do. */
void gh_redis_close(struct gh_redis *r);

/* Sends; `done` is called exactly once, on the client's thread, with the reply (living for the call), or with NULL and `error`: it is not known whether the
 * command was done, unless `unsent`, where it certainly was not. An error reply is a reply. */
typedef void gh_redis_done_fn(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent);
void gh_redis_send(struct gh_redis *r, const struct gh_redis_command *c, gh_redis_done_fn *done, void *ctx);
/* Sends and waits. The reply's texts live in `arena`. False: no answer, or an error reply; `error` says which. Not on the client's thread. */
bool gh_redis_call(struct gh_redis *r, const struct gh_redis_command *c, struct gh_arena *arena, struct gh_reply *reply, struct gh_redis_error *error);
/* The same on every master in turn (one without a Cluster), with who it was: for FUNCTION LOAD, INFO, CONFIG GET. `each` false stops; its texts live for the
 * call. False: one of them did not answer. An error reply is handed to `each`. */
typedef bool gh_redis_each_fn(void *ctx, struct gh_str node, const struct gh_reply *reply);
bool gh_redis_masters(struct gh_redis *r, const struct gh_redis_command *c, gh_redis_each_fn *each, void *ctx, struct gh_redis_error *error);

/* How things stand, for the log and for back-pressure. `since_ms`: monotonic, since when there has been no answer while one was waited for; 0: all is well. */
struct gh_redis_health { uint64_t waiting, reconnects, moved; int64_t trouble_since_ms; char trouble[256]; };
struct gh_redis_health gh_redis_health(struct gh_redis *r);

#endif
