/* A table from texts to numbers. */
#include "base/unit.h"
#include "goldhour/base/textmap.h"

static void test_the_first_of_a_name_stays(void **state)
{
  (void)state;
  struct gh_arena arena;
  struct gh_textmap map;
  uint32_t v = 0;
  gh_arena_init(&arena, 0);
  gh_textmap_init(&map, &arena);
  assert_false(gh_textmap_find(&map, GH_STR("a"), &v));
  assert_true(gh_textmap_add(&map, GH_STR("a"), 7, NULL));
  assert_true(gh_textmap_add(&map, GH_STR("ab"), 8, NULL));
  assert_false(gh_textmap_add(&map, GH_STR("a"), 9, &v));
  assert_int_equal(v, 7);
  assert_true(gh_textmap_find(&map, GH_STR("ab"), &v));
  assert_int_equal(v, 8);
  assert_int_equal(map.len, 2);
  gh_arena_free(&arena);
}

static void test_ten_thousand_names(void **state)
{
  (void)state;
  struct gh_arena arena;
  struct gh_textmap map;
  uint32_t v;
  gh_arena_init(&arena, 0);
  gh_textmap_init(&map, &arena);
  for (uint32_t i = 0; i < 10000; i++) assert_true(gh_textmap_add(&map, gh_arena_fmt(&arena, "rule-%u", i), i, NULL));
  for (uint32_t i = 0; i < 10000; i++) {
    assert_true(gh_textmap_find(&map, gh_arena_fmt(&arena, "rule-%u", i), &v));
    assert_int_equal(v, i);
  }
  assert_false(gh_textmap_find(&map, GH_STR("rule-10000"), &v));
  gh_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_the_first_of_a_name_stays),
    cmocka_unit_test(test_ten_thousand_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
