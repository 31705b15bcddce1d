/* Explain: why one event gave leads, or what stopped them: a replay in memory up to it, with the core's reasons kept.
 *
 * First the source is searched for the event; then it is replayed with the traces of that event's customer. Reading ends where the event's order is
 * settled; with `to_end` it goes on, so that it is seen what became of the waits the event began.
 */
#ifndef GOLDHOUR_ENGINE_EXPLAIN_H
#define GOLDHOUR_ENGINE_EXPLAIN_H

#include "goldhour/core/core.h"
#include "goldhour/engine/lead_texts.h"
#include "goldhour/engine/set.h"

struct gh_explain_options {
  struct gh_str event;      /* the id of an event in `events`; or else `record` */
  struct gh_str customer;   /* whose event, where several have one of this id; empty: the first */
  struct gh_str record;     /* one event as the source would bring it; taken behind `events` */
  const char *events;       /* a file; NULL: none, with `record` alone */
  const char *profiles;     /* bulk profiles; NULL: none */
  bool to_end;
};

/* What the core said, about the event itself (rule NULL) or about a rule. */
struct gh_explain_line {
  enum gh_verdict verdict;
  const struct gh_rule *rule; /* borrowed from the set */
  int64_t t_ms;
  struct gh_str event;        /* that of the trace: another one's where it cancelled this one's wait */
  struct gh_str detail;
  struct gh_str lead;         /* GH_V_LEAD: its JSON; else empty */
  struct gh_lead_texts texts; /* the same, key by key */
};

struct gh_explanation {
  struct gh_arena arena;      /* owns all texts */
  struct gh_str id, customer, fields; /* fields: of the event, a JSON object */
  const struct gh_event_type *type;   /* borrowed from the set */
  int64_t time_ms;
  uint64_t line;              /* in the file; 0: given as a record */
  struct gh_explain_line *lines; unsigned nlines, cap; /* in the order said */
};

/* Fills in `out` (to be freed in any case). False: `error` says why: no such event, a file that cannot be read, a record that is refused. */
bool gh_explain(const struct gh_set *set, const struct gh_explain_options *options, struct gh_explanation *out, char error[512]);
void gh_explanation_free(struct gh_explanation *e);

#endif
