/* Commits and kills: whatever was committed is what the core is after a new start; the leads are those of an undisturbed run. */
#include "bank.h"

static const char rules[] =
    "features: {paid: {sum: event.amount, of: [pay, inflow], over: 300s}, kinds: {distinct: event.employer, of: pay, over: 200s}}\n"
    "flows: {loan: {event: step, instance: event.flow, step: event.step, steps: [apply, valuation, documents]}}\n"
    "rules:\n"
    "  - {id: much, on: pay, when: 'feature.paid >= 20.00 && feature.kinds >= 2', cooldown: 40s}\n"
    "  - {id: idle, on: {event: inflow, unless: bought, within: 60s, restart: true}}\n"
    "  - {id: halfway, on: {flow: loan, stopped_at: valuation, for: 30s}}\n"
    "  - {id: tier, on: {becomes: 'customer.age > 40'}, audience: 'feature.paid >= 0.00'}\n"
    "  - {id: matures, on: {event: bought, date: event.matures, before: 1d, at: '00:20'}}\n";

static uint64_t seed;
static unsigned chance(unsigned below) { return (unsigned)((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 33) % below; }

/* The n-th event of a story: the same for the same story. */
static void write_event(char line[128], uint64_t story, unsigned n)
{
  static const char *const steps[] = {"apply", "valuation", "documents"};
  seed = story * 1000003 + n;
  chance(2);
  unsigned c = chance(12), kind = chance(10);
  double t = n * 1.5 + chance(1500) / 1000.0 - (chance(15) ? 0 : chance(60));
  if (t < 0) t = 0;
  if (kind < 4) snprintf(line, 128, "e%u pay C%u %.3f amount=%u.50 employer=E%u", n, c, t, chance(9), chance(4));
  else if (kind < 6) snprintf(line, 128, "e%u inflow C%u %.3f amount=%u", n, c, t, chance(9));
  else if (kind < 7) snprintf(line, 128, "e%u bought C%u %.3f product=x matures=2026-09-%u", n, c, t, 14 + chance(3));
  else if (kind < 9) snprintf(line, 128, "e%u step C%u %.3f flow=F%u step=%s", n, c, t, chance(2), steps[chance(3)]);
  else if (chance(8)) snprintf(line, 128, "e%u customer C%u %.3f age=%u", n, c, t, 30 + chance(20));
  else snprintf(line, 128, "e%u customer C%u %.3f forget", n, c, t);
}

enum { EVENTS = 900 };

/* Runs a story; kills after about every `kill_every`-th commit (0: never), having taken some events that are not committed. Returns the timeline. */
static char *run(uint64_t story, unsigned commit_every, unsigned kill_every)
{
  struct bank b;
  char line[128];
  bank_open(&b, "lateness: 5s\nlate_limit: 10m\n", rules);
  bank_profile(&b, "C1 age=39");
  bank_profile(&b, "C2 age=41");
  unsigned commits = 0;
  for (b.records = 0; b.records < EVENTS;) {
    write_event(line, story, (unsigned)b.records);
    bank_arrive(&b, line);
    if (b.records % commit_every) continue;
    bank_commit(&b);
    if (!kill_every || ++commits % kill_every || b.records + 3 > EVENTS) continue;
    for (unsigned i = 0; i < 2; i++) {
      write_event(line, story, (unsigned)b.records);
      bank_arrive(&b, line);
    }
    bank_kill(&b);
  }
  bank_end(&b);
  bank_commit(&b);
  gh_buf_byte(&b.timeline, '\0');
  char *out = strdup(b.timeline.data);
  bank_close(&b);
  return out;
}

static void kills_change_no_lead(void **unused)
{
  (void)unused;
  for (uint64_t story = 1; story <= 12; story++) {
    char *calm = run(story, 50, 0);
    assert_true(strlen(calm) > 500);
    for (unsigned i = 0; i < 4; i++) {
      char *killed = run(story, (unsigned[]){1, 7, 30, 100}[i], (unsigned[]){9, 5, 2, 1}[i]);
      assert_string_equal(killed, calm);
      free(killed);
    }
    free(calm);
  }
}

/* With many customers the table is cut into more and more buckets, and the log stays shorter than the table. */
static void the_log_never_outgrows_the_table(void **unused)
{
  (void)unused;
  struct bank b;
  bank_open(&b, "lateness: 0s\nlate_limit: 10s\n", rules);
  uint64_t log_bytes = 0, table_bytes = 0;
  for (unsigned n = 0; n < 30000; n++) {
    char line[128];
    snprintf(line, sizeof line, "e%u pay C%u %u amount=1 employer=E%u", n, n * 7919 % 2000, n / 10, n % 3);
    bank_arrive(&b, line);
    if (n % 100 == 99) bank_commit(&b);
    if (n == 20000) bank_kill(&b);
  }
  for (size_t i = 0; i < b.nrows; i++) {
    if (b.rows[i].kind == GH_ROW_LOG) log_bytes += b.rows[i].len;
    if (b.rows[i].kind == GH_ROW_BUCKET) table_bytes += b.rows[i].len;
    if (b.rows[i].kind == GH_ROW_BUCKET) assert_true(b.rows[i].len < 64 << 10);
  }
  assert_true(log_bytes < 2 * table_bytes);
  uint64_t customers = gh_core_stats(b.core).customers;
  bank_kill(&b);
  assert_int_equal(gh_core_stats(b.core).customers, customers);
  bank_close(&b);
}

static void another_format_is_refused(void **unused)
{
  (void)unused;
  struct gh_core *core = gh_core_new((struct gh_core_options){0});
  assert_false(gh_load(core, GH_ROW_META, 0, GH_STR("\x63")));
  assert_false(gh_load(core, GH_ROW_DICT, 0, GH_STR("\x63")));
  assert_false(gh_load(core, GH_ROW_BUCKET, 0, GH_STR("\x63")));
  gh_core_free(core);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(another_format_is_refused),
      cmocka_unit_test(kills_change_no_lead),
      cmocka_unit_test(the_log_never_outgrows_the_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
