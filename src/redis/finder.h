/* Who finds the server for a command: Sentinels, or the map of a Cluster.
 *
 * finder.c asks one of several servers one thing, the next if that one does not answer, on a connection of its own each time; sentinel.c and cluster.c say what
 * is asked, whom, and what the answer means.
 */
#ifndef GOLDHOUR_REDIS_FINDER_H
#define GOLDHOUR_REDIS_FINDER_H

#include "inside.h"

struct gh_address { char *host; unsigned port; }; /* owned */

struct gh_finder {
  struct gh_redis *r;
  struct gh_address *addresses; unsigned naddresses; /* as configured */
  char *master;                  /* Sentinel: its name */
  unsigned at;                   /* whose turn it is */
  unsigned failed, rounds;       /* asked in vain in this round; rounds in vain */
  struct gh_conn *probe;         /* under way: on the client's list */
  enum { GH_ASK_NONE, GH_ASK_GOOD, GH_ASK_BAD } outcome; /* what became of it, told in the next turn */
  bool wanted;                   /* something is to be found out, from `due_ms` on */
  int64_t due_ms, asked_ms;       /* asked: when the last round was over */
  char why[256];                 /* the last fault */
  char host[256]; unsigned port; /* Sentinel: what was found */
  struct gh_conn *slots[GH_SLOTS]; bool known; /* Cluster: the map */
};

struct gh_finder *gh_finder_new(struct gh_redis *r, const struct gh_redis_conf *conf);
void gh_finder_free(struct gh_finder *f);
void gh_finder_tick(struct gh_finder *f, int64_t now);
/* After the callbacks of a turn: what was found takes effect. */
void gh_finder_turn(struct gh_finder *f);
/* Asks from `at_ms` on, unless it is asking. */
void gh_finder_want(struct gh_finder *f, int64_t at_ms);

/* Finds the master for the one connection, which is in FINDING; it is then given its address, or lost. */
void gh_sentinel_find(struct gh_redis *r);
bool gh_sentinel_take(struct gh_finder *f, const struct gh_reply *reply);
void gh_sentinel_found(struct gh_finder *f);
void gh_sentinel_failed(struct gh_finder *f);

/* The connection for a command; NULL: the map is not known, or nobody holds the slot. `vanished`: the one node that is meant is not in the map. */
struct gh_conn *gh_cluster_place(struct gh_redis *r, const struct gh_command *c, bool *vanished);
/* The masters as they are known; false: not yet. */
bool gh_cluster_masters(struct gh_redis *r, struct gh_arena *arena, struct gh_reply *list);
/* Follows MOVED and ASK: takes the command. False: they cannot be followed. */
bool gh_cluster_redirect(struct gh_conn *conn, struct gh_command *c, const struct gh_reply *reply);
unsigned gh_cluster_nodes(struct gh_redis *r); /* masters in the map */
/* The map may be out of date. */
void gh_cluster_refresh(struct gh_redis *r);
bool gh_cluster_take(struct gh_finder *f, const struct gh_reply *reply);
void gh_cluster_found(struct gh_finder *f);
void gh_cluster_failed(struct gh_finder *f);

#endif
