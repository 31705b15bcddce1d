/* The bounds of an expression and of one evaluation. */
#include "condition.h"

static const char *repeat(struct bank *b, const char *before, const char *middle, const char *after, unsigned n)
{
  size_t length = n * (strlen(before) + strlen(after)) + strlen(middle) + 1;
  char *text = gh_arena_alloc(&b->arena, length), *at = text;
  for (unsigned i = 0; i < n; i++) at = stpcpy(at, before);
  at = stpcpy(at, middle);
  for (unsigned i = 0; i < n; i++) at = stpcpy(at, after);
  return text;
}

static void deep_nesting_is_taken_up_to_the_bound(void **state)
{
  struct bank *b = *state;
  assert_int_equal(value_of(b, repeat(b, "(", "1", ")", GH_CEL_DEPTH - 1)).i, 1);
  assert_null(compile(b, repeat(b, "(", "1", ")", GH_CEL_DEPTH)));
  assert_null(compile(b, repeat(b, "[", "1", "]", 100000)));
  assert_null(compile(b, repeat(b, "(", "", "", 100000)));
  assert_int_equal(value_of(b, repeat(b, "[", "1", "]", 200)).kind, GH_LIST);
  assert_int_equal(value_of(b, repeat(b, "dyn([", "1", "])", 120)).kind, GH_LIST);
}

static void long_chains_are_taken(void **state)
{
  struct bank *b = *state;
  assert_true(value_of(b, repeat(b, "false || ", "true", "", 5000)).b);
  assert_true(value_of(b, repeat(b, "", "true", " && true", 5000)).b);
  assert_int_equal(value_of(b, repeat(b, "1 + ", "1", "", 900)).i, 901);
  assert_int_equal(value_of(b, repeat(b, "-", "19", "", 501)).i, -19);
  assert_false(value_of(b, repeat(b, "!", "true", "", 301)).b);
  assert_null(compile(b, repeat(b, "1 + ", "1", "", 100000)));
  assert_null(compile(b, repeat(b, "-", "x", "", 100000)));
  assert_null(compile(b, repeat(b, "", "event", ".a", 100000)));
  assert_int_equal(value_of(b, repeat(b, "true ? ", "1", " : 2", 1)).i, 1);
}

static void memory_is_bounded(void **state)
{
  struct bank *b = *state;
  char *text = gh_arena_alloc(&b->arena, 70000);
  memset(text, 'x', 70000);
  b->event[TOPIC] = gh_string(gh_str_n(text, 70000));
  struct gh_value v = value_of(b, "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map(i, event.topic + event.topic)");
  assert_int_equal(v.kind, GH_ERROR);
  assert_non_null(strstr(gh_arena_str(&b->arena, gh_text(v)).ptr, "1 MB"));
  v = value_of(b, "size(event.topic + event.topic)");
  assert_int_equal(v.i, 140000);
}

static void steps_are_bounded(void **state)
{
  struct bank *b = *state;
  struct gh_value items[1000];
  for (unsigned i = 0; i < 1000; i++) items[i] = gh_string(GH_STR("fund"));
  b->customer[FUNDS] = (struct gh_value){.kind = GH_LIST, .len = 1000, .items = items};
  assert_error(b, "customer.funds.all(x, customer.funds.all(y, x == y))", "1,000,000 steps");
  assert_error(b, "customer.funds.all(x, !('z' in customer.funds) && customer.funds == customer.funds)", "1,000,000 steps");
  assert_holds(b, "customer.funds.all(x, x == 'fund')", true);
}

static void scratch_is_given_back_before_the_next_evaluation(void **state)
{
  struct bank *b = *state;
  b->event[TOPIC] = gh_string(GH_STR("wealth"));
  struct gh_program *p = compile(b, "event.topic + '!' == 'wealth!'");
  struct gh_cel_frame frame = frame_of(b);
  for (unsigned i = 0; i < 100000; i++) assert_true(gh_cel_test(p, &frame, NULL));
  assert_true(b->scratch.used_bytes < 100);
}

static void functions_have_no_hold_on_what_was_before(void **state)
{
  struct bank *b = *state;
  b->event[TOPIC] = gh_string(GH_STR("fund-510300"));
  assert_holds(b, "event.topic.matches('^fund-[0-9]{6}$')", true);
  assert_holds(b, "event.topic.matches('^bond-') || event.topic.matches('300$')", true);
  assert_refused(b, "event.topic.matches('(')", 12, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    TEST(deep_nesting_is_taken_up_to_the_bound), TEST(long_chains_are_taken),
    TEST(memory_is_bounded), TEST(steps_are_bounded),
    TEST(scratch_is_given_back_before_the_next_evaluation), TEST(functions_have_no_hold_on_what_was_before),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
