/* What reading the rule table shares: the set being made, the names known so far, where faults go. */
#ifndef GH_RULE_READER_H
#define GH_RULE_READER_H

#include "goldhour/base/buf.h"
#include "goldhour/base/textmap.h"
#include "goldhour/rule/rule.h"

struct gh_rule_reader {
  struct gh_rules *rules;
  struct gh_arena *arena;         /* the set's: what lives on */
  struct gh_arena tree;           /* the files as trees: dies with the reader */
  struct gh_faults *faults;
  struct gh_str file, kept_file;  /* the file last kept, and its copy in the set */
  struct gh_textmap features, flows, ids, columns; /* to their index; columns by their definition */
  struct gh_cel_env **envs;       /* by type index, the customer's last; NULL: not yet needed */
  struct gh_cel_env **event_envs; /* the same for features' own expressions */
};

/* env.c. The environment for conditions of rules on `type`, or (features false) for expressions of features. Made once. */
struct gh_cel_env *gh_reader_env(struct gh_rule_reader *r, const struct gh_event_type *type, bool features);
/* Compiles the text of `n`; NULL with a fault that shows where in the text. `note` may be empty: said behind the message. */
const struct gh_program *gh_reader_compile(struct gh_rule_reader *r, struct gh_cel_env *env, const struct gh_node *n, struct gh_type want, struct gh_str note);

/* names.c. Each looks a name up that stands in `n`; NULL or false with a fault that says "did you mean". */
const struct gh_event_type *gh_reader_type(struct gh_rule_reader *r, const struct gh_node *n);
/* `event.F`, F of the kind. */
bool gh_reader_field(struct gh_rule_reader *r, const struct gh_node *n, const struct gh_event_type *type, enum gh_kind kind, unsigned *slot);
const struct gh_flow *gh_reader_flow(struct gh_rule_reader *r, const struct gh_node *n);
/* Letters, digits, . _ - (identifier: letters, digits, _ alone), no sign first, at most 64. */
bool gh_reader_name_good(struct gh_rule_reader *r, struct gh_str name, struct gh_spot at, const char *what, bool identifier);
/* A copy that lives as long as the set. */
struct gh_str gh_reader_keep(struct gh_rule_reader *r, struct gh_str text);
/* The spot, naming its file for as long as the set lives. */
struct gh_spot gh_reader_keep_spot(struct gh_rule_reader *r, struct gh_spot at);
/* A duration that is longer than nothing. */
bool gh_reader_span(struct gh_rule_reader *r, const struct gh_node *n, int64_t *ms);
/* The entry `key` of `map`; NULL with a fault if it is missing. */
const struct gh_node *gh_reader_need(struct gh_rule_reader *r, const struct gh_node *map, const char *key);

/* One file each. They fill what they are given as far as it is good; what is not is in the faults. */
void gh_read_feature(struct gh_rule_reader *r, const struct gh_node *n, struct gh_feature *feature);
void gh_read_flow(struct gh_rule_reader *r, const struct gh_node *n, struct gh_flow *flow);
void gh_read_rule(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule);
bool gh_read_on(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule);
void gh_read_script(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule);
void gh_make_plans(struct gh_rules *rules);

#endif
