/* A small bank in a folder of its own: configuration, schema, rules, and what else a test writes. */
#ifndef GH_TESTS_SMALL_BANK_H
#define GH_TESTS_SMALL_BANK_H

#include <stdlib.h>
#include <unistd.h>

#include "base/unit.h"
#include "goldhour/base/buf.h"
#include "goldhour/engine/set.h"
#include "goldhour/sys/sys.h"

struct small_bank {
  char dir[64];
  struct gh_arena arena;
  struct gh_faults faults;
  struct gh_zones *zones;
  struct gh_set *set;
};

static const char small_conf[] = "zone: UTC\ncalendar: china\nlateness: 2s\nschema: schema.yaml\nrules: [rules.yaml]\n";
static const char small_schema[] =
  "customer: {name: string, age: int, aum: decimal(2), tags: list(string)}\n"
  "events:\n"
  "  payroll: {amount: decimal(2), employer: string?}\n"
  "  inflow: {amount: decimal(2)}\n"
  "  bought: {amount: decimal(2), matures_on: date?}\n"
  "  step: {flow_id: string, step: string}\n";
static const char small_rules[] =
  "flows: {loan: {event: step, instance: event.flow_id, step: event.step, steps: [apply, papers]}}\n"
  "rules:\n"
  "  - {id: fund, name: 定投, on: payroll, when: event.amount >= 8000.00, audience: customer.age <= 50, due: T+1, priority: 70, cooldown: 25d, product: plan,\n"
  "     channels: [rm_call, app_push], script: '{{customer.name}}您好'}\n"
  "  - {id: idle, on: {event: inflow, unless: bought, within: 2d}, audience: customer.aum >= 50000.00}\n"
  "  - {id: papers, on: {flow: loan, stopped_at: apply, for: 30m}}\n"
  "  - {id: tier, on: {becomes: customer.aum >= 180000.00}}\n"
  "  - {id: due-soon, on: {event: bought, date: event.matures_on, before: 7d, at: '09:00'}}\n";

static inline struct gh_str bank_path(struct small_bank *b, const char *name) { return gh_arena_fmt(&b->arena, "%s/%s", b->dir, name); }

static inline void bank_put(struct small_bank *b, const char *name, const char *text)
{
  FILE *f = fopen(bank_path(b, name).ptr, "w");
  assert_non_null(f);
  fputs(text, f);
  assert_int_equal(fclose(f), 0);
}

static inline int bank_setup(void **state)
{
  struct small_bank *b = calloc(1, sizeof *b);
  gh_arena_init(&b->arena, 0);
  gh_faults_init(&b->faults);
  b->zones = gh_zones_load();
  snprintf(b->dir, sizeof b->dir, "/tmp/gh-bank-XXXXXX");
  assert_non_null(mkdtemp(b->dir));
  bank_put(b, "goldhour.yaml", small_conf);
  bank_put(b, "schema.yaml", small_schema);
  bank_put(b, "rules.yaml", small_rules);
  b->set = gh_set_load(bank_path(b, "goldhour.yaml").ptr, b->zones, 0, &b->faults);
  if (!b->set) fail_msg("%.*s", GH_FMT(b->faults.first->message));
  *state = b;
  return 0;
}

static inline int bank_teardown(void **state)
{
  struct small_bank *b = *state;
  char command[128];
  snprintf(command, sizeof command, "rm -r %s", b->dir);
  gh_set_free(b->set);
  gh_zones_free(b->zones);
  gh_faults_free(&b->faults);
  gh_arena_free(&b->arena);
  free(b);
  return system(command);
}

#endif
