/* Faults as people see them. */
#include "base/unit.h"
#include "goldhour/base/buf.h"
#include "goldhour/base/fault.h"

static struct gh_faults faults;

static int setup(void **state)
{
  (void)state;
  gh_faults_init(&faults);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gh_faults_free(&faults);
  return 0;
}

static void test_a_fault_is_printed_with_place_excerpt_and_hint(void **state)
{
  (void)state;
  struct gh_fault *f = gh_fault(&faults, (struct gh_spot){GH_STR("rules.yaml"), 3, 9}, "unknown field '%s'", "amout");
  f->excerpt = gh_fault_caret(&faults, GH_STR("when: 工资 amout > 1\nnext"), 13);
  f->hint = GH_STR("did you mean 'amount'?");
  struct gh_buf out = {0};
  gh_fault_print(f, &out);
  expect_text(gh_buf_str(&out), "rules.yaml:3:9: error: unknown field 'amout'\n"
                                "    when: 工资 amout > 1\n"
                                "               ^\n"
                                "  hint: did you mean 'amount'?\n");
  gh_buf_clear(&out);
  gh_fault_print(gh_warning(&faults, (struct gh_spot){0}, "soon over"), &out);
  expect_text(gh_buf_str(&out), "warning: soon over\n");
  gh_buf_free(&out);
}

static void test_did_you_mean_finds_the_nearest_name_or_none(void **state)
{
  (void)state;
  static const struct gh_str names[] = {{"amount", 6}, {"account", 7}, {"employer", 8}};
  expect_text(gh_did_you_mean(&faults, GH_STR("amuont"), names, 3), "did you mean 'amount'?");
  expect_text(gh_did_you_mean(&faults, GH_STR("acccount"), names, 3), "did you mean 'account'?");
  expect_text(gh_did_you_mean(&faults, GH_STR("merchant"), names, 3), "");
  expect_text(gh_did_you_mean(&faults, GH_STR("x"), names, 3), "");
  expect_text(gh_did_you_mean(&faults, GH_STR("amount"), NULL, 0), "");
}

static void test_lists_merge_in_order_and_outlive_their_origin(void **state)
{
  (void)state;
  struct gh_faults other;
  gh_faults_init(&other);
  gh_fault(&faults, (struct gh_spot){0}, "first");
  gh_fault(&other, (struct gh_spot){GH_STR("a"), 1, 2}, "second")->hint = GH_STR("do so");
  gh_warning(&other, (struct gh_spot){0}, "third");
  gh_faults_merge(&faults, &other);
  gh_faults_free(&other);
  assert_int_equal(faults.errors, 2);
  assert_int_equal(faults.warnings, 1);
  expect_text(faults.first->next->message, "second");
  expect_text(faults.first->next->hint, "do so");
  expect_text(faults.last->message, "third");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_a_fault_is_printed_with_place_excerpt_and_hint, setup, teardown),
    cmocka_unit_test_setup_teardown(test_did_you_mean_finds_the_nearest_name_or_none, setup, teardown),
    cmocka_unit_test_setup_teardown(test_lists_merge_in_order_and_outlive_their_origin, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
