/* Rule tests: what they take, what they let pass, and what they say when something differs. */
#include "goldhour/engine/ruletest.h"
#include "small_bank.h"

static bool read_tests(struct small_bank *b, const char *text, struct gh_ruletests *out)
{
  gh_faults_free(&b->faults);
  struct gh_rules_file file = {GH_STR("a.test.yaml"), gh_str(text)};
  return gh_ruletests_read(out, b->set, &b->arena, file, &b->faults);
}

/* Runs the one test of `text`; its report. */
static const char *report(struct small_bank *b, const char *text)
{
  struct gh_ruletests tests;
  if (!read_tests(b, text, &tests)) fail_msg("%u: %.*s", b->faults.first->at.line, GH_FMT(b->faults.first->message));
  assert_int_equal(tests.n, 1);
  struct gh_ruletest_result result = {0};
  gh_ruletest_run(b->set, &tests.tests[0], &result);
  struct gh_str out = gh_arena_str(&b->arena, gh_buf_str(&result.report));
  assert_int_equal(result.passed, out.len == 0);
  gh_buf_free(&result.report);
  return out.ptr;
}

static void expect_pass(struct small_bank *b, const char *text) { assert_string_equal(report(b, text), ""); }

#define HEAD "profiles: {C1: {name: 王芳, age: 35, aum: 60000.00, tags: [理财]}, C2: {age: 62}}\ntests:\n- name: n\n"

static void test_a_story_that_comes_out_as_told(void **state)
{
  expect_pass(*state, HEAD
              "  rule: fund\n"
              "  events:\n"
              "  - {at: '2026-09-17 09:00', type: payroll, amount: 8000}\n"
              "  - {advance: 1d, type: payroll, amount: '9000.00', employer: 123}\n"
              "  - {type: payroll, customer: C2, amount: 9000.00}\n"
              "  leads: {event: e1, customer: C1, rule_name: 定投, triggered_at: '2026-09-17 09:00', golden_deadline: '2026-09-17T10:00:00+00:00', due: '2026-09-18 18:00',\n"
              "          stage: golden, status: offered, priority: 70, product: plan, channels: [rm_call, app_push], script: 王芳您好, late: false, due_outside_calendar: null}\n"
              "  no_lead:\n"
              "  - {event: e2, reason: cooldown}\n"
              "  - {event: e3, reason: audience_false}\n");
}

static void test_waits_end_with_the_clock_alone(void **state)
{
  expect_pass(*state, HEAD "  rule: idle\n  events: [{at: '2026-09-17 09:00', type: inflow, amount: 1}, {advance: 2d}]\n  leads: [{event: e1, triggered_at: '2026-09-19 09:00'}]\n");
  expect_pass(*state, HEAD "  rule: idle\n  events: [{at: '2026-09-17 09:00', type: inflow, amount: 1}, {advance: 47h59m}]\n  leads: []\n  no_lead: {reason: wait_begun}\n");
  expect_pass(*state, HEAD "  rule: idle\n  events: [{at: '2026-09-17 09:00', type: inflow, amount: 1}, {advance: 2d, type: bought, amount: 1}, {advance: 1d}]\n"
                           "  no_lead: [{event: e1, reason: wait_cancelled}, {event: e2, reason: wait_cancelled}]\n");
  expect_pass(*state, HEAD "  events: [{at: '2026-09-17', type: step, flow_id: F, step: apply}, {at: '00:30'}]\n  leads: {rule: papers, triggered_at: '2026-09-17 00:30'}\n");
  expect_pass(*state, HEAD "  rule: due-soon\n  events: [{at: '2026-09-17 09:00', type: bought, amount: 1, matures_on: '2026-09-20'}, {type: bought, amount: 1}]\n"
                           "  no_lead: [{event: e1, reason: date_passed}, {event: e2, reason: date_absent}]\n");
}

