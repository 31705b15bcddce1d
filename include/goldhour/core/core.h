/* The core: one partition's decisions. Pure: no clock, no I/O; time and place come with each input.
 *
 *   gh_take   takes one input in.
 *   gh_step   steps what is due, in the contract's order, and says in an update what must now become true.
 *   gh_seal   ends a batch: completes the update for its commit.
 *
 * The loop: for each input { gh_take; while (gh_step(core, budget, update)) {} }; after enough inputs gh_seal(core, update) and commit the update;
 * gh_update_reset when the commit is in. A second update is filled while the first is committed. Where batches and budgets end changes no lead.
 *
 * Loading: gh_load for the META row, then DICT, then every BUCKET (any order), then the LOG rows in order of their seq; then gh_load_done.
 */
#ifndef GOLDHOUR_CORE_CORE_H
#define GOLDHOUR_CORE_CORE_H

#include "goldhour/base/time.h"
#include "goldhour/model/lead.h"
#include "goldhour/rule/rule.h"

struct gh_core;

/* Where reading goes on after an input: the next record not taken. */
struct gh_position {
  uint32_t input;  /* which input: 0 the source, 1 the bulk profiles */
  uint64_t offset; /* byte offset for files; records for stdin */
  uint64_t record; /* number of the next record, from 1: lines for files */
};
#define GH_INPUTS 2

enum gh_input_kind {
  GH_IN_EVENT,   /* an event has arrived */
  GH_IN_PROFILE, /* a line of the bulk profiles: event->type is the schema's customer, id empty, time GH_ALWAYS */
  GH_IN_SKIP,    /* a record that is no event (refused, unnamed type, blank): only its place counts */
  GH_IN_CLOCK,   /* a clock mark, live only: wall_ms; `follow`: the source is confirmed to be at its end */
  GH_IN_END,     /* by record: the end of input; time_ms: --until, or GH_ALWAYS */
  GH_IN_RULES,   /* a rule set takes effect; the first input of a new core; wall_ms: when (live) */
};

struct gh_input {
  enum gh_input_kind kind;
  struct gh_position place;       /* the position once this input is in (EVENT, PROFILE, SKIP) */
  const struct gh_event *event;   /* borrowed for the call */
  struct gh_str raw;              /* the record as it came, for the dead letters; borrowed for the call */
  uint64_t at_offset, at_record;  /* where the record itself stands */
  bool follow;
  int64_t wall_ms;
  int64_t time_ms;
  const struct gh_rules *rules;   /* borrowed until the next RULES input */
};

/* What was counted; persistent with the state. X(name, what it means) */
#define GH_COUNTERS(X) \
  X(events, "events accepted") \
  X(duplicates, "events whose id was accepted before") \
  X(unnamed, "events of types that the schema does not name") \
  X(refused, "records in the dead letters") \
  X(too_late, "events older than late_limit") \
  X(too_early, "events over 10 minutes ahead of the clock") \
  X(late, "events older than the watermark, stepped on arrival") \
  X(profiles, "bulk profiles taken") \
  X(profiles_old, "profile changes older than the last one applied") \
  X(forgotten, "customers erased") \
  X(matches, "triggers whose conditions were true") \
  X(leads_golden, "leads offered in the golden window") \
  X(leads_comparing, "leads offered after it, within 3 days") \
  X(stale, "triggers over 3 days old: no lead") \
  X(cooldown, "triggers suppressed by cooldown") \
  X(audience, "triggers whose audience was false") \
  X(errors, "conditions that ended in an error") \
  X(due_outside, "leads without due: the calendar ends before it") \
  X(waits_begun, "waits begun") \
  X(waits_fired, "waits that triggered") \
  X(waits_cancelled, "waits cancelled") \
  X(waits_dropped, "waits dropped by a changed rule set") \
  X(waits_full, "waits not begun: customer_waits reached") \
  X(ids_full, "events refused: customer_ids reached") \
  X(overfull, "features in error: customer_events reached") \
  X(reorder_full, "events stepped early: reorder_limit reached") \
  X(activations, "rule sets activated")

struct gh_counters {
#define X(name, meaning) uint64_t name;
  GH_COUNTERS(X)
#undef X
};

/* A record that core refused (too_late, too_early, ids_full). */
struct gh_refused {
  struct gh_str reason;  /* "too_late", … */
  struct gh_str detail;  /* for people */
  struct gh_str raw;
  uint64_t at_offset, at_record;
};

struct gh_update_lead {
  struct gh_str id;   /* 32 hex digits */
  struct gh_str json; /* the whole lead, no newline */
};

/* One snapshot of a part of the table. The key is stable; rows named in `drop` are replaced by it and must go in the same commit. */
struct gh_bucket { uint64_t key; struct gh_str bytes; };

/* What must become true. Lives until gh_update_reset; everything it names is its own. */
struct gh_update {
  struct gh_arena arena;
  struct gh_buf log;               /* the packed changes: one row of the state log */
  struct gh_str meta;              /* replaces the META row (position, high, counters, …); set by gh_seal */
  struct gh_str dict;              /* replaces the DICT row if not empty; set by gh_seal */
  struct gh_bucket *buckets; unsigned nbuckets; /* replace BUCKET rows of these keys; set by gh_seal */
  uint64_t *drop; unsigned ndrop;  /* BUCKET keys to delete */
  uint64_t seq;                    /* of this commit, set by gh_seal; the log row's number */
  uint64_t cut_seq;                /* LOG rows with seq < cut_seq may be deleted */
  struct gh_update_lead *leads; unsigned nleads, leads_cap;
  struct gh_refused *refused; unsigned nrefused, refused_cap;
};

