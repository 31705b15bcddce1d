/* The Redis stream is exact: over kills between adding and placing, over stores that give numbers anew, over those who wake up too late. */
#include "scratch.h"

#include "goldhour/sink/sink.h"
#include "redis_server.h"

static struct gh_redis *client;
static struct gh_sink_conf conf;
static struct gh_sink_error fault;

static int set_up(void **state)
{
  (void)state;
  if (make_scratch() != 0) return -1;
  if (!start_redis()) return 0;
  conf = (struct gh_sink_conf){.kind = GH_SINK_REDIS, .name = GH_STR("redis:leads"), .stream = GH_STR("leads"), .keep_ms = 604800000};
  struct gh_redis_conf where = {.node = {GH_STR("127.0.0.1"), redis_port}, .timeout_ms = 5000};
  struct gh_redis_error error;
  client = gh_redis_open(&where, (struct gh_str){0}, "test", &error);
  return client ? 0 : -1;
}

static int tear_down(void **state)
{
  if (client) gh_redis_close(client);
  client = NULL;
  stop_redis();
  return remove_dir(state);
}

static struct gh_sink *open_stream(bool shared)
{
  if (!client) skip();
  struct gh_sink *s = gh_sink_open(&(struct gh_sink_options){.conf = &conf, .redis = client, .installation = GH_STR("bank"), .shared = shared}, &fault);
  if (!s) fail_msg("%s", fault.text);
  return s;
}

static struct gh_sink_begun begun;
static uint64_t last; /* of the store's leads */

static void take_hold(struct gh_sink *s, unsigned partition, struct gh_sink_mark *mark)
{
  if (!gh_sink_hold(s, partition, last, &fault) || !gh_sink_begin(s, partition, mark, &begun, &fault)) fail_msg("%s", fault.text);
}

/* `ids`: a letter a lead; numbered from `first`. */
static enum gh_sink_answer add(struct gh_sink *s, unsigned partition, uint64_t first, const char *ids)
{
  struct gh_sink_lead leads[16];
  char json[16][32];
  unsigned n = (unsigned)strlen(ids), taken;
  for (unsigned i = 0; i < n; i++) {
    snprintf(json[i], sizeof json[i], "{\"id\":\"%c\"}", ids[i]);
    leads[i] = (struct gh_sink_lead){first + i, gh_str_n(ids + i, 1), gh_str(json[i])};
  }
  struct gh_sink_mark mark = {.number = first - 1};
  return gh_sink_write(s, &(struct gh_sink_page){partition, leads, n}, &mark, &taken, &fault);
}

/* The ids in the stream, in its order. */
static void assert_stream(const char *ids)
{
  char found[64] = "";
  const char *text = redis("XRANGE leads - +");
  unsigned n = 0;
  for (const char *at = text; (at = strstr(at, "{\"id\":\"")); at++) found[n++] = at[7];
  assert_string_equal(found, ids);
}

static void an_entry_has_id_and_lead(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 7, &mark);
  assert_true(begun.changed); /* that it was told */
  take_hold(s, 7, &mark);
  assert_false(begun.changed);
  assert_int_equal(add(s, 7, 1, "abc"), GH_SINK_TAKEN);
  assert_stream("abc");
  assert_string_equal(redis("--no-raw XRANGE leads - + COUNT 1 | tail -n 4 | tr -d ' '"), "2)1)\"id\"\n2)\"a\"\n3)\"lead\"\n4)\"{\\\"id\\\":\\\"a\\\"}\"");
  assert_string_equal(redis("HGET 'gh:{leads}:holders' bank:p7:place"), "3");
  assert_string_equal(redis("FUNCTION LIST | grep -c goldhour_sink_v4_add"), "1");
  gh_sink_close(s);
}

/* Killed between adding a page and placing it: the page comes again. */
static void a_page_that_comes_again_adds_nothing(void **state)
{
  (void)state;
  struct gh_sink_mark mark = {0};
  for (unsigned run = 0; run < 3; run++) {
    struct gh_sink *s = open_stream(true);
    take_hold(s, 0, &mark);
    assert_int_equal(add(s, 0, 1, run ? "abcd" : "abc"), GH_SINK_TAKEN);
    gh_sink_close(s);
  }
  assert_stream("abcd");
}

