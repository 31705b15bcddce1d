/* Money: exact or refused. */
#include "base/unit.h"
#include "goldhour/model/decimal.h"

static void expect_units(const char *text, unsigned scale, int64_t want)
{
  int64_t units = -1;
  if (!gh_decimal_parse(gh_str(text), scale, &units)) fail_msg("refused: %s", text);
  if (units != want) fail_msg("%s is %lld", text, (long long)units);
}

static void test_a_number_counts_by_its_value(void **state)
{
  (void)state;
  expect_units("8000", 2, 800000);
  expect_units("8000.00", 2, 800000);
  expect_units("8000.000000000000000000000000000000000000000000", 2, 800000);
  expect_units("8e3", 2, 800000);
  expect_units("8E+3", 2, 800000);
  expect_units("800000e-2", 2, 800000);
  expect_units("0.08e5", 2, 800000);
  expect_units("80000000000000000000000000000000e-28", 2, 800000);
  expect_units("-12.5", 2, -1250);
  expect_units("-0", 2, 0);
  expect_units("0.00", 0, 0);
  expect_units("92233720368547758.07", 2, INT64_MAX);
  expect_units("-92233720368547758.08", 2, INT64_MIN);
  expect_units("0.000000000000000001", 18, 1);
}

static void test_what_is_not_exact_or_no_number_is_refused(void **state)
{
  (void)state;
  static const char *const bad[] = {
    "", "-", "+1", "01", "00", ".5", "5.", "1e", "1e+", "1.e3", " 1", "1 ", "1,000", "0x10", "NaN", "Infinity", "1e3.5", "--1", "1_000", "8000.005",
    "0.001", "1e-3", "92233720368547758.08", "-92233720368547758.09", "1e17", "99999999999999999999", "123456789012345678901234567890.123456789",
  };
  int64_t units;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (gh_decimal_parse(gh_str(bad[i]), 2, &units)) fail_msg("taken: %s", bad[i]);
}

static void test_huge_exponents_are_no_trap(void **state)
{
  (void)state;
  int64_t units;
  assert_false(gh_decimal_parse(GH_STR("1e400"), 2, &units));
  assert_false(gh_decimal_parse(GH_STR("1e-400"), 2, &units));
  assert_false(gh_decimal_parse(GH_STR("1e99999999999999999999999999"), 2, &units));
  assert_false(gh_decimal_parse(GH_STR("1e-99999999999999999999999999"), 2, &units));
  expect_units("0e999999999", 2, 0);
  expect_units("0.000e-99999999999999999999", 2, 0);
}

static void test_the_smallest_scale_that_holds_a_number(void **state)
{
  (void)state;
  struct gh_value v;
  assert_true(gh_decimal_parse_free(GH_STR("1.50"), 0, &v));
  assert_int_equal(v.i, 15);
  assert_int_equal(v.scale, 1);
  assert_true(gh_decimal_parse_free(GH_STR("1.50"), 2, &v));
  assert_int_equal(v.i, 150);
  assert_true(gh_decimal_parse_free(GH_STR("8e3"), 0, &v));
  assert_int_equal(v.i, 8000);
  assert_int_equal(v.scale, 0);
  assert_true(gh_decimal_parse_free(GH_STR("0.000"), 1, &v));
  assert_int_equal(v.scale, 1);
  assert_false(gh_decimal_parse_free(GH_STR("1e-19"), 0, &v));
}

static void test_the_scale_a_number_was_written_at(void **state)
{
  (void)state;
  assert_int_equal(gh_decimal_written_scale(GH_STR("1.50")), 2);
  assert_int_equal(gh_decimal_written_scale(GH_STR("-8000")), 0);
  assert_int_equal(gh_decimal_written_scale(GH_STR("1.5e3")), 0);
  assert_int_equal(gh_decimal_written_scale(GH_STR("0.0000000000000000001")), 0);
  assert_int_equal(gh_decimal_written_scale(GH_STR("")), 0);
}