void gh_update_init(struct gh_update *u);
void gh_update_reset(struct gh_update *u);
void gh_update_free(struct gh_update *u);

/* What core says while it decides, if asked (explain, test). Texts live for the call. */
enum gh_verdict {
  GH_V_TAKEN,        /* event accepted (rule NULL) */   GH_V_DUPLICATE, GH_V_TOO_LATE, GH_V_TOO_EARLY, GH_V_IDS_FULL, GH_V_PROFILE_OLD,
  GH_V_WHEN_FALSE,   /* detail: the condition, and the values it read, a line each; of an error, the error before them */ GH_V_WHEN_ERROR,
  GH_V_AUDIENCE_FALSE, GH_V_AUDIENCE_ERROR,
  GH_V_WAIT_BEGUN,   GH_V_WAIT_ALREADY, GH_V_WAIT_RESTARTED, GH_V_WAIT_CANCELLED, GH_V_WAIT_TOO_LATE, GH_V_WAIT_DROPPED, GH_V_WAITS_FULL,
  GH_V_DATE_PASSED,  GH_V_DATE_ABSENT,
  GH_V_BECOMES_FIRST, GH_V_BECOMES_SAME, GH_V_BECOMES_FALSE,
  GH_V_COOLDOWN,     GH_V_STALE, GH_V_LEAD,
};
const char *gh_verdict_name(enum gh_verdict v);   /* "when_false" */
const char *gh_verdict_phrase(enum gh_verdict v); /* for people: "the condition `when` was false" */

struct gh_trace {
  enum gh_verdict verdict;
  struct gh_str customer, event; /* event: the id of the one that triggered or began the wait */
  const struct gh_rule *rule;    /* NULL: about the event itself */
  int64_t t_ms;
  struct gh_str detail;          /* may be empty */
  const struct gh_lead *lead;    /* GH_V_LEAD */
};

struct gh_core_options {
  bool live;  /* follow clock marks; else by record */
  bool unstored; /* nothing is committed (replay, a store in memory): no changes are kept, gh_seal is not called */
  void (*trace)(void *ctx, const struct gh_trace *trace); /* NULL: no traces */
  void *trace_ctx;
  struct gh_str watched; /* the one customer of whom traces are wanted, borrowed; empty: all */
};

/* A new, empty core. It needs a GH_IN_RULES before anything else. Free with gh_core_free. */
struct gh_core *gh_core_new(struct gh_core_options options);
void gh_core_free(struct gh_core *core);

/* Whether the set may take effect here: false, with a fault, if it changes the type of a field that the state holds. To be asked before its RULES input. */
bool gh_core_accepts(const struct gh_core *core, const struct gh_rules *rules, struct gh_faults *faults);

/* Takes one input in. What it names is borrowed until the first gh_step after it. */
void gh_take(struct gh_core *core, const struct gh_input *in);
/* Brings nearer what the next input of a customer will touch; called a few inputs ahead, once for each of the three stages, with a hint that began cleared.
 * Changes nothing. (Looking customers up in batches with prefetch was measured at 34-45 ns against 570-710 one at a time, at 10 million.) */
struct gh_hint { uint64_t hash; const void *record; unsigned stage; };
void gh_prefetch(const struct gh_core *core, struct gh_str customer, struct gh_hint *hint);

/* A mark of what is being stepped now and had waited before: an event, or a timer; 0: nothing, or the record at hand. The same after a restart. May be asked
 * by a handler of signals. */
uint64_t gh_core_stepping(const struct gh_core *core);
/* Events and timers of these marks are not stepped: they end as refused records, reason "poison". Borrows until the next call. Other marks than those of
 * gh_core_stepping are passed over (gh_core_is_step_mark tells). */
void gh_core_set_aside(struct gh_core *core, const uint64_t *marks, unsigned n);
bool gh_core_is_step_mark(uint64_t mark);
/* Steps at most `budget` due events or timers; true while more is due. */
bool gh_step(struct gh_core *core, unsigned budget, struct gh_update *out);
/* Ends a batch; more may be due. */
void gh_seal(struct gh_core *core, struct gh_update *out);

enum gh_row_kind { GH_ROW_META, GH_ROW_DICT, GH_ROW_BUCKET, GH_ROW_LOG };
/* Loads one stored row; key: of a BUCKET, seq: of a LOG row (of a bucket: 0, it knows its own). False: malformed or of another format version. */
bool gh_load(struct gh_core *core, enum gh_row_kind kind, uint64_t key_or_seq, struct gh_str bytes);
/* After the last row; the core is as it was after the commit that wrote META. A core that loaded nothing is new. The RULES input then follows. */
bool gh_load_done(struct gh_core *core);

/* The stored position of an input ({0} if none yet), the version of the set last active ("" if none), and whether the bulk load of profiles is over (event input was taken). */
struct gh_position gh_core_position(const struct gh_core *core, unsigned input);
const char *gh_core_rules_version(const struct gh_core *core);
const struct gh_counters *gh_core_counters(const struct gh_core *core);
/* To be added by the loop for what it refused or passed over before it was an input. */
struct gh_counters *gh_core_counters_mut(struct gh_core *core);
struct gh_core_stats { int64_t high_ms, watermark_ms; uint64_t customers, waiting_events, timers, memory_bytes; };
struct gh_core_stats gh_core_stats(const struct gh_core *core);

#endif
