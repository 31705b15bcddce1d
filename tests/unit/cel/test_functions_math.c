/* The math extension, and decimals. */
#include <math.h>

#include "function_call.h"

static void greatest_and_least(void **state)
{
  (void)state;
  assert_value(CALL("math.greatest", gh_int(1)), gh_int(1));
  assert_value(CALL("math.greatest", gh_double(-42), gh_double(-21.5), gh_double(-100)), gh_double(-21.5));
  assert_value(CALL("math.greatest", gh_int(5), gh_double(5)), gh_int(5)); /* among equals the first */
  assert_value(CALL("math.greatest", gh_int(INT64_MAX), gh_uint(UINT64_MAX)), gh_uint(UINT64_MAX));
  assert_value(CALL("math.least", LIST(gh_int(3), gh_uint(1), gh_double(2))), gh_uint(1));
  assert_value(CALL("math.least", gh_decimal(100, 2), gh_int(2)), gh_decimal(100, 2));
  assert_error(CALL("math.least", list_of(NULL, 0)), "at least one");
  assert_error(CALL("math.least", LIST(gh_int(1), text("x"))), "no such overload");
  assert_error(CALL("math.greatest", text("x")), "no such overload");
  assert_error(CALL("math.greatest", gh_double(NAN), gh_int(1)), "NaN");
}

static void signs(void **state)
{
  (void)state;
  assert_value(CALL("math.abs", gh_int(-11)), gh_int(11));
  assert_value(CALL("math.abs", gh_double(-1.5)), gh_double(1.5));
  assert_value(CALL("math.abs", gh_uint(1)), gh_uint(1));
  assert_value(CALL("math.abs", gh_decimal(-150, 2)), gh_decimal(150, 2));
  assert_error(CALL("math.abs", gh_int(INT64_MIN)), "overflow");
  assert_value(CALL("math.sign", gh_int(-3)), gh_int(-1));
  assert_value(CALL("math.sign", gh_uint(0)), gh_uint(0));
  assert_value(CALL("math.sign", gh_double(-32)), gh_double(-1));
  assert_true(isnan(CALL("math.sign", gh_double(NAN)).d));
  assert_error(CALL("math.sign", gh_bool(true)), "no such overload");
}

static void rounding(void **state)
{
  (void)state;
  assert_value(CALL("math.ceil", gh_double(-1.2)), gh_double(-1));
  assert_value(CALL("math.floor", gh_double(-1.2)), gh_double(-2));
  assert_value(CALL("math.round", gh_double(-1.5)), gh_double(-2));
  assert_value(CALL("math.round", gh_double(0.49999999999999994)), gh_double(0));
  assert_value(CALL("math.trunc", gh_double(-1.7)), gh_double(-1));
  assert_value(CALL("math.sqrt", gh_int(81)), gh_double(9));
  assert_value(CALL("math.sqrt", gh_double(2.25)), gh_double(1.5));
  assert_true(isnan(CALL("math.sqrt", gh_double(-1)).d));
  assert_error(CALL("math.ceil", gh_int(1)), "no such overload");
  assert_error(CALL("math.sqrt", text("4")), "no such overload");
}

static void what_is_no_number(void **state)
{
  (void)state;
  assert_value(CALL("math.isNaN", gh_double(NAN)), gh_bool(true));
  assert_value(CALL("math.isInf", gh_double(-INFINITY)), gh_bool(true));
  assert_value(CALL("math.isInf", gh_double(NAN)), gh_bool(false));
  assert_value(CALL("math.isFinite", gh_double(1)), gh_bool(true));
  assert_value(CALL("math.isFinite", gh_double(INFINITY)), gh_bool(false));
  assert_error(CALL("math.isNaN", gh_int(1)), "no such overload");
}

