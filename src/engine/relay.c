/* Who speaks to a relay: everything here only notes under a lane's lock what is wanted; the lane's thread does it (relay_lane.c). */
#include "relay.h"

#include <stdlib.h>
#include <string.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "relay_inside.h"

#define LANES 4u /* of a stream: with 16 partitions one lane's leads waited 70 ms for the others' answers; more lanes gain little, and cost a thread each */

struct gh_relay {
  const struct gh_conf *conf;
  char *name;                                /* owned */
  struct relay_lane *lanes[LANES]; unsigned nlanes;
};

/* ── opening and closing ── */

/* A page to a server costs two answers, and the wait for its disk: pages of several partitions go at the same time. A file is written by one thread. */
static unsigned lanes_for(const struct gh_relay_options *o)
{
  return o->many && o->stores && o->sink->kind == GH_SINK_REDIS && !o->sink->own_redis ? LANES : 1;
}

static void end_lanes(struct gh_relay *r)
{
  for (unsigned i = 0; i < r->nlanes; i++) gh_lane_end(r->lanes[i]);
}

static void free_relay(struct gh_relay *r)
{
  for (unsigned i = 0; i < r->nlanes; i++) gh_lane_close(r->lanes[i]);
  free(r->name);
  free(r);
}

struct gh_relay *gh_relay_open(const struct gh_relay_options *options, char error[512])
{
  struct gh_relay *r = calloc(1, sizeof *r);
  GH_CHECK(r && "out of memory");
  struct gh_str name = options->sink->name;
  r->conf = options->conf;
  r->name = strndup(name.ptr ? name.ptr : "", name.len);
  GH_CHECK(r->name && "out of memory");
  for (unsigned lanes = lanes_for(options); r->nlanes < lanes; r->nlanes++) {
    r->lanes[r->nlanes] = gh_lane_open(options, r->name, error);
    if (r->lanes[r->nlanes]) continue;
    end_lanes(r);
    free_relay(r);
    return NULL;
  }
  return r;
}

void gh_relays_close(struct gh_relay **relays, unsigned n, int64_t within_ms)
{
  uint64_t until_ns = gh_monotonic_ns() + (uint64_t)within_ms * 1000000;
  for (unsigned i = 0; i < n; i++) end_lanes(relays[i]);
  for (unsigned i = 0; i < n; i++) {
    for (unsigned k = 0; k < relays[i]->nlanes; k++) gh_lane_await(relays[i]->lanes[k], until_ns);
  }
  for (unsigned i = 0; i < n; i++) free_relay(relays[i]);
}

const char *gh_relay_name(const struct gh_relay *r) { return r->name; }

/* ── partitions ── */

/* A partition's leads go by one lane, in their order. Locks it. */
static struct relay_lane *lock_lane(struct gh_relay *r, unsigned partition)
{
  struct relay_lane *lane = r->lanes[partition % r->nlanes];
  atomic_store(&lane->bound_leads, r->conf->sink_behind);
  pthread_mutex_lock(&lane->lock);
  return lane;
}

static void unlock(struct relay_lane *lane, bool changed)
{
  if (changed) pthread_cond_broadcast(&lane->changed);
  pthread_mutex_unlock(&lane->lock);
}

static struct relay_part *find(struct relay_lane *lane, unsigned partition)
{
  for (unsigned i = 0; i < lane->nparts; i++) {
    if (lane->parts[i]->partition == partition && !lane->parts[i]->removed) return lane->parts[i];
  }
  return NULL;
}

/* The thread drops it when it comes by; NULL is harmless. */
static void retire(struct relay_part *p)
{
  if (!p) return;
  p->removed = true;
  p->pending = false;
}

void gh_relay_add(struct gh_relay *r, unsigned partition, struct gh_store *store)
{
  struct relay_part *p = calloc(1, sizeof *p);
  GH_CHECK(p && "out of memory");
  *p = (struct relay_part){.partition = partition, .store = gh_store_ref(store), .began = gh_store_outbox_last(store), .pending = true};
  struct relay_lane *lane = lock_lane(r, partition);
  if (lane->nparts == lane->cap) {
    lane->cap = lane->cap ? lane->cap * 2 : 16;
    lane->parts = realloc(lane->parts, lane->cap * sizeof(struct relay_part *));
    GH_CHECK(lane->parts && "out of memory");
  }
  retire(find(lane, partition));
  lane->parts[lane->nparts++] = p;
  unlock(lane, true);
}

void gh_relay_remove(struct gh_relay *r, unsigned partition)
{
  struct relay_lane *lane = lock_lane(r, partition);
  retire(find(lane, partition));
  unlock(lane, true);
}

void gh_relay_kick(struct gh_relay *r, unsigned partition)
{
  struct relay_lane *lane = lock_lane(r, partition);
  struct relay_part *p = find(lane, partition);
  uint64_t last = p ? gh_store_outbox_last(p->store) : 0;
  bool more = p && last > p->handed;
  if (p) p->last = last;
  if (more) {
    p->kicks++;
    p->pending = true;
  }
  unlock(lane, more);
}

void gh_relay_look_again(struct gh_relay *r, unsigned partition)
{
  struct relay_lane *lane = lock_lane(r, partition);
  struct relay_part *p = find(lane, partition);
  if (p) {
    p->again = p->pending = true;
    p->kicks++;
  }
  unlock(lane, p != NULL);
}

void gh_relay_hurry(struct gh_relay *r)
{
  for (unsigned k = 0; k < r->nlanes; k++) {
    struct relay_lane *lane = r->lanes[k];
    pthread_mutex_lock(&lane->lock);
    for (unsigned i = 0; i < lane->nparts; i++) lane->parts[i]->hurry = lane->parts[i]->pending;
    unlock(lane, true);
  }
}

/* ── how it is ── */

static enum gh_relay_doing doing_of(const struct relay_lane *lane, const struct relay_part *p)
{
  if (p->removed || !p->pending) return GH_RELAY_IDLE;
  bool paused = lane->pause_ns > gh_monotonic_ns();
  return (p->error[0] || paused) && !p->hurry ? GH_RELAY_FAILING : GH_RELAY_BUSY;
}

/* Under the lock. */
static void add_state(const struct relay_lane *lane, struct gh_relay_state *state)
{
  for (unsigned i = 0; i < lane->nparts; i++) {
    const struct relay_part *p = lane->parts[i];
    enum gh_relay_doing doing = doing_of(lane, p);
    if (doing > state->doing) state->doing = doing;
    if (!p->removed && p->last > p->handed) state->behind += p->last - p->handed;
    if (doing == GH_RELAY_FAILING) memcpy(state->error, p->error[0] ? p->error : lane->error, sizeof state->error);
  }
  if (lane->gone) state->doing = GH_RELAY_GONE;
  state->handed += lane->handed;
  state->buried += lane->buried;
  state->bare += lane->bare;
}

struct gh_relay_state gh_relay_state(struct gh_relay *r)
{
  struct gh_relay_state state = {.doing = GH_RELAY_IDLE};
  for (unsigned i = 0; i < r->nlanes; i++) {
    pthread_mutex_lock(&r->lanes[i]->lock);
    add_state(r->lanes[i], &state);
    pthread_mutex_unlock(&r->lanes[i]->lock);
  }
  state.drains = state.doing < GH_RELAY_FAILING && !gh_relay_may_be_slow(r->lanes[0]);
  return state;
}
