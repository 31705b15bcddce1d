/* The pool: blocks keep what is written into them, whatever is taken and given in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "goldhour/state/pool.h"

static void a_resized_block_keeps_its_first_bytes(void **unused)
{
  (void)unused;
  struct gh_pool p = {0};
  char *block = gh_pool_take(&p, 10);
  memcpy(block, "goldhour!", 10);
  size_t size = 10;
  for (size_t to = 10; to < 20000; size = to, to = to * 3 / 2) {
    block = gh_pool_resize(&p, block, size, to);
    assert_string_equal(block, "goldhour!");
  }
  block = gh_pool_resize(&p, block, size, 16);
  assert_string_equal(block, "goldhour!");
  assert_null(gh_pool_resize(&p, block, 16, 0));
  assert_null(gh_pool_take(&p, 0));
  gh_pool_free(&p);
}

static void blocks_do_not_overlap(void **unused)
{
  (void)unused;
  enum { BLOCKS = 300, ROUNDS = 20000 };
  struct gh_pool p = {0};
  unsigned char *blocks[BLOCKS] = {0};
  size_t sizes[BLOCKS] = {0};
  uint64_t seed = 7;
  for (unsigned round = 0; round < ROUNDS; round++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    unsigned i = (unsigned)(seed >> 33) % BLOCKS;
    for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(blocks[i][k], i & 255);
    gh_pool_give(&p, blocks[i], sizes[i]);
    sizes[i] = (size_t)(seed >> 45) % (round % 50 ? 700 : 6000);
    blocks[i] = gh_pool_take(&p, sizes[i]);
    if (sizes[i]) memset(blocks[i], (int)(i & 255), sizes[i]);
    assert_int_equal((uintptr_t)blocks[i] % 16, 0);
  }
  gh_pool_free(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_resized_block_keeps_its_first_bytes), cmocka_unit_test(blocks_do_not_overlap)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
