/* Working days: the file's faults with their places, and China's calendar as it is shipped. */
#include "base/unit.h"
#include "goldhour/base/buf.h"
#include "goldhour/base/calendar.h"
#include "goldhour/base/time.h"

static struct gh_arena arena;
static struct gh_faults faults;

static int setup(void **state)
{
  (void)state;
  gh_arena_init(&arena, 0);
  gh_faults_init(&faults);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gh_arena_free(&arena);
  gh_faults_free(&faults);
  return 0;
}

static const struct gh_calendar *parse(const char *text) { return gh_calendar_parse(&arena, GH_STR("days.txt"), gh_str(text), &faults); }

static int64_t day(const char *text)
{
  int64_t d;
  assert_true(gh_date_parse(gh_str(text), &d));
  return d;
}

static void expect_fault(const char *text, unsigned line, unsigned column, const char *message)
{
  gh_faults_free(&faults);
  assert_null(parse(text));
  assert_int_equal(faults.errors, 1);
  expect_text(faults.first->message, message);
  assert_int_equal(faults.first->at.line, line);
  assert_int_equal(faults.first->at.column, column);
}

static void test_weekends_holidays_and_days_worked_in_exchange(void **state)
{
  (void)state;
  const struct gh_calendar *c = parse("\xEF\xBB\xBFrange 2026-09-14 2026-10-11 # four weeks\r\nholiday 2026-10-01..2026-10-07 国庆节\r\n\r\nworked 2026-09-20");
  assert_non_null(c);
  assert_int_equal(faults.warnings, 0);
  assert_int_equal(gh_calendar_first(c), day("2026-09-14"));
  assert_int_equal(gh_calendar_last(c), day("2026-10-11"));
  assert_true(gh_calendar_works(c, day("2026-09-18")));
  assert_false(gh_calendar_works(c, day("2026-09-19")));
  assert_true(gh_calendar_works(c, day("2026-09-20")));
  assert_false(gh_calendar_works(c, day("2026-10-07")));
  int64_t due;
  assert_true(gh_calendar_add(c, day("2026-09-18"), 1, &due));
  assert_int_equal(due, day("2026-09-20"));
  assert_true(gh_calendar_add(c, day("2026-09-30"), 1, &due));
  assert_int_equal(due, day("2026-10-08"));
  assert_true(gh_calendar_add(c, day("2026-09-30"), 2, &due));
  assert_int_equal(due, day("2026-10-09"));
}

static void test_nothing_is_known_outside_the_range(void **state)
{
  (void)state;
  const struct gh_calendar *c = parse("range 2026-12-28 2026-12-31");
  int64_t due;
  assert_false(gh_calendar_add(c, day("2026-12-27"), 1, &due));
  assert_true(gh_calendar_add(c, day("2026-12-28"), 3, &due));
  assert_int_equal(due, day("2026-12-31"));
  assert_false(gh_calendar_add(c, day("2026-12-28"), 4, &due));
  assert_false(gh_calendar_add(c, day("2026-12-31"), 1, &due));
  assert_false(gh_calendar_add(c, day("2027-01-04"), 1, &due));
  assert_false(gh_calendar_add(c, day("2026-12-28"), UINT32_MAX, &due));
}

static void test_faults_say_where_and_what(void **state)
{
  (void)state;
  expect_fault("", 0, 0, "the calendar has no `range`");
  expect_fault("# nothing\n", 0, 0, "the calendar has no `range`");
  expect_fault("holiday 2026-01-01\nholiday 2026-01-02\nrange 2026-01-01 2026-12-31\n", 1, 9, "the calendar's `range` must come before its days");
  expect_fault("range 2026-12-31 2026-01-01\nholiday 2026-01-01", 1, 18, "the range is reversed: it ends before it begins");
  expect_fault("range 2026-01-01 2126-01-02", 1, 18, "the range is longer than 100 years");
  expect_fault("range 2026-01-01\n", 1, 17, "a date is missing here");
  expect_fault("range 2026-01-01 2026-12-31\nrange 2026-01-01 2026-12-31", 2, 1, "the range is given twice");
  expect_fault("range 2026-01-01 2026-12-31\n  holiday 2026-02-30", 2, 11, "'2026-02-30' is no date");
  expect_fault("range 2026-01-01 2026-12-31\nholiday 2026-02-03..2026-02-01", 2, 9, "these days are reversed: the first one lies after the last");
  expect_fault("range 2026-01-01 2026-12-31\nholiday 2026-12-30..2027-01-02", 2, 9, "2027-01-01 lies outside the calendar's range");
  expect_fault("range 2026-01-01 2026-12-31\nworked 2025-12-28", 2, 8, "2025-12-28 lies outside the calendar's range");
  expect_fault("range 2026-01-01 2026-12-31\nholiday 2026-05-01..2026-05-05\nworked 2026-05-03", 3, 8, "2026-05-03 is already listed in line 2");
  expect_fault("range 2026-01-01 2026-12-31\nholliday 2026-05-01", 2, 1, "'holliday' is neither `range`, `holiday` nor `worked`");
  expect_text(faults.first->hint, "did you mean 'holiday'?");
  expect_text(faults.first->excerpt, "holliday 2026-05-01\n^\n");
}

