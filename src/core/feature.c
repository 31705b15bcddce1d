/* Features: what each event leaves in its customer's windows, and what a window holds when a condition asks. Exact: every value is kept for as long as a
 * window may need it. */
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/model/decimal.h"
#include "inside.h"

/* ---- what an event leaves ---- */

static unsigned type_index(const struct gh_column *column, const struct gh_event_type *type)
{
  unsigned i = 0;
  while (i < column->ntypes && column->types[i] != type) i++;
  GH_CHECK(i < column->ntypes);
  return i;
}

/* The value that the column counts of the event at hand; false if it does not count it. */
static bool column_value(struct gh_core *core, const struct gh_column *column, struct gh_value *out)
{
  unsigned i = type_index(column, core->event.type);
  *out = gh_absent();
  if (column->where[i] && !gh_cel_test(column->where[i], &core->frame, NULL)) return false;
  if (!column->value[i]) return true;
  *out = gh_cel_eval(column->value[i], &core->frame);
  if (out->kind == GH_ERROR || out->kind == GH_ABSENT || out->kind == GH_NULL) return false;
  return out->kind != GH_DECIMAL || gh_decimal_rescale(*out, column->type.scale, out);
}

/* Older cells cannot be asked for: what is stepped from now on is not before the step at hand, or late within late_limit. */
static int64_t keep_from(const struct gh_core *core)
{
  int64_t since_ms = gh_core_since(core);
  return gh_time_minus(core->t_ms < since_ms ? core->t_ms : since_ms, core->keep_ms);
}

/* Beyond customer_events the oldest goes, be it the one just added, come late. */
static void drop_oldest(struct gh_core *core, int64_t keep_ms)
{
  struct gh_customer *c = core->who;
  int64_t limit = core->rules->conf->customer_events;
  if (c->nevents <= limit) return;
  gh_cells_prune(&core->state, c, keep_ms);
  while (c->nevents > limit) gh_state_evict(&core->state, c, keep_ms);
}

void gh_core_keep_cells(struct gh_core *core, const struct gh_type_plan *plan)
{
  int64_t keep_ms = keep_from(core);
  bool first = true;
  for (unsigned i = 0; i < plan->ncolumns; i++) {
    struct gh_cell_begin cell = {.time_ms = core->t_ms, .column = core->column_names[plan->columns[i]->index], .first = first};
    if (!column_value(core, plan->columns[i], &cell.value)) continue;
    gh_state_cell(&core->state, core->who, &cell, keep_ms);
    first = false;
  }
  if (!first) drop_oldest(core, keep_ms);
}

/* ---- what a window holds ---- */

struct window {
  const struct gh_cell *cells;
  uint32_t from, to; /* cells with time in (t - over, t] */
  uint32_t column;
  const struct gh_feature *feature;
  struct gh_arena *arena;
};

static bool next_cell(const struct window *w, uint32_t *at, struct gh_value *v)
{
  while (*at < w->to && w->cells[*at].column != w->column) ++*at;
  if (*at >= w->to) return false;
  *v = gh_cell_value(&w->cells[(*at)++]);
  return true;
}

static struct gh_value count_of(const struct window *w)
{
  int64_t n = 0;
  struct gh_value v;
  for (uint32_t at = w->from; next_cell(w, &at, &v);) n++;
  return gh_int(n);
}

static struct gh_value overflow(void) { return gh_error(GH_STR("the feature overflowed")); }

struct total { struct gh_decimal_sum exact; double real; uint64_t n; };

/* All of a window's numbers: doubles one after the other in their order, the others exactly. */
static struct total total_of(const struct window *w)
{
  struct total t = {.n = 0};
  struct gh_value v;
  for (uint32_t at = w->from; next_cell(w, &at, &v); t.n++) {
    if (w->feature->column->type.kind == GH_DOUBLE) t.real += v.d;
    else t.exact.units += v.i;
  }
  return t;
}

static struct gh_value sum_of(const struct window *w)
{
  const struct gh_type *type = &w->feature->column->type;
  struct total t = total_of(w);
  struct gh_value v;
  if (type->kind == GH_DOUBLE) return __builtin_isfinite(t.real) ? gh_double(t.real) : overflow();
  if (!gh_decimal_sum_value(t.exact, type->scale, &v)) return overflow();
  return type->kind == GH_DECIMAL ? v : gh_int(v.i);
}

static struct gh_value avg_of(const struct window *w)
{
  const struct gh_type *type = &w->feature->column->type;
  struct total t = total_of(w);
  struct gh_value v;
  if (t.n == 0) return gh_absent();
  if (type->kind == GH_DECIMAL) return gh_decimal_avg(t.exact, t.n, type->scale, &v) ? v : overflow();
  if (type->kind != GH_DOUBLE) return gh_double((double)t.exact.units / (double)t.n);
  return __builtin_isfinite(t.real) ? gh_double(t.real / (double)t.n) : overflow();
}

