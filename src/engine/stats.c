/* The line that says how things stand: every 10 s, on SIGUSR1, and at the end. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

void gh_engine_report(struct gh_engine *e)
{
  const struct gh_counters *c = gh_core_counters(e->core);
  struct gh_core_stats s = gh_core_stats(e->core);
  char lag[40] = "lag_ms=none";
  if (e->live && s.high_ms != GH_ALWAYS) snprintf(lag, sizeof lag, "lag_ms=%lld", (long long)(gh_wall_ms() - s.high_ms));
  typedef unsigned long long u;
  gh_log(GH_INFO, "stats",
         "events=%llu %s late=%llu refused=%llu duplicates=%llu unnamed=%llu leads_golden=%llu leads_comparing=%llu stale=%llu "
         "cooldown=%llu errors=%llu"
         " waiting=%llu/%lld timers=%llu customers=%llu state_bytes=%llu rss_bytes=%llu outbox=%llu commits=%llu version=%s",
         (u)c->events, lag, (u)c->late, (u)c->refused, (u)c->duplicates, (u)c->unnamed, (u)c->leads_golden, (u)c->leads_comparing,
         (u)c->stale, (u)c->cooldown, (u)c->errors, (u)s.waiting_events, (long long)e->set->conf.reorder_limit, (u)s.timers, (u)s.customers,
         (u)s.memory_bytes, (u)gh_rss_bytes(), (u)gh_relay_behind(e), (u)e->commits, e->set->version);
}
