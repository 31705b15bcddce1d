/* UTF-8, strictly; and the hash whose values must never change. */
#include "base/unit.h"
#include "goldhour/base/hash.h"
#include "goldhour/base/utf8.h"

static void test_every_code_point_goes_there_and_back(void **state)
{
  (void)state;
  for (uint32_t c = 0; c <= 0x10FFFF; c++) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    char text[4];
    size_t n = gh_utf8_put(text, c);
    const char *at = text;
    assert_int_equal(gh_utf8_next(&at, text + n), c);
    assert_ptr_equal(at, text + n);
  }
}

static void test_malformed_texts(void **state)
{
  (void)state;
  static const char *const bad[] = {
    "\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE4\xBD", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
    "\xF5\x80\x80\x80", "\xF0\x9F\x98", "\xFF", "客\xE5", "\xE4\xBD" "a",
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (gh_utf8_valid(gh_str(bad[i]))) fail_msg("taken: number %zu", i);
  assert_true(gh_utf8_valid(GH_STR("a\0b")));
  assert_true(gh_utf8_valid(GH_STR("")));
}

static void test_counts_and_columns(void **state)
{
  (void)state;
  assert_int_equal(gh_utf8_count(GH_STR("代发a😀")), 4);
  assert_int_equal(gh_utf8_width(0x4EE3), 2);
  assert_int_equal(gh_utf8_width('a'), 1);
  assert_int_equal(gh_utf8_width(0x301), 0);
}

static void test_hashes_are_stable(void **state)
{
  (void)state;
  assert_true(gh_hash(GH_STR("")) == UINT64_C(0x2d06800538d394c2)); /* XXH3's published value of nothing */
  assert_true(gh_hash(GH_STR("C1001")) != gh_hash(GH_STR("C1002")));
  assert_true(gh_hash_seed(GH_STR("C1001"), 1) != gh_hash(GH_STR("C1001")));
  assert_true(gh_hash_seed(GH_STR("C1001"), 0) == gh_hash(GH_STR("C1001")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_code_point_goes_there_and_back),
    cmocka_unit_test(test_malformed_texts),
    cmocka_unit_test(test_counts_and_columns),
    cmocka_unit_test(test_hashes_are_stable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
