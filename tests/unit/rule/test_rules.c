/* The rule table: what is read, how it is compiled, what is refused. Each test reads one bank's rules. */
#include "conf/faulty.h"
#include "goldhour/base/time.h"
#include "goldhour/rule/rule.h"

static const char bank[] =
    "customer: {name: string, age: int, aum: decimal(2), tags: list(string)}\n"
    "events:\n"
    "  payroll_credit: {amount: decimal(2), employer: string?}\n"
    "  transfer_in: {amount: decimal(4)}\n"
    "  transfer_out: {amount: decimal(2)}\n"
    "  product_bought: {product: string, amount: decimal(2), matures_on: date?}\n"
    "  article_read: {topic: string, seconds: int}\n"
    "  flow_step: {flow_id: string, step: string, page: int}\n";

struct world {
  struct gh_faults faults;
  struct gh_rules *rules;
  struct gh_zones *zones;
};

static int setup(void **state)
{
  struct world *w = calloc(1, sizeof *w);
  gh_faults_init(&w->faults);
  w->zones = gh_zones_new();
  *state = w;
  return 0;
}

static int teardown(void **state)
{
  struct world *w = *state;
  gh_faults_free(&w->faults);
  gh_rules_free(w->rules);
  gh_zones_free(w->zones);
  free(w);
  return 0;
}

static bool read_files(struct world *w, const struct gh_rules_file *files, unsigned n)
{
  gh_rules_free(w->rules);
  w->rules = gh_rules_new();
  w->rules->schema = gh_schema_parse(&w->rules->arena, GH_STR("schema.yaml"), gh_str(bank), &w->faults);
  w->rules->zones = w->zones;
  return gh_rules_parse(w->rules, files, n, &w->faults);
}

static bool read(struct world *w, const char *text)
{
  return read_files(w, &(struct gh_rules_file){GH_STR("rules.yaml"), gh_str(text)}, 1);
}

static const struct gh_rules *good(struct world *w, const char *text)
{
  bool ok = read(w, text);
  assert_no_fault(&w->faults);
  assert_true(ok);
  return w->rules;
}

static void refused(struct world *w, const char *text, const char *says)
{
  assert_false(read(w, text));
  assert_fault(&w->faults, says);
}

static void test_a_rule_says_all_that_a_lead_needs(void **state)
{
  const struct gh_rules *rules = good(*state,
      "rules:\n"
      "  - id: payroll-fund-plan\n"
      "    name: 代发工资入账推荐基金定投\n"
      "    on: payroll_credit\n"
      "    when: event.amount >= 8000.00\n"
      "    audience: customer.age >= 20 && customer.age <= 50\n"
      "    window: 30m\n"
      "    due: T+2\n"
      "    priority: 70\n"
      "    cooldown: 25d\n"
      "    product: fund-plan\n"
      "    channels: [rm_call, app_push]\n");
  assert_int_equal(rules->nrules, 1);
  const struct gh_rule *r = &rules->rules[0];
  assert_true(gh_str_eq(r->name, GH_STR("代发工资入账推荐基金定投")));
  assert_int_equal(r->on, GH_ON_EVENT);
  assert_true(gh_str_eq(r->event->name, GH_STR("payroll_credit")));
  assert_non_null(r->when);
  assert_non_null(r->audience);
  assert_int_equal(r->window_ms, 30 * GH_MINUTE_MS);
  assert_int_equal(r->due_days, 2);
  assert_int_equal(r->priority, 70);
  assert_int_equal(r->cooldown_ms, 25 * GH_DAY_MS);
  assert_true(gh_str_eq(r->product, GH_STR("fund-plan")));
  assert_int_equal(r->nchannels, 2);
  assert_int_equal(r->at.line, 2);
}

static void test_a_short_rule_has_the_defaults(void **state)
{
  const struct gh_rule *r = good(*state, "rules: [{id: a, on: payroll_credit}]\n")->rules;
  assert_true(gh_str_eq(r->name, GH_STR("a")));
  assert_null(r->when);
  assert_null(r->audience);
  assert_int_equal(r->window_ms, GH_HOUR_MS);
  assert_int_equal(r->due_days, 0);
  assert_int_equal(r->priority, 50);
  assert_int_equal(r->cooldown_ms, 0);
  assert_int_equal(r->product.len, 0);
  assert_int_equal(r->nscript, 0);
}

