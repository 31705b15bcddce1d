/* The simulated world's inside: the virtual clock and what is under way.
 *
 *   hour by hour   each customer lives the hour (life.c, or the one scene of scene.c) and sends moments
 *   heap.c         holds them until they arrive
 *   world.c        lets them arrive in order, and writes them
 */
#ifndef GH_SIM_WORLD_H
#define GH_SIM_WORLD_H

#include "goldhour/base/time.h"
#include "goldhour/sim/sim.h"
#include "moment.h"
#include "person.h"
#include "random.h"

struct heap {
  struct moment *items; /* owned; the least at 0 */
  size_t n, cap;
};

/* Takes a copy. */
void gh_sim_heap_push(struct heap *h, const struct moment *m);
/* Only if n > 0. */
struct moment gh_sim_heap_pop(struct heap *h);

struct gh_sim {
  struct gh_sim_options options;
  int64_t begin_ms, end_ms; /* the first midnight, the last */
  int64_t hour_ms;          /* the next hour to live */
  uint64_t last_id, last_order;
  uint64_t last_instance;   /* of app flows */
  struct heap heap;
  struct gh_buf line;
  struct gh_buf truth, truth_due; /* passed by the stream; due but not yet passed */
};

/* Sends a moment as it is, with the delay of a healthy network (under 1.5 s). Returns the event's id. */
uint64_t gh_sim_send(struct gh_sim *sim, struct random *r, struct moment m);
/* The same, save that it may come late, or twice. */
void gh_sim_send_faulty(struct gh_sim *sim, struct random *r, struct moment m);
/* The same as gh_sim_send, `delay_ms` late. */
uint64_t gh_sim_send_late(struct gh_sim *sim, struct random *r, struct moment m, int64_t delay_ms);
/* Notes that `event` must have triggered the scene's rule at t. */
void gh_sim_plant(struct gh_sim *sim, const struct person *p, uint64_t event, int64_t t_ms);

/* An hour of an ordinary life. */
void gh_sim_live(struct gh_sim *sim, const struct person *p, struct random *r);
/* The scene of a planted customer, in its hour. */
void gh_sim_play(struct gh_sim *sim, const struct person *p);

#endif
