/* A table from texts to numbers. */
#include "base/unit.h"
#include "goldhour/base/textmap.h"

static void test_names_find_their_numbers_however_many(void **state)
{
  (void)state;
  struct gh_arena a;
  struct gh_textmap map;
  gh_arena_init(&a, 0);
  gh_textmap_init(&map, &a);
  uint32_t value;
  assert_false(gh_textmap_find(&map, GH_STR("n0"), &value));
  for (uint32_t i = 0; i < 1000; i++) assert_true(gh_textmap_add(&map, gh_arena_fmt(&a, "n%u", i), i, NULL));
  for (uint32_t i = 0; i < 1000; i++) {
    assert_true(gh_textmap_find(&map, gh_arena_fmt(&a, "n%u", i), &value));
    assert_int_equal(value, i);
  }
  assert_false(gh_textmap_find(&map, GH_STR("n1000"), &value));
  gh_arena_free(&a);
}

static void test_the_first_of_a_name_stays(void **state)
{
  (void)state;
  struct gh_arena a;
  struct gh_textmap map;
  gh_arena_init(&a, 0);
  gh_textmap_init(&map, &a);
  uint32_t held = 9, value = 9;
  assert_true(gh_textmap_add(&map, GH_STR("a"), 1, &held));
  assert_int_equal(held, 9);
  assert_false(gh_textmap_add(&map, GH_STR("a"), 2, &held));
  assert_int_equal(held, 1);
  assert_true(gh_textmap_find(&map, GH_STR("a"), &value));
  assert_int_equal(value, 1);
  gh_arena_free(&a);
}

static void test_the_empty_text_is_a_name(void **state)
{
  (void)state;
  struct gh_arena a;
  struct gh_textmap map;
  gh_arena_init(&a, 0);
  gh_textmap_init(&map, &a);
  uint32_t value;
  assert_true(gh_textmap_add(&map, (struct gh_str){NULL, 0}, 5, NULL));
  assert_false(gh_textmap_add(&map, GH_STR(""), 6, NULL));
  assert_true(gh_textmap_find(&map, GH_STR(""), &value));
  assert_int_equal(value, 5);
  gh_arena_free(&a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_names_find_their_numbers_however_many),
    cmocka_unit_test(test_the_first_of_a_name_stays),
    cmocka_unit_test(test_the_empty_text_is_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
