/* The JSON pointers (RFC 6901) that a mapping asks for, as one tree, so that a record is walked once for all of them. */
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

struct paths {
  struct path_node root;
  unsigned npaths, nnodes;
};

void gh_paths_init(struct paths *p);
/* Adds a pointer (once, however often it is asked for); its number, or -1 if it is malformed. */
int gh_paths_add(struct paths *p, struct gh_arena *arena, struct gh_str pointer);

#endif
