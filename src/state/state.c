#include "goldhour/state/state.h"

#include <stdlib.h>

#include "change.h"

/* Timers of equal time: by position of the rule, customer, instance or event id. */
static bool timer_before(const struct gh_heap_node *a, const struct gh_heap_node *b)
{
  const struct gh_wait *x = (const struct gh_wait *)(const void *)a, *y = (const struct gh_wait *)(const void *)b;
  if (x->position != y->position) return x->position < y->position;
  int c = gh_str_cmp(x->customer->key, y->customer->key);
  return c ? c < 0 : gh_str_cmp(x->key, y->key) < 0;
}

/* Events of equal time: by id, customer; copies of one id that are both let in (ids were forgotten) by arrival. */
static bool event_before(const struct gh_heap_node *a, const struct gh_heap_node *b)
{
  const struct gh_pending *x = (const struct gh_pending *)(const void *)a, *y = (const struct gh_pending *)(const void *)b;
  int c = gh_str_cmp(x->id, y->id);
  if (c == 0) c = gh_str_cmp(x->customer->key, y->customer->key);
  return c ? c < 0 : x->arrival < y->arrival;
}

void gh_state_init(struct gh_state *s)
{
  *s = (struct gh_state){0};
  gh_names_init(&s->names);
  gh_arena_init(&s->table.keys, 0);
  gh_arena_init(&s->scratch, 0);
  s->timers.before = timer_before;
  s->waiting.before = event_before;
}

static void free_pending(struct gh_pending *p)
{
  gh_buf_free(&p->bytes);
  free(p);
}

void gh_state_free(struct gh_state *s)
{
  for (uint32_t i = 1; i <= s->waiting.count; i++) free_pending((struct gh_pending *)(void *)s->waiting.nodes[i]);
  for (struct gh_pending *p = s->free_pending, *next; p; p = next) {
    next = p->next;
    free_pending(p);
  }
  gh_heap_free(&s->timers);
  gh_heap_free(&s->waiting);
  gh_table_free(&s->table);
  gh_shared_free(&s->texts);
  gh_names_free(&s->names);
  gh_pool_free(&s->pool);
  gh_arena_free(&s->scratch);
  gh_buf_free(&s->packed);
  gh_buf_free(&s->merged);
}
