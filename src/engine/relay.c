/* The relay's thread, and who speaks to it. Everybody else only notes under the lock what is wanted; the thread alone uses the sink.
 *
 *   wait ─► sweep what was removed ─► the next partition that is due: a page (relay_page.c) ─► settle what came of it ─► woke ─► wait
 *
 * While something fails the thread looks up at least once a second, to keep the bounds of those that wait. */
#include "relay.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

static bool is_gone(const struct gh_relay *r, const struct relay_try *try)
{
  return try->fault == RELAY_SINK && r->options.sink->kind == GH_SINK_STDOUT;
}

/* A server is away for all partitions alike: the others need not try. Under the lock. */
static void pause_all(struct gh_relay *r, const struct relay_try *try, uint64_t now_ns)
{
  uint64_t ours_ns = pause_ns(r->failures++, now_ns), theirs_ns = (uint64_t)(try->wait_ms < LONGEST_WISH_MS ? try->wait_ms : LONGEST_WISH_MS) * 1000000;
  r->pause_ns = now_ns + (ours_ns > theirs_ns ? ours_ns : theirs_ns);
  memcpy(r->error, try->error, sizeof r->error);
  for (unsigned i = 0; i < r->nparts; i++) r->parts[i]->hurry = false;
}

/* Under the lock. */
static void settle(struct gh_relay *r, struct relay_part *p, const struct relay_try *try, uint64_t kicks)
{
  uint64_t now_ns = gh_monotonic_ns();
  p->hurry = false;
  memcpy(p->error, try->error, sizeof p->error);
  p->retry_ns = 0;
  if (try->fault == RELAY_FINE) {
    r->failures = 0;
    r->pause_ns = 0;
    p->pending = try->more || p->kicks != kicks;
  } else if (is_gone(r, try)) {
    r->gone = true;
  } else if (try->fault == RELAY_SINK && gh_sink_is_server(r->sink)) {
    pause_all(r, try, now_ns);
  } else {
    p->retry_ns = now_ns + SECOND_NS;
  }
}

/* ── the thread ── */

static void drop_part(struct gh_relay *r, unsigned at)
{
  struct relay_part *p = r->parts[at];
  r->parts[at] = r->parts[--r->nparts];
  pthread_mutex_unlock(&r->lock);
  (void)gh_relay_put_place(r, p); /* if somebody else has the partition by now, nothing changes */
  gh_sink_forget(r->sink, p->partition);
  gh_store_close(p->store);
  free(p);
  pthread_mutex_lock(&r->lock);
}

static void sweep(struct gh_relay *r)
{
  for (unsigned i = 0; i < r->nparts;) {
    if (r->parts[i]->removed) {
      drop_part(r, i);
      i = 0;
    } else {
      i++;
    }
  }
}

static uint64_t due_ns(const struct gh_relay *r, const struct relay_part *p)
{
  if (p->hurry) return 0;
  return p->retry_ns > r->pause_ns ? p->retry_ns : r->pause_ns;
}

/* Partitions take turns. */
static struct relay_part *next_due(struct gh_relay *r, uint64_t now_ns)
{
  for (unsigned i = 0; i < r->nparts && !r->gone; i++) {
    unsigned at = (r->turn + i) % r->nparts;
    if (!r->parts[at]->pending || due_ns(r, r->parts[at]) > now_ns) continue;
    r->turn = at + 1;
    return r->parts[at];
  }
  return NULL;
}

static void hand_over(struct gh_relay *r, struct relay_part *p)
{
  struct relay_try try;
  uint64_t kicks = p->kicks;
  if (p->again) p->held = p->known = false;
  p->again = false;
  pthread_mutex_unlock(&r->lock);
  gh_relay_page(r, p, &try);
  pthread_mutex_lock(&r->lock);
  settle(r, p, &try, kicks);
  pthread_mutex_unlock(&r->lock);
  if (r->options.woke) r->options.woke(r->options.ctx);
  pthread_mutex_lock(&r->lock);
}

/* A stream beside the store is away when the store is, and then nothing new is committed. */
static bool is_away_with_the_store(const struct gh_relay *r)
{
  const struct gh_sink_conf *sink = r->options.sink;
  return r->options.stores && sink->kind == GH_SINK_REDIS && !sink->own_redis && r->failures < FAILURES_OF_A_STORE;
}

/* Those that fail keep their bound; nobody else moves parts or their stores meanwhile: only this thread drops them. */
static void keep_bounds(struct gh_relay *r)
{
  if (is_away_with_the_store(r)) return;
  for (unsigned i = 0; i < r->nparts; i++) {
    struct relay_part *p = r->parts[i];
    if (!p->pending || p->removed) continue;
    struct relay_try try = {.fault = RELAY_FINE};
    pthread_mutex_unlock(&r->lock);
    gh_relay_bound(r, p, &try);
    pthread_mutex_lock(&r->lock);
  }
}

