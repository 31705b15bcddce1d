/* The conversions: each type's range to the last value, each text form. */
#include <math.h>

#include "function_call.h"

static void ints(void **state)
{
  (void)state;
  assert_value(CALL("int", gh_uint(INT64_MAX)), gh_int(INT64_MAX));
  assert_error(CALL("int", gh_uint((uint64_t)INT64_MAX + 1)), "range");
  assert_value(CALL("int", gh_double(-7.9)), gh_int(-7));
  assert_value(CALL("int", gh_double(0x1.fffffffffffffp62)), gh_int(INT64_C(0x7ffffffffffffc00)));
  assert_error(CALL("int", gh_double(0x1p63)), "range");
  assert_error(CALL("int", gh_double(-0x1p63)), "range");
  assert_error(CALL("int", gh_double(NAN)), "range");
  assert_value(CALL("int", text("-9223372036854775808")), gh_int(INT64_MIN));
  assert_value(CALL("int", text("+12")), gh_int(12));
  assert_error(CALL("int", text("9223372036854775808")), "range");
  assert_error(CALL("int", text("99999999999999999999999")), "range");
  assert_error(CALL("int", text("")), "conversion");
  assert_error(CALL("int", text(" 1")), "conversion");
  assert_error(CALL("int", text("1.0")), "conversion");
  assert_error(CALL("int", text("-")), "conversion");
  assert_value(CALL("int", gh_timestamp(1234567890, 999999999)), gh_int(1234567890));
  assert_value(CALL("int", gh_decimal(-12399, 2)), gh_int(-123));
  assert_error(CALL("int", gh_duration(1, 0)), "no such overload");
}

static void uints(void **state)
{
  (void)state;
  assert_value(CALL("uint", gh_int(5)), gh_uint(5));
  assert_error(CALL("uint", gh_int(-1)), "range");
  assert_value(CALL("uint", gh_double(25.5)), gh_uint(25));
  assert_error(CALL("uint", gh_double(-0.5)), "range");
  assert_error(CALL("uint", gh_double(0x1p64)), "range");
  assert_value(CALL("uint", text("18446744073709551615")), gh_uint(UINT64_MAX));
  assert_error(CALL("uint", text("18446744073709551616")), "range");
  assert_error(CALL("uint", text("-1")), "conversion");
  assert_error(CALL("uint", text("+1")), "conversion");
  assert_error(CALL("uint", gh_bool(true)), "no such overload");
}

static void doubles(void **state)
{
  (void)state;
  assert_value(CALL("double", text("-5.43e-21")), gh_double(-5.43e-21));
  assert_value(CALL("double", text(".5")), gh_double(0.5));
  assert_value(CALL("double", text("1e-400")), gh_double(0));
  assert_value(CALL("double", text("0.00000000000000000000000000000000001e300")), gh_double(1e265));
  assert_value(CALL("double", text("-Infinity")), gh_double(-INFINITY));
  assert_true(isnan(CALL("double", text("NaN")).d));
  assert_error(CALL("double", text("1e400")), "conversion");
  assert_error(CALL("double", text("1e")), "conversion");
  assert_error(CALL("double", text("0x10")), "conversion");
  assert_error(CALL("double", text("1,5")), "conversion");
  assert_error(CALL("double", text("")), "conversion");
  assert_value(CALL("double", gh_uint(UINT64_MAX)), gh_double(0x1p64));
  assert_value(CALL("double", gh_decimal(10, 2)), gh_double(0.1));
  assert_error(CALL("double", gh_null()), "no such overload");
}

static void strings(void **state)
{
  (void)state;
  assert_text(CALL("string", gh_int(INT64_MIN)), "-9223372036854775808");
  assert_text(CALL("string", gh_uint(UINT64_MAX)), "18446744073709551615");
  assert_text(CALL("string", gh_double(123.456)), "123.456");
  assert_text(CALL("string", gh_double(-4.5e-3)), "-0.0045");
  assert_text(CALL("string", gh_double(1)), "1");
  assert_text(CALL("string", gh_double(1e6)), "1000000");
  assert_text(CALL("string", gh_double(1e23)), "1e+23");
  assert_text(CALL("string", gh_double(5e-324)), "5e-324");
  assert_text(CALL("string", gh_double(-INFINITY)), "-Infinity");
  assert_text(CALL("string", gh_bool(false)), "false");
  assert_text(CALL("string", gh_bytes(GH_STR("\303\277"))), "ÿ");
  assert_error(CALL("string", gh_bytes(GH_STR("\0\xff"))), "UTF-8");
  assert_text(CALL("string", gh_timestamp(253402300799, 999999999)), "9999-12-31T23:59:59.999999999Z");
  assert_text(CALL("string", gh_timestamp(-1, 500000000)), "1969-12-31T23:59:59.5Z");
  assert_text(CALL("string", gh_timestamp(-62135596800, 0)), "0001-01-01T00:00:00Z");
  assert_text(CALL("string", gh_duration(1000000, 0)), "1000000s");
  assert_text(CALL("string", gh_duration(-2, 500000000)), "-1.5s");
  assert_text(CALL("string", gh_duration(-1, 999999999)), "-0.000000001s");
  assert_text(CALL("string", gh_decimal(800000, 2)), "8000.00");
  assert_error(CALL("string", gh_null()), "no such overload");
  assert_error(CALL("string", LIST(gh_int(1))), "no such overload");
}

