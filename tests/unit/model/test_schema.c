/* Names and types of events and profiles. */
#include "base/unit.h"
#include "goldhour/model/schema.h"

static struct gh_field fields[] = {{{"amount", 6}, {.kind = GH_DECIMAL, .scale = 2}, true}, {{"employer", 8}, {.kind = GH_STRING}, false}};
static struct gh_event_type types[] = {{{"payroll_credit", 14}, 0, 2, fields}, {{"login", 5}, 1, 0, NULL}};
static const struct gh_schema schema = {{{"customer", 8}, GH_CUSTOMER_TYPE, 0, NULL}, types, 2};

static void test_types_and_fields_are_found_by_name(void **state)
{
  (void)state;
  assert_ptr_equal(gh_schema_find(&schema, GH_STR("login")), &types[1]);
  assert_ptr_equal(gh_schema_find(&schema, GH_STR("customer")), &schema.customer);
  assert_null(gh_schema_find(&schema, GH_STR("logout")));
  assert_int_equal(gh_field_find(&types[0], GH_STR("employer")), 1);
  assert_int_equal(gh_field_find(&types[0], GH_STR("employe")), -1);
  assert_int_equal(gh_field_find(&types[1], GH_STR("amount")), -1);
}

static void test_types_as_people_write_them(void **state)
{
  (void)state;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  const struct gh_type string = {.kind = GH_STRING}, money = {.kind = GH_DECIMAL, .scale = 2}, list = {.kind = GH_LIST, .elem = &money};
  expect_text(gh_type_text(&arena, string), "string");
  expect_text(gh_type_text(&arena, money), "decimal(2)");
  expect_text(gh_type_text(&arena, list), "list(decimal(2))");
  expect_text(gh_type_text(&arena, (struct gh_type){.kind = GH_MAP, .key = &string, .elem = &list}), "map(string, list(decimal(2)))");
  expect_text(gh_type_text(&arena, (struct gh_type){.kind = GH_LIST}), "list");
  gh_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_types_and_fields_are_found_by_name),
    cmocka_unit_test(test_types_as_people_write_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
