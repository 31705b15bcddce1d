/* What the partitions of an installation share in Redis, and what is refused or warned of at the start. */
#include "server.h"

#include <pthread.h>

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

/* ── identity ── */

struct founder { struct gh_stores *s; struct gh_stores_identity identity; bool ok; };

static void *make_one(void *arg)
{
  struct founder *f = arg;
  struct gh_store_error error;
  f->ok = gh_stores_found(f->s, 16, &f->identity, &error);
  return NULL;
}

static void two_at_once_make_one_installation(void **state)
{
  NEEDS_SERVER();
  struct gh_stores_identity none;
  struct gh_store_error error;
  assert_true(gh_stores_identity(stores, &none, &error));
  assert_string_equal(none.id, "");
  struct founder f[2] = {{.s = stores}, {.s = open_stores()}};
  pthread_t threads[2];
  for (unsigned i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, make_one, &f[i]), 0);
  for (unsigned i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  assert_true(f[0].ok && f[1].ok);
  assert_string_equal(f[0].identity.id, f[1].identity.id);
  assert_int_equal(strlen(f[0].identity.id), 32);
  assert_int_equal(f[1].identity.partitions, 16);
  assert_int_equal(f[1].identity.format, GH_STORE_FORMAT);
  gh_stores_close(f[1].s);
}

static void another_installations_keys_are_not_used(void **state)
{
  NEEDS_SERVER();
  struct gh_stores_identity identity;
  struct gh_store_error error;
  assert_true(gh_stores_found(stores, 16, &identity, &error));
  tell("HSET gh:{test}:store id other");
  struct gh_store *s = gh_stores_partition(stores, 0, true);
  struct gh_buf rows = {0};
  assert_false(gh_store_load(s, add_row, &rows, &error));
  assert_non_null(strstr(error.text, "it is another one now"));
  gh_store_close(s);
}

/* ── rules ── */

static struct gh_stores_known known_set(uint64_t number, const char *version)
{
  struct gh_stores_known k = {.number = number};
  snprintf(k.version, sizeof k.version, "%s", version);
  return k;
}

static void assert_rules_beyond(struct gh_stores *s, struct gh_stores_known known, uint64_t number, const char *version, const char *bundle)
{
  struct gh_arena arena;
  struct gh_stores_rules rules;
  struct gh_store_error error;
  gh_arena_init(&arena, 0);
  if (!gh_stores_rules(s, &known, &arena, &rules, &error)) fail_msg("%s", error.text);
  assert_int_equal(rules.number, number);
  assert_string_equal(rules.version, version);
  assert_int_equal(rules.bundle.len, strlen(bundle));
  if (*bundle) assert_memory_equal(rules.bundle.ptr, bundle, strlen(bundle));
  gh_arena_free(&arena);
}

static void assert_rules(struct gh_stores *s, uint64_t known, uint64_t number, const char *version, const char *bundle)
{
  assert_rules_beyond(s, known_set(known, ""), number, version, bundle);
}

static uint64_t publish(struct gh_stores *s, const char *version, const char *bundle, bool only_new)
{
  uint64_t number = 0;
  struct gh_store_error error;
  char word[17] = {0};
  snprintf(word, sizeof word, "%s", version);
  if (!gh_stores_publish(s, &(struct gh_stores_set){word, gh_str(bundle), only_new}, &number, &error)) fail_msg("%s", error.text);
  return number;
}

static void the_active_set_has_a_number_that_only_grows(void **state)
{
  NEEDS_SERVER();
  assert_rules(stores, 0, 0, "", "");
  assert_int_equal(publish(stores, "aaaa", "rules of a", true), 1);
  assert_rules(stores, 0, 1, "aaaa", "rules of a");
  assert_rules(stores, 1, 1, "aaaa", "");
  assert_int_equal(publish(stores, "aaaa", "rules of a", true), 1); /* a second daemon with the same files */
  assert_int_equal(publish(stores, "bbbb", "rules of b", true), 2);
  assert_int_equal(publish(stores, "aaaa", "rules of a", true), 2); /* started with old files: b stays */
  assert_rules(stores, 1, 2, "bbbb", "rules of b");
  assert_int_equal(publish(stores, "aaaa", "rules of a", false), 3); /* an operator goes back on purpose */
  assert_int_equal(publish(stores, "aaaa", "rules of a", false), 3);
  assert_rules(stores, 2, 3, "aaaa", "rules of a");
}