static void test_every_form_of_on(void **state)
{
  const struct gh_rules *rules = good(*state,
      "flows:\n"
      "  house_loan: {event: flow_step, instance: event.flow_id, step: event.step, steps: [apply, valuation, documents]}\n"
      "rules:\n"
      "  - {id: a, on: {event: transfer_in}}\n"
      "  - {id: b, on: {event: transfer_in, unless: product_bought, within: 2d}}\n"
      "  - {id: c, on: {event: transfer_in, unless: {event: product_bought, when: 'event.product == \"fund\"'}, within: 1d, restart: true}}\n"
      "  - {id: d, on: {flow: house_loan, stopped_at: valuation, for: 30m}, when: event.page > 1}\n"
      "  - {id: e, on: {becomes: 'customer.aum >= 180000.00'}}\n"
      "  - {id: f, on: {event: product_bought, date: event.matures_on, before: 7d, at: '09:00'}}\n");
  const struct gh_rule *r = rules->rules;
  assert_int_equal(r[0].on, GH_ON_EVENT);
  assert_int_equal(r[1].on, GH_ON_UNLESS);
  assert_int_equal(r[1].wait_ms, 2 * GH_DAY_MS);
  assert_false(r[1].restart);
  assert_non_null(r[2].unless_when);
  assert_true(r[2].restart);
  assert_int_equal(r[3].on, GH_ON_STOPPED);
  assert_int_equal(r[3].step, 1);
  assert_ptr_equal(r[3].event, rules->flows[0].event);
  assert_int_equal(r[4].on, GH_ON_BECOMES);
  assert_int_equal(r[4].event->index, GH_CUSTOMER_TYPE);
  assert_int_equal(r[5].on, GH_ON_DATE);
  assert_int_equal(r[5].before_days, 7);
  assert_int_equal(r[5].at_ms, 9 * GH_HOUR_MS);
  assert_int_equal(r[5].date_slot, 2);
}

static void test_each_event_type_knows_what_concerns_it(void **state)
{
  const struct gh_rules *rules = good(*state,
      "features:\n"
      "  inflow: {sum: event.amount, of: [payroll_credit, transfer_in], over: 3d}\n"
      "  reads: {count: article_read, over: 7d}\n"
      "flows:\n"
      "  loan: {event: flow_step, instance: event.flow_id, step: event.step, steps: [apply]}\n"
      "rules:\n"
      "  - {id: a, on: transfer_in}\n"
      "  - {id: b, on: {event: transfer_in, unless: product_bought, within: 2d}}\n"
      "  - {id: c, on: {flow: loan, stopped_at: apply, for: 30m}}\n"
      "  - {id: d, on: {becomes: 'customer.age > 60'}}\n"
      "  - {id: e, on: transfer_in}\n");
  const struct gh_schema *s = rules->schema;
  const struct gh_type_plan *in = &rules->plans[gh_schema_find(s, GH_STR("transfer_in"))->index];
  const struct gh_type_plan *bought = &rules->plans[gh_schema_find(s, GH_STR("product_bought"))->index];
  const struct gh_type_plan *step = &rules->plans[gh_schema_find(s, GH_STR("flow_step"))->index];
  assert_int_equal(in->nrules, 3);
  for (unsigned i = 1; i < in->nrules; i++) assert_true(in->rules[i - 1]->position < in->rules[i]->position);
  assert_int_equal(in->ncolumns, 1);
  assert_int_equal(bought->nrules, 0);
  assert_int_equal(bought->ncancels, 1);
  assert_int_equal(step->nrules, 1);
  assert_int_equal(step->nflows, 1);
  assert_int_equal(rules->nbecomes, 1);
}

static void test_features_have_the_types_of_the_contract(void **state)
{
  static const struct { const char *name; enum gh_kind kind; unsigned scale; } results[] = {
    {"n", GH_INT, 0}, {"total", GH_DECIMAL, 2}, {"mean", GH_DECIMAL, 2}, {"seconds", GH_INT, 0}, {"mean_seconds", GH_DOUBLE, 0},
    {"largest", GH_DECIMAL, 4}, {"employers", GH_INT, 0}, {"topic", GH_STRING, 0}, {"latest", GH_TIMESTAMP, 0},
  };
  const struct gh_rules *rules = good(*state,
      "features:\n"
      "  n: {count: [payroll_credit, transfer_in], over: 1d}\n"
      "  total: {sum: event.amount, of: payroll_credit, over: 1d}\n"
      "  mean: {avg: event.amount, of: payroll_credit, over: 7d}\n"
      "  seconds: {sum: event.seconds, of: article_read, over: 1d}\n"
      "  mean_seconds: {avg: event.seconds, of: article_read, over: 1d}\n"
      "  largest: {max: event.amount, of: [payroll_credit, transfer_in], over: 1d}\n"
      "  employers: {distinct: event.employer, of: payroll_credit, over: 1d}\n"
      "  topic: {last: event.topic, of: article_read, where: 'event.seconds > 5', over: 1d}\n"
      "  latest: {last: event.time, of: article_read, over: 1d}\n");
  for (unsigned i = 0; i < rules->nfeatures; i++) {
    const struct gh_feature *f = &rules->features[i];
    assert_true(gh_str_eq(f->name, gh_str(results[i].name)));
    if (f->type.kind != results[i].kind || f->type.scale != results[i].scale) fail_msg("%s is of kind %u, scale %u", results[i].name, f->type.kind, f->type.scale);
  }
}

