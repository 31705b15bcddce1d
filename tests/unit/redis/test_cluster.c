/* A Cluster of two nodes that play their parts: the map, MOVED, ASK, TRYAGAIN, CLUSTERDOWN, a node that vanishes. The key foo is in slot 12182, bar in 5061. */
#include "fake.h"

struct two { struct fake a, b; struct gh_redis *r; };

/* Answers CLUSTER SLOTS on a connection of its own: a holds the slots up to `last`, b the rest. */
static void tell_map(struct fake *asked, const struct two *t, int last)
{
  char answer[512];
  int fd = fake_accept(asked);
  int n = snprintf(answer, sizeof answer, "*%d\r\n", last < 16383 ? 2 : 1);
  n += snprintf(answer + n, sizeof answer - (size_t)n, "*3\r\n:0\r\n:%d\r\n*3\r\n$9\r\n127.0.0.1\r\n:%u\r\n$2\r\nid\r\n", last, t->a.port);
  if (last < 16383) snprintf(answer + n, sizeof answer - (size_t)n, "*3\r\n:%d\r\n:16383\r\n*3\r\n$0\r\n\r\n:%u\r\n$2\r\nid\r\n", last + 1, t->b.port);
  fake_answer(fd, "CLUSTER SLOTS", answer);
  fake_expect_end(fd);
}

static int set_up(void **state)
{
  struct two *t = calloc(1, sizeof *t);
  t->a = fake_listen();
  t->b = fake_listen();
  struct gh_node_addr nodes[] = {{GH_STR("127.0.0.1"), t->a.port}};
  struct gh_redis_conf conf = {.cluster = nodes, .ncluster = 1, .timeout_ms = PATIENCE_MS};
  t->r = open_client(&conf);
  *state = t;
  return 0;
}

static int tear_down(void **state)
{
  struct two *t = *state;
  gh_redis_close(t->r);
  close(t->a.fd);
  close(t->b.fd);
  free(t);
  return 0;
}

static char *redirection(const char *kind, int slot, const struct fake *to)
{
  static char text[128];
  snprintf(text, sizeof text, "-%s %d 127.0.0.1:%u\r\n", kind, slot, to->port);
  return text;
}

static void a_key_goes_to_its_node(void **state)
{
  struct two *t = *state;
  struct sent *foo = send_words(t->r, "GET foo", ONCE), *bar = send_words(t->r, "GET bar", ONCE);
  tell_map(&t->a, t, 8191);
  int a = fake_accept(&t->a), b = fake_accept(&t->b);
  fake_answer(b, "GET foo", "+foo\r\n");
  fake_answer(a, "GET bar", "+bar\r\n");
  expect_text(foo, "foo");
  expect_text(bar, "bar");
  close(a), close(b);
}

static void moved_is_followed_and_remembered(void **state)
{
  struct two *t = *state;
  struct sent *first = send_words(t->r, "INCR foo", ONCE), *second = send_words(t->r, "GET foo", ONCE);
  tell_map(&t->a, t, 16383);
  int a = fake_accept(&t->a);
  fake_expect(a, "INCR foo");
  fake_expect(a, "GET foo");
  char *moved = redirection("MOVED", 12182, &t->b);
  fake_say(a, moved);
  fake_say(a, moved);
  int b = fake_accept(&t->b);
  fake_expect(b, "INCR foo"); /* still in their order */
  fake_expect(b, "GET foo");
  fake_say(b, ":1\r\n+1\r\n");
  wait_sent(first);
  end_sent(first);
  expect_text(second, "1");
  assert_int_equal(gh_redis_health(t->r).moved, 2);
  tell_map(&t->a, t, 8191); /* it asked for the whole map */
  struct sent *third = send_words(t->r, "GET foo", ONCE);
  fake_answer(b, "GET foo", "+2\r\n");
  expect_text(third, "2");
  close(a), close(b);
}