static void test_profiles_change_and_events_come_late_or_twice(void **state)
{
  expect_pass(*state, HEAD "  rule: tier\n  events: [{at: '2026-09-17 09:00', type: customer, aum: 180000.00}, {advance: 1s, type: customer, age: 36}]\n"
                           "  leads: {event: e1}\n  no_lead: {event: e2, reason: becomes_same}\n");
  expect_pass(*state, HEAD "  events: [{at: '2026-09-17 12:00', type: bought, amount: 1}, {time: '10:30', type: payroll, amount: 8000, id: x}, {id: x, type: payroll, amount: 1},\n"
                           "           {time: '2026-09-16 10:00', type: payroll, amount: 8000, id: old}]\n"
                           "  leads: {event: x, late: true, stage: comparing}\n  no_lead: [{event: x, rule: idle}, {event: old, reason: too_late}]\n");
  expect_pass(*state, HEAD "  events: [{at: '2026-09-17 12:00', type: customer, forget: true}, {advance: 1m, type: payroll, amount: 8000}]\n  leads: []\n"
                           "  no_lead: {event: e2, reason: audience_error}\n");
  expect_pass(*state, HEAD "  profile: {age: 70}\n  events: [{at: '2026-09-17 12:00', type: payroll, amount: 8000}]\n  no_lead: {reason: audience_false}\n");
}

static void test_a_lead_that_differs_is_shown_key_by_key(void **state)
{
  assert_string_equal(report(*state, HEAD "  events: [{at: '2026-09-17 09:00', type: payroll, amount: 8000}]\n"
                                          "  leads: {rule: fund, due: '2026-09-18 17:00', stage: golden, product: other, late: true}\n"),
                      "line 5: the lead of fund for C1, by event e1 differs\n"
                      "    due              expected  2026-09-18T17:00:00.000+00:00\n"
                      "                     got       2026-09-18T18:00:00.000+00:00\n"
                      "    late             expected  true\n"
                      "                     got       nothing\n"
                      "    product          expected  other\n"
                      "                     got       plan\n");
}

static void test_a_lead_that_did_not_come_says_what_happened(void **state)
{
  assert_string_equal(report(*state, HEAD "  rule: fund\n  events: [{at: '2026-09-17 09:00', type: payroll, amount: 7999.99}]\n  leads: {event: e1}\n"),
                      "line 6: this lead did not come: rule: fund, event: e1\n"
                      "    what happened:\n"
                      "      2026-09-17T09:00:00.000+00:00  e1  when_false  fund: `when` was false\n"
                      "          event.amount >= 8000.00\n"
                      "            event.amount = 7999.99\n");
  assert_non_null(strstr(report(*state, HEAD "  events: [{at: '2026-09-17 09:00', type: payroll, amount: 1}]\n  leads: {rule: idle}\n"), "no event of the test concerns it"));
}

static void test_leads_too_many_and_reasons_that_are_others(void **state)
{
  static const char two[] = "  events: [{at: '2026-09-17 09:00', type: payroll, amount: 8000}, {advance: 26d, type: payroll, amount: 8000}]\n";
  struct small_bank *b = *state;
  const char *text = gh_arena_fmt(&b->arena, HEAD "%s  leads: {event: e2}\n", two).ptr;
  assert_string_equal(report(b, text), "a lead that was not expected: fund for C1, by event e1, triggered at 2026-09-17T09:00:00.000+00:00\n");
  text = gh_arena_fmt(&b->arena, HEAD "%s  no_lead: {rule: fund, event: e2}\n", two).ptr;
  assert_string_equal(report(b, text), "line 5: there must be no such lead, but there is: fund for C1, by event e2, triggered at 2026-10-13T09:00:00.000+00:00\n");
  text = report(b, HEAD "  events: [{at: '2026-09-17 09:00', type: payroll, amount: 1}]\n  no_lead: {rule: fund, reason: cooldown}\n");
  assert_non_null(strstr(text, "but not because of `cooldown`"));
  assert_non_null(strstr(text, "when_false  fund"));
}

static void test_exact_leads_are_found_before_near_ones(void **state)
{
  expect_pass(*state, HEAD "  rule: fund\n  events: [{at: '2026-09-17 09:00', type: payroll, amount: 8000}, {advance: 26d, type: payroll, amount: 8000}]\n"
                           "  leads: [{customer: C1}, {triggered_at: '2026-09-17 09:00'}]\n");
}

static void test_an_event_that_is_refused_fails_the_test(void **state)
{
  const char *text = report(*state, HEAD "  events: [{at: '2026-09-17 09:00', type: payroll, amount: 1.005}]\n  leads: []\n");
  assert_non_null(strstr(text, "refused: not_exact"));
}

static void expect_fault(struct small_bank *b, const char *text, unsigned line, const char *message)
{
  struct gh_ruletests tests;
  if (read_tests(b, text, &tests)) fail_msg("no fault: %s", message);
  if (!strstr(b->faults.first->message.ptr, message) || b->faults.first->at.line != line)
    fail_msg("line %u: %.*s", b->faults.first->at.line, GH_FMT(b->faults.first->message));
}