/* The store has lost its tail, and other leads stand among those given anew. */
static void numbers_given_anew_neither_lose_nor_double(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "abcdef"), GH_SINK_TAKEN);
  mark.number = 2;
  take_hold(s, 0, &mark);
  assert_int_equal(mark.number, 2);
  assert_int_equal(add(s, 0, 3, "cxd"), GH_SINK_TAKEN);
  assert_int_equal(add(s, 0, 6, "eyfg"), GH_SINK_TAKEN);
  assert_stream("abcdefxyg");
  gh_sink_close(s);
}

static void who_wakes_up_too_late_adds_nothing(void **state)
{
  (void)state;
  struct gh_sink *asleep = open_stream(true), *now = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(asleep, 0, &mark);
  assert_int_equal(add(asleep, 0, 1, "ab"), GH_SINK_TAKEN);
  mark.number = 2;
  take_hold(now, 0, &mark);
  assert_int_equal(add(now, 0, 3, "cd"), GH_SINK_TAKEN);
  redis("DEL 'gh:{leads}:ids:bank:p0'"); /* much later */
  assert_int_equal(add(asleep, 0, 3, "cd"), GH_SINK_LOST);
  assert_non_null(strstr(fault.text, "another process"));
  assert_int_equal(add(now, 0, 5, "e"), GH_SINK_TAKEN);
  assert_stream("abcde");
  gh_sink_close(asleep);
  gh_sink_close(now);
}

/* The stream's server has lost entries, and its own places with them. */
static void leads_lost_by_the_server_are_asked_for_again(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "abcd"), GH_SINK_TAKEN);
  redis("XTRIM leads MAXLEN 0");
  redis("XADD leads '*' id a lead '{\"id\":\"a\"}'");
  redis("ZREM 'gh:{leads}:ids:bank:p0' b c d");
  redis("HSET 'gh:{leads}:holders' bank:p0:place 1");
  assert_int_equal(add(s, 0, 5, "ef"), GH_SINK_LOST);
  mark.number = 4;
  take_hold(s, 0, &mark);
  assert_true(begun.changed);
  assert_int_equal(mark.number, 1);
  assert_int_equal(add(s, 0, 2, "bcdef"), GH_SINK_TAKEN);
  assert_stream("abcdef");
  gh_sink_close(s);
}

/* Its first page too, and with it all that it knew of the partition: that is no new sink. */
static void a_server_that_has_lost_everything_is_no_new_one(void **state)
{
  (void)state;
  for (unsigned shared = 0; shared < 2; shared++) {
    struct gh_sink *s = open_stream(shared);
    struct gh_sink_mark mark = {.number = 4};
    take_hold(s, 0, &mark);
    assert_int_equal(mark.number, 4); /* a sink that was added later */
    if (shared) assert_string_equal(redis("HGET 'gh:{leads}:holders' bank:p0:place"), "4");
    assert_int_equal(add(s, 0, 5, "ab"), GH_SINK_TAKEN);
    redis("FLUSHALL");
    mark.number = 6;
    take_hold(s, 0, &mark);
    assert_true(begun.changed);
    assert_int_equal(mark.number, 0); /* as far as the outbox has them */
    assert_int_equal(add(s, 0, 5, "abc"), GH_SINK_TAKEN);
    assert_stream("abc");
    redis("FLUSHALL");
    gh_sink_close(s);
  }
}

/* And nothing was added since: it is asked for once. */
static void what_nobody_has_is_not_asked_for_twice(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "ab"), GH_SINK_TAKEN);
  redis("FLUSHALL");
  mark.number = 2;
  take_hold(s, 0, &mark);
  assert_int_equal(mark.number, 0);
  gh_sink_skip(s, &mark, 2);
  mark.number = 2;
  take_hold(s, 0, &mark);
  assert_int_equal(mark.number, 2);
  assert_int_equal(add(s, 0, 3, "c"), GH_SINK_TAKEN);
  assert_stream("c");
  gh_sink_close(s);
}

static void what_was_skipped_is_not_asked_for(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "ab"), GH_SINK_TAKEN);
  mark.number = 2;
  gh_sink_skip(s, &mark, 5);
  gh_sink_skip(s, &mark, 10);
  assert_int_equal(mark.number, 10);
  gh_sink_close(s);
  s = open_stream(true);
  take_hold(s, 0, &mark);
  assert_int_equal(mark.number, 10);
  redis("HSET 'gh:{leads}:holders' bank:p0:place 1"); /* it never had what was skipped; but b it had */
  struct gh_sink_mark before = mark;
  take_hold(s, 0, &before);
  assert_int_equal(before.number, 1);
  redis("HSET 'gh:{leads}:holders' bank:p0:place 2");
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 11, "k"), GH_SINK_TAKEN);
  assert_stream("abk");
  gh_sink_close(s);
}

