/* Against a real server: plain, killed and started again, many threads, an ACL user, TLS. */
#include "real.h"

static bool has_server(void) { return access(REDIS_SERVER, X_OK) == 0; }

struct worker { struct gh_redis *r; pthread_t thread; int number; unsigned wrong; };

/* Every thread has its own key, and reads back what it wrote: an answer given to somebody else would show. */
static void *work(void *ctx)
{
  struct worker *w = ctx;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  for (int i = 0; i < 500; i++) {
    char key[32], value[32];
    struct gh_redis_error error;
    struct gh_reply reply;
    snprintf(key, sizeof key, "key:%d", w->number);
    snprintf(value, sizeof value, "%d of %d", i, w->number);
    struct gh_str set[] = {GH_STR("SET"), gh_str(key), gh_str(value)}, get[] = {GH_STR("GET"), gh_str(key)};
    w->wrong += !gh_redis_call(w->r, &(struct gh_redis_command){.argv = set, .argc = 3}, &arena, &reply, &error);
    w->wrong += !gh_redis_call(w->r, &(struct gh_redis_command){.argv = get, .argc = 2}, &arena, &reply, &error) || !gh_str_eq(reply.text, gh_str(value));
    gh_arena_reset(&arena);
  }
  gh_arena_free(&arena);
  return NULL;
}

static void many_threads_one_connection(void **state)
{
  (void)state;
  if (!has_server()) skip();
  struct real s = {0};
  struct worker workers[6];
  start_real(&s, "");
  struct gh_redis_conf conf = conf_real(&s);
  struct gh_redis *r = open_client(&conf);
  for (int i = 0; i < 6; i++) workers[i] = (struct worker){.r = r, .number = i}, pthread_create(&workers[i].thread, NULL, work, &workers[i]);
  for (int i = 0; i < 6; i++) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].wrong, 0);
  }
  assert_int_equal(gh_redis_health(r).waiting, 0);
  gh_redis_close(r);
  remove_real(&s);
}

static void large_values_there_and_back(void **state)
{
  (void)state;
  if (!has_server()) skip();
  enum { BYTES = 16 << 20 };
  struct real s = {0};
  start_real(&s, "");
  struct gh_redis_conf conf = conf_real(&s);
  struct gh_redis *r = open_client(&conf);
  char *large = malloc(BYTES);
  for (int i = 0; i < BYTES; i++) large[i] = (char)(i * 31 >> 8);
  struct gh_str set[] = {GH_STR("SET"), GH_STR("k"), {large, BYTES}}, get[] = {GH_STR("GET"), GH_STR("k")};
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_redis_error error;
  gh_arena_init(&arena, 0);
  assert_true(gh_redis_call(r, &(struct gh_redis_command){.argv = set, .argc = 3}, &arena, &reply, &error));
  assert_true(gh_redis_call(r, &(struct gh_redis_command){.argv = get, .argc = 2}, &arena, &reply, &error));
  assert_true(gh_str_eq(reply.text, gh_str_n(large, BYTES)));
  gh_arena_free(&arena);
  free(large);
  gh_redis_close(r);
  remove_real(&s);
}

static void killed_and_started_again(void **state)
{
  (void)state;
  if (!has_server()) skip();
  struct real s = {0};
  start_real(&s, "--appendonly yes --appendfsync always");
  struct gh_redis_conf conf = conf_real(&s);
  struct gh_redis *r = open_client(&conf);
  for (int i = 0; i < 3; i++) {
    say(r, "SET a 1", "OK");
    kill_real(&s);
    struct sent *sent = send_words(r, "GET a", AGAIN);
    start_real(&s, "--appendonly yes --appendfsync always");
    expect_text(sent, "1");
  }
  gh_redis_close(r);
  remove_real(&s);
}

