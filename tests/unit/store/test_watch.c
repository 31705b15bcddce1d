/* What came back from a lost connection is looked at: handles that are closed meanwhile, and what is no loss. */
#include "server.h"

#include "redis_store.h"

enum { TOO_LONG_S = 60 };

static int begin(void **state)
{
  if (with_server(state) != 0) return -1;
  if (!have_server()) return 0;
  start_server("");
  stores = open_stores();
  alarm(TOO_LONG_S); /* who waits for himself waits for ever */
  return 0;
}

static int end(void **state)
{
  gh_stores_close(stores);
  stores = NULL;
  alarm(0);
  return without_server(state);
}

static struct gh_redis_partition *loaded(const char *rows)
{
  struct gh_store *s = gh_stores_partition(stores, 7, true);
  assert_rows(s, rows);
  return (struct gh_redis_partition *)s;
}

static void commit_number(struct gh_redis_partition *p, uint64_t seq)
{
  struct gh_commit c = {.seq = seq, .meta = GH_STR("m"), .log = GH_STR("l")};
  assert_durable(&p->store, &c);
}

static bool is_lost(struct gh_redis_partition *p)
{
  pthread_mutex_lock(&p->all->lock);
  bool lost = p->record->lost;
  pthread_mutex_unlock(&p->all->lock);
  return lost;
}

static bool is_probing(struct gh_redis_partition *p)
{
  pthread_mutex_lock(&p->lock);
  bool probing = p->probing;
  pthread_mutex_unlock(&p->lock);
  return probing;
}

