/* Values: copied, compared, packed and read back. */
#include "base/unit.h"
#include "goldhour/base/time.h"
#include "goldhour/model/value.h"

static struct gh_arena arena;

static int setup(void **state)
{
  (void)state;
  gh_arena_init(&arena, 0);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gh_arena_free(&arena);
  return 0;
}

static struct gh_value list(const struct gh_value *items, uint32_t n) { return (struct gh_value){.kind = GH_LIST, .len = n, .items = items}; }
static struct gh_value map(const struct gh_value *items, uint32_t pairs) { return (struct gh_value){.kind = GH_MAP, .len = pairs, .items = items}; }

/* One of every kind that can be packed. */
static unsigned some_values(struct gh_value out[20])
{
  static struct gh_value tags[2], pairs[2], inner[1];
  tags[0] = gh_string(GH_STR("理财")), tags[1] = gh_null();
  inner[0] = list(tags, 2);
  pairs[0] = gh_string(GH_STR("k")), pairs[1] = list(inner, 1);
  unsigned n = 0;
  out[n++] = gh_absent(), out[n++] = gh_null(), out[n++] = gh_bool(true), out[n++] = gh_bool(false);
  out[n++] = gh_int(INT64_MIN), out[n++] = gh_uint(UINT64_MAX), out[n++] = gh_double(-0.1), out[n++] = gh_double(0.0 / 0.0);
  out[n++] = gh_string(GH_STR("")), out[n++] = gh_bytes(GH_STR("\0\xff")), out[n++] = list(tags, 2), out[n++] = map(pairs, 1);
  out[n++] = gh_timestamp(-5, 999999999), out[n++] = gh_duration(-1, 500000000), out[n++] = gh_decimal(-800000, 2), out[n++] = gh_date_value(-1);
  return n;
}

static void test_what_is_packed_is_the_same_when_read(void **state)
{
  (void)state;
  struct gh_value values[20];
  struct gh_buf b = {0};
  unsigned n = some_values(values);
  for (unsigned i = 0; i < n; i++) gh_value_pack(&b, values[i]);
  struct gh_reader r = gh_reader(gh_buf_str(&b));
  for (unsigned i = 0; i < n; i++)
    if (!gh_value_same(gh_value_unpack(&r, &arena), values[i])) fail_msg("value %u", i);
  assert_true(gh_reader_done(&r) && !r.bad);
  gh_buf_free(&b);
}

static void test_every_value_is_the_same_as_itself_alone(void **state)
{
  (void)state;
  struct gh_value values[20];
  unsigned n = some_values(values);
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) assert_int_equal(gh_value_same(values[i], values[j]), i == j);
  assert_false(gh_value_same(gh_decimal(10, 1), gh_decimal(100, 2)));
  assert_false(gh_value_same(gh_int(1), gh_uint(1)));
}

static void test_a_cut_value_is_bad_and_absent(void **state)
{
  (void)state;
  struct gh_value values[20];
  unsigned n = some_values(values);
  for (unsigned i = 0; i < n; i++) {
    struct gh_buf b = {0};
    gh_value_pack(&b, values[i]);
    for (size_t len = 0; len < b.len; len++) {
      struct gh_reader r = gh_reader(gh_str_n(b.data, len));
      assert_int_equal(gh_value_unpack(&r, &arena).kind, GH_ABSENT);
      assert_true(r.bad);
    }
    gh_buf_free(&b);
  }
}

static void expect_bad(const char *bytes, size_t n)
{
  struct gh_reader r = gh_reader(gh_str_n(bytes, n));
  gh_value_unpack(&r, &arena);
  assert_true(r.bad);
}

static void test_bytes_that_are_no_value(void **state)
{
  (void)state;
  expect_bad("\x7f", 1);                             /* no such kind */
  expect_bad("\x0e\x03zzz", 5);                      /* a type is never packed */
  expect_bad("\x0c\x13\x02", 3);                     /* scale 19 */
  expect_bad("\x08\xff\xff\xff\xff\x0f", 6);         /* a list of four thousand million items in no bytes */
  expect_bad("\x0a\x00\x80\x94\xeb\xdc\x03", 7);     /* a whole second of nanoseconds */
  char deep[400];
  for (size_t i = 0; i < sizeof deep; i += 2) deep[i] = GH_LIST, deep[i + 1] = 1;
  expect_bad(deep, sizeof deep);
}

static void test_a_copy_owns_its_texts(void **state)
{
  (void)state;
  char text[] = "招商";
  struct gh_value items[] = {gh_string(gh_str(text)), gh_int(1)};
  struct gh_value copy = gh_value_copy(&arena, list(items, 2));
  text[0] = 'x';
  items[1] = gh_int(2);
  expect_text(gh_text(copy.items[0]), "招商");
  assert_int_equal(copy.items[1].i, 1);
}

static void test_milliseconds_before_1970(void **state)
{
  (void)state;
  struct gh_value t = gh_timestamp_ms(-1);
  assert_int_equal(t.i, -1);
  assert_int_equal(t.len, 999000000);
  assert_int_equal(gh_value_ms(t), -1);
  assert_int_equal(gh_value_ms(gh_timestamp(-1, 999999)), -1000);
  assert_int_equal(gh_value_ms(gh_timestamp_ms(1772414100007)), 1772414100007);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_what_is_packed_is_the_same_when_read, setup, teardown),
    cmocka_unit_test_setup_teardown(test_every_value_is_the_same_as_itself_alone, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_cut_value_is_bad_and_absent, setup, teardown),
    cmocka_unit_test_setup_teardown(test_bytes_that_are_no_value, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_copy_owns_its_texts, setup, teardown),
    cmocka_unit_test_setup_teardown(test_milliseconds_before_1970, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