static void bits(void **state)
{
  (void)state;
  assert_value(CALL("math.bitAnd", gh_int(1), gh_int(-1)), gh_int(1));
  assert_value(CALL("math.bitOr", gh_uint(1), gh_uint(4)), gh_uint(5));
  assert_value(CALL("math.bitXor", gh_int(4), gh_int(-2)), gh_int(-6));
  assert_value(CALL("math.bitNot", gh_uint(0)), gh_uint(UINT64_MAX));
  assert_value(CALL("math.bitNot", gh_int(1)), gh_int(-2));
  assert_value(CALL("math.bitShiftLeft", gh_int(1), gh_int(63)), gh_int(INT64_MIN));
  assert_value(CALL("math.bitShiftLeft", gh_uint(1), gh_int(64)), gh_uint(0));
  assert_value(CALL("math.bitShiftRight", gh_int(-1024), gh_int(3)), gh_int(INT64_C(2305843009213693824)));
  assert_error(CALL("math.bitShiftRight", gh_uint(1), gh_int(-1)), "negative offset");
  assert_error(CALL("math.bitOr", gh_int(1), gh_uint(1)), "no such overload");
  assert_error(CALL("math.bitShiftLeft", gh_int(1), gh_uint(1)), "no such overload");
}

static void decimals_are_made(void **state)
{
  (void)state;
  assert_value(CALL("decimal", text("8000.00")), gh_decimal(800000, 2));
  assert_value(CALL("decimal", text("-0.5")), gh_decimal(-5, 1));
  assert_value(CALL("decimal", text("8e3")), gh_decimal(8000, 0));
  assert_value(CALL("decimal", gh_int(7)), gh_decimal(7, 0));
  assert_value(CALL("decimal", gh_uint(7)), gh_decimal(7, 0));
  assert_value(CALL("decimal", gh_decimal(1, 1)), gh_decimal(1, 1));
  assert_error(CALL("decimal", text("8,000")), "is no decimal");
  assert_error(CALL("decimal", text("99999999999999999999")), "is no decimal");
  assert_error(CALL("decimal", gh_uint(UINT64_MAX)), "range");
  assert_error(CALL("decimal", gh_double(0.1)), "no such overload"); /* one that was computed has no exact text */
}

static void decimals_are_divided_half_even(void **state)
{
  (void)state;
  assert_value(CALL("decimal.div", gh_decimal(10000, 2), gh_int(3), gh_int(2)), gh_decimal(3333, 2));
  assert_value(CALL("decimal.div", gh_int(1), gh_int(8), gh_int(2)), gh_decimal(12, 2));
  assert_value(CALL("decimal.div", gh_int(3), gh_int(8), gh_int(2)), gh_decimal(38, 2));
  assert_value(CALL("decimal.div", gh_int(-1), gh_decimal(80, 1), gh_int(2)), gh_decimal(-12, 2));
  assert_error(CALL("decimal.div", gh_int(1), gh_decimal(0, 2), gh_int(2)), "divide by zero");
  assert_error(CALL("decimal.div", gh_int(1), gh_int(2), gh_int(19)), "scale");
  assert_error(CALL("decimal.div", gh_int(1), gh_int(2), gh_int(-1)), "scale");
  assert_error(CALL("decimal.div", gh_int(INT64_MAX), gh_int(1), gh_int(18)), "overflow");
  assert_error(CALL("decimal.div", gh_double(1), gh_int(1), gh_int(1)), "no such overload");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(greatest_and_least, fresh_scratch),
    cmocka_unit_test_setup(signs, fresh_scratch),
    cmocka_unit_test_setup(rounding, fresh_scratch),
    cmocka_unit_test_setup(what_is_no_number, fresh_scratch),
    cmocka_unit_test_setup(bits, fresh_scratch),
    cmocka_unit_test_setup(decimals_are_made, fresh_scratch),
    cmocka_unit_test_setup(decimals_are_divided_half_even, fresh_scratch),
  };
  return cmocka_run_group_tests(tests, NULL, free_scratch);
}
