/* The core's meanings, each as a small story: rules, events as they arrive, the timeline of leads. */
#include "bank.h"

static void an_event_whose_condition_is_true_gives_a_lead(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", "rules: [{id: big, on: pay, when: 'event.amount >= 8000.00'}]");
  bank_arrive(&b, "e1 pay C1 60 amount=8000.00");
  bank_arrive(&b, "e2 pay C1 61 amount=7999.99");
  bank_expect(&b, "");
  bank_end(&b);
  bank_said(&b, "e2 big when_false");
  bank_expect(&b, "60 big C1 e1 golden\n");
  bank_close(&b);
}

static void a_second_copy_changes_nothing(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", "rules: [{id: big, on: pay}]");
  for (int i = 0; i < 3; i++) bank_arrive(&b, "e1 pay C1 60 amount=1");
  bank_arrive(&b, "e1 pay C2 60 amount=1");
  bank_end(&b);
  bank_said(&b, "e1 - duplicate");
  assert_int_equal(gh_core_counters(b.core)->duplicates, 2);
  bank_expect(&b, "60 big C1 e1 golden\n60 big C2 e1 golden\n");
  bank_close(&b);
}

static void within_lateness_the_order_of_arrival_does_not_matter(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "lateness: 2s\n", "rules: [{id: big, on: pay, cooldown: 1h}]");
  bank_arrive(&b, "e2 pay C1 61.5 amount=1");
  bank_arrive(&b, "e1 pay C1 60 amount=1");
  bank_end(&b);
  bank_said(&b, "e2 big cooldown");
  bank_expect(&b, "60 big C1 e1 golden\n");
  bank_close(&b);
}

static void an_event_at_the_watermark_is_not_late(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "lateness: 2s\n", "rules: [{id: big, on: pay}]");
  bank_arrive(&b, "e1 pay C1 60 amount=1");
  bank_arrive(&b, "e2 pay C1 58 amount=1");
  assert_int_equal(gh_core_counters(b.core)->late, 0);
  bank_arrive(&b, "e3 pay C1 57.999 amount=1");
  assert_int_equal(gh_core_counters(b.core)->late, 1);
  bank_arrive(&b, "e4 pay C1 86458 amount=1");
  bank_arrive(&b, "e5 pay C1 57.999 amount=1");
  assert_int_equal(gh_core_counters(b.core)->too_late, 1);
  assert_int_equal(b.update.nrefused, 1);
  bank_end(&b);
  bank_expect(&b, "57.999 big C1 e3 golden\n58 big C1 e2 golden\n60 big C1 e1 golden\n86458 big C1 e4 golden\n");
  bank_close(&b);
}

static void without_lateness_events_are_stepped_on_arrival_behind_due_timers(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "lateness: 0s\n", "rules: [{id: idle, on: {event: inflow, unless: bought, within: 10s}}, {id: big, on: pay}]");
  bank_arrive(&b, "e1 inflow C1 10 amount=1");
  bank_arrive(&b, "e2 pay C1 20 amount=1");
  bank_expect(&b, "20 big C1 e2 golden\n");
  bank_arrive(&b, "e3 pay C1 20.001 amount=1");
  bank_expect(&b, "20 idle C1 e1 golden\n20.001 big C1 e3 golden\n");
  bank_close(&b);
}

static const char idle[] = "rules: [{id: idle, on: {event: inflow, unless: bought, within: 100s}}]";

static void a_wait_is_cancelled_up_to_and_including_its_end(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", idle);
  bank_arrive(&b, "a1 inflow C1 10 amount=1");
  bank_arrive(&b, "a2 inflow C2 10 amount=1");
  bank_arrive(&b, "a3 inflow C3 10 amount=1");
  bank_arrive(&b, "b3 bought C3 10 product=fund");
  bank_arrive(&b, "b1 bought C1 110 product=fund");
  bank_arrive(&b, "b2 bought C2 110.001 product=fund");
  bank_end(&b);
  bank_expect(&b, "110 idle C2 a2 golden\n110 idle C3 a3 golden\n");
  bank_close(&b);
}

static void a_late_event_begins_no_wait_that_is_ended_already(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", idle);
  bank_arrive(&b, "b1 bought C1 50 product=fund");
  bank_arrive(&b, "x1 pay C9 60 amount=1");
  bank_arrive(&b, "a1 inflow C1 20 amount=1"); /* b1 is known to be newer */
  bank_arrive(&b, "a2 inflow C2 20 amount=1"); /* nothing ends this one */
  bank_arrive(&b, "x2 pay C9 200 amount=1");
  bank_arrive(&b, "a3 inflow C3 97 amount=1"); /* its end has passed */
  bank_end(&b);
  bank_said(&b, "a1 idle wait_too_late");
  bank_said(&b, "a3 idle wait_too_late");
  bank_expect(&b, "120 idle C2 a2 golden\n");
  bank_close(&b);
}

