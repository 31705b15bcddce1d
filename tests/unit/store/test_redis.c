/* The Redis store: who owns, what is asked twice, what Redis has lost, what others did to its keys. A loss is played by putting older copies of the keys back. */
#include "server.h"

#include "goldhour/sys/sys.h"


static int begin(void **state)
{
  if (with_server(state) != 0) return -1;
  if (!have_server()) return 0;
  start_server("");
  stores = open_stores();
  return 0;
}

static int end(void **state)
{
  gh_stores_close(stores);
  stores = NULL;
  return without_server(state);
}

static struct gh_store *loaded(const char *rows)
{
  struct gh_store *s = gh_stores_partition(stores, 7, true);
  assert_rows(s, rows);
  return s;
}

/* Commit `seq`, its log "l<seq>", with one lead that is named after it. */
static struct answer commit_number(struct gh_store *s, uint64_t seq)
{
  char log[16], id[16];
  snprintf(log, sizeof log, "l%llu", (unsigned long long)seq);
  snprintf(id, sizeof id, "%c", (char)('a' + (int)((seq - 1) % 26)));
  struct gh_commit_lead lead = {gh_str(id), gh_str(id)};
  struct gh_commit c = {.seq = seq, .meta = GH_STR("m"), .log = gh_str(log), .leads = &lead, .nleads = 1, .position = gh_str(log + 1)};
  return commit(s, &c);
}

static void commit_upto(struct gh_store *s, uint64_t from, uint64_t to)
{
  for (uint64_t seq = from; seq <= to; seq++) assert_int_equal(commit_number(s, seq).word, GH_COMMIT_DURABLE);
}

/* ── copies of the keys, as a replica or an older file would have them ── */

static const char *const parts[] = {"meta", "log", "bucket", "outbox", "dead"};

struct copy { struct gh_arena arena; struct gh_str dump[5]; };

static struct gh_reply say_words(const struct gh_str *argv, unsigned argc, struct gh_arena *arena)
{
  struct gh_reply reply;
  struct gh_redis_error error;
  struct gh_redis_command c = {.argv = argv, .argc = argc, .within_ms = PATIENCE_MS};
  if (!gh_redis_call(gh_stores_redis(stores), &c, arena, &reply, &error)) fail_msg("%s", error.text);
  return reply;
}

static struct copy take_copy(void)
{
  struct copy c;
  gh_arena_init(&c.arena, 0);
  for (unsigned i = 0; i < 5; i++) {
    struct gh_str argv[] = {GH_STR("DUMP"), gh_arena_fmt(&c.arena, "gh:{test:p7}:%s", parts[i])};
    struct gh_reply r = say_words(argv, 2, &c.arena);
    c.dump[i] = r.kind == GH_REPLY_TEXT ? r.text : (struct gh_str){NULL, 0};
  }
  return c;
}

static void put_back(struct copy *c)
{
  for (unsigned i = 0; i < 5; i++) {
    struct gh_str key = gh_arena_fmt(&c->arena, "gh:{test:p7}:%s", parts[i]), del[] = {GH_STR("DEL"), key};
    struct gh_str restore[] = {GH_STR("RESTORE"), key, GH_STR("0"), c->dump[i]};
    say_words(del, 2, &c->arena);
    if (c->dump[i].ptr) say_words(restore, 4, &c->arena);
  }
}

static void free_copy(struct copy *c) { gh_arena_free(&c->arena); }

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
    assert_says("OK 1", "FCALL goldhour_v1 5 gh:{test:p7}:meta gh:{test:p7}:log gh:{test:p7}:bucket gh:{test:p7}:outbox gh:{test:p7}:dead commit %s 1 %s", owner.data, mark.data);
  }
  char fenced[128];
  snprintf(fenced, sizeof fenced, "FENCED %s 1 %s", owner.data, mark.data);
  assert_says(fenced, "FCALL goldhour_v1 5 gh:{test:p7}:meta gh:{test:p7}:log gh:{test:p7}:bucket gh:{test:p7}:outbox gh:{test:p7}:dead commit %s 1 0000", owner.data);
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

/* ── what Redis has lost ── */

