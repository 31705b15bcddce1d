/* What `profiles` remembers from one night to the next, over kills at any point. */
#include "scratch.h"

#include <sys/stat.h>

#include "profile_merge.c"
#include "profile_state.c"
#include "repeats.c"

static struct gh_profile_error error;
static char path[128], part[128];

static int begin(void **state)
{
  (void)state;
  if (make_scratch() != 0) return -1;
  snprintf(path, sizeof path, "%s/profiles.state", dir);
  snprintf(part, sizeof part, "%s.part", path);
  return 0;
}

static struct gh_str name_of(struct gh_arena *arena, unsigned i) { return gh_arena_fmt(arena, "C%u", i * 7919 % 100003); }

static void open_it(struct gh_profile_state *s) { assert_true(gh_profile_state_open(s, path, NULL, &error)); }

static void note(struct gh_profile_state *s, unsigned from, unsigned until, uint64_t hash)
{
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  for (unsigned i = from; i < until; i++) gh_profile_state_note(s, name_of(&arena, i), hash);
  gh_arena_free(&arena);
}

/* How many of the customers are remembered by this hash. */
static unsigned same(struct gh_profile_state *s, unsigned from, unsigned until, uint64_t hash)
{
  struct gh_arena arena;
  unsigned n = 0;
  bool known;
  gh_arena_init(&arena, 0);
  for (unsigned i = from; i < until; i++) n += gh_profile_state_same(s, name_of(&arena, i), hash, &known);
  gh_arena_free(&arena);
  return n;
}

static bool count(void *ctx, struct gh_str customer)
{
  (void)customer;
  ++*(unsigned *)ctx;
  return true;
}

static unsigned missing(const struct gh_profile_state *s)
{
  unsigned n = 0;
  gh_profile_state_missing(s, count, &n);
  return n;
}

static void test_a_night_is_remembered(void **state)
{
  (void)state;
  struct gh_profile_state s;
  open_it(&s);
  assert_int_equal(same(&s, 0, 10, 1), 0);
  gh_profile_state_name(&s, GH_STR("aum"));
  note(&s, 0, 1000, 5);
  assert_true(gh_profile_state_delivered(&s, &error));
  note(&s, 1000, 3000, 6);
  assert_true(gh_profile_state_finish(&s, &error));
  gh_profile_state_close(&s);
  assert_int_not_equal(access(part, F_OK), 0);
  open_it(&s);
  assert_true(gh_profile_state_field(&s, GH_STR("aum")));
  assert_false(gh_profile_state_field(&s, GH_STR("age")));
  assert_int_equal(same(&s, 0, 1000, 5), 1000);
  assert_int_equal(same(&s, 1000, 3000, 6), 2000);
  assert_int_equal(same(&s, 3000, 3100, 6), 0);
  gh_profile_state_close(&s);
}

static void test_the_next_night_knows_who_changed_and_who_is_gone(void **state)
{
  (void)state;
  struct gh_profile_state s;
  open_it(&s);
  note(&s, 0, 500, 1);
  assert_true(gh_profile_state_finish(&s, &error));
  gh_profile_state_close(&s);
  open_it(&s);
  assert_int_equal(same(&s, 0, 400, 1), 400);
  assert_int_equal(missing(&s), 100);
  note(&s, 0, 10, 2);
  note(&s, 450, 500, GH_PROFILE_FORGOTTEN);
  assert_true(gh_profile_state_finish(&s, &error));
  gh_profile_state_close(&s);
  open_it(&s);
  assert_int_equal(s.known.count, 450);
  assert_int_equal(same(&s, 0, 10, 2), 10);
  assert_int_equal(same(&s, 10, 450, 1), 440);
  assert_int_equal(missing(&s), 0);
  gh_profile_state_close(&s);
}

/* What was delivered before a kill is known to the next run; what was noted and not delivered is not. */
static void test_a_kill_loses_the_last_stretch_alone(void **state)
{
  (void)state;
  struct gh_profile_state s;
  open_it(&s);
  gh_profile_state_name(&s, GH_STR("age"));
  note(&s, 0, 100, 1);
  assert_true(gh_profile_state_delivered(&s, &error));
  note(&s, 100, 200, 1);
  assert_true(gh_profile_state_delivered(&s, &error));
  note(&s, 200, 300, 1);
  gh_profile_state_close(&s); /* killed */
  open_it(&s);
  assert_int_equal(same(&s, 0, 300, 1), 200);
  assert_true(gh_profile_state_field(&s, GH_STR("age")));
  gh_profile_state_close(&s);
}

/* A section that was being written when the power went is left out; those before it hold. */
static void test_a_torn_section_is_left_out(void **state)
{
  (void)state;
  struct gh_profile_state s;
  struct stat whole;
  open_it(&s);
  note(&s, 0, 100, 1);
  assert_true(gh_profile_state_delivered(&s, &error));
  note(&s, 100, 200, 1);
  assert_true(gh_profile_state_delivered(&s, &error));
  gh_profile_state_close(&s);
  assert_int_equal(stat(part, &whole), 0);
  assert_int_equal(truncate(part, whole.st_size - 7), 0);
  open_it(&s);
  assert_int_equal(same(&s, 0, 200, 1), 100);
  gh_profile_state_close(&s);
}