static const char stopped[] =
    "flows: {loan: {event: step, instance: event.flow, step: event.step, steps: [apply, valuation, documents]}}\n"
    "rules: [{id: halfway, on: {flow: loan, stopped_at: valuation, for: 100s}}]";

static void a_flow_that_goes_on_gives_no_lead(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", stopped);
  bank_arrive(&b, "s1 step C1 10 flow=F1 step=valuation");
  bank_arrive(&b, "s2 step C1 10 flow=F2 step=valuation");
  bank_arrive(&b, "s3 step C1 50 flow=F1 step=help");
  bank_arrive(&b, "s4 step C1 60 flow=F2 step=documents");
  bank_arrive(&b, "s5 step C1 70 flow=F3 step=valuation");
  bank_arrive(&b, "s6 step C1 90 flow=F3 step=valuation");
  bank_arrive(&b, "x pay C1 500 amount=1");
  bank_end(&b);
  bank_expect(&b, "110 halfway C1 s1 golden\n190 halfway C1 s6 golden\n");
  bank_close(&b);
}

static void becoming_true_triggers_once(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", "rules: [{id: tier, on: {becomes: 'customer.aum >= 100.00'}}]");
  bank_profile(&b, "C1 aum=50.00");
  bank_profile(&b, "C2 aum=150.00");
  bank_arrive(&b, "p1 customer C1 10 aum=100.00");
  bank_arrive(&b, "p2 customer C1 20 aum=200.00");
  bank_arrive(&b, "p3 customer C2 30 aum=160.00");
  bank_arrive(&b, "p4 customer C3 40 aum=160.00");
  bank_arrive(&b, "p5 customer C1 50 aum=null");
  bank_arrive(&b, "p6 customer C1 60 aum=100.00");
  bank_end(&b);
  bank_said(&b, "p4 tier becomes_first");
  bank_expect(&b, "10 tier C1 p1 golden\n60 tier C1 p6 golden\n");
  bank_close(&b);
}

static void a_date_triggers_before_its_day(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", "rules: [{id: matures, on: {event: bought, date: event.matures, before: 1d, at: '00:01'}}]");
  bank_arrive(&b, "d1 bought C1 59 product=x matures=2026-09-14");
  bank_arrive(&b, "d2 bought C1 59 product=x matures=2026-09-15");
  bank_arrive(&b, "d3 bought C2 60 product=x matures=2026-09-15");
  bank_arrive(&b, "d4 bought C3 60.001 product=x matures=2026-09-15");
  bank_arrive(&b, "x pay C1 500 amount=1");
  bank_end(&b);
  bank_said(&b, "d1 matures date_passed");
  bank_said(&b, "d4 matures date_passed");
  bank_expect(&b, "60 matures C1 d2 golden\n60 matures C2 d3 golden\n");
  bank_close(&b);
}

static void a_window_is_open_at_its_beginning_and_closed_at_its_end(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", "features: {paid: {sum: event.amount, of: pay, over: 100s}}\n"
                    "rules: [{id: much, on: pay, when: 'feature.paid >= 3.00'}]");
  bank_arrive(&b, "e1 pay C1 0 amount=1");
  bank_arrive(&b, "e2 pay C1 50 amount=1");
  bank_arrive(&b, "e3 pay C1 100 amount=1");
  bank_arrive(&b, "e4 pay C1 149.999 amount=1");
  bank_end(&b);
  bank_expect(&b, "149.999 much C1 e4 golden\n");
  bank_close(&b);
}

static void too_many_events_make_a_feature_an_error(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "customer_events: 2\n", "features: {paid: {count: pay, over: 100s}}\nrules: [{id: any, on: pay, when: 'feature.paid > 0'}]");
  bank_arrive(&b, "e1 pay C1 0 amount=1");
  bank_arrive(&b, "e2 pay C1 1 amount=1");
  bank_arrive(&b, "e3 pay C1 2 amount=1");
  bank_arrive(&b, "e4 pay C1 150 amount=1");
  bank_end(&b);
  bank_said(&b, "e3 any when_error");
  bank_expect(&b, "0 any C1 e1 golden\n1 any C1 e2 golden\n150 any C1 e4 golden\n");
  bank_close(&b);
}

