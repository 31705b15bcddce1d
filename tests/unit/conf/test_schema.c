/* schema.yaml: types of events, the customer's profile, and the names that are taken. */
#include "conf/world.h"

static const struct gh_schema *read(struct world *w, const char *text)
{
  return gh_schema_parse(&w->arena, GH_STR("schema.yaml"), gh_str(text), &w->faults);
}

static void refused(struct world *w, const char *text, const char *says)
{
  assert_null(read(w, text));
  assert_fault(&w->faults, says);
}

static void test_types_and_slots_are_in_the_order_written(void **state)
{
  struct world *w = *state;
  const struct gh_schema *s = read(w, "customer: {name: string, aum: decimal(2), tags: list(string)?}\n"
                                      "events:\n  payroll_credit: {amount: decimal(2), employer: string?}\n  login: {}\n  logout:\n");
  assert_no_fault(&w->faults);
  assert_non_null(s);
  assert_int_equal(s->ntypes, 3);
  assert_int_equal(s->customer.nfields, 3);
  assert_int_equal(s->customer.index, GH_CUSTOMER_TYPE);
  for (unsigned i = 0; i < 3; i++) assert_false(s->customer.fields[i].required);
  assert_int_equal(s->customer.fields[2].type.kind, GH_LIST);
  assert_int_equal(s->customer.fields[2].type.elem->kind, GH_STRING);
  const struct gh_event_type *payroll = &s->types[0];
  assert_int_equal(payroll->fields[0].type.kind, GH_DECIMAL);
  assert_int_equal(payroll->fields[0].type.scale, 2);
  assert_true(payroll->fields[0].required);
  assert_false(payroll->fields[1].required);
  assert_int_equal(s->types[1].nfields, 0);
  assert_int_equal(s->types[2].nfields, 0);
}

static void test_every_type_of_the_contract_is_known(void **state)
{
  struct world *w = *state;
  static const struct { const char *text; enum gh_kind kind; bool optional; } types[] = {
    {"string", GH_STRING, false}, {"int", GH_INT, false}, {"double", GH_DOUBLE, false}, {"bool", GH_BOOL, false}, {"timestamp", GH_TIMESTAMP, false},
    {"date?", GH_DATE, true}, {"decimal(0)", GH_DECIMAL, false}, {"decimal( 18 )?", GH_DECIMAL, true}, {"list(decimal(2))", GH_LIST, false},
  };
  static const char *const none[] = {"", "?", "text", "decimal", "decimal()", "decimal(19)", "decimal(-1)", "decimal(2", "list", "list()", "list(string", "String", "string??", "list(string?)"};
  struct gh_type type;
  bool optional;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    assert_true(gh_type_parse(&w->arena, gh_str(types[i].text), &type, &optional));
    assert_int_equal(type.kind, types[i].kind);
    assert_int_equal(optional, types[i].optional);
  }
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    if (gh_type_parse(&w->arena, gh_str(none[i]), &type, &optional)) fail_msg("'%s' was taken for a type", none[i]);
  }
}

static void test_a_type_called_customer_is_refused(void **state)
{
  refused(*state, "events:\n  customer: {x: int}\n", "schema.yaml:2:3: error: an event type may not be called 'customer'");
}

static void test_reserved_names_of_fields_are_refused(void **state)
{
  struct world *w = *state;
  refused(w, "events:\n  a: {id: string, type: string, customer: string, time: timestamp}\n", "schema.yaml:2:7: error: the field name 'id' is taken: every event has it already");
  assert_int_equal(w->faults.errors, 4);
  refused(w, "customer: {id: string}\nevents: {a: {x: int}}\n", "the field name 'id' is taken: every change of profile has it already");
  assert_non_null(read(w, "events: {a: {forget: bool}}\n"));
}

static void test_names_must_be_such_as_conditions_can_write(void **state)
{
  struct world *w = *state;
  refused(w, "events: {a: {in: int}}\n", "'in' is no name of a field");
  refused(w, "events: {a: {余额: int}}\n", "'余额' is no name of a field");
  refused(w, "events: {a: {1st: int}}\n", "'1st' is no name of a field");
  refused(w, "events: {'a b': {x: int}}\n", "'a b' is no name of an event type");
  assert_non_null(read(w, "events: {工资入账: {amount: int}, com.bank.login: {x: int}}\n"));
}

static void test_an_unknown_type_is_met_with_the_nearest(void **state)
{
  struct world *w = *state;
  refused(w, "events:\n  a: {x: sting}\n", "schema.yaml:2:10: error: 'x': there is no type 'sting'\n  hint: did you mean 'string'?");
  refused(w, "events: {a: {x: decimal}}\n", "there is no type 'decimal'");
  refused(w, "events: {a: {x: [int]}}\n", "'x': expected a text, found a list");
  refused(w, "customers: {}\nevents: {a: {x: int}}\n", "unknown key 'customers'\n  hint: did you mean 'customer'?");
  refused(w, "customer: {a: int}\n", "the key 'events' is missing");
}

static void test_beside_faults_what_is_good_is_still_read(void **state)
{
  struct world *w = *state;
  const struct gh_schema *s = gh_schema_read(&w->arena, GH_STR("schema.yaml"), GH_STR("events: {a: {x: sting, y: int}}\n"), &w->faults);
  assert_int_equal(w->faults.errors, 1);
  assert_non_null(s);
  assert_int_equal(s->types[0].fields[0].type.kind, GH_DYN);
  assert_int_equal(s->types[0].fields[1].type.kind, GH_INT);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
    CASE(test_types_and_slots_are_in_the_order_written),
    CASE(test_every_type_of_the_contract_is_known),
    CASE(test_a_type_called_customer_is_refused),
    CASE(test_reserved_names_of_fields_are_refused),
    CASE(test_names_must_be_such_as_conditions_can_write),
    CASE(test_an_unknown_type_is_met_with_the_nearest),
    CASE(test_beside_faults_what_is_good_is_still_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
