/* A lane's thread. Everybody else only notes under the lock what is wanted (relay.c); the thread alone uses the sink.
 *
 *   wait ─► sweep what was removed ─► the next partition that is due: a page (relay_page.c) ─► settle what came of it ─► woke ─► wait
 *
 * While something fails the thread looks up at least once a second, to keep the bounds of those that wait. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "relay_inside.h"

#define SECOND_NS UINT64_C(1000000000)
#define LONGEST_PAUSE_S 30u
#define FAILURES_OF_A_STORE 6u /* in a row: half a minute */
#define LONGEST_WISH_MS INT64_C(600000) /* of Retry-After */

/* ── what came of a try ── */

/* 1, 2, 4 … 30 s, less up to a quarter, so that many daemons do not come at once. */
static uint64_t pause_ns(unsigned failures, uint64_t now_ns)
{
  uint64_t s = failures > 4 ? LONGEST_PAUSE_S : UINT64_C(1) << failures;
  return failures == 0 ? SECOND_NS : s * SECOND_NS - now_ns % (s * SECOND_NS / 4);
}

static bool is_gone(const struct relay_lane *lane, const struct relay_try *try)
{
  return try->fault == RELAY_SINK && lane->options.sink->kind == GH_SINK_STDOUT;
}

/* A server is away for all partitions alike: the others need not try. Under the lock. */
static void pause_all(struct relay_lane *lane, const struct relay_try *try, uint64_t now_ns)
{
  uint64_t ours_ns = pause_ns(lane->failures++, now_ns), theirs_ns = (uint64_t)(try->wait_ms < LONGEST_WISH_MS ? try->wait_ms : LONGEST_WISH_MS) * 1000000;
  lane->pause_ns = now_ns + (ours_ns > theirs_ns ? ours_ns : theirs_ns);
  memcpy(lane->error, try->error, sizeof lane->error);
  for (unsigned i = 0; i < lane->nparts; i++) lane->parts[i]->hurry = false;
}

/* Under the lock. */
static void settle(struct relay_lane *lane, struct relay_part *p, const struct relay_try *try, uint64_t kicks)
{
  uint64_t now_ns = gh_monotonic_ns();
  p->hurry = false;
  memcpy(p->error, try->error, sizeof p->error);
  p->retry_ns = 0;
  if (try->fault == RELAY_FINE) {
    lane->failures = 0;
    lane->pause_ns = 0;
    p->pending = try->more || p->kicks != kicks;
  } else if (is_gone(lane, try)) {
    lane->gone = true;
  } else if (try->fault == RELAY_SINK && gh_sink_is_server(lane->sink)) {
    pause_all(lane, try, now_ns);
  } else {
    p->retry_ns = now_ns + SECOND_NS;
  }
}

/* ── the thread ── */

static void drop_part(struct relay_lane *lane, unsigned at)
{
  struct relay_part *p = lane->parts[at];
  lane->parts[at] = lane->parts[--lane->nparts];
  pthread_mutex_unlock(&lane->lock);
  (void)gh_relay_put_place(lane, p); /* if somebody else has the partition by now, nothing changes */
  gh_sink_forget(lane->sink, p->partition);
  gh_store_close(p->store);
  free(p);
  pthread_mutex_lock(&lane->lock);
}

static void sweep(struct relay_lane *lane)
{
  for (unsigned i = 0; i < lane->nparts;) {
    if (lane->parts[i]->removed) {
      drop_part(lane, i);
      i = 0;
    } else {
      i++;
    }
  }
}

static uint64_t due_ns(const struct relay_lane *lane, const struct relay_part *p)
{
  if (p->hurry) return 0;
  return p->retry_ns > lane->pause_ns ? p->retry_ns : lane->pause_ns;
}

/* Partitions take turns. */
static struct relay_part *next_due(struct relay_lane *lane, uint64_t now_ns)
{
  for (unsigned i = 0; i < lane->nparts && !lane->gone; i++) {
    unsigned at = (lane->turn + i) % lane->nparts;
    if (!lane->parts[at]->pending || due_ns(lane, lane->parts[at]) > now_ns) continue;
    lane->turn = at + 1;
    return lane->parts[at];
  }
  return NULL;
}

