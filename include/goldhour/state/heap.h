/* A binary heap of nodes that know their place, so that any of them can be taken out. The owner embeds gh_heap_node and gives the order. */
#ifndef GOLDHOUR_STATE_HEAP_H
#define GOLDHOUR_STATE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gh_heap_node { uint32_t index; int64_t time_ms; }; /* index from 1; 0: in no heap. time_ms decides first */

struct gh_heap {
  struct gh_heap_node **nodes; /* owned array, from 1; borrowed nodes */
  uint32_t count, cap;
  bool (*before)(const struct gh_heap_node *a, const struct gh_heap_node *b); /* for equal time_ms */
};

void gh_heap_free(struct gh_heap *h);
void gh_heap_push(struct gh_heap *h, struct gh_heap_node *node);
void gh_heap_remove(struct gh_heap *h, struct gh_heap_node *node);
/* Orders all anew, after what `before` looks at has changed. */
void gh_heap_rebuild(struct gh_heap *h);
static inline struct gh_heap_node *gh_heap_first(const struct gh_heap *h) { return h->count ? h->nodes[1] : NULL; }

#endif
