/* The relay and sinks that are servers: what they refuse, what they lose, how they hang. */
#include <signal.h>

#include "relay_bank.h"

#include "goldhour/sys/sys.h"

#include "sink/http_server.h"
#include "sink/redis_server.h"

static char url[64], store_path[128];
static struct gh_store *store;

static int set_up(void **state)
{
  (void)state;
  struct gh_store_error error;
  if (make_scratch() != 0) return -1;
  snprintf(store_path, sizeof store_path, "%s/goldhour.db", dir);
  store = gh_store_open_sqlite(store_path, 1 << 20, &error);
  conf = (struct gh_conf){.dir = gh_str(dir), .sink_behind = 1000};
  return store ? 0 : -1;
}

static int tear_down(void **state)
{
  gh_store_close(store);
  stop_redis();
  return remove_dir(state);
}

static struct gh_relay *open_hook(answer_fn *answer)
{
  start_server(answer);
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", server.port);
  sink_conf = (struct gh_sink_conf){.kind = GH_SINK_WEBHOOK, .name = GH_STR("webhook"), .url = gh_str(url), .timeout_ms = 60000};
  return open_relay(true);
}

struct letters { unsigned n; uint64_t first, last; char reason[32], raw[32]; };

static bool note_letter(void *ctx, const struct gh_dead_letter *letter)
{
  struct letters *l = ctx;
  if (l->n++ == 0) l->first = letter->record;
  l->last = letter->record;
  assert_true(gh_str_eq(letter->input, gh_str(gh_str(sink_conf.name.ptr).ptr)));
  snprintf(l->reason, sizeof l->reason, "%.*s", GH_FMT(letter->reason));
  snprintf(l->raw, sizeof l->raw, "%.*s", GH_FMT(letter->raw));
  return true;
}

static struct letters dead_letters(void)
{
  struct letters l = {0};
  struct gh_store_error error;
  if (!gh_store_dead(store, 0, note_letter, &l, &error)) fail_msg("%s", error.text);
  return l;
}

static int refuses_a77(const struct request *r, unsigned nth) { return (void)nth, strstr(r->body, "a77,") || strstr(r->body, "a77]") ? 400 : 200; }

/* One lead in the middle is not to be had: it alone is set aside. */
static void a_refused_lead_goes_to_the_dead_letters(void **state)
{
  (void)state;
  struct gh_relay *r = open_hook(refuses_a77);
  commit(store, "a", 250);
  gh_relay_add(r, 0, store);
  struct gh_relay_state s = await(r, GH_RELAY_IDLE);
  assert_int_equal(s.handed, 249);
  assert_int_equal(s.buried, 1);
  assert_int_equal(s.behind, 0);
  struct letters l = dead_letters();
  assert_int_equal(l.n, 1);
  assert_int_equal(l.first, 77);
  assert_string_equal(l.reason, "sink_refused");
  assert_string_equal(l.raw, "a77");
  gh_relays_close(&r, 1, 1000);
  stop_server();
}

static int hangs(const struct request *r, unsigned nth) { return (void)r, (void)nth, HANG; }

/* It takes the request and never answers: closing does not wait, and the leads are there for the next start. */
static void one_that_hangs_is_closed_promptly(void **state)
{
  (void)state;
  struct gh_relay *r = open_hook(hangs);
  commit(store, "a", 10);
  gh_relay_add(r, 0, store);
  while (atomic_load(&server.nrequests) == 0) usleep(1000);
  assert_int_equal(gh_relay_state(r).doing, GH_RELAY_BUSY);
  gh_relays_close(&r, 1, 10);
  stop_server();
  struct gh_sink_place place;
  struct gh_store_error error;
  assert_true(gh_store_sink_get(store, "webhook", &place, &error));
  assert_int_equal(place.number, 0);
  assert_int_equal(dead_letters().n, 0);
}