/* The batch may end while timers, and the event that made them due, have yet to be stepped; a kill then loses none of them. */
static void a_batch_may_end_in_the_middle_of_what_is_due(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "lateness: 0s\n", "rules: [{id: idle, on: {event: inflow, unless: bought, within: 10s}}, {id: big, on: pay}]");
  bank_arrive(&b, "e1 inflow C1 10 amount=1");
  bank_arrive(&b, "e2 inflow C2 11 amount=1");
  bank_arrive(&b, "e3 inflow C3 12 amount=1");
  struct gh_event e = bank_event(&b, "e4 pay C4 60 amount=1");
  gh_take(b.core, &(struct gh_input){.kind = GH_IN_EVENT, .event = &e, .place = {0, 4, 5}});
  assert_true(gh_step(b.core, 1, &b.update));
  bank_commit(&b);
  bank_kill(&b);
  bank_expect(&b, "20 idle C1 e1 golden\n21 idle C2 e2 golden\n22 idle C3 e3 golden\n60 big C4 e4 golden\n");
  bank_close(&b);
}

static void who_is_forgotten_begins_anew(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", "rules: [{id: idle, on: {event: inflow, unless: bought, within: 100s}}, {id: grown, on: pay, when: 'customer.age > 20'}]");
  bank_profile(&b, "C1 age=30");
  bank_arrive(&b, "a1 inflow C1 10 amount=1");
  bank_arrive(&b, "e1 pay C1 20 amount=1");
  bank_arrive(&b, "f1 customer C1 30 forget");
  bank_arrive(&b, "e2 pay C1 40 amount=1");
  bank_arrive(&b, "x pay C2 500 amount=1");
  bank_arrive(&b, "f1 customer C1 30 forget");
  bank_end(&b);
  bank_said(&b, "f1 - duplicate");
  bank_expect(&b, "20 grown C1 e1 golden\n");
  bank_close(&b);
}

static void a_full_reorder_buffer_steps_its_first(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "lateness: 1h\nreorder_limit: 2\n", "rules: [{id: any, on: pay}]");
  bank_arrive(&b, "e3 pay C1 30 amount=1");
  bank_arrive(&b, "e1 pay C1 10 amount=1");
  bank_expect(&b, "");
  bank_arrive(&b, "e2 pay C1 20 amount=1");
  bank_expect(&b, "10 any C1 e1 golden\n");
  bank_arrive(&b, "e0 pay C1 5 amount=1");
  assert_int_equal(gh_core_counters(b.core)->late, 1);
  assert_int_equal(gh_core_counters(b.core)->reorder_full, 1);
  bank_expect(&b, "5 any C1 e0 golden\n");
  bank_close(&b);
}

static void beyond_its_bound_a_customer_begins_no_wait(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "customer_waits: 1\n", "rules: [{id: a, on: {event: inflow, unless: bought, within: 100s}}, {id: b, on: {event: inflow, unless: bought, within: 100s}}]");
  bank_arrive(&b, "e1 inflow C1 10 amount=1");
  bank_arrive(&b, "e2 inflow C2 20 amount=1");
  bank_arrive(&b, "x pay C3 500 amount=1");
  bank_end(&b);
  bank_said(&b, "e1 b waits_full");
  bank_said(&b, "e2 b waits_full");
  assert_int_equal(gh_core_counters(b.core)->waits_full, 2);
  bank_expect(&b, "110 a C1 e1 golden\n120 a C2 e2 golden\n");
  bank_close(&b);
}

/* Its later events cannot be told from copies: they are refused, until the ids of the first are old enough. */
static void beyond_its_bound_a_customers_events_are_refused(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "lateness: 0s\nlate_limit: 100s\ncustomer_ids: 2\n", "rules: [{id: any, on: pay}]");
  bank_arrive(&b, "e1 pay C1 10 amount=1");
  bank_arrive(&b, "e2 pay C1 20 amount=1");
  bank_arrive(&b, "e3 pay C1 30 amount=1");
  bank_said(&b, "e3 - ids_full");
  bank_arrive(&b, "e4 pay C2 40 amount=1");
  bank_arrive(&b, "e5 pay C2 111 amount=1");
  bank_arrive(&b, "e6 pay C1 112 amount=1");
  assert_int_equal(gh_core_counters(b.core)->ids_full, 1);
  assert_int_equal(gh_core_counters(b.core)->refused, 1);
  bank_expect(&b, "10 any C1 e1 golden\n20 any C1 e2 golden\n40 any C2 e4 golden\n111 any C2 e5 golden\n112 any C1 e6 golden\n");
  bank_close(&b);
}