static void bytes_and_bools(void **state)
{
  (void)state;
  assert_value(CALL("bytes", text("ÿ")), gh_bytes(GH_STR("\303\277")));
  assert_value(CALL("bytes", gh_bytes(GH_STR("a"))), gh_bytes(GH_STR("a")));
  assert_error(CALL("bytes", gh_int(1)), "no such overload");
  assert_value(CALL("bool", text("TRUE")), gh_bool(true));
  assert_value(CALL("bool", text("0")), gh_bool(false));
  assert_error(CALL("bool", text("FaLsE")), "conversion");
  assert_error(CALL("bool", text("yes")), "conversion");
  assert_error(CALL("bool", gh_int(1)), "no such overload");
}

static void timestamps(void **state)
{
  (void)state;
  assert_value(CALL("timestamp", text("2009-02-13T23:31:30Z")), gh_timestamp(1234567890, 0));
  assert_value(CALL("timestamp", text("2026-03-02T09:15:00.123456789+08:00")), gh_timestamp(1772414100, 123456789));
  assert_value(CALL("timestamp", gh_int(-62135596800)), gh_timestamp(-62135596800, 0));
  assert_error(CALL("timestamp", gh_int(-62135596801)), "range");
  assert_error(CALL("timestamp", gh_int(253402300800)), "range");
  assert_error(CALL("timestamp", text("0001-01-01T00:00:00+01:00")), "range");
  assert_error(CALL("timestamp", text("9999-12-31T23:59:59-01:00")), "range");
  assert_int_equal(CALL("timestamp", text("10000-01-01T00:00:00Z")).kind, GH_ERROR);
  assert_error(CALL("timestamp", text("2026-02-29T00:00:00Z")), "conversion");
  assert_error(CALL("timestamp", text("2026-03-02")), "conversion");
  assert_error(CALL("timestamp", gh_double(0)), "no such overload");
}

static void durations(void **state)
{
  (void)state;
  assert_value(CALL("duration", text("1h45m47s")), gh_duration(6347, 0));
  assert_value(CALL("duration", text("-1.5s")), gh_duration(-2, 500000000));
  assert_value(CALL("duration", text("-999999999ns")), gh_duration(-1, 1));
  assert_value(CALL("duration", text("0.5h1.5m3ms2us1ns")), gh_duration(1890, 3002001));
  assert_value(CALL("duration", text("1µs")), gh_duration(0, 1000));
  assert_value(CALL("duration", text("0")), gh_duration(0, 0));
  assert_value(CALL("duration", text("+.5s")), gh_duration(0, 500000000));
  assert_value(CALL("duration", text("-315576000000s")), gh_duration(-315576000000, 0));
  assert_error(CALL("duration", text("315576000000.000000001s")), "range");
  assert_error(CALL("duration", text("-320000000000s")), "range");
  assert_error(CALL("duration", text("99999999999999999999999999999999999999999999h")), "range");
  assert_error(CALL("duration", text("1d")), "conversion");
  assert_error(CALL("duration", text("1")), "conversion");
  assert_error(CALL("duration", text("s")), "conversion");
  assert_error(CALL("duration", text(".s")), "conversion");
  assert_error(CALL("duration", text("")), "conversion");
  assert_error(CALL("duration", text("-")), "conversion");
  assert_error(CALL("duration", text("1s ")), "conversion");
  assert_error(CALL("duration", gh_int(1)), "no such overload");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(ints, fresh_scratch),       cmocka_unit_test_setup(uints, fresh_scratch),
    cmocka_unit_test_setup(doubles, fresh_scratch),    cmocka_unit_test_setup(strings, fresh_scratch),
    cmocka_unit_test_setup(bytes_and_bools, fresh_scratch), cmocka_unit_test_setup(timestamps, fresh_scratch),
    cmocka_unit_test_setup(durations, fresh_scratch),
  };
  return cmocka_run_group_tests(tests, NULL, free_scratch);
}
