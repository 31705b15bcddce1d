/* The simulated world: the same options give the same bytes, and the stream holds what it promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "goldhour/base/hash.h"
#include "goldhour/base/time.h"
#include "goldhour/sim/sim.h"

#define MONDAY 20710 /* 2026-09-14 */

static struct gh_sim_options small_bank(void) { return (struct gh_sim_options){.seed = 7, .customers = 500, .days = 3, .start_day = MONDAY}; }

/* Runs a world to its end: all lines, and the truth. */
static void run_world(struct gh_sim_options options, struct gh_buf *lines, struct gh_buf *truth)
{
  struct gh_sim *sim = gh_sim_new(options);
  struct gh_sim_event event;
  while (gh_sim_next(sim, &event)) {
    gh_buf_add_str(lines, event.json);
    gh_buf_byte(lines, '\n');
  }
  gh_sim_truth(sim, truth);
  gh_sim_free(sim);
}

static unsigned count(const struct gh_buf *b, const char *what)
{
  unsigned n = 0;
  size_t len = strlen(what);
  for (size_t i = 0; i + len <= b->len; i++) n += memcmp(b->data + i, what, len) == 0;
  return n;
}

static void test_the_same_seed_gives_the_same_bytes_everywhere(void **state)
{
  (void)state;
  struct gh_buf first = {0}, second = {0}, other = {0}, truth = {0};
  run_world(small_bank(), &first, &truth);
  run_world(small_bank(), &second, &truth);
  assert_int_equal(first.len, second.len);
  assert_memory_equal(first.data, second.data, first.len);
  assert_int_equal(gh_hash(gh_buf_str(&first)), UINT64_C(0x9a67c48d983556ae));
  struct gh_sim_options options = small_bank();
  options.seed = 8;
  run_world(options, &other, &truth);
  assert_int_not_equal(gh_hash(gh_buf_str(&other)), gh_hash(gh_buf_str(&first)));
  gh_buf_free(&first);
  gh_buf_free(&second);
  gh_buf_free(&other);
  gh_buf_free(&truth);
}

static void test_events_arrive_in_order_and_some_of_them_late(void **state)
{
  (void)state;
  struct gh_sim_options options = small_bank();
  options.customers = 3000;
  struct gh_sim *sim = gh_sim_new(options);
  struct gh_sim_event event;
  int64_t arrival_ms = 0, high_ms = 0;
  unsigned disordered = 0, late = 0, too_late = 0;
  while (gh_sim_next(sim, &event)) {
    assert_true(event.arrival_ms >= arrival_ms);
    assert_true(event.time_ms < event.arrival_ms);
    arrival_ms = event.arrival_ms;
    int64_t behind_ms = high_ms - event.time_ms;
    disordered += behind_ms > 0 && behind_ms <= 2 * GH_SECOND_MS;
    late += behind_ms > 2 * GH_SECOND_MS && behind_ms <= GH_DAY_MS;
    too_late += behind_ms > GH_DAY_MS;
    if (event.time_ms > high_ms) high_ms = event.time_ms;
  }
  assert_true(disordered > 100);
  assert_true(late > 10);
  assert_true(too_late > 0);
  gh_sim_free(sim);
}

static void test_the_stream_stays_inside_its_days(void **state)
{
  (void)state;
  struct gh_sim *sim = gh_sim_new(small_bank());
  int64_t begin_ms = MONDAY * GH_DAY_MS - 8 * GH_HOUR_MS;
  struct gh_sim_event event;
  while (gh_sim_next(sim, &event)) {
    assert_true(event.time_ms >= begin_ms);
    assert_true(event.arrival_ms < begin_ms + 3 * GH_DAY_MS);
  }
  gh_sim_free(sim);
}

static void test_every_kind_of_event_occurs(void **state)
{
  (void)state;
  static const char *const types[] = {"login", "payroll_credit", "transfer_in", "transfer_out", "card_purchase", "article_read", "article_shared",
                                      "product_viewed", "product_bought", "fund_redemption", "flow_step", "loan_prepayment", "customer"};
  struct gh_buf lines = {0}, truth = {0};
  run_world(small_bank(), &lines, &truth);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    char text[64];
    snprintf(text, sizeof text, "\"type\":\"%s\"", types[i]);
    assert_true(count(&lines, text) > 0);
  }
  assert_true(count(&truth, "\n") > 10);
  gh_buf_free(&lines);
  gh_buf_free(&truth);
}

static void test_wide_events_are_about_300_bytes(void **state)
{
  (void)state;
  struct gh_sim_options options = small_bank();
  options.wide = true;
  struct gh_buf lines = {0}, truth = {0};
  run_world(options, &lines, &truth);
  size_t average = lines.len / count(&lines, "\n");
  assert_true(average > 280 && average < 330);
  gh_buf_free(&lines);
  gh_buf_free(&truth);
}

static void test_most_customers_have_a_profile_and_a_few_have_none(void **state)
{
  (void)state;
  struct gh_sim *sim = gh_sim_new(small_bank());
  struct gh_buf line = {0};
  unsigned known = 0;
  for (uint32_t i = 0; i < 500; i++) known += gh_sim_profile(sim, i, &line);
  assert_true(known > 480 && known < 500);
  gh_buf_free(&line);
  gh_sim_free(sim);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_the_same_seed_gives_the_same_bytes_everywhere),
    cmocka_unit_test(test_events_arrive_in_order_and_some_of_them_late),
    cmocka_unit_test(test_the_stream_stays_inside_its_days),
    cmocka_unit_test(test_every_kind_of_event_occurs),
    cmocka_unit_test(test_wide_events_are_about_300_bytes),
    cmocka_unit_test(test_most_customers_have_a_profile_and_a_few_have_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
