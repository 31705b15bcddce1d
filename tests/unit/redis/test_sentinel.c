/* The master behind Sentinels: asked of any, believed only if it says so itself, looked up anew after every loss. */
#include "fake.h"

#define WHERE "SENTINEL get-master-addr-by-name gold"

static void name_master(struct fake *sentinel, const struct fake *master)
{
  char answer[128], port[16];
  snprintf(port, sizeof port, "%u", master->port);
  snprintf(answer, sizeof answer, "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n", strlen(port), port);
  int fd = fake_accept(sentinel);
  fake_answer(fd, WHERE, answer);
  fake_expect_end(fd); /* a question is one connection */
}

static int greet_as(struct fake *server, const char *role)
{
  char answer[128];
  int fd = fake_accept(server);
  snprintf(answer, sizeof answer, "*3\r\n$%zu\r\n%s\r\n:0\r\n*0\r\n", strlen(role), role);
  fake_answer(fd, "ROLE", answer);
  return fd;
}

static struct gh_redis *open_gold(struct gh_node_addr *nodes, unsigned n)
{
  struct gh_redis_conf conf = {.sentinel_master = GH_STR("gold"), .sentinels = nodes, .nsentinels = n, .timeout_ms = PATIENCE_MS};
  return open_client(&conf);
}

static void follows_a_failover(void **state)
{
  (void)state;
  struct fake sentinel = fake_listen(), old = fake_listen(), new = fake_listen();
  struct gh_node_addr nodes[] = {{GH_STR("127.0.0.1"), sentinel.port}};
  struct gh_redis *r = open_gold(nodes, 1);
  struct sent *s = send_words(r, "GET a", AGAIN);
  name_master(&sentinel, &old);
  int fd = greet_as(&old, "master");
  fake_expect(fd, "GET a");
  close(fd); /* it dies, and the Sentinel does not know yet */
  name_master(&sentinel, &old);
  fd = greet_as(&old, "slave");
  fake_expect_end(fd);
  assert_non_null(strstr(gh_redis_health(r).trouble, "its role is slave"));
  name_master(&sentinel, &new);
  fd = greet_as(&new, "master");
  fake_answer(fd, "GET a", "+new\r\n");
  expect_text(s, "new");
  s = send_words(r, "INCR n", ONCE); /* demoted, but still there: READONLY */
  fake_answer(fd, "INCR n", "-READONLY You can't write against a read only replica.\r\n");
  fake_expect_end(fd);
  name_master(&sentinel, &old);
  fd = greet_as(&old, "master");
  fake_answer(fd, "INCR n", "+OK\r\n");
  expect_text(s, "OK");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(sentinel.fd), close(old.fd), close(new.fd);
}

/* Cut off from replicas and Sentinels, not from us: it must not be written to, and does not know yet that it is no master any more. */
static void a_master_without_replicas_may_have_been_replaced(void **state)
{
  (void)state;
  struct fake sentinel = fake_listen(), old = fake_listen(), new = fake_listen();
  struct gh_node_addr nodes[] = {{GH_STR("127.0.0.1"), sentinel.port}};
  struct gh_redis *r = open_gold(nodes, 1);
  struct sent *s = send_words(r, "INCR n", ONCE);
  name_master(&sentinel, &old);
  int fd = greet_as(&old, "master"), tries = 0;
  char next;
  for (; readable(fd, PATIENCE_MS) && recv(fd, &next, 1, MSG_PEEK) == 1; tries++) {
    fake_answer(fd, "INCR n", "-NOREPLICAS Not enough good replicas to write.\r\n");
  }
  assert_true(tries > 3); /* not at once: the Sentinels are asked now and then */
  fake_expect_end(fd);
  name_master(&sentinel, &new);
  fd = greet_as(&new, "master");
  fake_answer(fd, "INCR n", "+OK\r\n");
  expect_text(s, "OK");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(sentinel.fd), close(old.fd), close(new.fd);
}

static void asks_the_next_sentinel(void **state)
{
  (void)state;
  struct fake dead = fake_listen(), ignorant = fake_listen(), knowing = fake_listen(), master = fake_listen();
  close(dead.fd);
  struct gh_node_addr nodes[] = {{GH_STR("127.0.0.1"), dead.port}, {GH_STR("127.0.0.1"), ignorant.port}, {GH_STR("127.0.0.1"), knowing.port}};
  struct gh_redis *r = open_gold(nodes, 3);
  struct sent *s = send_words(r, "GET a", AGAIN);
  int fd = fake_accept(&ignorant);
  fake_answer(fd, WHERE, "*-1\r\n");
  fake_expect_end(fd);
  name_master(&knowing, &master);
  fd = greet_as(&master, "master");
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(ignorant.fd), close(knowing.fd), close(master.fd);
}

static void a_sentinel_that_says_nothing_holds_up_a_second(void **state)
{
  (void)state;
  struct fake silent = fake_listen(), knowing = fake_listen(), master = fake_listen();
  struct gh_node_addr nodes[] = {{GH_STR("127.0.0.1"), silent.port}, {GH_STR("127.0.0.1"), knowing.port}};
  struct gh_redis *r = open_gold(nodes, 2);
  struct sent *s = send_words(r, "GET a", AGAIN);
  int quiet = fake_accept(&silent);
  fake_expect(quiet, WHERE);
  name_master(&knowing, &master);
  int fd = greet_as(&master, "master");
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  gh_redis_close(r);
  close(quiet), close(fd), close(silent.fd), close(knowing.fd), close(master.fd);
}

static void nobody_knows_the_master(void **state)
{
  (void)state;
  struct fake ignorant = fake_listen();
  struct gh_node_addr nodes[] = {{GH_STR("127.0.0.1"), ignorant.port}};
  struct gh_redis *r = open_gold(nodes, 1);
  struct sent *s = send_within(r, "INCR n", ONCE, 300);
  while (gh_redis_health(r).waiting > 0) {
    if (!readable(ignorant.fd, 10)) continue;
    int fd = fake_accept(&ignorant);
    fake_answer(fd, WHERE, "*-1\r\n");
    fake_expect_end(fd);
  }
  expect_none(s, true, "knows no master 'gold'");
  gh_redis_close(r);
  close(ignorant.fd);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(follows_a_failover),
    cmocka_unit_test(a_master_without_replicas_may_have_been_replaced),
    cmocka_unit_test(asks_the_next_sentinel),
    cmocka_unit_test(a_sentinel_that_says_nothing_holds_up_a_second),
    cmocka_unit_test(nobody_knows_the_master),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
