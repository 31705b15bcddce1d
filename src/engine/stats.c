/* The line that says how things stand: every 10 s, on SIGUSR1, and at the end; before it, what was lost of dead letters meanwhile. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

struct sums { struct gh_counters counters; struct gh_core_stats core; unsigned owned, halted; };

static void add_partition(struct sums *s, const struct gh_partition *p)
{
  if (!p->core || p->loading.busy) return;
  const struct gh_counters *c = gh_core_counters(p->core);
  struct gh_core_stats core = gh_core_stats(p->core);
#define X(name, meaning) s->counters.name += c->name;
  GH_COUNTERS(X)
#undef X
  if (core.high_ms > s->core.high_ms) s->core.high_ms = core.high_ms;
  s->core.customers += core.customers;
  s->core.waiting_events += core.waiting_events;
  s->core.timers += core.timers;
  s->core.memory_bytes += core.memory_bytes;
  s->owned += p->wanted;
  s->halted += p->phase == GH_HALTED || p->phase == GH_BACKING_OFF;
}

static void tell_bare(struct gh_partition *p)
{
  uint64_t bare = p->store ? gh_store_bare_records(p->store) : 0;
  if (bare == p->bare_told) return;
  gh_log(GH_ERR, "the dead letters are full: of refused records place and reason alone were kept; raise dead_letter_bytes, or empty them with dlq", "partition=%u records=%llu",
         p->number, (unsigned long long)(bare - p->bare_told));
  p->bare_told = bare;
}

void gh_engine_report(struct gh_engine *e)
{
  struct sums s = {.core.high_ms = GH_ALWAYS};
  for (unsigned i = 0; i < e->npartitions; i++) {
    if (!e->partitions[i]) continue;
    add_partition(&s, e->partitions[i]);
    tell_bare(e->partitions[i]);
  }
  const struct gh_counters *c = &s.counters;
  char lag[40] = "lag_ms=none", group[120] = "";
  if (e->live && s.core.high_ms != GH_ALWAYS) snprintf(lag, sizeof lag, "lag_ms=%lld", (long long)(gh_wall_ms() - s.core.high_ms));
  if (e->kafka) {
    snprintf(group, sizeof group, " partitions=%u stopped=%u fetched_bytes=%llu", s.owned, s.halted,
             (unsigned long long)gh_kafka_stats(e->kafka).queued_bytes);
  }
  typedef unsigned long long u;
  gh_log(GH_INFO, "stats",
         "events=%llu %s late=%llu refused=%llu duplicates=%llu unnamed=%llu leads_golden=%llu leads_comparing=%llu stale=%llu "
         "cooldown=%llu errors=%llu"
         " waiting=%llu/%lld timers=%llu customers=%llu state_bytes=%llu rss_bytes=%llu outbox=%llu commits=%llu version=%s%s",
         (u)c->events, lag, (u)c->late, (u)c->refused, (u)c->duplicates, (u)c->unnamed, (u)c->leads_golden, (u)c->leads_comparing,
         (u)c->stale, (u)c->cooldown, (u)c->errors, (u)s.core.waiting_events, (long long)e->conf.reorder_limit, (u)s.core.timers,
         (u)s.core.customers, (u)s.core.memory_bytes, (u)gh_rss_bytes(), (u)e->relays_behind, (u)e->commits, e->active->set->version, group);
}
