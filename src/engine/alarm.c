/* Partitions that are ours and get nowhere are told every 30 seconds, with what holds them. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

#define PATIENCE_NS UINT64_C(30000000000)

static const char *reason(struct gh_partition *p, char text[256])
{
  switch (p->phase) {
  case GH_LOADING: return "it is being loaded";
  case GH_BACKING_OFF:
  case GH_HALTED: return p->halted;
  default: break;
  }
  if (p->committing && gh_store_trouble(p->store, text)) return text;
  if (p->committing) return "the store does not answer";
  if (p->engine->relays_draining > 2 * (uint64_t)p->engine->conf.sink_behind) return "the sinks are too far behind: reading waits for them";
  return "its source neither gives records nor confirms that it is at its end";
}

static void alarm_if_stuck(struct gh_partition *p)
{
  struct gh_engine *e = p->engine;
  char text[256] = "";
  if (!p->wanted || p->phase == GH_RESTING) return;
  if (!gh_partition_runs(p) && p->phase != GH_LOADING) p->progress_ns = 0;
  if (e->now_ns < p->progress_ns + PATIENCE_NS || e->now_ns < p->alarm_ns + PATIENCE_NS) return;
  p->alarm_ns = e->now_ns;
  gh_log(GH_ERR, "a partition makes no progress", "partition=%u why=\"%s\"", p->number, reason(p, text));
}

void gh_alarm_turn(struct gh_engine *e)
{
  if (!e->live) return;
  for (unsigned i = 0; i < e->npartitions; i++) {
    if (e->partitions[i]) alarm_if_stuck(e->partitions[i]);
  }
}