/* Where nobody else can have the partition the names come from the mark. */
static void two_stores_of_their_own_share_a_stream(void **state)
{
  (void)state;
  struct gh_sink *one = open_stream(false), *two = open_stream(false);
  struct gh_sink_mark mine = {0}, theirs = {0};
  take_hold(one, 0, &mine);
  assert_true(begun.changed);
  take_hold(two, 0, &theirs);
  assert_string_not_equal(mine.file, theirs.file);
  assert_int_equal(add(one, 0, 1, "ab"), GH_SINK_TAKEN);
  assert_int_equal(add(two, 0, 1, "xy"), GH_SINK_TAKEN);
  assert_int_equal(add(one, 0, 3, "c"), GH_SINK_TAKEN);
  gh_sink_close(one);
  one = open_stream(false);
  take_hold(one, 0, &mine);
  assert_false(begun.changed);
  assert_int_equal(add(one, 0, 3, "cd"), GH_SINK_TAKEN);
  assert_stream("abxycd");
  gh_sink_close(one);
  gh_sink_close(two);
}

static void old_entries_are_trimmed(void **state)
{
  (void)state;
  conf.keep_ms = 1000;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  redis("CONFIG SET stream-node-max-entries 1");
  redis("XADD leads 1-0 id z lead '{\"id\":\"z\"}'");
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "a"), GH_SINK_TAKEN);
  assert_stream("a");
  gh_sink_close(s);
}

/* As if pages had come for over an hour: what was there at its beginning is known by its number alone. */
static void an_hour_passes(void)
{
  redis("EVAL \"local t = redis.call('TIME')[1] redis.call('HSET', 'gh:{leads}:holders', 'bank:p0:clock', '3600001:' .. t .. '000', 'bank:p0:marks', '0:2')\" 0");
}

static void ids_of_an_hour_ago_are_forgotten_and_their_leads_known(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "abcd"), GH_SINK_TAKEN);
  assert_string_equal(redis("HGET 'gh:{leads}:holders' bank:p0:marks"), "0:4");
  an_hour_passes();
  assert_int_equal(add(s, 0, 3, "cd"), GH_SINK_TAKEN); /* holds what is known: forgets nothing */
  assert_string_equal(redis("ZCARD 'gh:{leads}:ids:bank:p0'"), "4");
  assert_int_equal(add(s, 0, 5, "e"), GH_SINK_TAKEN);
  assert_string_equal(redis("ZRANGE 'gh:{leads}:ids:bank:p0' 0 -1"), "c\nd\ne");
  assert_string_equal(redis("HGET 'gh:{leads}:holders' bank:p0:forgot"), "2");
  assert_int_equal(add(s, 0, 1, "abcdef"), GH_SINK_TAKEN); /* the store was set back to its oldest */
  assert_stream("abcdef");
  gh_sink_close(s);
}

/* The store is another one, or a backup older than what was forgotten: its numbers say nothing. */
static void another_store_begins_anew(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "abc"), GH_SINK_TAKEN);
  an_hour_passes();
  assert_int_equal(add(s, 0, 4, "d"), GH_SINK_TAKEN);
  last = 1;
  take_hold(s, 0, &mark);
  last = 0;
  assert_int_equal(add(s, 0, 1, "xcy"), GH_SINK_TAKEN);
  assert_stream("abcdxy");
  gh_sink_close(s);
}

/* Numbers are going over what was added: below the page at hand alone may be forgotten. */
static void nothing_is_forgotten_ahead_of_the_page(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "abcd"), GH_SINK_TAKEN);
  an_hour_passes();
  assert_int_equal(add(s, 0, 2, "x"), GH_SINK_TAKEN);
  assert_string_equal(redis("HGET 'gh:{leads}:holders' bank:p0:forgot"), "1");
  assert_int_equal(add(s, 0, 3, "ybcd"), GH_SINK_TAKEN);
  assert_stream("abcdxy");
  gh_sink_close(s);
}

