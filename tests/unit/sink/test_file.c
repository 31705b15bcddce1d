/* The file sink writes behind its mark alone: whatever happened to the file, the same bytes come out once. */
#include "scratch.h"

#include <sys/stat.h>

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

static struct gh_sink_begun begun;

static struct gh_sink *open_file(bool many)
{
  struct gh_sink_error error;
  static struct gh_sink_conf conf = {.kind = GH_SINK_FILE, .name = {"file", 4}};
  conf.path.text = gh_str(path);
  struct gh_sink *s = gh_sink_open(&(struct gh_sink_options){.conf = &conf, .many = many}, &error);
  if (!s) fail_msg("%s", error.text);
  return s;
}

static void begin(struct gh_sink *s, unsigned partition, struct gh_sink_mark *mark)
{
  struct gh_sink_error error;
  if (!gh_sink_hold(s, partition, 0, &error) || !gh_sink_begin(s, partition, mark, &begun, &error)) fail_msg("%s", error.text);
}

static void put_leads(struct gh_sink *s, unsigned partition, struct gh_sink_mark *mark, const char *const *leads)
{
  struct gh_sink_error error;
  struct gh_sink_lead page[8];
  unsigned n = 0, taken;
  for (; leads[n]; n++) page[n] = (struct gh_sink_lead){.number = n + 1, .json = gh_str(leads[n])};
  begin(s, partition, mark);
  if (gh_sink_write(s, &(struct gh_sink_page){partition, page, n}, mark, &taken, &error) != GH_SINK_TAKEN) fail_msg("%s", error.text);
  assert_int_equal(taken, n);
}

static void put_line(struct gh_sink *s, struct gh_sink_mark *mark, const char *line) { put_leads(s, 0, mark, (const char *const[]){line, NULL}); }

static void what_was_not_marked_is_cut_and_written_again(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0}, committed;
  struct gh_sink *s = open_file(false);
  begin(s, 0, &mark);
  assert_true(begun.changed);
  put_line(s, &mark, "one");
  assert_false(begun.changed);
  committed = mark;
  put_line(s, &mark, "two");
  gh_sink_close(s); /* killed before the mark was committed */
  put(path, "a", "thr");
  s = open_file(false);
  put_line(s, &committed, "two");
  assert_false(begun.changed);
  assert_file(path, "one\ntwo\n");
  assert_int_equal(committed.bytes, 8);
  gh_sink_close(s);
}

static void a_rotated_file_is_left_and_a_new_one_begun(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  struct gh_sink *s = open_file(false);
  put_line(s, &mark, "one");
  rename(path, old_path);
  put_line(s, &mark, "two");
  assert_true(begun.changed);
  assert_int_equal(begun.lines, 0);
  assert_file(old_path, "one\n");
  assert_file(path, "two\n");
  gh_sink_close(s);
}

/* Killed after writing and before committing the mark, and rotated while it was down: what the old file holds is not written twice. */
static void lines_in_a_rotated_file_are_found(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0}, committed;
  struct gh_sink *s = open_file(false);
  put_line(s, &mark, "one");
  committed = mark;
  put_leads(s, 0, &mark, (const char *const[]){"two", "three", NULL});
  gh_sink_close(s);
  put(path, "a", "fo");
  rename(path, old_path);
  s = open_file(false);
  begin(s, 0, &committed);
  assert_true(begun.changed);
  assert_int_equal(begun.lines, 2);
  assert_file(old_path, "one\ntwo\nthree\n");
  assert_int_equal(committed.bytes, 0);
  gh_sink_close(s);
}

static void a_file_of_somebody_else_is_appended_to(void **state)
{
  (void)state;
  put(path, "w", "theirs\n");
  struct gh_sink_mark mark = {0};
  struct gh_sink *s = open_file(false);
  put_line(s, &mark, "one");
  assert_file(path, "theirs\none\n");
  gh_sink_close(s);
}

static void a_file_cut_by_somebody_goes_on_at_its_end(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  struct gh_sink *s = open_file(false);
  put_line(s, &mark, "one");
  put(path, "w", "");
  put_line(s, &mark, "two");
  assert_true(begun.changed);
  assert_file(path, "two\n");
  gh_sink_close(s);
}

