/* goldhour.yaml: every option, its default, its bounds, and what must fit together. */
#include "conf/world.h"
#include "goldhour/base/time.h"
#include "options.h"

/* Reads the text behind the two keys that every configuration has. */
static bool read(struct world *w, const char *text)
{
  struct gh_str full = gh_arena_fmt(&w->arena, "schema: schema.yaml\nrules: rules.yaml\n%s", text);
  return gh_conf_parse(&w->conf, &w->arena, GH_STR("etc/goldhour.yaml"), full, &w->faults);
}

static void refused(struct world *w, const char *text, const char *says)
{
  assert_false(read(w, text));
  assert_fault(&w->faults, says);
}

static void test_two_keys_are_enough_and_the_rest_has_defaults(void **state)
{
  struct world *w = *state;
  assert_true(read(w, ""));
  assert_no_fault(&w->faults);
  const struct gh_conf *c = &w->conf;
  assert_true(gh_str_eq(c->dir, GH_STR("etc")));
  assert_true(gh_str_eq(c->zone, GH_STR("Asia/Shanghai")));
  assert_true(gh_str_eq(c->calendar.text, GH_STR("china")));
  assert_int_equal(c->open_ms, 9 * GH_HOUR_MS);
  assert_int_equal(c->close_ms, 18 * GH_HOUR_MS);
  assert_true(c->cutoff_ms == GH_NEVER);
  assert_int_equal(c->lateness_ms, 2000);
  assert_int_equal(c->late_limit_ms, GH_DAY_MS);
  assert_int_equal(c->idle_ms, 5000);
  assert_int_equal(c->reorder_limit, 1000000);
  assert_int_equal(c->customer_events, 10000);
  assert_int_equal(c->dead_letter_bytes, 64 << 20);
  assert_int_equal(c->nrules, 1);
  assert_int_equal(c->ntests, 0);
  assert_int_equal(c->source, GH_SOURCE_NONE);
  assert_int_equal(c->store, GH_STORE_SQLITE);
  assert_true(gh_str_eq(c->store_path.text, GH_STR("goldhour.db")));
  assert_int_equal(c->sink, GH_SINK_STDOUT);
  assert_int_equal(c->mapping.text.len, 0);
}

static void test_a_whole_configuration_is_read(void **state)
{
  struct world *w = *state;
  bool good = read(w, "zone: Europe/Prague\ncalendar: own.txt\nbusiness_hours: {open: '08:30', close: '17:00'}\ncutoff: '16:30'\nlateness: 0s\nlate_limit: 3d\n"
                      "source: {file: {path: events.jsonl}}\nprofiles: {file: {path: customers.csv}}\nstore: {sqlite: {path: state.db}}\nsink: {file: {path: leads.jsonl}}\n"
                      "tests: [a.test.yaml, 'more/*.yaml']\ndead_letter_bytes: 1GB\nlog_format: json\nmapping: mapping.yaml\n");
  assert_no_fault(&w->faults);
  assert_true(good);
  const struct gh_conf *c = &w->conf;
  assert_int_equal(c->open_ms, 8 * GH_HOUR_MS + 30 * GH_MINUTE_MS);
  assert_int_equal(c->cutoff_ms, 16 * GH_HOUR_MS + 30 * GH_MINUTE_MS);
  assert_int_equal(c->lateness_ms, 0);
  assert_int_equal(c->source, GH_SOURCE_FILE);
  assert_true(gh_str_eq(c->source_path.text, GH_STR("events.jsonl")));
  assert_int_equal(c->source_path.at.line, 9);
  assert_true(gh_str_eq(c->profiles.text, GH_STR("customers.csv")));
  assert_int_equal(c->sink, GH_SINK_FILE);
  assert_int_equal(c->ntests, 2);
  assert_int_equal(c->dead_letter_bytes, 1 << 30);
}

static void test_edges_without_options_may_be_written_short(void **state)
{
  struct world *w = *state;
  static const char *const forms[] = {"source: stdin\n", "source: {stdin: {}}\n", "source: {stdin: }\n"};
  for (size_t i = 0; i < 3; i++) {
    assert_true(read(w, forms[i]));
    assert_int_equal(w->conf.source, GH_SOURCE_STDIN);
  }
  assert_true(read(w, "store: memory\nsink: stdout\n"));
  assert_int_equal(w->conf.store, GH_STORE_MEMORY);
  assert_true(read(w, "sink: [{file: {path: leads.jsonl}}]\n"));
  assert_int_equal(w->conf.sink, GH_SINK_FILE);
}

static void test_edges_of_a_later_release_are_called_so(void **state)
{
  struct world *w = *state;
  refused(w, "source: {kafka: {brokers: 127.0.0.1}}\n", "etc/goldhour.yaml:3:10: error: 'source': kafka comes with a later release\n  hint: this one has: file, stdin");
  refused(w, "store: {redis: {url: x}}\n", "this one has: sqlite, memory");
  refused(w, "sink: {webhook: {url: x}}\n", "this one has: file, stdout");
}

