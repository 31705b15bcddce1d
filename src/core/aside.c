/* What must not be stepped: the waiting events and timers in whose stepping the process died again and again. They end as refused records that say what they
 * were; nothing else of them happens. */
#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "inside.h"

#define EVENT_MARK (UINT64_C(1) << 62)
#define TIMER_MARK (UINT64_C(1) << 61)

void gh_core_set_aside(struct gh_core *core, const uint64_t *marks, unsigned n)
{
  core->aside = marks;
  core->naside = n;
}

uint64_t gh_core_stepping(const struct gh_core *core) { return core->stepping; }

bool gh_core_is_step_mark(uint64_t mark) { return (mark & (EVENT_MARK | TIMER_MARK)) != 0; }

uint64_t gh_core_mark_event(const struct gh_pending *p) { return EVENT_MARK | (p->arrival & (TIMER_MARK - 1)); }

/* By what it is, for a wait has no number: the same after a restart. */
uint64_t gh_core_mark_timer(const struct gh_core *core, const struct gh_wait *w)
{
  uint64_t hash = gh_hash_seed(core->rules->rules[w->position].id, (uint64_t)w->due_ms);
  hash = gh_hash_seed(w->key, gh_hash_seed(w->customer->key, hash));
  return TIMER_MARK | (hash & (TIMER_MARK - 1));
}

bool gh_core_is_aside(const struct gh_core *core, uint64_t mark)
{
  for (unsigned i = 0; i < core->naside; i++)
    if (core->aside[i] == mark) return true;
  return false;
}

/* The event in core->event, as a canonical record. */
static void put_event(struct gh_core *core, struct gh_str customer)
{
  struct gh_buf *b = &core->refused_raw;
  const struct gh_event *e = &core->event;
  gh_buf_clear(b);
  gh_buf_fmt(b, "{\"id\":");
  gh_json_string(b, e->id);
  gh_buf_fmt(b, ",\"type\":");
  gh_json_string(b, e->type->name);
  gh_buf_fmt(b, ",\"customer\":");
  gh_json_string(b, customer);
  gh_buf_fmt(b, ",\"time\":%lld%s", (long long)e->time_ms, e->forget ? ",\"forget\":true" : "");
  for (unsigned i = 0; i < e->type->nfields; i++) {
    if (core->event_slots[i].kind == GH_ABSENT) continue;
    gh_buf_byte(b, ',');
    gh_json_string(b, e->type->fields[i].name);
    gh_buf_byte(b, ':');
    gh_json_value(b, core->event_slots[i], core->rules->zone);
  }
  gh_buf_byte(b, '}');
}

static void refuse(struct gh_core *core, struct gh_str packed, struct gh_str customer, const char *detail)
{
  gh_arena_reset(&core->step_arena);
  gh_buf_clear(&core->refused_raw);
  if (gh_event_unpack(&core->state, packed, &core->event, core->event_slots, &core->step_arena)) put_event(core, customer);
  core->counters.refused++;
  const struct gh_refused r = {.reason = GH_STR("poison"), .detail = gh_str(detail), .raw = gh_buf_str(&core->refused_raw)};
  gh_core_hand_over(core->out, &r);
}

void gh_core_aside_event(struct gh_core *core, struct gh_pending *p)
{
  refuse(core, gh_buf_str(&p->bytes), p->customer->key, "the process died three times while this event, which had waited for its order, was stepped");
  gh_state_pend_done(&core->state, p);
}

void gh_core_aside_timer(struct gh_core *core, struct gh_wait *w)
{
  refuse(core, w->event, w->customer->key, "the process died three times while a wait that began with this event was stepped at its end");
  core->counters.waits_dropped++;
  gh_state_wait_end(&core->state, w);
}
