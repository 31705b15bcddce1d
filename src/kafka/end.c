/* Ending a handle, in a thread of its own so that nobody waits longer than he wants. Who of the two is last frees what they share. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "goldhour/base/check.h"
#include "goldhour/kafka/kafka.h"

struct ending {
  rd_kafka_t *rk;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool ended, abandoned;
};

static void release(struct ending *e)
{
  pthread_cond_destroy(&e->changed);
  pthread_mutex_destroy(&e->lock);
  free(e);
}

static void *end(void *arg)
{
  struct ending *e = arg;
  rd_kafka_destroy_flags(e->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  pthread_mutex_lock(&e->lock);
  e->ended = true;
  bool last = e->abandoned;
  pthread_cond_signal(&e->changed);
  pthread_mutex_unlock(&e->lock);
  if (last) release(e);
  return NULL;
}

static void wait_ended(struct ending *e, int64_t within_ms)
{
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  int64_t ns = until.tv_nsec + within_ms % 1000 * 1000000;
  until.tv_sec += (time_t)(within_ms / 1000 + ns / 1000000000);
  until.tv_nsec = (long)(ns % 1000000000);
  int rc = 0;
  while (!e->ended && rc == 0) rc = pthread_cond_timedwait(&e->changed, &e->lock, &until);
}

void gh_kafka_end(rd_kafka_t *rk, int64_t within_ms)
{
  struct ending *e = calloc(1, sizeof *e);
  GH_CHECK(e && "out of memory");
  e->rk = rk;
  pthread_mutex_init(&e->lock, NULL);
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC); /* a wall clock that is set back lets nobody wait */
  pthread_cond_init(&e->changed, &clock);
  pthread_condattr_destroy(&clock);
  pthread_t thread;
  if (pthread_create(&thread, NULL, end, e) != 0) {
    end(e);
    release(e);
    return;
  }
  pthread_detach(thread);
  pthread_mutex_lock(&e->lock);
  wait_ended(e, within_ms);
  e->abandoned = !e->ended;
  bool last = e->ended;
  pthread_mutex_unlock(&e->lock);
  if (last) release(e);
}
