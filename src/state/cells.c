#include <stdlib.h>

#include "change.h"
#include "goldhour/base/check.h"

static bool is_text(uint8_t kind) { return kind == GH_STRING || kind == GH_BYTES; }

struct gh_value gh_cell_value(const struct gh_cell *cell)
{
  struct gh_value v = {.kind = cell->kind, .scale = cell->scale, .i = cell->i};
  if (is_text(cell->kind)) {
    v.len = cell->text->len;
    v.text = cell->text->text;
  } else if (cell->kind == GH_BOOL) {
    v.b = cell->i != 0;
  } else if (cell->kind == GH_TIMESTAMP) {
    return gh_timestamp_ms(cell->i);
  } else if (cell->kind == GH_DURATION) {
    v = gh_timestamp_ms(cell->i);
    v.kind = GH_DURATION;
  }
  return v;
}

static void set_value(struct gh_state *s, struct gh_cell *cell, struct gh_value v)
{
  cell->kind = v.kind;
  cell->scale = v.scale;
  if (is_text(v.kind)) cell->text = gh_shared_take(&s->texts, gh_text(v));
  else if (v.kind == GH_BOOL) cell->i = v.b;
  else if (v.kind == GH_TIMESTAMP || v.kind == GH_DURATION) cell->i = gh_value_ms(v);
  else if (v.kind == GH_INT || v.kind == GH_UINT || v.kind == GH_DOUBLE || v.kind == GH_DECIMAL || v.kind == GH_DATE) cell->i = v.i;
  else GH_CHECK(v.kind == GH_ABSENT && "a feature's value is a scalar");
}

void gh_cells_give(struct gh_state *s, const struct gh_cell *cells, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++)
    if (is_text(cells[i].kind)) gh_shared_give(&s->texts, cells[i].text);
}

uint32_t gh_cells_after(const struct gh_customer *c, int64_t t_ms)
{
  uint32_t low = 0, high = c->ncells;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (c->cells[middle].time_ms <= t_ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

static void drop_first(struct gh_state *s, struct gh_customer *c, uint32_t n)
{
  if (n == 0) return;
  for (uint32_t i = 0; i < n; i++) c->nevents -= c->cells[i].first;
  gh_cells_give(s, c->cells, n);
  c->ncells -= n;
  memmove(c->cells, c->cells + n, c->ncells * sizeof *c->cells);
}

void gh_cells_prune(struct gh_state *s, struct gh_customer *c, int64_t keep_ms)
{
  if (keep_ms != INT64_MIN) drop_first(s, c, gh_cells_after(c, keep_ms - 1));
}

void gh_state_cell(struct gh_state *s, struct gh_customer *c, const struct gh_cell_begin *b, int64_t keep_ms)
{
  if (c->ncells == c->cells_cap) gh_cells_prune(s, c, keep_ms);
  c->cells = gh_vector_room(s, c->cells, c->ncells, &c->cells_cap, sizeof *c->cells);
  uint32_t at = c->ncells && c->cells[c->ncells - 1].time_ms > b->time_ms ? gh_cells_after(c, b->time_ms) : c->ncells;
  memmove(c->cells + at + 1, c->cells + at, (c->ncells - at) * sizeof *c->cells);
  c->cells[at] = (struct gh_cell){.time_ms = b->time_ms, .column = b->column, .first = b->first};
  set_value(s, &c->cells[at], b->value);
  c->ncells++;
  c->nevents += b->first;
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_CELL);
  if (log) gh_cell_put(log, &c->cells[at]);
}

void gh_cell_put(struct gh_buf *b, const struct gh_cell *cell)
{
  gh_buf_put_i64(b, cell->time_ms);
  gh_buf_put_u64(b, cell->column);
  gh_buf_byte(b, cell->first);
  gh_value_pack(b, gh_cell_value(cell));
}

/* The times of the last evicted events of a column are known exactly, so that a late event's window is judged rightly; beyond EVICTED_KEPT, that all
 * up to a time may have gone (aux 1). */
static void mark_evicted(struct gh_state *s, struct gh_customer *c, const struct gh_cell *cell, int64_t keep_ms)
{
  enum { EVICTED_KEPT = 64 };
  struct gh_mark mark = {.kind = GH_MARK_EVICTED, .name = cell->column, .time_ms = cell->time_ms};
  gh_state_mark_add(s, c, mark, keep_ms);
  uint32_t n = 0, oldest = 0;
  for (uint32_t i = 0; i < c->nmarks; i++) {
    const struct gh_mark *m = &c->marks[i];
    if (m->kind != GH_MARK_EVICTED || m->name != cell->column || m->aux) continue;
    if (n++ == 0 || m->time_ms < c->marks[oldest].time_ms) oldest = i;
  }
  if (n <= EVICTED_KEPT) return;
  mark.time_ms = c->marks[oldest].time_ms;
  mark.aux = 1;
  c->marks[oldest] = c->marks[--c->nmarks];
  const struct gh_mark *all = gh_mark_find(c, GH_MARK_EVICTED, cell->column, 1);
  if (!all || all->time_ms < mark.time_ms) gh_state_mark(s, c, mark);
}

void gh_state_evict(struct gh_state *s, struct gh_customer *c, int64_t keep_ms)
{
  gh_cells_prune(s, c, keep_ms);
  uint32_t n = c->ncells ? 1 : 0;
  while (n < c->ncells && !c->cells[n].first) n++;
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_EVICT);
  if (log) gh_buf_put_i64(log, keep_ms);
  s->log = NULL; /* the marks follow from the change itself */
  for (uint32_t i = 0; i < n; i++) mark_evicted(s, c, &c->cells[i], keep_ms);
  s->log = log;
  drop_first(s, c, n);
}
