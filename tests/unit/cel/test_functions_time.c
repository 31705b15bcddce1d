/* Parts of timestamps and durations. 2009-02-13T23:31:30Z, a Friday, is already the 14th in Shanghai. */
#include "function_call.h"

static const struct gh_value friday = {.kind = GH_TIMESTAMP, .i = 1234567890, .len = 123456789};

static void parts_in_utc(void **state)
{
  (void)state;
  assert_value(CALL("getFullYear", friday), gh_int(2009));
  assert_value(CALL("getMonth", friday), gh_int(1));
  assert_value(CALL("getDate", friday), gh_int(13));
  assert_value(CALL("getDayOfMonth", friday), gh_int(12));
  assert_value(CALL("getDayOfWeek", friday), gh_int(5));
  assert_value(CALL("getDayOfYear", friday), gh_int(43));
  assert_value(CALL("getHours", friday), gh_int(23));
  assert_value(CALL("getMinutes", friday), gh_int(31));
  assert_value(CALL("getSeconds", friday), gh_int(30));
  assert_value(CALL("getMilliseconds", friday), gh_int(123));
}

static void parts_at_a_fixed_offset(void **state)
{
  (void)state;
  assert_value(CALL("getDate", friday, text("+08:00")), gh_int(14));
  assert_value(CALL("getHours", friday, text("+08:00")), gh_int(7));
  assert_value(CALL("getDayOfWeek", friday, text("+08:00")), gh_int(6));
  assert_value(CALL("getMinutes", friday, text("-02:45")), gh_int(46));
  assert_value(CALL("getHours", friday, text("UTC")), gh_int(23));
  assert_error(CALL("getHours", friday, text("+25:00")), "no such time zone");
  assert_error(CALL("getHours", friday, text("Nowhere/Land")), "no such time zone: 'Nowhere/Land'");
  assert_error(CALL("getHours", friday, gh_int(8)), "no such overload");
}

static void times_before_1970(void **state)
{
  (void)state;
  struct gh_value first = gh_timestamp(-62135596800, 0);
  assert_value(CALL("getFullYear", first), gh_int(1));
  assert_value(CALL("getDayOfYear", first), gh_int(0));
  assert_value(CALL("getDayOfWeek", first), gh_int(1));
  assert_value(CALL("getFullYear", first, text("-00:01")), gh_int(0));
  assert_value(CALL("getSeconds", gh_timestamp(-1, 0)), gh_int(59));
}

static void durations_count_whole_units(void **state)
{
  (void)state;
  struct gh_value d = gh_duration(10000, 321456789), negative = gh_duration(-10001, 678543211); /* -10000.321456789 s */
  assert_value(CALL("getHours", d), gh_int(2));
  assert_value(CALL("getMinutes", d), gh_int(166));
  assert_value(CALL("getSeconds", d), gh_int(10000));
  assert_value(CALL("getMilliseconds", d), gh_int(321));
  assert_value(CALL("getHours", negative), gh_int(-2));
  assert_value(CALL("getMinutes", negative), gh_int(-166));
  assert_value(CALL("getSeconds", negative), gh_int(-10000));
  assert_value(CALL("getMilliseconds", negative), gh_int(-321));
  assert_error(CALL("getFullYear", d), "no such overload");
  assert_error(CALL("getHours", d, text("+08:00")), "no such overload");
  assert_error(CALL("getHours", gh_int(1)), "no such overload");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(parts_in_utc, fresh_scratch),
    cmocka_unit_test_setup(parts_at_a_fixed_offset, fresh_scratch),
    cmocka_unit_test_setup(times_before_1970, fresh_scratch),
    cmocka_unit_test_setup(durations_count_whole_units, fresh_scratch),
  };
  return cmocka_run_group_tests(tests, NULL, free_scratch);
}
