/* What a sample of a topic's records says: whether customers keep to one partition, and how late events come. Pure. */
#ifndef GH_CLI_TOPIC_SAMPLE_H
#define GH_CLI_TOPIC_SAMPLE_H

#include "goldhour/base/arena.h"
#include "goldhour/base/textmap.h"

struct gh_topic_customer { unsigned partition; bool split; };

struct gh_topic_sample {
  struct gh_arena *arena;             /* borrowed */
  struct gh_textmap names;            /* customer -> row */
  struct gh_topic_customer *customers; unsigned ncustomers, customers_cap; /* owned */
  unsigned nsplit;                    /* customers met in more than one partition */
  unsigned one, other;                /* of the first of them */
  int64_t *high_ms; unsigned npartitions; /* the greatest event time so far, by partition; in arena */
  unsigned old_profiles;              /* changes of profile that would be refused as too late */
  int64_t *late_ms; size_t nevents, late_cap; /* owned: how far each event was behind it; 0: not at all */
};

void gh_topic_sample_init(struct gh_topic_sample *s, struct gh_arena *arena, unsigned partitions);
void gh_topic_sample_free(struct gh_topic_sample *s);
void gh_topic_sample_customer(struct gh_topic_sample *s, unsigned partition, struct gh_str customer);
/* An event, in the order of its partition. */
void gh_topic_sample_event(struct gh_topic_sample *s, unsigned partition, int64_t time_ms);

/* A change of profile. A nightly one is as of midnight and comes later, which is no lateness; beyond `late_limit_ms` it would be refused. */
void gh_topic_sample_profile(struct gh_topic_sample *s, unsigned partition, int64_t time_ms, int64_t late_limit_ms);

struct gh_topic_lateness {
  size_t events, late;                /* late: behind an earlier one at all */
  int64_t p50_ms, p90_ms, p99_ms, p999_ms, most_ms;
  int64_t proposed_ms;                /* a round span that all but one in a thousand keep; beyond a minute: all but one in a hundred */
};
/* Sorts what was gathered. */
struct gh_topic_lateness gh_topic_sample_lateness(struct gh_topic_sample *s);
/* How many events were further behind than this; after gh_topic_sample_lateness. */
size_t gh_topic_sample_beyond(const struct gh_topic_sample *s, int64_t lateness_ms);

#endif
