/* Bytes that grow, and the reader that trusts nothing. */
#include "base/unit.h"
#include "goldhour/base/buf.h"

static void test_what_is_packed_is_read_back(void **state)
{
  (void)state;
  static const uint64_t unsigneds[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
  static const int64_t signeds[] = {0, -1, 1, 63, -64, 64, INT64_MAX, INT64_MIN};
  struct gh_buf b = {0};
  for (size_t i = 0; i < 7; i++) gh_buf_put_u64(&b, unsigneds[i]), gh_buf_put_fixed64(&b, unsigneds[i]);
  for (size_t i = 0; i < 8; i++) gh_buf_put_i64(&b, signeds[i]);
  gh_buf_put_text(&b, GH_STR("客户"));
  gh_buf_put_text(&b, GH_STR(""));
  struct gh_reader r = gh_reader(gh_buf_str(&b));
  for (size_t i = 0; i < 7; i++) {
    assert_true(gh_read_u64(&r) == unsigneds[i]);
    assert_true(gh_read_fixed64(&r) == unsigneds[i]);
  }
  for (size_t i = 0; i < 8; i++) assert_true(gh_read_i64(&r) == signeds[i]);
  expect_text(gh_read_text(&r), "客户");
  expect_text(gh_read_text(&r), "");
  assert_true(gh_reader_done(&r) && !r.bad);
  gh_buf_free(&b);
}

static void test_a_cut_item_sets_bad_and_reads_as_nothing(void **state)
{
  (void)state;
  struct gh_reader r = gh_reader(gh_str_n("\x80\x80", 2));
  assert_int_equal(gh_read_u64(&r), 0);
  assert_true(r.bad);
  assert_int_equal(gh_read_text(&r).len, 0);
  assert_int_equal(gh_read_fixed64(&r), 0);
  r = gh_reader(gh_str_n("\x05" "abcd", 5)); /* says 5 bytes, has 4 */
  assert_int_equal(gh_read_text(&r).len, 0);
  assert_true(r.bad);
  r = gh_reader(gh_str_n("1234567", 7));
  gh_read_fixed64(&r);
  assert_true(r.bad);
  r = gh_reader(gh_str_n("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11)); /* longer than any 64 bits */
  gh_read_u64(&r);
  assert_true(r.bad);
  r = gh_reader((struct gh_str){NULL, 0});
  assert_true(gh_reader_done(&r));
}

static void test_it_grows_as_it_is_written(void **state)
{
  (void)state;
  struct gh_buf b = {0};
  for (int i = 0; i < 1000; i++) gh_buf_fmt(&b, "%03d,", i);
  gh_buf_byte(&b, '!');
  gh_buf_add_str(&b, (struct gh_str){NULL, 0});
  assert_int_equal(b.len, 4001);
  assert_memory_equal(b.data + 3996, "999,!", 5);
  gh_buf_clear(&b);
  assert_int_equal(gh_buf_str(&b).len, 0);
  gh_buf_free(&b);
  assert_null(b.data);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_packed_is_read_back),
    cmocka_unit_test(test_a_cut_item_sets_bad_and_reads_as_nothing),
    cmocka_unit_test(test_it_grows_as_it_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