static void test_features_of_one_expression_share_a_column(void **state)
{
  const struct gh_rules *rules = good(*state,
      "features:\n"
      "  a: {sum: event.amount, of: [payroll_credit, transfer_out], over: 1d}\n"
      "  b: {max: event.amount, of: [transfer_out, payroll_credit], over: 30d}\n"
      "  c: {max: event.amount, of: [transfer_out, payroll_credit], where: 'event.amount > 1', over: 30d}\n");
  assert_int_equal(rules->ncolumns, 2);
  assert_ptr_equal(rules->features[0].column, rules->features[1].column);
  assert_int_equal(rules->features[0].column->keep_ms, 30 * GH_DAY_MS);
  assert_true(rules->features[1].column != rules->features[2].column);
}

static void test_hashes_are_stable_and_change_with_the_definition(void **state)
{
  struct world *w = *state;
  const struct gh_rules *rules = good(w, "features: {n: {count: article_read, over: 7d}}\nrules: [{id: a, on: {event: transfer_in, unless: product_bought, within: 2d}, when: event.amount > 1}]\n");
  uint64_t feature = rules->features[0].hash, on = rules->rules[0].on_hash, column = rules->columns[0].hash;
  rules = good(w, "features: {m: {count: article_read, over: 8d}}\nrules: [{id: a, priority: 3, on: {event: transfer_in, within: 2d, unless: product_bought}, when: event.amount > 2}]\n");
  assert_true(rules->rules[0].on_hash == on);
  assert_true(rules->columns[0].hash == column);
  assert_true(rules->features[0].hash != feature);
  rules = good(w, "rules: [{id: a, on: {event: transfer_in, within: 1d, unless: product_bought}}]\n");
  assert_true(rules->rules[0].on_hash != on);
  /* These numbers stand in stores: a release that changes them drops every wait and every window. */
  assert_true(on == UINT64_C(0x899bf2f691484f00));
  assert_true(column == UINT64_C(0x007936e8e92b9a9f));
  assert_true(feature == UINT64_C(0x9cc41cdf4ede16a2));
}

static void test_names_reach_over_files(void **state)
{
  struct world *w = *state;
  const struct gh_rules_file files[] = {
    {GH_STR("a.yaml"), GH_STR("rules: [{id: a, on: article_read, when: feature.reads > 3}]\n")},
    {GH_STR("b.yaml"), GH_STR("features: {reads: {count: article_read, over: 7d}}\nrules: [{id: b, on: article_read}]\n")},
  };
  assert_true(read_files(w, files, 2));
  assert_no_fault(&w->faults);
  assert_int_equal(w->rules->rules[1].position, 1);
  assert_true(gh_str_eq(w->rules->rules[1].at.file, GH_STR("b.yaml")));
  const struct gh_rules_file twice[] = {files[0], files[1], {GH_STR("c.yaml"), GH_STR("features: {reads: {count: article_read, over: 1d}}\nrules: [{id: a, on: article_read}]\n")}};
  assert_false(read_files(w, twice, 3));
  assert_fault(&w->faults, "c.yaml:1:12: error: the feature 'reads' is declared twice");
  assert_fault(&w->faults, "c.yaml:2:14: error: the rule id 'a' is used twice (first in a.yaml:1)");
}

