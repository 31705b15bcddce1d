/* The wall clock is followed only while it runs like the monotonic one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "clock.h"

enum { WALL = 1000000000, STEP = 100 };

static void a_jump_of_over_a_minute_stops_following_for_a_minute(void **state)
{
  (void)state;
  struct gh_clock_watch w = {0};
  assert_int_equal(gh_clock_watch(&w, WALL, 0), 0);
  assert_true(w.steady);
  assert_int_equal(gh_clock_watch(&w, WALL + 60100, STEP), 0); /* a minute exactly is no jump */
  assert_true(w.steady);
  int64_t ahead = 60100 - STEP + 60001;
  assert_int_equal(gh_clock_watch(&w, WALL + 2 * STEP + ahead, 2 * STEP), 60001);
  assert_false(w.steady);
  assert_int_equal(gh_clock_watch(&w, WALL + 2 * STEP + ahead + 59999, 2 * STEP + 59999), 0);
  assert_false(w.steady);
  assert_int_equal(gh_clock_watch(&w, WALL + 2 * STEP + ahead + 60000, 2 * STEP + 60000), 0);
  assert_true(w.steady);
}

static void a_jump_back_counts_too_and_begins_the_minute_anew(void **state)
{
  (void)state;
  struct gh_clock_watch w = {0};
  gh_clock_watch(&w, WALL, 0);
  assert_int_equal(gh_clock_watch(&w, WALL - 100000, 0), -100000);
  assert_int_equal(gh_clock_watch(&w, WALL + 30000, 30000), 100000);
  gh_clock_watch(&w, WALL + 89999, 89999);
  assert_false(w.steady);
  gh_clock_watch(&w, WALL + 90000, 90000);
  assert_true(w.steady);
}

static void slow_drift_is_no_jump(void **state)
{
  (void)state;
  struct gh_clock_watch w = {0};
  for (int64_t i = 0; i < 10000; i++) assert_int_equal(gh_clock_watch(&w, WALL + i * 150, i * STEP), 0);
  assert_true(w.steady);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_jump_of_over_a_minute_stops_following_for_a_minute),
                                     cmocka_unit_test(a_jump_back_counts_too_and_begins_the_minute_anew), cmocka_unit_test(slow_drift_is_no_jump)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
