/* What happens when an event is stepped: it enters the windows, ends waits, and meets the rules of its type in the order of the table. */
#include "goldhour/base/check.h"
#include "inside.h"

void gh_core_see(struct gh_core *core, struct gh_customer *who, int64_t t_ms, const struct gh_event_type *type)
{
  unsigned n = type->nfields;
  core->who = who;
  core->t_ms = t_ms;
  core->now = gh_timestamp_ms(t_ms);
  core->event.customer = who->key;
  core->stamp++;
  core->event_slots[n + GH_SLOT_ID] = gh_string(core->event.id);
  core->event_slots[n + GH_SLOT_TYPE] = gh_string(core->event.type->name);
  core->event_slots[n + GH_SLOT_TIME] = gh_timestamp_ms(core->event.time_ms);
  core->frame.rows[GH_ROW_EVENT] = core->event_slots;
  core->frame.rows[GH_ROW_CUSTOMER] = NULL; /* filled in when first asked for */
  core->frame.rows[GH_ROW_FEATURE] = NULL;
  core->frame.rows[GH_ROW_NOW] = &core->now;
}

bool gh_core_holds(struct gh_core *core, const struct gh_program *p, const struct gh_rule *rule, enum gh_verdict no, enum gh_verdict error)
{
  if (!p) return true;
  struct gh_value wrong;
  if (gh_cel_test(p, &core->frame, &wrong)) return true;
  bool failed = wrong.kind == GH_ERROR;
  core->counters.errors += failed;
  if (gh_core_asked(core)) gh_core_say_condition(core, failed ? error : no, rule, p, failed ? gh_text(wrong) : GH_STR(""));
  return false;
}

static void meet_rules(struct gh_core *core, const struct gh_type_plan *plan)
{
  for (unsigned i = 0; i < plan->nrules; i++) {
    const struct gh_rule *rule = plan->rules[i];
    if (rule->on != GH_ON_EVENT) gh_core_begin_wait(core, rule);
    else if (gh_core_holds(core, rule->when, rule, GH_V_WHEN_FALSE, GH_V_WHEN_ERROR)) gh_core_trigger(core, rule);
  }
}

/* The event in core->event, of this customer; found_ms counts by record. */
static void step_known(struct gh_core *core, struct gh_customer *who, int64_t found_ms, bool late)
{
  const struct gh_event_type *type = core->event.type;
  core->found_ms = core->options.live ? core->wall_ms : found_ms;
  core->late = late;
  if (type->index == GH_CUSTOMER_TYPE) {
    core->who = who;
    core->event.customer = who->key;
    gh_core_step_profile(core);
    return;
  }
  const struct gh_type_plan *plan = &core->rules->plans[type->index];
  gh_core_see(core, who, core->event.time_ms, type);
  gh_core_keep_cells(core, plan);
  gh_core_cancel_waits(core, plan);
  gh_core_end_flows(core, plan);
  meet_rules(core, plan);
}

void gh_core_step_event(struct gh_core *core, struct gh_pending *p)
{
  gh_arena_reset(&core->step_arena);
  if (gh_event_unpack(&core->state, gh_buf_str(&p->bytes), &core->event, core->event_slots, &core->step_arena)) step_known(core, p->customer, p->found_ms, p->late);
  else core->counters.unnamed++; /* the set no longer names its type */
  gh_state_pend_done(&core->state, p);
}

void gh_core_step_hand(struct gh_core *core)
{
  const struct gh_event *e = core->hand.event;
  gh_arena_reset(&core->step_arena);
  core->event = *e;
  core->event.slots = core->event_slots;
  if (e->type->nfields > 0) memcpy(core->event_slots, e->slots, e->type->nfields * sizeof *e->slots);
  core->hand.event = NULL;
  step_known(core, core->hand_of, core->hand.found_ms, core->hand.late);
}