static void test_a_script_is_cut_into_parts(void **state)
{
  const struct gh_rules *rules = good(*state,
      "features: {reads: {count: article_read, over: 7d}}\n"
      "rules:\n"
      "  - id: a\n"
      "    on: payroll_credit\n"
      "    script: '{{customer.name}}您好，{{ event.amount | yuan }}元{{feature.reads}}/{{event.id}}{{now}}。'\n");
  const struct gh_rule *r = rules->rules;
  assert_int_equal(r->nscript, 9);
  assert_int_equal(r->script[0].row, GH_ROW_CUSTOMER);
  assert_int_equal(r->script[1].row, -1);
  assert_true(gh_str_eq(r->script[1].text, GH_STR("您好，")));
  assert_int_equal(r->script[2].row, GH_ROW_EVENT);
  assert_int_equal(r->script[2].slot, 0);
  assert_true(r->script[2].yuan);
  assert_int_equal(r->script[4].row, GH_ROW_FEATURE);
  assert_int_equal(r->script[6].slot, 2 + GH_SLOT_ID);
  assert_int_equal(r->script[7].row, GH_ROW_NOW);
  assert_true(gh_str_eq(r->script[8].text, GH_STR("。")));
}

static void test_scripts_written_wrong(void **state)
{
  struct world *w = *state;
  refused(w, "rules: [{id: a, on: transfer_in, script: 'x{{customer.nmae}}'}]\n", "'script': there is no 'customer.nmae' here\n    x{{customer.nmae}}\n       ^\n  hint: did you mean 'customer.name'?");
  refused(w, "rules: [{id: a, on: transfer_in, script: '{{event.amount'}]\n", "'{{' without '}}'");
  refused(w, "rules: [{id: a, on: transfer_in, script: '{{event.amount | dollar}}'}]\n", "there is no filter 'dollar'");
  refused(w, "rules: [{id: a, on: transfer_in, script: '{{customer.name | yuan}}'}]\n", "'customer.name' is of type string; yuan writes numbers");
  refused(w, "rules: [{id: a, on: {becomes: customer.age > 3}, script: '{{event.amount}}'}]\n", "there is no 'event.amount' here");
  good(w = (gh_faults_free(&w->faults), w), "rules: [{id: a, on: {becomes: customer.age > 3}, script: '{{event.id}} } {x}'}]\n");
}

static void test_conditions_written_wrong_show_the_place(void **state)
{
  struct world *w = *state;
  refused(w, "rules:\n  - id: a\n    on: transfer_in\n    when: event.amuont >= 1.00\n", "rules.yaml:4:11: error: 'when': ");
  assert_fault(&w->faults, "    event.amuont >= 1.00\n    ^");
  refused(w, "rules: [{id: a, on: transfer_in, audience: customer.age}]\n", "'audience': ");
  refused(w, "features: {n: {count: article_read, where: customer.age > 3, over: 1d}}\n", "'where': ");
  refused(w, "rules: [{id: a, on: {event: transfer_in, unless: {event: product_bought, when: event.topic == 'x'}, within: 1d}}]\n", "'when': ");
}

static void test_rules_written_wrong(void **state)
{
  struct world *w = *state;
  refused(w, "rules: [{on: transfer_in}]\n", "the key 'id' is missing");
  refused(w, "rules: [{id: a}]\n", "the key 'on' is missing");
  refused(w, "rules: [{id: 代发, on: transfer_in}]\n", "'代发' is no rule id");
  refused(w, "rules: [{id: a, on: transfer_on}]\n", "the schema has no event type 'transfer_on'\n  hint: did you mean 'transfer_in'?");
  refused(w, "rules: [{id: a, on: customer}]\n", "'customer' is a change of profile, not an event");
  refused(w, "rules: [{id: a, on: transfer_in, due: T+0}]\n", "'due': expected T+n");
  refused(w, "rules: [{id: a, on: transfer_in, due: 2}]\n", "'due': expected T+n");
  refused(w, "rules: [{id: a, on: transfer_in, priority: high}]\n", "'priority': expected a whole number");
  refused(w, "rules: [{id: a, on: transfer_in, windw: 1h}]\n", "did you mean 'window'?");
  refused(w, "rules: [{id: a, on: transfer_in, variants: {a: 50}}]\n", "experiments) come with a later release");
  refused(w, "rules: [{id: a, on: {becomes: customer.age > 3}, when: 'true'}]\n", "'when' does not go with 'becomes'");
  refused(w, "rules: {id: a}\n", "'rules': expected a list, found a map");
  refused(w, "rule: []\n", "unknown key 'rule'\n  hint: did you mean 'rules'?");
}

