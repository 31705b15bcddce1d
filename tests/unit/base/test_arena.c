/* Memory that is given back all at once. */
#include "base/unit.h"
#include "goldhour/base/arena.h"

static void test_what_is_given_out_is_aligned_and_apart(void **state)
{
  (void)state;
  struct gh_arena a;
  gh_arena_init(&a, 0);
  char *last = NULL;
  for (size_t size = 0; size < 5000; size += 37) {
    char *p = gh_arena_alloc(&a, size);
    assert_int_equal((uintptr_t)p % 16, 0);
    memset(p, (int)size, size);
    if (last) assert_true(*last == (char)(size - 37) || size == 37);
    last = p;
  }
  assert_non_null(gh_arena_alloc(&a, 10u << 20)); /* larger than any block */
  gh_arena_free(&a);
}

static void test_a_reset_gives_the_same_memory_again(void **state)
{
  (void)state;
  struct gh_arena a;
  gh_arena_init(&a, 0);
  void *first = gh_arena_alloc(&a, 100);
  for (int i = 0; i < 1000; i++) gh_arena_alloc(&a, 100);
  gh_arena_reset(&a);
  assert_int_equal(a.used_bytes, 0);
  assert_ptr_equal(gh_arena_alloc(&a, 100), first);
  gh_arena_free(&a);
  assert_non_null(gh_arena_alloc(&a, 1));
  gh_arena_free(&a);
}

static void test_beyond_its_limit_it_answers_null(void **state)
{
  (void)state;
  struct gh_arena a;
  gh_arena_init(&a, 64);
  assert_non_null(gh_arena_alloc(&a, 48));
  assert_null(gh_arena_alloc(&a, 17));
  assert_non_null(gh_arena_alloc(&a, 16));
  assert_null(gh_arena_zero(&a, 1, 1));
  assert_null(gh_arena_str(&a, GH_STR("x")).ptr);
  assert_int_equal(gh_arena_fmt(&a, "%d", 1).len, 0);
  gh_arena_reset(&a);
  assert_non_null(gh_arena_alloc(&a, 64));
  gh_arena_free(&a);
}

static void test_texts_end_in_nul(void **state)
{
  (void)state;
  struct gh_arena a;
  gh_arena_init(&a, 0);
  struct gh_str s = gh_arena_str(&a, gh_str_n("代发工资", 6));
  expect_text(s, "代发");
  assert_int_equal(s.ptr[6], 0);
  s = gh_arena_fmt(&a, "%s+%d", "T", 1);
  expect_text(s, "T+1");
  assert_int_equal(s.ptr[3], 0);
  int *n = gh_arena_zero(&a, 4, sizeof *n);
  assert_int_equal(n[0] | n[3], 0);
  gh_arena_free(&a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_given_out_is_aligned_and_apart),
    cmocka_unit_test(test_a_reset_gives_the_same_memory_again),
    cmocka_unit_test(test_beyond_its_limit_it_answers_null),
    cmocka_unit_test(test_texts_end_in_nul),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
