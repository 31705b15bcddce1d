/* The daemon's loop over the partitions that are its own: source, decode, core, store, sinks. See docs/operations.md for what its user sees,
 * engine/engine.h for its inside. */
#ifndef GOLDHOUR_ENGINE_RUN_H
#define GOLDHOUR_ENGINE_RUN_H

#include "goldhour/engine/set.h"

struct gh_run_options {
  const char *config;                   /* the path to load again on SIGHUP */
  const struct gh_zones *zones;         /* borrowed */
  bool until_end;                       /* by record: stop at the end of the source */
  bool new_store;                       /* an empty or foreign store beside a group with offsets is meant */
};

/* Holds back the signals that gh_run answers to, so that one that comes while the set is loaded is not lost. Before any other thread is
 * started. */
void gh_run_hold_signals(void);
/* Runs until the end of its source or SIGTERM/SIGINT. Takes `set`. Returns the exit status: 0, 1 (a failure, told in the log), 78 (the
 * set does not fit the store). */
int gh_run(struct gh_set *set, const struct gh_run_options *options);

#endif