static void test_faults_of_a_test_file(void **state)
{
  struct small_bank *b = *state;
  static const char event[] = "  events: [{at: '2026-09-17 09:00', type: payroll, amount: 1}]\n";
  expect_fault(b, "profiles: {}\n", 1, "no `tests`");
  expect_fault(b, "test: []\n", 1, "unknown key 'test'");
  expect_fault(b, gh_arena_fmt(&b->arena, HEAD "%s", event).ptr, 3, "expects nothing");
  expect_fault(b, gh_arena_fmt(&b->arena, HEAD "%s  leads: {ruel: fund}\n", event).ptr, 5, "unknown key 'ruel'");
  expect_fault(b, gh_arena_fmt(&b->arena, HEAD "%s  leads: {rule: fnud}\n", event).ptr, 5, "there is no rule 'fnud'");
  expect_text(b->faults.first->hint, "did you mean 'fund'?");
  expect_fault(b, gh_arena_fmt(&b->arena, HEAD "%s  leads: {due: tomorrow}\n", event).ptr, 5, "'tomorrow' is no time");
  expect_fault(b, gh_arena_fmt(&b->arena, HEAD "%s  no_lead: {reason: cooldwon}\n", event).ptr, 5, "there is no reason 'cooldwon'");
  expect_text(b->faults.first->hint, "did you mean 'cooldown'?");
  expect_fault(b, gh_arena_fmt(&b->arena, HEAD "%s  no_lead: {reason: cooled}\n", event).ptr, 5, "there is no reason 'cooled'");
  expect_text(b->faults.first->hint, "docs/rule-tests.md lists them: when_false, audience_false, cooldown, stale, wait_cancelled, …");
  expect_fault(b, HEAD "  leads: []\n", 3, "has no `events`");
  expect_fault(b, HEAD "  leads: []\n  events: [{type: payroll, amount: 1}]\n", 5, "the first step needs `at`");
  expect_fault(b, HEAD "  leads: []\n  events: [{at: '09:00', type: payroll, amount: 1}]\n", 5, "'09:00' is no time");
  expect_fault(b, HEAD "  leads: []\n  events: [{at: '2026-09-17 09:00'}, {at: '08:00'}]\n", 5, "the clock can't go back");
  expect_fault(b, HEAD "  leads: []\n  events: [{at: '2026-09-17', advance: 1d}]\n", 5, "both move the clock");
  expect_fault(b, HEAD "  leads: []\n  events: [{at: '2026-09-17', type: payrol}]\n", 5, "no event 'payrol'");
  expect_fault(b, HEAD "  leads: []\n  events: [{at: '2026-09-17', type: payroll, amout: 1}]\n", 5, "'payroll' has no field 'amout'");
  expect_fault(b, HEAD "  leads: []\n  events: [{at: '2026-09-17', amount: 1}]\n", 5, "unknown key 'amount'");
  expect_fault(b, HEAD "  leads: []\n  events: [{at: '2026-09-17', type: payroll, amount: {a: 1}}]\n", 5, "'amount' is a decimal(2)");
}

static void test_files_stand_beside_the_rules(void **state)
{
  struct small_bank *b = *state;
  struct gh_str *paths;
  unsigned n;
  assert_true(gh_ruletests_find(b->set, &b->arena, &paths, &n, &b->faults));
  assert_int_equal(n, 0);
  bank_put(b, "b.test.yaml", "tests: []\n");
  bank_put(b, "a.test.yaml", "tests: []\n");
  assert_true(gh_ruletests_find(b->set, &b->arena, &paths, &n, &b->faults));
  assert_int_equal(n, 2);
  expect_text(paths[0], bank_path(b, "a.test.yaml").ptr);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_a_story_that_comes_out_as_told, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_waits_end_with_the_clock_alone, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_profiles_change_and_events_come_late_or_twice, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_a_lead_that_differs_is_shown_key_by_key, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_a_lead_that_did_not_come_says_what_happened, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_leads_too_many_and_reasons_that_are_others, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_exact_leads_are_found_before_near_ones, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_an_event_that_is_refused_fails_the_test, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_faults_of_a_test_file, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_files_stand_beside_the_rules, bank_setup, bank_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