static void lost_commits_are_sent_again(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 2);
  struct copy older = take_copy();
  commit_upto(s, 3, 6);
  put_back(&older);
  assert_false(gh_store_still_ours(s));
  assert_int_equal(commit_number(s, 7).word, GH_COMMIT_DURABLE);
  assert_outbox(s, 0, "1:a=a 2:b=b 3:c=c 4:d=d 5:e=e 6:f=f 7:g=g "); /* the numbers are the same */
  assert_int_equal(gh_store_outbox_last(s), 7);
  assert_says("7", "HGET gh:{test:p7}:meta position");
  put_back(&older); /* and once more, now found by loading */
  gh_store_close(s);
  s = loaded("M0=m L1=l1 L2=l2 L3=l3 L4=l4 L5=l5 L6=l6 L7=l7 ");
  assert_outbox(s, 5, "6:f=f 7:g=g ");
  commit_upto(s, 8, 8);
  gh_store_close(s);
  free_copy(&older);
}

/* The loss went back before our own load: the owner stored is one that we took over from, and that is done again. */
static void commits_before_the_load_are_sent_again_too(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 2);
  struct copy older = take_copy();
  commit_upto(s, 3, 4);
  gh_store_close(s);
  s = loaded("M0=m L1=l1 L2=l2 L3=l3 L4=l4 ");
  commit_upto(s, 5, 6);
  put_back(&older);
  commit_upto(s, 7, 7);
  assert_rows(s, "M0=m L1=l1 L2=l2 L3=l3 L4=l4 L5=l5 L6=l6 L7=l7 ");
  assert_outbox(s, 0, "1:a=a 2:b=b 3:c=c 4:d=d 5:e=e 6:f=f 7:g=g ");
  gh_store_close(s);
  free_copy(&older);
}

static void everything_lost_is_sent_again_and_the_identity_with_it(void **state)
{
  NEEDS_SERVER();
  struct gh_stores_identity identity, again;
  struct gh_store_error error;
  assert_true(gh_stores_found(stores, 12, &identity, &error));
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 3);
  tell("FLUSHALL");
  tell("FUNCTION FLUSH");
  commit_upto(s, 4, 4);
  assert_rows(s, "M0=m L1=l1 L2=l2 L3=l3 L4=l4 ");
  assert_true(gh_stores_identity(stores, &again, &error));
  assert_string_equal(identity.id, again.id);
  assert_int_equal(again.partitions, 12);
  gh_store_close(s);
}

/* FLUSHALL, and not all bytes are kept: that is a loss, and nobody else's doing. */
static void an_empty_redis_is_a_loss(void **state)
{
  NEEDS_SERVER();
  gh_stores_close(stores);
  struct gh_stores_options o = options_of();
  server_conf.resend_bytes = 2000; /* the last one or two */
  stores = open_stores_by(&o);
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 20);
  tell("FLUSHALL");
  struct answer a = commit_number(s, 21);
  assert_int_equal(a.word, GH_COMMIT_REWOUND);
  assert_non_null(strstr(a.error.text, "Redis has lost the partition"));
  assert_rows(s, "");
  commit_upto(s, 1, 2);
  gh_store_close(s);
}

static void what_is_no_longer_kept_is_said_to_be_lost(void **state)
{
  NEEDS_SERVER();
  gh_stores_close(stores);
  struct gh_stores_options o = options_of();
  server_conf.resend_bytes = 2000; /* the last one or two */
  stores = open_stores_by(&o);
  struct gh_store *s = loaded("");
  const char *const sinks[] = {"file"};
  struct gh_store_error error;
  assert_true(gh_store_sinks_only(s, sinks, 1, &error));
  commit_upto(s, 1, 3);
  put_place(s, "file", 3);
  struct copy older = take_copy();
  commit_upto(s, 4, 20);
  put_place(s, "file", 20);
  put_back(&older);
  struct gh_buf epoch = say("HGET gh:{test:p7}:meta epoch");
  struct answer a = commit_number(s, 21);
  assert_int_equal(a.word, GH_COMMIT_REWOUND);
  assert_non_null(strstr(a.error.text, "resend_bytes"));
  assert_rows(s, "M0=m L1=l1 L2=l2 L3=l3 ");
  /* What the sink had may come with other numbers now: it is set back to what is still there. */
  struct gh_buf now = say("HGET gh:{test:p7}:meta epoch");
  assert_string_not_equal(epoch.data, now.data);
  struct gh_sink_place ahead = {.number = 20};
  assert_false(gh_store_sink_put(s, "file", &ahead, &error)); /* by a relay that was on its way */
  assert_non_null(strstr(error.text, "beyond the last lead"));
  commit_upto(s, 4, 25);
  assert_int_equal(place_of(s, "file"), 0);
  gh_buf_free(&epoch);
  gh_buf_free(&now);
  gh_store_close(s);
  free_copy(&older);
}