static void ask_is_for_one_command(void **state)
{
  struct two *t = *state;
  struct sent *first = send_words(t->r, "GET foo", ONCE), *second = send_words(t->r, "GET foo2{foo}", ONCE);
  tell_map(&t->a, t, 16383);
  int a = fake_accept(&t->a);
  fake_expect(a, "GET foo");
  fake_expect(a, "GET foo2{foo}");
  char *ask = redirection("ASK", 12182, &t->b);
  fake_say(a, ask);
  fake_say(a, ask);
  int b = fake_accept(&t->b);
  fake_expect(b, "ASKING"); /* before each */
  fake_expect(b, "GET foo");
  fake_expect(b, "ASKING");
  fake_expect(b, "GET foo2{foo}");
  fake_say(b, "+OK\r\n+1\r\n+OK\r\n-TRYAGAIN Multiple keys request during rehashing of slot\r\n");
  expect_text(first, "1");
  fake_expect(a, "GET foo2{foo}"); /* from the beginning: the map has not changed */
  fake_say(a, redirection("ASK", 12182, &t->b));
  fake_expect(b, "ASKING");
  fake_expect(b, "GET foo2{foo}");
  fake_say(b, "+OK\r\n+2\r\n");
  expect_text(second, "2");
  close(a), close(b);
}

/* A new node takes a slot over; the functions come to it with the slot's first command after that. */
static void a_node_without_functions_is_no_answer_before_the_slot_is_its_own(void **state)
{
  struct two *t = *state;
  struct sent *s = send_words(t->r, "FCALL foo", ONCE);
  tell_map(&t->a, t, 16383);
  int a = fake_accept(&t->a), b = -1;
  const char *lacks[] = {"+OK\r\n-ERR Function not found\r\n", "+OK\r\n-NOSCRIPT No matching script. Please use EVAL.\r\n"};
  for (int i = 0; i < 6; i++) {
    fake_answer(a, "FCALL foo", redirection("ASK", 12182, &t->b));
    if (b < 0) b = fake_accept(&t->b);
    fake_expect(b, "ASKING");
    fake_answer(b, "FCALL foo", lacks[i % 2]);
  }
  fake_answer(a, "FCALL foo", redirection("MOVED", 12182, &t->b));
  fake_answer(b, "FCALL foo", "-ERR Function not found\r\n"); /* now its sender may load them where they are needed */
  expect_text(s, "ERR Function not found");
  close(a), close(b);
}

static void clusterdown_is_waited_out(void **state)
{
  struct two *t = *state;
  struct sent *s = send_words(t->r, "INCR foo", ONCE);
  tell_map(&t->a, t, 16383);
  int a = fake_accept(&t->a);
  fake_answer(a, "INCR foo", "-CLUSTERDOWN Hash slot not served\r\n");
  fake_answer(a, "INCR foo", "-CLUSTERDOWN The cluster is down\r\n");
  fake_answer(a, "INCR foo", "+OK\r\n");
  expect_text(s, "OK");
  close(a);
}

/* A master dies; a replica of it takes its slots under another address. */
static void a_node_that_vanishes(void **state)
{
  struct two *t = *state;
  struct sent *s = send_words(t->r, "GET foo", AGAIN), *once = send_words(t->r, "INCR foo", ONCE);
  tell_map(&t->a, t, 8191);
  int b = fake_accept(&t->b), a = fake_accept(&t->a);
  fake_expect(b, "GET foo");
  fake_expect(b, "INCR foo");
  close(t->b.fd);
  close(b);
  expect_none(once, false, "closed the connection");
  tell_map(&t->a, t, 16383);
  fake_answer(a, "GET foo", "+1\r\n");
  expect_text(s, "1");
  close(a);
  t->b = fake_listen();
}

