/* Rule tests: stories in YAML beside the rules, told to one core each, by record. The format is docs/rule-tests.md.
 *
 *   find     ruletest_files.c                    the files
 *   read     ruletest_read.c, ruletest_event.c   YAML to a list of tests; everything wrong with the file is a fault
 *   run      ruletest.c                          profiles, steps and the end of input go into a core; its leads and traces are kept
 *   judge    ruletest_judge.c                    what was expected beside what came
 */
#ifndef GOLDHOUR_ENGINE_RULETEST_H
#define GOLDHOUR_ENGINE_RULETEST_H

#include "goldhour/core/core.h"
#include "goldhour/engine/lead_texts.h"
#include "goldhour/engine/set.h"

struct gh_ruletest_step {
  bool event;                /* else the clock moves, and all that is due by then is stepped */
  int64_t clock_ms;
  struct gh_str id, record;  /* of an event: its id, and its canonical JSON */
};

struct gh_ruletest_lead {
  struct gh_spot at;
  struct gh_lead_texts want; /* ptr NULL: not asked for */
};

struct gh_ruletest_denial {
  struct gh_spot at;
  struct gh_str rule, customer, event, reason; /* empty: any */
};

struct gh_ruletest {
  struct gh_str name, rule;  /* rule: only its leads are looked at; empty: those of all */
  struct gh_spot at;
  struct gh_str *profiles; unsigned nprofiles; /* bulk profiles as canonical JSON */
  struct gh_ruletest_step *steps; unsigned nsteps;
  bool complete;             /* `leads` is there: there are no others */
  struct gh_ruletest_lead *leads; unsigned nleads;
  struct gh_ruletest_denial *denials; unsigned ndenials;
};

struct gh_ruletests {
  struct gh_str file;
  struct gh_ruletest *tests; unsigned n;
};

/* The files of tests: those of `tests` in goldhour.yaml, or else *.test.yaml beside the rule files; sorted within a pattern, none twice. In `arena`.
 * False, with faults: a pattern of `tests` names no file. */
bool gh_ruletests_find(const struct gh_set *set, struct gh_arena *arena, struct gh_str **paths, unsigned *n, struct gh_faults *faults);

/* Reads a file of tests against the set's schema and rules; everything lives in `arena`. False with faults. */
bool gh_ruletests_read(struct gh_ruletests *out, const struct gh_set *set, struct gh_arena *arena, struct gh_rules_file file, struct gh_faults *faults);

struct gh_ruletest_result {
  bool passed;
  struct gh_buf report;      /* lines that say what differs and what happened instead; empty if passed */
  bool *gave;                /* by a rule's position: it gave a lead. Owned by the caller, may be NULL; only set, never cleared */
};

/* Tells one test to a new core and judges it. `result->report` is the caller's to free. */
void gh_ruletest_run(const struct gh_set *set, const struct gh_ruletest *test, struct gh_ruletest_result *result);

#endif
