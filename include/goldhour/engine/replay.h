/* Replay: a past stretch through the core, state in memory, by event time alone, nothing stored. For `replay`, `explain` and tests of
 * the whole way. */
#ifndef GOLDHOUR_ENGINE_REPLAY_H
#define GOLDHOUR_ENGINE_REPLAY_H

#include "goldhour/core/core.h"
#include "goldhour/engine/set.h"

/* A record that was not taken: by decode (bad_json, …) or by core (too_late, …). Texts live for the call. */
struct gh_replay_refusal {
  const char *file;
  uint64_t line;
  struct gh_str reason, detail, raw;
};

struct gh_replay_options {
  const char *events;   /* a file; NULL: standard input */
  const char *profiles; /* bulk profiles, read before all events; NULL: none */
  struct gh_str last;   /* one more event's record, taken behind all others; empty: none */
  int64_t until_ms;     /* the end of input first moves high to this; GH_ALWAYS: to the last event */
  void *ctx;            /* for all that follow, each of which may be NULL */
  void (*lead)(void *ctx, struct gh_str id, struct gh_str json); /* in commit order */
  void (*refused)(void *ctx, const struct gh_replay_refusal *refusal);
  bool (*event)(void *ctx, const struct gh_event *event);        /* before it is taken; false: reading ends before it */
  void (*trace)(void *ctx, const struct gh_trace *trace);        /* slows down: reasons in full */
  struct gh_str watched; /* the one customer whose reasons are traced; empty: of all */
};

struct gh_replay_stats {
  uint64_t records;    /* lines read, profiles included */
  uint64_t bytes;
  struct gh_counters counters;
  struct gh_core_stats core;
};

/* Runs to the end of the files. False: a file cannot be read, or a CSV header is wrong; `error` says it. Borrows everything for the
 * call. */
bool gh_replay(const struct gh_set *set, const struct gh_replay_options *options, struct gh_replay_stats *stats, char error[512]);

#endif
