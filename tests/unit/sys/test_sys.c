/* Files, zones, shipped files and the log. */
#include "base/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"

static struct gh_arena arena;
static char folder[] = "/tmp/goldhour-sys-XXXXXX";

static int setup(void **state)
{
  (void)state;
  gh_arena_init(&arena, 0);
  strcpy(strrchr(folder, '-'), "-XXXXXX");
  return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", folder);
  gh_arena_free(&arena);
  return system(command);
}

static const char *path_of(const char *name) { return gh_arena_fmt(&arena, "%s/%s", folder, name).ptr; }

static void write_file(const char *name, struct gh_str bytes)
{
  FILE *f = fopen(path_of(name), "wb");
  assert_non_null(f);
  fwrite(bytes.ptr, 1, bytes.len, f);
  fclose(f);
}

static void test_a_file_is_read_whole(void **state)
{
  (void)state;
  struct gh_str got;
  struct gh_buf large = {0};
  for (int i = 0; i < 100000; i++) gh_buf_fmt(&large, "%d ", i);
  write_file("large", gh_buf_str(&large));
  assert_true(gh_file_read(&arena, path_of("large"), &got));
  assert_true(gh_str_eq(got, gh_buf_str(&large)));
  assert_int_equal(got.ptr[got.len], 0);
  gh_buf_free(&large);
  write_file("empty", GH_STR(""));
  assert_true(gh_file_read(&arena, path_of("empty"), &got));
  assert_int_equal(got.len, 0);
}

static void test_what_cannot_be_read_says_why(void **state)
{
  (void)state;
  struct gh_str got;
  assert_false(gh_file_read(&arena, path_of("absent"), &got));
  assert_int_equal(errno, ENOENT);
  assert_false(gh_file_read(&arena, folder, &got));
  assert_int_equal(errno, EISDIR);
}

static void test_paths_are_relative_to_their_folder(void **state)
{
  (void)state;
  expect_text(gh_path_join(&arena, GH_STR("/etc/gold"), GH_STR("rules.yaml")), "/etc/gold/rules.yaml");
  expect_text(gh_path_join(&arena, GH_STR("/etc/"), GH_STR("rules.yaml")), "/etc/rules.yaml");
  expect_text(gh_path_join(&arena, GH_STR("/etc"), GH_STR("/rules.yaml")), "/rules.yaml");
  expect_text(gh_path_join(&arena, GH_STR(""), GH_STR("rules.yaml")), "rules.yaml");
}

static void test_globs_come_sorted_and_may_be_empty(void **state)
{
  (void)state;
  struct gh_str *paths;
  size_t n;
  write_file("b.yaml", GH_STR("")), write_file("a.yaml", GH_STR("")), write_file("c.txt", GH_STR(""));
  assert_true(gh_files_glob(&arena, gh_str(path_of("*.yaml")), &paths, &n));
  assert_int_equal(n, 2);
  expect_text(paths[0], path_of("a.yaml"));
  expect_text(paths[1], path_of("b.yaml"));
  assert_true(gh_files_glob(&arena, gh_str(path_of("*.json")), &paths, &n));
  assert_int_equal(n, 0);
}

static void test_the_calendar_of_china_is_built_in(void **state)
{
  (void)state;
  struct gh_str built_in, file;
  assert_true(gh_shipped_file("calendars/china.txt", &built_in));
  assert_true(gh_file_read(&arena, "config/calendars/china.txt", &file));
  assert_true(gh_str_eq(built_in, file));
  assert_false(gh_shipped_file("calendars/mars.txt", &built_in));
  for (size_t i = 1; i < gh_nshipped; i++) assert_true(strcmp(gh_shipped[i - 1].path, gh_shipped[i].path) < 0);
}

static void test_zones_of_the_system(void **state)
{
  (void)state;
  if (access("/usr/share/zoneinfo/Asia/Shanghai", R_OK) != 0) {
    print_message("SKIPPED: no zone database here\n");
    skip();
  }
  struct gh_zones *zones = gh_zones_load();
  const struct gh_zone *shanghai = gh_zones_find(zones, GH_STR("Asia/Shanghai"));
  assert_non_null(shanghai);
  assert_int_equal(gh_zone_offset(shanghai, 1772414100), 28800);
  assert_int_equal(gh_zone_offset(gh_zones_find(zones, GH_STR("America/New_York")), 1783000000), -14400);
  assert_null(gh_zones_find(zones, GH_STR("posix/Asia/Shanghai")));
  assert_null(gh_zones_find(zones, GH_STR("zone.tab")));
  gh_zones_free(zones);
}

