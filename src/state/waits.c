#include <stdlib.h>

#include "change.h"
#include "goldhour/base/check.h"

struct gh_wait *gh_wait_find(const struct gh_customer *c, uint32_t rule, struct gh_str key)
{
  for (uint32_t i = 0; i < c->nwaits; i++)
    if (c->waits[i]->rule == rule && gh_str_eq(c->waits[i]->key, key)) return c->waits[i];
  return NULL;
}

static size_t bytes_of(const struct gh_wait *w) { return sizeof *w + w->key.len + w->event.len; }

static struct gh_wait *make(struct gh_state *s, struct gh_customer *c, const struct gh_wait_begin *b)
{
  struct gh_wait *w = gh_pool_take(&s->pool, sizeof *w + b->key.len + b->event.len);
  *w = (struct gh_wait){.node.time_ms = b->due_ms, .customer = c, .begin_ms = b->begin_ms, .due_ms = b->due_ms, .on_hash = b->on_hash,
                        .rule = b->rule, .position = b->position, .late = b->late};
  if (b->key.len) memcpy(w->bytes, b->key.ptr, b->key.len);
  if (b->event.len) memcpy(w->bytes + b->key.len, b->event.ptr, b->event.len);
  w->key = gh_str_n(w->bytes, b->key.len);
  w->event = gh_str_n(w->bytes + b->key.len, b->event.len);
  return w;
}

void gh_wait_put(struct gh_buf *b, const struct gh_wait *w)
{
  gh_buf_put_u64(b, w->rule);
  gh_buf_put_text(b, w->key);
  gh_buf_put_fixed64(b, w->on_hash);
  gh_buf_put_i64(b, w->begin_ms);
  gh_buf_put_i64(b, w->due_ms);
  gh_buf_byte(b, w->late);
  gh_buf_put_text(b, w->event);
}

struct gh_wait *gh_state_wait(struct gh_state *s, struct gh_customer *c, const struct gh_wait_begin *b)
{
  GH_CHECK(!gh_wait_find(c, b->rule, b->key));
  c->waits = gh_vector_room(s, c->waits, c->nwaits, &c->waits_cap, sizeof(struct gh_wait *));
  struct gh_wait *w = c->waits[c->nwaits++] = make(s, c, b);
  gh_heap_push(&s->timers, &w->node);
  s->memory_bytes += bytes_of(w);
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_WAIT);
  if (log) gh_wait_put(log, w);
  return w;
}

void gh_state_wait_end(struct gh_state *s, struct gh_wait *w)
{
  struct gh_customer *c = w->customer;
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_WAIT_END);
  if (log) {
    gh_buf_put_u64(log, w->rule);
    gh_buf_put_text(log, w->key);
  }
  gh_heap_remove(&s->timers, &w->node);
  uint32_t i = 0;
  while (c->waits[i] != w) i++;
  c->waits[i] = c->waits[--c->nwaits];
  s->memory_bytes -= bytes_of(w);
  gh_pool_give(&s->pool, w, bytes_of(w));
}

struct gh_wait *gh_state_next_timer(const struct gh_state *s) { return (struct gh_wait *)(void *)gh_heap_first(&s->timers); }
