#include <stdlib.h>

#include "change.h"

static bool same(const struct gh_mark *a, const struct gh_mark *b) { return a->kind == b->kind && a->name == b->name && a->aux == b->aux; }

static struct gh_mark *find(const struct gh_customer *c, const struct gh_mark *like)
{
  for (uint32_t i = 0; i < c->nmarks; i++)
    if (same(&c->marks[i], like)) return &c->marks[i];
  return NULL;
}

const struct gh_mark *gh_mark_find(const struct gh_customer *c, enum gh_mark_kind kind, uint32_t name, uint64_t aux)
{
  return find(c, &(struct gh_mark){.kind = (uint8_t)kind, .name = name, .aux = aux});
}

static void append(struct gh_state *s, struct gh_customer *c, struct gh_mark mark)
{
  c->marks = gh_vector_room(s, c->marks, c->nmarks, &c->marks_cap, sizeof *c->marks);
  c->marks[c->nmarks++] = mark;
}

void gh_mark_put(struct gh_buf *b, struct gh_mark mark)
{
  gh_buf_byte(b, (char)mark.kind);
  gh_buf_put_u64(b, mark.name);
  gh_buf_put_fixed64(b, mark.aux);
  gh_buf_put_i64(b, mark.time_ms);
}

void gh_state_mark(struct gh_state *s, struct gh_customer *c, struct gh_mark mark)
{
  struct gh_mark *known = find(c, &mark);
  if (known && known->time_ms == mark.time_ms) return;
  if (known) *known = mark;
  else append(s, c, mark);
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_MARK);
  if (log) gh_mark_put(log, mark);
}

void gh_state_mark_add(struct gh_state *s, struct gh_customer *c, struct gh_mark mark, int64_t drop_before_ms)
{
  uint32_t kept = 0;
  for (uint32_t i = 0; i < c->nmarks; i++)
    if (!same(&c->marks[i], &mark) || c->marks[i].time_ms >= drop_before_ms) c->marks[kept++] = c->marks[i];
  c->nmarks = kept;
  append(s, c, mark);
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_MARK_ADD);
  if (!log) return;
  gh_mark_put(log, mark);
  gh_buf_put_i64(log, drop_before_ms);
}

void gh_marks_prune(struct gh_customer *c, int64_t since_ms)
{
  uint32_t kept = 0;
  for (uint32_t i = 0; i < c->nmarks; i++) {
    bool for_late = c->marks[i].kind == GH_MARK_CANCEL || c->marks[i].kind == GH_MARK_STEP;
    if (!for_late || c->marks[i].time_ms >= since_ms) c->marks[kept++] = c->marks[i];
  }
  c->nmarks = kept;
}