/* Each is given the same moment, not one after the other: three that hang cost what one costs. */
static void those_that_hang_are_closed_together(void **state)
{
  (void)state;
  struct gh_relay *relays[3] = {open_hook(hangs), open_relay(true), open_relay(true)};
  commit(store, "a", 10);
  for (unsigned i = 0; i < 3; i++) gh_relay_add(relays[i], 0, store);
  while (atomic_load(&server.nrequests) == 0) usleep(1000);
  uint64_t began_ns = gh_monotonic_ns();
  gh_relays_close(relays, 3, 2000);
  assert_true(gh_monotonic_ns() - began_ns < UINT64_C(4000000000));
  stop_server();
}

static int says_500(const struct request *r, unsigned nth) { return (void)r, (void)nth, 500; }

/* Down for long: the newest `sink_behind` wait, the others are set aside; what comes meanwhile too. */
static void one_that_is_down_keeps_the_newest(void **state)
{
  (void)state;
  struct gh_relay *r = open_hook(says_500);
  commit(store, "a", 900);
  gh_relay_add(r, 0, store);
  struct gh_relay_state s = await(r, GH_RELAY_FAILING);
  assert_int_equal(s.behind, 900);
  assert_int_equal(s.buried, 0);
  assert_non_null(strstr(s.error, "500"));
  commit(store, "b", 600);
  gh_relay_kick(r, 0);
  for (unsigned i = 0; i < 3000 && gh_relay_state(r).buried < 500; i++) usleep(10000);
  s = gh_relay_state(r);
  assert_int_equal(s.buried, 500);
  assert_int_equal(s.behind, 1000);
  struct letters l = dead_letters();
  assert_int_equal(l.n, 500);
  assert_int_equal(l.first, 1);
  assert_int_equal(l.last, 500);
  assert_string_equal(l.reason, "sink_behind");
  gh_relays_close(&r, 1, 1000);
  stop_server();
}

/* The dead letters are at their bound: what is not kept is not told as kept. */
static void leads_that_full_dead_letters_do_not_keep_are_counted(void **state)
{
  (void)state;
  struct gh_store_error error;
  gh_store_close(store);
  store = gh_store_open_sqlite(store_path, 100, &error);
  conf.sink_behind = 50;
  struct gh_relay *r = open_hook(says_500);
  commit(store, "a", 150);
  gh_relay_add(r, 0, store);
  for (unsigned i = 0; i < 3000 && gh_relay_state(r).buried < 100; i++) usleep(10000);
  struct gh_relay_state s = gh_relay_state(r);
  assert_int_equal(s.buried, 100);
  assert_int_equal(s.bare, 100 - (9 + 27)); /* a1 … a9, a10 … a36 or so are 100 bytes */
  assert_int_equal(dead_letters().n, 100);
  gh_relays_close(&r, 1, 1000);
  stop_server();
}

/* Its server loses entries and places: they are there again, once. */
static void a_stream_that_lost_its_tail_is_given_it_again(void **state)
{
  (void)state;
  if (!start_redis()) skip();
  sink_conf = (struct gh_sink_conf){.kind = GH_SINK_REDIS, .name = GH_STR("redis:leads"), .stream = GH_STR("leads"), .own_redis = true,
      .redis = {.node = {GH_STR("127.0.0.1"), redis_port}, .timeout_ms = 5000}};
  struct gh_relay *r = open_relay(true);
  commit(store, "a", 700);
  gh_relay_add(r, 0, store);
  await(r, GH_RELAY_IDLE);
  assert_string_equal(redis("XLEN leads"), "700");
  redis("EVAL \"local id = redis.call('XRANGE', 'leads', '-', '+', 'COUNT', 601)[601][1] redis.call('XTRIM', 'leads', 'MAXLEN', 0) "
        "for i = 1, 600 do redis.call('XADD', 'leads', '*', 'id', 'a' .. i, 'lead', 'a' .. i) end "
        "local ids, hash = redis.call('KEYS', 'gh:{leads}:ids:*')[1], 'gh:{leads}:holders' "
        "for i = 601, 700 do redis.call('ZREM', ids, 'a' .. i) end "
        "for _, f in ipairs(redis.call('HKEYS', hash)) do if string.find(f, ':place') then redis.call('HSET', hash, f, 600) end end return id\" 0");
  assert_string_equal(redis("XLEN leads"), "600");
  commit(store, "b", 5);
  gh_relay_kick(r, 0);
  struct gh_relay_state s = await(r, GH_RELAY_IDLE);
  assert_int_equal(s.behind, 0);
  assert_string_equal(redis("XLEN leads"), "705");
  assert_string_equal(redis("XREVRANGE leads + - COUNT 6 | grep -A1 '^id' | grep '^[ab]' | tr '\\n' ' '"), "b5 b4 b3 b2 b1 a700 ");
  gh_relays_close(&r, 1, 1000);
}

