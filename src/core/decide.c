/* A trigger becomes a lead, or is stopped: audience, cooldown, age. Each step leaves its reason in the trace. */
#include "inside.h"

#define STALE_MS (3 * GH_DAY_MS)

/* Whether a lead of this rule at t0 with t0 <= t < t0 + cooldown was given. */
static bool cools_down(struct gh_core *core, const struct gh_rule *rule)
{
  const struct gh_customer *c = core->who;
  uint32_t name = core->rule_names[rule->position];
  for (uint32_t i = 0; i < c->nmarks; i++) {
    const struct gh_mark *m = &c->marks[i];
    bool of_rule = m->kind == GH_MARK_LEAD && m->name == name;
    if (of_rule && m->time_ms <= core->t_ms && core->t_ms < gh_time_plus(m->time_ms, rule->cooldown_ms)) return true;
  }
  return false;
}

/* Of every rule, as a changed set may give it a cooldown. Leads that can suppress nothing any more may go: later steps are not before this one, or late
 * within late_limit. */
static void remember_lead(struct gh_core *core, const struct gh_rule *rule)
{
  int64_t since_ms = gh_core_since(core);
  int64_t earliest_ms = since_ms < core->t_ms ? since_ms : core->t_ms;
  gh_state_mark_add(&core->state, core->who,
                    (struct gh_mark){.kind = GH_MARK_LEAD, .name = core->rule_names[rule->position], .time_ms = core->t_ms},
                    gh_time_minus(earliest_ms, rule->cooldown_ms));
}

void gh_core_trigger(struct gh_core *core, const struct gh_rule *rule)
{
  if (!gh_core_holds(core, rule->audience, rule, GH_V_AUDIENCE_FALSE, GH_V_AUDIENCE_ERROR)) {
    core->counters.audience++;
    return;
  }
  core->counters.matches++;
  if (rule->cooldown_ms && cools_down(core, rule)) {
    core->counters.cooldown++;
    if (gh_core_asked(core)) gh_core_say(core, GH_V_COOLDOWN, rule, (struct gh_str){NULL, 0});
    return;
  }
  enum gh_stage stage = core->found_ms <= gh_time_plus(core->t_ms, rule->window_ms) ? GH_GOLDEN : GH_COMPARING;
  if (stage == GH_COMPARING && core->found_ms > gh_time_plus(core->t_ms, STALE_MS)) {
    core->counters.stale++;
    if (gh_core_asked(core)) gh_core_say(core, GH_V_STALE, rule, (struct gh_str){NULL, 0});
    return;
  }
  remember_lead(core, rule);
  gh_core_offer(core, rule, stage);
}
