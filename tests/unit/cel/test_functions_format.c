/* format and strings.quote. */
#include <math.h>

#include "function_call.h"

#define FORMAT(how, ...) CALL("format", text(how), LIST(__VA_ARGS__))

static void any_value_as_text(void **state)
{
  (void)state;
  assert_text(FORMAT("%s买了%s", text("王女士"), text("基金")), "王女士买了基金");
  assert_text(FORMAT("%s %s %s %s", gh_null(), gh_bool(true), gh_int(-3), gh_uint(3)), "null true -3 3");
  assert_text(FORMAT("%s %s %s", gh_double(1), gh_double(1e22), gh_double(2.5e-7)), "1 10000000000000000000000 0.00000025");
  assert_text(FORMAT("%s %s", gh_double(NAN), gh_double(-INFINITY)), "NaN -Infinity");
  assert_text(FORMAT("%s %s", gh_timestamp(1234567890, 0), gh_duration(6347, 0)), "2009-02-13T23:31:30Z 6347s");
  assert_text(FORMAT("%s", gh_decimal(800000, 2)), "8000.00");
  assert_text(FORMAT("%s", CALL("type", text("x"))), "string");
  assert_text(FORMAT("%s", gh_bytes(GH_STR("a\xff\xfe\xc3\xbf"))), "a\uFFFDÿ");
}

static void lists_and_maps_as_text(void **state)
{
  (void)state;
  assert_text(FORMAT("%s", LIST(text("abc"), gh_double(3.14), LIST(gh_int(9), gh_null()))), "[abc, 3.14, [9, null]]");
  assert_text(FORMAT("%s", MAP(gh_bool(true), gh_int(1), text("b"), gh_int(2), gh_uint(10), gh_int(3))), "{10: 3, b: 2, true: 1}");
  assert_text(FORMAT("%s", list_of(NULL, 0)), "[]");
}

static void numbers_in_base_ten(void **state)
{
  (void)state;
  assert_text(FORMAT("%d %d %d", gh_int(INT64_MIN), gh_uint(7), gh_double(3.14)), "-9223372036854775808 7 3.14");
  assert_text(FORMAT("%d", gh_double(INFINITY)), "Infinity");
  assert_text(FORMAT("%d", gh_decimal(-5, 1)), "-0.5");
  assert_error(FORMAT("%d", text("1")), "decimal clause can only be used on integers, was given string");
}

static void fixed_points(void **state)
{
  (void)state;
  assert_text(FORMAT("%f %f %f", gh_int(2), gh_uint(3), gh_double(2.71828)), "2.000000 3.000000 2.718280");
  assert_text(FORMAT("%.0f %.0f %.0f", gh_double(2.5), gh_double(3.5), gh_int(7)), "2 4 7");
  assert_text(FORMAT("%.3f %.3f", gh_double(123.4999), gh_double(-123.4994)), "123.500 -123.499");
  assert_text(FORMAT("%.2f %.1f %.0f %.4f", gh_decimal(800005, 3), gh_decimal(25, 2), gh_decimal(25, 1), gh_decimal(5, 1)), "800.00 0.2 2 0.5000");
  assert_text(FORMAT("%f", gh_int(INT64_MAX)), "9223372036854775807.000000");
  assert_text(FORMAT("%f", gh_double(-INFINITY)), "-Infinity");
  assert_error(FORMAT("%f", text("x")), "fixed-point clause");
}

static void exponents(void **state)
{
  (void)state;
  assert_text(FORMAT("%e %.1e %.0e", gh_double(1052.032911275), gh_double(-3.14), gh_int(12345)), "1.052033e+03 -3.1e+00 1e+04");
  assert_text(FORMAT("%e", gh_double(1e-100)), "1.000000e-100");
  assert_text(FORMAT("%.1e", gh_decimal(800000, 2)), "8.0e+03");
  assert_error(FORMAT("%e", gh_null()), "scientific clause can only be used on doubles, was given null_type");
}

static void other_bases(void **state)
{
  (void)state;
  assert_text(FORMAT("%b %b %b", gh_int(-5), gh_uint(5), gh_bool(true)), "-101 101 1");
  assert_text(FORMAT("%o %o", gh_uint(65535), gh_int(-8)), "177777 -10");
  assert_text(FORMAT("%x %X %x", gh_int(30), gh_int(-30), gh_int(INT64_MIN)), "1e -1E -8000000000000000");
  assert_text(FORMAT("%x %X", text("jK"), gh_bytes(GH_STR("\0\xff"))), "6a4b 00FF");
  assert_error(FORMAT("%b", text("abc")), "only integers and bools can be formatted as binary, was given string");
  assert_error(FORMAT("%o", text("abc")), "octal clause can only be used on integers, was given string");
  assert_error(FORMAT("%x", gh_double(0.5)), "only integers, byte buffers, and strings can be formatted as hex, was given double");
}

static void clauses_that_are_malformed(void **state)
{
  (void)state;
  assert_text(FORMAT("100%% %s", text("x")), "100% x");
  assert_text(CALL("format", text("plain"), list_of(NULL, 0)), "plain");
  assert_text(FORMAT("%s", text("one"), text("passed over")), "one");
  assert_error(FORMAT("%s %s", text("one")), "index 1 out of range");
  assert_error(FORMAT("%E", gh_double(1)), "unrecognized formatting clause \"E\"");
  assert_error(FORMAT("%", gh_double(1)), "unexpected end");
  assert_error(FORMAT("%.", gh_double(1)), "unexpected end");
  assert_error(FORMAT("%.3", gh_double(1)), "unexpected end");
  assert_error(FORMAT("%.f", gh_double(1)), "precision");
  assert_error(FORMAT("%.99999999999f", gh_double(1)), "precision");
  assert_error(CALL("format", text("%s"), text("no list")), "no such overload");
}

static void quotes(void **state)
{
  (void)state;
  assert_text(CALL("strings.quote", text("")), "\"\"");
  assert_text(CALL("strings.quote", text("\a\b\f\n\r\t\v\\\"' 客户")), "\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"' 客户\"");
  assert_error(CALL("strings.quote", gh_int(1)), "no such overload");
}

static void long_lists_spend_steps(void **state)
{
  (void)state;
  static struct gh_value many[1000];
  for (unsigned i = 0; i < 1000; i++) many[i] = gh_int(1);
  struct gh_value args[2] = {text("%s"), LIST(list_of(many, 1000))};
  assert_error(call_with_steps("format", args, 2, 500), "step");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(any_value_as_text, fresh_scratch),   cmocka_unit_test_setup(lists_and_maps_as_text, fresh_scratch),
    cmocka_unit_test_setup(numbers_in_base_ten, fresh_scratch), cmocka_unit_test_setup(fixed_points, fresh_scratch),
    cmocka_unit_test_setup(exponents, fresh_scratch),           cmocka_unit_test_setup(other_bases, fresh_scratch),
    cmocka_unit_test_setup(clauses_that_are_malformed, fresh_scratch), cmocka_unit_test_setup(quotes, fresh_scratch),
    cmocka_unit_test_setup(long_lists_spend_steps, fresh_scratch),
  };
  return cmocka_run_group_tests(tests, NULL, free_scratch);
}
