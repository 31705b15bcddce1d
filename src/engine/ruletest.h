/* What the files of rule tests share. */
#ifndef GH_ENGINE_RULETEST_H
#define GH_ENGINE_RULETEST_H

#include "goldhour/conf/yaml.h"
#include "goldhour/engine/ruletest.h"

/* Reading. */
struct gh_ruletest_reader {
  const struct gh_set *set;
  struct gh_arena *arena;
  struct gh_faults *faults;
  int64_t clock_ms;      /* where the story's clock stands; GH_ALWAYS: nowhere yet */
  unsigned nevents;      /* of the story so far */
};

/* A time as tests write it: RFC 3339, `2026-09-17 09:00[:30[.250]]`, `2026-09-17`, or `09:00` of the clock's day; in the bank's zone. False with a fault. */
bool gh_ruletest_time(struct gh_ruletest_reader *r, const struct gh_node *n, int64_t *ms);
/* One entry of `events`: an event, a move of the clock, or both. False with faults. */
bool gh_ruletest_step_read(struct gh_ruletest_reader *r, const struct gh_node *n, struct gh_ruletest_step *out);
/* A customer's bulk profile as JSON; empty with faults. */
struct gh_str gh_ruletest_profile(struct gh_ruletest_reader *r, struct gh_str customer, const struct gh_node *fields);

/* What came of a test. */
struct gh_ruletest_trace {
  enum gh_verdict verdict;
  const struct gh_rule *rule;
  struct gh_str customer, event, detail;
  int64_t t_ms;
};

struct gh_ruletest_log {
  const struct gh_set *set;
  struct gh_arena arena; /* owns all below */
  bool *gave;
  struct gh_lead_texts *leads; unsigned nleads, leads_cap;
  struct gh_ruletest_trace *traces; unsigned ntraces, traces_cap;
};

/* Compares; appends to `report` what is not as expected. */
void gh_ruletest_judge(const struct gh_ruletest *test, const struct gh_ruletest_log *log, struct gh_buf *report);

#endif
