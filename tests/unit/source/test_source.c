/* A source gives whole records with their places, whatever the writer does to the file meanwhile. */
#include "scratch.h"

#include <fcntl.h>

#include "goldhour/base/buf.h"
#include "goldhour/source/source.h"

static char path[128], old_path[128];

static int make_dir(void **state)
{
  (void)state;
  if (make_scratch() != 0) return -1;
  snprintf(path, sizeof path, "%s/events.jsonl", dir);
  snprintf(old_path, sizeof old_path, "%s/events.jsonl.1", dir);
  return 0;
}

static void put(const char *mode, const char *text)
{
  FILE *f = fopen(path, mode);
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static struct gh_source *open_at(bool follow, uint64_t offset, uint64_t record)
{
  struct gh_source_error error;
  struct gh_source_options o = {.path = path, .follow = follow, .record_bytes = 4096, .offset = offset, .record = record};
  struct gh_source *s = gh_source_open(&o, &error);
  assert_non_null(s);
  return s;
}

/* All that there is now, as text: "1:abc 2:def", then "." nothing, "$" the end. Keeps the last place. */
static uint64_t last_offset, last_record;

static const char *rest(struct gh_source *s)
{
  static char text[8192];
  struct gh_buf out = {0};
  struct gh_source_record r;
  enum gh_source_answer answer;
  while ((answer = gh_source_next(s, &r)) == GH_SOURCE_RECORD) {
    if (r.too_long) gh_buf_fmt(&out, "%d:too-long@%d ", (int)r.at_record, (int)r.at_offset);
    else gh_buf_fmt(&out, "%d:%.*s ", (int)r.at_record, GH_FMT(r.bytes));
    last_offset = r.next_offset;
    last_record = r.next_record;
  }
  gh_buf_fmt(&out, "%s", answer == GH_SOURCE_NOTHING ? "." : answer == GH_SOURCE_END ? "$" : "!");
  snprintf(text, sizeof text, "%.*s", GH_FMT(gh_buf_str(&out)));
  gh_buf_free(&out);
  return text;
}

static void a_file_is_read_to_its_end(void **state)
{
  (void)state;
  put("w", "\xef\xbb\xbf" "one\r\n\ntwo\nthree");
  struct gh_source *s = open_at(false, 0, 0);
  assert_string_equal(rest(s), "1:one 2: 3:two 4:three $");
  assert_int_equal(gh_source_bytes(last_offset), 18);
  gh_source_close(s);
}

static void a_followed_file_waits_for_the_newline(void **state)
{
  (void)state;
  put("w", "one\ntw");
  struct gh_source *s = open_at(true, 0, 0);
  assert_string_equal(rest(s), "1:one .");
  put("a", "o\nthree\n");
  assert_string_equal(rest(s), "2:two 3:three .");
  gh_source_close(s);
}

static void reading_goes_on_at_a_stored_place(void **state)
{
  (void)state;
  put("w", "one\ntwo\nthree\n");
  struct gh_source *s = open_at(false, 0, 0);
  struct gh_source_record r;
  assert_int_equal(gh_source_next(s, &r), GH_SOURCE_RECORD);
  assert_int_equal(gh_source_next(s, &r), GH_SOURCE_RECORD);
  gh_source_close(s);
  s = open_at(false, r.next_offset, r.next_record);
  assert_false(gh_source_replaced(s));
  assert_string_equal(rest(s), "3:three $");
  gh_source_close(s);
  s = open_at(false, last_offset, last_record);
  assert_string_equal(rest(s), "$");
  gh_source_close(s);
}

static void another_file_under_the_name_is_begun_anew(void **state)
{
  (void)state;
  put("w", "one\ntwo\n");
  struct gh_source *s = open_at(false, 0, 0);
  rest(s);
  gh_source_close(s);
  put("w", "eins\nzwei\ndrei\n");
  s = open_at(false, last_offset, last_record);
  assert_true(gh_source_replaced(s));
  assert_string_equal(rest(s), "1:eins 2:zwei 3:drei $");
  gh_source_close(s);
  put("w", "eins\n");
  s = open_at(false, last_offset, last_record);
  assert_true(gh_source_replaced(s)); /* shorter than what was read */
  assert_string_equal(rest(s), "1:eins $");
  gh_source_close(s);
}

static void a_rotated_file_is_finished_and_the_new_one_begun(void **state)
{
  (void)state;
  put("w", "one\n");
  struct gh_source *s = open_at(true, 0, 0);
  assert_string_equal(rest(s), "1:one .");
  put("a", "two\nthr");
  rename(path, old_path);
  assert_string_equal(rest(s), "2:two ."); /* nothing stands under the name yet */
  FILE *f = fopen(old_path, "a");
  fputs("ee\nfour", f);
  fclose(f);
  put("w", "five\n");
  assert_string_equal(rest(s), "3:three 4:four 1:five .");
  gh_source_close(s);
  s = open_at(true, last_offset, last_record);
  assert_false(gh_source_replaced(s));
  gh_source_close(s);
}

static void a_file_rotated_meanwhile_is_finished_first(void **state)
{
  (void)state;
  put("w", "one\ntwo\n");
  struct gh_source *s = open_at(false, 0, 0);
  rest(s);
  gh_source_close(s);
  put("a", "three\nfour\n");
  rename(path, old_path);
  put("w", "five\n");
  s = open_at(false, last_offset, last_record);
  assert_false(gh_source_replaced(s));
  assert_string_equal(rest(s), "3:three 4:four 1:five $");
  gh_source_close(s);
  s = open_at(true, last_offset, last_record);
  put("a", "six\n");
  assert_string_equal(rest(s), "2:six .");
  gh_source_close(s);
}

/* logrotate: renamed, made anew, and the writer told to open the new one only then; what it writes until that belongs to the old file. */
static void an_empty_new_file_waits_for_its_writer(void **state)
{
  (void)state;
  put("w", "one\n");
  FILE *writer = fopen(path, "a");
  struct gh_source *s = open_at(true, 0, 0);
  assert_string_equal(rest(s), "1:one .");
  rename(path, old_path);
  put("w", "");
  assert_string_equal(rest(s), ".");
  fputs("two\n", writer);
  fflush(writer);
  assert_string_equal(rest(s), "2:two .");
  gh_source_close(s);
  s = open_at(true, last_offset, last_record); /* a restart finds the old file again, and goes on waiting in it */
  assert_string_equal(rest(s), ".");
  fputs("three\n", writer);
  fclose(writer);
  put("a", "four\n");
  assert_string_equal(rest(s), "3:three 1:four .");
  gh_source_close(s);
}

static void a_cut_file_is_begun_anew(void **state)
{
  (void)state;
  put("w", "one\ntwo\n");
  struct gh_source *s = open_at(true, 0, 0);
  assert_string_equal(rest(s), "1:one 2:two .");
  put("w", "new\n");
  assert_string_equal(rest(s), "1:new .");
  gh_source_close(s);
}

/* 700 KB between two short records: passed over in blocks, its beginning kept. */
static void a_record_too_long_is_passed_over(void **state)
{
  (void)state;
  FILE *f = fopen(path, "w");
  fputs("one\nlong", f);
  for (int i = 0; i < 700000; i++) fputc('x', f);
  fputs("\ntwo\n", f);
  for (int i = 0; i < 5000; i++) fputc('y', f); /* within one block */
  fputs("\nthree\n", f);
  fclose(f);
  struct gh_source *s = open_at(false, 0, 0);
  assert_string_equal(rest(s), "1:one 2:too-long@4 3:two 4:too-long@700013 5:three $");
  gh_source_close(s);
  s = open_at(false, 0, 0);
  struct gh_source_record r;
  gh_source_next(s, &r);
  gh_source_next(s, &r);
  assert_true(r.too_long);
  assert_int_equal(r.bytes.len, 1024);
  assert_memory_equal(r.bytes.ptr, "longxxx", 7);
  gh_source_close(s);
}

static void many_blocks_lose_nothing(void **state)
{
  (void)state;
  FILE *f = fopen(path, "w");
  for (int i = 1; i <= 100000; i++) fprintf(f, "record number %d\n", i);
  fclose(f);
  struct gh_source *s = open_at(false, 0, 0);
  struct gh_source_record r;
  char expected[64];
  int n = 0;
  while (gh_source_next(s, &r) == GH_SOURCE_RECORD) {
    snprintf(expected, sizeof expected, "record number %d", ++n);
    assert_true(gh_str_eq(r.bytes, gh_str(expected)));
    assert_int_equal(r.at_record, n);
  }
  assert_int_equal(n, 100000);
  gh_source_close(s);
}

static bool even_quotes(struct gh_str s)
{
  unsigned n = 0;
  for (size_t i = 0; i < s.len; i++) n += s.ptr[i] == '"';
  return n % 2 == 0;
}

static void a_record_may_take_several_lines(void **state)
{
  (void)state;
  put("w", "a,b\nx,\"1\n2\n3\"\ny,4\n");
  struct gh_source_error error;
  struct gh_source_options o = {.path = path, .record_bytes = 4096, .complete = even_quotes};
  struct gh_source *s = gh_source_open(&o, &error);
  assert_string_equal(rest(s), "1:a,b 2:x,\"1\n2\n3\" 3:y,4 $");
  gh_source_close(s);
}

static void a_pipe_gives_what_has_come(void **state)
{
  (void)state;
  int ends[2], saved = dup(STDIN_FILENO);
  assert_int_equal(pipe(ends), 0);
  dup2(ends[0], STDIN_FILENO);
  struct gh_source_error error;
  struct gh_source_options o = {.record_bytes = 4096, .follow = true};
  struct gh_source *s = gh_source_open(&o, &error);
  assert_int_equal(gh_source_wait_fd(s), STDIN_FILENO);
  assert_string_equal(rest(s), ".");
  assert_int_equal(write(ends[1], "one\ntw", 6), 6);
  assert_string_equal(rest(s), "1:one .");
  assert_int_equal(write(ends[1], "o", 1), 1);
  close(ends[1]);
  assert_string_equal(rest(s), "2:two $");
  gh_source_close(s);
  dup2(saved, STDIN_FILENO);
  close(saved);
  close(ends[0]);
}

static void a_missing_file_is_said(void **state)
{
  (void)state;
  struct gh_source_error error;
  struct gh_source_options o = {.path = path, .record_bytes = 4096};
  assert_null(gh_source_open(&o, &error));
  assert_non_null(strstr(error.text, "No such file"));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(a_file_is_read_to_its_end), STORY(a_followed_file_waits_for_the_newline), STORY(reading_goes_on_at_a_stored_place),
      STORY(another_file_under_the_name_is_begun_anew), STORY(a_rotated_file_is_finished_and_the_new_one_begun), STORY(a_file_rotated_meanwhile_is_finished_first),
      STORY(an_empty_new_file_waits_for_its_writer), STORY(a_cut_file_is_begun_anew),
      STORY(a_record_too_long_is_passed_over), STORY(many_blocks_lose_nothing), STORY(a_record_may_take_several_lines), STORY(a_pipe_gives_what_has_come),
      STORY(a_missing_file_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
