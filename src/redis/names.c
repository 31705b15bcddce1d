#include "names.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

enum { MOST_LOOK_UPS = 16 }; /* under way: a resolver that says nothing for long keeps each one's thread */
#define FRESH_NS (30 * UINT64_C(1000000000))

struct gh_look_up {
  struct gh_look_up *next;
  char host[256], port[16];
  struct gh_name *waiting;
  bool done;              /* and nobody waited */
  uint64_t done_ns;
  struct gh_name answer;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all that follows, and of the lists in it */
static struct gh_look_up *look_ups;
static unsigned under_way;

static void take_out(struct gh_look_up *l)
{
  struct gh_look_up **at = &look_ups;
  while (*at != l) at = &(*at)->next;
  *at = l->next;
  free(l);
}

static void forget_old(void)
{
  uint64_t now = gh_monotonic_ns();
  for (struct gh_look_up *l = look_ups, *next; l; l = next) {
    next = l->next;
    if (l->done && now - l->done_ns > FRESH_NS) take_out(l);
  }
}

static void answer(struct gh_name *n, const struct gh_name *with)
{
  memcpy(n->addresses, with->addresses, sizeof n->addresses);
  n->naddresses = with->naddresses;
  n->fault = with->fault;
  n->asked = NULL;
}

static void finish(struct gh_look_up *l)
{
  pthread_mutex_lock(&lock);
  under_way--;
  l->done = !l->waiting;
  l->done_ns = gh_monotonic_ns();
  for (struct gh_name *n = l->waiting, *next; n; n = next) {
    next = n->next;
    answer(n, &l->answer);
    uv_async_send(n->found);
  }
  if (!l->done) take_out(l);
  pthread_mutex_unlock(&lock);
}

static void *look_up(void *arg)
{
  struct gh_look_up *l = arg;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC}, *found = NULL;
  l->answer.fault = getaddrinfo(l->host, l->port, &hints, &found);
  for (struct addrinfo *a = l->answer.fault == 0 ? found : NULL; a && l->answer.naddresses < GH_MOST_ADDRESSES; a = a->ai_next) {
    memcpy(&l->answer.addresses[l->answer.naddresses++], a->ai_addr, a->ai_addrlen);
  }
  if (found) freeaddrinfo(found);
  finish(l);
  return NULL;
}

static struct gh_look_up *find(const char *host, const char *port)
{
  struct gh_look_up *l = look_ups;
  while (l && (strcmp(l->host, host) != 0 || strcmp(l->port, port) != 0)) l = l->next;
  return l;
}

static struct gh_look_up *begin(const char *host, const char *port)
{
  pthread_t thread;
  struct gh_look_up *l = calloc(1, sizeof *l);
  GH_CHECK(l && "out of memory");
  snprintf(l->host, sizeof l->host, "%s", host);
  snprintf(l->port, sizeof l->port, "%s", port);
  if (under_way >= MOST_LOOK_UPS || pthread_create(&thread, NULL, look_up, l) != 0) {
    free(l);
    return NULL;
  }
  pthread_detach(thread);
  under_way++;
  l->next = look_ups;
  look_ups = l;
  return l;
}

bool gh_name_ask(struct gh_name *n, const char *host, const char *port)
{
  pthread_mutex_lock(&lock);
  forget_old();
  struct gh_look_up *l = find(host, port);
  if (!l) l = begin(host, port);
  bool answered = !l || l->done;
  if (!l) n->fault = EAI_AGAIN;
  else if (answered) {
    answer(n, &l->answer);
    take_out(l);
  } else {
    n->asked = l;
    n->next = l->waiting;
    l->waiting = n;
  }
  pthread_mutex_unlock(&lock);
  return answered;
}

void gh_name_leave(struct gh_name *n)
{
  pthread_mutex_lock(&lock);
  if (n->asked) {
    struct gh_name **at = &n->asked->waiting;
    while (*at != n) at = &(*at)->next;
    *at = n->next;
    n->asked = NULL;
  }
  pthread_mutex_unlock(&lock);
}
