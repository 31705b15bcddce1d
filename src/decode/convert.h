/* A node of a record as a value of the schema's types: exact, or refused with a reason. */
#ifndef GH_DECODE_CONVERT_H
#define GH_DECODE_CONVERT_H

#include "goldhour/model/schema.h"
#include "json.h"

/* The day and the offset that a time of the usual form had last: hardly a record differs in them from the one before. */
struct last_day { char date[10], offset[6]; int64_t begin_ms; };

struct convert {
  struct gh_arena *arena;  /* items of lists, texts that had to be made */
  bool texts;              /* values may stand as texts, as core-banking systems write them: "12" is an int, 7 a string, "" nothing */
  struct gh_str separator; /* with texts: of a list in one text; empty: none */
  struct last_day last;    /* cleared: none */
  const char *reason;      /* of a refusal */
  const char *found;       /* what stood there, for people: "a number", "a text that is no number", … */
};

/* False: refused. An empty text that counts as nothing gives GH_ABSENT; null is a kind of its own, for the caller to look at first. */
bool gh_convert_node(struct convert *c, const struct json_node *node, const struct gh_type *type, struct gh_value *out);
/* An id: a text, or an integer by its digits; not empty. */
bool gh_convert_id(struct convert *c, const struct json_node *node, struct gh_str *out);
/* A time in ms since 1970: RFC 3339 with an offset, or an integer of ms; inside 1990–2100. */
bool gh_convert_time(struct convert *c, const struct json_node *node, int64_t *out);
/* Whether the time of an event lies inside 1990–2100. */
bool gh_convert_time_bounds(struct convert *c, int64_t ms);
/* Sets reason and found; returns false. */
bool gh_convert_refuse(struct convert *c, const char *reason, const char *found);

#endif
