/* Against several real servers: a Cluster whose slot moves under load and whose master dies, and a master behind a Sentinel that dies. */
#include "real.h"

static bool has_server(void) { return access(REDIS_SERVER, X_OK) == 0; }

/* Asks until the answer has these words in it. */
static void wait_for(struct gh_redis *r, const char *words, const char *part)
{
  for (int i = 0; i < 2000; i++) {
    struct sent *s = send_words(r, words, AGAIN);
    wait_sent(s);
    bool found = s->has_reply && s->reply.text.len && strstr(s->reply.text.ptr, part);
    if (s->has_reply && s->reply.kind == GH_REPLY_LIST && s->reply.n) found = found || (s->reply.items[0].text.ptr && strstr(s->reply.items[0].text.ptr, part));
    end_sent(s);
    if (found) return;
    usleep(10000);
  }
  fail_msg("%s never says %s", words, part);
}

/* ---- Cluster ---- */

enum { NODES = 4 }; /* three masters, and a replica of the third */
struct cluster {
  struct real nodes[NODES];
  unsigned bus[NODES];
  struct gh_redis *each[NODES]; /* a client of one node alone */
  char ids[NODES][48];
};

static void text_of(struct gh_redis *r, const char *words, char *to, size_t cap)
{
  struct sent *s = send_words(r, words, AGAIN);
  wait_sent(s);
  assert_true(s->has_reply);
  snprintf(to, cap, "%.*s", GH_FMT(s->reply.text));
  end_sent(s);
}

static void start_cluster(struct cluster *c)
{
  static const char *const slots[] = {"0 5460", "5461 10922", "10923 16383"};
  char words[256];
  for (int i = 0; i < NODES; i++) {
    c->bus[i] = free_port();
    snprintf(words, sizeof words, "--cluster-enabled yes --cluster-node-timeout 700 --cluster-port %u --cluster-replica-validity-factor 0", c->bus[i]);
    start_real(&c->nodes[i], words);
    struct gh_redis_conf conf = conf_real(&c->nodes[i]);
    c->each[i] = open_client(&conf);
    text_of(c->each[i], "CLUSTER MYID", c->ids[i], sizeof c->ids[i]);
    snprintf(words, sizeof words, "CLUSTER SET-CONFIG-EPOCH %d", i + 1);
    say(c->each[i], words, "OK");
    if (i < 3) snprintf(words, sizeof words, "CLUSTER ADDSLOTSRANGE %s", slots[i]), say(c->each[i], words, "OK");
    snprintf(words, sizeof words, "CLUSTER MEET 127.0.0.1 %u %u", c->nodes[0].port, c->bus[0]);
    if (i > 0) say(c->each[i], words, "OK");
  }
  for (int i = 0; i < NODES; i++) wait_for(c->each[i], "CLUSTER INFO", "cluster_known_nodes:4");
  snprintf(words, sizeof words, "CLUSTER REPLICATE %s", c->ids[2]);
  wait_for(c->each[3], words, "OK");
  for (int i = 0; i < NODES; i++) wait_for(c->each[i], "CLUSTER INFO", "cluster_state:ok");
  wait_for(c->each[3], "INFO replication", "master_link_status:up");
}

static void end_cluster(struct cluster *c)
{
  for (int i = 0; i < NODES; i++) {
    gh_redis_close(c->each[i]);
    remove_real(&c->nodes[i]);
  }
}

struct counting { struct gh_redis *r; pthread_t thread; atomic_bool stop; atomic_int done; int wrong; };

/* Counts up, one after the other; none is done twice and none is lost, or the number shows it. */
static void *count_up(void *ctx)
{
  struct counting *c = ctx;
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_redis_error error;
  struct gh_str argv[] = {GH_STR("INCR"), GH_STR("{foo}:n")};
  gh_arena_init(&arena, 0);
  while (!atomic_load(&c->stop)) {
    bool ok = gh_redis_call(c->r, &(struct gh_redis_command){.argv = argv, .argc = 2, .key = argv[1], .within_ms = PATIENCE_MS}, &arena, &reply, &error);
    if (!ok || reply.integer != atomic_load(&c->done) + 1) c->wrong++;
    atomic_fetch_add(&c->done, 1);
    gh_arena_reset(&arena);
  }
  gh_arena_free(&arena);
  return NULL;
}

static void count_more(struct counting *c, int more)
{
  int begun = atomic_load(&c->done);
  for (int i = 0; i < 5000 && atomic_load(&c->done) < begun + more; i++) usleep(1000);
  assert_true(atomic_load(&c->done) >= begun + more);
}

