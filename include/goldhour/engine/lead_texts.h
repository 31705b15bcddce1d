/* A lead as texts, one a key: what rule tests compare and explain shows. */
#ifndef GOLDHOUR_ENGINE_LEAD_TEXTS_H
#define GOLDHOUR_ENGINE_LEAD_TEXTS_H

#include "goldhour/model/lead.h"

/* The keys, in the order of a lead's JSON. X(name, kind) */
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

/* Times in the bank's zone, "true" for a flag, lists joined by ", "; empty: the lead is without it. */
struct gh_lead_texts { struct gh_str key[GH_NLEAD_KEYS]; };

/* All texts are made in `arena`. */
struct gh_lead_texts gh_lead_texts(struct gh_arena *arena, const struct gh_lead *lead, const struct gh_zone *zone);

#endif
