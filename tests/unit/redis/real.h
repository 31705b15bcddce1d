/* Real servers for a test: started on free ports in a folder of their own, ended by their pid. Debian's redis-tools hold the program (it is redis-check-rdb by the
 * name of redis-server); without it the cases are skipped. */
#ifndef TESTS_UNIT_REDIS_REAL_H
#define TESTS_UNIT_REDIS_REAL_H

#include "fake.h"

#include <sys/wait.h>

#define REDIS_SERVER "/usr/bin/redis-check-rdb"

struct real { pid_t pid; unsigned port; char dir[64]; };

static inline unsigned free_port(void)
{
  struct fake f = fake_listen();
  close(f.fd);
  return f.port;
}

/* Servers of a failed case do not outlive the test. */
static struct { pid_t pids[64]; unsigned n; } started;

static inline void end_started(void)
{
  for (unsigned i = 0; i < started.n; i++) {
    if (started.pids[i] > 0) kill(started.pids[i], SIGKILL);
  }
}

static inline void remember(pid_t pid)
{
  if (started.n == 0) atexit(end_started);
  assert_true(started.n < 64);
  started.pids[started.n++] = pid;
}

static inline void forget(pid_t pid)
{
  for (unsigned i = 0; i < started.n; i++) {
    if (started.pids[i] == pid) started.pids[i] = 0;
  }
}

static inline pid_t spawn(char *const *argv, const char *log)
{
  pid_t pid = fork();
  if (pid != 0) return pid;
  int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(fd, 1);
  dup2(fd, 2);
  execv(REDIS_SERVER, argv);
  _exit(127);
}

/* Somebody listens there. */
static inline void wait_port(unsigned port)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < 1000; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int failed = connect(fd, (struct sockaddr *)&address, sizeof address);
    close(fd);
    if (!failed) return;
    usleep(10000);
  }
  fail_msg("the server on port %u does not come up", port);
}

/* `more`: further options, blanks between them. The server's port is real->port, set here unless it is already. */
static inline void start_real(struct real *s, const char *more)
{
  char port[16], log[80], copy[1024], *save = NULL, *argv[64] = {"redis-server"};
  unsigned n = 1;
  if (!s->port) s->port = free_port();
  if (!s->dir[0]) snprintf(s->dir, sizeof s->dir, "/tmp/gh-redis-XXXXXX"), assert_non_null(mkdtemp(s->dir));
  snprintf(port, sizeof port, "%u", s->port);
  snprintf(log, sizeof log, "%s/log", s->dir);
  snprintf(copy, sizeof copy, "%s", more);
  if (*more && *more != '-') argv[n++] = strtok_r(copy, " ", &save); /* a configuration file */
  char *fixed[] = {"--bind", "127.0.0.1", "--dir", s->dir, "--save", "", "--daemonize", "no"};
  for (unsigned i = 0; i < 8; i++) argv[n++] = fixed[i];
  if (!strstr(more, "tls-port")) argv[n++] = "--port", argv[n++] = port;
  for (char *w = strtok_r(save ? NULL : copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) argv[n++] = w;
  s->pid = spawn(argv, log);
  remember(s->pid);
  wait_port(s->port);
}

static inline void kill_real(struct real *s)
{
  if (s->pid > 0) kill(s->pid, SIGKILL), waitpid(s->pid, NULL, 0), forget(s->pid);
  s->pid = 0;
}

static inline void remove_real(struct real *s)
{
  char command[128];
  kill_real(s);
  snprintf(command, sizeof command, "rm -rf '%s'", s->dir);
  if (s->dir[0]) assert_int_equal(system(command), 0);
}

static inline struct gh_redis_conf conf_real(const struct real *s)
{
  return (struct gh_redis_conf){.node = {GH_STR("127.0.0.1"), s->port}, .timeout_ms = 5000};
}

/* Sends words and waits; the answer's text, or fails. */
static inline void say(struct gh_redis *r, const char *words, const char *want)
{
  struct sent *s = send_words(r, words, AGAIN);
  wait_sent(s);
  if (!s->has_reply) fail_msg("%s: no answer: %s", words, s->error.text);
  if (s->reply.kind == GH_REPLY_TEXT && want && !gh_str_eq(s->reply.text, gh_str(want))) fail_msg("%s: %.*s", words, GH_FMT(s->reply.text));
  if (s->reply.kind == GH_REPLY_ERROR) fail_msg("%s: %.*s", words, GH_FMT(s->reply.text));
  end_sent(s);
}

#endif