/* Its answer was lost, and another set was published before it was said again. */
static void what_is_published_twice_displaces_nobody(void **state)
{
  NEEDS_SERVER();
  static const char said[] = "FCALL goldhour_v2 1 gh:{test}:rules publish bbbb rules 1 0 1 1";
  publish(stores, "aaaa", "rules of a", false);
  assert_says("OK 2 bbbb", "%s", said);
  assert_says("OK 2 bbbb", "%s", said);
  assert_int_equal(publish(stores, "cccc", "rules of c", false), 3);
  assert_says("OK 3 cccc", "%s", said);
  assert_int_equal(publish(stores, "bbbb", "rules", false), 4); /* somebody means it */
}

/* Redis has lost the newest set: who has seen it puts it back, and no number is given twice. */
static void a_lost_set_is_put_back(void **state)
{
  NEEDS_SERVER();
  publish(stores, "aaaa", "rules of a", true);
  tell("COPY gh:{test}:rules gh:{test}:older");
  publish(stores, "bbbb", "rules of b", true);
  assert_rules(stores, 1, 2, "bbbb", "rules of b");
  tell("COPY gh:{test}:older gh:{test}:rules REPLACE");
  struct gh_stores *other = open_stores();
  assert_rules(other, 0, 1, "aaaa", "rules of a");
  assert_rules(stores, 2, 2, "bbbb", "");
  assert_rules(other, 1, 2, "bbbb", "rules of b");
  tell("DEL gh:{test}:rules");
  assert_int_equal(publish(other, "cccc", "rules of c", true), 3);
  gh_stores_close(other);
}

/* Redis has lost the newest set, and before anybody put it back another one got its number: the store's is the one that decides. */
static void two_sets_of_one_number_are_told_apart(void **state)
{
  NEEDS_SERVER();
  publish(stores, "aaaa", "rules of a", true);
  tell("COPY gh:{test}:rules gh:{test}:older");
  publish(stores, "bbbb", "rules of b", true);
  tell("COPY gh:{test}:older gh:{test}:rules REPLACE");
  struct gh_stores *other = open_stores();
  assert_int_equal(publish(other, "cccc", "rules of c", true), 2);
  assert_rules_beyond(stores, known_set(2, "bbbb"), 2, "cccc", "rules of c");
  assert_rules_beyond(stores, known_set(2, "cccc"), 2, "cccc", "");
  assert_rules_beyond(other, known_set(2, "cccc"), 2, "cccc", "");
  tell("DEL gh:{test}:rules");
  assert_rules_beyond(stores, known_set(2, "cccc"), 2, "cccc", ""); /* and it is put back */
  assert_says("cccc", "HGET gh:{test}:rules version");
  gh_stores_close(other);
}

/* ── the start ── */

static void assert_refused(const char *words)
{
  struct gh_stores_options o = options_of();
  struct gh_store_error error = {{0}};
  struct gh_buf warnings = {0};
  assert_null(gh_stores_open(&o, PATIENCE_MS, &warnings, &error));
  if (!strstr(error.text, words)) fail_msg("expected '%s' in: %s", words, error.text);
  gh_buf_free(&warnings);
}

static void eviction_is_refused(void **state)
{
  NEEDS_SERVER();
  tell("CONFIG SET maxmemory-policy allkeys-lru");
  assert_refused("allkeys-lru is its maxmemory-policy");
}

static void a_replica_is_refused(void **state)
{
  NEEDS_SERVER();
  tell("REPLICAOF 127.0.0.1 1");
  assert_refused("slave is its role");
}

