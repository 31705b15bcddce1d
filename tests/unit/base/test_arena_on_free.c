/* What a library allocated and an arena owns is given back with the arena, the latest first, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "goldhour/base/arena.h"

static char order[8];
static size_t released;

static void release(void *what) { order[released++] = *(const char *)what; }

static void register_two(struct gh_arena *arena)
{
  released = 0;
  gh_arena_on_free(arena, release, (void *)"a");
  gh_arena_on_free(arena, release, (void *)"b");
}

static void the_latest_first(void **state)
{
  (void)state;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  register_two(&arena);
  gh_arena_free(&arena);
  assert_int_equal(released, 2);
  assert_memory_equal(order, "ba", 2);
  gh_arena_free(&arena);
  assert_int_equal(released, 2);
}

static void a_reset_gives_back_too(void **state)
{
  (void)state;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  register_two(&arena);
  gh_arena_reset(&arena);
  assert_int_equal(released, 2);
  gh_arena_alloc(&arena, 100);
  gh_arena_free(&arena);
  assert_int_equal(released, 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_latest_first), cmocka_unit_test(a_reset_gives_back_too)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
