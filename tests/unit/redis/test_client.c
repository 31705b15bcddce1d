/* One server: every command is answered once, by its own answer, or it is said what is known of it. */
#include "fake.h"

#include <semaphore.h>

static void answers_come_in_order(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *a = send_words(r, "GET a", ONCE), *b = send_words(r, "GET b", ONCE), *c = send_words(r, "GET c", ONCE);
  int fd = fake_accept(&f);
  fake_expect(fd, "GET a");
  fake_expect(fd, "GET b");
  fake_expect(fd, "GET c"); /* all of them before the first answer */
  fake_say(fd, "$1\r\n1\r\n$1\r\n2\r\n$");
  expect_text(a, "1");
  expect_text(b, "2");
  fake_say(fd, "1\r\n3\r\n");
  expect_text(c, "3");
  assert_int_equal(gh_redis_health(r).waiting, 0);
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void an_answer_may_come_byte_by_byte(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_words(r, "XRANGE s", ONCE);
  int fd = fake_accept(&f);
  fake_expect(fd, "XRANGE s");
  for (const char *p = "*3\r\n:-7\r\n*2\r\n$-1\r\n$2\r\n\r\n\r\n-WRONGTYPE no\r\n"; *p; p++) fake_say(fd, (char[]){*p, '\0'});
  wait_sent(s);
  assert_int_equal(s->reply.kind, GH_REPLY_LIST);
  assert_int_equal(s->reply.n, 3);
  assert_int_equal(s->reply.items[0].integer, -7);
  assert_int_equal(s->reply.items[1].items[0].kind, GH_REPLY_NIL);
  assert_true(gh_str_eq(s->reply.items[1].items[1].text, GH_STR("\r\n")));
  assert_int_equal(s->reply.items[2].kind, GH_REPLY_ERROR);
  end_sent(s);
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void a_cut_between_request_and_answer(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *once = send_words(r, "INCR n", ONCE), *read = send_words(r, "GET a", AGAIN), *second = send_words(r, "GET b", AGAIN);
  int fd = fake_accept(&f);
  fake_expect(fd, "INCR n");
  fake_expect(fd, "GET a");
  fake_expect(fd, "GET b");
  close(fd);
  expect_none(once, false, "closed the connection"); /* it may have been done */
  fd = fake_accept(&f);
  fake_answer(fd, "GET a", "$1\r\nx\r\n"); /* in the order they were sent in */
  fake_answer(fd, "GET b", "$1\r\ny\r\n");
  expect_text(read, "x");
  expect_text(second, "y");
  assert_int_equal(gh_redis_health(r).reconnects, 1);
  assert_int_equal(gh_redis_health(r).trouble_since_ms, 0);
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void half_an_answer_is_none(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_words(r, "GET a", AGAIN);
  int fd = fake_accept(&f);
  fake_answer(fd, "GET a", "$5\r\nhel");
  close(fd);
  fd = fake_accept(&f);
  fake_answer(fd, "GET a", "$5\r\nworld\r\n");
  expect_text(s, "world");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void nobody_there(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  close(f.fd);
  struct gh_redis *r = open_client(&conf);
  expect_none(send_within(r, "INCR n", ONCE, 150), true, "connection refused"); /* certainly not done */
  struct gh_redis_health h = gh_redis_health(r);
  assert_true(h.trouble_since_ms > 0);
  assert_non_null(strstr(h.trouble, "refused"));
  gh_redis_close(r);
}

static void a_server_that_falls_silent(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  conf.timeout_ms = 500;
  struct gh_redis *r = open_client(&conf);
  struct sent *once = send_words(r, "INCR n", ONCE), *again = send_words(r, "GET a", AGAIN);
  int silent = fake_accept(&f);
  fake_expect(silent, "INCR n");
  fake_expect(silent, "GET a"); /* and nothing: no answer, no end */
  expect_none(once, false, "no answer for 500 ms");
  int fd = fake_accept(&f);
  fake_expect(fd, "GET a");
  (void)send(silent, "$3\r\nold\r\n", 9, MSG_NOSIGNAL); /* too late, and not to the new one's credit */
  fake_say(fd, "$3\r\nnew\r\n");
  expect_text(again, "new");
  gh_redis_close(r);
  close(silent);
  fake_expect_end(fd);
  close(f.fd);
}

static void a_late_answer_is_nobody_elses(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *hasty = send_within(r, "GET slow", ONCE, 300), *patient = send_words(r, "GET b", ONCE);
  int fd = fake_accept(&f);
  fake_expect(fd, "GET slow");
  fake_expect(fd, "GET b");
  expect_none(hasty, false, "within 300 ms");
  fake_say(fd, "$4\r\nlate\r\n$1\r\nb\r\n");
  expect_text(patient, "b");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void what_is_no_protocol_ends_the_connection(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *once = send_words(r, "INCR n", ONCE), *again = send_words(r, "GET a", AGAIN);
  int fd = fake_accept(&f);
  fake_expect(fd, "INCR n");
  fake_answer(fd, "GET a", "HTTP/1.1 400 Bad Request\r\n");
  expect_none(once, false, "Protocol error");
  fake_expect_end(fd);
  fd = fake_accept(&f);
  fake_answer(fd, "GET a", "*99999999\r\n"); /* a list that would take the memory */
  fake_expect_end(fd);
  fd = fake_accept(&f);
  fake_answer(fd, "GET a", "$2\r\nok\r\n+more\r\n"); /* one answer, and one that nobody asked for */
  expect_text(again, "ok");
  fake_expect_end(fd);
  gh_redis_close(r);
  close(f.fd);
}

static void refusals_are_no_answers(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_words(r, "INCR n", ONCE);
  int fd = fake_accept(&f);
  fake_answer(fd, "INCR n", "-LOADING Redis is loading the dataset in memory\r\n");
  fake_answer(fd, "INCR n", "-BUSY Redis is busy running a script\r\n");
  fake_expect(fd, "INCR n");
  assert_non_null(strstr(gh_redis_health(r).trouble, "BUSY"));
  fake_say(fd, ":1\r\n");
  wait_sent(s);
  assert_int_equal(s->reply.integer, 1);
  end_sent(s);
  assert_int_equal(gh_redis_health(r).trouble_since_ms, 0);
  s = send_words(r, "XGROUP CREATE", ONCE);
  fake_answer(fd, "XGROUP CREATE", "-BUSYGROUP there is one\r\n"); /* not busy at all */
  expect_text(s, "BUSYGROUP there is one");
  s = send_within(r, "INCR n", ONCE, 300);
  while (gh_redis_health(r).waiting > 0) {
    if (readable(fd, 10)) fake_answer(fd, "INCR n", "-MISCONF Errors writing to the AOF file\r\n");
  }
  expect_none(s, true, "MISCONF");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void readonly_is_left_once_all_have_their_answers(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *a = send_words(r, "INCR a", ONCE), *b = send_words(r, "GET b", ONCE);
  int fd = fake_accept(&f);
  fake_expect(fd, "INCR a");
  fake_expect(fd, "GET b");
  fake_say(fd, "-READONLY You can't write against a read only replica.\r\n");
  fake_say(fd, "$1\r\nb\r\n");
  expect_text(b, "b");
  fake_expect_end(fd);
  fd = fake_accept(&f);
  fake_answer(fd, "INCR a", "+OK\r\n");
  expect_text(a, "OK");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

/* 16 MB, of which the server takes a little: what has not left wholly was not done. */
static void a_large_command_cut_in_the_middle(void **state)
{
  (void)state;
  enum { BYTES = 16 << 20 };
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  char *large = malloc(BYTES), part[4096];
  memset(large, 'x', BYTES);
  struct gh_str argv[] = {GH_STR("SET"), GH_STR("k"), {large, BYTES}};
  struct sent *s = send_words(r, "PING", ONCE);
  int fd = fake_accept(&f);
  fake_answer(fd, "PING", "+PONG\r\n");
  expect_text(s, "PONG");
  s = calloc(1, sizeof *s);
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->come, NULL);
  gh_redis_send(r, &(struct gh_redis_command){.argv = argv, .argc = 3, .within_ms = PATIENCE_MS}, note, s);
  free(large); /* borrowed for the call alone */
  assert_int_equal(recv(fd, part, sizeof part, MSG_WAITALL), sizeof part);
  close(fd);
  fd = fake_accept(&f);
  size_t got = 0;
  for (ssize_t n; got < BYTES && readable(fd, PATIENCE_MS) && (n = recv(fd, part, sizeof part, 0)) > 0;) got += (size_t)n;
  assert_true(got >= BYTES); /* though it is no `again`: the first was certainly not done */
  fake_say(fd, "+OK\r\n");
  expect_text(s, "OK");
  gh_redis_close(r);
  close(fd);
  close(f.fd);
}

static void closing_answers_everybody(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *written = send_within(r, "INCR n", ONCE, GH_REDIS_FOREVER);
  int fd = fake_accept(&f);
  fake_expect(fd, "INCR n");
  uint64_t began = gh_monotonic_ns();
  gh_redis_close(r);
  assert_true(gh_monotonic_ns() - began < 2000000000u);
  expect_none(written, false, "closed");
  close(fd);
  conf.db = 3; /* connected, but never greeted: nothing of it is sent */
  r = open_client(&conf);
  struct sent *waiting = send_within(r, "INCR n", ONCE, GH_REDIS_FOREVER);
  fd = fake_accept(&f);
  fake_expect(fd, "SELECT 3");
  gh_redis_close(r);
  expect_none(waiting, true, "closed");
  close(fd);
  close(f.fd);
}

/* A name that nobody answers for: closing does not wait for the resolver. */
static void closing_with_a_name_unknown(void **state)
{
  (void)state;
  struct gh_redis_conf conf = {.node = {GH_STR("no-such-host.invalid"), 6379}, .timeout_ms = PATIENCE_MS};
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_within(r, "PING", AGAIN, GH_REDIS_FOREVER);
  gh_redis_close(r);
  expect_none(s, true, "closed");
}

/* A server whose queue is full takes no connection and refuses none. */
static void connecting_takes_no_longer_than_allowed(void **state)
{
  (void)state;
  enum { FULL = 4 };
  struct fake f = fake_listen();
  int fillers[FULL];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_int_equal(listen(f.fd, 0), 0);
  for (int i = 0; i < FULL; i++) {
    fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(fillers[i], (struct sockaddr *)&address, sizeof address);
  }
  struct gh_redis_conf conf = conf_of(&f);
  conf.timeout_ms = 200;
  struct gh_redis *r = open_client(&conf);
  expect_none(send_within(r, "INCR n", ONCE, 500), true, "cannot be connected to in time");
  struct sent *waiting = send_within(r, "INCR n", ONCE, GH_REDIS_FOREVER);
  gh_redis_close(r);
  expect_none(waiting, true, "closed");
  for (int i = 0; i < FULL; i++) close(fillers[i]);
  close(f.fd);
}

static void hold(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  (void)reply, (void)error, (void)unsent;
  sem_post(&((sem_t *)ctx)[0]);
  sem_wait(&((sem_t *)ctx)[1]);
}

/* The client's thread stands still for longer than its patience, as in a process that was stopped: answers that came meanwhile count. */
static void what_came_while_standing_still_is_read(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_str argv[] = {GH_STR("PING")};
  sem_t still[2];
  sem_init(&still[0], 0, 0);
  sem_init(&still[1], 0, 0);
  conf.timeout_ms = 1000; /* on a crowded machine, too, the answer before it comes in time */
  struct gh_redis *r = open_client(&conf);
  gh_redis_send(r, &(struct gh_redis_command){.argv = argv, .argc = 1}, hold, still);
  struct sent *s = send_within(r, "INCR n", ONCE, 0);
  int fd = fake_accept(&f);
  fake_expect(fd, "PING");
  fake_answer(fd, "INCR n", "+PONG\r\n");
  sem_wait(&still[0]);
  fake_say(fd, "+2\r\n");
  usleep(1500000);
  sem_post(&still[1]);
  expect_text(s, "2");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

struct chain { struct gh_redis *r; struct sent *last; unsigned left; };

static void send_next(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  struct chain *chain = ctx;
  struct gh_str argv[] = {GH_STR("PING")};
  if (chain->left-- > 1) gh_redis_send(chain->r, &(struct gh_redis_command){.argv = argv, .argc = 1}, send_next, chain);
  else note(chain->last, reply, error, unsent);
}

static void an_answer_may_send_the_next_command(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct sent *s = calloc(1, sizeof *s);
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->come, NULL);
  struct chain chain = {r, s, 50};
  struct gh_str argv[] = {GH_STR("PING")};
  gh_redis_send(r, &(struct gh_redis_command){.argv = argv, .argc = 1}, send_next, &chain);
  int fd = fake_accept(&f);
  for (int i = 0; i < 50; i++) fake_answer(fd, "PING", "+PONG\r\n");
  expect_text(s, "PONG");
  gh_redis_close(r);
  close(fd);
  close(f.fd);
}

int main(void)
{
  signal(SIGPIPE, SIG_DFL); /* the client does not die of it */
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(answers_come_in_order),
    cmocka_unit_test(an_answer_may_come_byte_by_byte),
    cmocka_unit_test(a_cut_between_request_and_answer),
    cmocka_unit_test(half_an_answer_is_none),
    cmocka_unit_test(nobody_there),
    cmocka_unit_test(a_server_that_falls_silent),
    cmocka_unit_test(a_late_answer_is_nobody_elses),
    cmocka_unit_test(what_is_no_protocol_ends_the_connection),
    cmocka_unit_test(refusals_are_no_answers),
    cmocka_unit_test(readonly_is_left_once_all_have_their_answers),
    cmocka_unit_test(a_large_command_cut_in_the_middle),
    cmocka_unit_test(closing_answers_everybody),
    cmocka_unit_test(closing_with_a_name_unknown),
    cmocka_unit_test(connecting_takes_no_longer_than_allowed),
    cmocka_unit_test(what_came_while_standing_still_is_read),
    cmocka_unit_test(an_answer_may_send_the_next_command),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
