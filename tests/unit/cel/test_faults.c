/* What the compiler says of mistakes, and where. */
#include "condition.h"

static void mistakes_of_writing(void **state)
{
  struct bank *b = *state;
  assert_refused(b, "", 0, "the expression ends");
  assert_refused(b, "event.count >", 13, "the expression ends");
  assert_refused(b, "event.count = 3", 12, "write '=='");
  assert_refused(b, "event.count == 3 customer.age", 17, "an operator was expected");
  assert_refused(b, "event.topic == 'wealth", 15, "does not end");
  assert_refused(b, "'a\\qb' == 'x'", 2, "escape");
  assert_refused(b, "[1, 2", 5, "the expression ends");
  assert_refused(b, "{1 2}", 3, "':' between key and value");
  assert_refused(b, "12abc > 3", 2, "a number followed by a letter");
  assert_refused(b, "9223372036854775808 > 3", 0, "does not fit int");
  assert_refused(b, "for > 3", 0, "reserved word");
  assert_refused(b, "event{a: 1}", 5, "messages are not part");
  assert_refused(b, "event.?count", 6, "optional values are not part");
  assert_refused(b, "event.count # 3", 12, "'#' has no meaning");
  assert_refused(b, "event.count & 3", 12, "write '&&'");
  assert_refused(b, "event.flag and event.flag", 11, "'and' is written &&");
  assert_refused(b, "event.count ＞ 3", 12, "'＞' is a full-width sign");
  assert_refused(b, "event.topic == “wealth”", 15, "full-width");
  assert_refused(b, "'\xff' == 'x'", 0, "UTF-8");
}

static void unknown_names_get_a_hint(void **state)
{
  struct bank *b = *state;
  assert_refused(b, "event.amuont > 3", 0, "did you mean 'event.amount'?");
  assert_refused(b, "customer.age > 3 && custmer.age < 5", 20, "did you mean 'customer.age'?");
  assert_refused(b, "event.topic.startswith('x')", 12, "did you mean 'startsWith'?");
  assert_refused(b, "has(event.topci)", 0 + 4, "unknown name 'event.topci'");
  assert_refused(b, "zzz", 0, "unknown name 'zzz'");
  assert_refused(b, "event", 0, "unknown name 'event'");
}

static void mistakes_of_type(void **state)
{
  struct bank *b = *state;
  assert_refused(b, "event.topic > 3", 12, "no operator '>' between string and int");
  assert_refused(b, "event.topic == 3", 12, "no operator '=='");
  assert_refused(b, "event.topic && event.flag", 6, "each side of && is a bool, this is string");
  assert_refused(b, "event.count ? 1 : 2", 6, "is a bool, this is int");
  assert_refused(b, "event.flag ? 1 : 'a'", 11, "have one type");
  assert_refused(b, "event.count + event.rate > 1.0", 12, "converted first");
  assert_refused(b, "-event.topic == 'x'", 0, "no operator '-' on string");
  assert_refused(b, "event.count.all(x, x > 1)", 6, "works on a list or a map");
  assert_refused(b, "[1, 2].all(x, x + 1)", 16, "the condition of a macro is a bool");
  assert_refused(b, "event.topic.contains(3)", 12, "string.contains(string)");
  assert_refused(b, "event.count.size() > 1", 12, "no method size() on int");
  assert_refused(b, "event.count.x == 1", 12, "has no field 'x'");
  assert_refused(b, "'a' in event.count", 4, "looks into a list or a map");
  assert_refused(b, "customer.name == null", 14, "has(");
}

static void mistakes_of_macros(void **state)
{
  struct bank *b = *state;
  assert_refused(b, "has(now)", 0, "has() asks for one field");
  assert_refused(b, "[1].all(x.y, true)", 10, "a simple name");
  assert_refused(b, "[1].all(x, x, true)", 11, "different names");
  assert_refused(b, "cel.bind(1, 2, 3)", 9, "simple one");
  assert_refused(b, "customer.funds.all(x)", 15, "list.all(x, condition)");
  assert_refused(b, "{[1]: 2} == {}", 0, "a map's key is");
}

static void a_condition_is_wanted(void **state)
{
  struct bank *b = *state;
  struct gh_cel_options options = {.want = {.kind = GH_BOOL}};
  assert_null(gh_cel_compile(b->env, &b->arena, GH_STR("event.count + 1"), options, &b->fault));
  assert_non_null(strstr(b->fault.message.ptr, "this is int, but bool is needed"));
  assert_non_null(gh_cel_compile(b->env, &b->arena, GH_STR("dyn(event.count)"), options, &b->fault));
  assert_non_null(gh_cel_compile(b->env, &b->arena, GH_STR("event.count > 1"), options, &b->fault));
}

static void unchecked_mistakes_wait_for_the_evaluation(void **state)
{
  struct bank *b = *state;
  assert_int_equal(unchecked(b, "zzz").kind, GH_ERROR);
  assert_int_equal(unchecked(b, "f_unknown(17) || true").b, true);
  assert_int_equal(unchecked(b, "'a' > 3").kind, GH_ERROR);
  assert_int_equal(unchecked(b, "'a'.matches('(')").kind, GH_ERROR);
  assert_int_equal(unchecked(b, "true ? 1 : 'a'").i, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    TEST(mistakes_of_writing), TEST(unknown_names_get_a_hint), TEST(mistakes_of_type),
    TEST(mistakes_of_macros),  TEST(a_condition_is_wanted),    TEST(unchecked_mistakes_wait_for_the_evaluation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
