/* The SQLite store: what is committed is there after a crash, what is not leaves nothing behind, and what is wrong is said. */
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <sqlite3.h>

#include "goldhour/store/store.h"

static char path[128];

static int make_dir(void **state)
{
  (void)state;
  if (make_scratch() != 0) return -1;
  snprintf(path, sizeof path, "%s/g.db", dir);
  return 0;
}

static struct gh_store *open_store(void)
{
  struct gh_store_error error = {{0}};
  struct gh_store *s = gh_store_open_sqlite(path, 100, &error);
  if (!s) print_error("%s\n", error.text);
  assert_non_null(s);
  return s;
}

static void assert_refused(const char *words)
{
  struct gh_store_error error = {{0}};
  assert_null(gh_store_open_sqlite(path, 100, &error));
  if (!strstr(error.text, words)) fail_msg("expected '%s' in: %s", words, error.text);
}

struct answer { volatile int come; bool ok; struct gh_store_error error; };

static void answered(void *ctx, enum gh_commit_answer answer, const struct gh_store_error *error)
{
  struct answer *a = ctx;
  a->ok = answer == GH_COMMIT_DURABLE;
  if (error) a->error = *error;
  __atomic_store_n(&a->come, 1, __ATOMIC_RELEASE);
}

static struct answer commit(struct gh_store *s, const struct gh_commit *c)
{
  struct answer a = {0};
  gh_store_commit(s, c, answered, &a);
  while (!__atomic_load_n(&a.come, __ATOMIC_ACQUIRE)) usleep(100);
  return a;
}

static bool add_row(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes)
{
  static const char names[] = "MDBL";
  gh_buf_fmt(ctx, "%c%llu=%.*s ", names[kind], (unsigned long long)key, GH_FMT(bytes));
  return true;
}

static void assert_rows(struct gh_store *s, const char *expected)
{
  struct gh_buf rows = {0};
  struct gh_store_error error;
  if (!gh_store_load(s, add_row, &rows, &error)) fail_msg("%s", error.text);
  gh_buf_byte(&rows, '\0');
  assert_string_equal(rows.data, expected);
  gh_buf_free(&rows);
}

static void add_lead(void *ctx, uint64_t number, struct gh_str id, struct gh_str json)
{
  assert_int_equal(id.len, 1);
  gh_buf_fmt(ctx, "%llu:%.*s ", (unsigned long long)number, GH_FMT(json));
}

static void assert_outbox(struct gh_store *s, uint64_t after, const char *expected)
{
  struct gh_buf leads = {0};
  struct gh_store_error error;
  assert_true(gh_store_outbox(s, after, add_lead, &leads, &error));
  gh_buf_byte(&leads, '\0');
  assert_string_equal(leads.data, expected);
  gh_buf_free(&leads);
}

static bool add_letter(void *ctx, const struct gh_dead_letter *l)
{
  gh_buf_fmt(ctx, "%llu:%.*s@%llu:%s ", (unsigned long long)l->number, GH_FMT(l->reason), (unsigned long long)l->record, l->raw.len ? "kept" : "gone");
  return true;
}

static void a_commit_is_there_after_closing(void **state)
{
  (void)state;
  struct gh_store *s = open_store();
  assert_rows(s, "");
  struct gh_commit_bucket buckets[] = {{7, GH_STR("seven")}, {UINT64_MAX, GH_STR("last")}};
  struct gh_commit first = {.seq = 1, .meta = GH_STR("m1"), .dict = GH_STR("d1"), .log = GH_STR("l1"), .buckets = buckets, .nbuckets = 2};
  assert_true(commit(s, &first).ok);
  struct gh_commit second = {.seq = 2, .meta = GH_STR("m2"), .log = GH_STR("l2")};
  assert_true(commit(s, &second).ok);
  gh_store_close(s);

  s = open_store();
  assert_rows(s, "M0=m2 D0=d1 B18446744073709551615=last B7=seven L1=l1 L2=l2 ");
  /* A bucket split in two replaces the old one in one commit, and the log behind it goes. */
  uint64_t drop[] = {7};
  struct gh_commit_bucket split[] = {{8, GH_STR("a")}, {9, GH_STR("b")}};
  struct gh_commit third = {.seq = 3, .meta = GH_STR("m3"), .log = GH_STR("l3"), .buckets = split, .nbuckets = 2, .drop = drop, .ndrop = 1, .cut_seq = 3};
  assert_true(commit(s, &third).ok);
  assert_rows(s, "M0=m3 D0=d1 B18446744073709551615=last B8=a B9=b L3=l3 ");
  gh_store_close(s);
}

