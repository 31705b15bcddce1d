/* Profiles: bulk lines and changes, erasure, and the rules that trigger when a condition becomes true. */
#include "goldhour/base/check.h"
#include "inside.h"

/* The value now; an error counts as false. */
static bool becomes_now(struct gh_core *core, const struct gh_rule *rule)
{
  struct gh_value wrong;
  bool now = gh_cel_test(rule->becomes, &core->frame, &wrong);
  core->counters.errors += wrong.kind == GH_ERROR;
  return now;
}

/* The value is recorded with the edition of the condition, in the mark's time: twice the edition, and 1 for true. */
static void meet_becomes(struct gh_core *core, unsigned index, bool bulk)
{
  const struct gh_rule *rule = core->rules->becomes[index];
  uint32_t name = core->becomes_names[index];
  int64_t edition = core->state.names.names[name].since_ms;
  const struct gh_mark *mark = gh_mark_find(core->who, GH_MARK_BECOMES, name, 0);
  bool first = !mark || mark->time_ms / 2 != edition, before = !first && mark->time_ms % 2;
  bool now = becomes_now(core, rule);
  gh_state_mark(&core->state, core->who, (struct gh_mark){.kind = GH_MARK_BECOMES, .name = name, .time_ms = edition * 2 + now});
  if (!bulk && !first && !before && now) {
    gh_core_trigger(core, rule);
    return;
  }
  enum gh_verdict verdict = first ? GH_V_BECOMES_FIRST : now ? GH_V_BECOMES_SAME : GH_V_BECOMES_FALSE;
  if (gh_core_asked(core)) gh_core_say_condition(core, verdict, rule, rule->becomes, GH_STR(""));
}

static void apply(struct gh_core *core, const struct gh_event *e, bool bulk)
{
  gh_state_profile(&core->state, core->who, bulk ? core->who->profile_ms : e->time_ms, e->type, e->slots);
  if (!core->rules->nbecomes) return;
  gh_core_see(core, core->who, e->time_ms, e->type);
  if (bulk) core->now = gh_absent();
  for (unsigned i = 0; i < core->rules->nbecomes; i++) meet_becomes(core, i, bulk);
}

void gh_core_step_profile(struct gh_core *core)
{
  const struct gh_event e = core->event;
  if (e.time_ms < core->who->profile_ms) {
    core->counters.profiles_old++;
    core->t_ms = e.time_ms;
    if (gh_core_asked(core)) gh_core_say(core, GH_V_PROFILE_OLD, NULL, (struct gh_str){NULL, 0});
    return;
  }
  if (e.forget) {
    core->counters.forgotten++;
    gh_state_forget(&core->state, core->who, e.time_ms, e.id);
    return;
  }
  apply(core, &core->event, false);
}

void gh_core_take_profile(struct gh_core *core, const struct gh_event *e)
{
  core->counters.profiles++;
  gh_arena_reset(&core->step_arena);
  core->who = gh_customer_make(&core->state, e->customer);
  core->event = *e;
  apply(core, e, true);
}
