/* The simulated world: a bank whose customers live through days of a virtual clock, and the stream of events that this sends, in order of arrival.
 *
 * Everything is a function of the options: the same options give the same bytes on every machine (integer arithmetic, an own generator, no clock).
 * Memory grows with the events of one hour, not with the customers. Events and profiles fit the schema of config/demo; their zone is
 * China's (+08:00 all year). What the stream holds on purpose: a daily rhythm that differs by age, weekends, payroll days, app flows that stop
 * half-way, customers who fall silent, duplicates, events out of order within 1.5 s, late ones (minutes to hours) and some over a day late.
 *
 * Some customers are planted: they live quietly save for one scene that must give a lead by the rules of config/demo. These are the truth.
 */
#ifndef GOLDHOUR_SIM_SIM_H
#define GOLDHOUR_SIM_SIM_H

#include "goldhour/base/buf.h"

#define GH_SIM_CUSTOMERS_MAX 50000000u
#define GH_SIM_DAYS_MAX 3660u

struct gh_sim_options {
  uint64_t seed;
  uint32_t customers; /* 1 … GH_SIM_CUSTOMERS_MAX */
  uint32_t days;      /* 1 … GH_SIM_DAYS_MAX */
  int64_t start_day;  /* days since 1970, the first day */
  bool wide;          /* with the further fields that a core-banking record carries: about 300 bytes an event */
};

struct gh_sim;

/* A world before its first hour. Free with gh_sim_free. */
struct gh_sim *gh_sim_new(struct gh_sim_options options);
void gh_sim_free(struct gh_sim *sim);

struct gh_sim_event {
  struct gh_str json;  /* one canonical event, no newline; borrowed until the next call */
  int64_t time_ms;     /* when it happened */
  int64_t arrival_ms;  /* when it arrives, by the virtual clock; never falls */
};

/* The next event to arrive; false: the last day is over. */
bool gh_sim_next(struct gh_sim *sim, struct gh_sim_event *out);
/* Appends the bulk profile of customer `index` (from 0), a JSON object without newline. False: this customer has none; nothing is appended. */
bool gh_sim_profile(const struct gh_sim *sim, uint32_t index, struct gh_buf *out);
/* Moves to the end of `out` the planted triggers whose time the stream has passed since the last call, a JSON line each:
 * {"rule", "customer", "event", "triggered_at"}. Ask after the last event for all of them. */
void gh_sim_truth(struct gh_sim *sim, struct gh_buf *out);

#endif
