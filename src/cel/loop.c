/* The loops of macros. A loop's five places on the stack: */
#include "goldhour/base/check.h"
#include "machine.h"

enum {
  RANGE,    /* a list or map */
  CURSOR,   /* int: elements taken */
  GATHERED, /* bool (all, exists), int (how many held), or the list or map under construction; an error instead of each */
  FIRST,    /* the variables */
  SECOND,
};

/* Room for as many items as the range can give. */
static struct gh_value new_items(struct machine *m, enum gh_kind kind, uint32_t n)
{
  size_t each = kind == GH_MAP ? 2 : 1;
  struct gh_value *items = n ? gh_arena_alloc(m->frame->scratch, n * each * sizeof *items) : NULL;
  if (n && !items) return gh_cel_no_memory();
  return (struct gh_value){.kind = (uint8_t)kind, .items = items};
}

static struct gh_value gathered_at_first(struct machine *m, enum fold fold, uint32_t n)
{
  switch (fold) {
  case FOLD_ALL: return gh_bool(true);
  case FOLD_EXISTS: return gh_bool(false);
  case FOLD_EXISTS_ONE: return gh_int(0);
  case FOLD_LIST: return new_items(m, GH_LIST, n);
  case FOLD_MAP: return new_items(m, GH_MAP, n);
  }
  GH_IMPOSSIBLE();
}

uint32_t gh_cel_loop_begin(struct machine *m, const struct instruction *i, uint32_t next)
{
  struct gh_value *range = m->top - 1;
  struct gh_value first = gh_cel_no_overload();
  if (range->kind == GH_LIST || range->kind == GH_MAP) first = gathered_at_first(m, (enum fold)i->way, range->len);
  if (range->kind == GH_ERROR) return i->target;
  if (first.kind == GH_ERROR) {
    *range = first;
    return i->target;
  }
  range[CURSOR] = gh_int(0);
  range[GATHERED] = first;
  range[FIRST] = range[SECOND] = gh_absent();
  m->top = range + CEL_LOOP_PLACES;
  return next;
}

uint32_t gh_cel_loop_next(struct machine *m, const struct instruction *i, uint32_t next)
{
  struct gh_value *loop = m->top - CEL_LOOP_PLACES;
  uint32_t at = (uint32_t)loop[CURSOR].i;
  if (at >= loop[RANGE].len) return i->target;
  if (!gh_cel_spend(&m->call, i->n)) {
    loop[GATHERED] = gh_cel_no_steps();
    return i->target;
  }
  loop[CURSOR].i++;
  if (loop[RANGE].kind == GH_MAP) {
    loop[FIRST] = loop[RANGE].items[2 * at];
    loop[SECOND] = loop[RANGE].items[2 * at + 1];
  } else if (i->way) {
    loop[FIRST] = gh_int(at);
    loop[SECOND] = loop[RANGE].items[at];
  } else {
    loop[FIRST] = loop[RANGE].items[at];
  }
  return next;
}

static struct gh_value error_of(struct gh_value v) { return v.kind == GH_ERROR ? v : gh_cel_no_overload(); }

uint32_t gh_cel_loop_filter(struct machine *m, const struct instruction *i, uint32_t next)
{
  struct gh_value v = *--m->top, *loop = m->top - CEL_LOOP_PLACES;
  if (v.kind == GH_BOOL) return v.b ? next : i->target;
  loop[GATHERED] = error_of(v);
  return i->other;
}

/* all and exists: true once decided; an error is kept until then. */
static bool take_condition(struct gh_value *gathered, struct gh_value v, bool decides)
{
  if (v.kind == GH_BOOL && v.b == decides) {
    *gathered = v;
    return true;
  }
  if (v.kind != GH_BOOL && gathered->kind != GH_ERROR) *gathered = error_of(v);
  return false;
}

static bool take_one(struct gh_value *gathered, struct gh_value v)
{
  if (v.kind != GH_BOOL) {
    *gathered = error_of(v);
    return true;
  }
  gathered->i += v.b;
  return false;
}

static bool take_item(struct gh_value *loop, struct gh_value v)
{
  struct gh_value *gathered = &loop[GATHERED], *items = (struct gh_value *)(uintptr_t)gathered->items; /* this loop's own */
  if (v.kind == GH_ERROR) {
    *gathered = v;
    return true;
  }
  if (gathered->kind == GH_MAP) {
    items[2 * gathered->len] = loop[FIRST];
    items[2 * gathered->len + 1] = v;
  } else {
    items[gathered->len] = v;
  }
  gathered->len++;
  return false;
}

uint32_t gh_cel_loop_take(struct machine *m, const struct instruction *i)
{
  struct gh_value v = *--m->top, *loop = m->top - CEL_LOOP_PLACES;
  bool done = false;
  switch ((enum fold)i->way) {
  case FOLD_ALL: done = take_condition(&loop[GATHERED], v, false); break;
  case FOLD_EXISTS: done = take_condition(&loop[GATHERED], v, true); break;
  case FOLD_EXISTS_ONE: done = take_one(&loop[GATHERED], v); break;
  case FOLD_LIST: case FOLD_MAP: done = take_item(loop, v); break;
  }
  return done ? i->other : i->target;
}

void gh_cel_loop_end(struct machine *m, const struct instruction *i)
{
  struct gh_value *loop = m->top - CEL_LOOP_PLACES, result = loop[GATHERED];
  if (i->way == FOLD_EXISTS_ONE && result.kind == GH_INT) result = gh_bool(result.i == 1);
  *loop = result;
  m->top = loop + 1;
}
