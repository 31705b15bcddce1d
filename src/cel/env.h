/* What an environment knows: declared names, and the functions of all tables by name. */
#ifndef GH_CEL_ENV_H
#define GH_CEL_ENV_H

#include "goldhour/base/textmap.h"
#include "function.h"
#include "type.h"

enum { CEL_ARGUMENTS = 32 }; /* parameters a signature may list */

struct cel_name {
  struct gh_str name;
  struct gh_type type;
  unsigned row, slot;
};

/* An overload, its parameter types read. */
struct cel_function {
  const struct gh_overload *overload;
  struct cel_function *next; /* of the same name, in the order of the tables */
  struct cel_type *result;
  uint8_t n;                 /* parameters listed; the last one may repeat */
  bool more;
  struct cel_type *params[];
};

/* A function's name: its overloads are read when it is first called. */
struct cel_function_name {
  struct gh_str name;
  struct cel_function *first; /* NULL: not read yet */
};

struct gh_cel_env {
  struct gh_arena *arena; /* borrowed */
  const struct gh_zones *zones;
  const struct gh_zone *zone;
  struct gh_textmap index; /* of names */
  struct cel_name *names;
  uint32_t nnames, names_cap;
  struct gh_textmap function_index;
  struct cel_function_name *functions;
  char *dense_at;    /* a piece of the arena in which programs' tests stand side by side */
  size_t dense_left;
  struct gh_arena prepared; /* what functions prepared when compiling; gives back what they registered with it */
};

/* Cleared memory for what is read at every evaluation: close to what was given before, where `arena` is the environment's own (another
 * one may go before the environment does). */
void *gh_cel_env_dense(struct gh_cel_env *env, struct gh_arena *arena, size_t size);
/* NULL: not declared. */
const struct cel_name *gh_cel_env_name(const struct gh_cel_env *env, struct gh_str name);
/* The overloads of a name, NULL if there are none. */
const struct cel_function *gh_cel_env_function(struct gh_cel_env *env, struct gh_str name);

#endif
