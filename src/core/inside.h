/* The core's inside: what its files share. order.c decides when, step.c, profile.c and wait.c what happens, aside.c what must not, decide.c whether a trigger gives a lead,
 * lead.c makes it, feature.c what windows hold, activate.c a rule set's coming into effect, persist.c what is stored and read back. */
#ifndef GH_CORE_INSIDE_H
#define GH_CORE_INSIDE_H

#include "goldhour/core/core.h"
#include "goldhour/state/state.h"

struct gh_saved { uint64_t key, seq; }; /* a bucket in the store: first hash | bits, and the commit that wrote it */

struct gh_core {
  struct gh_core_options options;
  struct gh_state state;
  struct gh_buf log; /* the changes since the last seal */

  const struct gh_rules *rules;
  char rules_version[17];
  uint32_t *rule_names, *column_names, *flow_names, *feature_names, *becomes_names; /* numbers, by position or index */
  int64_t keep_ms;        /* the longest window of all columns */

  int64_t high_ms;        /* the greatest event time accepted */
  int64_t clock_ms;       /* the followed clock less idle; never goes back */
  int64_t least_ms;       /* the least watermark: of a full reorder buffer, of an end of input */
  int64_t wall_ms;        /* live: of the batch at hand */
  bool ended, forced;     /* the input has ended; the first waiting event must go */
  struct gh_pending_begin hand; /* an event that is next, late or without lateness: its slots are borrowed from the input; none where hand.event is NULL */
  struct gh_customer *hand_of;
  struct gh_pending *urgent; /* one that was at hand when the budget ended: stepped before all that waits */
  uint64_t arrivals, seq;
  uint64_t loaded_urgent; /* while loading: the arrival + 1 of the urgent event, 0: none */
  struct gh_position positions[GH_INPUTS];
  struct gh_counters counters;

  /* The refusal of the input at hand, until the next step takes it into the update. */
  bool refused;
  struct gh_refused refusal;
  struct gh_buf refused_raw;

  /* What must not be stepped, and what is being stepped (0: nothing that had waited): marks of aside.c. A handler of faults reads it. */
  const uint64_t *aside; unsigned naside;
  volatile uint64_t stepping;

  /* What conditions see while one thing is stepped. */
  struct gh_update *out;
  struct gh_customer *who;
  struct gh_cel_frame frame;
  struct gh_arena scratch, step_arena;
  struct gh_buf text;     /* used again: a packed event, a lead's texts */
  struct gh_event event;  /* the event at hand, or that of the wait */
  struct gh_value *event_slots, *customer_slots, now;
  struct gh_value *features; uint64_t *feature_stamps, stamp;
  int64_t t_ms, found_ms;
  bool late;

  /* The rolling snapshot. */
  struct gh_saved *rows; uint32_t nrows, rows_cap;
  uint64_t cursor;        /* the hash from which the next bucket is written */
  uint64_t bits_seen;     /* bit b: rows of b bits may be there */
  unsigned bits;          /* a bucket holds the hashes of one prefix of so many bits */
  int64_t credit_bytes;   /* change bytes not yet matched by snapshot bytes */
  uint64_t customer_bytes; /* what a customer takes in a bucket, on average */
  struct gh_buf snapshot;
  bool loading;
};

/* order.c */
void gh_core_hand_over(struct gh_update *out, const struct gh_refused *refusal);
int64_t gh_core_watermark(const struct gh_core *core);
/* No event before it can be accepted any more. */
int64_t gh_core_since(const struct gh_core *core);

/* step.c */
void gh_core_step_event(struct gh_core *core, struct gh_pending *p);
void gh_core_step_hand(struct gh_core *core);
/* Sets the frame for the event in core->event, of that type, of `who`, at time t. */
void gh_core_see(struct gh_core *core, struct gh_customer *who, int64_t t_ms, const struct gh_event_type *type);
/* profile.c */
void gh_core_step_profile(struct gh_core *core);
void gh_core_take_profile(struct gh_core *core, const struct gh_event *e);
/* A condition: true, false (said with `no`) or in error (said with `error`, counted). NULL is true. */
bool gh_core_holds(struct gh_core *core, const struct gh_program *p, const struct gh_rule *rule, enum gh_verdict no, enum gh_verdict error);

/* wait.c */
void gh_core_cancel_waits(struct gh_core *core, const struct gh_type_plan *plan);
void gh_core_end_flows(struct gh_core *core, const struct gh_type_plan *plan);
void gh_core_begin_wait(struct gh_core *core, const struct gh_rule *rule);
void gh_core_step_timer(struct gh_core *core, struct gh_wait *w);

/* feature.c */
void gh_core_keep_cells(struct gh_core *core, const struct gh_type_plan *plan);
struct gh_value gh_core_fetch(void *ctx, unsigned row, unsigned slot);

/* aside.c */
uint64_t gh_core_mark_event(const struct gh_pending *p);
uint64_t gh_core_mark_timer(const struct gh_core *core, const struct gh_wait *w);
bool gh_core_is_aside(const struct gh_core *core, uint64_t mark);
void gh_core_aside_event(struct gh_core *core, struct gh_pending *p);
void gh_core_aside_timer(struct gh_core *core, struct gh_wait *w);

/* decide.c: a rule has matched at core->t_ms. */
void gh_core_trigger(struct gh_core *core, const struct gh_rule *rule);
/* lead.c */
void gh_core_offer(struct gh_core *core, const struct gh_rule *rule, enum gh_stage stage);

/* trace.c */
void gh_core_say(struct gh_core *core, enum gh_verdict verdict, const struct gh_rule *rule, struct gh_str detail);
/* The detail is `wrong` (if not empty), the condition, and the values of what it reads, a line each. */
void gh_core_say_condition(struct gh_core *core, enum gh_verdict verdict, const struct gh_rule *rule, const struct gh_program *p, struct gh_str wrong);
static inline bool gh_core_asked(const struct gh_core *core)
{
  if (!core->options.trace) return false;
  return !core->options.watched.len || gh_str_eq(core->options.watched, core->event.customer);
}

/* core.c: an array of an update, made larger. */
void *gh_update_grow(void *items, unsigned cap, size_t size);

/* activate.c */
void gh_core_activate(struct gh_core *core, const struct gh_input *in);

#endif
