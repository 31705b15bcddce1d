/* The rule table, compiled: what rules.yaml says, ready to be stepped by. Immutable; one set at a time is active in a core.
 *
 * Rows of a condition's frame: GH_ROW_EVENT has the fields of the event's type in its slots, then id, type, time; GH_ROW_CUSTOMER the fields
 * of the profile, then id; GH_ROW_FEATURE the features, fetched on demand; GH_ROW_NOW the one slot `now`.
 */
#ifndef GOLDHOUR_RULE_RULE_H
#define GOLDHOUR_RULE_RULE_H

#include "goldhour/base/calendar.h"
#include "goldhour/cel/cel.h"
#include "goldhour/conf/conf.h"

enum gh_row { GH_ROW_EVENT, GH_ROW_CUSTOMER, GH_ROW_FEATURE, GH_ROW_NOW };
/* Slots behind the fields of a type with n fields. */
enum gh_event_slot { GH_SLOT_ID, GH_SLOT_TYPE, GH_SLOT_TIME, GH_EVENT_SLOTS }; /* n + these */

enum gh_aggregate { GH_COUNT, GH_SUM, GH_MIN, GH_MAX, GH_AVG, GH_DISTINCT, GH_LAST };

/* What features keep of an event: features with the same types, `where` and expression share a column. */
struct gh_column {
  unsigned index;
  uint64_t hash;                     /* of types, where, expression: names it in the state */
  unsigned ntypes;
  const struct gh_event_type **types;
  const struct gh_program **where;   /* one a type, as slots differ; NULL entries: always */
  const struct gh_program **value;   /* one a type; NULL entries: counts only */
  struct gh_type type;               /* of the value, common to all types (decimals: the larger scale) */
  int64_t keep_ms;                   /* the longest window of its features */
};

struct gh_feature {
  struct gh_str name;
  unsigned index;
  uint64_t hash;                     /* of the whole definition: another hash is a changed feature */
  enum gh_aggregate aggregate;
  const struct gh_column *column;
  int64_t over_ms;
  struct gh_type type;               /* of the result */
  struct gh_spot at;
};

struct gh_flow {
  struct gh_str name;
  unsigned index;
  uint64_t hash;
  const struct gh_event_type *event;
  unsigned instance_slot, step_slot;
  struct gh_str *steps; unsigned nsteps;
};

enum gh_on { GH_ON_EVENT, GH_ON_UNLESS, GH_ON_STOPPED, GH_ON_BECOMES, GH_ON_DATE };

struct gh_script_part {
  struct gh_str text;                /* literal text, where row is -1 */
  int row; unsigned slot;            /* a value to fill in */
  bool yuan;                         /* `| yuan`: with thousands separators: 8,000.00 */
};

struct gh_rule {
  struct gh_str id, name;
  unsigned position;                 /* in the table, over all files in their order */
  struct gh_spot at;
  enum gh_on on;
  uint64_t on_hash;                  /* of all that `on` says: another hash is a changed `on` */
  const struct gh_event_type *event; /* A; the flow's event; `customer` for BECOMES */
  const struct gh_program *when;     /* NULL: true */
  const struct gh_program *audience; /* NULL: true */
  /* UNLESS */
  const struct gh_event_type *unless;
  const struct gh_program *unless_when;
  bool restart;
  /* STOPPED */
  const struct gh_flow *flow;
  unsigned step;                     /* index into flow->steps */
  int64_t wait_ms;                   /* UNLESS: within; STOPPED: for */
  /* BECOMES */
  const struct gh_program *becomes;
  /* DATE */
  unsigned date_slot;
  int64_t before_days, at_ms;        /* at: ms since local midnight */
  /* the lead */
  int64_t window_ms;                 /* 1h */
  unsigned due_days;                 /* T+n; 0: no due */
  int priority;                      /* 50 */
  int64_t cooldown_ms;               /* 0: none */
  struct gh_str product;
  struct gh_str *channels; unsigned nchannels;
  struct gh_script_part *script; unsigned nscript;
};

/* The rules that an event type concerns, in the order of the table. */
struct gh_type_plan {
  const struct gh_rule **rules; unsigned nrules;      /* EVENT, UNLESS (as A), STOPPED, DATE on this type */
  const struct gh_rule **cancels; unsigned ncancels;  /* UNLESS with this type as B */
  const struct gh_flow **flows; unsigned nflows;
  const struct gh_column **columns; unsigned ncolumns;
};

struct gh_rules {
  struct gh_arena arena;             /* owns all below */
  char version[17];                  /* 16 hex digits: the hash of everything that decides; set by the loader of the set */
  const struct gh_schema *schema;
  const struct gh_zones *zones;      /* borrowed: outlive the set */
  const struct gh_zone *zone;
  const struct gh_calendar *calendar;
  const struct gh_conf *conf;
  struct gh_rule *rules; unsigned nrules;
  struct gh_feature *features; unsigned nfeatures;
  struct gh_column *columns; unsigned ncolumns;
  struct gh_flow *flows; unsigned nflows;
  struct gh_type_plan *plans;        /* one a type of the schema */
  const struct gh_rule **becomes; unsigned nbecomes;
};

/* One rules file, read into memory. */
struct gh_rules_file { struct gh_str name, text; };

/* Reads and compiles the rule files. `rules` has schema, zones, zone, calendar and conf set (see gh_rules_new); everything made lives in rules->arena.
 * All faults of all files are collected. False if there was an error. */
bool gh_rules_parse(struct gh_rules *rules, const struct gh_rules_file *files, unsigned nfiles, struct gh_faults *faults);
/* A cleared set that owns an empty arena. Free with gh_rules_free. */
struct gh_rules *gh_rules_new(void);
void gh_rules_free(struct gh_rules *rules);
/* An environment for conditions on `type` (NULL: no event fields but id, type, time), in the set's arena. Without `features` it is that of features' own
 * expressions, which see `event` alone. On the schema's customer, which `becomes` is about, `event` has no fields but id, type, time, in the slots behind the profile's. */
struct gh_cel_env *gh_rules_env(struct gh_rules *rules, const struct gh_event_type *type, bool features);

#endif