static void test_edges_written_wrong_say_what_is_missing(void **state)
{
  struct world *w = *state;
  refused(w, "source: {fiel: {path: x}}\n", "there is no 'fiel'; there are: file, stdin\n  hint: did you mean 'file'?");
  refused(w, "source: {file: events.jsonl}\n", "'source': file needs a path\n  hint: write {file: {path: …}}");
  refused(w, "sink: {file: {}}\n", "'sink': file needs a path");
  refused(w, "store: {sqlite: {paht: x}}\n", "unknown key 'paht'\n  hint: did you mean 'path'?");
  refused(w, "sink: [stdout, {file: {path: x}}]\n", "'sink': one at a time in this release");
  refused(w, "source: {stdin: {path: x}}\n", "unknown key 'path'");
  refused(w, "source: []\n", "error");
}

static void test_all_faults_come_in_one_go(void **state)
{
  struct world *w = *state;
  assert_false(read(w, "lateness: soon\nlate_limt: 1d\ncutoff: '25:00'\nbatch_events: 0\nlog_format: xml\n"));
  assert_int_equal(w->faults.errors, 5);
  assert_fault(&w->faults, "etc/goldhour.yaml:3:11: error: 'lateness': expected a duration");
  assert_fault(&w->faults, "etc/goldhour.yaml:4:1: error: unknown key 'late_limt'\n  hint: did you mean 'late_limit'?");
  assert_fault(&w->faults, "'cutoff': expected a time of day such as '09:00', found '25:00'");
  assert_fault(&w->faults, "'batch_events': expected a whole number from 1 to 1000000, found '0'");
  assert_fault(&w->faults, "'log_format': expected logfmt or json, found 'xml'");
}

static void test_what_must_fit_together(void **state)
{
  struct world *w = *state;
  refused(w, "lateness: 2d\n", "'late_limit' must be at least 'lateness'");
  refused(w, "business_hours: {open: '18:00', close: '09:00'}\n", "close must lie after open");
  refused(w, "lateness: 31d\nlate_limit: 40d\n", "'lateness': more than 30d");
  refused(w, "record_bytes: 10B\n", "'record_bytes': less than 64 bytes");
  assert_true(read(w, "lateness: 1d\n"));
}

static void test_required_keys_are_missed(void **state)
{
  struct world *w = *state;
  assert_false(gh_conf_parse(&w->conf, &w->arena, GH_STR("goldhour.yaml"), GH_STR("zone: UTC\n"), &w->faults));
  assert_fault(&w->faults, "goldhour.yaml:1:1: error: the key 'schema' is missing");
  assert_fault(&w->faults, "the key 'rules' is missing");
  assert_true(gh_str_eq(w->conf.dir, GH_STR(".")));
}

/* A file of the project, to be held against the table of options. */
static char *file_text(const char *path)
{
  FILE *f = fopen(path, "r");
  if (!f) fail_msg("can't open %s", path);
  char *text = calloc(1, 1 << 18);
  size_t n = fread(text, 1, (1 << 18) - 1, f);
  text[n] = '\0';
  fclose(f);
  return text;
}

static void test_manual_and_editor_schema_know_every_option(void **state)
{
  (void)state;
  char *manual = file_text("docs/configuration.md"), *schema = file_text("config/schema/goldhour.json");
  for (size_t i = 0; i < gh_noptions; i++) {
    char in_manual[64], in_schema[64];
    snprintf(in_manual, sizeof in_manual, "`%s`", gh_options[i].key);
    snprintf(in_schema, sizeof in_schema, "\"%s\"", gh_options[i].key);
    if (!strstr(manual, in_manual)) fail_msg("docs/configuration.md says nothing of %s", in_manual);
    if (!strstr(schema, in_schema)) fail_msg("config/schema/goldhour.json says nothing of %s", in_schema);
  }
  free(manual);
  free(schema);
}

static void test_the_help_lists_every_option(void **state)
{
  (void)state;
  struct gh_buf text = {0};
  gh_conf_help(&text);
  gh_buf_byte(&text, '\0');
  for (size_t i = 0; i < gh_noptions; i++) assert_non_null(strstr(text.data, gh_options[i].key));
  assert_non_null(strstr(text.data, "lateness: 2s [0s … 30d]"));
  gh_buf_free(&text);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
    CASE(test_two_keys_are_enough_and_the_rest_has_defaults),
    CASE(test_a_whole_configuration_is_read),
    CASE(test_edges_without_options_may_be_written_short),
    CASE(test_edges_of_a_later_release_are_called_so),
    CASE(test_edges_written_wrong_say_what_is_missing),
    CASE(test_all_faults_come_in_one_go),
    CASE(test_what_must_fit_together),
    CASE(test_required_keys_are_missed),
    CASE(test_manual_and_editor_schema_know_every_option),
    CASE(test_the_help_lists_every_option),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
