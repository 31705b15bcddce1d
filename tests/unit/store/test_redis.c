/* The Redis store: who owns, what is asked twice, what others did to its keys, the outbox. */
#include "history.h"

/* ── ownership ── */

static void who_loads_fences_the_one_before(void **state)
{
  NEEDS_SERVER();
  struct gh_store *a = loaded("");
  commit_upto(a, 1, 2);
  assert_true(gh_store_still_ours(a));
  struct gh_stores *theirs = open_stores(); /* another process */
  struct gh_store *b = gh_stores_partition(theirs, 7, true);
  assert_rows(b, "M0=m L1=l1 L2=l2 ");
  assert_int_equal(commit_number(a, 3).word, GH_COMMIT_FENCED);
  assert_false(gh_store_still_ours(a));
  struct gh_store_error error;
  struct gh_sink_place place = {.number = 2};
  assert_false(gh_store_sink_put(a, "file", &place, &error));
  assert_non_null(strstr(error.text, "another process owns it"));
  assert_outbox(b, 0, "1:a=a 2:b=b ");
  commit_upto(b, 3, 3);
  assert_rows(a, "M0=m L1=l1 L2=l2 L3=l3 "); /* and back again */
  assert_int_equal(commit_number(b, 4).word, GH_COMMIT_FENCED);
  gh_store_close(a);
  gh_store_close(b);
  gh_stores_close(theirs);
}

/* The answer was lost on the way: the same commit asked for again is told that it is there, and nothing is written twice. */
static void a_commit_that_is_there_already_is_ok(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 1);
  struct gh_buf owner = say("HGET gh:{test:p7}:meta owner"), mark = say("HGET gh:{test:p7}:meta mark");
  for (unsigned i = 0; i < 2; i++) {
    assert_says("OK 1", "FCALL goldhour_v2 5 gh:{test:p7}:meta gh:{test:p7}:log gh:{test:p7}:bucket gh:{test:p7}:outbox gh:{test:p7}:dead commit %s 1 %s", owner.data, mark.data);
  }
  char fenced[128];
  snprintf(fenced, sizeof fenced, "FENCED %s 1 %s", owner.data, mark.data);
  assert_says(fenced, "FCALL goldhour_v2 5 gh:{test:p7}:meta gh:{test:p7}:log gh:{test:p7}:bucket gh:{test:p7}:outbox gh:{test:p7}:dead commit %s 1 0000", owner.data);
  assert_outbox(s, 0, "1:a=a ");
  gh_buf_free(&owner);
  gh_buf_free(&mark);
  gh_store_close(s);
}

/* As long as ours, but another's: nothing of ours is written behind it. */
static void a_commit_comes_behind_its_own_history_alone(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 2);
  tell("HSET gh:{test:p7}:meta mark 0123456789abcdef");
  assert_int_equal(commit_number(s, 3).word, GH_COMMIT_FENCED);
  assert_says("2", "HGET gh:{test:p7}:meta seq");
  gh_store_close(s);
}

/* Whoever read a sink's place as the owner before knows of another history's leads perhaps. */
static void a_place_is_moved_by_the_owner_that_read_it(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  struct gh_store_error error;
  commit_upto(s, 1, 2);
  assert_int_equal(place_of(s, "file"), 0);
  struct copy older = take_copy();
  commit_upto(s, 3, 4);
  put_back(&older);
  struct gh_stores *theirs = open_stores();
  struct gh_store *b = gh_stores_partition(theirs, 7, true);
  assert_rows(b, "M0=m L1=l1 L2=l2 ");
  struct gh_commit_lead leads[] = {{GH_STR("x"), GH_STR("x")}, {GH_STR("y"), GH_STR("y")}};
  for (uint64_t seq = 3; seq <= 4; seq++) {
    struct gh_commit c = {.seq = seq, .meta = GH_STR("m"), .log = GH_STR("x"), .leads = &leads[seq - 3], .nleads = 1};
    assert_durable(b, &c);
  }
  assert_rows(s, "M0=m L1=l1 L2=l2 L3=x L4=x ");
  struct gh_sink_place place = {.number = 4}; /* c and d have been handed over; x and y have not */
  assert_false(gh_store_sink_put(s, "file", &place, &error));
  assert_false(gh_store_sink_bury(s, "file", &place, "sink_behind", &error));
  assert_int_equal(place_of(s, "file"), 0);
  put_place(s, "file", 1);
  assert_int_equal(place_of(s, "file"), 1);
  gh_store_close(b);
  gh_stores_close(theirs);
  gh_store_close(s);
  free_copy(&older);
}

