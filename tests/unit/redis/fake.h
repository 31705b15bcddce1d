/* A server of Redis's protocol that does what the story says: the test itself accepts, reads what it expects, and answers what it likes. Commands are sent from the
 * test's thread and their answers noted, so that nothing depends on time but what is about time-outs. */
#ifndef TESTS_UNIT_REDIS_FAKE_H
#define TESTS_UNIT_REDIS_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "goldhour/redis/redis.h"
#include "goldhour/sys/sys.h"

enum { PATIENCE_MS = 10000 }; /* of a test that fails; a good one never waits so long */

/* ---- the server ---- */

struct fake { int fd; unsigned port; };

static inline struct fake fake_listen(void)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  struct fake f = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
  assert_true(f.fd >= 0);
  assert_int_equal(bind(f.fd, (struct sockaddr *)&address, len), 0);
  assert_int_equal(listen(f.fd, 16), 0);
  assert_int_equal(getsockname(f.fd, (struct sockaddr *)&address, &len), 0);
  f.port = ntohs(address.sin_port);
  return f;
}

static inline bool readable(int fd, int ms)
{
  struct pollfd p = {.fd = fd, .events = POLLIN};
  return poll(&p, 1, ms) == 1;
}

static inline int fake_accept(struct fake *f)
{
  assert_true(readable(f->fd, PATIENCE_MS));
  int fd = accept(f->fd, NULL, NULL);
  assert_true(fd >= 0);
  return fd;
}

/* "GET k" as it goes over the wire; a word of one blank cannot be said. */
static inline void wire(const char *words, char *out, size_t cap)
{
  char copy[1024], *save = NULL, *argv[32];
  unsigned n = 0;
  snprintf(copy, sizeof copy, "%s", words);
  for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) argv[n++] = w;
  size_t at = (size_t)snprintf(out, cap, "*%u\r\n", n);
  for (unsigned i = 0; i < n; i++) at += (size_t)snprintf(out + at, cap - at, "$%zu\r\n%s\r\n", strlen(argv[i]), argv[i]);
}

/* Reads exactly this command. */
static inline void fake_expect(int fd, const char *words)
{
  char want[2048], got[2048] = "";
  wire(words, want, sizeof want);
  size_t n = strlen(want), at = 0;
  while (at < n) {
    if (!readable(fd, PATIENCE_MS)) fail_msg("nobody says %s", words);
    ssize_t k = read(fd, got + at, n - at);
    if (k <= 0) fail_msg("the client closed where %s was expected", words);
    at += (size_t)k;
    if (memcmp(got, want, at) != 0) fail_msg("expected %s, got %.*s", words, (int)at, got);
  }
}

static inline void fake_say(int fd, const char *bytes)
{
  size_t n = strlen(bytes);
  assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

static inline void fake_answer(int fd, const char *words, const char *answer)
{
  fake_expect(fd, words);
  fake_say(fd, answer);
}

/* The client closes, having said nothing more. */
static inline void fake_expect_end(int fd)
{
  char c;
  assert_true(readable(fd, PATIENCE_MS));
  if (read(fd, &c, 1) > 0) fail_msg("the client says more");
  close(fd);
}

/* ---- the client's side ---- */

static inline struct gh_redis_conf conf_of(const struct fake *f)
{
  return (struct gh_redis_conf){.node = {GH_STR("127.0.0.1"), f->port}, .timeout_ms = PATIENCE_MS};
}

static inline struct gh_redis *open_client(const struct gh_redis_conf *conf)
{
  struct gh_redis_error error = {""};
  struct gh_redis *r = gh_redis_open(conf, GH_STR("."), NULL, &error);
  if (!r) fail_msg("%s", error.text);
  return r;
}

/* What became of one command. */
struct sent {
  pthread_mutex_t lock;
  pthread_cond_t come;
  unsigned times;
  bool has_reply, unsent;
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_redis_error error;
};

static inline void keep(struct gh_arena *arena, const struct gh_reply *from, struct gh_reply *to)
{
  *to = *from;
  to->text = gh_arena_str(arena, from->text);
  struct gh_reply *items = gh_arena_zero(arena, from->n + 1, sizeof *items);
  for (unsigned i = 0; i < from->n; i++) keep(arena, &from->items[i], &items[i]);
  to->items = items;
}

static inline void note(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  struct sent *s = ctx;
  pthread_mutex_lock(&s->lock);
  s->times++;
  s->has_reply = reply != NULL;
  s->unsent = unsent;
  if (reply) keep(&s->arena, reply, &s->reply);
  else s->error = *error;
  pthread_cond_signal(&s->come);
  pthread_mutex_unlock(&s->lock);
}

enum { ONCE = 0, AGAIN = 1 };

static inline struct sent *send_within(struct gh_redis *r, const char *words, bool again, int64_t within_ms)
{
  char copy[1024], *save = NULL;
  struct gh_str argv[32];
  unsigned n = 0;
  struct sent *s = calloc(1, sizeof *s);
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->come, NULL);
  gh_arena_init(&s->arena, 0);
  snprintf(copy, sizeof copy, "%s", words);
  for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) argv[n++] = gh_str(w);
  struct gh_redis_command c = {.argv = argv, .argc = n, .again = again, .within_ms = within_ms, .key = n > 1 ? argv[1] : (struct gh_str){0}};
  gh_redis_send(r, &c, note, s);
  return s;
}

static inline struct sent *send_words(struct gh_redis *r, const char *words, bool again) { return send_within(r, words, again, PATIENCE_MS); }

static inline void wait_sent(struct sent *s)
{
  pthread_mutex_lock(&s->lock);
  while (!s->times) pthread_cond_wait(&s->come, &s->lock);
  pthread_mutex_unlock(&s->lock);
}

static inline void end_sent(struct sent *s)
{
  assert_int_equal(s->times, 1);
  pthread_mutex_destroy(&s->lock);
  pthread_cond_destroy(&s->come);
  gh_arena_free(&s->arena);
  free(s);
}

static inline void expect_text(struct sent *s, const char *text)
{
  wait_sent(s);
  if (!s->has_reply) fail_msg("no answer: %s", s->error.text);
  if (!gh_str_eq(s->reply.text, gh_str(text))) fail_msg("expected %s, got %.*s", text, GH_FMT(s->reply.text));
  end_sent(s);
}

/* No answer, with these words in the reason. */
static inline void expect_none(struct sent *s, bool unsent, const char *part)
{
  wait_sent(s);
  assert_false(s->has_reply);
  assert_int_equal(s->unsent, unsent);
  if (!strstr(s->error.text, part)) fail_msg("expected '%s' in: %s", part, s->error.text);
  end_sent(s);
}

#endif