static void one_process_a_file(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  struct gh_sink_error error;
  struct gh_sink_conf conf = {.kind = GH_SINK_FILE, .name = GH_STR("file"), .path = {.text = gh_str(path)}};
  struct gh_sink *s = open_file(false);
  put_line(s, &mark, "one");
  assert_null(gh_sink_open(&(struct gh_sink_options){.conf = &conf}, &error));
  assert_non_null(strstr(error.text, "another process writes to it"));
  gh_sink_close(s);
  gh_sink_close(open_file(false));
}

static void a_folder_that_is_missing_is_said(void **state)
{
  (void)state;
  struct gh_sink_error error;
  snprintf(path, sizeof path, "%s/none/leads.jsonl", dir);
  struct gh_sink_conf conf = {.kind = GH_SINK_FILE, .name = GH_STR("file"), .path = {.text = gh_str(path)}};
  assert_null(gh_sink_open(&(struct gh_sink_options){.conf = &conf}, &error));
  assert_non_null(strstr(error.text, "No such file"));
  assert_null(gh_sink_open(&(struct gh_sink_options){.conf = &conf, .many = true}, &error));
  assert_non_null(strstr(error.text, "No such file"));
}

/* Rotated between the lock and the first page, after a kill: what lies behind the mark is found all the same. */
static void a_file_held_and_then_rotated_is_looked_through(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0}, committed;
  struct gh_sink *s = open_file(false);
  put_line(s, &mark, "one");
  committed = mark;
  put_line(s, &mark, "two");
  gh_sink_close(s);
  s = open_file(false);
  rename(path, old_path);
  begin(s, 0, &committed);
  assert_int_equal(begun.lines, 1);
  gh_sink_close(s);
}

static void partitions_have_files_of_their_own(void **state)
{
  (void)state;
  struct gh_sink_mark three = {0}, seven = {0};
  struct gh_sink *s = open_file(true), *other = open_file(true);
  put_leads(s, 3, &three, (const char *const[]){"one", NULL});
  put_leads(s, 7, &seven, (const char *const[]){"two", NULL});
  snprintf(path, sizeof path, "%s/leads.p3.jsonl", dir);
  assert_file(path, "one\n");
  snprintf(path, sizeof path, "%s/leads.p7.jsonl", dir);
  assert_file(path, "two\n");
  struct gh_sink_error error;
  assert_false(gh_sink_hold(other, 7, 0, &error));
  gh_sink_forget(s, 7); /* given back: the next process goes on */
  put_leads(other, 7, &seven, (const char *const[]){"three", NULL});
  assert_file(path, "two\nthree\n");
  gh_sink_close(s);
  gh_sink_close(other);
}

/* The number of the file that stands at `path`. */
static ino_t inode(void)
{
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  return st.st_ino;
}

/* Another machine's file, or one that came after ours was deleted, may have the same number: it is not cut to what ours was. */
static void a_number_that_is_used_again_is_no_sign(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  struct gh_sink *s = open_file(false);
  put_line(s, &mark, "one");
  gh_sink_close(s);
  ino_t ours = inode();
  unsigned tries = 0;
  do {
    assert_int_equal(unlink(path), 0);
    put(path, "w", "leads of\nsomebody\n");
  } while (inode() != ours && ++tries < 100);
  if (inode() != ours) skip();
  s = open_file(false);
  put_line(s, &mark, "two");
  assert_true(begun.changed);
  assert_file(path, "leads of\nsomebody\ntwo\n");
  gh_sink_close(s);
}

/* Marks of the release before say device and number alone. */
static void an_older_mark_is_known(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  struct gh_sink *s = open_file(false);
  put_line(s, &mark, "one");
  struct gh_sink_mark older = mark;
  put_line(s, &mark, "two");
  gh_sink_close(s);
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  snprintf(older.file, sizeof older.file, "%llu-%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
  s = open_file(false);
  put_line(s, &older, "two");
  assert_file(path, "one\ntwo\n");
  gh_sink_close(s);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(what_was_not_marked_is_cut_and_written_again), STORY(a_rotated_file_is_left_and_a_new_one_begun), STORY(lines_in_a_rotated_file_are_found),
      STORY(a_file_of_somebody_else_is_appended_to), STORY(a_file_cut_by_somebody_goes_on_at_its_end), STORY(one_process_a_file), STORY(a_folder_that_is_missing_is_said),
      STORY(a_file_held_and_then_rotated_is_looked_through), STORY(partitions_have_files_of_their_own),
      STORY(a_number_that_is_used_again_is_no_sign), STORY(an_older_mark_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
