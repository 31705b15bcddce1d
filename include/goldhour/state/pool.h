/* Memory for the small vectors of many customers: blocks of a few sizes cut from large chunks, and lists of free ones. There is no header a block (whoever
 * holds one knows its size), and giving everything back is giving back the chunks. Blocks over 4 KB come from malloc. What is given back is poisoned
 * under AddressSanitizer. */
#ifndef GOLDHOUR_STATE_POOL_H
#define GOLDHOUR_STATE_POOL_H

#include <stddef.h>
#include <stdint.h>

enum { GH_POOL_CLASSES = 16 };

struct gh_pool {
  void *free[GH_POOL_CLASSES]; /* a block's first word points at the next */
  struct gh_pool_chunk *chunks; /* owned */
  struct gh_pool_large *large; /* owned: blocks over 4 KB */
  char *at, *end;              /* what is left of the newest chunk */
};

void gh_pool_free(struct gh_pool *p);
/* A block of at least `bytes` (not cleared); NULL for 0. Out of memory stops the program. */
void *gh_pool_take(struct gh_pool *p, size_t bytes);
/* Gives back a block taken with that size. */
void gh_pool_give(struct gh_pool *p, void *block, size_t bytes);
/* The block made larger or smaller, its first bytes kept; the same one where the sizes fall into one class. */
void *gh_pool_resize(struct gh_pool *p, void *block, size_t old_bytes, size_t new_bytes);

#endif
