/* What relay.c (who speaks to a relay), relay_lane.c (a thread) and relay_page.c (what it does with one partition) share. */
#ifndef GOLDHOUR_ENGINE_RELAY_INSIDE_H
#define GOLDHOUR_ENGINE_RELAY_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "goldhour/sink/sink.h"
#include "relay.h"

/* A partition that is ours. */
struct relay_part {
  unsigned partition;
  struct gh_store *store;       /* a reference */
  /* the lane's thread alone: */
  bool held, known;             /* at the sink we are the one who writes; `place` is what the store has, or will have */
  struct gh_sink_place place;
  uint64_t began;               /* the store's last lead when it was loaded, or when the sink last knew of it */
  bool unput; uint64_t put_ns;  /* the store does not have `place` yet; when it had one last */
  unsigned losses;              /* in a row: somebody else took it while we wrote */
  /* under the lock: */
  bool pending, removed, hurry;
  bool again;                   /* its place is to be read anew */
  uint64_t kicks;
  uint64_t last, handed;        /* numbers of leads: committed, handed over */
  uint64_t retry_ns;            /* not before */
  char error[512];              /* empty: the last try went well */
};

/* A thread with a sink of its own, for some of the partitions. */
struct relay_lane {
  struct gh_relay_options options;
  struct gh_sink *sink;
  const char *name;             /* the relay's */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  atomic_bool stopping;
  atomic_llong bound_leads;     /* sink_behind, as the loop has it now: 0: none */
  /* under the lock: */
  bool gone, ended;
  struct relay_part **parts; unsigned nparts, cap, turn; /* owned */
  uint64_t pause_ns;            /* a server that is away is away for all partitions: not before */
  char error[512];              /* why */
  uint64_t handed, buried, bare;
  /* the thread alone: */
  unsigned failures;            /* of a server, in a row */
  uint64_t breaks;              /* gh_sink_breaks, when all was looked at again */
  struct gh_arena arena;        /* the texts of the page */
  struct gh_sink_lead *leads; unsigned nleads, leads_cap;
  uint64_t behind_untold, refused_untold, bare_untold, tell_ns; /* leads given to the dead letters and not told */
};

/* relay_lane.c: NULL with `error`, as gh_relay_open. */
struct relay_lane *gh_lane_open(const struct gh_relay_options *options, const char *name, char error[512]);
/* Tells the thread to end after the page in hand; waits for that; joins it and frees all. What the sink waits for after `until_ns` is cut off. */
void gh_lane_end(struct relay_lane *lane);
void gh_lane_await(struct relay_lane *lane, uint64_t until_ns);
void gh_lane_close(struct relay_lane *lane);

/* Why a try went wrong. */
enum relay_fault { RELAY_FINE, RELAY_STORE, RELAY_SINK };
struct relay_try { enum relay_fault fault; char error[512]; int64_t wait_ms; bool more; }; /* wait_ms: as gh_sink_error */

/* Hands over one page of the partition. On the lane's thread, without the lock. */
void gh_relay_page(struct relay_lane *lane, struct relay_part *p, struct relay_try *try);
/* Whether its sink may be slower than events come, for good. */
static inline bool gh_relay_may_be_slow(const struct relay_lane *lane) { return lane->options.sink->kind == GH_SINK_WEBHOOK; }
/* Commits the place if that was put off; false: it could not be. */
bool gh_relay_put_place(struct relay_lane *lane, struct relay_part *p);
#define GH_RELAY_PUT_NS UINT64_C(500000000) /* so long it may be put off */
/* Leads beyond the bound go to the dead letters. */
void gh_relay_bound(struct relay_lane *lane, struct relay_part *p, struct relay_try *try);
/* Says how many leads went to the dead letters, once a minute. */
void gh_relay_tell_buried(struct relay_lane *lane, bool at_once);

#endif
