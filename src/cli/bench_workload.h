/* What `bench match` works on: conditions compiled and in buckets, events in rows of slots.
 *
 * Conditions that share an equality of one text slot with a constant (`type == "login" && …`) stand in buckets by that constant, as rules stand
 * in the buckets of their event's type; an event is tested against its bucket and against those conditions that have no such equality.
 */
#ifndef GH_CLI_BENCH_WORKLOAD_H
#define GH_CLI_BENCH_WORKLOAD_H

#include "bench.h"
#include "goldhour/base/textmap.h"
#include "goldhour/cel/cel.h"

struct gh_bench_bucket {
  const struct gh_program **programs;
  uint32_t n, cap;
};

struct gh_bench_workload {
  struct gh_arena arena;    /* schema, programs, rows */
  struct gh_faults faults;
  struct gh_cel_env *env;
  struct gh_str *names; struct gh_type *types; uint32_t nslots;
  const struct gh_program **programs; uint32_t nprograms;
  uint32_t key_slot;        /* the slot of the buckets */
  struct gh_textmap keys;   /* its constants -> buckets[]; buckets[0] is for conditions without one */
  struct gh_bench_bucket *buckets; uint32_t nbuckets;
  struct gh_value *rows; uint32_t nevents; /* nslots an event */
  uint64_t load_ns;
};

/* Reads and compiles schema and conditions. False with faults. */
bool gh_bench_load(struct gh_bench_workload *w, const struct gh_bench_match_options *o);
/* Reads the events. False with faults. */
bool gh_bench_read_events(struct gh_bench_workload *w, const char *path, uint64_t limit);

#endif
