/* Replay goes the whole way, from files to leads, and says what it refused and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "goldhour/engine/replay.h"
#include "goldhour/sys/sys.h"

static char dir[64];
static struct gh_zones *zones;
static struct gh_set *set;

static const char *path_of(const char *name)
{
  static char path[160];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  return path;
}

static void put(const char *name, const char *text)
{
  FILE *f = fopen(path_of(name), "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static int open_bank(void **state)
{
  (void)state;
  strcpy(dir, "/tmp/goldhour-replay-XXXXXX");
  if (!mkdtemp(dir)) return -1;
  put("goldhour.yaml", "schema: schema.yaml\nrules: rules.yaml\nlateness: 1s\nrecord_bytes: 2KB\nsource: stdin\n");
  put("schema.yaml", "customer: {name: string, aum: 'decimal(2)'}\nevents:\n  paid: {amount: 'decimal(2)'}\n");
  put("rules.yaml", "rules:\n  - {id: large, on: paid, when: 'event.amount >= 100.00 && customer.aum > 10.00'}\n"
                    "  - {id: quiet, on: {event: paid, unless: paid, within: 1h, restart: true}}\n");
  put("customers.jsonl", "{\"customer\":\"C1\",\"name\":\"王芳\",\"aum\":20}\n{\"customer\":\"C2\",\"aum\":5}\n");
  put("events.jsonl", "{\"id\":\"a\",\"type\":\"paid\",\"customer\":\"C1\",\"time\":\"2026-03-02T09:00:00+08:00\",\"amount\":100}\n"
                      "{\"id\":\"b\",\"type\":\"paid\",\"customer\":\"C2\",\"time\":\"2026-03-02T09:00:01+08:00\",\"amount\":100}\n"
                      "not json\n"
                      "{\"id\":\"c\",\"type\":\"other\",\"customer\":\"C2\",\"time\":\"2026-03-02T09:00:02+08:00\"}\n"
                      "\n"
                      "{\"id\":\"d\",\"type\":\"paid\",\"customer\":\"C1\",\"time\":\"2026-03-02T09:30:00+08:00\",\"amount\":5}\n"
                      "{\"id\":\"e\",\"type\":\"paid\",\"customer\":\"C1\",\"time\":\"2026-02-01T09:30:00+08:00\",\"amount\":5}\n");
  struct gh_faults faults;
  gh_faults_init(&faults);
  zones = gh_zones_load();
  set = gh_set_load(path_of("goldhour.yaml"), zones, 0, &faults);
  if (!set && faults.first) print_error("%.*s\n", GH_FMT(faults.first->message));
  gh_faults_free(&faults);
  return set ? 0 : -1;
}

static int close_bank(void **state)
{
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", dir);
  gh_set_free(set);
  gh_zones_free(zones);
  return system(command) == 0 ? 0 : -1;
}

/* Everything that replay says, as text. */
struct story {
  struct gh_buf said;
  const char *stop_before;
};

static void say_lead(void *ctx, struct gh_str id, struct gh_str json)
{
  struct story *s = ctx;
  assert_int_equal(id.len, 32);
  const char *rule = strstr(json.ptr, "\"rule\":\"");
  assert_non_null(rule);
  gh_buf_fmt(&s->said, "lead:%.5s ", rule + 8);
}

static void say_refusal(void *ctx, const struct gh_replay_refusal *r)
{
  struct story *s = ctx;
  gh_buf_fmt(&s->said, "refused:%s:%d:%.*s ", strrchr(r->file, '/') + 1, (int)r->line, GH_FMT(r->reason));
}

static bool stop_before(void *ctx, const struct gh_event *event)
{
  const struct story *s = ctx;
  return !s->stop_before || !gh_str_eq(event->id, gh_str(s->stop_before));
}

static void assert_story(struct gh_replay_options *o, const char *before, const char *expected)
{
  struct story s = {.stop_before = before};
  struct gh_replay_stats stats;
  char error[512], events[160], profiles[160];
  snprintf(events, sizeof events, "%s", path_of("events.jsonl"));
  snprintf(profiles, sizeof profiles, "%s", path_of("customers.jsonl"));
  o->events = events;
  o->profiles = o->profiles ? profiles : NULL;
  o->ctx = &s;
  o->lead = say_lead;
  o->refused = say_refusal;
  o->event = stop_before;
  if (!gh_replay(set, o, &stats, error)) fail_msg("%s", error);
  gh_buf_byte(&s.said, '\0');
  assert_string_equal(s.said.data, expected);
  gh_buf_free(&s.said);
}

static void a_bank_is_replayed(void **state)
{
  (void)state;
  struct gh_replay_options o = {.profiles = "", .until_ms = GH_ALWAYS};
  assert_story(&o, NULL, "refused:events.jsonl:3:bad_json refused:events.jsonl:7:too_late lead:large ");
}

static void time_may_pass_after_the_last_event(void **state)
{
  (void)state;
  struct gh_replay_options o = {.profiles = ""};
  assert_true(gh_time_parse_ms(GH_STR("2026-03-02T10:30:00+08:00"), &o.until_ms));
  assert_story(&o, NULL, "refused:events.jsonl:3:bad_json refused:events.jsonl:7:too_late lead:large lead:quiet lead:quiet ");
}

static void without_profiles_nobody_has_assets(void **state)
{
  (void)state;
  struct gh_replay_options o = {.until_ms = GH_ALWAYS};
  assert_story(&o, NULL, "refused:events.jsonl:3:bad_json refused:events.jsonl:7:too_late ");
}

static void reading_may_end_before_an_event(void **state)
{
  (void)state;
  struct gh_replay_options o = {.profiles = "", .until_ms = GH_ALWAYS};
  assert_story(&o, "b", "lead:large ");
}

static void a_missing_file_is_said(void **state)
{
  (void)state;
  struct gh_replay_options o = {.events = "/nowhere/events.jsonl", .until_ms = GH_ALWAYS};
  struct gh_replay_stats stats;
  char error[512];
  assert_false(gh_replay(set, &o, &stats, error));
  assert_non_null(strstr(error, "No such file"));
}

static void csv_profiles_need_their_header(void **state)
{
  (void)state;
  char profiles[160], error[512];
  struct gh_replay_stats stats;
  put("customers.csv", "customer,aum\nC1,20\n\"C2\",5\n");
  snprintf(profiles, sizeof profiles, "%s", path_of("customers.csv"));
  struct gh_replay_options o = {.events = "/dev/null", .profiles = profiles, .until_ms = GH_ALWAYS};
  if (!gh_replay(set, &o, &stats, error)) fail_msg("%s", error);
  assert_int_equal(stats.counters.profiles, 2);
  put("customers.csv", "");
  assert_false(gh_replay(set, &o, &stats, error));
  assert_non_null(strstr(error, "the first line must name the fields"));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_bank, close_bank)

int main(void)
{
  const struct CMUnitTest tests[] = {STORY(a_bank_is_replayed), STORY(time_may_pass_after_the_last_event), STORY(without_profiles_nobody_has_assets),
                                     STORY(reading_may_end_before_an_event), STORY(a_missing_file_is_said), STORY(csv_profiles_need_their_header)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
