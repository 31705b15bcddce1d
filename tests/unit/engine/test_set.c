/* The set that decides, loaded from files: where paths lead, what names it, what it warns of. Each test writes a small bank into a folder of its own. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/faulty.h"
#include "goldhour/base/time.h"
#include "goldhour/engine/set.h"
#include "goldhour/sys/sys.h"

struct world {
  char dir[64];
  struct gh_arena arena;
  struct gh_faults faults;
  struct gh_zones *zones;
  struct gh_set *set;
};

static const char schema[] = "customer: {age: int}\nevents: {payroll_credit: {amount: decimal(2)}}\n";
static const char conf[] = "calendar: days.txt\nschema: schema.yaml\nrules: rules/*.yaml\n";
static const char rule[] = "rules: [{id: a, on: payroll_credit, when: event.amount > 1.00}]\n";

static struct gh_str path_of(struct world *w, const char *name)
{
  return gh_arena_fmt(&w->arena, "%s/%s", w->dir, name);
}

static void put(struct world *w, const char *name, const char *text)
{
  FILE *f = fopen(path_of(w, name).ptr, "w");
  assert_non_null(f);
  fputs(text, f);
  assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
  struct world *w = calloc(1, sizeof *w);
  gh_arena_init(&w->arena, 0);
  gh_faults_init(&w->faults);
  w->zones = gh_zones_load();
  snprintf(w->dir, sizeof w->dir, "/tmp/gh-set-XXXXXX");
  assert_non_null(mkdtemp(w->dir));
  assert_int_equal(mkdir(path_of(w, "rules").ptr, 0700), 0);
  put(w, "goldhour.yaml", conf);
  put(w, "schema.yaml", schema);
  put(w, "days.txt", "range 2026-01-01 2026-12-31\n");
  put(w, "rules/a.yaml", rule);
  *state = w;
  return 0;
}

static int teardown(void **state)
{
  struct world *w = *state;
  static const char *const names[] = {"goldhour.yaml", "schema.yaml", "days.txt", "rules/a.yaml", "rules/b.yaml", "rules/a.test.yaml", "rules", ""};
  gh_set_free(w->set);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (remove(path_of(w, names[i]).ptr) != 0) assert_int_equal(errno, ENOENT);
  }
  gh_zones_free(w->zones);
  gh_faults_free(&w->faults);
  gh_arena_free(&w->arena);
  free(w);
  return 0;
}

static struct gh_set *load_on(struct world *w, const char *today)
{
  int64_t day = 0;
  if (today) assert_true(gh_date_parse(gh_str(today), &day));
  gh_set_free(w->set);
  gh_faults_free(&w->faults);
  w->set = gh_set_load(path_of(w, "goldhour.yaml").ptr, w->zones, day * GH_DAY_MS, &w->faults);
  return w->set;
}

static const char *version(struct world *w)
{
  load_on(w, NULL);
  assert_no_fault(&w->faults);
  assert_non_null(w->set);
  assert_string_equal(w->set->version, w->set->rules->version);
  assert_int_equal(strlen(w->set->version), 16);
  return gh_arena_str(&w->arena, gh_str(w->set->version)).ptr;
}

static void test_paths_are_relative_to_the_configuration(void **state)
{
  struct world *w = *state;
  assert_non_null(load_on(w, NULL));
  assert_int_equal(w->set->rules->nrules, 1);
  assert_non_null(w->set->zone);
  assert_null(w->set->mapping);
  assert_true(gh_calendar_works(w->set->rules->calendar, gh_days_from_date((struct gh_date){2026, 1, 2})));
}

static void test_globs_pass_over_rule_tests_and_nothing_counts_twice(void **state)
{
  struct world *w = *state;
  put(w, "rules/a.test.yaml", "tests: []\n");
  put(w, "rules/b.yaml", "rules: [{id: b, on: payroll_credit}]\n");
  put(w, "goldhour.yaml", "calendar: days.txt\nschema: schema.yaml\nrules: [rules/b.yaml, 'rules/*.yaml']\n");
  assert_non_null(load_on(w, NULL));
  assert_int_equal(w->set->rules->nrules, 2);
  assert_true(gh_str_eq(w->set->rules->rules[0].id, GH_STR("b")));
}

static void test_the_version_follows_all_that_decides(void **state)
{
  struct world *w = *state;
  const char *first = version(w);
  assert_string_equal(version(w), first);
  put(w, "goldhour.yaml", "calendar: days.txt\nschema: schema.yaml\nrules: rules/*.yaml\nbatch_events: 7\nsink: stdout\n");
  assert_string_equal(version(w), first);
  put(w, "goldhour.yaml", "calendar: days.txt\nschema: schema.yaml\nrules: rules/*.yaml\ncutoff: '17:00'\n");
  const char *cutoff = version(w);
  assert_string_not_equal(cutoff, first);
  put(w, "rules/a.yaml", "rules: [{id: a, on: payroll_credit, when: event.amount > 2.00}]\n");
  const char *changed = version(w);
  assert_string_not_equal(changed, cutoff);
  put(w, "days.txt", "range 2026-01-01 2026-12-30\n");
  assert_string_not_equal(version(w), changed);
}

static void test_the_calendars_end_is_announced_sixty_days_before(void **state)
{
  struct world *w = *state;
  assert_non_null(load_on(w, "2026-11-01"));
  assert_no_fault(&w->faults);
  assert_non_null(load_on(w, "2026-11-02"));
  assert_fault(&w->faults, "warning: the calendar ends on 2026-12-31, in 59 days; leads due after it come without 'due'");
  assert_non_null(load_on(w, "2027-02-01"));
  assert_fault(&w->faults, "warning: the calendar ended on 2026-12-31");
  assert_int_equal(w->faults.errors, 0);
}

static void test_a_shipped_calendar_is_known_by_its_name(void **state)
{
  struct world *w = *state;
  put(w, "goldhour.yaml", "schema: schema.yaml\nrules: rules/a.yaml\n");
  assert_non_null(load_on(w, NULL));
  assert_false(gh_calendar_works(w->set->rules->calendar, gh_days_from_date((struct gh_date){2026, 10, 1})));
}

static void test_faults_outlive_the_set_that_was_refused(void **state)
{
  struct world *w = *state;
  put(w, "rules/a.yaml", "rules: [{id: a, on: payrol_credit}, {id: b, on: payroll_credit, when: event.amuont > 1}]\n");
  put(w, "schema.yaml", "customer: {age: itn}\nevents: {payroll_credit: {amount: decimal(2)}}\n");
  assert_null(load_on(w, NULL));
  assert_int_equal(w->faults.errors, 3);
  const char *all = faults_text(&w->faults);
  const char *in_schema = strstr(all, "there is no type 'itn'"), *in_rules = strstr(all, "the schema has no event type 'payrol_credit'");
  assert_non_null(in_schema);
  assert_non_null(in_rules);
  assert_true(in_schema < in_rules);
}

static void test_a_missing_configuration_says_so(void **state)
{
  struct world *w = *state;
  assert_null(gh_set_load("/nonexistent/goldhour.yaml", w->zones, 0, &w->faults));
  assert_fault(&w->faults, "can't read '/nonexistent/goldhour.yaml': No such file or directory");
  assert_int_equal(w->faults.errors, 1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
    CASE(test_paths_are_relative_to_the_configuration),
    CASE(test_globs_pass_over_rule_tests_and_nothing_counts_twice),
    CASE(test_the_version_follows_all_that_decides),
    CASE(test_the_calendars_end_is_announced_sixty_days_before),
    CASE(test_a_shipped_calendar_is_known_by_its_name),
    CASE(test_faults_outlive_the_set_that_was_refused),
    CASE(test_a_missing_configuration_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
