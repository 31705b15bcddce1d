/* The Redis store: what Redis has lost is noticed, and sent again or read again. */
#define _GNU_SOURCE /* RTLD_NEXT, memmem */
#include "history.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <uv.h>

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

/* ── between two questions ── */

static struct gh_redis *aside;    /* another client: the stores' own waits meanwhile */
static _Atomic bool armed, read_once;

static void do_aside(struct gh_str command, const char *key, const char *to)
{
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_redis_error error;
  struct gh_str argv[] = {command, gh_str(key), gh_str(to), GH_STR("REPLACE")};
  gh_arena_init(&arena, 0);
  if (!gh_redis_call(aside, &(struct gh_redis_command){.argv = argv, .argc = 4, .within_ms = PATIENCE_MS}, &arena, &reply, &error)) abort();
  gh_arena_free(&arena);
}

static bool says(const uv_buf_t bufs[], unsigned n, const char *word)
{
  bool found = false;
  for (unsigned i = 0; i < n; i++) found = found || memmem(bufs[i].base, bufs[i].len, word, strlen(word));
  return found;
}

/* Stands before libuv's. The lost leads come back before what is asked after the outbox was read. */
int uv_try_write(uv_stream_t *handle, const uv_buf_t bufs[], unsigned n)
{
  static int (*real)(uv_stream_t *handle, const uv_buf_t bufs[], unsigned n);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "uv_try_write");
  if (atomic_load(&armed) && says(bufs, n, "XRANGE")) {
    atomic_store(&read_once, true);
  } else if (atomic_load(&read_once) && atomic_exchange(&armed, false)) {
    do_aside(GH_STR("COPY"), "gh:{test:p7}:meta:kept", "gh:{test:p7}:meta");
    do_aside(GH_STR("COPY"), "gh:{test:p7}:outbox:kept", "gh:{test:p7}:outbox");
  }
  return real(handle, bufs, n);
}

/* They were not there when the outbox was read, and are when it is asked why: they were lost, not trimmed. */
static void leads_that_come_back_are_not_taken_for_trimmed(void **state)
{
  NEEDS_SERVER();
  struct gh_redis_error error;
  aside = gh_redis_open(&server_conf.redis, (struct gh_str){0}, "aside", &error);
  assert_non_null(aside);
  struct gh_store *s = loaded("");
  commit_upto(s, 1, 1);
  struct copy older = take_copy();
  commit_upto(s, 2, 3);
  do_aside(GH_STR("COPY"), "gh:{test:p7}:meta", "gh:{test:p7}:meta:kept");
  do_aside(GH_STR("COPY"), "gh:{test:p7}:outbox", "gh:{test:p7}:outbox:kept");
  put_back(&older);
  armed = true;
  assert_outbox(s, 1, "2:b=b 3:c=c ");
  assert_false(armed);
  gh_store_close(s);
  free_copy(&older);
  gh_redis_close(aside);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(lost_commits_are_sent_again), STORY(commits_before_the_load_are_sent_again_too), STORY(everything_lost_is_sent_again_and_the_identity_with_it),
      STORY(an_empty_redis_is_a_loss), STORY(what_is_no_longer_kept_is_said_to_be_lost), STORY(another_history_is_left_alone),
      STORY(a_loss_that_others_know_of_sets_places_back), STORY(a_cut_append_only_file), STORY(a_quiet_partition_is_repaired_too),
      STORY(the_commits_of_two_owners_follow_one_another), STORY(no_loss_leaves_a_gap_or_a_double), STORY(the_oldest_of_all_partitions_are_forgotten),
      STORY(leads_that_come_back_are_not_taken_for_trimmed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
