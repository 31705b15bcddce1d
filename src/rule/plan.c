/* Which rules, flows and columns an event type concerns, in the order of the table. Each list is counted first, then filled. */
#include "reader.h"

static const struct gh_event_type *begins_on(const struct gh_rule *rule)
{
  return rule->on == GH_ON_BECOMES ? NULL : rule->event;
}

static void count(struct gh_rules *rules)
{
  for (unsigned i = 0; i < rules->nrules; i++) {
    const struct gh_rule *rule = &rules->rules[i];
    if (begins_on(rule)) rules->plans[rule->event->index].nrules++;
    if (rule->unless) rules->plans[rule->unless->index].ncancels++;
    if (rule->on == GH_ON_BECOMES) rules->nbecomes++;
  }
  for (unsigned i = 0; i < rules->nflows; i++) rules->plans[rules->flows[i].event->index].nflows++;
  for (unsigned i = 0; i < rules->ncolumns; i++) {
    for (unsigned k = 0; k < rules->columns[i].ntypes; k++) rules->plans[rules->columns[i].types[k]->index].ncolumns++;
  }
}

static void allocate(struct gh_rules *rules)
{
  for (unsigned i = 0; i < rules->schema->ntypes; i++) {
    struct gh_type_plan *p = &rules->plans[i];
    p->rules = gh_arena_zero(&rules->arena, p->nrules, sizeof(void *));
    p->cancels = gh_arena_zero(&rules->arena, p->ncancels, sizeof(void *));
    p->flows = gh_arena_zero(&rules->arena, p->nflows, sizeof(void *));
    p->columns = gh_arena_zero(&rules->arena, p->ncolumns, sizeof(void *));
    p->nrules = p->ncancels = p->nflows = p->ncolumns = 0;
  }
  rules->becomes = gh_arena_zero(&rules->arena, rules->nbecomes, sizeof(void *));
  rules->nbecomes = 0;
}

void gh_make_plans(struct gh_rules *rules)
{
  rules->plans = gh_arena_zero(&rules->arena, rules->schema->ntypes, sizeof *rules->plans);
  count(rules);
  allocate(rules);
  for (unsigned i = 0; i < rules->nrules; i++) {
    const struct gh_rule *rule = &rules->rules[i];
    struct gh_type_plan *begin = begins_on(rule) ? &rules->plans[rule->event->index] : NULL;
    struct gh_type_plan *cancel = rule->unless ? &rules->plans[rule->unless->index] : NULL;
    if (begin) begin->rules[begin->nrules++] = rule;
    if (cancel) cancel->cancels[cancel->ncancels++] = rule;
    if (rule->on == GH_ON_BECOMES) rules->becomes[rules->nbecomes++] = rule;
  }
  for (unsigned i = 0; i < rules->nflows; i++) {
    struct gh_type_plan *p = &rules->plans[rules->flows[i].event->index];
    p->flows[p->nflows++] = &rules->flows[i];
  }
  for (unsigned i = 0; i < rules->ncolumns; i++) {
    const struct gh_column *c = &rules->columns[i];
    for (unsigned k = 0; k < c->ntypes; k++) {
      struct gh_type_plan *p = &rules->plans[c->types[k]->index];
      p->columns[p->ncolumns++] = c;
    }
  }
}