#define UNTIL(condition)                                                     \
  for (int ms = 0; !(condition); ms++) {                                     \
    if (ms > PATIENCE_MS) fail_msg("it did not become so: %s", #condition);  \
    usleep(1000);                                                            \
  }

/* Its last user is then the watch itself, in the middle of its round. */
static void a_handle_is_closed_while_it_is_looked_at(void **state)
{
  NEEDS_SERVER();
  struct gh_redis_partition *p = loaded("");
  pthread_mutex_lock(&p->lock);
  tell("CLIENT KILL TYPE normal SKIPME no");
  UNTIL(atomic_load(&p->store.users) == 2);
  atomic_fetch_sub(&p->store.users, 1); /* as gh_store_close does where others are left */
  pthread_mutex_unlock(&p->lock);
  struct gh_redis_partition *other = loaded(""); /* the round goes on */
  gh_store_close(&other->store);
}

/* Redis has lost that we took the partition over, and no commit: it is taken over again, and that is all. */
static void a_lost_take_over_is_no_lost_commit(void **state)
{
  NEEDS_SERVER();
  struct gh_redis_partition *first = loaded("");
  commit_number(first, 1);
  char before[GH_TOKEN];
  gh_partition_owner(first, before);
  gh_store_close(&first->store);
  struct gh_redis_partition *p = loaded("M0=m L1=l ");
  tell("HSET gh:{test:p7}:meta owner %s", before);
  assert_false(gh_redis_still_ours(&p->store));
  tell("CLIENT KILL TYPE normal SKIPME no");
  UNTIL(gh_redis_still_ours(&p->store));
  UNTIL(!is_probing(p));
  assert_false(is_lost(p));
  commit_number(p, 2);
  gh_store_close(&p->store);
}

/* The bytes kept are for all partitions: others' commits may push them out before the answer comes. */
static void what_is_there_needs_no_bytes_kept(void **state)
{
  NEEDS_SERVER();
  struct gh_redis_partition *p = loaded("");
  commit_number(p, 1);
  kill(server_pid, SIGSTOP);
  gh_redis_probe(p);
  assert_true(is_probing(p));
  pthread_mutex_lock(&stores->lock);
  gh_ring_clear(&stores->ring, p->record);
  pthread_mutex_unlock(&stores->lock);
  kill(server_pid, SIGCONT);
  UNTIL(!is_probing(p));
  assert_false(is_lost(p));
  commit_number(p, 2);
  gh_store_close(&p->store);
}

static struct gh_store_error load_error;

static void *load(void *p)
{
  struct gh_buf rows = {0};
  (void)gh_store_load(p, add_row, &rows, &load_error);
  gh_buf_free(&rows);
  return NULL;
}

/* Somebody else went on from an older state; while we take the partition from him the watch asks for our last commit, which is as long as his history, but not his. */
static void what_is_being_loaded_is_not_asked_for(void **state)
{
  NEEDS_SERVER();
  struct gh_redis_partition *p = loaded("");
  commit_number(p, 1);
  tell("COPY gh:{test:p7}:meta gh:{test:p7}:old");
  commit_number(p, 2);
  commit_number(p, 3);
  tell("COPY gh:{test:p7}:old gh:{test:p7}:meta REPLACE");
  tell("HDEL gh:{test:p7}:log 2 3");
  struct gh_stores *theirs = open_stores();
  struct gh_store *other = gh_stores_partition(theirs, 7, true);
  assert_rows(other, "M0=m L1=l ");
  struct gh_commit c = {.seq = 2, .meta = GH_STR("m"), .log = GH_STR("theirs")};
  assert_durable(other, &c);
  char before[GH_TOKEN], now[GH_TOKEN];
  pthread_t thread;
  gh_partition_owner(p, before);
  kill(server_pid, SIGSTOP);
  assert_int_equal(pthread_create(&thread, NULL, load, &p->store), 0);
  do {
    usleep(1000);
    gh_partition_owner(p, now);
  } while (strcmp(before, now) == 0);
  usleep(100000); /* the take-over is on its way */
  gh_redis_probe(p);
  kill(server_pid, SIGCONT);
  pthread_join(thread, NULL);
  UNTIL(!is_probing(p));
  assert_says("2", "HGET gh:{test:p7}:meta seq");
  assert_rows(&p->store, "M0=m L1=l L2=theirs ");
  gh_store_close(other);
  gh_stores_close(theirs);
  gh_store_close(&p->store);
}

/* The functions, but for one commit, which is refused for a while as if memory were short just then. */
static void refuse_a_commit(void)
{
  static const char end[] = "redis.register_function";
  char *text = strndup(stores->library.data, stores->library.len), *at = strstr(text, end);
  assert_non_null(at);
  struct gh_buf library = {0};
  gh_buf_fmt(&library, "%.*slocal function once(keys, args)\n  if args[1] == 'commit' and redis.call('DEL', 'refuse') == 1 then return redis.error_reply('OOM for once') end\n"
                       "  return run(keys, args)\nend\n%s('goldhour_v2', once)\n", (int)(at - text), text, end);
  struct gh_str argv[] = {GH_STR("FUNCTION"), GH_STR("LOAD"), GH_STR("REPLACE"), gh_buf_str(&library)};
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_redis_error error;
  gh_arena_init(&arena, 0);
  if (!gh_redis_call(stores->redis, &(struct gh_redis_command){.argv = argv, .argc = 4}, &arena, &reply, &error)) fail_msg("%s", error.text);
  tell("SET refuse 1");
  gh_arena_free(&arena);
  gh_buf_free(&library);
  free(text);
}

static bool has_something_left_to_do(void)
{
  struct gh_buf said = say("HEXISTS gh:{test:p7}:meta todo");
  bool has = strcmp(said.data, "0") != 0;
  gh_buf_free(&said);
  return has;
}

/* Sent again it is refused for a while, so that its second step comes through before its first; and no other commit comes that would do it. */
static void what_a_repaired_commit_has_left_to_do_is_done(void **state)
{
  NEEDS_SERVER();
  struct gh_redis_partition *p = loaded("");
  commit_number(p, 1);
  tell("COPY gh:{test:p7}:meta gh:{test:p7}:old");
  commit_number(p, 2);
  tell("COPY gh:{test:p7}:old gh:{test:p7}:meta REPLACE");
  tell("HDEL gh:{test:p7}:log 2");
  refuse_a_commit();
  gh_redis_probe(p);
  UNTIL(!is_probing(p));
  assert_true(gh_redis_still_ours(&p->store));
  assert_says("0", "EXISTS refuse");
  UNTIL(!has_something_left_to_do());
  gh_store_close(&p->store);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
  const struct CMUnitTest tests[] = {STORY(a_handle_is_closed_while_it_is_looked_at), STORY(a_lost_take_over_is_no_lost_commit), STORY(what_is_there_needs_no_bytes_kept),
                                     STORY(what_is_being_loaded_is_not_asked_for), STORY(what_a_repaired_commit_has_left_to_do_is_done)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