/* Killed between the two calls: whoever comes next does what is left, before anything else. */
static void what_is_left_to_do_is_done_first(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "a"), GH_SINK_TAKEN);
  static const char half[] = "FCALL goldhour_sink_v4_add 3 leads 'gh:{leads}:ids:bank:p1' 'gh:{leads}:holders' bank:p1 '' -1 3600000 0 1 x '{\"id\":\"x\"}' 2 y '{\"id\":\"y\"}'";
  assert_non_null(strstr(redis(half), "KEPT"));
  assert_stream("a");
  assert_int_equal(add(s, 0, 2, "b"), GH_SINK_TAKEN);
  assert_stream("axyb");
  assert_non_null(strstr(redis(half), "ADDED"));
  assert_stream("axyb");
  assert_string_equal(redis("HEXISTS 'gh:{leads}:holders' todo"), "0");
  gh_sink_close(s);
}

/* Redis 7.0 does half of a lost transaction at its next start: an apply that comes twice, the first time by half. */
static void half_an_apply_that_comes_back_adds_nothing(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  redis("FCALL goldhour_sink_v4_add 3 leads 'gh:{leads}:ids:bank:p0' 'gh:{leads}:holders' bank:p0 '' -1 3600000 0 1 a '{\"id\":\"a\"}' 2 b '{\"id\":\"b\"}'");
  redis("EVAL \"local t = cmsgpack.unpack(redis.call('HGET', 'gh:{leads}:holders', 'todo')) "
        "redis.call('XADD', 'leads', t[4][4], 'id', 'a', 'lead', t[4][3]) redis.call('ZADD', t[1], 1, 'a')\" 0");
  assert_stream("a");
  take_hold(s, 0, &mark);
  assert_stream("ab");
  assert_int_equal(add(s, 0, 1, "abc"), GH_SINK_TAKEN);
  assert_stream("abc");
  gh_sink_close(s);
}

/* Between the two calls of a page, before and after half of it. */
static void what_others_write_to_the_stream_displaces_no_lead(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  redis("FCALL goldhour_sink_v4_add 3 leads 'gh:{leads}:ids:bank:p0' 'gh:{leads}:holders' bank:p0 '' -1 3600000 0 1 a '{\"id\":\"a\"}' 2 b '{\"id\":\"b\"}'");
  redis("XADD leads '*' id z lead '{\"id\":\"z\"}'");
  assert_int_equal(add(s, 0, 3, "c"), GH_SINK_TAKEN);
  assert_stream("zabc");
  redis("FCALL goldhour_sink_v4_add 3 leads 'gh:{leads}:ids:bank:p0' 'gh:{leads}:holders' bank:p0 '' -1 3600000 0 4 d '{\"id\":\"d\"}' 5 e '{\"id\":\"e\"}'");
  redis("EVAL \"local t = cmsgpack.unpack(redis.call('HGET', 'gh:{leads}:holders', 'todo')) "
        "redis.call('XADD', 'leads', t[4][4], 'id', 'd', 'lead', t[4][3]) redis.call('XADD', 'leads', t[4][8], 'id', 'y', 'lead', '{\\\"id\\\":\\\"y\\\"}')\" 0");
  take_hold(s, 0, &mark);
  assert_stream("zabcdye");
  assert_int_equal(add(s, 0, 4, "def"), GH_SINK_TAKEN);
  assert_stream("zabcdyef");
  gh_sink_close(s);
}

/* A partition is given back before its first page, or twice. */
static void who_never_held_a_partition_forgets_it(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 3, &mark);
  gh_sink_forget(s, 5);
  gh_sink_forget(s, 3);
  gh_sink_forget(s, 3);
  take_hold(s, 5, &mark);
  assert_int_equal(add(s, 5, 1, "a"), GH_SINK_TAKEN);
  assert_stream("a");
  gh_sink_close(s);
}

static void a_key_of_another_type_is_said(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  redis("SET leads 1");
  assert_false(gh_sink_hold(s, 0, 0, &fault));
  assert_non_null(strstr(fault.text, "leads is a string, not a stream"));
  gh_sink_close(s);
}

static void where_functions_are_denied_scripts_do(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  redis("ACL SETUSER default on nopass '~*' '&*' +@all -function -fcall");
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "ab"), GH_SINK_TAKEN);
  redis("SCRIPT FLUSH");
  assert_int_equal(add(s, 0, 1, "abc"), GH_SINK_TAKEN);
  assert_stream("abc");
  gh_sink_close(s);
}

