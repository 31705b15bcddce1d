/* One story told to every kind of store that survives the process: what goes in comes out the same. */
#include <fcntl.h>

#include "server.h"

enum kind { SQLITE, REDIS };

static char path[128];

static struct gh_store *open_kind(enum kind kind)
{
  struct gh_store_error error = {{0}};
  if (kind == SQLITE) {
    snprintf(path, sizeof path, "%s/g.db", dir);
    struct gh_store *s = gh_store_open_sqlite(path, 100, &error);
    if (!s) fail_msg("%s", error.text);
    return s;
  }
  if (!stores) stores = open_stores();
  return gh_stores_partition(stores, 7, true);
}

static struct gh_store *open_again(struct gh_store *s, enum kind kind)
{
  gh_store_close(s);
  if (stores) gh_stores_close(stores);
  stores = NULL;
  return open_kind(kind);
}

static struct gh_store *state_comes_back(struct gh_store *s, enum kind kind)
{
  assert_rows(s, "");
  struct gh_commit_bucket buckets[] = {{7, GH_STR("seven")}, {UINT64_MAX, GH_STR("last")}};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m1"), .dict = GH_STR("d1"), .log = GH_STR("l1"), .buckets = buckets, .nbuckets = 2};
  assert_durable(s, &c);
  c = (struct gh_commit){.seq = 2, .meta = GH_STR("m2"), .log = GH_STR("l\0002")};
  assert_durable(s, &c);
  assert_true(gh_store_still_ours(s));
  s = open_again(s, kind);
  assert_rows(s, "M0=m2 D0=d1 B18446744073709551615=last B7=seven L1=l1 L2=l ");
  uint64_t drop[] = {7};
  struct gh_commit_bucket split[] = {{8, GH_STR("a")}, {9, GH_STR("")}};
  c = (struct gh_commit){.seq = 3, .meta = GH_STR("m3"), .log = GH_STR("l3"), .buckets = split, .nbuckets = 2, .drop = drop, .ndrop = 1, .cut_seq = 3};
  assert_durable(s, &c);
  c = (struct gh_commit){.seq = 4, .meta = GH_STR("m4")}; /* nothing changed but the position */
  assert_durable(s, &c);
  s = open_again(s, kind);
  assert_rows(s, "M0=m4 D0=d1 B18446744073709551615=last B8=a B9= L3=l3 ");
  return s;
}

/* And the log says so of those that go, and lack leads. */
static bool sinks_are(struct gh_store *s, const char *const *sinks, unsigned n, const char *says)
{
  struct gh_store_error error;
  char file[160], text[1024];
  snprintf(file, sizeof file, "%s/log", dir);
  int before = dup(STDERR_FILENO), log = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
  assert_true(before >= 0 && log >= 0 && dup2(log, STDERR_FILENO) >= 0);
  bool ok = gh_store_sinks_only(s, sinks, n, &error);
  assert_true(dup2(before, STDERR_FILENO) >= 0);
  ssize_t len = pread(log, text, sizeof text - 1, 0);
  assert_true(len >= 0);
  text[len] = '\0';
  close(before);
  close(log);
  return ok && (says ? strstr(text, says) != NULL : len == 0);
}

static struct gh_store *leads_wait(struct gh_store *s, enum kind kind)
{
  struct gh_commit_lead leads[] = {{GH_STR("a"), GH_STR("A")}, {GH_STR("b"), GH_STR("B")}};
  const char *const sinks[] = {"file", "webhook:http://x"}, *const others[] = {"stdout", "file"};
  struct gh_store_error error;
  assert_true(gh_store_sinks_only(s, sinks, 2, &error));
  for (uint64_t seq = 5; seq <= 6; seq++) {
    struct gh_commit c = {.seq = seq, .meta = GH_STR("m"), .leads = leads, .nleads = 2};
    assert_durable(s, &c);
  }
  assert_outbox(s, 0, "1:a=A 2:b=B 3:a=A 4:b=B ");
  assert_outbox(s, 3, "4:b=B ");
  assert_int_equal(place_of(s, "file"), 0);
  struct gh_sink_place place = {3, 44, "12-34 leads.jsonl"};
  assert_true(gh_store_sink_put(s, "file", &place, &error));
  s = open_again(s, kind);
  assert_rows(s, "M0=m D0=d1 B18446744073709551615=last B8=a B9= L3=l3 ");
  assert_int_equal(gh_store_outbox_last(s), 4);
  assert_true(gh_store_sink_get(s, "file", &place, &error));
  assert_int_equal(place.number, 3);
  assert_int_equal(place.bytes, 44);
  assert_string_equal(place.file, "12-34 leads.jsonl");
  assert_true(sinks_are(s, others, 2, "sink=\"webhook:http://x\" leads=3")); /* a new one begins where the furthest stood */
  assert_true(sinks_are(s, others, 2, NULL));
  const char *const renamed[] = {"kafka:leads"};
  assert_true(sinks_are(s, renamed, 1, NULL)); /* it goes on where both stood */
  assert_int_equal(place_of(s, "kafka:leads"), 3);
  assert_true(sinks_are(s, others, 2, NULL));
  assert_int_equal(place_of(s, "stdout"), 3);
  assert_int_equal(place_of(s, "file"), 3);
  assert_int_equal(place_of(s, "webhook:http://x"), 0);
  return s;
}

