#include "engine.h"

#define LOOK_NS UINT64_C(200000000)

/* A commit is a compare-and-set: it finds out whether the store still has those before it, and sends lost ones again. */
void gh_proof_turn(struct gh_engine *e)
{
  if (!e->stores || e->now_ns < e->prove_ns) return;
  e->prove_ns = e->now_ns + LOOK_NS;
  struct gh_redis_health health = gh_redis_health(gh_stores_redis(e->stores));
  uint64_t breaks = health.reconnects + health.moved;
  if (breaks == e->breaks) return;
  e->breaks = breaks;
  for (unsigned i = 0; i < e->npartitions; i++) {
    struct gh_partition *p = e->partitions[i];
    if (p && (p->core || p->loading.busy)) p->prove = true;
  }
}
