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
  assert_int_equal(c->nsinks, 1);
  assert_int_equal(c->sinks[0].kind, GH_SINK_STDOUT);
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
  assert_int_equal(c->sinks[0].kind, GH_SINK_FILE);
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
  assert_int_equal(w->conf.nsinks, 1);
  assert_int_equal(w->conf.sinks[0].kind, GH_SINK_FILE);
}

static void test_edges_of_a_later_release_are_called_so(void **state)
{
  struct world *w = *state;
  refused(w, "source: {http: {port: 80}}\n", "etc/goldhour.yaml:3:10: error: 'source': http comes with a later release\n  hint: this one has: file, stdin, kafka");
}

static void test_edges_written_wrong_say_what_is_missing(void **state)
{
  struct world *w = *state;
  refused(w, "source: {fiel: {path: x}}\n", "there is no 'fiel'; there are: file, stdin, kafka\n  hint: did you mean 'file'?");
  refused(w, "source: {file: events.jsonl}\n", "'source': the options of file are a map\n  hint: write {file: {path: …}}");
  refused(w, "sink: {file: {}}\n", "'sink': file needs 'path'");
  refused(w, "source: file\n", "'source': file needs 'path'");
  refused(w, "store: {sqlite: {paht: x}}\n", "unknown key 'paht'\n  hint: did you mean 'path'?");
  refused(w, "source: {stdin: {path: x}}\n", "unknown key 'path'");
  refused(w, "source: {stdin: x}\n", "'stdin' takes no options");
  refused(w, "source: []\n", "'source': expected one of file, stdin, kafka");
  refused(w, "source: [stdin, {file: {path: x}}]\n", "'source': one at a time\n  hint: goldhour rekey brings several topics into one");
  refused(w, "sink: {file: {path: x}, stdout: {}}\n", "'sink': expected one of file, stdout, redis, kafka, webhook\n  hint: several sinks are a list");
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

/* Calls `each` for the key of every option, those within maps too. */
static void each_key(const struct gh_option_group *groups, void (*each)(void *ctx, const char *key), void *ctx)
{
  for (const struct gh_option_group *g = groups; g->rows; g++) {
    for (size_t i = 0; i < g->nrows; i++) {
      const struct gh_option *o = &g->rows[i];
      each(ctx, o->key);
      if (o->keys) each_key(o->keys, each, ctx);
      for (const struct gh_edge_kind *k = o->edges; k && k->name; k++) {
        if (k->kind >= 0) each(ctx, k->name);
        if (k->keys) each_key(k->keys, each, ctx);
      }
    }
  }
}

static void every_key(void (*each)(void *ctx, const char *key), void *ctx)
{
  const struct gh_option_group groups[] = {gh_options, {0}};
  each_key(groups, each, ctx);
}

static void in_manual(void *ctx, const char *key)
{
  char name[64];
  snprintf(name, sizeof name, "`%s`", key);
  if (!strstr(ctx, name)) fail_msg("docs/configuration.md says nothing of %s", name);
}

static void in_schema(void *ctx, const char *key)
{
  char name[64];
  snprintf(name, sizeof name, "\"%s\"", key);
  if (!strstr(ctx, name)) fail_msg("config/schema/goldhour.json says nothing of %s", name);
}

static void test_manual_and_editor_schema_know_every_option(void **state)
{
  (void)state;
  char *manual = file_text("docs/configuration.md"), *schema = file_text("config/schema/goldhour.json");
  every_key(in_manual, manual);
  every_key(in_schema, schema);
  free(manual);
  free(schema);
}

static void in_help(void *ctx, const char *key) { assert_non_null(strstr(ctx, key)); }

static void test_the_help_lists_every_option(void **state)
{
  (void)state;
  struct gh_buf text = {0};
  gh_conf_help(&text);
  gh_buf_byte(&text, '\0');
  every_key(in_help, text.data);
  assert_non_null(strstr(text.data, "lateness: 2s [0s … 30d]"));
  assert_non_null(strstr(text.data, "\nsource.kafka.sasl.mechanism: (required)\n"));
  assert_non_null(strstr(text.data, "\nsink.redis.keep: 7d [0s … 3650d]\n"));
  assert_non_null(strstr(text.data, "\nsink.redis.url, sentinel, "));
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
