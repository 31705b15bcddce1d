/* Names resolved and types inferred over the tree. Unchecked, the same pass resolves names and never refuses: what has no type is dyn,
 * what has no meaning becomes an error value. */
#ifndef GH_CEL_CHECK_H
#define GH_CEL_CHECK_H

#include "ast.h"
#include "env.h"

struct checker {
  struct compilation *c;
  struct gh_cel_env *env;
  struct gh_str container;
  bool lenient; /* unchecked */
  struct cel_types types;
  struct local *scope; /* innermost first */
  struct cel_type *dyn, *boolean, *integer, *literal; /* made once */
};

/* The overloads that a call may come to when it is evaluated. */
struct call_site {
  const struct cel_function **candidates;
  uint32_t n;
};

/* Infers the tree's type, rewriting names into slots, locals and types, double literals into decimals where they stand beside one. */
struct cel_type *gh_cel_check(struct checker *ck, struct node *root);
struct cel_type *gh_cel_check_node(struct checker *ck, struct node *n);

/* resolve.c: a NAME or SELECT that is a declared name, a variable or a type. False: it is none; an operand may still be. */
bool gh_cel_resolve(struct checker *ck, struct node *n);
/* Refuses a name that nothing explains (or makes it an error value). */
struct cel_type *gh_cel_unknown_name(struct checker *ck, struct node *n);
/* The functions that a call names, NULL if there are none. A receiver that is only a namespace (math.abs) is dropped from the call. */
const struct cel_function *gh_cel_resolve_function(struct checker *ck, struct node *call);
struct cel_type *gh_cel_unknown_function(struct checker *ck, struct node *call);

/* check_call.c */
struct cel_type *gh_cel_check_call(struct checker *ck, struct node *call);
/* check_operator.c */
struct cel_type *gh_cel_check_operator(struct checker *ck, struct node *n);
/* Double literals in what stands beside a decimal become decimals; what is something else stays. */
void gh_cel_coerce(struct checker *ck, struct node *n);

/* Refuses the node with a message, or types it dyn where lenient. */
struct cel_type *gh_cel_mismatch(struct checker *ck, const struct node *n, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct gh_str gh_cel_show(struct checker *ck, struct cel_type *t);

#endif
