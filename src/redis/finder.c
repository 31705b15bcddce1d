/* Single servers need no finder. */
#include "finder.h"

struct gh_finder *gh_finder_new(struct gh_redis *r, const struct gh_redis_conf *conf) { (void)r, (void)conf; return NULL; }
void gh_finder_stop(struct gh_finder *f) { (void)f; }
void gh_finder_free(struct gh_finder *f) { (void)f; }
void gh_finder_tick(struct gh_finder *f, int64_t now) { (void)f, (void)now; }
void gh_sentinel_find(struct gh_redis *r) { (void)r; }
struct gh_conn *gh_cluster_place(struct gh_redis *r, const struct gh_command *c, bool *vanished) { (void)r, (void)c, (void)vanished; return NULL; }
bool gh_cluster_masters(struct gh_redis *r, struct gh_arena *arena, struct gh_reply *list) { (void)r, (void)arena, (void)list; return false; }
bool gh_cluster_redirect(struct gh_conn *conn, struct gh_command *c, const struct gh_reply *reply) { (void)conn, (void)c, (void)reply; return false; }
void gh_cluster_refresh(struct gh_redis *r) { (void)r; }
