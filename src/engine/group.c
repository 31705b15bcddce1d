/* What the consumer group has to say: which partitions are ours, which are to be given back. */
#include "engine.h"
#include "goldhour/sys/sys.h"

#define DRAIN_MOST_NS UINT64_C(5000000000) /* a commit that has no answer by then is given up, for the group waits */

/* Whoever is given it next hands over what waits in its outbox: two would hand over everything twice. */
static void leave_to_others(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  for (unsigned i = 0; i < e->nrelays; i++) gh_relay_remove(e->relays[i], p->number);
}

static uint64_t warm_bytes(const struct gh_engine *e)
{
  uint64_t sum = 0;
  for (unsigned i = 0; i < e->npartitions; i++) {
    const struct gh_partition *p = e->partitions[i];
    if (p && !p->wanted && p->core && p->phase == GH_RESTING) sum += gh_core_stats(p->core).memory_bytes;
  }
  return sum;
}

/* Beyond the bound the one that has rested longest goes first. */
void gh_group_bound_warm(struct gh_engine *e)
{
  while (warm_bytes(e) > (uint64_t)e->conf.warm_bytes) {
    struct gh_partition *oldest = NULL;
    for (unsigned i = 0; i < e->npartitions; i++) {
      struct gh_partition *p = e->partitions[i];
      if (!p || p->wanted || !p->core || p->phase != GH_RESTING) continue;
      if (!oldest || p->draining_ns < oldest->draining_ns) oldest = p;
    }
    gh_partition_drop(oldest);
  }
}

static void assigned(struct gh_engine *e, const struct gh_kafka_news *news)
{
  for (unsigned i = 0; i < news->n; i++) {
    struct gh_partition *p = gh_partition_get(e, (unsigned)news->partitions[i]);
    p->wanted = true;
    if (!p->store) p->store = e->stores ? gh_stores_partition(e->stores, p->number, true) : gh_store_open_memory();
    if (p->phase == GH_RESTING) gh_partition_load(p);
  }
  for (unsigned i = 0; i < e->npartitions; i++) {
    struct gh_partition *p = e->partitions[i];
    if (p && !p->wanted && p->phase == GH_RESTING) gh_partition_close_feed(p); /* its memory stays, within bounds, for it may come back */
  }
  gh_group_bound_warm(e);
  gh_log(GH_INFO, "partitions are assigned", "count=%u", news->n);
}

static void revoked(struct gh_engine *e, const struct gh_kafka_news *news, const char *what)
{
  e->giving_back = true;
  for (unsigned i = 0; i < news->n; i++) {
    struct gh_partition *p = gh_partition_get(e, (unsigned)news->partitions[i]);
    p->wanted = false;
    if (p->phase >= GH_PROFILES && p->phase < GH_DRAINING) gh_partition_move(p, GH_DRAINING);
  }
  gh_log(GH_INFO, what, "count=%u", news->n);
}

/* Whether a partition that is not ours any more has come to rest; one whose memory is given up comes to rest here. */
static bool at_rest(struct gh_partition *p)
{
  if (p->phase == GH_LOADING) {
    (void)uv_cancel((uv_req_t *)&p->loading.work);
    return false;
  }
  if (p->phase == GH_DRAINING && p->committing && p->engine->now_ns - p->draining_ns > DRAIN_MOST_NS) gh_store_give_up(p->store);
  bool given_up = p->phase == GH_BACKING_OFF || p->phase == GH_HALTED;
  if (given_up && p->committing) gh_store_give_up(p->store);
  if (given_up && !p->committing) {
    gh_partition_drop(p);
    gh_partition_move(p, GH_RESTING);
  }
  return p->phase == GH_RESTING;
}

static void give_back(struct gh_engine *e)
{
  bool rest = true;
  for (unsigned i = 0; i < e->npartitions; i++) {
    struct gh_partition *p = e->partitions[i];
    if (p && !p->wanted && !at_rest(p)) rest = false;
  }
  if (!rest) return;
  for (unsigned i = 0; i < e->npartitions; i++) {
    if (e->partitions[i] && !e->partitions[i]->wanted) leave_to_others(e->partitions[i]);
  }
  gh_group_bound_warm(e);
  e->giving_back = false;
  gh_kafka_gave_back(e->kafka);
}

static void hear(struct gh_engine *e, const struct gh_kafka_news *news)
{
  switch (news->kind) {
  case GH_KAFKA_NONE: return;
  case GH_KAFKA_ASSIGNED: assigned(e, news); return;
  case GH_KAFKA_REVOKED: revoked(e, news, "partitions are given back"); return;
  case GH_KAFKA_LOST: revoked(e, news, "partitions were taken from us"); return;
  case GH_KAFKA_TROUBLE: gh_log(GH_ERR, "Kafka: trouble; it is tried on", "why=\"%s\"", news->text); return;
  case GH_KAFKA_WELL: gh_log(GH_INFO, "Kafka: well again", "member=%s", gh_kafka_member(e->kafka)); return;
  case GH_KAFKA_FATAL: gh_engine_fail(e, 1, "Kafka: this member cannot go on", news->text); return;
  }
}

void gh_group_turn(struct gh_engine *e)
{
  struct gh_kafka_news news;
  if (!e->kafka) return;
  gh_kafka_woken(e->kafka);
  do {
    if (e->giving_back) give_back(e);
    if (e->giving_back) return;
    gh_kafka_news(e->kafka, &news);
    hear(e, &news);
  } while (news.kind != GH_KAFKA_NONE);
}
