/* Names: one with several addresses, one that the system has no answer for yet. The system's resolver is played by the test. */
#include "fake.h"

#include <dirent.h>
#include <netdb.h>
#include <semaphore.h>
#include <uv.h>

static sem_t asked, gate;
static atomic_int times_asked; /* for late.test */
static struct addrinfo entries[2];
static struct sockaddr_in addresses[2];

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **list)
{
  (void)hints;
  if (strcmp(host, "slow.test") == 0) {
    sem_post(&asked);
    sem_wait(&gate);
    return EAI_FAIL;
  }
  bool late = strcmp(host, "late.test") == 0;
  if (late) {
    times_asked++;
    sem_wait(&gate);
  }
  if (!late && strcmp(host, "two.test") != 0) return EAI_NONAME;
  for (unsigned i = 0; i < 2; i++) {
    addresses[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 - i)};
    entries[i] = (struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_addr = (struct sockaddr *)&addresses[i], .ai_addrlen = sizeof addresses[i],
                                   .ai_next = i ? NULL : &entries[1]};
  }
  *list = entries;
  return 0;
}

void freeaddrinfo(struct addrinfo *list) { (void)list; }

/* Nobody listens at the first address, 127.0.0.2. */
static void the_next_address_is_tried_at_once(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = {.node = {GH_STR("two.test"), f.port}, .timeout_ms = PATIENCE_MS};
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_words(r, "GET a", ONCE);
  int fd = fake_accept(&f);
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  assert_int_equal(gh_redis_health(r).reconnects, 0);
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void stuck(uv_work_t *work) { sem_wait(work->data); }

/* So it is where many partitions are loaded and the server is away: each worker waits for an answer, and none may come before the name was looked up. */
static void names_are_looked_up_while_libuvs_workers_wait(void **state)
{
  (void)state;
  enum { MORE_THAN_WORKERS = 16 };
  sem_t answered;
  uv_loop_t loop;
  uv_work_t waiting[MORE_THAN_WORKERS];
  sem_init(&answered, 0, 0);
  assert_int_equal(uv_loop_init(&loop), 0);
  for (unsigned i = 0; i < MORE_THAN_WORKERS; i++) {
    waiting[i].data = &answered;
    uv_queue_work(&loop, &waiting[i], stuck, NULL);
  }
  struct fake f = fake_listen();
  struct gh_redis_conf conf = {.node = {GH_STR("two.test"), f.port}, .timeout_ms = PATIENCE_MS};
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_words(r, "GET a", ONCE);
  int fd = fake_accept(&f);
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  for (unsigned i = 0; i < MORE_THAN_WORKERS; i++) sem_post(&answered);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

static void a_name_that_is_not_known(void **state)
{
  (void)state;
  struct gh_redis_conf conf = {.node = {GH_STR("nobody.test"), 1}, .timeout_ms = PATIENCE_MS};
  struct gh_redis *r = open_client(&conf);
  expect_none(send_within(r, "GET a", ONCE, 200), true, "its name is not found");
  gh_redis_close(r);
}

/* The resolver's first server is away, so that each answer takes longer than a connection is waited for. */
static void a_name_that_is_found_late_is_found(void **state)
{
  (void)state;
  struct fake f = fake_listen();
  struct gh_redis_conf conf = {.node = {GH_STR("late.test"), f.port}, .timeout_ms = 200};
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_words(r, "GET a", ONCE);
  for (int i = 0; i < 1000 && !strstr(gh_redis_health(r).trouble, "not found its name in time"); i++) usleep(10000);
  usleep(500000); /* some more attempts, that all ask for it */
  assert_int_equal(times_asked, 1);
  sem_post(&gate);
  int fd = fake_accept(&f);
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  gh_redis_close(r);
  fake_expect_end(fd);
  close(f.fd);
}

/* 127.0.0.2 takes connections and says nothing: a Sentinel's name is not given up with its first address. */
static void a_sentinels_other_address_is_asked(void **state)
{
  (void)state;
  struct fake f = fake_listen(), master = fake_listen(), silent = {.fd = socket(AF_INET, SOCK_STREAM, 0), .port = f.port};
  struct sockaddr_in second = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
  assert_int_equal(bind(silent.fd, (struct sockaddr *)&second, sizeof second), 0);
  assert_int_equal(listen(silent.fd, 16), 0);
  struct gh_node_addr nodes[] = {{GH_STR("two.test"), f.port}};
  struct gh_redis_conf conf = {.sentinel_master = GH_STR("gold"), .sentinels = nodes, .nsentinels = 1, .timeout_ms = 300};
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_words(r, "GET a", ONCE);
  char answer[64];
  snprintf(answer, sizeof answer, "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n%05u\r\n", master.port);
  int fd = fake_accept(&f);
  fake_answer(fd, "SENTINEL get-master-addr-by-name gold", answer);
  fake_expect_end(fd);
  fd = fake_accept(&master);
  fake_answer(fd, "ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
  fake_answer(fd, "GET a", "+1\r\n");
  expect_text(s, "1");
  gh_redis_close(r);
  close(fd), close(f.fd), close(master.fd), close(silent.fd);
}

static unsigned threads(void)
{
  unsigned n = 0;
  DIR *tasks = opendir("/proc/self/task");
  while (tasks && readdir(tasks)) n++;
  if (tasks) closedir(tasks);
  return n;
}

static void closing_waits_for_no_resolver(void **state)
{
  (void)state;
  struct gh_redis_conf conf = {.node = {GH_STR("slow.test"), 1}, .timeout_ms = PATIENCE_MS};
  struct gh_redis *r = open_client(&conf);
  struct sent *s = send_within(r, "GET a", AGAIN, GH_REDIS_FOREVER);
  sem_wait(&asked); /* it is being looked up, and will be */
  unsigned with = threads();
  uint64_t began = gh_monotonic_ns();
  gh_redis_close(r);
  assert_true(gh_monotonic_ns() - began < 2000000000u);
  expect_none(s, true, "closed");
  sem_post(&gate);
  for (int i = 0; i < 1000 && threads() >= with; i++) usleep(10000); /* its thread ends by itself */
  assert_true(threads() < with);
}

int main(void)
{
  sem_init(&asked, 0, 0);
  sem_init(&gate, 0, 0);
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_next_address_is_tried_at_once),
    cmocka_unit_test(names_are_looked_up_while_libuvs_workers_wait),
    cmocka_unit_test(a_name_that_is_not_known),
    cmocka_unit_test(a_name_that_is_found_late_is_found),
    cmocka_unit_test(a_sentinels_other_address_is_asked),
    cmocka_unit_test(closing_waits_for_no_resolver),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
