/* Reaching a host: its name looked up and a connection opened, each within its time. */
#define _GNU_SOURCE /* getaddrinfo_a: a name server that does not answer must not hold us up */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "check_live.h"

static bool fail(char why[256], const char *text)
{
  snprintf(why, 256, "%s", text);
  return false;
}

/* The request belongs to the library until it is answered: it stays where it is. */
static struct addrinfo *look_up(const char *host, unsigned port, int within_ms, char why[256])
{
  static struct gaicb request;
  static struct addrinfo hints;
  static char name[256], service[8];
  struct gaicb *list[] = {&request};
  const struct timespec within = {within_ms / 1000, (long)(within_ms % 1000) * 1000000};
  snprintf(name, sizeof name, "%s", host);
  snprintf(service, sizeof service, "%u", port);
  hints = (struct addrinfo){.ai_socktype = SOCK_STREAM};
  request = (struct gaicb){.ar_name = name, .ar_service = service, .ar_request = &hints};
  int rc = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
  if (rc == 0) (void)gai_suspend((const struct gaicb *const *)list, 1, &within);
  if (rc == 0) rc = gai_error(&request);
  if (rc == 0) return request.ar_result;
  if (rc == EAI_INPROGRESS) snprintf(why, 256, "no name server answers for '%s'", host);
  else snprintf(why, 256, "the name '%s' is not known here: %s", host, gai_strerror(rc));
  return NULL;
}

static bool connected(int fd, const struct addrinfo *to, int within_ms, char why[256])
{
  int error = 0;
  socklen_t size = sizeof error;
  struct pollfd wait = {.fd = fd, .events = POLLOUT};
  if (connect(fd, to->ai_addr, to->ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return fail(why, strerror(errno));
  if (poll(&wait, 1, within_ms) <= 0) return fail(why, "nothing answers: a firewall between, or the host is down");
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == ECONNREFUSED) return fail(why, "the host answers, but nothing listens on this port");
  return error == 0 || fail(why, strerror(error));
}

bool gh_live_reach(const char *host, unsigned port, int within_ms, char why[256])
{
  struct addrinfo *found = look_up(host, port, within_ms, why);
  bool ok = false;
  if (!found) return false;
  for (const struct addrinfo *a = found; a && !ok; a = a->ai_next) {
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    ok = connected(fd, a, within_ms, why);
    close(fd);
  }
  freeaddrinfo(found);
  return ok;
}