static void leads_wait_in_the_outbox_behind_the_slowest_sink(void **state)
{
  (void)state;
  struct gh_store *s = open_store();
  struct gh_store_error error;
  struct gh_commit_lead leads[] = {{GH_STR("a"), GH_STR("A")}, {GH_STR("b"), GH_STR("B")}};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .leads = leads, .nleads = 2};
  assert_true(commit(s, &c).ok);
  c.seq = 2;
  assert_true(commit(s, &c).ok);
  assert_outbox(s, 0, "1:A 2:B 3:A 4:B ");
  assert_outbox(s, 3, "4:B ");
  struct gh_sink_place place;
  assert_true(gh_store_sink_get(s, "file", &place, &error));
  assert_int_equal(place.number, 0);
  place = (struct gh_sink_place){3, 44, "1-2"};
  assert_true(gh_store_sink_put(s, "file", &place, &error));
  assert_outbox(s, 0, "1:A 2:B 3:A 4:B ");
  gh_store_close(s);

  s = open_store();
  assert_int_equal(gh_store_outbox_last(s), 4);
  assert_true(gh_store_sink_get(s, "file", &place, &error));
  assert_int_equal(place.number, 3);
  assert_int_equal(place.bytes, 44);
  assert_string_equal(place.file, "1-2");
  /* Another sink from now on: it begins where the first one stood. */
  const char *const only[] = {"stdout"};
  assert_true(gh_store_sinks_only(s, only, 1, &error));
  assert_true(gh_store_sink_get(s, "stdout", &place, &error));
  assert_int_equal(place.number, 3);
  assert_true(gh_store_sink_get(s, "file", &place, &error));
  assert_int_equal(place.number, 0);
  gh_store_close(s);
}

static void keep_first(void *ctx, uint64_t number, struct gh_str id, struct gh_str json)
{
  (void)id, (void)json;
  uint64_t *first = ctx;
  if (*first == 0) *first = number;
}

static void the_outbox_is_pruned_to_its_tail(void **state)
{
  (void)state;
  struct gh_store *s = open_store();
  struct gh_store_error error;
  enum { N = GH_STORE_OUTBOX_TAIL + 5 };
  struct gh_commit_lead *leads = calloc(N, sizeof *leads);
  for (unsigned i = 0; i < N; i++) leads[i] = (struct gh_commit_lead){GH_STR("x"), GH_STR("X")};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .leads = leads, .nleads = N};
  assert_true(commit(s, &c).ok);
  struct gh_sink_place place = {.number = N};
  assert_true(gh_store_sink_put(s, "file", &place, &error));
  uint64_t first = 0;
  assert_true(gh_store_outbox(s, 0, keep_first, &first, &error));
  assert_int_equal(first, 6);
  gh_store_close(s);
  s = open_store();
  assert_int_equal(gh_store_outbox_last(s), N);
  gh_store_close(s);
  free(leads);
}

static void dead_letters_beyond_the_bound_keep_place_and_reason(void **state)
{
  (void)state;
  char raw[60];
  memset(raw, 'x', sizeof raw);
  struct gh_commit_dead dead[] = {{.input = GH_STR("events"), .reason = GH_STR("bad_json"), .raw = {raw, 60}, .record = 3},
                                  {.input = GH_STR("events"), .reason = GH_STR("too_long"), .raw = {raw, 60}, .record = 5},
                                  {.input = GH_STR("events"), .reason = GH_STR("bad_time"), .raw = {raw, 40}, .record = 6}};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .dead = dead, .ndead = 2};
  struct gh_store *s = open_store();
  assert_true(commit(s, &c).ok);
  gh_store_close(s);
  s = open_store(); /* the sum survives */
  c = (struct gh_commit){.seq = 2, .meta = GH_STR("m"), .dead = dead, .ndead = 3};
  assert_true(commit(s, &c).ok);
  struct gh_buf out = {0};
  struct gh_store_error error;
  assert_true(gh_store_dead(s, 0, add_letter, &out, &error));
  gh_buf_byte(&out, '\0');
  assert_string_equal(out.data, "1:bad_json@3:kept 2:too_long@5:gone 3:bad_json@3:gone 4:too_long@5:gone 5:bad_time@6:kept ");
  gh_buf_free(&out);
  gh_store_close(s);
}

