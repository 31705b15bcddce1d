/* Doubles as text: what is written reads back as the same double, in the fewest digits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "number_text.h"

static void assert_written(double d, const char *shortest, const char *fixed)
{
  char text[GH_DOUBLE_TEXT];
  size_t n = gh_double_shortest(text, d);
  assert_int_equal(n, strlen(shortest));
  assert_memory_equal(text, shortest, n);
  n = gh_double_shortest_fixed(text, d);
  assert_int_equal(n, strlen(fixed));
  assert_memory_equal(text, fixed, n);
}

static void the_fewest_digits(void **state)
{
  (void)state;
  assert_written(0, "0", "0");
  assert_written(-0.0, "-0", "-0");
  assert_written(100, "100", "100");
  assert_written(0.1, "0.1", "0.1");
  assert_written(-123.456, "-123.456", "-123.456");
  assert_written(0.0001, "0.0001", "0.0001");
  assert_written(0.00001, "1e-05", "0.00001");
  assert_written(1.5e20, "150000000000000000000", "150000000000000000000");
  assert_written(1.5e21, "1.5e+21", "1500000000000000000000");
  assert_written(9007199254740993.0, "9007199254740992", "9007199254740992");
}

static void the_longest_texts_fit(void **state)
{
  (void)state;
  char text[GH_DOUBLE_TEXT];
  assert_int_equal(gh_double_fixed(text, -1.7976931348623157e308, GH_PRECISION_MAX), 1 + 309 + 1 + GH_PRECISION_MAX);
  assert_true(gh_double_shortest_fixed(text, -2.2250738585072014e-308) < sizeof text);
  assert_true(gh_double_scientific(text, 1.5, GH_PRECISION_MAX) < sizeof text);
}

/* A fixed walk through doubles of every size. */
static void what_is_written_reads_back(void **state)
{
  (void)state;
  uint64_t bits = UINT64_C(88172645463325252);
  for (unsigned i = 0; i < 20000; i++) {
    char text[GH_DOUBLE_TEXT];
    double d, back;
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    memcpy(&d, &bits, sizeof d);
    if (!isfinite(d)) continue;
    assert_true(gh_double_read(gh_str_n(text, gh_double_shortest(text, d)), &back) && back == d);
    assert_true(gh_double_read(gh_str_n(text, gh_double_shortest_fixed(text, d)), &back) && back == d);
  }
}

static void too_large_and_too_small(void **state)
{
  (void)state;
  double d = 1;
  assert_false(gh_double_read(GH_STR("1e309"), &d));
  assert_false(gh_double_read(GH_STR("1000e306"), &d));
  assert_false(gh_double_read(GH_STR("0.001e312"), &d));
  assert_false(gh_double_read(GH_STR("1e99999999999999999999"), &d));
  assert_true(gh_double_read(GH_STR("1e-99999999999999999999"), &d) && d == 0);
  assert_true(gh_double_read(GH_STR("0.0000001e-320"), &d) && d == 0);
  assert_true(gh_double_read(GH_STR("0e999"), &d) && d == 0);
  assert_true(gh_double_read(GH_STR("-1e-400"), &d) && d == 0 && signbit(d));
}

static void what_is_no_number(void **state)
{
  (void)state;
  static const char *const texts[] = {"", "-", "+", ".", "1e", "1e+", "e5", "1.5.5", " 1", "1 ", "0x1", "1_000", "infinite", "nano", "--1", "1f", "１"};
  double d;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (gh_double_read(gh_str(texts[i]), &d)) fail_msg("'%s' was read as %g", texts[i], d);
  assert_true(gh_double_read(GH_STR("INFINITY"), &d) && isinf(d));
  assert_true(gh_double_read(GH_STR("+.5e1"), &d) && d == 5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_fewest_digits),       cmocka_unit_test(the_longest_texts_fit), cmocka_unit_test(what_is_written_reads_back),
    cmocka_unit_test(too_large_and_too_small), cmocka_unit_test(what_is_no_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