/* SIGSTOP: nobody closes anything, and nobody answers. */
static void paused_and_gone_on(void **state)
{
  (void)state;
  if (!has_server()) skip();
  struct real s = {0};
  start_real(&s, "");
  struct gh_redis_conf conf = conf_real(&s);
  conf.timeout_ms = 300;
  struct gh_redis *r = open_client(&conf);
  say(r, "SET a 1", "OK");
  kill(s.pid, SIGSTOP);
  struct sent *once = send_words(r, "INCR a", ONCE), *again = send_words(r, "GET b", AGAIN);
  expect_none(once, false, "no answer for 300 ms");
  uint64_t began = gh_monotonic_ns();
  struct gh_redis *other = open_client(&conf); /* connects, and hears nothing */
  struct sent *unheard = send_words(other, "GET a", AGAIN);
  gh_redis_close(other);
  assert_true(gh_monotonic_ns() - began < 2000000000u);
  wait_sent(unheard);
  end_sent(unheard);
  kill(s.pid, SIGCONT);
  wait_sent(again);
  assert_true(again->has_reply);
  end_sent(again);
  gh_redis_close(r);
  remove_real(&s);
}

static void put_file(const struct real *s, const char *name, const char *text)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", s->dir, name);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static void a_user_with_few_rights(void **state)
{
  (void)state;
  if (!has_server()) skip();
  struct real s = {0};
  start_real(&s, "");
  struct gh_redis_conf conf = conf_real(&s);
  struct gh_redis *admin = open_client(&conf), *app;
  struct gh_redis_error error;
  say(admin, "ACL SETUSER app on >pa$$word ~gh:* +get +set", "OK");
  put_file(&s, "password", "pa$$word\n");
  conf.user = GH_STR("app");
  conf.password_file.text = GH_STR("password");
  app = gh_redis_open(&conf, gh_str(s.dir), "test", &error);
  assert_non_null(app);
  say(app, "SET gh:a 1", "OK");
  struct sent *sent = send_words(app, "SET other 1", ONCE);
  wait_sent(sent);
  assert_int_equal(sent->reply.kind, GH_REPLY_ERROR);
  assert_true(gh_str_starts(sent->reply.text, GH_STR("NOPERM")));
  end_sent(sent);
  say(admin, "ACL SETUSER app resetpass >other", "OK"); /* and the connection is ended */
  say(admin, "CLIENT KILL USER app", NULL);
  while (!gh_redis_health(app).trouble_since_ms) usleep(1000);
  expect_none(send_within(app, "GET gh:a", AGAIN, 400), true, "WRONGPASS");
  gh_redis_close(app);
  gh_redis_close(admin);
  remove_real(&s);
}

/* ---- TLS ---- */

static void make_certificates(const struct real *s)
{
  char command[2048];
  snprintf(command, sizeof command,
           "cd '%s' && exec >certs.log 2>&1 && for ca in ca other; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=$ca -keyout $ca.key -out $ca.pem "
           "|| exit 1; done && for who in server client; do openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=$who -keyout $who.key -out $who.csr && "
           "printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' >ext && openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $who.pem || exit 1; done",
           s->dir);
  assert_int_equal(system(command), 0);
}

static struct gh_redis *open_tls(const struct real *s, const struct gh_redis_conf *conf)
{
  struct gh_redis_error error = {""};
  struct gh_redis *r = gh_redis_open(conf, gh_str(s->dir), "tls", &error);
  if (!r) fail_msg("%s", error.text);
  return r;
}

static void expect_refused(const struct real *s, const struct gh_redis_conf *conf, const char *part)
{
  struct gh_redis *r = open_tls(s, conf);
  expect_none(send_within(r, "GET a", AGAIN, 400), true, part);
  gh_redis_close(r);
}

/* As `check` asks: what would be refused when the client is opened. */
static void expect_good(const struct real *s, struct gh_tls_conf tls)
{
  struct gh_redis_error error;
  assert_true(gh_redis_tls_good(&tls, gh_str(s->dir), &error));
  tls.key.text = GH_STR("server.key");
  assert_false(gh_redis_tls_good(&tls, gh_str(s->dir), &error));
  assert_non_null(strstr(error.text, "key 'server.key'"));
  tls.ca.text = GH_STR("ca.key");
  assert_false(gh_redis_tls_good(&tls, gh_str(s->dir), &error));
  assert_non_null(strstr(error.text, "ca 'ca.key'"));
}

