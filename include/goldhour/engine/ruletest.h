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
#include "goldhour/engine/set.h"

/* What of a lead can be expected; in the order of a lead's JSON. X(name, kind) */
#define GH_LEAD_KEYS(X) \
  X(id, TEXT) X(rule, TEXT) X(rule_name, TEXT) X(customer, TEXT) X(event, TEXT) X(triggered_at, TIME) X(golden_deadline, TIME) X(due, TIME) \
  X(due_outside_calendar, FLAG) X(stage, TEXT) X(status, TEXT) X(late, FLAG) X(priority, TEXT) X(product, TEXT) X(channels, LIST) X(script, TEXT)

enum gh_lead_key {
#define X(name, kind) GH_LEAD_KEY_##name,
  GH_LEAD_KEYS(X)
#undef X
  GH_NLEAD_KEYS
};
const char *gh_lead_key_name(enum gh_lead_key key);

/* A lead as texts, one a key: times in the bank's zone, "true" for a flag, lists joined by ", "; empty: absent. As an expectation: ptr NULL is not asked for. */
struct gh_lead_texts { struct gh_str key[GH_NLEAD_KEYS]; };

struct gh_ruletest_step {
  bool event;                /* else the clock moves, and all that is due by then is stepped */
  int64_t clock_ms;
  struct gh_str id, record;  /* of an event: its id, and its canonical JSON */
};

struct gh_ruletest_lead {
  struct gh_spot at;
  struct gh_lead_texts want;
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
