/* Time's arithmetic and its texts. */
#include "base/unit.h"
#include "goldhour/base/time.h"

static void test_every_day_of_four_centuries_goes_there_and_back(void **state)
{
  (void)state;
  int64_t from = gh_days_from_date((struct gh_date){1800, 1, 1}), to = gh_days_from_date((struct gh_date){2200, 1, 1});
  struct gh_date before = gh_date_from_days(from - 1);
  for (int64_t day = from; day < to; day++) {
    struct gh_date d = gh_date_from_days(day);
    assert_true(gh_date_valid(d));
    assert_int_equal(gh_days_from_date(d), day);
    assert_true(d.day == before.day + 1 || d.day == 1);
    before = d;
  }
}

static void test_known_days(void **state)
{
  (void)state;
  assert_int_equal(gh_days_from_date((struct gh_date){1970, 1, 1}), 0);
  assert_int_equal(gh_days_from_date((struct gh_date){2000, 3, 1}), 11017);
  assert_int_equal(gh_days_from_date((struct gh_date){-1, 12, 31}), -719529);
  assert_int_equal(gh_weekday(0), 4);
  assert_int_equal(gh_weekday(-1), 3);
  assert_int_equal(gh_weekday(gh_days_from_date((struct gh_date){2026, 9, 20})), 0);
  assert_true(gh_date_valid((struct gh_date){2000, 2, 29}));
  assert_false(gh_date_valid((struct gh_date){1900, 2, 29}));
  assert_false(gh_date_valid((struct gh_date){2026, 4, 31}));
  assert_false(gh_date_valid((struct gh_date){2026, 0, 1}));
  assert_false(gh_date_valid((struct gh_date){2026, 13, 1}));
}

static void expect_ms(const char *text, int64_t want)
{
  int64_t ms = -1;
  assert_true(gh_time_parse_ms(gh_str(text), &ms));
  assert_int_equal(ms, want);
}

static void test_times_of_events(void **state)
{
  (void)state;
  expect_ms("1970-01-01T00:00:00Z", 0);
  expect_ms("1970-01-01t00:00:00z", 0);
  expect_ms("2026-03-02T09:15:00+08:00", 1772414100000);
  expect_ms("2026-03-02T09:15:00.5+08:00", 1772414100500);
  expect_ms("1969-12-31T23:59:59.999-00:00", -1);
  expect_ms("2026-03-01T19:45:00-05:30", 1772414100000);
}

static void test_digits_finer_than_a_millisecond_are_cut_off(void **state)
{
  (void)state;
  expect_ms("1970-01-01T00:00:00.0019999Z", 1);
  expect_ms("1969-12-31T23:59:59.9995Z", -1);
  int64_t s;
  uint32_t nanos;
  assert_true(gh_time_parse(GH_STR("1970-01-01T00:00:00.1234567899999Z"), &s, &nanos));
  assert_int_equal(nanos, 123456789);
}

static void test_texts_that_are_no_times(void **state)
{
  (void)state;
  static const char *const bad[] = {
    "", "2026-03-02", "2026-03-02T09:15:00", "2026-03-02 09:15:00Z", "2026-03-02T9:15:00Z", "2026-03-02T24:00:00Z", "2026-03-02T09:60:00Z",
    "2026-03-02T09:15:60Z", "2026-02-29T09:15:00Z", "2026-03-02T09:15:00.Z", "2026-03-02T09:15:00+0800", "2026-03-02T09:15:00+8:00",
    "2026-03-02T09:15:00+24:00", "2026-03-02T09:15:00+08:60", "2026-03-02T09:15:00Z ", " 2026-03-02T09:15:00Z", "+026-03-02T09:15:00Z",
    "2026-03-02T09:15:00.5", "2026-03-02T09:15:00,5Z", "2026-3-02T009:15:00Z", "2026-03-02T09:15:00ZZ",
  };
  int64_t ms;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (gh_time_parse_ms(gh_str(bad[i]), &ms)) fail_msg("taken: %s", bad[i]);
}