/* The store is an old backup, and its numbers say nothing of what the stream once had; that it has given as many again by the time that the stream's server
 * can be asked does not make them the same leads. */
static void what_a_stream_forgot_is_measured_by_the_store_as_it_was_loaded(void **state)
{
  (void)state;
  if (!start_redis()) skip();
  sink_conf = (struct gh_sink_conf){.kind = GH_SINK_REDIS, .name = GH_STR("redis:leads"), .stream = GH_STR("leads"), .own_redis = true,
      .redis = {.node = {GH_STR("127.0.0.1"), redis_port}, .timeout_ms = 5000}};
  struct gh_relay *r = open_relay(true);
  commit(store, "a", 8);
  gh_relay_add(r, 0, store);
  await(r, GH_RELAY_IDLE);
  gh_relays_close(&r, 1, 1000);
  redis("EVAL \"for _, f in ipairs(redis.call('HKEYS', 'gh:{leads}:holders')) do local p = string.match(f, '^(.*):place$') "
        "if p then redis.call('HSET', 'gh:{leads}:holders', p .. ':forgot', 5) end end\" 0");
  struct gh_store_error error;
  struct gh_sink_place had;
  assert_true(gh_store_sink_get(store, "redis:leads", &had, &error));
  gh_store_close(store);
  snprintf(store_path, sizeof store_path, "%s/backup.db", dir);
  store = gh_store_open_sqlite(store_path, 1 << 20, &error);
  assert_non_null(store);
  had.number = 0;
  assert_true(gh_store_sink_put(store, "redis:leads", &had, &error));
  redis("CONFIG SET requirepass x");
  r = open_relay(true);
  gh_relay_add(r, 0, store);
  await(r, GH_RELAY_FAILING);
  commit(store, "b", 10);
  gh_relay_kick(r, 0);
  redis("-a x CONFIG SET requirepass ''");
  await(r, GH_RELAY_IDLE);
  assert_string_equal(redis("XLEN leads"), "18");
  gh_relays_close(&r, 1, 1000);
}

static uint64_t place(void)
{
  struct gh_sink_place place;
  struct gh_store_error error;
  if (!gh_store_sink_get(store, sink_conf.name.ptr, &place, &error)) fail_msg("%s", error.text);
  return place.number;
}