static void a_changed_rule_drops_its_wait_and_keeps_the_others(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "", "rules: [{id: a, on: {event: inflow, unless: bought, within: 100s}}, {id: b, on: {event: inflow, unless: bought, within: 100s}},"
                    " {id: c, on: {event: inflow, unless: bought, within: 100s}}]");
  bank_arrive(&b, "a1 inflow C1 10 amount=1");
  bank_arrive(&b, "x pay C2 50 amount=1");
  struct gh_rules *old = b.rules;
  bank_rules(&b, "rules: [{id: c, on: {event: inflow, unless: bought, within: 100s}, priority: 7}, {id: b, on: {event: inflow, unless: bought, within: 101s}}]", "2");
  bank_activate(&b);
  gh_rules_free(old);
  assert_int_equal(gh_core_counters(b.core)->waits_dropped, 2);
  bank_arrive(&b, "y pay C2 500 amount=1");
  bank_end(&b);
  bank_expect(&b, "110 c C1 a1 golden\n");
  bank_close(&b);
}

static void use_rules(struct bank *b, const char *yaml, const char *version)
{
  struct gh_rules *old = b->rules;
  bank_rules(b, yaml, version);
  bank_activate(b);
  gh_rules_free(old);
}

static void a_cooldown_that_comes_with_a_new_set_counts_the_leads_before(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "lateness: 0s\n", "rules: [{id: big, on: pay}]");
  bank_arrive(&b, "e1 pay C1 10 amount=1");
  bank_arrive(&b, "e2 pay C1 20 amount=1");
  use_rules(&b, "rules: [{id: big, on: pay, cooldown: 1m}]", "2");
  bank_arrive(&b, "e3 pay C1 79.999 amount=1");
  bank_arrive(&b, "e4 pay C1 80 amount=1");
  bank_said(&b, "e3 big cooldown");
  use_rules(&b, "rules: [{id: big, on: pay, cooldown: 1h}]", "3");
  bank_arrive(&b, "e5 pay C1 3679 amount=1");
  bank_said(&b, "e5 big cooldown");
  bank_expect(&b, "10 big C1 e1 golden\n20 big C1 e2 golden\n80 big C1 e4 golden\n");
  bank_close(&b);
}

/* A condition that was changed and changed back, or was away, is a new one: its first evaluation only records. */
static void a_changed_becomes_records_anew(void **unused)
{
  (void)unused;
  static const char three[] = "rules: [{id: rich, on: {becomes: 'customer.aum >= 300.00'}}]";
  struct bank b;
  bank_open(&b, "lateness: 0s\n", three);
  bank_arrive(&b, "p1 customer C1 10 aum=100.00");
  use_rules(&b, "rules: [{id: rich, on: {becomes: 'customer.aum >= 500.00'}}]", "2");
  use_rules(&b, three, "3");
  bank_arrive(&b, "p2 customer C1 20 aum=400.00");
  bank_said(&b, "p2 rich becomes_first");
  bank_arrive(&b, "p3 customer C1 30 aum=100.00");
  use_rules(&b, "rules: []", "4");
  bank_commit(&b);
  bank_kill(&b);
  use_rules(&b, three, "5");
  bank_arrive(&b, "p4 customer C1 40 aum=400.00");
  bank_arrive(&b, "p5 customer C1 50 aum=100.00");
  bank_arrive(&b, "p6 customer C1 60 aum=400.00");
  bank_expect(&b, "60 rich C1 p6 golden\n");
  bank_close(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_event_whose_condition_is_true_gives_a_lead),
      cmocka_unit_test(a_second_copy_changes_nothing),
      cmocka_unit_test(within_lateness_the_order_of_arrival_does_not_matter),
      cmocka_unit_test(an_event_at_the_watermark_is_not_late),
      cmocka_unit_test(without_lateness_events_are_stepped_on_arrival_behind_due_timers),
      cmocka_unit_test(a_wait_is_cancelled_up_to_and_including_its_end),
      cmocka_unit_test(a_late_event_begins_no_wait_that_is_ended_already),
      cmocka_unit_test(a_flow_that_goes_on_gives_no_lead),
      cmocka_unit_test(becoming_true_triggers_once),
      cmocka_unit_test(a_date_triggers_before_its_day),
      cmocka_unit_test(a_window_is_open_at_its_beginning_and_closed_at_its_end),
      cmocka_unit_test(too_many_events_make_a_feature_an_error),
      cmocka_unit_test(a_batch_may_end_in_the_middle_of_what_is_due),
      cmocka_unit_test(who_is_forgotten_begins_anew),
      cmocka_unit_test(a_full_reorder_buffer_steps_its_first),
      cmocka_unit_test(beyond_its_bound_a_customer_begins_no_wait),
      cmocka_unit_test(beyond_its_bound_a_customers_events_are_refused),
      cmocka_unit_test(a_cooldown_that_comes_with_a_new_set_counts_the_leads_before),
      cmocka_unit_test(a_changed_becomes_records_anew),
      cmocka_unit_test(a_changed_rule_drops_its_wait_and_keeps_the_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