static void hand_over(struct relay_lane *lane, struct relay_part *p)
{
  struct relay_try try;
  uint64_t kicks = p->kicks;
  if (p->again) p->held = p->known = false;
  p->again = false;
  pthread_mutex_unlock(&lane->lock);
  gh_relay_page(lane, p, &try);
  pthread_mutex_lock(&lane->lock);
  settle(lane, p, &try, kicks);
  pthread_mutex_unlock(&lane->lock);
  if (lane->options.woke) lane->options.woke(lane->options.ctx);
  pthread_mutex_lock(&lane->lock);
}

/* A stream beside the store is away when the store is, and then nothing new is committed. */
static bool is_away_with_the_store(const struct relay_lane *lane)
{
  const struct gh_sink_conf *sink = lane->options.sink;
  return lane->options.stores && sink->kind == GH_SINK_REDIS && !sink->own_redis && lane->failures < FAILURES_OF_A_STORE;
}

/* Those that fail keep their bound; nobody else moves parts or their stores meanwhile: only this thread drops them. */
static void keep_bounds(struct relay_lane *lane)
{
  if (is_away_with_the_store(lane)) return;
  for (unsigned i = 0; i < lane->nparts; i++) {
    struct relay_part *p = lane->parts[i];
    if (!p->pending || p->removed) continue;
    struct relay_try try = {.fault = RELAY_FINE};
    pthread_mutex_unlock(&lane->lock);
    gh_relay_bound(lane, p, &try);
    pthread_mutex_lock(&lane->lock);
  }
}

/* Commits the places that were put off for long enough; all of them where `now_ns` is UINT64_MAX. Returns when the next is due. */
static uint64_t put_places(struct relay_lane *lane, uint64_t now_ns)
{
  uint64_t next_ns = UINT64_MAX;
  for (unsigned i = 0; i < lane->nparts; i++) {
    struct relay_part *p = lane->parts[i];
    uint64_t at_ns = p->put_ns + GH_RELAY_PUT_NS;
    if (!p->unput || p->removed) continue;
    if (at_ns > now_ns) {
      next_ns = at_ns < next_ns ? at_ns : next_ns;
      continue;
    }
    pthread_mutex_unlock(&lane->lock);
    bool ok = gh_relay_put_place(lane, p);
    pthread_mutex_lock(&lane->lock);
    if (!ok) return now_ns == UINT64_MAX ? now_ns : now_ns + SECOND_NS; /* the store is away */
  }
  return next_ns;
}

static bool anything_waits(const struct relay_lane *lane)
{
  for (unsigned i = 0; i < lane->nparts; i++) {
    if (lane->parts[i]->pending) return true;
  }
  return false;
}

static uint64_t next_due_ns(const struct relay_lane *lane, uint64_t most_ns)
{
  uint64_t at_ns = most_ns;
  for (unsigned i = 0; i < lane->nparts; i++) {
    uint64_t due = due_ns(lane, lane->parts[i]);
    if (lane->parts[i]->pending && due < at_ns) at_ns = due;
  }
  return at_ns;
}

static void wait_until(struct relay_lane *lane, uint64_t at_ns)
{
  struct timespec at = {.tv_sec = (time_t)(at_ns / SECOND_NS), .tv_nsec = (long)(at_ns % SECOND_NS)};
  (void)pthread_cond_timedwait(&lane->changed, &lane->lock, &at);
}

static bool anything_removed(const struct relay_lane *lane)
{
  for (unsigned i = 0; i < lane->nparts; i++) {
    if (lane->parts[i]->removed) return true;
  }
  return false;
}

/* A server that was away may have lost what it had, and no lead need come that would show it. Under the lock. */
static void look_again(struct relay_lane *lane)
{
  uint64_t breaks = gh_sink_breaks(lane->sink);
  if (breaks == GH_SINK_NEVER || breaks == lane->breaks) return;
  lane->breaks = breaks;
  for (unsigned i = 0; i < lane->nparts; i++) lane->parts[i]->again = lane->parts[i]->pending = true;
}

/* What is noted while the lock is let go is looked for before the wait. */
static void wait_for_work(struct relay_lane *lane)
{
  uint64_t now_ns = gh_monotonic_ns(), until_ns = put_places(lane, now_ns);
  if (!lane->gone && anything_waits(lane)) {
    keep_bounds(lane);
    uint64_t next_ns = next_due_ns(lane, now_ns + SECOND_NS);
    until_ns = next_ns < until_ns ? next_ns : until_ns;
  }
  if (lane->breaks != GH_SINK_NEVER && now_ns + SECOND_NS < until_ns) until_ns = now_ns + SECOND_NS;
  if ((lane->behind_untold || lane->refused_untold) && lane->tell_ns < until_ns) until_ns = lane->tell_ns;
  if (atomic_load(&lane->stopping) || anything_removed(lane)) return;
  if (until_ns == UINT64_MAX) pthread_cond_wait(&lane->changed, &lane->lock);
  else wait_until(lane, until_ns);
}

