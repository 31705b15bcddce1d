/* Any text as a rule file over a small bank: it is compiled, or it has a fault; and what is compiled is whole. */
#include "fuzz.h"

#include <stdlib.h>

#include "goldhour/base/buf.h"
#include "goldhour/rule/rule.h"

const char *const gh_fuzz_seeds[] = {
  "features:\n  reads: {count: article_read, where: 'event.topic == \"wealth\"', over: 30d}\n  inflow: {sum: event.amount, of: [payroll_credit, transfer_in], over: 7d}\n"
  "rules:\n  - {id: a, on: article_read, when: feature.reads > 10 && feature.inflow > 1.00}\n",
  "flows:\n  loan: {event: flow_step, instance: event.flow_id, step: event.step, steps: [apply, valuation]}\n"
  "rules:\n  - {id: b, on: {flow: loan, stopped_at: valuation, for: 30m}, due: T+1, priority: 70}\n",
  "rules:\n  - id: c\n    name: 代发工资\n    on: payroll_credit\n    when: event.amount >= 8000.00\n    audience: customer.age >= 20\n    window: 1h\n    cooldown: 25d\n"
  "    channels: [rm_call]\n    script: '{{customer.name}}您好，{{event.amount | yuan}}元{{now}}'\n",
  "rules:\n  - {id: d, on: {event: transfer_in, unless: {event: payroll_credit, when: event.amount > 1.00}, within: 2d, restart: true}}\n"
  "  - {id: e, on: {becomes: 'customer.age > 60'}}\n  - {id: f, on: {event: transfer_in, date: event.day, before: 7d, at: '09:00'}}\n",
  NULL,
};

static const char bank[] =
    "customer: {name: string, age: int}\n"
    "events:\n  payroll_credit: {amount: decimal(2)}\n  transfer_in: {amount: decimal(4), day: date?}\n  article_read: {topic: string}\n  flow_step: {flow_id: string, step: string}\n";

static void check_whole(const struct gh_rules *rules)
{
  unsigned planned = rules->nbecomes;
  for (unsigned i = 0; i < rules->schema->ntypes; i++) planned += rules->plans[i].nrules;
  if (planned != rules->nrules) abort();
  for (unsigned i = 0; i < rules->nrules; i++) {
    if (!rules->rules[i].event || rules->rules[i].id.len == 0) abort();
  }
  for (unsigned i = 0; i < rules->nfeatures; i++) {
    if (!rules->features[i].column || rules->features[i].over_ms <= 0) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  struct gh_zones *zones = gh_zones_new();
  struct gh_rules *rules = gh_rules_new();
  rules->schema = gh_schema_parse(&rules->arena, GH_STR("schema.yaml"), gh_str(bank), &faults);
  rules->zones = zones;
  struct gh_rules_file file = {GH_STR("rules.yaml"), {(const char *)data, size}};
  bool good = gh_rules_parse(rules, &file, 1, &faults);
  if (good != (faults.errors == 0)) abort();
  if (good) check_whole(rules);
  struct gh_buf text = {0};
  for (const struct gh_fault *f = faults.first; f; f = f->next) gh_fault_print(f, &text);
  gh_buf_free(&text);
  gh_rules_free(rules);
  gh_zones_free(zones);
  gh_faults_free(&faults);
  return 0;
}