static void test_forms_of_on_written_wrong(void **state)
{
  struct world *w = *state;
  refused(w, "rules: [{id: a, on: {market: x}}]\n", "'on': rules on a market come with a later release");
  refused(w, "rules: [{id: a, on: {event: transfer_in, within: 1d}}]\n", "'within' does not go with what stands here");
  refused(w, "rules: [{id: a, on: {event: transfer_in, unles: product_bought}}]\n", "unknown key 'unles'\n  hint: did you mean 'unless'?");
  refused(w, "rules: [{id: a, on: {event: transfer_in, unless: product_bought}}]\n", "the key 'within' is missing");
  refused(w, "rules: [{id: a, on: {event: transfer_in, unless: product_bought, within: 0s}}]\n", "'within' must be longer than nothing");
  refused(w, "rules: [{id: a, on: {event: transfer_in, unless: product_bought, within: 1d, restart: yes}}]\n", "'restart': expected true or false, found 'yes'");
  refused(w, "rules: [{id: a, on: {flow: loan, stopped_at: x, for: 1h}}]\n", "there is no flow 'loan'");
  refused(w, "rules: [{id: a, on: {event: product_bought, date: event.product, before: 7d, at: '09:00'}}]\n", "event.product is of type string; expected a field of type date");
  refused(w, "rules: [{id: a, on: {event: product_bought, date: event.matures_no, before: 7d, at: '09:00'}}]\n", "hint: did you mean 'event.matures_on'?");
  refused(w, "rules: [{id: a, on: {event: product_bought, date: event.matures_on, before: 36h, at: '9'}}]\n", "'before': expected whole days of the calendar such as 7d");
  assert_fault(&w->faults, "'at': expected a time of day such as '09:00', found '9'");
}

static void test_features_and_flows_written_wrong(void **state)
{
  struct world *w = *state;
  refused(w, "features: {a: {over: 1d}}\n", "feature 'a' needs one of count");
  refused(w, "features: {a: {count: article_read, sum: event.seconds, over: 1d}}\n", "here are 'count' and 'sum'");
  refused(w, "features: {a: {sum: event.seconds, over: 1d}}\n", "'sum' needs 'of'");
  refused(w, "features: {a: {count: article_read, of: article_read, over: 1d}}\n", "'of' does not belong here");
  refused(w, "features: {a: {count: article_read}}\n", "the key 'over' is missing");
  refused(w, "features: {a: {count: [], over: 1d}}\n", "'count': the list is empty");
  refused(w, "features: {a: {count: [article_read, article_read], over: 1d}}\n", "'article_read' is listed twice");
  refused(w, "features: {a-b: {count: article_read, over: 1d}}\n", "'a-b' is no name of a feature");
  refused(w, "features: {a: {sum: event.topic, of: article_read, over: 1d}}\n", "'sum' wants an int, a double or a decimal; this is of type string");
  refused(w, "features: {a: {last: event.amount, of: [transfer_in, article_read], over: 1d}}\n", "(on article_read)");
  refused(w, "flows: {f: {event: flow_step, instance: event.flow_id, step: event.page, steps: [a]}}\n", "'step': event.page is of type int; expected a field of type string");
  refused(w, "flows: {f: {event: flow_step, instance: event.flow_id, step: event.step, steps: [a, a]}}\n", "the step 'a' is listed twice");
  refused(w, "flows: {f: {event: flow_step, instance: event.flow_id, step: event.step}}\n", "the key 'steps' is missing");
}

static void test_a_faulty_feature_gives_one_fault_not_many(void **state)
{
  struct world *w = *state;
  assert_false(read(w, "features: {a: {count: article_raed, over: 1d}}\nrules: [{id: a, on: article_read, when: feature.a > 3, script: '{{feature.a | yuan}}'}]\n"));
  assert_int_equal(w->faults.errors, 1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
    CASE(test_a_rule_says_all_that_a_lead_needs),
    CASE(test_a_short_rule_has_the_defaults),
    CASE(test_every_form_of_on),
    CASE(test_each_event_type_knows_what_concerns_it),
    CASE(test_features_have_the_types_of_the_contract),
    CASE(test_features_of_one_expression_share_a_column),
    CASE(test_hashes_are_stable_and_change_with_the_definition),
    CASE(test_names_reach_over_files),
    CASE(test_a_script_is_cut_into_parts),
    CASE(test_scripts_written_wrong),
    CASE(test_conditions_written_wrong_show_the_place),
    CASE(test_rules_written_wrong),
    CASE(test_forms_of_on_written_wrong),
    CASE(test_features_and_flows_written_wrong),
    CASE(test_a_faulty_feature_gives_one_fault_not_many),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
