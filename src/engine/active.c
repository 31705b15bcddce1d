/* Sets in effect. A new one takes effect in each partition between two of its commits, so for a moment two may decide side by side, each in its partitions. */
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

struct gh_active *gh_active_new(struct gh_set *set, uint64_t number)
{
  struct gh_active *a = calloc(1, sizeof *a);
  GH_CHECK(a && "out of memory");
  *a = (struct gh_active){.set = set, .number = number, .users = 1};
  return a;
}

struct gh_active *gh_active_use(struct gh_active *a)
{
  a->users++;
  return a;
}

void gh_active_leave(struct gh_active *a)
{
  if (!a || --a->users > 0) return;
  gh_set_free(a->set);
  free(a);
}

struct gh_stores_known gh_active_known(const struct gh_active *a)
{
  struct gh_stores_known k = {.number = a->number};
  snprintf(k.version, sizeof k.version, "%s", a->set->version);
  return k;
}

static bool fits(struct gh_partition *p, const struct gh_set *set, char why[512])
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  bool ok = gh_core_accepts(p->core, set->rules, &faults);
  if (!ok) snprintf(why, 512, "%.*s; %.*s", GH_FMT(faults.first->message), GH_FMT(faults.first->hint));
  gh_faults_free(&faults);
  return ok && (!p->feed_open || gh_feed_decode_by(&p->feed, set, why));
}

static void take_rules(struct gh_partition *p, const struct gh_set *set)
{
  char was[sizeof set->version];
  snprintf(was, sizeof was, "%s", gh_core_rules_version(p->core));
  uint64_t dropped = gh_core_counters(p->core)->waits_dropped;
  p->filling->activated = strcmp(was, set->version) != 0;
  gh_partition_take(p, &(struct gh_input){.kind = GH_IN_RULES, .rules = set->rules, .wall_ms = gh_wall_ms()});
  if (!was[0] || !p->filling->activated) return;
  gh_log(GH_INFO, "a rule set takes effect", "version=%s was=%s rules=%u waits_dropped=%llu partition=%u", set->version, was, set->rules->nrules,
         (unsigned long long)(gh_core_counters(p->core)->waits_dropped - dropped), p->number);
}

bool gh_partition_activate(struct gh_partition *p)
{
  struct gh_active *next = p->engine->active;
  char why[512];
  gh_crash_stepping(p);
  bool ok = fits(p, next->set, why);
  if (ok) {
    struct gh_active *was = p->active;
    p->active = gh_active_use(next);
    take_rules(p, next->set);
    gh_active_leave(was);
  } else {
    gh_log(GH_ERR, "the store holds state that this set does not fit", "partition=%u version=%s why=\"%s\"", p->number, next->set->version, why);
  }
  gh_crash_done(); /* what stood ahead was decoded anew, and told so */
  return ok;
}
