/* Conditions as rules have them: fields of events and customers, absent ones, money, dates, features. */
#include "condition.h"

static void a_payroll_credit_meets_its_condition(void **state)
{
  struct bank *b = *state;
  b->event[AMOUNT] = gh_decimal(800000, 2);
  b->customer[AGE] = gh_int(35);
  assert_holds(b, "event.amount >= 8000.00", true);
  assert_holds(b, "event.amount > 8000.00", false);
  assert_holds(b, "customer.age >= 20 && customer.age <= 50", true);
  assert_holds(b, "event.amount >= 8000.00 && customer.age > 35", false);
  assert_holds(b, "8000 == event.amount || customer.age > 35", true);
  assert_holds(b, "!(event.amount < 8000.005)", false);
}

static void an_absent_field_is_an_error_that_logic_absorbs(void **state)
{
  struct bank *b = *state;
  b->customer[AGE] = gh_int(35);
  assert_error(b, "event.topic == 'wealth'", "'event.topic' is absent");
  assert_error(b, "event.topic == 'wealth' && customer.age == 35", "'event.topic' is absent");
  assert_holds(b, "event.topic == 'wealth' && customer.age == 36", false);
  assert_holds(b, "customer.age == 36 && event.topic == 'wealth'", false);
  assert_holds(b, "event.topic == 'wealth' || customer.age == 35", true);
  assert_error(b, "event.topic == 'wealth' || customer.age == 36", "absent");
  assert_holds(b, "has(event.topic)", false);
  assert_holds(b, "has(event.topic) && event.topic == 'wealth'", false);
  assert_holds(b, "!has(event.topic) && has(customer.age)", true);
  assert_error(b, "event.topic.size() > 2", "absent");
  assert_error(b, "event.flag", "absent");
}

static void a_literal_beside_a_decimal_counts_by_its_text(void **state)
{
  struct bank *b = *state;
  b->event[AMOUNT] = gh_decimal(10, 2);
  b->customer[AUM] = gh_decimal(30, 2);
  assert_holds(b, "event.amount == 0.1", true);
  assert_holds(b, "event.amount + 0.2 == 0.3", true);
  assert_holds(b, "event.amount == 0.30 - 0.2", true);
  assert_holds(b, "-event.amount == -0.1", true);
  assert_holds(b, "event.amount in [0.3, 0.1]", true);
  assert_holds(b, "0.1 in [event.amount]", true);
  assert_holds(b, "event.amount == (customer.aum > 0.29 ? 0.1 : 0.2)", true);
  assert_holds(b, "[0.1, 0.2].exists(x, x == event.amount)", true);
  assert_holds(b, "cel.bind(least, 0.10, event.amount >= least)", true);
  assert_holds(b, "[event.amount, 0.2] == [0.10, 0.20]", true);
  assert_holds(b, "event.amount * 3 == customer.aum && event.amount * 3u == customer.aum", true);
  assert_holds(b, "event.amount != 0.10000000000000001", true);
  struct gh_value sum = value_of(b, "event.amount + 0.100");
  assert_true(sum.kind == GH_DECIMAL && sum.i == 200 && sum.scale == 3);
}

static void a_decimal_does_not_mix_with_a_double(void **state)
{
  struct bank *b = *state;
  b->event[AMOUNT] = gh_decimal(50, 2);
  b->event[RATE] = gh_double(0.5);
  assert_refused(b, "event.amount > event.rate", 13, "decimal and double do not mix");
  assert_refused(b, "event.amount + event.rate > 1", 13, "decimal and double do not mix");
  assert_refused(b, "event.amount / 2 > 1", 13, "decimal.div");
  assert_holds(b, "double(event.amount) == event.rate", true);
  assert_holds(b, "dyn(event.amount) == event.rate", true);
  assert_error(b, "dyn(event.amount) < event.rate", "no such overload");
  assert_error(b, "dyn(event.amount) + event.rate == dyn(1)", "no such overload");
  assert_holds(b, "decimal.div(event.amount, 3.0, 2) == 0.17", true);
}

static void decimals_overflow_as_errors(void **state)
{
  struct bank *b = *state;
  b->event[AMOUNT] = gh_decimal(INT64_MAX, 2);
  assert_error(b, "event.amount + 0.01 > 0", "out of range");
  assert_error(b, "event.amount * event.amount > 0", "out of range");
  assert_holds(b, "event.amount >= 9223372036854775807", false);
}

static void a_date_is_the_beginning_of_its_day(void **state)
{
  struct bank *b = *state;
  b->event[MATURES] = gh_date_value(20514); /* 2026-03-02 */
  b->now[0] = gh_timestamp(20514 * INT64_C(86400) - 3600, 0);
  assert_holds(b, "event.matures_on - now == duration('1h')", true);
  assert_holds(b, "event.matures_on == timestamp('2026-03-02T00:00:00Z')", true);
  assert_holds(b, "has(event.matures_on) && now < event.matures_on", true);
  b->event[PAYDAYS] = (struct gh_value){.kind = GH_LIST, .len = 1, .items = &b->event[MATURES]};
  assert_holds(b, "event.matures_on in event.paydays", true);
  assert_holds(b, "event.paydays == [timestamp('2026-03-02T00:00:00Z')]", true);
  assert_holds(b, "event.paydays.all(d, d > now)", true);
}

