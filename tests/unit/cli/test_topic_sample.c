/* What a sample of a topic's records says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "topic_sample.c"

static struct gh_arena arena;
static struct gh_topic_sample s;

static int begin(void **state)
{
  (void)state;
  gh_arena_init(&arena, 0);
  gh_topic_sample_init(&s, &arena, 4);
  return 0;
}

static int end(void **state)
{
  (void)state;
  gh_topic_sample_free(&s);
  gh_arena_free(&arena);
  return 0;
}

static void test_customers_that_keep_to_a_partition(void **state)
{
  (void)state;
  for (unsigned i = 0; i < 3000; i++) gh_topic_sample_customer(&s, i % 4, gh_arena_fmt(&arena, "C%u", i % 600 / 4 * 4 + i % 4));
  assert_int_equal(s.ncustomers, 600);
  assert_int_equal(s.nsplit, 0);
}

static void test_a_customer_in_three_partitions_is_one_split_customer(void **state)
{
  (void)state;
  gh_topic_sample_customer(&s, 2, GH_STR("C1"));
  gh_topic_sample_customer(&s, 0, GH_STR("C2"));
  gh_topic_sample_customer(&s, 3, GH_STR("C1"));
  gh_topic_sample_customer(&s, 1, GH_STR("C1"));
  assert_int_equal(s.ncustomers, 2);
  assert_int_equal(s.nsplit, 1);
  assert_int_equal(s.one, 2);
  assert_int_equal(s.other, 3);
}

static void test_nothing_is_known_of_no_events(void **state)
{
  (void)state;
  struct gh_topic_lateness l = gh_topic_sample_lateness(&s);
  assert_int_equal(l.events, 0);
  assert_int_equal(l.proposed_ms, 0);
}

static void test_a_profile_of_midnight_is_not_late_and_one_of_long_ago_is_refused(void **state)
{
  (void)state;
  gh_topic_sample_profile(&s, 0, 0, GH_DAY_MS);
  gh_topic_sample_event(&s, 0, 3 * GH_DAY_MS);
  gh_topic_sample_profile(&s, 0, 2 * GH_DAY_MS, GH_DAY_MS);
  assert_int_equal(s.old_profiles, 0);
  gh_topic_sample_profile(&s, 0, 2 * GH_DAY_MS - 1, GH_DAY_MS);
  gh_topic_sample_profile(&s, 1, 0, GH_DAY_MS);
  assert_int_equal(s.old_profiles, 1);
}

static void test_events_in_order_propose_no_lateness(void **state)
{
  (void)state;
  for (int i = 0; i < 1000; i++) gh_topic_sample_event(&s, (unsigned)i % 4, 1000 * i);
  struct gh_topic_lateness l = gh_topic_sample_lateness(&s);
  assert_int_equal(l.late, 0);
  assert_int_equal(l.proposed_ms, 0);
}

/* Each partition has its own order: what another one is ahead by is no lateness. */
static void test_partitions_are_apart(void **state)
{
  (void)state;
  gh_topic_sample_event(&s, 0, 1000000);
  gh_topic_sample_event(&s, 1, 0);
  gh_topic_sample_event(&s, 1, 500);
  assert_int_equal(gh_topic_sample_lateness(&s).late, 0);
}

/* 1,000 events, one of them an hour late, nine 4 s, ninety 700 ms: one in a thousand may be beyond what is proposed. */
static void test_the_proposal_leaves_one_in_a_thousand(void **state)
{
  (void)state;
  for (int i = 0; i < 1000; i++) {
    int64_t late_ms = i == 500 ? 3600000 : i > 900 && i < 910 ? 4000 : i > 100 && i <= 190 ? 700 : 0;
    gh_topic_sample_event(&s, 0, 10000000 + (late_ms ? -late_ms : 0));
  }
  struct gh_topic_lateness l = gh_topic_sample_lateness(&s);
  assert_int_equal(l.late, 100);
  assert_int_equal(l.p50_ms, 0);
  assert_int_equal(l.p90_ms, 0);
  assert_int_equal(l.p99_ms, 700);
  assert_int_equal(l.p999_ms, 4000);
  assert_int_equal(l.most_ms, 3600000);
  assert_int_equal(l.proposed_ms, 5000);
  assert_int_equal(gh_topic_sample_beyond(&s, l.proposed_ms), 1);
  assert_int_equal(gh_topic_sample_beyond(&s, 0), 100);
}

static void test_a_few_that_come_hours_late_do_not_make_all_others_wait(void **state)
{
  (void)state;
  for (int i = 0; i < 1000; i++) gh_topic_sample_event(&s, 0, 10000000 - (i % 200 == 199 ? 7200000 : i % 50 == 49 ? 1500 : 0));
  struct gh_topic_lateness l = gh_topic_sample_lateness(&s);
  assert_int_equal(l.p999_ms, 7200000);
  assert_int_equal(l.proposed_ms, 2000);
}

static void test_a_proposal_beyond_a_day_is_in_days(void **state)
{
  (void)state;
  gh_topic_sample_event(&s, 0, 3 * GH_DAY_MS);
  gh_topic_sample_event(&s, 0, 3 * GH_DAY_MS - GH_DAY_MS - 1);
  assert_int_equal(gh_topic_sample_lateness(&s).proposed_ms, 2 * GH_DAY_MS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_customers_that_keep_to_a_partition, begin, end),
      cmocka_unit_test_setup_teardown(test_a_customer_in_three_partitions_is_one_split_customer, begin, end),
      cmocka_unit_test_setup_teardown(test_nothing_is_known_of_no_events, begin, end),
      cmocka_unit_test_setup_teardown(test_a_profile_of_midnight_is_not_late_and_one_of_long_ago_is_refused, begin, end),
      cmocka_unit_test_setup_teardown(test_events_in_order_propose_no_lateness, begin, end),
      cmocka_unit_test_setup_teardown(test_partitions_are_apart, begin, end),
      cmocka_unit_test_setup_teardown(test_the_proposal_leaves_one_in_a_thousand, begin, end),
      cmocka_unit_test_setup_teardown(test_a_few_that_come_hours_late_do_not_make_all_others_wait, begin, end),
      cmocka_unit_test_setup_teardown(test_a_proposal_beyond_a_day_is_in_days, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
