/* A server that cuts, stalls, refuses and says half of things by the dice, thousands of commands in flight: whatever happens, each is answered once and by its own
 * answer; what is said to be unsent was never done; and what must not be done twice was not. */
#define _GNU_SOURCE /* memmem */
#include "fake.h"

enum { COMMANDS = 3000, WINDOW = 300 };

struct dice { uint64_t state; };

static unsigned roll(struct dice *d, unsigned below)
{
  d->state ^= d->state << 13;
  d->state ^= d->state >> 7;
  d->state ^= d->state << 17;
  return (unsigned)(d->state % below);
}

/* ---- the server ---- */

struct server {
  struct fake fake;
  pthread_t thread;
  struct dice dice;
  atomic_bool stop;
  atomic_uint done[COMMANDS]; /* how often each was */
};

/* Reads "ECHO n": the number, or -1: the connection is over. `in` keeps what was read beyond it. */
struct input { int fd; char bytes[4096]; size_t len; };

static int next_number(struct server *s, struct input *in)
{
  for (;;) {
    char *end = memmem(in->bytes, in->len, ".\r\n", 3); /* the text ends with a dot */
    if (end) {
      char *number = end;
      while (number > in->bytes && number[-1] != '\n') number--;
      int n = atoi(number);
      size_t used = (size_t)(end + 3 - in->bytes);
      in->len -= used;
      memmove(in->bytes, in->bytes + used, in->len);
      return n;
    }
    while (!readable(in->fd, 20)) {
      if (atomic_load(&s->stop)) return -1;
    }
    ssize_t k = recv(in->fd, in->bytes + in->len, sizeof in->bytes - in->len, 0);
    if (k <= 0) return -1;
    in->len += (size_t)k;
  }
}

static bool answer_one(struct server *s, int fd, int n)
{
  char text[64];
  unsigned luck = roll(&s->dice, 400);
  if (luck == 0) return false;                   /* cut before it is done */
  if (luck < 12) return send(fd, "-LOADING not yet\r\n", 18, MSG_NOSIGNAL) == 18;
  atomic_fetch_add(&s->done[n], 1);
  if (luck == 13) return false;                  /* cut before the answer */
  int len = snprintf(text, sizeof text, "$%d\r\n%d.\r\n", snprintf(text, sizeof text, "%d.", n), n);
  if (luck == 14) len = (int)roll(&s->dice, (unsigned)len); /* half an answer, then cut */
  if (luck == 15) usleep(350000);                /* silence: longer than the client's patience */
  return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len && luck != 14;
}

static void *serve(void *ctx)
{
  struct server *s = ctx;
  while (!atomic_load(&s->stop)) {
    if (!readable(s->fake.fd, 20)) continue;
    struct input in = {.fd = accept(s->fake.fd, NULL, NULL)};
    for (int n; (n = next_number(s, &in)) >= 0 && answer_one(s, in.fd, n);) {}
    close(in.fd);
  }
  return NULL;
}

/* ---- the client's side ---- */

struct crowd {
  pthread_mutex_t lock;
  pthread_cond_t come;
  unsigned open, answered, unknown, unsent;
  struct one { struct crowd *crowd; unsigned number, times; bool again, unsent, wrong, replied; } all[COMMANDS];
};

static void end_one(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  struct one *one = ctx;
  struct crowd *crowd = one->crowd;
  char want[32];
  (void)error;
  snprintf(want, sizeof want, "%u.", one->number);
  pthread_mutex_lock(&crowd->lock);
  one->times++;
  one->replied = reply != NULL;
  one->unsent = unsent;
  one->wrong = reply && !gh_str_eq(reply->text, gh_str(want));
  *(reply ? &crowd->answered : unsent ? &crowd->unsent : &crowd->unknown) += 1;
  crowd->open--;
  pthread_cond_signal(&crowd->come);
  pthread_mutex_unlock(&crowd->lock);
}

static void send_all(struct gh_redis *r, struct crowd *crowd, struct dice *dice)
{
  for (unsigned i = 0; i < COMMANDS; i++) {
    char text[32];
    struct one *one = &crowd->all[i];
    snprintf(text, sizeof text, "%u.", i);
    struct gh_str argv[] = {GH_STR("ECHO"), gh_str(text)};
    *one = (struct one){.crowd = crowd, .number = i, .again = roll(dice, 2)};
    pthread_mutex_lock(&crowd->lock);
    while (crowd->open >= WINDOW) pthread_cond_wait(&crowd->come, &crowd->lock);
    crowd->open++;
    pthread_mutex_unlock(&crowd->lock);
    int64_t within = roll(dice, 50) ? GH_REDIS_FOREVER : 1 + roll(dice, 100);
    gh_redis_send(r, &(struct gh_redis_command){.argv = argv, .argc = 2, .again = one->again, .within_ms = within}, end_one, one);
  }
}

static void judge(struct server *s, struct crowd *crowd)
{
  for (unsigned i = 0; i < COMMANDS; i++) {
    const struct one *one = &crowd->all[i];
    unsigned done = atomic_load(&s->done[i]);
    assert_int_equal(one->times, 1);
    assert_false(one->wrong);
    if (one->unsent) assert_int_equal(done, 0);
    if (one->replied) assert_true(done >= 1);
    if (!one->again) assert_true(done <= 1);
  }
  assert_int_equal(crowd->answered + crowd->unknown + crowd->unsent, COMMANDS);
  assert_true(crowd->answered > COMMANDS / 10);
}

static void whatever_the_server_does(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 2; seed++) {
    struct server *s = calloc(1, sizeof *s);
    struct crowd *crowd = calloc(1, sizeof *crowd);
    struct dice dice = {seed * 7919};
    s->fake = fake_listen();
    s->dice.state = seed * 104729;
    pthread_mutex_init(&crowd->lock, NULL);
    pthread_cond_init(&crowd->come, NULL);
    pthread_create(&s->thread, NULL, serve, s);
    struct gh_redis_conf conf = conf_of(&s->fake);
    conf.timeout_ms = 250;
    struct gh_redis *r = open_client(&conf);
    send_all(r, crowd, &dice);
    if (seed == 1) { /* the other time it is closed with commands under way */
      pthread_mutex_lock(&crowd->lock);
      while (crowd->open) pthread_cond_wait(&crowd->come, &crowd->lock);
      pthread_mutex_unlock(&crowd->lock);
    }
    gh_redis_close(r);
    atomic_store(&s->stop, true);
    pthread_join(s->thread, NULL);
    print_message("answered %u, unknown %u, unsent %u\n", crowd->answered, crowd->unknown, crowd->unsent);
    judge(s, crowd);
    close(s->fake.fd);
    free(s);
    free(crowd);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_the_server_does)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
