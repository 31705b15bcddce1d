/* Watches the wall clock against the monotonic one: a jump of over a minute makes it untrusted until it has been steady for a minute. Pure. */
#ifndef GOLDHOUR_ENGINE_CLOCK_H
#define GOLDHOUR_ENGINE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct gh_clock_watch {
  bool started;
  bool steady;        /* the wall clock may be followed */
  int64_t offset_ms;  /* wall less monotonic, as last trusted */
  int64_t since_ms;   /* monotonic: of the last jump */
};

/* Looks at both clocks. Returns the jump, in ms, if there was one just now; else 0. */
int64_t gh_clock_watch(struct gh_clock_watch *w, int64_t wall_ms, int64_t monotonic_ms);

#endif