static void encrypted_there_and_back(struct gh_redis *r)
{
  enum { BYTES = 5 << 20 };
  char *large = malloc(BYTES);
  for (int i = 0; i < BYTES; i++) large[i] = (char)(i * 37 >> 7);
  struct gh_str set[] = {GH_STR("SET"), GH_STR("k"), {large, BYTES}}, get[] = {GH_STR("GET"), GH_STR("k")};
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_redis_error error;
  gh_arena_init(&arena, 0);
  assert_true(gh_redis_call(r, &(struct gh_redis_command){.argv = set, .argc = 3}, &arena, &reply, &error));
  assert_true(gh_redis_call(r, &(struct gh_redis_command){.argv = get, .argc = 2}, &arena, &reply, &error));
  assert_true(gh_str_eq(reply.text, gh_str_n(large, BYTES)));
  gh_arena_free(&arena);
  free(large);
}

/* Many small ones share records. */
static void encrypted_in_order(struct gh_redis *r)
{
  enum { MANY = 400 };
  struct sent *sent[MANY];
  char words[1000], text[900];
  for (int i = 0; i < MANY; i++) {
    snprintf(text, sizeof text, "%d%0*d", i, i * 2 + 1, 0);
    snprintf(words, sizeof words, "ECHO %s", text);
    sent[i] = send_words(r, words, ONCE);
  }
  for (int i = 0; i < MANY; i++) {
    snprintf(text, sizeof text, "%d%0*d", i, i * 2 + 1, 0);
    expect_text(sent[i], text);
  }
}

static void tls(void **state)
{
  (void)state;
  if (!has_server() || access("/usr/bin/openssl", X_OK) != 0) skip();
  struct real s = {.port = free_port()};
  char options[512];
  snprintf(s.dir, sizeof s.dir, "/tmp/gh-redis-XXXXXX");
  assert_non_null(mkdtemp(s.dir));
  make_certificates(&s);
  snprintf(options, sizeof options, "--bind 127.0.0.1 127.0.0.2 --port 0 --tls-port %u --tls-ca-cert-file %s/ca.pem --tls-cert-file %s/server.pem --tls-key-file %s/server.key", s.port, s.dir, s.dir, s.dir);
  start_real(&s, options);
  struct gh_redis_conf conf = conf_real(&s);
  conf.tls = (struct gh_tls_conf){.on = true, .ca = {.text = GH_STR("ca.pem")}, .cert = {.text = GH_STR("client.pem")}, .key = {.text = GH_STR("client.key")}};
  expect_good(&s, conf.tls);
  struct gh_redis *r = open_tls(&s, &conf);
  say(r, "SET a 1", "OK");
  encrypted_there_and_back(r);
  encrypted_in_order(r);
  kill_real(&s);
  start_real(&s, options);
  say(r, "SET a 2", "OK");
  gh_redis_close(r);
  struct gh_redis_conf wrong = conf;
  wrong.tls.ca.text = GH_STR("other.pem");
  expect_refused(&s, &wrong, "the server's certificate");
  wrong = conf;
  wrong.node.host = GH_STR("127.0.0.2"); /* the same machine by an address that is not in the certificate */
  expect_refused(&s, &wrong, "mismatch");
  wrong.tls.any_host = true;
  r = open_tls(&s, &wrong);
  say(r, "SET a 3", "OK");
  gh_redis_close(r);
  wrong = conf;
  wrong.tls.cert.text = wrong.tls.key.text = (struct gh_str){0};
  expect_refused(&s, &wrong, "certificate required");
  conf.tls.on = false;
  expect_refused(&s, &conf, "");
  remove_real(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(many_threads_one_connection),
    cmocka_unit_test(large_values_there_and_back),
    cmocka_unit_test(killed_and_started_again),
    cmocka_unit_test(paused_and_gone_on),
    cmocka_unit_test(a_user_with_few_rights),
    cmocka_unit_test(tls),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
