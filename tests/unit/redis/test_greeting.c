/* What is said first on a connection, and what is not told to people: secrets. */
#include "fake.h"

static char password_path[64];

static int write_password(void **state)
{
  (void)state;
  snprintf(password_path, sizeof password_path, "gh-test-XXXXXX");
  char full[80];
  snprintf(full, sizeof full, "/tmp/%s", password_path);
  int fd = mkstemp(full);
  snprintf(password_path, sizeof password_path, "%s", full + 5);
  return fd < 0 || write(fd, "s3cret\r\nsecond line\n", 20) != 20 || close(fd) != 0;
}

static int remove_password(void **state)
{
  (void)state;
  char full[80];
  snprintf(full, sizeof full, "/tmp/%s", password_path);
  return unlink(full);
}

static struct gh_redis *open_with(const struct gh_redis_conf *conf, const char *client)
{
  struct gh_redis_error error = {""};
  struct gh_redis *r = gh_redis_open(conf, GH_STR("/tmp"), client, &error);
  if (!r) fail_msg("%s", error.text);
  return r;
}

static void greets_with_user_database_and_name(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  conf.user = GH_STR("app");
  conf.password_file.text = gh_str(password_path);
  conf.db = 2;
  struct gh_redis *r = open_with(&conf, "gold hour/p7");
  struct sent *s = send_words(r, "GET a", ONCE);
  int fd = fake_accept(&f);
  fake_expect(fd, "AUTH app s3cret");
  fake_expect(fd, "SELECT 2");
  fake_expect(fd, "CLIENT SETNAME gold-hour/p7"); /* nothing of the story before all are answered */
  assert_false(readable(fd, 0));
  fake_say(fd, "+OK\r\n+OK\r\n-NOPERM no permissions to run 'client|setname'\r\n");
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void a_wrong_password_is_told_and_not_shown(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  conf.password_file.text = gh_str(password_path);
  struct gh_redis *r = open_with(&conf, NULL);
  struct sent *s = send_within(r, "INCR n", ONCE, 500);
  int fd = fake_accept(&f);
  fake_answer(fd, "AUTH s3cret", "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  fake_expect_end(fd);
  expect_none(s, true, "AUTH: WRONGPASS");
  for (int i = 0; i < 2; i++) { /* the first of them may have been under way */
    fd = fake_accept(&f);
    fake_answer(fd, "AUTH s3cret", "-ERR unknown command 'AUTH', with args beginning with: 's3cret' \r\n");
    fake_expect_end(fd);
  }
  assert_non_null(strstr(gh_redis_health(r).trouble, "unknown command"));
  assert_null(strstr(gh_redis_health(r).trouble, "s3cret"));
  fd = fake_accept(&f);
  fake_answer(fd, "AUTH s3cret", "-ERR what is s3cret?\r\n");
  fake_expect_end(fd);
  assert_null(strstr(gh_redis_health(r).trouble, "s3cret"));
  assert_non_null(strstr(gh_redis_health(r).trouble, "not shown"));
  gh_redis_close(r);
  close(f.fd);
}

/* rename-command CLIENT "": many harden their servers so. */
static void a_server_without_client_is_good_enough(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_with(&conf, "goldhour");
  struct sent *s = send_words(r, "GET a", ONCE);
  int fd = fake_accept(&f);
  fake_answer(fd, "CLIENT SETNAME goldhour", "-ERR unknown command 'CLIENT', with args beginning with: 'SETNAME' 'goldhour' \r\n");
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void a_password_that_is_wanted_is_asked_for(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_with(&conf, "goldhour");
  struct sent *s = send_within(r, "GET a", ONCE, 300);
  int fd = fake_accept(&f);
  fake_answer(fd, "CLIENT SETNAME goldhour", "-NOAUTH Authentication required.\r\n");
  fake_expect_end(fd);
  expect_none(s, true, "NOAUTH Authentication required. Write 'password_file'");
  gh_redis_close(r);
  close(f.fd);
}

/* Redis waits for the end of a line in what TLS says first. */
static void tls_to_a_server_without(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  conf.tls.on = true;
  conf.timeout_ms = 150;
  struct gh_redis *r = open_with(&conf, NULL);
  expect_none(send_within(r, "GET a", ONCE, 400), true, "is TLS spoken at this port?");
  gh_redis_close(r);
  close(f.fd);
}

static void a_server_that_closes_on_the_first_words(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_with(&conf, NULL);
  struct sent *s = send_words(r, "GET a", ONCE);
  int fd = fake_accept(&f);
  fake_expect(fd, "GET a");
  close(fd);
  expect_none(s, false, "TLS may be spoken at this port");
  s = send_words(r, "GET a", ONCE);
  fd = fake_accept(&f);
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  s = send_words(r, "GET b", ONCE);
  fake_expect(fd, "GET b");
  close(fd);
  wait_sent(s);
  assert_null(strstr(s->error.text, "TLS"));
  end_sent(s);
  gh_redis_close(r);
  close(f.fd);
}

static void *call(void *ctx)
{
  struct { struct gh_redis *r; struct gh_redis_error error; } *c = ctx;
  struct gh_str argv[] = {GH_STR("GET"), GH_STR("a")};
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  gh_redis_call(c->r, &(struct gh_redis_command){.argv = argv, .argc = 2, .key = argv[1]}, &arena, &reply, &c->error);
  gh_arena_free(&arena);
  return NULL;
}

static void a_node_of_a_cluster_taken_for_a_server(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct { struct gh_redis *r; struct gh_redis_error error; } c = {open_with(&conf, NULL), {""}};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, call, &c), 0);
  int fd = fake_accept(&f);
  fake_answer(fd, "GET a", "-MOVED 15495 127.0.0.1:7002\r\n");
  pthread_join(thread, NULL);
  assert_string_equal(c.error.text, "MOVED 15495 127.0.0.1:7002: it is a node of a Cluster, to be named under 'cluster'");
  gh_redis_close(c.r);
  fake_expect_end(fd);
  close(f.fd);
}

static void errors_do_not_repeat_values(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = conf_of(&f);
  struct gh_redis *r = open_client(&conf);
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_redis_error error = {""};
  struct gh_str argv[] = {GH_STR("FROB"), GH_STR("6222021234567890")};
  gh_arena_init(&arena, 0);
  struct sent *ready = send_words(r, "PING", ONCE);
  int fd = fake_accept(&f);
  fake_answer(fd, "PING", "+PONG\r\n");
  expect_text(ready, "PONG");
  fake_say(fd, ""); /* its answer is there before the question is sent: the call below waits in this thread */
  struct sent *s = send_words(r, "FROB 6222021234567890", ONCE);
  fake_answer(fd, "FROB 6222021234567890", "-ERR unknown command 'FROB', with args beginning with: '6222021234567890'\r\n");
  wait_sent(s);
  assert_int_equal(s->reply.kind, GH_REPLY_ERROR);
  end_sent(s);
  close(fd);
  close(f.fd);
  assert_false(gh_redis_call(r, &(struct gh_redis_command){.argv = argv, .argc = 2, .within_ms = 100}, &arena, &reply, &error));
  assert_null(strstr(error.text, "6222021234567890"));
  gh_arena_free(&arena);
  gh_redis_close(r);
}

static void what_cannot_be_read_is_a_fault_at_once(void **state)
{
  (void)state;
  struct gh_redis_error error = {""};
  struct gh_redis_conf conf = {.node = {GH_STR("127.0.0.1"), 6379}, .password_file = {.text = GH_STR("no/such/file")}};
  assert_null(gh_redis_open(&conf, GH_STR("/tmp"), NULL, &error));
  assert_non_null(strstr(error.text, "password_file 'no/such/file'"));
  conf.password_file.text = (struct gh_str){0};
  conf.tls = (struct gh_tls_conf){.on = true, .ca = {.text = GH_STR("no/ca.pem")}};
  assert_null(gh_redis_open(&conf, GH_STR("/tmp"), NULL, &error));
  assert_non_null(strstr(error.text, "no/ca.pem"));
  conf.tls.on = false;
  conf.node.host = GH_STR("a host");
  assert_null(gh_redis_open(&conf, GH_STR("/tmp"), NULL, &error));
  assert_non_null(strstr(error.text, "a host"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(greets_with_user_database_and_name),
    cmocka_unit_test(a_wrong_password_is_told_and_not_shown),
    cmocka_unit_test(a_server_without_client_is_good_enough),
    cmocka_unit_test(a_password_that_is_wanted_is_asked_for),
    cmocka_unit_test(tls_to_a_server_without),
    cmocka_unit_test(a_server_that_closes_on_the_first_words),
    cmocka_unit_test(a_node_of_a_cluster_taken_for_a_server),
    cmocka_unit_test(errors_do_not_repeat_values),
    cmocka_unit_test(what_cannot_be_read_is_a_fault_at_once),
  };
  return cmocka_run_group_tests(tests, write_password, remove_password);
}
