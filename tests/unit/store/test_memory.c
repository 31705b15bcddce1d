/* The store in memory keeps leads until the sink has them, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "goldhour/store/store.h"

static void answered(void *ctx, const struct gh_store_error *error) { *(int *)ctx = error ? -1 : 1; }

static void add_lead(void *ctx, uint64_t number, struct gh_str json) { gh_buf_fmt(ctx, "%d:%.*s ", (int)number, GH_FMT(json)); }

static void leads_stay_until_the_sink_has_them(void **state)
{
  (void)state;
  struct gh_store *s = gh_store_open_memory();
  struct gh_store_error error;
  struct gh_buf out = {0};
  struct gh_commit_lead leads[] = {{GH_STR("a"), GH_STR("A")}, {GH_STR("b"), GH_STR("B")}};
  for (uint64_t seq = 1; seq <= 100; seq++) {
    int answer = 0;
    struct gh_commit c = {.seq = seq, .leads = leads, .nleads = 2};
    gh_store_commit(s, &c, answered, &answer);
    assert_int_equal(answer, 1);
    struct gh_sink_place place = {.number = 2 * seq - 1}; /* always one behind */
    assert_true(gh_store_sink_put(s, "stdout", &place, &error));
  }
  assert_int_equal(gh_store_outbox_last(s), 200);
  assert_true(gh_store_outbox(s, 0, add_lead, &out, &error));
  gh_buf_byte(&out, '\0');
  assert_string_equal(out.data, "200:B ");
  gh_buf_free(&out);
  gh_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(leads_stay_until_the_sink_has_them)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
