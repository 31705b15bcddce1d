/* A rule set takes effect: names are numbered, waits of rules that are gone or whose `on` has changed are dropped, new or changed features begin to count. */
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "inside.h"

bool gh_core_accepts(const struct gh_core *core, const struct gh_rules *rules, struct gh_faults *faults)
{
  struct gh_str was, is, field = gh_names_conflict(&core->state.names, rules->schema, &faults->arena, &was, &is);
  if (!field.len) return true;
  struct gh_fault *f = gh_fault(faults, (struct gh_spot){0}, "%.*s is %.*s in the new schema, but the state holds it as %.*s", GH_FMT(field), GH_FMT(is), GH_FMT(was));
  f->hint = GH_STR("keep its type and give the new meaning a new name, or begin with a new store");
  return false;
}

static void *remake(void *old, size_t n, size_t size)
{
  free(old);
  void *items = calloc(n + 1, size);
  GH_CHECK(items && "out of memory");
  return items;
}

static uint32_t name_text(struct gh_core *core, const char *kind, struct gh_str name)
{
  return gh_names_add(&core->state.names, gh_arena_fmt(&core->step_arena, "%s/%.*s", kind, GH_FMT(name)));
}

static unsigned most_fields(const struct gh_schema *schema)
{
  unsigned most = schema->customer.nfields;
  for (unsigned i = 0; i < schema->ntypes; i++)
    if (schema->types[i].nfields > most) most = schema->types[i].nfields;
  return most;
}

static void make_rows(struct gh_core *core, const struct gh_rules *rules)
{
  core->event_slots = remake(core->event_slots, most_fields(rules->schema) + GH_EVENT_SLOTS, sizeof *core->event_slots);
  core->customer_slots = remake(core->customer_slots, rules->schema->customer.nfields + 1, sizeof *core->customer_slots);
  core->features = remake(core->features, rules->nfeatures, sizeof *core->features);
  core->feature_stamps = remake(core->feature_stamps, rules->nfeatures, sizeof *core->feature_stamps);
}

static void number_names(struct gh_core *core, const struct gh_rules *rules)
{
  core->rule_names = remake(core->rule_names, rules->nrules, sizeof *core->rule_names);
  core->column_names = remake(core->column_names, rules->ncolumns, sizeof *core->column_names);
  core->flow_names = remake(core->flow_names, rules->nflows, sizeof *core->flow_names);
  core->feature_names = remake(core->feature_names, rules->nfeatures, sizeof *core->feature_names);
  for (unsigned i = 0; i < rules->nrules; i++) core->rule_names[i] = name_text(core, "rule", rules->rules[i].id);
  for (unsigned i = 0; i < rules->nflows; i++) core->flow_names[i] = name_text(core, "flow", rules->flows[i].name);
  for (unsigned i = 0; i < rules->nfeatures; i++) core->feature_names[i] = name_text(core, "feature", rules->features[i].name);
  core->becomes_names = remake(core->becomes_names, rules->nbecomes, sizeof *core->becomes_names);
  for (unsigned i = 0; i < rules->nbecomes; i++) core->becomes_names[i] = name_text(core, "becomes", rules->becomes[i]->id);
  core->keep_ms = 0;
  for (unsigned i = 0; i < rules->ncolumns; i++) {
    struct gh_str hex = gh_arena_fmt(&core->step_arena, "%016llx", (unsigned long long)rules->columns[i].hash);
    core->column_names[i] = name_text(core, "column", hex);
    if (rules->columns[i].keep_ms > core->keep_ms) core->keep_ms = rules->columns[i].keep_ms;
  }
}

static void define(struct gh_core *core, uint32_t number, uint64_t hash, int64_t since_ms)
{
  struct gh_name *name = &core->state.names.names[number];
  name->hash = hash;
  name->since_ms = since_ms;
  core->state.names.changed = true;
}

/* What counts or is recorded from its definition on: a new or changed feature counts from now (on an empty store from nothing); a new or changed `becomes`
 * gets another edition, so that what was recorded for the last one is not its value. What the set no longer has is forgotten: it is new if it comes back. */