static struct gh_store *letters_are_kept(struct gh_store *s, enum kind kind)
{
  char raw[60];
  memset(raw, 'x', sizeof raw);
  struct gh_store_error error;
  struct gh_commit_dead dead[] = {{.input = GH_STR("events"), .reason = GH_STR("bad_json"), .raw = GH_STR("{"), .key = GH_STR("k"), .headers = GH_STR("h"), .offset = 9, .record = 3},
                                  {.input = GH_STR("events"), .reason = GH_STR("too_long"), .raw = {raw, 60}, .record = 4},
                                  {.input = GH_STR("events"), .reason = GH_STR("too_long"), .raw = {raw, 60}, .record = 5}};
  struct gh_commit c = {.seq = 7, .meta = GH_STR("m"), .dead = dead, .ndead = 3};
  assert_durable(s, &c);
  char expected[512];
  snprintf(expected, sizeof expected, "1 events/bad_json@9:3 k,h,{ 2 events/too_long@0:4 ,,%.60s 3 events/too_long@0:5 ,, ", raw);
  assert_dead(s, expected);
  assert_int_equal(gh_store_bare_records(s), 1);
  unsigned dropped;
  assert_true(gh_store_dead_drop(s, (uint64_t[]){2, 77, 3}, 3, &dropped, &error));
  assert_int_equal(dropped, 2);
  s = open_again(s, kind);
  assert_rows(s, "M0=m D0=d1 B18446744073709551615=last B8=a B9= L3=l3 ");
  c = (struct gh_commit){.seq = 8, .meta = GH_STR("m"), .dead = dead + 1, .ndead = 1};
  assert_durable(s, &c); /* there is room again, and numbers go on */
  struct gh_sink_place place = {.number = 4, .bytes = 5, .file = "f"};
  assert_true(gh_store_sink_bury(s, "file", &place, "sink_behind", &error));
  snprintf(expected, sizeof expected, "1 events/bad_json@9:3 k,h,{ 4 events/too_long@0:4 ,,%.60s 5 file/sink_behind@0:4 ,,B ", raw);
  assert_dead(s, expected);
  assert_int_equal(place_of(s, "file"), 4);
  assert_int_equal(gh_store_bare_records(s), 0);
  return s;
}

static struct gh_store *crashes_are_counted(struct gh_store *s, enum kind kind)
{
  struct gh_store_error error;
  uint64_t times = 0;
  for (unsigned i = 1; i <= 3; i++) {
    assert_true(gh_store_crashed(s, 1700, &times, &error));
    assert_int_equal(times, i);
    s = open_again(s, kind);
  }
  assert_true(gh_store_crashed(s, 900, &times, &error));
  assert_crashes(s, 900, "900:1 1700:3 ");
  assert_crashes(s, 901, "1700:3 ");
  assert_crashes(s, 0, "1700:3 ");
  return s;
}

struct count { unsigned n; uint64_t last; };

static void count_lead(void *ctx, uint64_t number, struct gh_str id, struct gh_str json)
{
  struct count *c = ctx;
  (void)id, (void)json;
  assert_true(c->last == 0 || number == c->last + 1);
  c->n++;
  c->last = number;
}

static void commit_leads(struct gh_store *s, uint64_t seq, unsigned n, size_t bytes)
{
  char *text = malloc(bytes);
  struct gh_commit_lead *leads = calloc(n, sizeof *leads);
  memset(text, 'x', bytes);
  for (unsigned i = 0; i < n; i++) leads[i] = (struct gh_commit_lead){GH_STR("i"), {text, bytes}};
  struct gh_commit c = {.seq = seq, .meta = GH_STR("m"), .leads = leads, .nleads = n};
  assert_durable(s, &c);
  free(leads);
  free(text);
}

/* What goes into a page is bounded by number and by bytes; nothing between two of them is passed over. */
static struct gh_store *pages_are_bounded(struct gh_store *s)
{
  struct gh_store_error error;
  assert_rows(s, "M0=m D0=d1 B18446744073709551615=last B8=a B9= L3=l3 ");
  uint64_t first = gh_store_outbox_last(s);
  commit_leads(s, 9, 1000, 10);
  struct count c = {0};
  assert_true(gh_store_outbox(s, first, count_lead, &c, &error));
  assert_int_equal(c.n, 1000);
  commit_leads(s, 10, 500, 100000);
  unsigned pages = 0;
  for (c = (struct count){.last = first + 1000}; c.last < gh_store_outbox_last(s); pages++) {
    unsigned before = c.n;
    assert_true(gh_store_outbox(s, c.last, count_lead, &c, &error));
    assert_true(c.n > before && c.n - before <= 300);
  }
  assert_int_equal(c.n, 500);
  return s;
}

static void tell_story(enum kind kind)
{
  struct gh_store *s = open_kind(kind);
  s = state_comes_back(s, kind);
  s = leads_wait(s, kind);
  s = letters_are_kept(s, kind);
  s = crashes_are_counted(s, kind);
  s = pages_are_bounded(s);
  gh_store_close(s);
  if (stores) gh_stores_close(stores);
  stores = NULL;
}

static void in_sqlite(void **state)
{
  (void)state;
  tell_story(SQLITE);
}

static void in_redis(void **state)
{
  (void)state;
  if (!have_server()) skip();
  start_server("");
  tell_story(REDIS);
}

/* Users who may not load Functions use the same text as a script. */
static void in_redis_without_functions(void **state)
{
  (void)state;
  if (!have_server()) skip();
  start_server("--rename-command FUNCTION ''");
  tell_story(REDIS);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, with_server, without_server)

int main(void)
{
  const struct CMUnitTest tests[] = {STORY(in_sqlite), STORY(in_redis), STORY(in_redis_without_functions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
