#include <stdlib.h>

#include "change.h"
#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"

/* A small open-addressed table; what has become too old goes when it is made anew. */

uint64_t gh_id_hash(struct gh_str id)
{
  uint64_t hash = gh_hash(id);
  return hash ? hash : 1;
}

static struct gh_seen *place_of(const struct gh_customer *c, uint64_t hash)
{
  uint32_t at = (uint32_t)hash & (c->ids_cap - 1);
  while (c->ids[at].hash && c->ids[at].hash != hash) at = (at + 1) & (c->ids_cap - 1);
  return &c->ids[at];
}

bool gh_id_known(const struct gh_customer *c, uint64_t hash, int64_t since_ms)
{
  if (!c->nids) return false;
  const struct gh_seen *seen = place_of(c, hash);
  return seen->hash && seen->time_ms >= since_ms;
}

/* Makes the table anew with the ids that are not too old, at most half full with one more. */
static void remake(struct gh_state *s, struct gh_customer *c, int64_t since_ms)
{
  struct gh_seen *old = c->ids;
  uint32_t old_cap = c->ids_cap, live = 0, cap = 4;
  for (uint32_t i = 0; i < old_cap; i++) live += old[i].hash && old[i].time_ms >= since_ms;
  while (cap < (live + 1) * 2) cap *= 2;
  c->ids = gh_pool_take(&s->pool, cap * sizeof *c->ids);
  memset(c->ids, 0, cap * sizeof *c->ids);
  c->ids_cap = cap;
  c->nids = live;
  for (uint32_t i = 0; i < old_cap; i++)
    if (old[i].hash && old[i].time_ms >= since_ms) *place_of(c, old[i].hash) = old[i];
  gh_pool_give(&s->pool, old, old_cap * sizeof *old);
  s->memory_bytes += ((uint64_t)cap - old_cap) * sizeof *old;
}

void gh_ids_prune(struct gh_state *s, struct gh_customer *c, int64_t since_ms)
{
  for (uint32_t i = 0; i < c->ids_cap; i++) {
    if (!c->ids[i].hash || c->ids[i].time_ms >= since_ms) continue;
    remake(s, c, since_ms);
    return;
  }
}

void gh_id_insert(struct gh_state *s, struct gh_customer *c, struct gh_seen id)
{
  if ((c->nids + 1) * 4 > c->ids_cap * 3) remake(s, c, INT64_MIN);
  struct gh_seen *place = place_of(c, id.hash);
  c->nids += place->hash == 0;
  *place = id;
}

bool gh_state_id(struct gh_state *s, struct gh_customer *c, struct gh_seen id, int64_t since_ms, uint32_t limit)
{
  if ((c->nids + 1) * 4 > c->ids_cap * 3 || c->nids >= limit) remake(s, c, since_ms);
  if (c->nids >= limit) return false;
  gh_id_insert(s, c, id);
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_ID);
  if (!log) return true;
  gh_buf_put_fixed64(log, id.hash);
  gh_buf_put_i64(log, id.time_ms);
  gh_buf_put_i64(log, since_ms);
  return true;
}
