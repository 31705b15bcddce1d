#include <stdlib.h>

#include "goldhour/base/check.h"
#include "world.h"

static bool before(const struct moment *a, const struct moment *b)
{
  if (a->arrival_ms != b->arrival_ms) return a->arrival_ms < b->arrival_ms;
  return a->order < b->order;
}

void gh_sim_heap_push(struct heap *h, const struct moment *m)
{
  if (h->n == h->cap) {
    h->cap = h->cap ? h->cap * 2 : 1024;
    h->items = realloc(h->items, h->cap * sizeof *h->items);
    GH_CHECK(h->items != NULL);
  }
  size_t at = h->n++;
  while (at > 0 && before(m, &h->items[(at - 1) / 2])) {
    h->items[at] = h->items[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  h->items[at] = *m;
}

struct moment gh_sim_heap_pop(struct heap *h)
{
  GH_CHECK(h->n > 0);
  struct moment least = h->items[0], last = h->items[--h->n];
  size_t at = 0;
  for (size_t child = 1; child < h->n; child = 2 * at + 1) {
    if (child + 1 < h->n && before(&h->items[child + 1], &h->items[child])) child++;
    if (!before(&h->items[child], &last)) break;
    h->items[at] = h->items[child];
    at = child;
  }
  h->items[at] = last;
  return least;
}