/* Commits the places that were put off for long enough; all of them where `now_ns` is UINT64_MAX. Returns when the next is due. */
static uint64_t put_places(struct gh_relay *r, uint64_t now_ns)
{
  uint64_t next_ns = UINT64_MAX;
  for (unsigned i = 0; i < r->nparts; i++) {
    struct relay_part *p = r->parts[i];
    uint64_t at_ns = p->put_ns + GH_RELAY_PUT_NS;
    if (!p->unput || p->removed) continue;
    if (at_ns > now_ns) {
      next_ns = at_ns < next_ns ? at_ns : next_ns;
      continue;
    }
    pthread_mutex_unlock(&r->lock);
    bool ok = gh_relay_put_place(r, p);
    pthread_mutex_lock(&r->lock);
    if (!ok) return now_ns == UINT64_MAX ? now_ns : now_ns + SECOND_NS; /* the store is away */
  }
  return next_ns;
}

static bool anything_waits(const struct gh_relay *r)
{
  for (unsigned i = 0; i < r->nparts; i++) {
    if (r->parts[i]->pending) return true;
  }
  return false;
}

static uint64_t next_due_ns(const struct gh_relay *r, uint64_t most_ns)
{
  uint64_t at_ns = most_ns;
  for (unsigned i = 0; i < r->nparts; i++) {
    uint64_t due = due_ns(r, r->parts[i]);
    if (r->parts[i]->pending && due < at_ns) at_ns = due;
  }
  return at_ns;
}

static void wait_until(struct gh_relay *r, uint64_t at_ns)
{
  struct timespec at = {.tv_sec = (time_t)(at_ns / SECOND_NS), .tv_nsec = (long)(at_ns % SECOND_NS)};
  (void)pthread_cond_timedwait(&r->changed, &r->lock, &at);
}

static bool anything_removed(const struct gh_relay *r)
{
  for (unsigned i = 0; i < r->nparts; i++) {
    if (r->parts[i]->removed) return true;
  }
  return false;
}

/* What is noted while the lock is let go is looked for before the wait. */
static void wait_for_work(struct gh_relay *r)
{
  uint64_t now_ns = gh_monotonic_ns(), until_ns = put_places(r, now_ns);
  if (!r->gone && anything_waits(r)) {
    keep_bounds(r);
    uint64_t next_ns = next_due_ns(r, now_ns + SECOND_NS);
    until_ns = next_ns < until_ns ? next_ns : until_ns;
  }
  if ((r->behind_untold || r->refused_untold) && r->tell_ns < until_ns) until_ns = r->tell_ns;
  if (atomic_load(&r->stopping) || anything_removed(r)) return;
  if (until_ns == UINT64_MAX) pthread_cond_wait(&r->changed, &r->lock);
  else wait_until(r, until_ns);
}

static void *run(void *arg)
{
  struct gh_relay *r = arg;
  pthread_mutex_lock(&r->lock);
  while (!atomic_load(&r->stopping)) {
    sweep(r);
    struct relay_part *p = next_due(r, gh_monotonic_ns());
    if (p) hand_over(r, p);
    else wait_for_work(r);
    gh_relay_tell_buried(r, false);
  }
  gh_relay_tell_buried(r, true);
  (void)put_places(r, UINT64_MAX);
  r->ended = true;
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
  return NULL;
}

/* ── opening and closing ── */

/* The loop's thread alone gets signals. */
static bool start_thread(struct gh_relay *r)
{
  sigset_t all, before;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(&r->thread, NULL, run, r);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc == 0;
}

static void free_relay(struct gh_relay *r)
{
  for (unsigned i = 0; i < r->nparts; i++) {
    gh_store_close(r->parts[i]->store);
    free(r->parts[i]);
  }
  gh_sink_close(r->sink);
  pthread_mutex_destroy(&r->lock);
  pthread_cond_destroy(&r->changed);
  gh_arena_free(&r->arena);
  free(r->leads);
  free(r->parts);
  free(r->name);
  free(r);
}

static struct gh_relay *new_relay(const struct gh_relay_options *options)
{
  struct gh_relay *r = calloc(1, sizeof *r);
  GH_CHECK(r && "out of memory");
  r->options = *options;
  struct gh_str name = options->sink->name;
  r->name = strndup(name.ptr ? name.ptr : "", name.len);
  GH_CHECK(r->name && "out of memory");
  gh_arena_init(&r->arena, 0);
  pthread_condattr_t attr;
  GH_CHECK(pthread_mutex_init(&r->lock, NULL) == 0 && pthread_condattr_init(&attr) == 0);
  GH_CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&r->changed, &attr) == 0);
  pthread_condattr_destroy(&attr);
  return r;
}

static struct gh_sink *open_sink(const struct gh_relay_options *o, struct gh_sink_error *error)
{
  struct gh_str name = o->conf->redis.name;
  return gh_sink_open(&(struct gh_sink_options){.conf = o->sink, .kafka = &o->conf->kafka.kafka, .dir = o->conf->dir,
                          .redis = o->stores ? gh_stores_redis(o->stores) : NULL, .installation = name.len ? name : GH_STR("goldhour"),
                          .shared = o->stores != NULL, .many = o->many},
      error);
}