/* ── what is away, what others did ── */

static void a_commit_waits_for_the_server(void **state)
{
  NEEDS_SERVER();
  gh_stores_close(stores);
  stop_server(SIGTERM);
  start_server("--appendonly yes --appendfsync always");
  stores = open_stores();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 1);
  stop_server(SIGKILL);
  struct answer a = {0};
  struct gh_commit c = {.seq = 2, .meta = GH_STR("m"), .log = GH_STR("l2")};
  char why[256];
  gh_store_commit(s, &c, answered, &a);
  for (int ms = 0; !gh_store_trouble(s, why); ms++) {
    assert_true(ms < PATIENCE_MS);
    usleep(1000);
  }
  assert_false(has_come(&a));
  start_server("--appendonly yes --appendfsync always");
  await(&a);
  assert_int_equal(a.word, GH_COMMIT_DURABLE);
  assert_false(gh_store_trouble(s, why));
  assert_true(gh_store_still_ours(s));
  gh_store_close(s);
}

static void a_commit_is_given_up(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 1);
  stop_server(SIGKILL);
  struct answer a = {0};
  struct gh_commit c = {.seq = 2, .meta = GH_STR("m"), .log = GH_STR("l2")};
  gh_store_commit(s, &c, answered, &a);
  gh_store_give_up(s);
  assert_true(has_come(&a));
  assert_int_equal(a.word, GH_COMMIT_FAILED);
  gh_store_give_up(s); /* nothing in flight: nothing to do */
  gh_store_close(s);
}

static void functions_that_are_gone_are_loaded_again(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 1);
  tell("FUNCTION FLUSH"); /* a replica that never had them became the master */
  commit_upto(s, 2, 2);
  tell("FUNCTION FLUSH");
  put_place(s, "file", 1);
  gh_store_close(s);
}

static void assert_commit_fails(struct gh_store *s, uint64_t seq, const char *words)
{
  struct answer a = commit_number(s, seq);
  assert_int_equal(a.word, GH_COMMIT_FAILED);
  if (!strstr(a.error.text, words)) fail_msg("expected '%s' in: %s", words, a.error.text);
}

/* Nothing of such a commit is written. */
static void keys_that_others_touched_fail_the_commit(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 1);
  tell("SET gh:{test:p7}:bucket x");
  assert_commit_fails(s, 2, "is of type string, not hash");
  tell("DEL gh:{test:p7}:bucket");
  tell("HSET gh:{test:p7}:log 9 x");
  assert_commit_fails(s, 2, "has lost rows, or others were added");
  tell("HDEL gh:{test:p7}:log 9");
  tell("XADD gh:{test:p7}:outbox * a b");
  assert_commit_fails(s, 2, "has entries that are not ours");
  assert_says("1", "HGET gh:{test:p7}:meta seq");
  gh_store_close(s);
}

static void assert_load_fails(const char *words);

/* Without its snapshots a partition would look like one that has hardly seen a customer. */
static void snapshots_that_are_gone_are_missed(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  struct gh_commit_bucket buckets[] = {{1, GH_STR("b1")}, {2, GH_STR("b2")}};
  uint64_t drop = 1;
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .log = GH_STR("l1"), .buckets = buckets, .nbuckets = 2};
  assert_durable(s, &c);
  c = (struct gh_commit){.seq = 2, .meta = GH_STR("m"), .log = GH_STR("l2"), .drop = &drop, .ndrop = 1, .cut_seq = 2};
  assert_durable(s, &c);
  assert_rows(s, "M0=m B2=b2 L2=l2 ");
  tell("DEL gh:{test:p7}:bucket");
  assert_commit_fails(s, 3, "bucket has lost rows, or others were added");
  assert_load_fails("bucket has lost rows, or others were added");
  gh_store_close(s);
}

static void assert_load_fails(const char *words)
{
  struct gh_buf rows = {0};
  struct gh_store_error error = {{0}};
  struct gh_store *s = gh_stores_partition(stores, 7, true);
  if (gh_store_load(s, add_row, &rows, &error) || !strstr(error.text, words)) fail_msg("expected '%s' in: %s", words, error.text);
  gh_buf_free(&rows);
  gh_store_close(s);
}

