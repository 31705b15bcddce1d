/* The store in memory keeps leads until the sink has them, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "goldhour/store/store.h"

static void answered(void *ctx, enum gh_commit_answer answer, const struct gh_store_error *error)
{
  *(int *)ctx = answer == GH_COMMIT_DURABLE && !error ? 1 : -1;
}

static void add_lead(void *ctx, uint64_t number, struct gh_str id, struct gh_str json)
{
  gh_buf_fmt(ctx, "%d:%.*s=%.*s ", (int)number, GH_FMT(id), GH_FMT(json));
}

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
  assert_string_equal(out.data, "200:b=B ");
  gh_buf_free(&out);
  gh_store_close(s);
}

static void leads_stay_until_the_slowest_of_several_sinks_has_them(void **state)
{
  (void)state;
  struct gh_store *s = gh_store_open_memory();
  struct gh_store_error error;
  struct gh_buf out = {0};
  int answer = 0;
  const char *const two[] = {"kafka:a", "stdout"}, *const one[] = {"stdout", "webhook:b"};
  assert_true(gh_store_sinks_only(s, two, 2, &error));
  struct gh_commit_lead leads[] = {{GH_STR("a"), GH_STR("A")}, {GH_STR("b"), GH_STR("B")}, {GH_STR("c"), GH_STR("C")}};
  struct gh_commit c = {.seq = 1, .leads = leads, .nleads = 3};
  gh_store_commit(s, &c, answered, &answer);
  struct gh_sink_place place = {.number = 2};
  assert_true(gh_store_sink_put(s, "kafka:a", &place, &error));
  place.number = 1;
  assert_true(gh_store_sink_put(s, "stdout", &place, &error));
  assert_true(gh_store_sinks_only(s, one, 2, &error)); /* the new one begins where the furthest stood */
  assert_true(gh_store_sink_get(s, "webhook:b", &place, &error));
  assert_int_equal(place.number, 2);
  assert_true(gh_store_outbox(s, 0, add_lead, &out, &error));
  gh_buf_byte(&out, '\0');
  assert_string_equal(out.data, "2:b=B 3:c=C ");
  gh_buf_free(&out);
  struct gh_store *user = gh_store_ref(s);
  gh_store_close(s);
  assert_true(gh_store_still_ours(user));
  gh_store_close(user);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(leads_stay_until_the_sink_has_them),
                                     cmocka_unit_test(leads_stay_until_the_slowest_of_several_sinks_has_them)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
