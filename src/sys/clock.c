#include <time.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

int64_t gh_wall_ms(void)
{
  struct timespec t;
  GH_CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t gh_monotonic_ns(void)
{
  struct timespec t;
  GH_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