/* Two nodes that each say that the other holds it: it goes on, but not in a frenzy. */
static void nodes_that_send_one_around(void **state)
{
  struct two *t = *state;
  struct sent *s = send_words(t->r, "INCR foo", ONCE);
  tell_map(&t->a, t, 16383);
  int a = fake_accept(&t->a), b = -1;
  for (int i = 0; i < 3; i++) {
    fake_answer(a, "INCR foo", redirection("MOVED", 12182, &t->b));
    if (b < 0) b = fake_accept(&t->b);
    fake_answer(b, "INCR foo", redirection("MOVED", 12182, &t->a));
  }
  fake_expect(b, "INCR foo");
  assert_non_null(strstr(gh_redis_health(t->r).trouble, "MOVED"));
  fake_say(b, ":1\r\n");
  wait_sent(s);
  assert_int_equal(s->reply.integer, 1);
  end_sent(s);
  s = send_words(t->r, "INCR foo", ONCE);
  fake_answer(b, "INCR foo", "-MOVED 12182 ?:6379\r\n"); /* nobody knows where */
  fake_answer(b, "INCR foo", "-MOVED 99999 nowhere\r\n");
  fake_answer(b, "INCR foo", "+OK\r\n");
  expect_text(s, "OK");
  close(a), close(b);
}

struct seen { unsigned n; char nodes[4][64], texts[4][64]; };

static bool see(void *ctx, struct gh_str node, const struct gh_reply *reply)
{
  struct seen *seen = ctx;
  snprintf(seen->nodes[seen->n], 64, "%.*s", GH_FMT(node));
  snprintf(seen->texts[seen->n++], 64, "%.*s", GH_FMT(reply->text));
  return true;
}

struct asker { struct gh_redis *r; struct seen seen; bool ok; };

static void *ask_all(void *ctx)
{
  struct asker *asker = ctx;
  struct gh_redis_error error;
  struct gh_str argv[] = {GH_STR("FUNCTION"), GH_STR("LOAD"), GH_STR("x")};
  asker->ok = gh_redis_masters(asker->r, &(struct gh_redis_command){.argv = argv, .argc = 3, .within_ms = PATIENCE_MS}, see, &asker->seen, &error);
  return NULL;
}

static void every_master_is_asked(void **state)
{
  struct two *t = *state;
  struct asker asker = {.r = t->r};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, ask_all, &asker), 0);
  tell_map(&t->a, t, 8191);
  int a = fake_accept(&t->a), b = fake_accept(&t->b);
  bool b_first = false;
  while (!readable(a, 5) && !(b_first = readable(b, 5))) {}
  fake_answer(b_first ? b : a, "FUNCTION LOAD x", "+lib\r\n");
  fake_answer(b_first ? a : b, "FUNCTION LOAD x", "-ERR Library 'lib' already exists\r\n"); /* is handed out as it is */
  pthread_join(thread, NULL);
  assert_true(asker.ok);
  assert_int_equal(asker.seen.n, 2);
  assert_string_equal(asker.seen.texts[0], "lib");
  assert_string_equal(asker.seen.texts[1], "ERR Library 'lib' already exists");
  assert_string_not_equal(asker.seen.nodes[0], asker.seen.nodes[1]);
  close(a), close(b);
}

static void a_map_that_makes_no_sense(void **state)
{
  struct two *t = *state;
  struct sent *s = send_words(t->r, "GET foo", ONCE);
  const char *wrong[] = {"*0\r\n", "-ERR This instance has cluster support disabled\r\n", "*1\r\n*3\r\n:0\r\n:99999\r\n*2\r\n$1\r\nh\r\n:1\r\n",
                         "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$2\r\na \r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\n?\r\n:1\r\n"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    int fd = fake_accept(&t->a);
    fake_answer(fd, "CLUSTER SLOTS", wrong[i]);
    fake_expect_end(fd);
  }
  tell_map(&t->a, t, 100); /* and at last one where b holds it; its host is left out: the one that was asked */
  int b = fake_accept(&t->b);
  fake_answer(b, "GET foo", "+1\r\n");
  expect_text(s, "1");
  close(b);
}