struct gh_relay *gh_relay_open(const struct gh_relay_options *options, char error[512])
{
  struct gh_sink_error sink_error = {.wait_ms = 0};
  struct gh_relay *r = new_relay(options);
  r->sink = open_sink(options, &sink_error);
  bool started = r->sink && start_thread(r);
  if (started) return r;
  snprintf(error, 512, "%s", r->sink ? "a thread cannot be started" : sink_error.text);
  free_relay(r);
  return NULL;
}

void gh_relay_close(struct gh_relay *r, int64_t within_ms)
{
  if (!r) return;
  uint64_t at_ns = gh_monotonic_ns() + (uint64_t)within_ms * 1000000;
  pthread_mutex_lock(&r->lock);
  atomic_store(&r->stopping, true);
  pthread_cond_broadcast(&r->changed);
  while (!r->ended && gh_monotonic_ns() < at_ns) wait_until(r, at_ns);
  bool ended = r->ended;
  pthread_mutex_unlock(&r->lock);
  if (!ended) gh_sink_cut_off(r->sink);
  pthread_join(r->thread, NULL);
  free_relay(r);
}

const char *gh_relay_name(const struct gh_relay *r) { return r->name; }

/* ── from other threads ── */

/* The thread drops it when it comes by; NULL is harmless. Under the lock. */
static void retire(struct relay_part *p)
{
  if (!p) return;
  p->removed = true;
  p->pending = false;
}

static struct relay_part *find(struct gh_relay *r, unsigned partition)
{
  for (unsigned i = 0; i < r->nparts; i++) {
    if (r->parts[i]->partition == partition && !r->parts[i]->removed) return r->parts[i];
  }
  return NULL;
}

void gh_relay_add(struct gh_relay *r, unsigned partition, struct gh_store *store)
{
  struct relay_part *p = calloc(1, sizeof *p);
  GH_CHECK(p && "out of memory");
  *p = (struct relay_part){.partition = partition, .store = gh_store_ref(store), .pending = true};
  atomic_store(&r->bound_leads, r->options.conf->sink_behind);
  pthread_mutex_lock(&r->lock);
  if (r->nparts == r->cap) {
    r->cap = r->cap ? r->cap * 2 : 16;
    r->parts = realloc(r->parts, r->cap * sizeof(struct relay_part *));
    GH_CHECK(r->parts && "out of memory");
  }
  retire(find(r, partition));
  r->parts[r->nparts++] = p;
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
}

void gh_relay_remove(struct gh_relay *r, unsigned partition)
{
  pthread_mutex_lock(&r->lock);
  retire(find(r, partition));
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
}

void gh_relay_kick(struct gh_relay *r, unsigned partition)
{
  atomic_store(&r->bound_leads, r->options.conf->sink_behind);
  pthread_mutex_lock(&r->lock);
  struct relay_part *p = find(r, partition);
  if (p) {
    uint64_t last = gh_store_outbox_last(p->store);
    bool more = last > p->handed;
    p->last = last;
    p->kicks += more;
    p->pending = p->pending || more;
    if (more) pthread_cond_broadcast(&r->changed);
  }
  pthread_mutex_unlock(&r->lock);
}

void gh_relay_look_again(struct gh_relay *r, unsigned partition)
{
  pthread_mutex_lock(&r->lock);
  struct relay_part *p = find(r, partition);
  if (p) {
    p->again = p->pending = true;
    p->kicks++;
    pthread_cond_broadcast(&r->changed);
  }
  pthread_mutex_unlock(&r->lock);
}

void gh_relay_hurry(struct gh_relay *r)
{
  pthread_mutex_lock(&r->lock);
  for (unsigned i = 0; i < r->nparts; i++) r->parts[i]->hurry = r->parts[i]->pending;
  pthread_cond_broadcast(&r->changed);
  pthread_mutex_unlock(&r->lock);
}

static enum gh_relay_doing doing_of(const struct gh_relay *r, const struct relay_part *p)
{
  if (p->removed || !p->pending) return GH_RELAY_IDLE;
  bool paused = r->pause_ns > gh_monotonic_ns();
  return (p->error[0] || paused) && !p->hurry ? GH_RELAY_FAILING : GH_RELAY_BUSY;
}

struct gh_relay_state gh_relay_state(struct gh_relay *r)
{
  struct gh_relay_state state = {.doing = GH_RELAY_IDLE};
  pthread_mutex_lock(&r->lock);
  for (unsigned i = 0; i < r->nparts; i++) {
    const struct relay_part *p = r->parts[i];
    enum gh_relay_doing doing = doing_of(r, p);
    if (doing > state.doing) state.doing = doing;
    if (!p->removed && p->last > p->handed) state.behind += p->last - p->handed;
    if (doing == GH_RELAY_FAILING) memcpy(state.error, p->error[0] ? p->error : r->error, sizeof state.error);
  }
  if (r->gone) state.doing = GH_RELAY_GONE;
  state.drains = state.doing < GH_RELAY_FAILING && !gh_relay_may_be_slow(r);
  state.handed = r->handed;
  state.buried = r->buried;
  pthread_mutex_unlock(&r->lock);
  return state;
}
