/* The relay hands over what was committed, in order, once; what fails waits, and what waits too long is set aside. */
#include <signal.h>

#include "relay_bank.h"

static int make_dir(void **state)
{
  (void)state;
  if (make_scratch() != 0) return -1;
  conf = (struct gh_conf){.dir = gh_str(dir), .sink_behind = 1000};
  sink_conf = (struct gh_sink_conf){.kind = GH_SINK_FILE, .name = GH_STR("file"), .path = {.text = GH_STR("leads.jsonl")}};
  return 0;
}

/* In the test's folder. */
static void shell(const char *command)
{
  char line[256];
  snprintf(line, sizeof line, "cd %s && %s", dir, command);
  assert_int_equal(system(line), 0);
}

static void assert_lines(const char *name, const char *prefix, unsigned first, unsigned last)
{
  char path[128], line[64], expected[64];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  for (unsigned i = first; i <= last; i++) {
    snprintf(expected, sizeof expected, "%s%u\n", prefix, i);
    assert_non_null(fgets(line, sizeof line, f));
    assert_string_equal(line, expected);
  }
  assert_null(fgets(line, sizeof line, f));
  fclose(f);
}

static void what_is_committed_is_handed_over_in_order(void **state)
{
  (void)state;
  struct gh_store *store = gh_store_open_memory();
  struct gh_relay *r = open_relay(false);
  assert_string_equal(gh_relay_name(r), "file");
  gh_relay_add(r, 0, store);
  commit(store, "a", 10000);
  gh_relay_kick(r, 0);
  struct gh_relay_state s = await(r, GH_RELAY_IDLE);
  assert_int_equal(s.handed, 10000);
  assert_int_equal(s.behind, 0);
  assert_int_equal(s.buried, 0);
  assert_lines("leads.jsonl", "a", 1, 10000);
  gh_relays_close(&r, 1, 1000);
  gh_store_close(store);
}

static void partitions_take_turns_and_come_and_go(void **state)
{
  (void)state;
  struct gh_store *three = gh_store_open_memory(), *seven = gh_store_open_memory();
  struct gh_relay *r = open_relay(true);
  commit(three, "c", 9000);
  commit(seven, "g", 5);
  gh_relay_add(r, 3, three);
  gh_relay_add(r, 7, seven);
  await(r, GH_RELAY_IDLE);
  assert_lines("leads.p3.jsonl", "c", 1, 9000);
  assert_lines("leads.p7.jsonl", "g", 1, 5);
  gh_relay_remove(r, 7);
  commit(seven, "x", 1);
  gh_relay_kick(r, 7); /* no longer ours */
  commit(three, "d", 1);
  gh_relay_kick(r, 3);
  await(r, GH_RELAY_IDLE);
  assert_lines("leads.p7.jsonl", "g", 1, 5);
  gh_relay_add(r, 7, seven); /* and back again: goes on where its place is */
  await(r, GH_RELAY_IDLE);
  gh_relays_close(&r, 1, 1000);
  gh_store_close(three);
  gh_store_close(seven);
}

static void a_place_is_where_the_next_process_goes_on(void **state)
{
  (void)state;
  struct gh_store *store = gh_store_open_memory();
  for (unsigned i = 0; i < 3; i++) {
    struct gh_relay *r = open_relay(false);
    gh_relay_add(r, 0, store);
    commit(store, "a", 1);
    gh_relay_kick(r, 0);
    await(r, GH_RELAY_IDLE);
    gh_relays_close(&r, 1, 1000);
  }
  char path[128], text[64] = "";
  snprintf(path, sizeof path, "%s/leads.jsonl", dir);
  FILE *f = fopen(path, "r");
  assert_int_equal(fread(text, 1, sizeof text - 1, f), 9);
  fclose(f);
  assert_string_equal(text, "a1\na1\na1\n");
  gh_store_close(store);
}

/* The folder is gone: leads wait, are told, and are there once it is back. */
static void what_fails_waits_and_is_tried_again(void **state)
{
  (void)state;
  shell("mkdir out");
  sink_conf.path.text = GH_STR("out/leads.jsonl");
  struct gh_store *store = gh_store_open_memory();
  struct gh_relay *r = open_relay(true);
  shell("mv out away");
  commit(store, "a", 3);
  gh_relay_add(r, 0, store);
  struct gh_relay_state s = await(r, GH_RELAY_FAILING);
  assert_non_null(strstr(s.error, "No such file"));
  assert_int_equal(s.behind, 3);
  shell("mv away out");
  gh_relay_hurry(r);
  await(r, GH_RELAY_IDLE);
  assert_lines("out/leads.p0.jsonl", "a", 1, 3);
  gh_relays_close(&r, 1, 1000);
  gh_store_close(store);
}

/* Beyond the bound the oldest go. */
static void a_sink_that_fails_for_long_loses_the_oldest(void **state)
{
  (void)state;
  shell("mkdir -p out/leads.p0.jsonl");
  sink_conf.path.text = GH_STR("out/leads.jsonl"); /* a folder stands in the way */
  struct gh_store *store = gh_store_open_memory();
  struct gh_relay *r = open_relay(true);
  commit(store, "a", 6000);
  gh_relay_add(r, 0, store);
  struct gh_relay_state s = await(r, GH_RELAY_FAILING);
  while (s.buried < 5000) s = await(r, GH_RELAY_FAILING);
  assert_int_equal(s.buried, 5000);
  assert_int_equal(s.behind, 1000);
  shell("rmdir out/leads.p0.jsonl");
  gh_relay_hurry(r);
  s = await(r, GH_RELAY_IDLE);
  assert_int_equal(s.handed, 1000);
  assert_lines("out/leads.p0.jsonl", "a", 5001, 6000);
  gh_relays_close(&r, 1, 1000);
  gh_store_close(store);
}

/* Nobody reads standard output: closing does not wait for it. Its reader goes away: gone for good. */
static void standard_output_may_hang_or_go(void **state)
{
  (void)state;
  sink_conf = (struct gh_sink_conf){.kind = GH_SINK_STDOUT, .name = GH_STR("stdout")};
  int ends[2], kept = dup(STDOUT_FILENO);
  fflush(stdout);
  assert_int_equal(pipe(ends), 0);
  dup2(ends[1], STDOUT_FILENO);
  close(ends[1]);
  struct gh_store *store = gh_store_open_memory();
  struct gh_relay *r = open_relay(false);
  commit(store, "a", 50000);
  gh_relay_add(r, 0, store);
  gh_relays_close(&r, 1, 50);
  r = open_relay(false);
  close(ends[0]);
  gh_relay_add(r, 0, store);
  struct gh_relay_state s = await(r, GH_RELAY_GONE);
  gh_relays_close(&r, 1, 1000);
  dup2(kept, STDOUT_FILENO);
  close(kept);
  assert_true(s.behind > 0);
  gh_store_close(store);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {
      STORY(what_is_committed_is_handed_over_in_order), STORY(partitions_take_turns_and_come_and_go), STORY(a_place_is_where_the_next_process_goes_on),
      STORY(what_fails_waits_and_is_tried_again), STORY(a_sink_that_fails_for_long_loses_the_oldest), STORY(standard_output_may_hang_or_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