static void test_dates_and_times_of_day(void **state)
{
  (void)state;
  int64_t v;
  assert_true(gh_date_parse(GH_STR("2026-12-28"), &v));
  assert_int_equal(v, 20815);
  assert_false(gh_date_parse(GH_STR("2026-12-32"), &v));
  assert_false(gh_date_parse(GH_STR("2026-12-2"), &v));
  assert_true(gh_clock_parse(GH_STR("09:00"), &v));
  assert_int_equal(v, 9 * GH_HOUR_MS);
  assert_true(gh_clock_parse(GH_STR("23:59:59"), &v));
  assert_int_equal(v, GH_DAY_MS - GH_SECOND_MS);
  assert_false(gh_clock_parse(GH_STR("24:00"), &v));
  assert_false(gh_clock_parse(GH_STR("9:00"), &v));
  assert_false(gh_clock_parse(GH_STR("09:00:"), &v));
}

static void expect_duration(const char *text, int64_t want, const char *shortest)
{
  int64_t ms;
  char out[GH_TIME_TEXT];
  assert_true(gh_duration_parse(gh_str(text), &ms));
  assert_int_equal(ms, want);
  expect_text(gh_str_n(out, gh_duration_format(out, ms)), shortest);
}

static void test_durations_add_up(void **state)
{
  (void)state;
  expect_duration("30s", 30000, "30s");
  expect_duration("1h30m", 5400000, "1h30m");
  expect_duration("90m", 5400000, "1h30m");
  expect_duration("7d", 7 * GH_DAY_MS, "7d");
  expect_duration("36h", 36 * GH_HOUR_MS, "1d12h");
  expect_duration("250ms", 250, "250ms");
  expect_duration("1m1ms", 60001, "1m1ms");
  expect_duration("0s", 0, "0s");
  expect_duration("36525d", 36525 * GH_DAY_MS, "36525d");
}

static void test_texts_that_are_no_durations(void **state)
{
  (void)state;
  static const char *const bad[] = {"", "s", "30", "30 s", "1.5h", "-1h", "1w", "1h30", "36525d1ms", "99999999999999999999s", "1H", "h1"};
  int64_t ms;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (gh_duration_parse(gh_str(bad[i]), &ms)) fail_msg("taken: %s", bad[i]);
}

static void expect_format(int64_t ms, int32_t offset_s, const char *want)
{
  char out[GH_TIME_TEXT];
  size_t n = gh_time_format(out, ms, offset_s);
  assert_int_equal(n, strlen(out));
  expect_text(gh_str(out), want);
}

static void test_times_as_leads_show_them(void **state)
{
  (void)state;
  expect_format(1772414100000, 8 * 3600, "2026-03-02T09:15:00.000+08:00");
  expect_format(1772414100007, -19800, "2026-03-01T19:45:00.007-05:30");
  expect_format(-1, 0, "1969-12-31T23:59:59.999+00:00");
  /* Shanghai's local mean time, before 1901: the offset is cut to minutes, the moment stays */
  expect_format(0, 8 * 3600 + 5 * 60 + 43, "1970-01-01T08:05:00.000+08:05");
  char out[GH_TIME_TEXT];
  assert_true(gh_time_format(out, GH_NEVER, 26 * 3600) < GH_TIME_TEXT);
  assert_true(gh_time_format(out, GH_ALWAYS, -25 * 3600) < GH_TIME_TEXT);
  assert_true(gh_duration_format(out, GH_ALWAYS) < GH_TIME_TEXT);
  expect_text(gh_str_n(out, gh_date_format(out, 20815)), "2026-12-28");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_day_of_four_centuries_goes_there_and_back),
    cmocka_unit_test(test_known_days),
    cmocka_unit_test(test_times_of_events),
    cmocka_unit_test(test_digits_finer_than_a_millisecond_are_cut_off),
    cmocka_unit_test(test_texts_that_are_no_times),
    cmocka_unit_test(test_dates_and_times_of_day),
    cmocka_unit_test(test_durations_add_up),
    cmocka_unit_test(test_texts_that_are_no_durations),
    cmocka_unit_test(test_times_as_leads_show_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
