/* A relay under test: opened over the test's folder, awaited, given committed leads. */
#ifndef TESTS_ENGINE_RELAY_BANK_H
#define TESTS_ENGINE_RELAY_BANK_H

#include "scratch.h"

#include <pthread.h>
#include <time.h>

#include "relay.h"

static struct gh_conf conf;
static struct gh_sink_conf sink_conf;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static unsigned wakes;

static void woke(void *ctx)
{
  (void)ctx;
  pthread_mutex_lock(&lock);
  wakes++;
  pthread_cond_broadcast(&woken);
  pthread_mutex_unlock(&lock);
}

static struct gh_relay *open_relay(bool many)
{
  char error[512];
  struct gh_relay_options options = {.conf = &conf, .sink = &sink_conf, .many = many, .woke = woke};
  struct gh_relay *r = gh_relay_open(&options, error);
  if (!r) fail_msg("%s", error);
  return r;
}

/* Waits until the relay is doing that; the test's own patience is 20 s. */
static struct gh_relay_state await(struct gh_relay *r, enum gh_relay_doing doing)
{
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 20;
  for (;;) {
    pthread_mutex_lock(&lock);
    unsigned seen = wakes;
    pthread_mutex_unlock(&lock);
    struct gh_relay_state s = gh_relay_state(r);
    if (s.doing == doing) return s;
    pthread_mutex_lock(&lock);
    while (wakes == seen) {
      if (pthread_cond_timedwait(&woken, &lock, &until) != 0) fail_msg("still %d, not %d: %s", (int)s.doing, (int)doing, s.error);
    }
    pthread_mutex_unlock(&lock);
  }
}

static bool durable;

static void committed(void *ctx, enum gh_commit_answer answer, const struct gh_store_error *error)
{
  (void)error;
  pthread_mutex_lock(&lock);
  durable = answer == GH_COMMIT_DURABLE;
  pthread_mutex_unlock(&lock);
  woke(ctx);
}

/* Commits `n` leads: PREFIX1, PREFIX2, … */
static void commit(struct gh_store *store, const char *prefix, unsigned n)
{
  static uint64_t seq;
  struct gh_commit_lead *leads = calloc(n, sizeof *leads);
  char (*text)[24] = calloc(n, sizeof *text);
  for (unsigned i = 0; i < n; i++) {
    snprintf(text[i], sizeof text[i], "%s%u", prefix, i + 1);
    leads[i] = (struct gh_commit_lead){gh_str(text[i]), gh_str(text[i])};
  }
  pthread_mutex_lock(&lock);
  durable = false;
  pthread_mutex_unlock(&lock);
  gh_store_commit(store, &(struct gh_commit){.seq = ++seq, .meta = GH_STR("m"), .leads = leads, .nleads = n}, committed, NULL);
  pthread_mutex_lock(&lock);
  while (!durable) pthread_cond_wait(&woken, &lock);
  pthread_mutex_unlock(&lock);
  free(leads);
  free(text);
}

#endif