/* Another daemon went on from the older state: ours is not sent over it. */
static void another_history_is_left_alone(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 2);
  struct copy older = take_copy();
  commit_upto(s, 3, 5);
  put_back(&older);
  struct gh_stores *theirs = open_stores();
  struct gh_store *b = gh_stores_partition(theirs, 7, true);
  assert_rows(b, "M0=m L1=l1 L2=l2 ");
  struct gh_commit c = {.seq = 3, .meta = GH_STR("n"), .log = GH_STR("x3")};
  assert_durable(b, &c);
  assert_int_equal(commit_number(s, 6).word, GH_COMMIT_FENCED);
  assert_rows(s, "M0=n L1=l1 L2=l2 L3=x3 ");
  gh_store_close(b);
  gh_stores_close(theirs);
  gh_store_close(s);
  free_copy(&older);
}

static void a_loss_that_others_know_of_sets_places_back(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded("");
  struct gh_store_error error;
  commit_upto(s, 1, 4);
  assert_int_equal(place_of(s, "file"), 0);
  put_place(s, "file", 3);
  assert_true(gh_store_lost(s, &error)); /* Kafka's offset was ahead */
  struct gh_sink_place late = {.number = 4};
  assert_false(gh_store_sink_put(s, "file", &late, &error)); /* by a relay that has not read it since */
  assert_non_null(strstr(error.text, "it must be read again"));
  assert_int_equal(place_of(s, "file"), 0);
  put_place(s, "file", 2);
  gh_store_close(s);
  s = loaded("M0=m L1=l1 L2=l2 L3=l3 L4=l4 ");
  assert_int_equal(place_of(s, "file"), 2); /* once */
  gh_store_close(s);
}

/* A real server, killed, its file cut somewhere: what comes up is a whole commit's state, and the lost ones are sent again. */
static void a_cut_append_only_file(void **state)
{
  NEEDS_SERVER();
  gh_stores_close(stores);
  stop_server(SIGKILL);
  start_server("--appendonly yes --appendfsync always --aof-use-rdb-preamble no");
  stores = open_stores();
  struct gh_store *s = loaded("");
  for (uint64_t round = 0; round < 3; round++) {
    commit_upto(s, 1 + 10 * round, 9 + 10 * round);
    stop_server(SIGKILL);
    char cut[256];
    snprintf(cut, sizeof cut, "f=$(ls %s/appendonlydir/*.incr.aof | tail -1); truncate -s -%u $f", dir, 700 + 400 * (unsigned)round);
    assert_int_equal(system(cut), 0);
    start_server("--appendonly yes --appendfsync always --aof-use-rdb-preamble no --aof-load-truncated yes");
    assert_int_equal(commit_number(s, 10 + 10 * round).word, GH_COMMIT_DURABLE);
  }
  struct gh_buf leads = {0};
  struct gh_store_error error;
  assert_true(gh_store_outbox(s, 27, add_lead, &leads, &error));
  gh_buf_byte(&leads, '\0');
  assert_string_equal(leads.data, "28:b=b 29:c=c 30:d=d ");
  gh_buf_free(&leads);
  gh_store_close(s);
}

/* No event comes any more, so no commit would find out: what Redis lost is sent again when it is back. */
static void a_quiet_partition_is_repaired_too(void **state)
{
  NEEDS_SERVER();
  struct gh_store *s = loaded(""), *never = gh_stores_partition(stores, 8, true);
  struct gh_stores_identity identity;
  struct gh_store_error error;
  assert_true(gh_stores_found(stores, 12, &identity, &error));
  commit_upto(s, 1, 2);
  struct copy older = take_copy();
  gh_store_close(s);
  s = loaded("M0=m L1=l1 L2=l2 ");
  commit_upto(s, 3, 6);
  put_back(&older);
  tell("DEL gh:{test}:store");
  struct gh_buf leads = {0};
  assert_false(gh_store_outbox(s, 4, add_lead, &leads, &error)); /* a relay is told to come again */
  assert_non_null(strstr(error.text, "they are sent again"));
  tell("CLIENT KILL TYPE normal SKIPME no");
  for (int ms = 0; !gh_store_still_ours(s); ms++) {
    assert_true(ms < PATIENCE_MS);
    usleep(1000);
  }
  assert_outbox(s, 0, "1:a=a 2:b=b 3:c=c 4:d=d 5:e=e 6:f=f ");
  assert_says(identity.id, "HGET gh:{test}:store id");
  commit_upto(s, 7, 7);
  gh_store_close(never);
  gh_store_close(s);
  gh_buf_free(&leads);
  free_copy(&older);
}