static void settle_definitions(struct gh_core *core, const struct gh_rules *rules, int64_t now_ms)
{
  struct gh_names *names = &core->state.names;
  bool *kept = calloc(names->count + 1, sizeof *kept);
  GH_CHECK(kept && "out of memory");
  for (unsigned i = 0; i < rules->nfeatures; i++) {
    uint32_t n = core->feature_names[i];
    kept[n] = true;
    if (names->names[n].hash != rules->features[i].hash) define(core, n, rules->features[i].hash, now_ms);
  }
  for (unsigned i = 0; i < rules->nbecomes; i++) {
    uint32_t n = core->becomes_names[i];
    kept[n] = true;
    if (names->names[n].hash != rules->becomes[i]->on_hash) define(core, n, rules->becomes[i]->on_hash, names->names[n].since_ms + 1);
  }
  for (uint32_t n = 0; n < names->count; n++)
    if (names->names[n].hash && !kept[n]) define(core, n, 0, names->names[n].since_ms);
  free(kept);
}

/* The rule of each name's number; NULL where the set has none. */
static const struct gh_rule **rules_by_name(struct gh_core *core, const struct gh_rules *rules)
{
  const struct gh_rule **by_name = calloc(core->state.names.count + 1, sizeof *by_name);
  GH_CHECK(by_name && "out of memory");
  for (unsigned i = 0; i < rules->nrules; i++) by_name[core->rule_names[i]] = &rules->rules[i];
  return by_name;
}

static void drop_wait(struct gh_core *core, struct gh_wait *w, const struct gh_rule *rule)
{
  core->counters.waits_dropped++;
  core->event = (struct gh_event){.id = gh_event_packed_id(w->event), .customer = w->customer->key};
  core->t_ms = w->due_ms;
  if (gh_core_asked(core)) gh_core_say(core, GH_V_WAIT_DROPPED, rule, (struct gh_str){NULL, 0});
  gh_state_wait_end(&core->state, w);
}

static void settle_waits(struct gh_core *core, const struct gh_rules *rules)
{
  struct gh_heap *timers = &core->state.timers;
  const struct gh_rule **by_name = rules_by_name(core, rules);
  uint32_t n = timers->count, dropped = 0;
  struct gh_wait **drop = calloc(n + 1, sizeof *drop);
  GH_CHECK(drop && "out of memory");
  for (uint32_t i = 1; i <= n; i++) {
    struct gh_wait *w = (struct gh_wait *)(void *)timers->nodes[i];
    const struct gh_rule *rule = by_name[w->rule];
    if (!rule || rule->on_hash != w->on_hash) drop[dropped++] = w;
    else w->position = rule->position;
  }
  gh_heap_rebuild(timers);
  for (uint32_t i = 0; i < dropped; i++) drop_wait(core, drop[i], by_name[drop[i]->rule]);
  free(drop);
  free(by_name);
}

void gh_core_activate(struct gh_core *core, const struct gh_input *in)
{
  const struct gh_rules *rules = in->rules;
  bool changed = memcmp(core->rules_version, rules->version, sizeof core->rules_version) != 0;
  int64_t now_ms = core->high_ms; /* GH_ALWAYS on an empty store */
  if (core->options.live && in->wall_ms) core->wall_ms = in->wall_ms; /* what the set releases is found now, not at the last commit */
  if (now_ms != GH_ALWAYS && core->options.live && in->wall_ms > now_ms) now_ms = in->wall_ms;
  core->loading = false;
  gh_arena_reset(&core->step_arena);
  gh_names_bind(&core->state.names, rules->schema);
  make_rows(core, rules);
  number_names(core, rules);
  settle_definitions(core, rules, now_ms);
  settle_waits(core, rules);
  core->rules = rules;
  core->counters.activations += changed;
  memcpy(core->rules_version, rules->version, sizeof core->rules_version);
}
