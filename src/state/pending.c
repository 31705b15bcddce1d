#include <stdlib.h>

#include "change.h"
#include "goldhour/base/check.h"

/* Of a record that waits for its next use. One that held a great event gives it back: else each would in time be as great as the greatest. */
enum { KEPT_BYTES = 1024 };

/* Records and their buffers are used again, so that a steady stream allocates nothing. */
static struct gh_pending *take_record(struct gh_state *s)
{
  struct gh_pending *p = s->free_pending;
  if (!p) {
    p = calloc(1, sizeof *p);
    GH_CHECK(p && "out of memory");
    return p;
  }
  s->free_pending = p->next;
  struct gh_buf bytes = p->bytes;
  gh_buf_clear(&bytes);
  *p = (struct gh_pending){.bytes = bytes};
  return p;
}

static void enter(struct gh_state *s, struct gh_customer *c, struct gh_pending *p, const struct gh_pending_begin *b)
{
  p->node.time_ms = p->time_ms = b->time_ms;
  p->found_ms = b->found_ms;
  p->arrival = b->arrival;
  p->late = b->late;
  p->customer = c;
  p->id = gh_event_packed_id(gh_buf_str(&p->bytes));
  p->next = c->pending;
  if (p->next) p->next->previous = p;
  c->pending = p;
  gh_heap_push(&s->waiting, &p->node);
  s->memory_bytes += sizeof *p + p->bytes.len;
}

static void join_fresh(struct gh_state *s, struct gh_pending *p)
{
  p->fresh_previous = s->fresh_last;
  if (s->fresh_last) s->fresh_last->fresh_next = p;
  else s->fresh_first = p;
  s->fresh_last = p;
}

static void leave_fresh(struct gh_state *s, struct gh_pending *p)
{
  if (p->fresh_previous) p->fresh_previous->fresh_next = p->fresh_next;
  else s->fresh_first = p->fresh_next;
  if (p->fresh_next) p->fresh_next->fresh_previous = p->fresh_previous;
  else s->fresh_last = p->fresh_previous;
  p->fresh_next = p->fresh_previous = NULL;
}

struct gh_pending *gh_state_pend(struct gh_state *s, struct gh_customer *c, const struct gh_pending_begin *b)
{
  struct gh_pending *p = take_record(s);
  gh_event_pack(s, &p->bytes, b->event);
  enter(s, c, p, b);
  join_fresh(s, p);
  return p;
}

struct gh_pending *gh_pending_add(struct gh_state *s, struct gh_customer *c, const struct gh_pending_begin *b, struct gh_str packed)
{
  struct gh_pending *p = take_record(s);
  gh_buf_add_str(&p->bytes, packed);
  enter(s, c, p, b);
  p->logged = true;
  return p;
}

void gh_state_pend_done(struct gh_state *s, struct gh_pending *p)
{
  struct gh_buf *log = p->logged ? gh_change(s, p->customer, GH_CHANGE_PEND_DONE) : NULL;
  if (log) gh_buf_put_u64(log, p->arrival);
  if (!p->logged) leave_fresh(s, p);
  gh_heap_remove(&s->waiting, &p->node);
  if (p->previous) p->previous->next = p->next;
  else p->customer->pending = p->next;
  if (p->next) p->next->previous = p->previous;
  s->memory_bytes -= sizeof *p + p->bytes.len;
  if (p->bytes.cap > KEPT_BYTES) gh_buf_free(&p->bytes);
  p->next = s->free_pending;
  s->free_pending = p;
}

struct gh_pending *gh_state_next_event(const struct gh_state *s) { return (struct gh_pending *)(void *)gh_heap_first(&s->waiting); }

struct gh_pending *gh_pending_find(const struct gh_customer *c, uint64_t arrival)
{
  struct gh_pending *p = c->pending;
  while (p && p->arrival != arrival) p = p->next;
  return p;
}

void gh_pending_put(struct gh_buf *b, const struct gh_pending *p)
{
  gh_buf_put_u64(b, p->arrival);
  gh_buf_put_i64(b, p->time_ms);
  gh_buf_put_i64(b, p->found_ms);
  gh_buf_byte(b, p->late);
  gh_buf_put_text(b, gh_buf_str(&p->bytes));
}

void gh_state_log_pending(struct gh_state *s)
{
  while (s->fresh_first) {
    struct gh_pending *p = s->fresh_first;
    struct gh_buf *log = gh_change(s, p->customer, GH_CHANGE_PEND);
    if (log) gh_pending_put(log, p);
    leave_fresh(s, p);
    p->logged = true;
  }
}