/* The steps of the manual, a key at a time, while the counter runs. */
static void move_slot(struct cluster *c, int from, int to, struct counting *counting)
{
  char words[256];
  snprintf(words, sizeof words, "CLUSTER SETSLOT 12182 IMPORTING %s", c->ids[from]);
  say(c->each[to], words, "OK");
  snprintf(words, sizeof words, "CLUSTER SETSLOT 12182 MIGRATING %s", c->ids[to]);
  say(c->each[from], words, "OK");
  count_more(counting, 20);
  snprintf(words, sizeof words, "MIGRATE 127.0.0.1 %u {foo}:n 0 5000", c->nodes[to].port);
  say(c->each[from], words, "OK");
  count_more(counting, 20); /* by ASK */
  for (int i = 0; i < 2; i++) {
    snprintf(words, sizeof words, "CLUSTER SETSLOT 12182 NODE %s", c->ids[to]);
    say(c->each[i ? from : to], words, "OK");
  }
  count_more(counting, 20); /* by MOVED */
}

static void a_cluster_moves_a_slot_and_loses_a_master(void **state)
{
  (void)state;
  if (!has_server()) skip();
  struct cluster c = {0};
  start_cluster(&c);
  struct gh_node_addr seeds[] = {{GH_STR("127.0.0.1"), c.nodes[1].port}, {GH_STR("localhost"), c.nodes[0].port}};
  struct gh_redis_conf conf = {.cluster = seeds, .ncluster = 2, .timeout_ms = 2000};
  struct counting counting = {.r = open_client(&conf)};
  pthread_create(&counting.thread, NULL, count_up, &counting);
  count_more(&counting, 20);
  move_slot(&c, 2, 0, &counting);
  move_slot(&c, 0, 2, &counting);
  atomic_store(&counting.stop, true);
  pthread_join(counting.thread, NULL);
  assert_int_equal(counting.wrong, 0);
  assert_true(gh_redis_health(counting.r).moved > 20);
  say(counting.r, "SET foo kept", "OK");
  say(c.each[2], "WAIT 1 1000", NULL);
  kill_real(&c.nodes[2]);
  struct sent *s = send_within(counting.r, "GET foo", AGAIN, 20000);
  expect_text(s, "kept");
  say(counting.r, "SET foo new", "OK");
  gh_redis_close(counting.r);
  end_cluster(&c);
}

/* ---- Sentinel ---- */

static void write_sentinel(const struct real *sentinel, unsigned master)
{
  char path[128];
  snprintf(path, sizeof path, "%s/sentinel.conf", sentinel->dir);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fprintf(f, "sentinel monitor gold 127.0.0.1 %u 1\nsentinel down-after-milliseconds gold 400\nsentinel failover-timeout gold 2000\n", master);
  fclose(f);
}

static void a_sentinel_promotes_the_replica(void **state)
{
  (void)state;
  if (!has_server()) skip();
  struct real master = {0}, replica = {0}, sentinel = {0};
  char words[256];
  start_real(&master, "");
  snprintf(words, sizeof words, "--replicaof 127.0.0.1 %u --repl-diskless-sync-delay 0", master.port);
  start_real(&replica, words);
  snprintf(sentinel.dir, sizeof sentinel.dir, "/tmp/gh-redis-XXXXXX");
  assert_non_null(mkdtemp(sentinel.dir));
  write_sentinel(&sentinel, master.port);
  snprintf(words, sizeof words, "%s/sentinel.conf --sentinel", sentinel.dir);
  start_real(&sentinel, words);
  struct gh_redis_conf conf = conf_real(&sentinel);
  struct gh_redis *watcher = open_client(&conf), *behind;
  wait_for(watcher, "INFO sentinel", "status=ok,address=127.0.0.1:");
  wait_for(watcher, "INFO sentinel", "slaves=1");
  struct gh_node_addr nodes[] = {{GH_STR("127.0.0.1"), sentinel.port}};
  conf = conf_real(&replica);
  behind = open_client(&conf);
  conf = (struct gh_redis_conf){.sentinel_master = GH_STR("gold"), .sentinels = nodes, .nsentinels = 1, .timeout_ms = 2000};
  struct gh_redis *r = open_client(&conf);
  say(r, "SET a kept", "OK");
  wait_for(behind, "INFO replication", "master_link_status:up");
  say(r, "WAIT 1 1000", NULL);
  kill_real(&master);
  struct sent *s = send_within(r, "GET a", AGAIN, 20000);
  expect_text(s, "kept");
  say(r, "SET a new", "OK"); /* its role was asked: it is a master */
  wait_for(r, "ROLE", "master");
  gh_redis_close(r);
  gh_redis_close(watcher);
  gh_redis_close(behind);
  remove_real(&sentinel);
  remove_real(&replica);
  remove_real(&master);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_cluster_moves_a_slot_and_loses_a_master),
    cmocka_unit_test(a_sentinel_promotes_the_replica),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
