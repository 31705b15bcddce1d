/* check --live: a Redis server, of the store or of a sink. */
#ifndef GH_CLI_CHECK_LIVE_REDIS_H
#define GH_CLI_CHECK_LIVE_REDIS_H

#include "check_live.h"
#include "goldhour/redis/redis.h"

/* Whether any of its addresses can be reached. */
bool gh_live_reach_redis(struct gh_live *l, const struct gh_redis_conf *conf);
/* Whether every master answers; tells what each is. */
bool gh_live_servers(struct gh_live *l, struct gh_redis *redis);

#endif