/* The loss goes back behind two owners: the second one's commits follow once the first one, who only keeps them, has sent its own. */
static void the_commits_of_two_owners_follow_one_another(void **state)
{
  NEEDS_SERVER();
  struct gh_store *first = loaded("");
  commit_upto(first, 1, 2);
  gh_store_close(first);
  first = loaded("M0=m L1=l1 L2=l2 ");
  struct copy older = take_copy();
  commit_upto(first, 3, 4);
  struct gh_stores *theirs = open_stores();
  struct gh_store *second = gh_stores_partition(theirs, 7, true);
  assert_rows(second, "M0=m L1=l1 L2=l2 L3=l3 L4=l4 ");
  commit_upto(second, 5, 6);
  put_back(&older);
  assert_int_equal(commit_number(second, 7).word, GH_COMMIT_FENCED); /* too early: 3 and 4 are not there */
  tell("CLIENT KILL TYPE normal SKIPME no");
  for (int ms = 0; !gh_store_still_ours(second); ms++) {
    assert_true(ms < PATIENCE_MS);
    usleep(1000);
  }
  assert_outbox(second, 0, "1:a=a 2:b=b 3:c=c 4:d=d 5:e=e 6:f=f ");
  commit_upto(second, 7, 7);
  gh_store_close(first);
  gh_store_close(second);
  gh_stores_close(theirs);
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

/* ── everything at once ── */

/* A daemon over inputs 1, 2, 3, …: each gives a lead that is named after it; META says how many are in. */
struct daemon { struct gh_store *s; uint64_t seq, taken; bool knows; };

static bool take_meta(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes)
{
  struct daemon *d = ctx;
  char text[64];
  (void)key;
  if (kind != GH_STORE_META) return true;
  snprintf(text, sizeof text, "%.*s", GH_FMT(bytes));
  unsigned long long seq, taken;
  if (sscanf(text, "%llu %llu", &seq, &taken) != 2) return false;
  d->seq = seq;
  d->taken = taken;
  return true;
}

static void load_daemon(struct daemon *d)
{
  struct gh_store_error error;
  d->seq = d->taken = 0;
  if (!gh_store_load(d->s, take_meta, d, &error)) fail_msg("%s", error.text);
  d->knows = true;
}

static void step_daemon(struct daemon *d, unsigned inputs)
{
  struct gh_commit_lead leads[8];
  char ids[8][24], meta[64];
  if (!d->knows) load_daemon(d);
  for (unsigned i = 0; i < inputs; i++) {
    snprintf(ids[i], sizeof ids[i], "%llu", (unsigned long long)(d->taken + i + 1));
    leads[i] = (struct gh_commit_lead){gh_str(ids[i]), gh_str(ids[i])};
  }
  snprintf(meta, sizeof meta, "%llu %llu", (unsigned long long)d->seq + 1, (unsigned long long)d->taken + inputs);
  struct gh_commit c = {.seq = d->seq + 1, .meta = gh_str(meta), .log = gh_str(meta), .leads = leads, .nleads = inputs, .cut_seq = d->seq > 5 ? d->seq - 5 : 0};
  struct answer a = commit(d->s, &c);
  if (a.word == GH_COMMIT_FAILED) fail_msg("%s", a.error.text);
  d->knows = a.word == GH_COMMIT_DURABLE;
  if (d->knows) d->seq++, d->taken += inputs;
}

static void expect_next(void *ctx, uint64_t number, struct gh_str id, struct gh_str json)
{
  uint64_t *next = ctx;
  char text[24];
  snprintf(text, sizeof text, "%llu", (unsigned long long)*next);
  assert_true(gh_str_eq(id, gh_str(text)) && gh_str_eq(json, id));
  assert_int_equal(number, *next);
  ++*next;
}

/* Two daemons take the partition from one another, Redis goes back to older states again and again, and functions go: in the end each lead is there once, in
 * order, whatever was lost on the way. */
static void no_loss_leaves_a_gap_or_a_double(void **state)
{
  NEEDS_SERVER();
  struct gh_stores_options o = options_of();
  server_conf.resend_bytes = 40000;
  struct gh_stores *other = open_stores_by(&o);
  struct daemon daemons[2] = {{.s = gh_stores_partition(stores, 7, true)}, {.s = gh_stores_partition(other, 7, true)}};
  struct copy copies[4];
  unsigned ncopies = 0;
  uint64_t random = 4711;
  for (unsigned step = 0; step < 1500; step++) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    unsigned what = (unsigned)(random >> 33) % 40, who = (unsigned)(random >> 50) % 8 == 0;
    if (what == 0 && ncopies < 4) copies[ncopies++] = take_copy();
    else if (what == 1 && ncopies) put_back(&copies[(random >> 40) % ncopies]);
    else if (what == 2 && ncopies) free_copy(&copies[--ncopies]);
    else if (what == 3) tell("FUNCTION FLUSH");
    else step_daemon(&daemons[who], (unsigned)(random >> 60) % 8);
  }
  step_daemon(&daemons[0], 1);
  if (!daemons[0].knows) load_daemon(&daemons[0]);
  uint64_t next = 1;
  struct gh_store_error error;
  do {
    if (!gh_store_outbox(daemons[0].s, next - 1, expect_next, &next, &error)) fail_msg("%s", error.text);
  } while (next <= gh_store_outbox_last(daemons[0].s));
  assert_int_equal(next, daemons[0].taken + 1);
  assert_true(daemons[0].taken > 300);
  while (ncopies) free_copy(&copies[--ncopies]);
  for (unsigned i = 0; i < 2; i++) gh_store_close(daemons[i].s);
  gh_stores_close(other);
}

