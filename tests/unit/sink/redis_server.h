/* A redis-server of a test's own, on a free port of 127.0.0.1, and what is asked of it besides. */
#ifndef TESTS_SINK_REDIS_SERVER_H
#define TESTS_SINK_REDIS_SERVER_H

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

static pid_t redis_pid;
static unsigned redis_port;

static unsigned free_port(void)
{
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
  close(fd);
  return ntohs(at.sin_port);
}

/* What redis-cli prints for a command, without its last newline. */
static const char *redis(const char *command)
{
  static char out[65536];
  char line[4096];
  snprintf(line, sizeof line, "redis-cli -p %u %s 2>&1", redis_port, command);
  FILE *p = popen(line, "r");
  assert_non_null(p);
  size_t n = fread(out, 1, sizeof out - 1, p);
  pclose(p);
  out[n] = '\0';
  if (n && out[n - 1] == '\n') out[n - 1] = '\0';
  return out;
}

/* Debian's redis-tools have the server too, under another name: it looks at how it is called. */
static const char *redis_program(void)
{
  static const char *const paths[] = {"/usr/bin/redis-server", "/usr/bin/redis-check-rdb", "/usr/local/bin/redis-server"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    if (access(paths[i], X_OK) == 0) return paths[i];
  }
  return NULL;
}

/* False: this machine has none. */
static bool start_redis(void)
{
  char port[16];
  const char *program = redis_program();
  redis_port = free_port();
  snprintf(port, sizeof port, "%u", redis_port);
  if (!program) return false;
  redis_pid = fork();
  assert_true(redis_pid >= 0);
  if (redis_pid == 0) {
    execl(program, "redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--loglevel", "warning", "--logfile", "redis.log", NULL);
    _exit(127);
  }
  for (unsigned i = 0; i < 2000 && strcmp(redis("ping"), "PONG") != 0; i++) usleep(10000);
  return true;
}

static void stop_redis(void)
{
  if (redis_pid <= 0) return;
  kill(redis_pid, SIGKILL);
  waitpid(redis_pid, NULL, 0);
  redis_pid = 0;
}

#endif