static void one_run_a_store_and_readers_beside_it(void **state)
{
  (void)state;
  struct gh_store *s = open_store();
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m")};
  assert_true(commit(s, &c).ok);
  char pid[64];
  snprintf(pid, sizeof pid, "process %ld is running on it", (long)getpid());
  assert_refused(pid);
  struct gh_store_error error;
  struct gh_store *reader = gh_store_read_sqlite(path, &error);
  assert_non_null(reader);
  assert_rows(reader, "M0=m ");
  c = (struct gh_commit){.seq = 2, .meta = GH_STR("n")};
  assert_true(commit(s, &c).ok);
  assert_rows(reader, "M0=n ");
  gh_store_close(reader);
  gh_store_close(s);
  gh_store_close(open_store());
}

static void a_killed_process_gives_the_lock_back(void **state)
{
  (void)state;
  int ready[2];
  assert_int_equal(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    struct gh_store_error error;
    struct gh_store *s = gh_store_open_sqlite(path, 100, &error);
    struct gh_commit c = {.seq = 1, .meta = GH_STR("m")};
    char ok = s && commit(s, &c).ok ? 'y' : 'n';
    if (write(ready[1], &ok, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char ok;
  assert_int_equal(read(ready[0], &ok, 1), 1);
  assert_int_equal(ok, 'y');
  assert_refused("is running on it");
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  struct gh_store *s = open_store();
  assert_rows(s, "M0=m ");
  gh_store_close(s);
  close(ready[0]);
  close(ready[1]);
}

static void write_file(const char *text, size_t n)
{
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(text, 1, n, f), n);
  fclose(f);
}

static void other_files_are_left_alone(void **state)
{
  (void)state;
  char text[4096];
  memset(text, 'a', sizeof text);
  write_file(text, sizeof text);
  assert_refused("not a Goldhour store");
  unlink(path);
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  sqlite3_exec(db, "CREATE TABLE accounts(x)", NULL, NULL, NULL);
  sqlite3_close(db);
  assert_refused("another program's database");
  unlink(path);
  gh_store_close(open_store());
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
  sqlite3_close(db);
  assert_refused("its format is version 99");
}

static void a_missing_folder_is_said(void **state)
{
  (void)state;
  snprintf(path, sizeof path, "%s/none/g.db", dir);
  assert_refused("check that the folder exists");
}

static void a_damaged_row_is_found_when_it_is_loaded(void **state)
{
  (void)state;
  struct gh_store *s = open_store();
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .log = GH_STR("changes-of-a-batch")};
  assert_true(commit(s, &c).ok);
  gh_store_close(s);
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "UPDATE log SET bytes = CAST('changes-of-a-bitch' AS BLOB)", NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
  s = open_store();
  struct gh_buf rows = {0};
  struct gh_store_error error;
  assert_false(gh_store_load(s, add_row, &rows, &error));
  assert_non_null(strstr(error.text, "row 1 of log does not match its hash"));
  gh_buf_free(&rows);
  gh_store_close(s);
}

static void damaged_pages_are_said(void **state)
{
  (void)state;
  struct gh_store *s = open_store();
  char big[9000];
  memset(big, 'b', sizeof big);
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .log = {big, sizeof big}};
  assert_true(commit(s, &c).ok);
  gh_store_close(s);
  int fd = open(path, O_RDWR);
  char noise[4096];
  memset(noise, 0xa5, sizeof noise);
  for (off_t at = 4096; at < 12 * 4096; at += 4096) assert_int_equal(pwrite(fd, noise, sizeof noise, at), (ssize_t)sizeof noise);
  close(fd);
  assert_refused("the file is damaged");
}

/* A limit on file sizes stands for the full disk: the commit fails as a whole, says so, and the file is as before. */
static void a_full_disk_leaves_the_last_commit(void **state)
{
  (void)state;
  pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    struct gh_store_error error;
    struct gh_store *s = gh_store_open_sqlite(path, 100, &error);
    struct gh_commit c = {.seq = 1, .meta = GH_STR("m1"), .log = GH_STR("l1")};
    if (!s || !commit(s, &c).ok) _exit(1);
    struct rlimit limit = {128 * 1024, 128 * 1024};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    char *big = calloc(1, 1 << 20);
    c = (struct gh_commit){.seq = 2, .meta = GH_STR("m2"), .log = {big, 1 << 20}};
    struct answer a = commit(s, &c);
    free(big);
    if (a.ok) _exit(3);
    if (!strstr(a.error.text, "the disk is full")) {
      fprintf(stderr, "%s\n", a.error.text);
      _exit(4);
    }
    c = (struct gh_commit){.seq = 2, .meta = GH_STR("m2"), .log = GH_STR("l2")};
    if (!commit(s, &c).ok) _exit(5); /* a small one still fits: nothing was left half done */
    gh_store_close(s);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  struct gh_store *s = open_store();
  assert_rows(s, "M0=m2 L1=l1 L2=l2 ");
  gh_store_close(s);
}

