/* A small HTTP server of a test's own, on a thread: keeps what it was sent and answers as told. */
#ifndef TESTS_SINK_HTTP_SERVER_H
#define TESTS_SINK_HTTP_SERVER_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request { char head[2048]; char *body; size_t len; unsigned connection; };

/* What to answer: a status, or one of these. */
enum { CUT = -1, HANG = -2 };
typedef int answer_fn(const struct request *r, unsigned nth);

static struct {
  int listener;
  unsigned port, connections;
  pthread_t thread;
  answer_fn *answer;
  const char *extra;      /* further header lines of an answer, each ended by CR LF */
  size_t answer_bytes;    /* of its body */
  size_t promised_bytes;  /* more of it are announced, and never come: then the connection ends, or hangs */
  bool hangs;
  bool early;             /* answers before it has read a body, and never does */
  pthread_mutex_t lock;
  struct request requests[2000];
  atomic_uint nrequests;
  atomic_bool stopping;
} server;

static bool read_request(int fd, struct request *r)
{
  static char block[1 << 22];
  size_t have = 0, length = 0;
  char *end = NULL;
  memset(r, 0, sizeof *r);
  while (!end || have < (size_t)(end + 4 - block) + length) {
    ssize_t n = recv(fd, block + have, sizeof block - 1 - have, 0);
    if (n <= 0) return false;
    have += (size_t)n;
    block[have] = '\0';
    end = strstr(block, "\r\n\r\n");
    const char *field = end ? strstr(block, "Content-Length: ") : NULL;
    if (field) length = strtoul(field + 16, NULL, 10);
    if (end && server.early) length = 0;
  }
  snprintf(r->head, sizeof r->head, "%.*s", (int)(end - block), block);
  r->body = strndup(end + 4, length);
  r->len = length;
  return true;
}

static bool reply(int fd, int status)
{
  char head[512];
  int n = snprintf(head, sizeof head, "HTTP/1.1 %d So\r\nContent-Length: %zu\r\n%s\r\n", status, server.answer_bytes + server.promised_bytes, server.extra ? server.extra : "");
  if (send(fd, head, (size_t)n, MSG_NOSIGNAL) != n) return false;
  static const char zeros[65536];
  for (size_t left = server.answer_bytes; left > 0;) {
    ssize_t sent = send(fd, zeros, left < sizeof zeros ? left : sizeof zeros, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    left -= (size_t)sent;
  }
  while (server.hangs && !atomic_load(&server.stopping)) usleep(1000);
  return server.promised_bytes == 0;
}

static void serve_connection(int fd)
{
  struct request r;
  while (read_request(fd, &r)) {
    unsigned nth = atomic_load(&server.nrequests);
    r.connection = server.connections;
    server.requests[nth] = r;
    int status = server.answer(&r, nth);
    atomic_fetch_add(&server.nrequests, 1);
    while (status == HANG && !atomic_load(&server.stopping)) usleep(1000);
    if (status < 0 || !reply(fd, status)) return;
  }
}

static void *serve(void *arg)
{
  (void)arg;
  for (int fd; (fd = accept(server.listener, NULL, NULL)) >= 0 && !atomic_load(&server.stopping); close(fd)) {
    server.connections++;
    serve_connection(fd);
  }
  return NULL;
}

static void start_server(answer_fn *answer)
{
  memset(&server, 0, sizeof server);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  server.answer = answer;
  server.listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(server.listener, (struct sockaddr *)&at, len), 0);
  assert_int_equal(listen(server.listener, 8), 0);
  assert_int_equal(getsockname(server.listener, (struct sockaddr *)&at, &len), 0);
  server.port = ntohs(at.sin_port);
  assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

/* Any connection must be closed by now. */
static void stop_server(void)
{
  atomic_store(&server.stopping, true);
  shutdown(server.listener, SHUT_RDWR);
  pthread_join(server.thread, NULL);
  close(server.listener);
  for (unsigned i = 0; i < atomic_load(&server.nrequests); i++) free(server.requests[i].body);
}

#endif
