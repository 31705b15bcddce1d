/* A stop while the daemon is being opened: its store and its brokers may be away, and each is given half a minute. Nothing is in hand then that an end at
 * once could harm: it is what a kill would leave. The signal is looked for by a thread of its own, as the opening one waits inside the libraries. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

/* Only looks whether a signal is there: until the loop runs it stays for the loop. */
static void watch(void *arg)
{
  const struct gh_starting *s = arg;
  struct pollfd fds[] = {{.fd = s->over, .events = POLLIN}, {.fd = s->signals, .events = POLLIN}};
  while (poll(fds, 2, -1) < 0) continue;
  if (fds[0].revents) return;
  gh_log(GH_INFO, "goldhour has stopped", "status=0");
  _exit(0);
}

void gh_starting_begin(struct gh_starting *s)
{
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  s->over = eventfd(0, EFD_CLOEXEC);
  s->signals = signalfd(-1, &stops, SFD_CLOEXEC);
  GH_CHECK(s->over >= 0 && s->signals >= 0);
  GH_CHECK(uv_thread_create(&s->thread, watch, s) == 0);
}

void gh_starting_end(struct gh_starting *s)
{
  GH_CHECK(eventfd_write(s->over, 1) == 0);
  uv_thread_join(&s->thread);
  close(s->signals);
  close(s->over);
}
