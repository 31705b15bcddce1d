#include "goldhour/state/heap.h"

#include <stdlib.h>

#include "goldhour/base/check.h"

static bool precedes(const struct gh_heap *h, const struct gh_heap_node *a, const struct gh_heap_node *b)
{
  return a->time_ms != b->time_ms ? a->time_ms < b->time_ms : h->before(a, b);
}

static void place(struct gh_heap *h, uint32_t index, struct gh_heap_node *node)
{
  h->nodes[index] = node;
  node->index = index;
}

static void rise(struct gh_heap *h, uint32_t index)
{
  struct gh_heap_node *node = h->nodes[index];
  for (; index > 1 && precedes(h, node, h->nodes[index / 2]); index /= 2) place(h, index, h->nodes[index / 2]);
  place(h, index, node);
}

static void sink(struct gh_heap *h, uint32_t index)
{
  struct gh_heap_node *node = h->nodes[index];
  for (uint32_t child; (child = index * 2) <= h->count; index = child) {
    if (child < h->count && precedes(h, h->nodes[child + 1], h->nodes[child])) child++;
    if (!precedes(h, h->nodes[child], node)) break;
    place(h, index, h->nodes[child]);
  }
  place(h, index, node);
}

void gh_heap_free(struct gh_heap *h)
{
  free(h->nodes);
  h->nodes = NULL;
  h->count = h->cap = 0;
}

void gh_heap_push(struct gh_heap *h, struct gh_heap_node *node)
{
  GH_CHECK(node->index == 0);
  if (h->count + 1 >= h->cap) {
    h->cap = h->cap ? h->cap * 2 : 64;
    h->nodes = realloc(h->nodes, h->cap * sizeof *h->nodes);
    GH_CHECK(h->nodes && "out of memory");
  }
  place(h, ++h->count, node);
  rise(h, h->count);
}

void gh_heap_remove(struct gh_heap *h, struct gh_heap_node *node)
{
  uint32_t index = node->index;
  GH_CHECK(index >= 1 && index <= h->count && h->nodes[index] == node);
  struct gh_heap_node *last = h->nodes[h->count--];
  node->index = 0;
  if (last == node) return;
  place(h, index, last);
  rise(h, index);
  sink(h, last->index);
}

void gh_heap_rebuild(struct gh_heap *h)
{
  for (uint32_t i = h->count / 2; i >= 1; i--) sink(h, i);
}
