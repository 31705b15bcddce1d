/* A lead: what one call needs. Made by core when a rule has triggered and decide has let it through; from then on it is JSON. */
#ifndef GOLDHOUR_MODEL_LEAD_H
#define GOLDHOUR_MODEL_LEAD_H

#include "goldhour/base/zone.h"
#include "goldhour/model/schema.h"

enum gh_stage { GH_GOLDEN, GH_COMPARING };

#define GH_LEAD_ID 33 /* 32 hex digits of a SHA-256, ended by NUL */

struct gh_lead {
  char id[GH_LEAD_ID];
  struct gh_str rule, rule_name, rule_version; /* version: the hash of the set that decided */
  struct gh_str customer, event;
  int64_t triggered_ms, golden_ms, due_ms;     /* due_ms GH_NEVER: no `due` */
  bool due_outside;                            /* the calendar ends before it */
  bool late;                                   /* triggered by a late event */
  enum gh_stage stage;
  int priority;
  struct gh_str product;                       /* empty: absent */
  struct gh_str script;                        /* ptr NULL: the rule has none */
  const struct gh_str *channels; unsigned nchannels;
  struct gh_str evidence;                      /* what happened: a JSON object of the event's fields */
};

/* Appends one JSON object, no newline; keys in a fixed order. Times in `zone`. */
void gh_lead_json(struct gh_buf *out, const struct gh_lead *lead, const struct gh_zone *zone);
/* Appends `s` as a JSON string with its quotes. */
void gh_json_string(struct gh_buf *out, struct gh_str s);
/* Appends a value as JSON: decimals as strings at their scale, timestamps as RFC 3339 in `zone`, dates as 2026-12-28; absent and null as null. */
void gh_json_value(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone);
/* Appends a value as plain text for a script: a string as it is, a decimal at its scale, an absent value as nothing. */
void gh_plain_value(struct gh_buf *out, struct gh_value v, const struct gh_zone *zone);

#endif