static void test_zones_from_a_folder_that_is_not_there(void **state)
{
  (void)state;
  setenv("TZDIR", path_of("absent"), 1);
  struct gh_zones *zones = gh_zones_load();
  unsetenv("TZDIR");
  assert_non_null(gh_zones_find(zones, GH_STR("UTC")));
  assert_null(gh_zones_find(zones, GH_STR("Asia/Shanghai")));
  gh_zones_free(zones);
}

/* What a call of gh_log wrote to standard error, without its time stamp. */
static struct gh_str logged(void (*say)(void), bool json)
{
  struct gh_str text;
  fflush(stderr);
  int keep = dup(STDERR_FILENO), file = open(path_of("log"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  dup2(file, STDERR_FILENO);
  gh_log_json(json);
  say();
  gh_log_json(false);
  dup2(keep, STDERR_FILENO);
  close(keep), close(file);
  assert_true(gh_file_read(&arena, path_of("log"), &text));
  const char *level = strstr(text.ptr, "level");
  assert_non_null(level);
  return gh_str(level);
}

static void say_pairs(void) { gh_log(GH_WARN, "a \"word\"", "events=%d lag_ms=-5 file=\"%s\" version=%s id=007", 3, "a b=\"c\".yaml", "1.2.3"); }
static void say_lines(void) { gh_log(GH_INFO, "two\nlines", "why=\"%s\"", "first\nsecond"); }
static void say_nothing(void) { gh_log(GH_ERR, "stopped", "%s", ""); }

static void test_the_log_as_logfmt(void **state)
{
  (void)state;
  expect_text(logged(say_pairs, false), "level=warn msg=\"a \\\"word\\\"\" events=3 lag_ms=-5 file=\"a b=\\\"c\\\".yaml\" version=1.2.3 id=007\n");
  expect_text(logged(say_lines, false), "level=info msg=\"two\\nlines\" why=\"first\\nsecond\"\n");
  expect_text(logged(say_nothing, false), "level=error msg=\"stopped\"\n");
}

static void test_the_log_as_json(void **state)
{
  (void)state;
  expect_text(logged(say_pairs, true), "level\":\"warn\",\"msg\":\"a \\\"word\\\"\",\"events\":3,\"lag_ms\":-5,\"file\":\"a b=\\\"c\\\".yaml\",\"version\":\"1.2.3\",\"id\":\"007\"}\n");
  expect_text(logged(say_nothing, true), "level\":\"error\",\"msg\":\"stopped\"}\n");
}

static void test_clocks_and_memory(void **state)
{
  (void)state;
  uint64_t before = gh_monotonic_ns();
  assert_true(gh_monotonic_ns() >= before);
  assert_true(gh_wall_ms() > 1700000000000);
  assert_true(gh_rss_bytes() > 100000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_a_file_is_read_whole, setup, teardown),
    cmocka_unit_test_setup_teardown(test_what_cannot_be_read_says_why, setup, teardown),
    cmocka_unit_test_setup_teardown(test_paths_are_relative_to_their_folder, setup, teardown),
    cmocka_unit_test_setup_teardown(test_globs_come_sorted_and_may_be_empty, setup, teardown),
    cmocka_unit_test_setup_teardown(test_the_calendar_of_china_is_built_in, setup, teardown),
    cmocka_unit_test_setup_teardown(test_zones_of_the_system, setup, teardown),
    cmocka_unit_test_setup_teardown(test_zones_from_a_folder_that_is_not_there, setup, teardown),
    cmocka_unit_test_setup_teardown(test_the_log_as_logfmt, setup, teardown),
    cmocka_unit_test_setup_teardown(test_the_log_as_json, setup, teardown),
    cmocka_unit_test_setup_teardown(test_clocks_and_memory, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
