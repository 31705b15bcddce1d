/* A set as one text: whoever loads it from there decides by the same version, whatever files he was started with. */
#define _GNU_SOURCE /* memmem */
#include "small_bank.h"

static struct gh_set *again(struct small_bank *b)
{
  struct gh_set *set = gh_set_load_bundle(b->set->bundle, b->zones, &b->faults);
  if (!set) fail_msg("%.*s", GH_FMT(b->faults.first->message));
  return set;
}

static void the_bundle_of_a_set_is_the_same_set(void **state)
{
  struct small_bank *b = *state;
  struct gh_set *set = again(b);
  assert_string_equal(set->version, b->set->version);
  assert_int_equal(set->rules->nrules, b->set->rules->nrules);
  gh_set_free(set);
}

static void load_anew(struct small_bank *b, const char *conf)
{
  bank_put(b, "goldhour.yaml", conf);
  gh_set_free(b->set);
  b->set = gh_set_load(bank_path(b, "goldhour.yaml").ptr, b->zones, 0, &b->faults);
  if (!b->set) fail_msg("%.*s", GH_FMT(b->faults.first->message));
}

static void every_option_that_decides_is_in_it(void **state)
{
  struct small_bank *b = *state;
  bank_put(b, "mapping.yaml", "events:\n  id: /i\n  customer: /c\n  time: /t\n  entries: [{type: inflow, fields: {amount: /a}}]\n");
  load_anew(b, "zone: Asia/Tokyo\ncalendar: china\nbusiness_hours: {open: '08:30', close: '17:45:10'}\ncutoff: '16:00'\nlateness: 1500ms\nlate_limit: 2d3h\n"
               "idle: 700ms\nreorder_limit: 77\ncustomer_events: 78\ncustomer_waits: 79\ncustomer_ids: 80\nrecord_bytes: 4096\nrecord_depth: 9\n"
               "schema: schema.yaml\nmapping: mapping.yaml\nrules: [rules.yaml]\n");
  struct gh_set *set = again(b);
  assert_string_equal(set->version, b->set->version);
  assert_int_equal(set->conf.idle_ms, 700);
  assert_int_equal(set->conf.record_bytes, 4096);
  assert_int_equal(set->conf.record_depth, 9);
  assert_non_null(set->mapping);
  gh_set_free(set);
}

static void rule_files_keep_their_order_and_lose_what_a_glob_would_take_for_a_sign(void **state)
{
  struct small_bank *b = *state;
  bank_put(b, "a[1]*.yaml", "rules: [{id: later, on: inflow}]\n");
  load_anew(b, "schema: schema.yaml\nrules: [rules.yaml, 'a[[]1]*.yaml']\n");
  struct gh_set *set = again(b);
  assert_string_equal(set->version, b->set->version);
  assert_true(gh_str_eq(set->rules->rules[set->rules->nrules - 1].id, GH_STR("later")));
  gh_set_free(set);
}

static void secrets_and_servers_are_not_in_it(void **state)
{
  struct small_bank *b = *state;
  load_anew(b, "schema: schema.yaml\nrules: [rules.yaml]\nsource: {file: {path: very-private.jsonl}}\n");
  assert_null(memmem(b->set->bundle.ptr, b->set->bundle.len, "very-private", 12));
}

static void what_is_no_bundle_is_refused(void **state)
{
  struct small_bank *b = *state;
  assert_null(gh_set_load_bundle(GH_STR("\xff\xff\xff nothing"), b->zones, &b->faults));
  assert_null(gh_set_load_bundle(gh_str_n(b->set->bundle.ptr, b->set->bundle.len / 2), b->zones, &b->faults));
  assert_true(b->faults.errors >= 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(the_bundle_of_a_set_is_the_same_set, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(every_option_that_decides_is_in_it, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(rule_files_keep_their_order_and_lose_what_a_glob_would_take_for_a_sign, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(secrets_and_servers_are_not_in_it, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(what_is_no_bundle_is_refused, bank_setup, bank_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
