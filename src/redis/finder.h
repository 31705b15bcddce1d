/* Who finds the server for a command: Sentinels, or the map of a Cluster. */
#ifndef GOLDHOUR_REDIS_FINDER_H
#define GOLDHOUR_REDIS_FINDER_H

#include "inside.h"

struct gh_finder *gh_finder_new(struct gh_redis *r, const struct gh_redis_conf *conf);
/* Gives up what is being asked; afterwards nothing is asked any more. */
void gh_finder_stop(struct gh_finder *f);
void gh_finder_free(struct gh_finder *f);
void gh_finder_tick(struct gh_finder *f, int64_t now);

/* Sentinel: finds the master for the one connection, which is in FINDING; it is then given its address, or lost. */
void gh_sentinel_find(struct gh_redis *r);

/* Cluster: the connection for a command; NULL: the map is not known, or has no such node or slot. `vanished`: its node is not in the map. */
struct gh_conn *gh_cluster_place(struct gh_redis *r, const struct gh_command *c, bool *vanished);
/* The masters as they are known; false: not yet. */
bool gh_cluster_masters(struct gh_redis *r, struct gh_arena *arena, struct gh_reply *list);
/* Follows MOVED and ASK; false: the answer is neither. */
bool gh_cluster_redirect(struct gh_conn *conn, struct gh_command *c, const struct gh_reply *reply);
/* The map may be out of date. */
void gh_cluster_refresh(struct gh_redis *r);

#endif