static void a_feature_is_fetched_when_it_is_needed(void **state)
{
  struct bank *b = *state;
  b->feature = gh_int(11);
  b->customer[AGE] = gh_int(35);
  assert_holds(b, "customer.age > 40 && feature.reads > 10", false);
  assert_int_equal(b->fetched, 0);
  assert_holds(b, "feature.reads > 10", true);
  assert_holds(b, "feature.reads * 2 == 22", true);
  assert_true(b->fetched > 0);
  b->feature = gh_error(GH_STR("overfull"));
  assert_error(b, "feature.reads > 10", "overfull");
  assert_error(b, "has(feature.reads)", "overfull");
  assert_holds(b, "feature.reads > 10 || customer.age == 35", true);
}

static void lists_and_maps_of_fields(void **state)
{
  struct bank *b = *state;
  struct gh_value funds[] = {gh_string(GH_STR("510300")), gh_string(GH_STR("159915"))};
  struct gh_value labels[] = {gh_string(GH_STR("risk")), gh_int(3)};
  b->customer[FUNDS] = (struct gh_value){.kind = GH_LIST, .len = 2, .items = funds};
  b->event[LABELS] = (struct gh_value){.kind = GH_MAP, .len = 1, .items = labels};
  b->event[TOPIC] = gh_string(GH_STR("159915"));
  assert_holds(b, "event.topic in customer.funds", true);
  assert_holds(b, "customer.funds.exists(f, f.startsWith('51'))", true);
  assert_holds(b, "event.labels.risk == 3 && has(event.labels.risk) && !has(event.labels.age)", true);
  assert_error(b, "event.labels.age == 3", "no such key: 'age'");
  assert_holds(b, "customer.funds[1] == event.topic && size(customer.funds) == 2", true);
  assert_error(b, "customer.funds[2] == 'x'", "outside the list");
}

static void long_constant_lists_are_looked_up(void **state)
{
  struct bank *b = *state;
  b->event[TOPIC] = gh_string(GH_STR("j"));
  b->event[COUNT] = gh_int(-3);
  b->event[AMOUNT] = gh_decimal(250, 2);
  assert_holds(b, "event.topic in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'j', '']", true);
  assert_holds(b, "!(event.topic in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', ''])", true);
  assert_holds(b, "event.count in [1, 2, 3, -1, -2, -3, 4, 5, 6, 7, 8u]", true);
  assert_holds(b, "event.amount in [1, 2, 2.5, 3, 4, 5, 6, 7, 8, 9.25]", true);
  assert_holds(b, "event.count in []", false);
  assert_holds(b, "event.count in [1, 2.5, -3]", true);
}

static void values_of_another_kind_than_declared_are_still_compared(void **state)
{
  struct bank *b = *state;
  b->event[AMOUNT] = gh_decimal(8000, 0); /* another scale than declared */
  b->event[COUNT] = gh_uint(5);
  b->event[RATE] = gh_int(2);
  assert_holds(b, "event.amount == 8000.00 && event.amount in [8000.00]", true);
  assert_holds(b, "event.count >= 5 && event.count in [4, 5]", true);
  assert_holds(b, "event.rate < 2.5", true);
}

static void a_program_tells_what_it_reads_and_requires(void **state)
{
  struct bank *b = *state;
  struct gh_program *p = compile(b, "event.topic == 'wealth' && event.amount >= 8000.00 && (customer.age > 3 || has(customer.aum)) && "
                                    "!event.flag");
  size_t n;
  const struct gh_cel_predicate *predicates = gh_program_predicates(p, &n);
  assert_int_equal(n, 3);
  assert_int_equal(predicates[0].relation, GH_CEL_EQ);
  assert_int_equal(predicates[0].slot, TOPIC);
  assert_true(gh_str_eq(gh_text(predicates[0].constant), GH_STR("wealth")));
  assert_int_equal(predicates[1].relation, GH_CEL_GE);
  assert_true(predicates[1].constant.kind == GH_DECIMAL && predicates[1].constant.i == 800000);
  assert_true(predicates[2].slot == FLAG && predicates[2].relation == GH_CEL_EQ && !predicates[2].constant.b);
  assert_true(gh_program_reads(p, 0, TOPIC) && gh_program_reads(p, 0, AMOUNT) && gh_program_reads(p, 0, FLAG));
  assert_true(gh_program_reads(p, 1, AGE) && gh_program_reads(p, 1, AUM) && !gh_program_reads(p, 1, NAME));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    TEST(a_payroll_credit_meets_its_condition),
    TEST(an_absent_field_is_an_error_that_logic_absorbs),
    TEST(a_literal_beside_a_decimal_counts_by_its_text),
    TEST(a_decimal_does_not_mix_with_a_double),
    TEST(decimals_overflow_as_errors),
    TEST(a_date_is_the_beginning_of_its_day),
    TEST(a_feature_is_fetched_when_it_is_needed),
    TEST(lists_and_maps_of_fields),
    TEST(long_constant_lists_are_looked_up),
    TEST(values_of_another_kind_than_declared_are_still_compared),
    TEST(a_program_tells_what_it_reads_and_requires),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