static void a_store_that_cannot_be_written_is_said(void **state)
{
  (void)state;
  gh_store_close(open_store());
  pid_t child = fork();
  if (child == 0) { /* as somebody who may read but not write; only root can become that */
    char lock[160];
    snprintf(lock, sizeof lock, "%s.lock", path);
    if (chmod(dir, 0755) != 0 || chmod(path, 0444) != 0 || chmod(lock, 0666) != 0) _exit(1);
    if (geteuid() == 0 && setuid(65534) != 0) _exit(77);
    struct gh_store_error error = {{0}};
    if (gh_store_open_sqlite(path, 100, &error)) _exit(2);
    _exit(strstr(error.text, "cannot be written") ? 0 : 3);
  }
  int status;
  waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) skip();
  assert_int_equal(WEXITSTATUS(status), 0);
}

/* The tables of format 1 as they were before letters had keys and crashes were counted. */
static void a_file_of_the_older_shape_opens(void **state)
{
  (void)state;
  sqlite3 *db;
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db,
      "CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK (one = 1), hash INTEGER NOT NULL, bytes BLOB NOT NULL, seq INTEGER NOT NULL);"
      "CREATE TABLE dict(one INTEGER PRIMARY KEY CHECK (one = 1), hash INTEGER NOT NULL, bytes BLOB NOT NULL);"
      "CREATE TABLE bucket(key INTEGER PRIMARY KEY, hash INTEGER NOT NULL, bytes BLOB NOT NULL);"
      "CREATE TABLE log(seq INTEGER PRIMARY KEY, hash INTEGER NOT NULL, bytes BLOB NOT NULL);"
      "CREATE TABLE outbox(number INTEGER PRIMARY KEY, id TEXT NOT NULL, json TEXT NOT NULL);"
      "CREATE TABLE sink(name TEXT PRIMARY KEY, number INTEGER NOT NULL, bytes INTEGER NOT NULL, file TEXT NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE dead(number INTEGER PRIMARY KEY, input TEXT NOT NULL, offset INTEGER NOT NULL, record INTEGER NOT NULL,"
      " reason TEXT NOT NULL, detail TEXT NOT NULL, raw BLOB, at_ms INTEGER NOT NULL);"
      "CREATE TABLE dead_bytes(one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL);"
      "INSERT INTO dead_bytes VALUES (1, 90); INSERT INTO dead VALUES (1, 'events', 0, 7, 'bad_json', '', zeroblob(90), 5);"
      "INSERT INTO outbox VALUES (1, 'a', 'A');"
      "PRAGMA application_id = 0x476f6c64; PRAGMA user_version = 1; PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
  struct gh_buf out = {0};
  struct gh_store_error error;
  struct gh_store *reader = gh_store_read_sqlite(path, &error); /* one who only reads changes nothing */
  assert_true(gh_store_dead(reader, 0, add_letter, &out, &error));
  gh_store_close(reader);
  struct gh_store *s = open_store();
  struct gh_commit_dead dead[] = {{.input = GH_STR("events"), .reason = GH_STR("bad_time"), .raw = GH_STR("012"), .key = GH_STR("c17"), .record = 8}};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .dead = dead, .ndead = 1};
  assert_true(commit(s, &c).ok);
  uint64_t times;
  assert_true(gh_store_crashed(s, 40, &times, &error));
  assert_int_equal(times, 1);
  assert_true(gh_store_dead(s, 0, add_letter, &out, &error));
  gh_buf_byte(&out, '\0');
  assert_string_equal(out.data, "1:bad_json@7:kept 1:bad_json@7:kept 2:bad_time@8:kept ");
  gh_buf_free(&out);
  gh_store_close(s);
}

static bool keep_key(void *ctx, const struct gh_dead_letter *l)
{
  gh_buf_fmt(ctx, "%llu %.*s %.*s=%.*s ", (unsigned long long)l->number, GH_FMT(l->key), GH_FMT(l->headers), GH_FMT(l->raw));
  return true;
}

