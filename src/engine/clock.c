#include "clock.h"

#include "goldhour/base/time.h"

int64_t gh_clock_watch(struct gh_clock_watch *w, int64_t wall_ms, int64_t monotonic_ms)
{
  int64_t offset_ms = wall_ms - monotonic_ms, jump_ms = offset_ms - w->offset_ms;
  if (!w->started) {
    *w = (struct gh_clock_watch){.started = true, .steady = true, .offset_ms = offset_ms};
    return 0;
  }
  if (jump_ms > GH_MINUTE_MS || jump_ms < -GH_MINUTE_MS) {
    w->steady = false;
    w->offset_ms = offset_ms;
    w->since_ms = monotonic_ms;
    return jump_ms;
  }
  if (!w->steady && monotonic_ms - w->since_ms >= GH_MINUTE_MS) w->steady = true;
  if (w->steady) w->offset_ms = offset_ms; /* the clock is disciplined slowly: small steps do not add up to a jump */
  return 0;
}
