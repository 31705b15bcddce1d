/* Types: read, inferred, and compared across kinds. */
#include "condition.h"
#include "function.h"
#include "literal.h"

static void types_are_read(void **state)
{
  struct bank *b = *state;
  struct gh_type t;
  assert_true(gh_cel_type_parse(&b->arena, GH_STR("int"), &t));
  assert_int_equal(t.kind, GH_INT);
  assert_true(gh_cel_type_parse(&b->arena, GH_STR(" list( map(string , decimal(2)) ) "), &t));
  assert_true(t.kind == GH_LIST && t.elem->kind == GH_MAP && t.elem->key->kind == GH_STRING && t.elem->elem->scale == 2);
  assert_true(gh_cel_type_parse(&b->arena, GH_STR("date"), &t));
  assert_int_equal(t.kind, GH_DATE);
  const char *wrong[] = {"", "inte", "list(", "list(int", "map(int)", "decimal(19)", "decimal(x)", "int int", "list(A)", "A", "int(3)"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(gh_cel_type_parse(&b->arena, gh_str(wrong[i]), &t));
}

static void assert_type(struct bank *b, const char *text, const char *expected)
{
  struct gh_program *p = compile(b, text);
  if (!p) fail_msg("%s: %.*s", text, GH_FMT(b->fault.message));
  struct gh_str shown = gh_type_text(&b->arena, gh_program_type(p));
  if (!gh_str_eq(shown, gh_str(expected))) fail_msg("%s: %.*s", text, GH_FMT(shown));
}

static void types_are_inferred(void **state)
{
  struct bank *b = *state;
  assert_type(b, "event.count + 1", "int");
  assert_type(b, "event.rate / 2.0", "double");
  assert_type(b, "0.5", "double");
  assert_type(b, "event.amount + 0.005", "decimal(3)");
  assert_type(b, "event.amount * customer.aum", "decimal(4)");
  assert_type(b, "event.flag ? event.amount : 0.0", "decimal(2)");
  assert_type(b, "decimal.div(event.amount, 3, 4)", "decimal(4)");
  assert_type(b, "[1, 2]", "list(int)");
  assert_type(b, "[1, 'a']", "list(dyn)");
  assert_type(b, "{'a': 1}", "map(string, int)");
  assert_type(b, "customer.funds.map(f, size(f))", "list(int)");
  assert_type(b, "customer.funds.filter(f, f != '')", "list(string)");
  assert_type(b, "customer.funds.transformMap(i, f, f)", "map(int, string)");
  assert_type(b, "[].map(x, x + 1)", "list(int)");
  assert_type(b, "event.matures_on", "timestamp");
  assert_type(b, "now - event.time", "duration");
  assert_type(b, "event.labels.risk", "int");
  assert_type(b, "cel.bind(x, event.topic, [x])", "list(string)");
  assert_type(b, "math.greatest(event.count, 3)", "int");
}

static int order(struct gh_value a, struct gh_value b)
{
  int o = 9;
  return gh_cel_order(a, b, &o) ? o : 9;
}

static void numbers_compare_across_kinds(void **state)
{
  (void)state;
  assert_int_equal(order(gh_int(1), gh_uint(1)), 0);
  assert_int_equal(order(gh_int(-1), gh_uint(0)), -1);
  assert_int_equal(order(gh_uint(UINT64_MAX), gh_int(INT64_MAX)), 1);
  assert_int_equal(order(gh_int(1), gh_double(1.5)), -1);
  assert_int_equal(order(gh_double(1.5), gh_uint(1)), 1);
  assert_int_equal(order(gh_double(0.0 / 0.0), gh_int(1)), 2);
  assert_int_equal(order(gh_decimal(150, 2), gh_int(2)), -1);
  assert_int_equal(order(gh_decimal(150, 2), gh_double(1.5)), 9);
  assert_int_equal(order(gh_string(GH_STR("a")), gh_int(1)), 9);
  assert_int_equal(order(gh_null(), gh_null()), 9);
  assert_int_equal(order(gh_bool(false), gh_bool(true)), -1);
  assert_true(gh_cel_equal(gh_decimal(150, 2), gh_double(1.5)));
  assert_true(gh_cel_equal(gh_decimal(-4, 0), gh_double(-4)));
  assert_false(gh_cel_equal(gh_decimal(10, 2), gh_double(0.1)));
  assert_false(gh_cel_equal(gh_decimal(1, 0), gh_double(1e300)));
  assert_false(gh_cel_equal(gh_double(0.0 / 0.0), gh_double(0.0 / 0.0)));
  assert_false(gh_cel_equal(gh_int(1), gh_string(GH_STR("1"))));
}

static void a_literal_double_carries_its_decimal(void **state)
{
  (void)state;
  const char *texts[] = {"0.1", "8000.00", ".5", "1e3", "123456789012345678.9", "9223372036854775807.0", "0.000000000000000001", "007.25"};
  const int64_t units[] = {1, 800000, 5, 1000, 1234567890123456789, INT64_MAX, 1, 725};
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    struct gh_value d;
    assert_true(gh_cel_literal_decimal(gh_cel_read_double(gh_str(texts[i]), false), &d));
    if (d.i != units[i]) fail_msg("%s: %lld", texts[i], (long long)d.i);
    assert_true(gh_cel_literal_decimal(gh_cel_read_double(gh_str(texts[i]), true), &d));
    assert_int_equal(d.i, -units[i]);
  }
  struct gh_value d;
  assert_false(gh_cel_literal_decimal(gh_cel_read_double(GH_STR("1e300"), false), &d));
  assert_false(gh_cel_literal_decimal(gh_double(0.5), &d));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    TEST(types_are_read), TEST(types_are_inferred), TEST(numbers_compare_across_kinds), TEST(a_literal_double_carries_its_decimal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