/* The bytes kept are bounded over all partitions together. */
static void the_oldest_of_all_partitions_are_forgotten(void **state)
{
  NEEDS_SERVER();
  gh_stores_close(stores);
  struct gh_stores_options o = options_of();
  server_conf.resend_bytes = 6000;
  stores = open_stores_by(&o);
  struct gh_store *quiet = gh_stores_partition(stores, 1, true), *busy = gh_stores_partition(stores, 7, true);
  assert_rows(quiet, "");
  assert_rows(busy, "");
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .log = GH_STR("l")};
  assert_durable(quiet, &c);
  struct copy older = take_copy();
  commit_upto(busy, 1, 40);
  tell("DEL gh:{test:p1}:meta gh:{test:p1}:log");
  put_back(&older);
  gh_store_close(quiet);
  gh_store_close(busy);
  quiet = gh_stores_partition(stores, 1, true);
  assert_rows(quiet, ""); /* gone for good */
  busy = loaded("");
  assert_int_equal(gh_store_outbox_last(busy), 0);
  gh_store_close(quiet);
  gh_store_close(busy);
  free_copy(&older);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(who_loads_fences_the_one_before), STORY(a_commit_that_is_there_already_is_ok), STORY(a_commit_comes_behind_its_own_history_alone),
      STORY(a_place_is_moved_by_the_owner_that_read_it), STORY(lost_commits_are_sent_again),
      STORY(commits_before_the_load_are_sent_again_too), STORY(everything_lost_is_sent_again_and_the_identity_with_it),
      STORY(an_empty_redis_is_a_loss), STORY(what_is_no_longer_kept_is_said_to_be_lost), STORY(another_history_is_left_alone), STORY(a_loss_that_others_know_of_sets_places_back),
      STORY(a_cut_append_only_file), STORY(a_quiet_partition_is_repaired_too),
      STORY(the_commits_of_two_owners_follow_one_another), STORY(a_commit_waits_for_the_server), STORY(a_commit_is_given_up), STORY(functions_that_are_gone_are_loaded_again),
      STORY(keys_that_others_touched_fail_the_commit), STORY(snapshots_that_are_gone_are_missed), STORY(a_damaged_row_is_found_when_it_is_loaded),
      STORY(a_partition_that_is_taken_while_it_is_loaded_is_not_damaged), STORY(a_full_memory_is_waited_for),
      STORY(leads_leave_the_outbox_when_their_time_is_over), STORY(a_sink_that_asks_is_waited_for), STORY(keeping_is_by_time), STORY(many_leads_are_buried_page_by_page),
      STORY(large_states_are_read_in_pages), STORY(no_loss_leaves_a_gap_or_a_double), STORY(the_oldest_of_all_partitions_are_forgotten),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