/* The node that was named in the configuration has left the Cluster and stands alone: what it does not know is no reason to forget the others. */
static void a_node_taken_out_takes_no_map_with_it(void **state)
{
  struct two *t = *state;
  struct sent *s = send_words(t->r, "GET foo", AGAIN);
  struct two only_b = {.a = t->b};
  tell_map(&t->a, &only_b, 16383); /* a is configured, and holds nothing */
  int b = fake_accept(&t->b);
  fake_answer(b, "GET foo", "+1\r\n");
  expect_text(s, "1");
  struct sent *down = send_words(t->r, "GET foo", AGAIN);
  fake_answer(b, "GET foo", "-CLUSTERDOWN Hash slot not served\r\n");
  for (bool alone = false; !alone;) { /* whose turn it is; b is busy, so that it goes round */
    struct pollfd p[] = {{.fd = t->a.fd, .events = POLLIN}, {.fd = t->b.fd, .events = POLLIN}};
    assert_true(poll(p, 2, PATIENCE_MS) > 0);
    alone = p[0].revents != 0;
    int fd = fake_accept(alone ? &t->a : &t->b);
    fake_answer(fd, "CLUSTER SLOTS", alone ? "*0\r\n" : "-LOADING\r\n");
    fake_expect_end(fd);
  }
  tell_map(&t->b, &only_b, 16383); /* no configured node knows it, but it is known */
  fake_answer(b, "GET foo", "+2\r\n");
  expect_text(down, "2");
  close(b);
}

/* Answers whoever asks for the map, until somebody else connects: that one. */
static int accept_past_questions(struct fake *asked, struct two *t)
{
  char question[64], answer[512];
  snprintf(answer, sizeof answer, "*2\r\n*3\r\n:0\r\n:8191\r\n*3\r\n$9\r\n127.0.0.1\r\n:%u\r\n$2\r\nid\r\n*3\r\n:8192\r\n:16383\r\n*3\r\n$9\r\n127.0.0.1\r\n:%u\r\n$2\r\nid\r\n",
           t->a.port, t->b.port);
  for (;;) {
    struct pollfd p[] = {{.fd = asked->fd, .events = POLLIN}, {.fd = t->a.fd, .events = POLLIN}};
    assert_true(poll(p, 2, PATIENCE_MS) > 0);
    int fd = fake_accept(p[0].revents ? asked : &t->a);
    if (!readable(fd, 300)) return fd;
    assert_true(read(fd, question, sizeof question) > 0);
    fake_say(fd, answer);
    close(fd);
  }
}

/* A master that nothing is asked of dies, which the other one says too (CLUSTERDOWN), and comes back while that one still says so. */
static void trouble_with_a_node_that_is_not_needed_passes(void **state)
{
  struct two *t = *state;
  struct sent *s = send_words(t->r, "GET bar", ONCE);
  tell_map(&t->a, t, 8191);
  int a = fake_accept(&t->a), b = fake_accept(&t->b);
  fake_answer(a, "GET bar", "-CLUSTERDOWN The cluster is down\r\n");
  close(b);
  b = accept_past_questions(&t->b, t);
  for (int i = 0; i < 3; i++) fake_answer(a, "GET bar", "-CLUSTERDOWN The cluster is down\r\n");
  assert_true(gh_redis_health(t->r).trouble_since_ms > 0);
  fake_answer(a, "GET bar", "+1\r\n");
  expect_text(s, "1");
  assert_string_equal(gh_redis_health(t->r).trouble, "");
  assert_int_equal(gh_redis_health(t->r).trouble_since_ms, 0);
  close(a), close(b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(a_key_goes_to_its_node, set_up, tear_down),
    cmocka_unit_test_setup_teardown(moved_is_followed_and_remembered, set_up, tear_down),
    cmocka_unit_test_setup_teardown(ask_is_for_one_command, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_node_without_functions_is_no_answer_before_the_slot_is_its_own, set_up, tear_down),
    cmocka_unit_test_setup_teardown(clusterdown_is_waited_out, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_node_that_vanishes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(nodes_that_send_one_around, set_up, tear_down),
    cmocka_unit_test_setup_teardown(every_master_is_asked, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_map_that_makes_no_sense, set_up, tear_down),
    cmocka_unit_test_setup_teardown(trouble_with_a_node_that_is_not_needed_passes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_node_taken_out_takes_no_map_with_it, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