static void expect_format(int64_t units, unsigned scale, const char *want)
{
  char text[GH_DECIMAL_TEXT];
  assert_int_equal(gh_decimal_format(text, gh_decimal(units, scale)), strlen(want));
  expect_text(gh_str(text), want);
}

static void test_amounts_as_they_are_written(void **state)
{
  (void)state;
  expect_format(800000, 2, "8000.00");
  expect_format(-1, 2, "-0.01");
  expect_format(0, 2, "0.00");
  expect_format(7, 0, "7");
  expect_format(1, 18, "0.000000000000000001");
  expect_format(INT64_MIN, 18, "-9.223372036854775808");
  expect_format(INT64_MIN, 0, "-9223372036854775808");
}

static void test_comparison_is_exact_across_scales_and_kinds(void **state)
{
  (void)state;
  assert_int_equal(gh_decimal_compare(gh_decimal(800000, 2), gh_int(8000)), 0);
  assert_true(gh_decimal_compare(gh_decimal(800001, 2), gh_int(8000)) > 0);
  assert_true(gh_decimal_compare(gh_decimal(-1, 18), gh_int(0)) < 0);
  assert_true(gh_decimal_compare(gh_decimal(INT64_MAX, 18), gh_int(INT64_MAX)) < 0);
  assert_true(gh_decimal_compare(gh_decimal(INT64_MIN, 0), gh_decimal(INT64_MIN, 18)) < 0);
  assert_true(gh_decimal_compare(gh_uint(UINT64_MAX), gh_decimal(INT64_MAX, 0)) > 0);
}

static void expect_decimal(struct gh_value got, int64_t units, unsigned scale)
{
  assert_int_equal(got.kind, GH_DECIMAL);
  assert_true(got.i == units);
  assert_int_equal(got.scale, scale);
}

static void test_sums_and_products_are_exact_or_overflow(void **state)
{
  (void)state;
  struct gh_value v;
  assert_true(gh_decimal_add(gh_decimal(10, 1), gh_decimal(25, 2), &v));
  expect_decimal(v, 125, 2);
  assert_true(gh_decimal_sub(gh_int(1), gh_decimal(25, 2), &v));
  expect_decimal(v, 75, 2);
  assert_true(gh_decimal_mul(gh_decimal(150, 2), gh_decimal(3, 1), &v));
  expect_decimal(v, 450, 3);
  assert_true(gh_decimal_mul(gh_decimal(1000000000, 9), gh_decimal(20000000000, 10), &v)); /* scale 19: a zero is dropped */
  expect_decimal(v, 2000000000000000000, 18);
  assert_false(gh_decimal_mul(gh_decimal(1, 10), gh_decimal(1, 9), &v));
  assert_false(gh_decimal_add(gh_decimal(INT64_MAX, 2), gh_decimal(1, 2), &v));
  assert_false(gh_decimal_sub(gh_decimal(INT64_MIN, 2), gh_decimal(1, 2), &v));
  assert_false(gh_decimal_add(gh_int(INT64_MAX), gh_decimal(0, 2), &v));
  assert_false(gh_decimal_mul(gh_decimal(INT64_MIN, 0), gh_int(-1), &v));
  assert_false(gh_decimal_mul(gh_uint(UINT64_MAX), gh_uint(UINT64_MAX), &v));
}

static void expect_quotient(struct gh_value a, struct gh_value b, unsigned scale, int64_t want)
{
  struct gh_value v;
  assert_true(gh_decimal_div(a, b, scale, &v));
  expect_decimal(v, want, scale);
}

