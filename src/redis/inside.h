/* The inside of the client, shared by its files. Everything is the client's thread's own unless said otherwise; `now` is uv_now of its loop. */
#ifndef GOLDHOUR_REDIS_INSIDE_H
#define GOLDHOUR_REDIS_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "command.h"
#include "link.h"
#include "reply.h"

#define GH_NEVER INT64_MAX

struct gh_user { char *name, *password; }; /* owned; empty: none */

/* ---- a connection ----
 *
 *   CLOSED ──► FINDING ──► OPENING ──► GREETING ──► READY ──► DRAINING
 *     ▲  (Sentinel alone)     │            │          │          │
 *     └───────────────────────┴────────────┴──────────┴──────────┘
 *
 * Each state but READY has a time `due_ms` at which it is over: CLOSED: connect; FINDING to GREETING: too slow. DRAINING takes the answers that still come
 * before it closes, so that nothing written is left unknown; nothing is written any more. */
enum gh_conn_state { GH_CONN_CLOSED, GH_CONN_FINDING, GH_CONN_OPENING, GH_CONN_GREETING, GH_CONN_READY, GH_CONN_DRAINING };

struct gh_conn {
  struct gh_redis *r;
  struct gh_conn *next;
  enum gh_conn_state state;
  char host[256]; unsigned port;
  char name[280];                /* host:port, for people and for gh_redis_masters */
  struct gh_link *link;          /* owned; from OPENING on */
  struct gh_replies replies;     /* of this link */
  struct gh_buf greeting; unsigned greeted;
  struct gh_queue waiting;       /* not written */
  struct gh_queue flight;        /* written, without an answer, in the order of writing */
  size_t flight_bytes;
  const struct gh_user *user;    /* borrowed from the client */
  bool probe;                    /* asks a Sentinel or a Cluster's node one thing; fails rather than connect again */
  bool listed;                   /* a master in the Cluster's map */
  bool answered;                 /* something came over this link */
  bool gone;                     /* taken out: freed once nobody stands on it */
  unsigned failures, attempts;   /* failures since the last good answer */
  int64_t ready_ms;              /* since when it is READY */
  int64_t due_ms, heard_ms;      /* heard: bytes came, or went, or the first was written */
  size_t left_before;            /* bytes still to be written when that was last looked at */
  int64_t trouble_since_ms; char trouble[256];
};

struct gh_conn *gh_conn_new(struct gh_redis *r, const char *host, unsigned port, bool probe);
void gh_conn_free(struct gh_conn *c); /* closes; its queues are empty */
void gh_conn_address(struct gh_conn *c, const char *host, unsigned port);
/* What is asked of it until its next due time: connects, finds time-outs. */
void gh_conn_tick(struct gh_conn *c, int64_t now);
/* Begins to connect, at its address. */
void gh_conn_connect(struct gh_conn *c);
/* Writes what waits. */
void gh_conn_flush(struct gh_conn *c);
/* The connection is lost, or cannot be had: whoever it was written for is told or waits for the next. */
void gh_conn_lose(struct gh_conn *c, const char *why);
/* Connects anew once everything written has its answer. */
void gh_conn_retire(struct gh_conn *c);
void gh_conn_good(struct gh_conn *c); /* an answer that is one */
void gh_conn_calm(struct gh_conn *c); /* nothing is refused any more */

/* AUTH, SELECT, CLIENT SETNAME, ROLE: written together. */
void gh_greeting_form(struct gh_conn *c);
void gh_greeting_forget(struct gh_conn *c);
/* Takes the next answer. -1: `why` says why it cannot be used; 1: that was the last; 0: more come. */
int gh_greeting_answer(struct gh_conn *c, const struct gh_reply *reply, char why[256]);

/* ---- the client ---- */
enum gh_redis_mode { GH_REDIS_SINGLE, GH_REDIS_SENTINEL, GH_REDIS_CLUSTER };

struct gh_redis {
  pthread_mutex_t lock;          /* of what stands up to the blank line */
  struct gh_queue inbox; uint64_t sent;
  bool closing;
  struct gh_redis_health health;
  atomic_uint_fast64_t waiting;

  uv_async_t wake;               /* uv_async_send from any thread */
  pthread_t thread;
  enum gh_redis_mode mode;       /* these do not change */
  char client[64];
  unsigned db;
  int64_t timeout_ms;
  struct gh_user user, sentinel_user;
  struct gh_tls *tls;

  uv_loop_t loop;
  uv_timer_t timer; int64_t due_ms;    /* when to look again */
  uv_check_t check;
  int64_t deadline_ms;                 /* the first of all commands */
  uint64_t random;
  struct gh_conn *conns;               /* single, Sentinel: one */
  struct gh_queue unplaced;            /* no connection for them yet */
  struct gh_queue delayed;             /* refused: placed again when due */
  bool stopping, stood_still;
  bool place;                          /* look at `unplaced` again */
  uint64_t refused; int64_t refused_since_ms; char refusal[256]; /* commands without an answer that were refused */
  int64_t map_trouble_since_ms; char map_trouble[256]; /* of a Cluster's map */
  struct gh_finder *finder;            /* Sentinel, Cluster */
};

/* Lowers the time at which the client looks again. */
void gh_client_due(struct gh_redis *r, int64_t at_ms);
void gh_client_deadline(struct gh_redis *r, int64_t at_ms); /* a command's */
void gh_client_count(struct gh_redis *r, uint64_t *count);  /* one of r->health */
/* 50 ms, doubled with each failure up to 2 s, and up to half as much again. */
int64_t gh_client_backoff(struct gh_redis *r, unsigned failures);
/* Answers a command and frees it. `reply` NULL: `why`. */
void gh_client_finish(struct gh_redis *r, struct gh_command *c, const struct gh_reply *reply, const char *why, bool unsent);
/* Commands that need a connection again. */
void gh_client_replace(struct gh_redis *r, struct gh_queue *q);
void gh_client_health(struct gh_redis *r); /* trouble began or ended */
/* An answer for a command taken from `flight`: takes the command. */
void gh_answer(struct gh_conn *conn, struct gh_command *c, const struct gh_reply *reply);
/* printf into a text of limited room. */
void gh_redis_say(char *to, size_t cap, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What a server names as another one: neither empty nor longer than names are, nothing but what can be seen. */
bool gh_redis_is_host(struct gh_str host);
/* Without its arguments, which some errors repeat, and short enough for a message. */
void gh_error_text(const struct gh_reply *reply, char *text, size_t cap);

#endif