static void a_damaged_row_is_found_when_it_is_loaded(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 3);
  gh_store_close(s);
  tell("HSET gh:{test:p7}:log 2 12345678l2");
  assert_load_fails("row 2 of log does not match its hash");
  tell("HDEL gh:{test:p7}:log 3");
  assert_load_fails("row 1 of log or one behind it is not there");
  tell("HSET gh:{test:p7}:meta format 99");
  assert_load_fails("its format is version 99");
}

/* While it is read somebody else takes it and commits; rows that are cut meanwhile are not damage. */
struct taken { struct gh_store *by; bool done; };

static bool take_it_away(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes)
{
  struct taken *t = ctx;
  struct gh_buf rows = {0};
  struct gh_store_error error;
  (void)kind, (void)key, (void)bytes;
  if (t->done) return true;
  t->done = true;
  assert_true(gh_store_load(t->by, add_row, &rows, &error));
  gh_buf_free(&rows);
  struct gh_commit c = {.seq = 4, .meta = GH_STR("m"), .log = GH_STR("l4"), .cut_seq = 4};
  assert_durable(t->by, &c);
  return true;
}

static void a_partition_that_is_taken_while_it_is_loaded_is_not_damaged(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 3);
  struct gh_stores *theirs = open_stores();
  struct taken t = {.by = gh_stores_partition(theirs, 7, true)};
  struct gh_store_error error = {{0}};
  assert_false(gh_store_load(s, take_it_away, &t, &error));
  if (!strstr(error.text, "it changed hands while it was loaded")) fail_msg("%s", error.text);
  gh_store_close(t.by);
  gh_stores_close(theirs);
  gh_store_close(s);
}

static void a_full_memory_is_waited_for(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 1);
  tell("CONFIG SET maxmemory 1");
  struct answer a = {0};
  struct gh_commit c = {.seq = 2, .meta = GH_STR("m"), .log = GH_STR("l2")};
  char why[256];
  gh_store_commit(s, &c, answered, &a);
  for (int ms = 0; !gh_store_trouble(s, why); ms++) {
    assert_true(ms < PATIENCE_MS);
    usleep(1000);
  }
  assert_non_null(strstr(why, "OOM"));
  assert_false(has_come(&a));
  tell("CONFIG SET maxmemory 0");
  await(&a);
  assert_int_equal(a.word, GH_COMMIT_DURABLE);
  tell("PING");
  assert_says("", "HGET gh:{test:p7}:meta todo"); /* what it had left to do is done, though that was asked for too early at first */
  gh_store_close(s);
}

/* ── the outbox ── */

static void leads_leave_the_outbox_when_their_time_is_over(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  const char *const sinks[] = {"a", "b"};
  struct gh_store_error error;
  assert_true(gh_store_sinks_only(s, sinks, 2, &error));
  commit_upto(s, 1, 5);
  put_place(s, "a", 4);
  put_place(s, "b", 2);
  assert_outbox(s, 4, "5:e=e ");
  assert_says("5", "XLEN gh:{test:p7}:outbox"); /* kept for an hour */
  gh_store_close(s);
  gh_stores_close(stores);
  struct gh_stores_options o = options_of();
  server_conf.keep_ms = 0;
  stores = open_stores_by(&o);
  s = loaded("M0=m L1=l1 L2=l2 L3=l3 L4=l4 L5=l5 ");
  put_place(s, "a", 5);
  assert_outbox(s, 0, "3:c=c 4:d=d 5:e=e "); /* behind the slowest */
  put_place(s, "b", 5);
  assert_outbox(s, 0, "");
  commit_upto(s, 6, 6);
  assert_outbox(s, 0, "6:f=f "); /* numbers go on */
  put_place(s, "b", 3);          /* late: changes nothing */
  assert_int_equal(place_of(s, "b"), 5);
  gh_store_close(s);
}

/* Redis has lost everything, and with the commits that were sent again no sinks were named: one that cannot hand over anything yet holds its leads by asking. */
static void a_sink_that_asks_is_waited_for(void **state)
{
  NEEDS_SERVER();
  gh_stores_close(stores);
  struct gh_stores_options o = options_of();
  server_conf.keep_ms = 0;
  stores = open_stores_by(&o);
  struct gh_store *s = loaded("");
  const char *const sinks[] = {"a", "b"};
  struct gh_store_error error;
  assert_true(gh_store_sinks_only(s, sinks, 2, &error));
  commit_upto(s, 1, 3);
  tell("FLUSHALL");
  commit_upto(s, 4, 4);
  assert_int_equal(place_of(s, "b"), 0);
  assert_int_equal(place_of(s, "a"), 0);
  put_place(s, "a", 3);
  assert_outbox(s, 0, "1:a=a 2:b=b 3:c=c 4:d=d ");
  put_place(s, "b", 2);
  assert_outbox(s, 0, "3:c=c 4:d=d ");
  gh_store_close(s);
}

