/* The benchmark: cmd_bench.c reads the options.
 *
 *   bench match   bench_workload.c reads conditions and events, bench_match.c measures
 *   bench         bench_all.c goes through the parts; bench_bank.c makes the bank they work on; bench_parts.c measures decode, match, look-up,
 *                 bench_commit.c the commit, bench_whole.c the whole way, bench_delay.c the time from an event to its lead
 *
 * What is measured are the parts that run in production, on the bytes of the simulated bank.
 */
#ifndef GH_CLI_BENCH_H
#define GH_CLI_BENCH_H

#include <stdio.h>

#include "goldhour/engine/set.h"

/* Several measurements of the same thing, kept in order. */
#define GH_BENCH_PASSES 64u
struct gh_bench_passes {
  double ns[GH_BENCH_PASSES]; /* nanoseconds a piece */
  unsigned n;
};

void gh_bench_pass(struct gh_bench_passes *p, uint64_t elapsed_ns, uint64_t pieces);
double gh_bench_median(const struct gh_bench_passes *p);
double gh_bench_min(const struct gh_bench_passes *p);
double gh_bench_max(const struct gh_bench_passes *p);
/* The value at or below which `permille` of n values lie; sorts them. */
uint64_t gh_bench_percentile(uint64_t *values, size_t n, unsigned permille);

struct gh_bench_match_options {
  const char *conditions, *schema, *events;
  uint64_t limit; /* events read; 0: all */
  bool json;
};
/* goldhour bench match; the exit status. */
int gh_bench_match(const struct gh_bench_match_options *o);

struct gh_bench_options { bool quick, json; };
/* goldhour bench; the exit status. */
int gh_bench_all(const struct gh_bench_options *o);

/* bench_bank.c. A simulated bank in a temporary folder: a configuration a number of rules, profiles, events of about 300 bytes; the events in memory too. */
#define GH_BENCH_SIZES 3u
extern const unsigned gh_bench_rules[GH_BENCH_SIZES]; /* 10, 1,000, 10,000 */
struct gh_bench_bank {
  char dir[512];
  struct gh_zones *zones;
  unsigned customers, nevents, runs;   /* runs: measurements a part */
  struct gh_buf bytes;                 /* the events, a line each, with padding behind */
  struct gh_str *events;               /* nevents; without newline; borrow from bytes */
  struct gh_set *sets[GH_BENCH_SIZES];
};
/* False: said on stderr. Free it in either case. */
bool gh_bench_bank_make(struct gh_bench_bank *bank, const struct gh_bench_options *o);
void gh_bench_bank_free(struct gh_bench_bank *bank);
/* How many of the events a part takes with gh_bench_rules[size]: a fifth with 10,000 rules, so that a run ends in time. */
unsigned gh_bench_events(const struct gh_bench_bank *bank, unsigned size);
/* The path of a file of the bank, in `path`. */
const char *gh_bench_path(const struct gh_bench_bank *bank, const char *name, char path[800]);
/* Writes a file of the bank. False: said on stderr. */
bool gh_bench_write(const struct gh_bench_bank *bank, const char *name, struct gh_str bytes);

/* One row of the report. */
struct gh_bench_row {
  const char *name;     /* "match-1000" */
  char what[96];        /* for people */
  struct gh_bench_passes passes;
};
#define GH_BENCH_ROWS 24u
struct gh_bench_report {
  struct gh_bench_row rows[GH_BENCH_ROWS]; unsigned nrows;
  struct gh_bench_delay { const char *name; unsigned leads; uint64_t p50_us, p90_us, p99_us, p999_us, max_us; } delays[2]; unsigned ndelays;
  uint64_t leads_whole; /* of the last whole way, so that nothing can be measured that did nothing */
};
struct gh_bench_row *gh_bench_row(struct gh_bench_report *r, const char *name, const char *what);

/* Each measures its part into the report. False: said on stderr. */
bool gh_bench_decode(const struct gh_bench_bank *bank, struct gh_bench_report *r);
bool gh_bench_rules_match(const struct gh_bench_bank *bank, struct gh_bench_report *r);
bool gh_bench_state(const struct gh_bench_bank *bank, struct gh_bench_report *r, unsigned customers, const char *name);
bool gh_bench_commit(const struct gh_bench_bank *bank, struct gh_bench_report *r);
bool gh_bench_whole(const struct gh_bench_bank *bank, struct gh_bench_report *r);
bool gh_bench_delay(const struct gh_bench_bank *bank, struct gh_bench_report *r, const char *lateness, const char *name);

#endif
