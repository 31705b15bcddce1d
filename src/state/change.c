#include "change.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"

void *gh_vector_room(struct gh_state *s, void *items, uint32_t count, uint32_t *cap, size_t size)
{
  if (count < *cap) return items;
  uint32_t old = *cap;
  *cap = old ? old * 2 : 2;
  s->memory_bytes += (*cap - old) * size;
  return gh_pool_resize(&s->pool, items, old * size, *cap * size);
}

struct gh_buf *gh_change(struct gh_state *s, const struct gh_customer *c, enum gh_change change)
{
  if (!s->log) return NULL;
  if (s->logged != c) {
    gh_buf_byte(s->log, GH_CHANGE_CUSTOMER);
    gh_buf_put_text(s->log, c->key);
    s->logged = c;
  }
  gh_buf_byte(s->log, (char)change);
  return s->log;
}

void gh_state_log_to(struct gh_state *s, struct gh_buf *log)
{
  s->log = log;
  s->logged = NULL;
}

/* ---- reading back ---- */

static struct gh_mark read_mark(struct gh_reader *r)
{
  struct gh_mark m = {.kind = (uint8_t)gh_read_u64(r)};
  m.name = (uint32_t)gh_read_u64(r);
  m.aux = gh_read_fixed64(r);
  m.time_ms = gh_read_i64(r);
  return m;
}

static void replay_wait(struct gh_state *s, struct gh_customer *c, struct gh_reader *r)
{
  struct gh_wait_begin b = {.rule = (uint32_t)gh_read_u64(r)};
  b.key = gh_read_text(r);
  b.on_hash = gh_read_fixed64(r);
  b.begin_ms = gh_read_i64(r);
  b.due_ms = gh_read_i64(r);
  b.late = gh_read_u64(r) != 0;
  b.event = gh_read_text(r);
  if (c && !r->bad) gh_state_wait(s, c, &b);
}

static void replay_wait_end(struct gh_state *s, struct gh_customer *c, struct gh_reader *r)
{
  uint32_t rule = (uint32_t)gh_read_u64(r);
  struct gh_str key = gh_read_text(r);
  if (!c || r->bad) return;
  struct gh_wait *w = gh_wait_find(c, rule, key);
  if (w) gh_state_wait_end(s, w);
  else r->bad = true;
}

static void replay_pend(struct gh_state *s, struct gh_customer *c, struct gh_reader *r)
{
  struct gh_pending_begin b = {.arrival = gh_read_u64(r)};
  b.time_ms = gh_read_i64(r);
  b.found_ms = gh_read_i64(r);
  b.late = gh_read_u64(r) != 0;
  struct gh_str packed = gh_read_text(r);
  if (c && !r->bad) gh_pending_add(s, c, &b, packed);
}

static void replay_pend_done(struct gh_state *s, struct gh_customer *c, struct gh_reader *r)
{
  uint64_t arrival = gh_read_u64(r);
  if (!c || r->bad) return;
  struct gh_pending *p = gh_pending_find(c, arrival);
  if (p) gh_state_pend_done(s, p);
  else r->bad = true;
}

static void replay_id(struct gh_state *s, struct gh_customer *c, struct gh_reader *r)
{
  struct gh_seen id = {.hash = gh_read_fixed64(r)};
  id.time_ms = gh_read_i64(r);
  int64_t since_ms = gh_read_i64(r);
  if (c && !r->bad) gh_state_id(s, c, id, since_ms, UINT32_MAX);
}

static void replay_cell(struct gh_state *s, struct gh_customer *c, struct gh_reader *r, struct gh_arena *arena)
{
  struct gh_cell_begin b = {.time_ms = gh_read_i64(r)};
  b.column = (uint32_t)gh_read_u64(r);
  b.first = gh_read_u64(r) != 0;
  b.value = gh_value_unpack(r, arena);
  if (c && !r->bad) gh_state_cell(s, c, &b, INT64_MIN);
}

static void replay_mark(struct gh_state *s, struct gh_customer *c, struct gh_reader *r, bool add)
{
  struct gh_mark m = read_mark(r);
  int64_t drop_before_ms = add ? gh_read_i64(r) : 0;
  if (!c || r->bad) return;
  if (add) gh_state_mark_add(s, c, m, drop_before_ms);
  else gh_state_mark(s, c, m);
}

static void replay_profile(struct gh_state *s, struct gh_customer *c, struct gh_reader *r)
{
  int64_t time_ms = gh_read_i64(r);
  struct gh_str changes = gh_read_text(r);
  if (c && !r->bad) gh_profile_merge(s, c, time_ms, changes);
}

static void replay_forget(struct gh_state *s, struct gh_customer *c, struct gh_reader *r)
{
  int64_t time_ms = gh_read_i64(r);
  struct gh_str id = gh_read_text(r);
  if (c && !r->bad) gh_state_forget(s, c, time_ms, id);
}

static void replay_evict(struct gh_state *s, struct gh_customer *c, struct gh_reader *r)
{
  int64_t keep_ms = gh_read_i64(r);
  if (c && !r->bad) gh_state_evict(s, c, keep_ms);
}

static void replay_one(struct gh_state *s, enum gh_change change, struct gh_customer *c, struct gh_reader *r, struct gh_arena *arena)
{
  switch (change) {
  case GH_CHANGE_PROFILE: replay_profile(s, c, r); return;
  case GH_CHANGE_FORGET: replay_forget(s, c, r); return;
  case GH_CHANGE_ID: replay_id(s, c, r); return;
  case GH_CHANGE_CELL: replay_cell(s, c, r, arena); return;
  case GH_CHANGE_EVICT: replay_evict(s, c, r); return;
  case GH_CHANGE_MARK: replay_mark(s, c, r, false); return;
  case GH_CHANGE_MARK_ADD: replay_mark(s, c, r, true); return;
  case GH_CHANGE_WAIT: replay_wait(s, c, r); return;
  case GH_CHANGE_WAIT_END: replay_wait_end(s, c, r); return;
  case GH_CHANGE_PEND: replay_pend(s, c, r); return;
  case GH_CHANGE_PEND_DONE: replay_pend_done(s, c, r); return;
  case GH_CHANGE_CUSTOMER: break;
  }
  r->bad = true;
}

bool gh_state_replay(struct gh_state *s, struct gh_str bytes, bool (*wanted)(void *ctx, uint64_t hash), void *ctx)
{
  struct gh_buf *log = s->log;
  s->log = NULL;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  struct gh_reader r = gh_reader(bytes);
  struct gh_customer *c = NULL;
  while (!gh_reader_done(&r)) {
    enum gh_change change = (enum gh_change)gh_read_u64(&r);
    if (change == GH_CHANGE_CUSTOMER) {
      struct gh_str key = gh_read_text(&r);
      if (r.bad) break;
      c = !wanted || wanted(ctx, gh_hash(key)) ? gh_customer_make(s, key) : NULL;
      gh_arena_reset(&arena);
    } else {
      replay_one(s, change, c, &r, &arena);
    }
  }
  gh_arena_free(&arena);
  s->log = log;
  return !r.bad;
}