static void write_file(const char *to, const char *text)
{
  FILE *f = fopen(to, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static void test_another_file_is_left_alone(void **state)
{
  (void)state;
  struct gh_profile_state s;
  write_file(path, "customer,name\nC1,x\n");
  assert_false(gh_profile_state_open(&s, path, NULL, &error));
  assert_non_null(strstr(error.text, "no state of goldhour profiles"));
  gh_profile_state_close(&s);
}

static void test_a_damaged_state_is_told(void **state)
{
  (void)state;
  struct gh_profile_state s;
  open_it(&s);
  note(&s, 0, 100, 1);
  assert_true(gh_profile_state_finish(&s, &error));
  gh_profile_state_close(&s);
  FILE *f = fopen(path, "r+");
  fseek(f, 200, SEEK_SET);
  fputc('!', f);
  fclose(f);
  assert_false(gh_profile_state_open(&s, path, NULL, &error));
  assert_non_null(strstr(error.text, "damaged"));
  gh_profile_state_close(&s);
}

static void test_another_state_to_compare_with(void **state)
{
  (void)state;
  struct gh_profile_state s;
  char old[128];
  open_it(&s);
  note(&s, 0, 100, 1);
  assert_true(gh_profile_state_finish(&s, &error));
  gh_profile_state_close(&s);
  snprintf(old, sizeof old, "%s/old", dir);
  assert_int_equal(rename(path, old), 0);
  assert_true(gh_profile_state_open(&s, path, old, &error));
  assert_int_equal(same(&s, 0, 100, 1), 100);
  note(&s, 0, 1, 2);
  assert_true(gh_profile_state_finish(&s, &error));
  gh_profile_state_close(&s);
  open_it(&s);
  assert_int_equal(same(&s, 0, 1, 2) + same(&s, 1, 100, 1), 100);
  gh_profile_state_close(&s);
}

static void test_the_later_of_two_notes_counts(void **state)
{
  (void)state;
  struct gh_profile_state s;
  open_it(&s);
  note(&s, 0, 10, 1);
  note(&s, 0, 10, 2);
  assert_true(gh_profile_state_delivered(&s, &error));
  note(&s, 5, 10, 3);
  assert_true(gh_profile_state_finish(&s, &error));
  gh_profile_state_close(&s);
  open_it(&s);
  assert_int_equal(s.known.count, 10);
  assert_int_equal(same(&s, 0, 5, 2) + same(&s, 5, 10, 3), 10);
  gh_profile_state_close(&s);
}

static void test_nothing_is_remembered_without_a_file(void **state)
{
  (void)state;
  struct gh_profile_state s;
  assert_true(gh_profile_state_open(&s, NULL, NULL, &error));
  note(&s, 0, 10, 1);
  assert_int_equal(gh_profile_state_pending(&s), 0);
  assert_true(gh_profile_state_delivered(&s, &error));
  assert_true(gh_profile_state_finish(&s, &error));
  gh_profile_state_close(&s);
}

static void test_repeats_are_counted(void **state)
{
  (void)state;
  struct gh_repeats r = {0};
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  for (unsigned i = 0; i < 5000; i++) assert_int_equal(gh_repeats_count(&r, name_of(&arena, i)), 1);
  for (unsigned i = 0; i < 5000; i++) assert_int_equal(gh_repeats_count(&r, name_of(&arena, i)), 2);
  for (unsigned i = 0; i < 300; i++) (void)gh_repeats_count(&r, GH_STR("C-often"));
  assert_int_equal(gh_repeats_count(&r, GH_STR("C-often")), 255);
  gh_arena_free(&arena);
  gh_repeats_free(&r);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_night_is_remembered, begin, remove_dir),
      cmocka_unit_test_setup_teardown(test_the_next_night_knows_who_changed_and_who_is_gone, begin, remove_dir),
      cmocka_unit_test_setup_teardown(test_a_kill_loses_the_last_stretch_alone, begin, remove_dir),
      cmocka_unit_test_setup_teardown(test_a_torn_section_is_left_out, begin, remove_dir),
      cmocka_unit_test_setup_teardown(test_another_file_is_left_alone, begin, remove_dir),
      cmocka_unit_test_setup_teardown(test_a_damaged_state_is_told, begin, remove_dir),
      cmocka_unit_test_setup_teardown(test_another_state_to_compare_with, begin, remove_dir),
      cmocka_unit_test_setup_teardown(test_the_later_of_two_notes_counts, begin, remove_dir),
      cmocka_unit_test_setup_teardown(test_nothing_is_remembered_without_a_file, begin, remove_dir),
      cmocka_unit_test(test_repeats_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
