/* The set that decides: configuration, schema, mapping, calendar and rules, loaded from files as one and named by its hash. The one loader of
 * `run`, `check`, `replay`, `test`, `explain` and `bench`: what check accepts, run accepts. */
#ifndef GOLDHOUR_ENGINE_SET_H
#define GOLDHOUR_ENGINE_SET_H

#include "goldhour/decode/decode.h"
#include "goldhour/rule/rule.h"

struct gh_set {
  struct gh_arena arena;
  struct gh_conf conf;
  const struct gh_schema *schema;
  const struct gh_mapping *mapping; /* NULL: canonical events */
  const struct gh_zone *zone;
  struct gh_rules *rules;
  char version[17];                 /* 16 hex digits: hash of schema, mapping, calendar, rules and the options that decide */
  struct gh_str bundle;             /* all of that as one text: from it, gh_set_load_bundle makes the same set anywhere */
};

/* Loads everything `path` names. Returns the set; NULL if there were errors, all of them in `faults`. `zones` is borrowed and must outlive the set.
 * today_ms (wall clock) only for the warning from 60 days before the calendar's end; 0: no such warning. */
struct gh_set *gh_set_load(const char *path, const struct gh_zones *zones, int64_t today_ms, struct gh_faults *faults);
/* The same from a bundle: what decides, of the same version; of the options, those alone that decide. NULL with faults (of another release's bundle). */
struct gh_set *gh_set_load_bundle(struct gh_str bundle, const struct gh_zones *zones, struct gh_faults *faults);
void gh_set_free(struct gh_set *set);

#endif