static void test_all_faults_come_in_one_go(void **state)
{
  (void)state;
  assert_null(parse("range 2026-01-01 2026-12-31\nholiday nonsense\nholiday\nwork 2026-01-04\n"));
  assert_int_equal(faults.errors, 3);
}

static void test_a_worked_weekday_is_a_warning(void **state)
{
  (void)state;
  assert_non_null(parse("range 2026-01-01 2026-12-31\nworked 2026-01-05\n"));
  assert_int_equal(faults.errors, 0);
  assert_int_equal(faults.warnings, 1);
  expect_text(faults.first->message, "2026-01-05 is a weekday, worked anyway");
}

static const struct gh_calendar *china(void)
{
  struct gh_buf text = {0};
  FILE *f = fopen("config/calendars/china.txt", "rb");
  assert_non_null(f);
  for (int c; (c = fgetc(f)) != EOF;) gh_buf_byte(&text, (char)c);
  fclose(f);
  const struct gh_calendar *c = gh_calendar_parse(&arena, GH_STR("china.txt"), gh_buf_str(&text), &faults);
  gh_buf_free(&text);
  assert_int_equal(faults.errors + faults.warnings, 0);
  return c;
}

static unsigned working_days(const struct gh_calendar *c, const char *from, const char *to)
{
  unsigned n = 0;
  for (int64_t d = day(from); d <= day(to); d++) n += gh_calendar_works(c, d);
  return n;
}

static void test_china_works_as_many_days_as_the_notices_say(void **state)
{
  (void)state;
  const struct gh_calendar *c = china();
  assert_int_equal(gh_calendar_first(c), day("2024-01-01"));
  assert_int_equal(gh_calendar_last(c), day("2026-12-31"));
  /* weekdays of the year, less the holidays on weekdays, plus the weekend days worked */
  assert_int_equal(working_days(c, "2024-01-01", "2024-12-31"), 262 - 19 + 8);
  assert_int_equal(working_days(c, "2025-01-01", "2025-12-31"), 261 - 18 + 5);
  assert_int_equal(working_days(c, "2026-01-01", "2026-12-31"), 261 - 19 + 6);
}

static void test_china_around_spring_festival_and_mid_autumn(void **state)
{
  (void)state;
  const struct gh_calendar *c = china();
  int64_t due;
  assert_true(gh_calendar_add(c, day("2026-02-13"), 1, &due));
  assert_int_equal(due, day("2026-02-14"));
  assert_true(gh_calendar_add(c, day("2026-02-14"), 1, &due));
  assert_int_equal(due, day("2026-02-24"));
  assert_true(gh_calendar_add(c, day("2026-09-24"), 1, &due));
  assert_int_equal(due, day("2026-09-28"));
  assert_true(gh_calendar_works(c, day("2024-02-09"))); /* new year's eve of 2024 was no holiday by law */
  assert_true(gh_calendar_add(c, day("2025-01-27"), 1, &due));
  assert_int_equal(due, day("2025-02-05"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_weekends_holidays_and_days_worked_in_exchange, setup, teardown),
    cmocka_unit_test_setup_teardown(test_nothing_is_known_outside_the_range, setup, teardown),
    cmocka_unit_test_setup_teardown(test_faults_say_where_and_what, setup, teardown),
    cmocka_unit_test_setup_teardown(test_all_faults_come_in_one_go, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_worked_weekday_is_a_warning, setup, teardown),
    cmocka_unit_test_setup_teardown(test_china_works_as_many_days_as_the_notices_say, setup, teardown),
    cmocka_unit_test_setup_teardown(test_china_around_spring_festival_and_mid_autumn, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
