#include "topic_sample.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"

#define WAIT_MOST_MS GH_MINUTE_MS /* every event waits for the lateness, out of its golden hour: not for the sake of a few */

void gh_topic_sample_init(struct gh_topic_sample *s, struct gh_arena *arena, unsigned partitions)
{
  *s = (struct gh_topic_sample){.arena = arena, .npartitions = partitions};
  gh_textmap_init(&s->names, arena);
  s->high_ms = gh_arena_alloc(arena, partitions * sizeof *s->high_ms);
  for (unsigned i = 0; i < partitions; i++) s->high_ms[i] = GH_ALWAYS;
}

void gh_topic_sample_free(struct gh_topic_sample *s)
{
  free(s->customers);
  free(s->late_ms);
}

static void add_customer(struct gh_topic_sample *s, unsigned partition, struct gh_str customer)
{
  if (s->ncustomers == s->customers_cap) {
    s->customers_cap = s->customers_cap ? s->customers_cap * 2 : 1024;
    s->customers = realloc(s->customers, s->customers_cap * sizeof *s->customers);
    GH_CHECK(s->customers && "out of memory");
  }
  s->customers[s->ncustomers] = (struct gh_topic_customer){partition, false};
  gh_textmap_add(&s->names, gh_arena_str(s->arena, customer), s->ncustomers++, NULL);
}

void gh_topic_sample_customer(struct gh_topic_sample *s, unsigned partition, struct gh_str customer)
{
  uint32_t at;
  if (!gh_textmap_find(&s->names, customer, &at)) {
    add_customer(s, partition, customer);
    return;
  }
  struct gh_topic_customer *known = &s->customers[at];
  if (known->split || known->partition == partition) return;
  known->split = true;
  if (s->nsplit++) return;
  s->one = known->partition;
  s->other = partition;
}

void gh_topic_sample_event(struct gh_topic_sample *s, unsigned partition, int64_t time_ms)
{
  if (s->nevents == s->late_cap) {
    s->late_cap = s->late_cap ? s->late_cap * 2 : 1024;
    s->late_ms = realloc(s->late_ms, s->late_cap * sizeof *s->late_ms);
    GH_CHECK(s->late_ms && "out of memory");
  }
  int64_t *high_ms = &s->high_ms[partition];
  s->late_ms[s->nevents++] = *high_ms > time_ms ? *high_ms - time_ms : 0;
  if (time_ms > *high_ms) *high_ms = time_ms;
}

void gh_topic_sample_profile(struct gh_topic_sample *s, unsigned partition, int64_t time_ms, int64_t late_limit_ms)
{
  int64_t high_ms = s->high_ms[partition];
  s->old_profiles += high_ms != GH_ALWAYS && time_ms < high_ms - late_limit_ms;
}

static int by_size(const void *one, const void *other)
{
  int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
  return (a > b) - (a < b);
}

size_t gh_topic_sample_beyond(const struct gh_topic_sample *s, int64_t lateness_ms)
{
  size_t low = 0, high = s->nevents;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->late_ms[middle] > lateness_ms) high = middle;
    else low = middle + 1;
  }
  return s->nevents - low;
}

/* The least value that `permille` in a thousand do not exceed. */
static int64_t quantile(const struct gh_topic_sample *s, size_t permille)
{
  if (s->nevents == 0) return 0;
  size_t rank = (s->nevents * permille + 999) / 1000;
  return s->late_ms[rank ? rank - 1 : 0];
}

static int64_t round_up(int64_t ms)
{
  static const int64_t spans_s[] = {0, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
      86400};
  for (size_t i = 0; i < sizeof spans_s / sizeof *spans_s; i++)
    if (ms <= spans_s[i] * GH_SECOND_MS) return spans_s[i] * GH_SECOND_MS;
  return (ms + GH_DAY_MS - 1) / GH_DAY_MS * GH_DAY_MS;
}

struct gh_topic_lateness gh_topic_sample_lateness(struct gh_topic_sample *s)
{
  if (s->nevents) qsort(s->late_ms, s->nevents, sizeof *s->late_ms, by_size);
  struct gh_topic_lateness l = {.events = s->nevents, .late = gh_topic_sample_beyond(s, 0), .p50_ms = quantile(s, 500),
      .p90_ms = quantile(s, 900),
                                .p99_ms = quantile(s, 990), .p999_ms = quantile(s, 999), .most_ms = quantile(s, 1000)};
  l.proposed_ms = round_up(l.p999_ms > WAIT_MOST_MS ? l.p99_ms : l.p999_ms);
  return l;
}