static void test_division_rounds_half_to_even(void **state)
{
  (void)state;
  expect_quotient(gh_int(10), gh_int(3), 2, 333);
  expect_quotient(gh_int(-20), gh_int(3), 2, -667);
  expect_quotient(gh_decimal(5, 2), gh_int(10), 2, 0);   /* 0.005 */
  expect_quotient(gh_decimal(15, 2), gh_int(10), 2, 2);  /* 0.015 */
  expect_quotient(gh_decimal(-25, 2), gh_int(10), 2, -2);
  expect_quotient(gh_decimal(25001, 5), gh_int(10), 2, 3);
  expect_quotient(gh_int(1), gh_decimal(INT64_MAX, 18), 18, 108420217248550443);
  expect_quotient(gh_decimal(INT64_MAX, 18), gh_int(1), 0, 9);
  expect_quotient(gh_int(INT64_MIN), gh_int(1), 0, INT64_MIN);
  struct gh_value v;
  assert_false(gh_decimal_div(gh_int(1), gh_decimal(0, 2), 2, &v));
  assert_false(gh_decimal_div(gh_int(INT64_MAX), gh_int(1), 1, &v));
  assert_false(gh_decimal_div(gh_int(INT64_MIN), gh_int(-1), 0, &v));
  assert_false(gh_decimal_div(gh_int(1), gh_int(1), 19, &v));
}

static void test_scales_change_only_without_loss(void **state)
{
  (void)state;
  struct gh_value v;
  assert_true(gh_decimal_rescale(gh_decimal(1500, 3), 1, &v));
  expect_decimal(v, 15, 1);
  assert_false(gh_decimal_rescale(gh_decimal(1501, 3), 1, &v));
  assert_true(gh_decimal_rescale(gh_int(-3), 2, &v));
  expect_decimal(v, -300, 2);
  assert_false(gh_decimal_rescale(gh_int(INT64_MAX), 1, &v));
  assert_false(gh_decimal_rescale(gh_int(1), 19, &v));
}

static void test_the_nearest_double(void **state)
{
  (void)state;
  assert_true(gh_decimal_double(gh_decimal(1, 1)) == 0.1);
  assert_true(gh_decimal_double(gh_decimal(-800005, 2)) == -8000.05);
  assert_true(gh_decimal_double(gh_decimal(INT64_MAX, 0)) == 9223372036854775807.0);
  assert_true(gh_decimal_double(gh_decimal(INT64_MIN, 18)) == -9.223372036854775808);
  assert_true(gh_decimal_double(gh_decimal(123456789012345678, 17)) == 1.23456789012345678);
  assert_true(gh_decimal_double(gh_decimal(9007199254740993, 0)) == 9007199254740992.0); /* a tie goes to even */
  assert_true(gh_decimal_double(gh_decimal(1, 18)) == 1e-18);
  assert_true(gh_decimal_double(gh_decimal(0, 2)) == 0.0);
}

static void test_sums_and_averages_of_windows(void **state)
{
  (void)state;
  struct gh_value v;
  struct gh_decimal_sum sum = {(__int128)INT64_MAX * 3};
  assert_false(gh_decimal_sum_value(sum, 2, &v));
  assert_true(gh_decimal_avg(sum, 3, 2, &v));
  expect_decimal(v, INT64_MAX, 2);
  assert_true(gh_decimal_avg((struct gh_decimal_sum){25}, 10, 2, &v));
  expect_decimal(v, 2, 2);
  assert_true(gh_decimal_avg((struct gh_decimal_sum){-35}, 10, 2, &v));
  expect_decimal(v, -4, 2);
  assert_true(gh_decimal_sum_value((struct gh_decimal_sum){-5}, 2, &v));
  expect_decimal(v, -5, 2);
  assert_false(gh_decimal_avg((struct gh_decimal_sum){0}, 0, 2, &v));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_number_counts_by_its_value),
    cmocka_unit_test(test_what_is_not_exact_or_no_number_is_refused),
    cmocka_unit_test(test_huge_exponents_are_no_trap),
    cmocka_unit_test(test_the_smallest_scale_that_holds_a_number),
    cmocka_unit_test(test_the_scale_a_number_was_written_at),
    cmocka_unit_test(test_amounts_as_they_are_written),
    cmocka_unit_test(test_comparison_is_exact_across_scales_and_kinds),
    cmocka_unit_test(test_sums_and_products_are_exact_or_overflow),
    cmocka_unit_test(test_division_rounds_half_to_even),
    cmocka_unit_test(test_scales_change_only_without_loss),
    cmocka_unit_test(test_the_nearest_double),
    cmocka_unit_test(test_sums_and_averages_of_windows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
