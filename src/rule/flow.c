/* Flows: processes of several steps, told apart by the instance that an event names. */
#include "goldhour/base/hash.h"
#include "reader.h"

static bool read_steps(struct gh_rule_reader *r, const struct gh_node *n, struct gh_flow *flow)
{
  if (!gh_want_list(n, r->faults)) return false;
  if (n->count == 0) gh_fault(r->faults, n->at, "'steps': the list is empty");
  flow->steps = gh_arena_zero(r->arena, n->count, sizeof *flow->steps);
  bool good = n->count > 0;
  for (const struct gh_node *s = n->first; s; s = s->next) {
    struct gh_str step;
    good = gh_want_text(s, &step, r->faults) && good;
    unsigned i = 0;
    while (good && i < flow->nsteps && !gh_str_eq(flow->steps[i], step)) i++;
    if (good && i < flow->nsteps) {
      gh_fault(r->faults, s->at, "the step '%.*s' is listed twice", GH_FMT(step));
      good = false;
    }
    if (good) flow->steps[flow->nsteps++] = gh_reader_keep(r, step);
  }
  return good;
}

static uint64_t flow_hash(const struct gh_flow *flow)
{
  struct gh_buf b = {0};
  gh_buf_put_text(&b, GH_STR("flow"));
  gh_buf_put_text(&b, flow->event->name);
  gh_buf_put_text(&b, flow->event->fields[flow->instance_slot].name);
  gh_buf_put_text(&b, flow->event->fields[flow->step_slot].name);
  for (unsigned i = 0; i < flow->nsteps; i++) gh_buf_put_text(&b, flow->steps[i]);
  uint64_t hash = gh_hash(gh_buf_str(&b));
  gh_buf_free(&b);
  return hash;
}

/* An instance is named by a text or by a whole number. */
static enum gh_kind instance_kind(const struct gh_event_type *type, const struct gh_node *n)
{
  struct gh_str prefix = GH_STR("event."), text = n->kind == GH_NODE_SCALAR ? n->text : (struct gh_str){NULL, 0};
  if (!gh_str_starts(text, prefix)) return GH_STRING;
  int slot = gh_field_find(type, gh_str_n(text.ptr + prefix.len, text.len - prefix.len));
  return slot >= 0 && type->fields[slot].type.kind == GH_INT ? GH_INT : GH_STRING;
}

/* A flow with a fault keeps event NULL; rules on it are then passed over in silence. */
void gh_read_flow(struct gh_rule_reader *r, const struct gh_node *n, struct gh_flow *flow)
{
  static const char *const keys[] = {"event", "instance", "step", "steps", NULL};
  gh_reader_name_good(r, n->key, n->key_at, "name of a flow", false);
  if (!gh_want_map(n, keys, r->faults) && n->kind != GH_NODE_MAP) return;
  const struct gh_node *event = gh_reader_need(r, n, "event"), *instance = gh_reader_need(r, n, "instance");
  const struct gh_node *step = gh_reader_need(r, n, "step"), *steps = gh_reader_need(r, n, "steps");
  const struct gh_event_type *type = event ? gh_reader_type(r, event) : NULL;
  bool good = steps && read_steps(r, steps, flow);
  if (!type) return;
  good = instance && gh_reader_field(r, instance, type, instance_kind(type, instance), &flow->instance_slot) && good;
  good = step && gh_reader_field(r, step, type, GH_STRING, &flow->step_slot) && good;
  if (!good) return;
  flow->event = type;
  flow->hash = flow_hash(flow);
}