static void dropped_letters_make_room_and_their_numbers_are_not_given_again(void **state)
{
  (void)state;
  char raw[60];
  memset(raw, 'x', sizeof raw);
  struct gh_commit_dead dead[] = {{.reason = GH_STR("a"), .raw = {raw, 5}, .key = GH_STR("k"), .headers = GH_STR("h")},
                                  {.reason = GH_STR("b"), .raw = {raw, 60}}, {.reason = GH_STR("b"), .raw = {raw, 34}}};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .dead = dead, .ndead = 2};
  struct gh_store *s = open_store();
  assert_true(commit(s, &c).ok);
  struct gh_store_error error;
  struct gh_store *beside = gh_store_read_sqlite(path, &error); /* `dlq drop` beside the daemon */
  unsigned dropped = 0;
  assert_true(gh_store_dead_drop(beside, (uint64_t[]){2, 99}, 2, &dropped, &error));
  assert_int_equal(dropped, 1);
  gh_store_close(beside);
  c = (struct gh_commit){.seq = 2, .meta = GH_STR("m"), .dead = dead + 1, .ndead = 2};
  assert_true(commit(s, &c).ok); /* 7 + 60 fit again, 34 more do not */
  struct gh_buf out = {0};
  assert_true(gh_store_dead(s, 0, keep_key, &out, &error));
  gh_buf_byte(&out, '\0');
  char expected[128];
  snprintf(expected, sizeof expected, "1 k h=xxxxx 3  =%.60s 4  = ", raw);
  assert_string_equal(out.data, expected);
  gh_buf_free(&out);
  gh_store_close(s);
}

static bool add_buried(void *ctx, const struct gh_dead_letter *l)
{
  gh_buf_fmt(ctx, "%.*s/%.*s/%llu=%.*s ", GH_FMT(l->input), GH_FMT(l->reason), (unsigned long long)l->record, GH_FMT(l->raw));
  return true;
}

static void leads_a_sink_does_not_take_are_buried(void **state)
{
  (void)state;
  struct gh_store *s = open_store();
  struct gh_store_error error;
  struct gh_commit_lead leads[] = {{GH_STR("a"), GH_STR("A")}, {GH_STR("b"), GH_STR("B")}, {GH_STR("c"), GH_STR("C")}};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .leads = leads, .nleads = 3};
  assert_true(commit(s, &c).ok);
  struct gh_sink_place place = {.number = 1};
  assert_true(gh_store_sink_put(s, "webhook:x", &place, &error));
  place.number = 3;
  assert_true(gh_store_sink_bury(s, "webhook:x", &place, "sink_behind", &error));
  assert_true(gh_store_sink_get(s, "webhook:x", &place, &error));
  assert_int_equal(place.number, 3);
  struct gh_buf out = {0};
  assert_true(gh_store_dead(s, 0, add_buried, &out, &error));
  gh_buf_byte(&out, '\0');
  assert_string_equal(out.data, "webhook:x/sink_behind/2=B webhook:x/sink_behind/3=C ");
  gh_buf_free(&out);
  gh_store_close(s);
}

static void add_crash(void *ctx, uint64_t offset, uint64_t times) { gh_buf_fmt(ctx, "%d:%d ", (int)offset, (int)times); }

static void crashes_are_counted_until_the_position_passes(void **state)
{
  (void)state;
  struct gh_store_error error;
  uint64_t times = 0;
  for (unsigned i = 1; i <= 3; i++) {
    struct gh_store *s = open_store();
    assert_true(gh_store_crashed(s, 17, &times, &error));
    assert_int_equal(times, i);
    gh_store_close(s);
  }
  struct gh_store *s = open_store();
  assert_true(gh_store_crashed(s, 20, &times, &error));
  struct gh_buf out = {0};
  assert_true(gh_store_crashes(s, 17, add_crash, &out, &error));
  assert_true(gh_store_crashes(s, 18, add_crash, &out, &error));
  gh_buf_byte(&out, '\0');
  assert_string_equal(out.data, "17:3 20:1 20:1 ");
  gh_buf_free(&out);
  assert_true(gh_store_still_ours(s));
  gh_store_close(s);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(a_commit_is_there_after_closing), STORY(leads_wait_in_the_outbox_behind_the_slowest_sink), STORY(the_outbox_is_pruned_to_its_tail),
      STORY(dead_letters_beyond_the_bound_keep_place_and_reason), STORY(one_run_a_store_and_readers_beside_it), STORY(a_killed_process_gives_the_lock_back),
      STORY(other_files_are_left_alone), STORY(a_missing_folder_is_said), STORY(a_damaged_row_is_found_when_it_is_loaded), STORY(damaged_pages_are_said),
      STORY(a_full_disk_leaves_the_last_commit), STORY(a_store_that_cannot_be_written_is_said),
      STORY(a_file_of_the_older_shape_opens), STORY(dropped_letters_make_room_and_their_numbers_are_not_given_again),
      STORY(leads_a_sink_does_not_take_are_buried), STORY(crashes_are_counted_until_the_position_passes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
