/* A table from texts to numbers: which rule, feature, key has this name. Grows in an arena; texts are borrowed from whoever adds them. */
#ifndef GOLDHOUR_BASE_TEXTMAP_H
#define GOLDHOUR_BASE_TEXTMAP_H

#include <stdint.h>

#include "goldhour/base/arena.h"

struct gh_textmap_cell { struct gh_str name; uint32_t value; };
struct gh_textmap {
  struct gh_arena *arena;      /* borrowed; where the cells live */
  struct gh_textmap_cell *cells;  /* open addressing, linear probing; name.ptr NULL: free */
  size_t cap, len;             /* cap is a power of two, at least twice len */
};

void gh_textmap_init(struct gh_textmap *map, struct gh_arena *arena);
/* Adds a name; false, with the earlier value in *held (may be NULL), if it is there already: that one stays. */
bool gh_textmap_add(struct gh_textmap *map, struct gh_str name, uint32_t value, uint32_t *held);
/* False if there is no such name. */
bool gh_textmap_find(const struct gh_textmap *map, struct gh_str name, uint32_t *value);

#endif
