/* The file sink writes behind its mark alone: whatever happened to the file, the same bytes come out once. */
#include "scratch.h"

#include "goldhour/sink/sink.h"

static char path[128], old_path[128];

static int make_dir(void **state)
{
  (void)state;
  if (make_scratch() != 0) return -1;
  snprintf(path, sizeof path, "%s/leads.jsonl", dir);
  snprintf(old_path, sizeof old_path, "%s/leads.jsonl.1", dir);
  return 0;
}

static void assert_file(const char *name, const char *expected)
{
  char text[256] = {0};
  FILE *f = fopen(name, "r");
  assert_non_null(f);
  size_t n = fread(text, 1, sizeof text - 1, f);
  text[n] = '\0';
  fclose(f);
  assert_string_equal(text, expected);
}

static void put(const char *name, const char *mode, const char *text)
{
  FILE *f = fopen(name, mode);
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static bool changed;
static uint64_t lines;

static void begin(struct gh_sink *s, struct gh_sink_mark *mark)
{
  struct gh_sink_error error;
  if (!gh_sink_begin(s, mark, &changed, &lines, &error)) fail_msg("%s", error.text);
}

static void put_line(struct gh_sink *s, struct gh_sink_mark *mark, const char *line)
{
  struct gh_sink_error error;
  begin(s, mark);
  if (!gh_sink_write(s, mark, gh_str(line), &error)) fail_msg("%s", error.text);
}

static void what_was_not_marked_is_cut_and_written_again(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0}, committed;
  struct gh_sink *s = gh_sink_new(path);
  begin(s, &mark);
  assert_true(changed);
  put_line(s, &mark, "one\n");
  assert_false(changed);
  committed = mark;
  put_line(s, &mark, "two\n");
  gh_sink_free(s); /* killed before the mark was committed */
  put(path, "a", "thr");
  s = gh_sink_new(path);
  put_line(s, &committed, "two\n");
  assert_false(changed);
  assert_file(path, "one\ntwo\n");
  assert_int_equal(committed.bytes, 8);
  gh_sink_free(s);
}

static void a_rotated_file_is_left_and_a_new_one_begun(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  struct gh_sink *s = gh_sink_new(path);
  put_line(s, &mark, "one\n");
  rename(path, old_path);
  put_line(s, &mark, "two\n");
  assert_true(changed);
  assert_int_equal(lines, 0);
  assert_file(old_path, "one\n");
  assert_file(path, "two\n");
  gh_sink_free(s);
}

/* Killed after writing and before committing the mark, and rotated while it was down: what the old file holds is not written twice. */
static void lines_in_a_rotated_file_are_found(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0}, committed;
  struct gh_sink *s = gh_sink_new(path);
  put_line(s, &mark, "one\n");
  committed = mark;
  put_line(s, &mark, "two\nthree\n");
  gh_sink_free(s);
  put(path, "a", "fo");
  rename(path, old_path);
  s = gh_sink_new(path);
  begin(s, &committed);
  assert_true(changed);
  assert_int_equal(lines, 2);
  assert_file(old_path, "one\ntwo\nthree\n");
  assert_int_equal(committed.bytes, 0);
  gh_sink_free(s);
}

static void a_file_of_somebody_else_is_appended_to(void **state)
{
  (void)state;
  put(path, "w", "theirs\n");
  struct gh_sink_mark mark = {0};
  struct gh_sink *s = gh_sink_new(path);
  put_line(s, &mark, "one\n");
  assert_file(path, "theirs\none\n");
  gh_sink_free(s);
}

static void a_file_cut_by_somebody_goes_on_at_its_end(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  struct gh_sink *s = gh_sink_new(path);
  put_line(s, &mark, "one\n");
  put(path, "w", "");
  put_line(s, &mark, "two\n");
  assert_true(changed);
  assert_file(path, "two\n");
  gh_sink_free(s);
}

static void one_process_a_file(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0}, other = {0};
  struct gh_sink_error error;
  struct gh_sink *s = gh_sink_new(path), *second = gh_sink_new(path);
  put_line(s, &mark, "one\n");
  assert_false(gh_sink_begin(second, &other, &changed, &lines, &error));
  assert_non_null(strstr(error.text, "another process writes to it"));
  gh_sink_free(s);
  begin(second, &other);
  gh_sink_free(second);
}

static void a_folder_that_is_missing_is_said(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  struct gh_sink_error error;
  snprintf(path, sizeof path, "%s/none/leads.jsonl", dir);
  struct gh_sink *s = gh_sink_new(path);
  assert_false(gh_sink_begin(s, &mark, &changed, &lines, &error));
  assert_non_null(strstr(error.text, "No such file"));
  gh_sink_free(s);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(what_was_not_marked_is_cut_and_written_again), STORY(a_rotated_file_is_left_and_a_new_one_begun), STORY(lines_in_a_rotated_file_are_found),
      STORY(a_file_of_somebody_else_is_appended_to), STORY(a_file_cut_by_somebody_goes_on_at_its_end), STORY(one_process_a_file), STORY(a_folder_that_is_missing_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
