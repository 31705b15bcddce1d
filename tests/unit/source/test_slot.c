/* A member's name is the first free number on its host; the kernel frees it when its process is gone. */
#include "scratch.h"

#include <sys/wait.h>

#include "slot.h"

static struct gh_source_error error;

static int make_dir(void **state)
{
  (void)state;
  return make_scratch() != 0 || setenv("RUNTIME_DIRECTORY", dir, 1) != 0;
}

static const char *number(const struct gh_slot *s)
{
  assert_int_equal(strncmp(s->name, "goldhour-", 9), 0);
  return strrchr(s->name, '-') + 1;
}

static void each_takes_the_first_that_is_free(void **state)
{
  (void)state;
  struct gh_slot a, b, c;
  assert_true(gh_slot_take(&a, GH_STR("g"), &error) && gh_slot_take(&b, GH_STR("g"), &error));
  assert_string_equal(number(&a), "1");
  assert_string_equal(number(&b), "2");
  gh_slot_release(&a);
  assert_true(gh_slot_take(&c, GH_STR("g"), &error));
  assert_string_equal(number(&c), "1");
  gh_slot_release(&b);
  gh_slot_release(&c);
}

static void groups_count_for_themselves(void **state)
{
  (void)state;
  struct gh_slot a, b;
  assert_true(gh_slot_take(&a, GH_STR("one"), &error) && gh_slot_take(&b, GH_STR("an/other"), &error));
  assert_string_equal(number(&b), "1");
  gh_slot_release(&a);
  gh_slot_release(&b);
}

static void a_process_that_died_holds_nothing(void **state)
{
  (void)state;
  struct gh_slot a;
  pid_t child = fork();
  if (child == 0) {
    if (!gh_slot_take(&a, GH_STR("g"), &error)) _exit(1);
    abort(); /* however it ends */
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  assert_true(gh_slot_take(&a, GH_STR("g"), &error));
  assert_string_equal(number(&a), "1");
  gh_slot_release(&a);
}

static void the_first_of_several_folders_counts(void **state)
{
  (void)state;
  char two[256];
  struct gh_slot a;
  snprintf(two, sizeof two, "%s:/not-there", dir);
  setenv("RUNTIME_DIRECTORY", two, 1);
  assert_true(gh_slot_take(&a, GH_STR("g"), &error));
  snprintf(two, sizeof two, "%s/goldhour-g.1.lock", dir);
  assert_int_equal(access(two, F_OK), 0);
  gh_slot_release(&a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(each_takes_the_first_that_is_free, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(groups_count_for_themselves, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(a_process_that_died_holds_nothing, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(the_first_of_several_folders_counts, make_dir, remove_dir),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
