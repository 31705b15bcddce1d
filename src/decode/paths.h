/* The JSON pointers (RFC 6901) that a mapping asks for, as one tree for each thing that they start from, so that a record is walked once for all of them. */
#ifndef GH_DECODE_PATHS_H
#define GH_DECODE_PATHS_H

#include <stdint.h>

#include "goldhour/base/arena.h"

struct path_node {
  struct gh_str token;              /* unescaped; of the root empty */
  int64_t index;                    /* the token as the index of a list, or -1 */
  int path;                         /* the number of the pointer that ends here, or -1 */
  unsigned id;                      /* counts the nodes */
  struct path_node *first, *next;   /* children; the parent's next child */
};

/* What a pointer starts from: the row (without an envelope the record), or `$before`, `$message`, `$key`, `$header`. What the envelope itself says is
 * ORIGIN_NAME, the name its one token. */
enum origin { ORIGIN_ROW, ORIGIN_BEFORE, ORIGIN_MESSAGE, ORIGIN_KEY, ORIGIN_HEADER, ORIGIN_NAME, ORIGINS };

struct paths {
  struct path_node roots[ORIGINS];  /* root i has id i */
  unsigned npaths, nnodes;
};

void gh_paths_init(struct paths *p);
/* Adds a pointer (once, however often it is asked for); its number, or -1 if it is malformed. */
int gh_paths_add(struct paths *p, struct gh_arena *arena, enum origin origin, struct gh_str pointer);
/* Adds the pointer that has one token, as it is; its number. */
int gh_paths_add_token(struct paths *p, struct gh_arena *arena, enum origin origin, struct gh_str token);

#endif
