/* A message's headers survive being packed, so that a dead letter can be sent again as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "goldhour/model/message.h"
#include "goldhour/store/store.h"

static void headers_come_back_as_they_were(void **state)
{
  (void)state;
  struct gh_header in[] = {{GH_STR("ce_id"), GH_STR("17")}, {GH_STR("ce_id"), GH_STR("")}, {GH_STR(""), {NULL, 0}}, {GH_STR("b"), GH_STR("\0\xff")}};
  struct gh_buf packed = {0};
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  gh_headers_pack(&packed, in, 4);
  const struct gh_header *out;
  unsigned n;
  assert_true(gh_headers_unpack(gh_buf_str(&packed), &arena, &out, &n));
  assert_int_equal(n, 4);
  for (unsigned i = 0; i < 4; i++) {
    assert_true(gh_str_eq(in[i].name, out[i].name));
    assert_true(gh_str_eq(in[i].value, out[i].value));
    assert_int_equal(in[i].value.ptr == NULL, out[i].value.ptr == NULL);
  }
  /* Cut anywhere, it is refused; nothing at all is no headers. */
  for (size_t cut = 1; cut < packed.len; cut++) assert_false(gh_headers_unpack(gh_str_n(packed.data, cut), &arena, &out, &n));
  assert_true(gh_headers_unpack(GH_STR(""), &arena, &out, &n));
  assert_int_equal(n, 0);
  gh_buf_free(&packed);
  gh_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(headers_come_back_as_they_were)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
