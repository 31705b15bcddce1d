/* The bytes of the last commits, so that those which Redis loses can be sent again. One bound for all partitions: the oldest go first. */
#include <stdlib.h>

#include "redis_store.h"

static void take_out(struct gh_ring *ring, struct gh_sent *e)
{
  if (e->older) e->older->newer = e->newer;
  else ring->oldest = e->newer;
  if (e->newer) e->newer->older = e->older;
  else ring->newest = e->older;
  ring->bytes -= e->bytes;
}

/* The first of its partition. */
static void drop_first(struct gh_ring *ring, struct gh_partition_record *of)
{
  struct gh_sent *e = of->first;
  of->first = e->next;
  if (of->first) of->first->previous = NULL;
  else of->last = NULL;
  take_out(ring, e);
  free(e);
}

void gh_ring_clear(struct gh_ring *ring, struct gh_partition_record *of)
{
  while (of->first) drop_first(ring, of);
}

struct gh_sent *gh_ring_detach(struct gh_ring *ring, struct gh_partition_record *of)
{
  struct gh_sent *first = of->first;
  for (struct gh_sent *e = first; e; e = e->next) take_out(ring, e);
  of->first = of->last = NULL;
  return first;
}

void gh_ring_add(struct gh_ring *ring, struct gh_partition_record *of, struct gh_sent *sent)
{
  if (of->last && (of->last->seq + 1 != sent->seq || strcmp(of->last->mark, sent->before) != 0)) gh_ring_clear(ring, of);
  sent->of = of;
  sent->next = sent->newer = NULL;
  sent->previous = of->last;
  sent->older = ring->newest;
  if (ring->newest) ring->newest->newer = sent;
  else ring->oldest = sent;
  ring->newest = sent;
  if (of->last) of->last->next = sent;
  else of->first = sent;
  of->last = sent;
  ring->bytes += sent->bytes;
  /* The oldest of all is the first of its partition. */
  while (ring->bytes > ring->most) drop_first(ring, ring->oldest->of);
}

/* A partition's numbers have no gaps; what is asked for stands mostly near the end. */
struct gh_sent *gh_ring_after(const struct gh_partition_record *of, uint64_t seq, const char *mark)
{
  struct gh_sent *e = of->last;
  while (e && e->seq > seq + 1) e = e->previous;
  return e && e->seq == seq + 1 && strcmp(e->before, mark) == 0 ? e : NULL;
}