static void names_that_break_keys_are_refused(void **state)
{
  NEEDS_SERVER();
  struct gh_stores_options o = options_of();
  server_conf.name = GH_STR("a}b");
  struct gh_store_error error = {{0}};
  struct gh_buf warnings = {0};
  assert_null(gh_stores_open(&o, PATIENCE_MS, &warnings, &error));
  assert_non_null(strstr(error.text, "without blanks and braces"));
}

static void a_server_that_is_away_is_said(void **state)
{
  NEEDS_SERVER();
  stop_server(SIGKILL);
  struct gh_stores_options o = options_of();
  struct gh_store_error error = {{0}};
  struct gh_buf warnings = {0};
  assert_null(gh_stores_open(&o, 300, &warnings, &error));
  assert_non_null(strstr(error.text, "Redis"));
  gh_buf_free(&warnings);
}

/* Opens as a user with the rights of docs/redis.md's line, and says what was warned of. */
static struct gh_stores *open_as(const char *acl, struct gh_buf *warnings, struct gh_store_error *error)
{
  char secret[128];
  snprintf(secret, sizeof secret, "%s/password", dir);
  FILE *f = fopen(secret, "w");
  assert_non_null(f);
  fputs("pw\n", f);
  fclose(f);
  tell("ACL DELUSER goldhour");
  tell("ACL SETUSER goldhour on >pw %s", acl);
  struct gh_stores_options o = options_of();
  server_conf.redis.user = GH_STR("goldhour");
  server_conf.redis.password_file.text = gh_str(secret);
  return gh_stores_open(&o, PATIENCE_MS, warnings, error);
}

#define STATE_RIGHTS                                                                                                                             \
  "~gh:* +hget +hmget +hset +hdel +hkeys +hgetall +hlen +xadd +xrange +xtrim +xdel +xinfo|stream +type +time +fcall +function|load" \
  " +evalsha +eval +script|load"

static void settings_that_may_lose_are_warned_of(void **state)
{
  NEEDS_SERVER();
  struct gh_stores_options o = options_of();
  struct gh_store_error error;
  struct gh_buf warnings = {0};
  struct gh_stores *s = gh_stores_open(&o, PATIENCE_MS, &warnings, &error);
  gh_buf_byte(&warnings, '\0');
  assert_non_null(strstr(warnings.data, "appendonly is off"));
  gh_stores_close(s);
  gh_buf_clear(&warnings);
  tell("CONFIG SET appendonly yes");
  s = gh_stores_open(&o, PATIENCE_MS, &warnings, &error);
  gh_buf_byte(&warnings, '\0');
  assert_non_null(strstr(warnings.data, "appendfsync is everysec"));
  gh_stores_close(s);
  gh_buf_clear(&warnings);
  tell("CONFIG SET appendfsync always");
  s = gh_stores_open(&o, PATIENCE_MS, &warnings, &error);
  assert_int_equal(warnings.len, 0);
  gh_stores_close(s);
  gh_buf_free(&warnings);
}

/* While a server reads its file it says of it what is not true. */
static void a_server_that_still_loads_is_waited_for(void **state)
{
  NEEDS_SERVER();
  gh_stores_close(stores);
  stop_server(SIGKILL);
  start_server("--appendonly yes --appendfsync always");
  stores = open_stores();
  for (unsigned i = 0; i < 60; i++) tell("SET k%u %0200u", i, i);
  stop_server(SIGKILL);
  start_server("--appendonly yes --appendfsync always --key-load-delay 10000 --loading-process-events-interval-bytes 1024");
  struct gh_stores_options o = options_of();
  server_conf.redis.timeout_ms = 300;
  struct gh_store_error error = {{0}};
  struct gh_buf warnings = {0};
  struct gh_stores_identity identity;
  struct gh_stores *s = gh_stores_open(&o, PATIENCE_MS, &warnings, &error);
  if (!s) fail_msg("%s", error.text);
  assert_int_equal(warnings.len, 0);
  assert_true(gh_stores_identity(s, &identity, &error));
  gh_stores_close(s);
  gh_buf_free(&warnings);
}