/* The rights of whom the sink is, and nobody else: redis-cli comes as another user from then on. */
static void allow(const char *rights)
{
  char command[512];
  redis("ACL SETUSER admin on nopass '~*' '&*' +@all");
  snprintf(command, sizeof command, "--no-auth-warning --user admin --pass x ACL SETUSER default reset on nopass '~leads' '~gh:{leads}:*' +@connection +@read +@stream "
           "+@sortedset +@hash +time %s", rights);
  assert_string_equal(redis(command), "OK");
}

/* The rights that docs/sinks.md names are enough. */
static void a_user_with_few_rights_is_enough(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  allow("+fcall '+function|load'");
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "ab"), GH_SINK_TAKEN);
  allow("+eval +evalsha");
  assert_int_equal(add(s, 0, 3, "c"), GH_SINK_TAKEN);
  assert_stream("abc");
  gh_sink_close(s);
}

/* Rights that were missing are granted, in either way: it goes on by itself. */
static void rights_may_be_granted_later(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  allow("+fcall");
  assert_false(gh_sink_hold(s, 0, 0, &fault));
  assert_non_null(strstr(fault.text, "NOPERM"));
  allow("+fcall '+function|load'");
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "ab"), GH_SINK_TAKEN);
  allow("");
  assert_int_equal(add(s, 0, 3, "c"), GH_SINK_FAILED);
  allow("+eval +evalsha");
  assert_int_equal(add(s, 0, 3, "c"), GH_SINK_TAKEN);
  allow("+fcall '+function|load'");
  assert_int_equal(add(s, 0, 4, "d"), GH_SINK_FAILED); /* tried again a second later */
  assert_int_equal(add(s, 0, 4, "d"), GH_SINK_TAKEN);
  assert_stream("abcd");
  gh_sink_close(s);
}

static void a_library_that_is_gone_is_loaded_again(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  redis("FUNCTION FLUSH");
  assert_int_equal(add(s, 0, 1, "ab"), GH_SINK_TAKEN);
  assert_stream("ab");
  gh_sink_close(s);
}

static void our_keys_share_the_streams_slot(void **state)
{
  (void)state;
  conf.stream = GH_STR("{bank:7}leads");
  struct gh_sink *s = open_stream(true);
  struct gh_sink_mark mark = {0};
  take_hold(s, 0, &mark);
  assert_int_equal(add(s, 0, 1, "ab"), GH_SINK_TAKEN);
  assert_string_equal(redis("KEYS 'gh:{bank:7}:*' | sort"), "gh:{bank:7}:holders\ngh:{bank:7}:ids:bank:p0");
  gh_sink_close(s);
  conf.stream = GH_STR("a}b");
  assert_null(gh_sink_open(&(struct gh_sink_options){.conf = &conf, .redis = client, .installation = GH_STR("bank")}, &fault));
  assert_non_null(strstr(fault.text, "hash tag"));
}

static void a_server_that_is_away_can_be_left(void **state)
{
  (void)state;
  struct gh_sink *s = open_stream(true);
  stop_redis();
  gh_sink_cut_off(s);
  assert_false(gh_sink_hold(s, 0, 0, &fault));
  assert_non_null(strstr(fault.text, "cut off"));
  gh_sink_close(s);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {
      STORY(an_entry_has_id_and_lead), STORY(a_page_that_comes_again_adds_nothing), STORY(numbers_given_anew_neither_lose_nor_double),
      STORY(who_wakes_up_too_late_adds_nothing), STORY(leads_lost_by_the_server_are_asked_for_again), STORY(a_server_that_has_lost_everything_is_no_new_one), STORY(what_nobody_has_is_not_asked_for_twice), STORY(what_was_skipped_is_not_asked_for),
      STORY(two_stores_of_their_own_share_a_stream), STORY(old_entries_are_trimmed), STORY(ids_of_an_hour_ago_are_forgotten_and_their_leads_known), STORY(another_store_begins_anew),
      STORY(nothing_is_forgotten_ahead_of_the_page), STORY(what_is_left_to_do_is_done_first), STORY(half_an_apply_that_comes_back_adds_nothing), STORY(what_others_write_to_the_stream_displaces_no_lead),
      STORY(who_never_held_a_partition_forgets_it), STORY(a_key_of_another_type_is_said),
      STORY(where_functions_are_denied_scripts_do), STORY(a_user_with_few_rights_is_enough), STORY(rights_may_be_granted_later),
      STORY(a_library_that_is_gone_is_loaded_again), STORY(our_keys_share_the_streams_slot),
      STORY(a_server_that_is_away_can_be_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
