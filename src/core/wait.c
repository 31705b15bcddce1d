/* Waits: `unless`, `stopped_at` and `date`. Each belongs to (rule, customer) and a key: nothing, the flow's instance, the event's id. */
#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "inside.h"

static struct gh_value slot(const struct gh_core *core, unsigned index) { return core->event_slots[index]; }

static void end_wait(struct gh_core *core, struct gh_wait *w, const struct gh_rule *rule)
{
  core->counters.waits_cancelled++;
  if (gh_core_asked(core)) gh_core_say(core, GH_V_WAIT_CANCELLED, rule, gh_event_packed_id(w->event));
  gh_state_wait_end(&core->state, w);
}

/* An event of time t ends a wait if t lies in (begin, due]. */
static bool falls_within(const struct gh_wait *w, int64_t t_ms) { return t_ms > w->begin_ms && t_ms <= w->due_ms; }

/* The newest event of this kind is remembered: a late event must not begin what it would have ended. */
static void remember(struct gh_core *core, enum gh_mark_kind kind, uint32_t name, uint64_t aux)
{
  const struct gh_mark *mark = gh_mark_find(core->who, kind, name, aux);
  if (mark && mark->time_ms >= core->t_ms) return;
  if (!mark && core->who->nmarks == core->who->marks_cap) gh_marks_prune(core->who, gh_core_since(core));
  gh_state_mark(&core->state, core->who, (struct gh_mark){.kind = (uint8_t)kind, .name = name, .aux = aux, .time_ms = core->t_ms});
}

void gh_core_cancel_waits(struct gh_core *core, const struct gh_type_plan *plan)
{
  for (unsigned i = 0; i < plan->ncancels; i++) {
    const struct gh_rule *rule = plan->cancels[i];
    if (rule->unless_when && !gh_cel_test(rule->unless_when, &core->frame, NULL)) continue;
    uint32_t name = core->rule_names[rule->position];
    remember(core, GH_MARK_CANCEL, name, 0);
    struct gh_wait *w = gh_wait_find(core->who, name, (struct gh_str){NULL, 0});
    if (w && falls_within(w, core->t_ms)) end_wait(core, w, rule);
  }
}

/* The instance as text: a string as it is, an int in digits. Empty if absent. */
static struct gh_str instance_of(struct gh_core *core, const struct gh_flow *flow)
{
  struct gh_value v = slot(core, flow->instance_slot);
  if (v.kind == GH_STRING) return gh_text(v);
  if (v.kind == GH_INT) return gh_arena_fmt(&core->step_arena, "%lld", (long long)v.i);
  return (struct gh_str){NULL, 0};
}

/* The listed step of the event, or -1. */
static int step_of(struct gh_core *core, const struct gh_flow *flow)
{
  struct gh_value v = slot(core, flow->step_slot);
  for (unsigned i = 0; v.kind == GH_STRING && i < flow->nsteps; i++)
    if (gh_str_eq(gh_text(v), flow->steps[i])) return (int)i;
  return -1;
}

static void end_flow(struct gh_core *core, const struct gh_flow *flow, struct gh_str instance)
{
  for (uint32_t i = core->who->nwaits; i > 0; i--) {
    struct gh_wait *w = core->who->waits[i - 1];
    const struct gh_rule *rule = &core->rules->rules[w->position];
    if (rule->flow == flow && gh_str_eq(w->key, instance) && falls_within(w, core->t_ms)) end_wait(core, w, rule);
  }
}

void gh_core_end_flows(struct gh_core *core, const struct gh_type_plan *plan)
{
  for (unsigned i = 0; i < plan->nflows; i++) {
    const struct gh_flow *flow = plan->flows[i];
    struct gh_str instance = instance_of(core, flow);
    if (!instance.ptr || step_of(core, flow) < 0) continue;
    end_flow(core, flow, instance);
    remember(core, GH_MARK_STEP, core->flow_names[flow->index], gh_hash(instance));
  }
}

/* ---- beginning ---- */

/* Whether a newer event that ends such a wait is known already. Only a late event can be behind one. */
static bool ended_before(const struct gh_core *core, const struct gh_rule *rule, struct gh_str key)
{
  if (!core->late) return false;
  const struct gh_mark *mark = NULL;
  if (rule->on == GH_ON_UNLESS) mark = gh_mark_find(core->who, GH_MARK_CANCEL, core->rule_names[rule->position], 0);
  if (rule->on == GH_ON_STOPPED) mark = gh_mark_find(core->who, GH_MARK_STEP, core->flow_names[rule->flow->index], gh_hash(key));
  return mark && mark->time_ms > core->t_ms;
}