static void the_least_rights_suffice(void **state)
{
  NEEDS_SERVER();
  tell("CONFIG SET appendonly yes");
  struct gh_buf warnings = {0};
  struct gh_store_error error = {{0}};
  struct gh_stores *s = open_as(STATE_RIGHTS, &warnings, &error);
  if (!s) fail_msg("%s", error.text);
  gh_buf_byte(&warnings, '\0');
  assert_non_null(strstr(warnings.data, "INFO is not shown to this user"));
  assert_non_null(strstr(warnings.data, "CONFIG GET is not allowed to this user"));
  struct gh_store *p = gh_stores_partition(s, 3, true);
  assert_rows(p, "");
  struct gh_commit_lead lead = {GH_STR("i"), GH_STR("j")};
  struct gh_commit_dead dead = {.input = GH_STR("x"), .reason = GH_STR("y")};
  struct gh_commit_bucket bucket = {1, GH_STR("b")};
  struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .log = GH_STR("l"), .leads = &lead, .nleads = 1, .dead = &dead, .ndead = 1, .buckets = &bucket, .nbuckets = 1};
  assert_durable(p, &c);
  uint64_t times;
  unsigned dropped;
  assert_true(gh_store_crashed(p, 1, &times, &error));
  assert_crashes(p, 2, "");
  put_place(p, "file", 1);
  assert_true(gh_store_dead_drop(p, (uint64_t[]){1}, 1, &dropped, &error));
  assert_rows(p, "M0=m B1=b L1=l ");
  assert_int_equal(publish(s, "aaaa", "x", true), 1);
  gh_store_close(p);
  gh_stores_close(s);
  gh_buf_free(&warnings);
}

static void a_missing_right_is_named(void **state)
{
  NEEDS_SERVER();
  struct gh_buf warnings = {0};
  struct gh_store_error error = {{0}};
  assert_null(open_as(STATE_RIGHTS " -xadd +info", &warnings, &error));
  if (!strstr(error.text, "may not do: XADD gh:{test:p0}:outbox, XADD gh:{test:p0}:dead")) fail_msg("%s", error.text);
  gh_buf_free(&warnings);
}

/* Where Functions may not be loaded the same text runs as a script; where that may not be loaded either, its text is sent each time. */
static void scripts_stand_in_for_functions(void **state)
{
  NEEDS_SERVER();
  static const char *const rights[] = {STATE_RIGHTS " -fcall -function|load", STATE_RIGHTS " -fcall -function|load -script|load -evalsha"};
  for (unsigned i = 0; i < 2; i++) {
    struct gh_buf warnings = {0};
    struct gh_store_error error = {{0}};
    struct gh_stores *s = open_as(rights[i], &warnings, &error);
    if (!s) fail_msg("%s", error.text);
    struct gh_store *p = gh_stores_partition(s, i, true);
    assert_rows(p, "");
    struct gh_commit c = {.seq = 1, .meta = GH_STR("m"), .log = GH_STR("l")};
    assert_durable(p, &c);
    tell("SCRIPT FLUSH");
    c.seq = 2;
    assert_durable(p, &c);
    assert_rows(p, "M0=m L1=l L2=l ");
    gh_store_close(p);
    gh_stores_close(s);
    gh_buf_free(&warnings);
  }
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(two_at_once_make_one_installation), STORY(another_installations_keys_are_not_used), STORY(the_active_set_has_a_number_that_only_grows), STORY(what_is_published_twice_displaces_nobody),
      STORY(a_lost_set_is_put_back), STORY(two_sets_of_one_number_are_told_apart), STORY(eviction_is_refused), STORY(a_replica_is_refused), STORY(names_that_break_keys_are_refused),
      STORY(a_server_that_is_away_is_said), STORY(settings_that_may_lose_are_warned_of), STORY(a_server_that_still_loads_is_waited_for),
      STORY(the_least_rights_suffice), STORY(a_missing_right_is_named),
      STORY(scripts_stand_in_for_functions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