/* A stream knows its leads: its place is committed for several pages at once, soon after the last, and before the end. */
static void a_streams_place_comes_later(void **state)
{
  (void)state;
  if (!start_redis()) skip();
  sink_conf = (struct gh_sink_conf){.kind = GH_SINK_REDIS, .name = GH_STR("redis:leads"), .stream = GH_STR("leads"), .own_redis = true,
      .redis = {.node = {GH_STR("127.0.0.1"), redis_port}, .timeout_ms = 5000}};
  struct gh_relay *r = open_relay(true);
  gh_relay_add(r, 0, store);
  for (unsigned i = 1; i <= 20; i++) {
    commit(store, "a", 1);
    gh_relay_kick(r, 0);
    await(r, GH_RELAY_IDLE);
  }
  for (unsigned i = 0; i < 1000 && place() < 20; i++) usleep(10000);
  assert_int_equal(place(), 20);
  for (unsigned i = 1; i <= 3; i++) {
    commit(store, "b", 1);
    gh_relay_kick(r, 0);
    await(r, GH_RELAY_IDLE);
  }
  assert_int_equal(gh_relay_state(r).behind, 0);
  gh_relay_remove(r, 0);
  for (unsigned i = 0; i < 1000 && place() < 23; i++) usleep(10000);
  assert_int_equal(place(), 23);
  gh_relay_add(r, 0, store);
  for (unsigned i = 1; i <= 3; i++) {
    commit(store, "c", 1);
    gh_relay_kick(r, 0);
    await(r, GH_RELAY_IDLE);
  }
  gh_relays_close(&r, 1, 1000);
  assert_int_equal(place(), 26);
  assert_string_equal(redis("XLEN leads"), "3"); /* a1, b1, c1: the same ids again add nothing */
}

static void open_own_stream(void)
{
  sink_conf = (struct gh_sink_conf){.kind = GH_SINK_REDIS, .name = GH_STR("redis:leads"), .stream = GH_STR("leads"), .own_redis = true,
      .redis = {.node = {GH_STR("127.0.0.1"), redis_port}, .timeout_ms = 5000}};
}

/* A key of another type in the stream's place: as good as a server that is away. */
static void take_stream_away(void) { redis("RENAME leads aside"), redis("SET leads x"); }

static void bring_stream_back(void) { redis("DEL leads"), redis("RENAME aside leads"); }

static const char *stream_ids(void)
{
  return redis("XRANGE leads - + | grep -A1 '^id' | grep '^[ab]' | tr '\n' ' '");
}

/* It had five leads, fifteen came while it was away, and the first ten of them are dead letters. */
static struct gh_relay *relay_whose_stream_went_away(void)
{
  open_own_stream();
  conf.sink_behind = 5;
  struct gh_relay *r = open_relay(true);
  commit(store, "a", 5);
  gh_relay_add(r, 0, store);
  await(r, GH_RELAY_IDLE);
  take_stream_away();
  commit(store, "b", 15);
  gh_relay_kick(r, 0);
  for (unsigned i = 0; i < 3000 && gh_relay_state(r).buried < 10; i++) usleep(10000);
  return r;
}

/* Those that went to the dead letters while its server was away do not come after all, whoever goes on: else they would be there twice once they are sent again. */
static void what_a_stream_missed_stays_dead(void **state)
{
  (void)state;
  if (!start_redis()) skip();
  struct gh_relay *r = relay_whose_stream_went_away();
  assert_int_equal(dead_letters().n, 10);
  gh_relays_close(&r, 1, 1000);
  bring_stream_back();
  r = open_relay(true);
  gh_relay_add(r, 0, store);
  await(r, GH_RELAY_IDLE);
  assert_string_equal(stream_ids(), "a1 a2 a3 a4 a5 b11 b12 b13 b14 b15 ");
  gh_relays_close(&r, 1, 1000);
}

/* Its server came back without leads that it had before: they are not among the dead letters. */
static void what_a_stream_had_and_lost_comes_again(void **state)
{
  (void)state;
  if (!start_redis()) skip();
  struct gh_relay *r = relay_whose_stream_went_away();
  redis("EVAL \"local id = redis.call('XREVRANGE', 'aside', '+', '-', 'COUNT', 1)[1][1] redis.call('XDEL', 'aside', id) "
        "redis.call('ZREM', redis.call('KEYS', 'gh:{leads}:ids:*')[1], 'a5') local hash = 'gh:{leads}:holders' "
        "for _, f in ipairs(redis.call('HKEYS', hash)) do if string.find(f, ':place') then redis.call('HSET', hash, f, 4) end end\" 0");
  bring_stream_back();
  gh_relay_hurry(r);
  await(r, GH_RELAY_IDLE);
  assert_non_null(strstr(stream_ids(), "a4 a5 "));
  assert_non_null(strstr(stream_ids(), "b11 b12 b13 b14 b15 "));
  gh_relays_close(&r, 1, 1000);
}