static void keeping_is_by_time(void **state)
{
  NEEDS_SERVER();
  gh_stores_close(stores);
  struct gh_stores_options o = options_of();
  server_conf.keep_ms = 300;
  stores = open_stores_by(&o);
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 3);
  put_place(s, "a", 2);
  assert_says("3", "XLEN gh:{test:p7}:outbox");
  for (int ms = 0; ms < PATIENCE_MS; ms += 50) {
    put_place(s, "a", 2);
    struct gh_buf n = say("XLEN gh:{test:p7}:outbox");
    bool gone = strcmp(n.data, "1") == 0;
    gh_buf_free(&n);
    if (gone) break;
    usleep(50000);
  }
  assert_outbox(s, 0, "3:c=c ");
  gh_store_close(s);
}

static void many_leads_are_buried_page_by_page(void **state)
{
  NEEDS_SERVER();
  enum { N = 2500 };
  struct gh_store *s = loaded("");
  struct gh_store_error error;
  struct gh_commit_lead *leads = calloc(N, sizeof *leads);
  for (unsigned i = 0; i < N; i++) leads[i] = (struct gh_commit_lead){GH_STR("i"), GH_STR("J")};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .leads = leads, .nleads = N};
  assert_durable(s, &c);
  struct gh_sink_place place = {.number = 2400, .bytes = 7, .file = "f"};
  put_place(s, "webhook:x", 10);
  assert_true(gh_store_sink_bury(s, "webhook:x", &place, "sink_behind", &error));
  assert_int_equal(place_of(s, "webhook:x"), 2400);
  assert_says("2390", "XLEN gh:{test:p7}:dead");
  assert_says("100", "HGET gh:{test:p7}:meta dead_bytes"); /* the bound: later ones have place and reason alone */
  assert_int_equal(gh_store_bare(s), 2390 - 100);
  gh_store_close(s);
  free(leads);
}

/* ── a large state comes in pages ── */

static bool count_row(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes)
{
  uint64_t *sum = ctx;
  sum[kind]++;
  if (kind == GH_STORE_LOG && bytes.len != 1000 + key) return false;
  if (kind == GH_STORE_BUCKET && bytes.len != 50000) return false;
  return true;
}

static void large_states_are_read_in_pages(void **state)
{
  NEEDS_SERVER();
  static char big[65536];
  memset(big, 'x', sizeof big);
  struct gh_store *s = loaded("");
  for (uint64_t seq = 1; seq <= 300; seq++) {
    struct gh_commit_bucket bucket = {seq << 55, {big, 50000}};
    struct gh_commit c = {.seq = seq, .meta = GH_STR("m"), .log = {big, 1000 + seq}, .buckets = &bucket, .nbuckets = 1};
    assert_durable(s, &c);
  }
  uint64_t sum[4] = {0};
  struct gh_store_error error;
  if (!gh_store_load(s, count_row, sum, &error)) fail_msg("%s", error.text);
  assert_int_equal(sum[GH_STORE_LOG], 300);
  assert_int_equal(sum[GH_STORE_BUCKET], 300);
  gh_store_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(who_loads_fences_the_one_before), STORY(a_commit_that_is_there_already_is_ok), STORY(a_commit_comes_behind_its_own_history_alone),
      STORY(a_place_is_moved_by_the_owner_that_read_it), STORY(a_commit_waits_for_the_server), STORY(a_commit_is_given_up),
      STORY(functions_that_are_gone_are_loaded_again), STORY(keys_that_others_touched_fail_the_commit), STORY(snapshots_that_are_gone_are_missed),
      STORY(a_damaged_row_is_found_when_it_is_loaded), STORY(a_partition_that_is_taken_while_it_is_loaded_is_not_damaged), STORY(a_full_memory_is_waited_for),
      STORY(leads_leave_the_outbox_when_their_time_is_over), STORY(a_sink_that_asks_is_waited_for), STORY(keeping_is_by_time),
      STORY(many_leads_are_buried_page_by_page), STORY(large_states_are_read_in_pages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
