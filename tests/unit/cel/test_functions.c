/* The standard functions: sizes, types, texts that contain others, regular expressions. */
#include "function_call.h"

static void sizes_are_counted_in_code_points(void **state)
{
  (void)state;
  assert_value(CALL("size", text("")), gh_int(0));
  assert_value(CALL("size", text("代发工资")), gh_int(4));
  assert_value(CALL("size", text("🐱")), gh_int(1));
  assert_value(CALL("size", gh_bytes(GH_STR("\xE4\xBB\xA3"))), gh_int(3));
  assert_value(CALL("size", LIST(gh_int(1), gh_int(2))), gh_int(2));
  assert_value(CALL("size", MAP(text("a"), gh_int(1))), gh_int(1));
  assert_error(CALL("size", gh_int(7)), "no such overload");
}

static void every_value_has_a_type(void **state)
{
  (void)state;
  struct gh_value t = CALL("type", gh_timestamp(0, 0));
  assert_int_equal(t.kind, GH_TYPE);
  assert_true(gh_str_eq(gh_text(t), GH_STR("google.protobuf.Timestamp")));
  t = CALL("type", gh_decimal(800000, 2));
  assert_true(gh_str_eq(gh_text(t), GH_STR("decimal")));
  t = CALL("type", t);
  assert_true(gh_str_eq(gh_text(t), GH_STR("type")));
  assert_value(CALL("dyn", gh_uint(3)), gh_uint(3));
}

static void texts_contain_begin_and_end(void **state)
{
  (void)state;
  assert_value(CALL("contains", text("定投计划"), text("投计")), gh_bool(true));
  assert_value(CALL("contains", text("abc"), text("")), gh_bool(true));
  assert_value(CALL("contains", text(""), text("a")), gh_bool(false));
  assert_value(CALL("startsWith", text("abc"), text("ab")), gh_bool(true));
  assert_value(CALL("startsWith", text("ab"), text("abc")), gh_bool(false));
  assert_value(CALL("endsWith", text("abc"), text("bc")), gh_bool(true));
  assert_value(CALL("endsWith", text("c"), text("bc")), gh_bool(false));
  assert_error(CALL("contains", text("abc"), gh_int(1)), "no such overload");
  assert_error(CALL("startsWith", gh_int(1), text("a")), "no such overload");
}

static void a_pattern_matches_a_part(void **state)
{
  (void)state;
  assert_value(CALL("matches", text("banana"), text("ba(na)*")), gh_bool(true));
  assert_value(CALL("matches", text("hubba"), text("^ubb")), gh_bool(false));
  assert_value(CALL("matches", text("6222021234"), text("^62\\d{8}$")), gh_bool(true));
  assert_error(CALL("matches", text("a"), text("(")), "invalid regular expression");
  assert_error(CALL("matches", text("a"), gh_null()), "no such overload");
}

static void a_constant_pattern_is_compiled_once(void **state)
{
  (void)state;
  struct gh_arena arena;
  struct gh_value fault = gh_absent(), args[2] = {gh_absent(), text("^6[0-9]+$")};
  uint32_t steps = GH_CEL_STEPS;
  gh_arena_init(&arena, 0);
  const struct gh_overload *row = row_of("matches", 2);
  struct gh_call call = {.scratch = &scratch, .steps = &steps, .constant = row->prepare(&arena, NULL, args, 2, &fault)};
  assert_non_null(call.constant);
  assert_int_equal(fault.kind, GH_ABSENT);
  args[0] = text("622");
  assert_value(row->call(&call, args, 2), gh_bool(true));
  args[0] = text("x622");
  assert_value(row->call(&call, args, 2), gh_bool(false));
  gh_arena_free(&arena);
}

static void a_constant_pattern_that_is_malformed_refuses_the_program(void **state)
{
  (void)state;
  struct gh_arena arena;
  struct gh_value fault = gh_absent(), args[2] = {gh_absent(), text("a**")};
  gh_arena_init(&arena, 0);
  assert_null(row_of("matches", 2)->prepare(&arena, NULL, args, 2, &fault));
  assert_error(fault, "invalid regular expression");
  args[1] = gh_absent();
  fault = gh_absent();
  assert_null(row_of("matches", 2)->prepare(&arena, NULL, args, 2, &fault));
  assert_int_equal(fault.kind, GH_ABSENT);
  gh_arena_free(&arena);
}

/* A backtracking engine needs 2^40 steps for this. */
static void a_hostile_pattern_takes_linear_time(void **state)
{
  (void)state;
  char many[4001];
  memset(many, 'a', 4000);
  many[4000] = '\0';
  assert_value(CALL("matches", text(many), text("(a*)*(a*)*(a|a)*b$")), gh_bool(false));
}

static void long_work_spends_steps(void **state)
{
  (void)state;
  static char many[100000];
  memset(many, 'a', sizeof many);
  struct gh_value args[2] = {gh_string(gh_str_n(many, sizeof many)), text("b")};
  assert_error(call_with_steps("contains", args, 2, 10), "step");
  assert_error(call_with_steps("matches", args, 2, 10), "step");
  assert_error(call_with_steps("size", args, 1, 10), "step");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(sizes_are_counted_in_code_points, fresh_scratch),
    cmocka_unit_test_setup(every_value_has_a_type, fresh_scratch),
    cmocka_unit_test_setup(texts_contain_begin_and_end, fresh_scratch),
    cmocka_unit_test_setup(a_pattern_matches_a_part, fresh_scratch),
    cmocka_unit_test_setup(a_constant_pattern_is_compiled_once, fresh_scratch),
    cmocka_unit_test_setup(a_constant_pattern_that_is_malformed_refuses_the_program, fresh_scratch),
    cmocka_unit_test_setup(a_hostile_pattern_takes_linear_time, fresh_scratch),
    cmocka_unit_test_setup(long_work_spends_steps, fresh_scratch),
  };
  return cmocka_run_group_tests(tests, NULL, free_scratch);
}