/* Values of one kind and scale: below 0, 0, above 0. */
static int compare(struct gh_value a, struct gh_value b)
{
  switch ((enum gh_kind)a.kind) {
  case GH_STRING: case GH_BYTES: return gh_str_cmp(gh_text(a), gh_text(b));
  case GH_DOUBLE: return (a.d > b.d) - (a.d < b.d);
  case GH_UINT: return (a.u > b.u) - (a.u < b.u);
  case GH_BOOL: return a.b - b.b;
  case GH_TIMESTAMP: case GH_DURATION: return a.i != b.i ? (a.i > b.i) - (a.i < b.i) : (a.len > b.len) - (a.len < b.len);
  default: return (a.i > b.i) - (a.i < b.i);
  }
}

static struct gh_value extreme_of(const struct window *w, int sign)
{
  struct gh_value best = gh_absent(), v;
  for (uint32_t at = w->from; next_cell(w, &at, &v);)
    if (best.kind == GH_ABSENT || compare(v, best) * sign > 0) best = v;
  return best;
}

static struct gh_value last_of(const struct window *w)
{
  struct gh_value last = gh_absent(), v;
  for (uint32_t at = w->from; next_cell(w, &at, &v);) last = v;
  return last;
}

static int by_value(const void *a, const void *b) { return compare(*(const struct gh_value *)a, *(const struct gh_value *)b); }

static struct gh_value distinct_of(const struct window *w)
{
  if (w->to == w->from) return gh_int(0);
  struct gh_value *all = gh_arena_alloc(w->arena, (w->to - w->from) * sizeof *all), v;
  uint32_t n = 0;
  for (uint32_t at = w->from; next_cell(w, &at, &v);) all[n++] = v;
  qsort(all, n, sizeof *all, by_value);
  int64_t distinct = n > 0;
  for (uint32_t i = 1; i < n; i++) distinct += compare(all[i - 1], all[i]) != 0;
  return gh_int(distinct);
}

static struct gh_value aggregate(const struct window *w)
{
  switch (w->feature->aggregate) {
  case GH_COUNT: return count_of(w);
  case GH_SUM: return sum_of(w);
  case GH_MIN: return extreme_of(w, -1);
  case GH_MAX: return extreme_of(w, 1);
  case GH_AVG: return avg_of(w);
  case GH_DISTINCT: return distinct_of(w);
  case GH_LAST: return last_of(w);
  }
  GH_IMPOSSIBLE();
}

/* Whether an event that had to go lies in the window, or may (see gh_state_evict). */
static bool overfull(const struct gh_core *core, uint32_t column, int64_t after_ms)
{
  for (uint32_t i = 0; i < core->who->nmarks; i++) {
    const struct gh_mark *m = &core->who->marks[i];
    if (m->kind != GH_MARK_EVICTED || m->name != column || m->time_ms <= after_ms) continue;
    if (m->aux || m->time_ms <= core->t_ms) return true;
  }
  return false;
}

static struct gh_value feature_value(struct gh_core *core, const struct gh_feature *f)
{
  const struct gh_name *name = &core->state.names.names[core->feature_names[f->index]];
  int64_t after_ms = gh_time_minus(core->t_ms, f->over_ms);
  if (name->since_ms != GH_ALWAYS && core->t_ms < gh_time_plus(name->since_ms, f->over_ms)) return gh_absent();
  uint32_t column = core->column_names[f->column->index];
  if (overfull(core, column, after_ms)) {
    core->counters.overfull++;
    return gh_error(GH_STR("overfull: the customer had more events than customer_events keeps for its windows"));
  }
  struct window w = {.cells = core->who->cells, .from = gh_cells_after(core->who, after_ms), .to = gh_cells_after(core->who, core->t_ms),
                     .column = column, .feature = f, .arena = &core->step_arena};
  return aggregate(&w);
}

struct gh_value gh_core_fetch(void *ctx, unsigned row, unsigned slot)
{
  struct gh_core *core = ctx;
  if (row == GH_ROW_CUSTOMER) {
    const struct gh_event_type *type = &core->rules->schema->customer;
    gh_profile_slots(&core->state, core->who, type, core->customer_slots, &core->step_arena);
    core->customer_slots[type->nfields] = gh_string(core->who->key);
    core->frame.rows[GH_ROW_CUSTOMER] = core->customer_slots;
    return core->customer_slots[slot];
  }
  GH_CHECK(row == GH_ROW_FEATURE && slot < core->rules->nfeatures);
  if (core->feature_stamps[slot] != core->stamp) {
    core->features[slot] = feature_value(core, &core->rules->features[slot]);
    core->feature_stamps[slot] = core->stamp;
  }
  return core->features[slot];
}