/* The stream's server has lost what the outbox no longer has: nothing waits for it, and what comes next goes on. */
static void what_nobody_has_is_not_waited_for(void **state)
{
  (void)state;
  if (!start_redis()) skip();
  open_own_stream();
  struct gh_store *memory = gh_store_open_memory();
  struct gh_relay *r = open_relay(true);
  commit(memory, "a", 5);
  gh_relay_add(r, 0, memory);
  await(r, GH_RELAY_IDLE);
  struct gh_sink_place place = {.number = 0};
  struct gh_store_error error;
  for (unsigned i = 0; i < 1000 && place.number < 5; i++) {
    usleep(10000);
    assert_true(gh_store_sink_get(memory, "redis:leads", &place, &error));
  }
  redis("EVAL \"local hash = 'gh:{leads}:holders' "
        "for _, f in ipairs(redis.call('HKEYS', hash)) do if string.find(f, ':place') then redis.call('HSET', hash, f, 2) end end\" 0");
  gh_relay_look_again(r, 0);
  assert_int_equal(await(r, GH_RELAY_IDLE).behind, 0);
  commit(memory, "b", 2);
  gh_relay_kick(r, 0);
  assert_int_equal(await(r, GH_RELAY_IDLE).behind, 0);
  assert_string_equal(stream_ids(), "a1 a2 a3 a4 a5 b1 b2 ");
  gh_relays_close(&r, 1, 1000);
  gh_store_close(memory);
}

/* The store is a backup older than what the stream has forgotten, and has grown beyond that before the stream's server was there. */
static void a_store_set_back_loses_no_lead_to_old_numbers(void **state)
{
  (void)state;
  if (!start_redis()) skip();
  open_own_stream();
  struct gh_relay *r = open_relay(true);
  commit(store, "a", 5);
  gh_relay_add(r, 0, store);
  await(r, GH_RELAY_IDLE);
  gh_relays_close(&r, 1, 1000);
  redis("EVAL \"local hash = 'gh:{leads}:holders' for _, f in ipairs(redis.call('HKEYS', hash)) do "
        "if string.find(f, ':place') then redis.call('HSET', hash, string.gsub(f, ':place', ':forgot'), 8) end end\" 0");
  assert_non_null(strstr(redis("HVALS 'gh:{leads}:holders'"), "8"));
  take_stream_away();
  r = open_relay(true);
  gh_relay_add(r, 0, store);
  await(r, GH_RELAY_FAILING);
  commit(store, "b", 10);
  gh_relay_kick(r, 0);
  bring_stream_back();
  gh_relay_hurry(r);
  await(r, GH_RELAY_IDLE);
  assert_string_equal(stream_ids(), "a1 a2 a3 a4 a5 b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 ");
  gh_relays_close(&r, 1, 1000);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {
      STORY(a_refused_lead_goes_to_the_dead_letters), STORY(one_that_hangs_is_closed_promptly), STORY(those_that_hang_are_closed_together),
      STORY(one_that_is_down_keeps_the_newest), STORY(leads_that_full_dead_letters_do_not_keep_are_counted),
      STORY(a_stream_that_lost_its_tail_is_given_it_again), STORY(what_a_stream_forgot_is_measured_by_the_store_as_it_was_loaded),
      STORY(a_streams_place_comes_later),
      STORY(what_a_stream_missed_stays_dead), STORY(what_a_stream_had_and_lost_comes_again), STORY(what_nobody_has_is_not_waited_for),
      STORY(a_store_set_back_loses_no_lead_to_old_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
