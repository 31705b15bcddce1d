/* A thread that notices when the connection to Redis was lost or led elsewhere: what came back may have lost a tail, and a partition without input would not find
 * that out. Each partition's last commit is asked for again; what is missing is sent again (redis_commit.c). */
#include <errno.h>
#include <time.h>

#include "goldhour/base/check.h"
#include "redis_store.h"

enum { LOOK_MS = 200, ANSWER_MS = 1000, AGAIN_LOOKS = 5, AGAIN_MOST = 10 }; /* a stop waits for the answer at hand */

void gh_watch_add(struct gh_stores *s, struct gh_redis_partition *p)
{
  pthread_mutex_lock(&s->watch_lock);
  p->next = s->handles;
  s->handles = p;
  pthread_mutex_unlock(&s->watch_lock);
}

void gh_watch_remove(struct gh_stores *s, struct gh_redis_partition *p)
{
  pthread_mutex_lock(&s->watch_lock);
  struct gh_redis_partition **at = &s->handles;
  while (*at != p) at = &(*at)->next;
  *at = p->next;
  pthread_mutex_unlock(&s->watch_lock);
}

static uint64_t changes(struct gh_stores *s)
{
  struct gh_redis_health h = gh_redis_health(s->redis);
  return h.reconnects + h.moved;
}

/* Until `closing`, or LOOK_MS are over. Under watch_lock. */
static void pause_watch(struct gh_stores *s)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += LOOK_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  while (!s->closing && pthread_cond_timedwait(&s->watch_wake, &s->watch_lock, &until) != ETIMEDOUT) {}
}

/* Those to be asked, each with a user more: of a handle that is closed meanwhile the watch may be the last user, and its end takes watch_lock. `again`: those alone
 * that were fenced before. Under watch_lock. */
static struct gh_redis_partition *hold(struct gh_stores *s, bool again)
{
  struct gh_redis_partition *held = NULL;
  for (struct gh_redis_partition *p = s->handles; p; p = p->next) {
    if (again && (p->probes_left == 0 || !gh_redis_probe_was_fenced(p))) continue;
    p->probes_left = again ? p->probes_left - 1 : AGAIN_MOST;
    if (!gh_store_try_ref(&p->store)) continue;
    p->asked = held;
    held = p;
  }
  return held;
}

static void probe(struct gh_redis_partition *held)
{
  for (struct gh_redis_partition *p = held; p; p = held) {
    held = p->asked;
    gh_redis_probe(p);
    gh_store_close(&p->store);
  }
}

/* The identity first, then every partition. False: Redis does not answer yet. Under watch_lock, but for the waiting. */
static bool look(struct gh_stores *s)
{
  struct gh_store_error error;
  pthread_mutex_unlock(&s->watch_lock);
  bool ok = gh_stores_same(s, ANSWER_MS, &error);
  pthread_mutex_lock(&s->watch_lock);
  struct gh_redis_partition *held = ok ? hold(s, false) : NULL;
  pthread_mutex_unlock(&s->watch_lock);
  probe(held);
  pthread_mutex_lock(&s->watch_lock);
  return ok;
}

/* Who had the partition before us may have lost commits that ours come behind: once it has sent them again, ours can follow. */
static void look_again(struct gh_stores *s)
{
  struct gh_redis_partition *held = hold(s, true);
  pthread_mutex_unlock(&s->watch_lock);
  probe(held);
  pthread_mutex_lock(&s->watch_lock);
}

static void *watch(void *arg)
{
  struct gh_stores *s = arg;
  uint64_t seen = 0;
  pthread_mutex_lock(&s->watch_lock);
  for (unsigned looks = 0; !s->closing; looks++) {
    uint64_t now = changes(s);
    if (now != seen && look(s)) seen = now;
    if (looks % AGAIN_LOOKS == 0) look_again(s);
    pause_watch(s);
  }
  pthread_mutex_unlock(&s->watch_lock);
  return NULL;
}

void gh_watch_begin(struct gh_stores *s)
{
  s->watching = pthread_create(&s->watch, NULL, watch, s) == 0;
  GH_CHECK(s->watching && "no thread for the store");
}

void gh_watch_end(struct gh_stores *s)
{
  if (!s->watching) return;
  pthread_mutex_lock(&s->watch_lock);
  s->closing = true;
  pthread_cond_signal(&s->watch_wake);
  pthread_mutex_unlock(&s->watch_lock);
  pthread_join(s->watch, NULL);
}