static void say(struct gh_core *core, enum gh_verdict verdict, const struct gh_rule *rule)
{
  if (gh_core_asked(core)) gh_core_say(core, verdict, rule, (struct gh_str){NULL, 0});
}

/* An A while one waits: passed over, or with `restart` the later one, in the order of (time, id), takes the wait over. True: goes on to begin. */
static bool takes_over(struct gh_core *core, struct gh_wait *w, const struct gh_rule *rule)
{
  bool later = core->t_ms != w->begin_ms ? core->t_ms > w->begin_ms : gh_str_cmp(core->event.id, gh_event_packed_id(w->event)) > 0;
  if (rule->on != GH_ON_UNLESS || !rule->restart || !later) {
    say(core, GH_V_WAIT_ALREADY, rule);
    return false;
  }
  say(core, GH_V_WAIT_RESTARTED, rule);
  gh_state_wait_end(&core->state, w);
  return true;
}

static void begin(struct gh_core *core, const struct gh_rule *rule, struct gh_str key, int64_t due_ms)
{
  uint32_t name = core->rule_names[rule->position];
  if (core->late && (due_ms <= gh_core_watermark(core) || ended_before(core, rule, key))) {
    say(core, GH_V_WAIT_TOO_LATE, rule);
    return;
  }
  struct gh_wait *w = gh_wait_find(core->who, name, key);
  if (w && !takes_over(core, w, rule)) return;
  if (core->who->nwaits >= core->rules->conf->customer_waits) {
    core->counters.waits_full++;
    say(core, GH_V_WAITS_FULL, rule);
    return;
  }
  gh_buf_clear(&core->text);
  gh_event_pack(&core->state, &core->text, &core->event);
  core->counters.waits_begun++;
  gh_state_wait(&core->state, core->who,
                &(struct gh_wait_begin){.begin_ms = core->t_ms, .due_ms = due_ms, .on_hash = rule->on_hash, .rule = name, .position = rule->position,
                                        .key = key, .event = gh_buf_str(&core->text), .late = core->late});
  if (gh_core_asked(core)) {
    struct gh_buf due = {0};
    gh_plain_value(&due, gh_timestamp_ms(due_ms), core->rules->zone);
    gh_core_say(core, GH_V_WAIT_BEGUN, rule, gh_buf_str(&due));
    gh_buf_free(&due);
  }
}

/* The moment of a date trigger; false if the field is absent or the moment had passed. */
static bool date_moment(struct gh_core *core, const struct gh_rule *rule, int64_t *due_ms)
{
  struct gh_value date = slot(core, rule->date_slot);
  if (date.kind != GH_DATE) {
    say(core, GH_V_DATE_ABSENT, rule);
    return false;
  }
  *due_ms = gh_zone_moment(core->rules->zone, date.i - rule->before_days, rule->at_ms);
  if (*due_ms >= core->t_ms) return true;
  say(core, GH_V_DATE_PASSED, rule);
  return false;
}

void gh_core_begin_wait(struct gh_core *core, const struct gh_rule *rule)
{
  struct gh_str key = {NULL, 0};
  int64_t due_ms = gh_time_plus(core->t_ms, rule->wait_ms);
  if (rule->on == GH_ON_STOPPED) {
    key = instance_of(core, rule->flow);
    if (!key.ptr || step_of(core, rule->flow) != (int)rule->step) return;
  }
  if (!gh_core_holds(core, rule->when, rule, GH_V_WHEN_FALSE, GH_V_WHEN_ERROR)) return;
  if (rule->on == GH_ON_DATE) {
    key = core->event.id;
    if (!date_moment(core, rule, &due_ms)) return;
  }
  begin(core, rule, key, due_ms);
}

void gh_core_step_timer(struct gh_core *core, struct gh_wait *w)
{
  const struct gh_rule *rule = &core->rules->rules[w->position];
  struct gh_customer *who = w->customer;
  gh_arena_reset(&core->step_arena);
  struct gh_str bytes = gh_arena_str(&core->step_arena, w->event);
  int64_t due_ms = w->due_ms;
  core->late = w->late;
  core->counters.waits_fired++;
  gh_state_wait_end(&core->state, w);
  if (!gh_event_unpack(&core->state, bytes, &core->event, core->event_slots, &core->step_arena)) {
    core->counters.waits_dropped++; /* the set no longer names the event's type */
    return;
  }
  core->found_ms = core->options.live ? core->wall_ms : due_ms;
  gh_core_see(core, who, due_ms, core->event.type);
  gh_core_trigger(core, rule);
}