static void *run(void *arg)
{
  struct relay_lane *lane = arg;
  pthread_mutex_lock(&lane->lock);
  while (!atomic_load(&lane->stopping)) {
    sweep(lane);
    look_again(lane);
    struct relay_part *p = next_due(lane, gh_monotonic_ns());
    if (p) hand_over(lane, p);
    else wait_for_work(lane);
    gh_relay_tell_buried(lane, false);
  }
  gh_relay_tell_buried(lane, true);
  (void)put_places(lane, UINT64_MAX);
  lane->ended = true;
  pthread_cond_broadcast(&lane->changed);
  pthread_mutex_unlock(&lane->lock);
  return NULL;
}

/* ── opening and closing ── */

/* The loop's thread alone gets signals. */
static bool start_thread(struct relay_lane *lane)
{
  sigset_t all, before;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(&lane->thread, NULL, run, lane);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc == 0;
}

static void free_lane(struct relay_lane *lane)
{
  for (unsigned i = 0; i < lane->nparts; i++) {
    gh_store_close(lane->parts[i]->store);
    free(lane->parts[i]);
  }
  gh_sink_close(lane->sink);
  pthread_mutex_destroy(&lane->lock);
  pthread_cond_destroy(&lane->changed);
  gh_arena_free(&lane->arena);
  free(lane->leads);
  free(lane->parts);
  free(lane);
}

static struct relay_lane *new_lane(const struct gh_relay_options *options, const char *name)
{
  struct relay_lane *lane = calloc(1, sizeof *lane);
  GH_CHECK(lane && "out of memory");
  lane->options = *options;
  lane->name = name;
  gh_arena_init(&lane->arena, 0);
  pthread_condattr_t attr;
  GH_CHECK(pthread_mutex_init(&lane->lock, NULL) == 0 && pthread_condattr_init(&attr) == 0);
  GH_CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&lane->changed, &attr) == 0);
  pthread_condattr_destroy(&attr);
  return lane;
}

static struct gh_sink *open_sink(const struct gh_relay_options *o, struct gh_sink_error *error)
{
  struct gh_str name = o->conf->redis.name;
  return gh_sink_open(&(struct gh_sink_options){.conf = o->sink, .kafka = &o->conf->kafka.kafka, .dir = o->conf->dir,
                          .redis = o->stores ? gh_stores_redis(o->stores) : NULL, .installation = name.len ? name : GH_STR("goldhour"),
                          .shared = o->stores != NULL, .many = o->many},
      error);
}

struct relay_lane *gh_lane_open(const struct gh_relay_options *options, const char *name, char error[512])
{
  struct gh_sink_error sink_error = {.wait_ms = 0};
  struct relay_lane *lane = new_lane(options, name);
  lane->sink = open_sink(options, &sink_error);
  lane->breaks = lane->sink ? gh_sink_breaks(lane->sink) : GH_SINK_NEVER;
  bool started = lane->sink && start_thread(lane);
  if (started) return lane;
  snprintf(error, 512, "%s", lane->sink ? "a thread cannot be started" : sink_error.text);
  free_lane(lane);
  return NULL;
}

void gh_lane_end(struct relay_lane *lane)
{
  pthread_mutex_lock(&lane->lock);
  atomic_store(&lane->stopping, true);
  pthread_cond_broadcast(&lane->changed);
  pthread_mutex_unlock(&lane->lock);
}

void gh_lane_await(struct relay_lane *lane, uint64_t until_ns)
{
  pthread_mutex_lock(&lane->lock);
  while (!lane->ended && gh_monotonic_ns() < until_ns) wait_until(lane, until_ns);
  bool ended = lane->ended;
  pthread_mutex_unlock(&lane->lock);
  if (!ended) gh_sink_cut_off(lane->sink);
}

void gh_lane_close(struct relay_lane *lane)
{
  pthread_join(lane->thread, NULL);
  free_lane(lane);
}
