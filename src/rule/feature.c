/* Features: windowed aggregates of a customer's own events, and the columns that keep what they need. */
#include "goldhour/base/hash.h"
#include "reader.h"

static const struct { const char *key; enum gh_aggregate aggregate; } aggregates[] = {
  {"count", GH_COUNT}, {"sum", GH_SUM}, {"min", GH_MIN}, {"max", GH_MAX}, {"avg", GH_AVG}, {"distinct", GH_DISTINCT}, {"last", GH_LAST},
};
enum { NAGGREGATES = sizeof aggregates / sizeof *aggregates };

/* A feature as written. */
struct written {
  const char *verb;
  const struct gh_node *value, *where; /* value NULL: counts */
  const struct gh_event_type **types; unsigned ntypes;
};

/* The one aggregate of a feature; NULL with a fault. */
static const struct gh_node *find_aggregate(struct gh_rule_reader *r, const struct gh_node *n, struct gh_feature *feature, struct written *w)
{
  const struct gh_node *found = NULL;
  for (size_t i = 0; i < NAGGREGATES; i++) {
    const struct gh_node *entry = gh_node_get(n, aggregates[i].key);
    if (!entry) continue;
    if (found) {
      gh_fault(r->faults, entry->key_at, "a feature has one of count, sum, min, max, avg, distinct, last; here are '%s' and '%s'", w->verb, aggregates[i].key);
      return NULL;
    }
    found = entry;
    w->verb = aggregates[i].key;
    feature->aggregate = aggregates[i].aggregate;
  }
  if (!found) gh_fault(r->faults, n->key_at, "feature '%.*s' needs one of count, sum, min, max, avg, distinct, last", GH_FMT(n->key));
  return found;
}

static int by_index(const struct gh_event_type *a, const struct gh_event_type *b)
{
  return (a->index > b->index) - (a->index < b->index);
}

/* One type or a list of them, put in the schema's order: `[a, b]` and `[b, a]` mean the same. */
static bool read_types(struct gh_rule_reader *r, const struct gh_node *n, struct written *w)
{
  bool list = n->kind == GH_NODE_LIST, good = true;
  if (list && n->count == 0) {
    gh_fault(r->faults, n->at, "'%.*s': the list is empty", GH_FMT(n->key));
    return false;
  }
  w->types = gh_arena_zero(r->arena, list ? n->count : 1, sizeof(void *));
  for (const struct gh_node *entry = list ? n->first : n; entry; entry = list ? entry->next : NULL) {
    const struct gh_event_type *type = gh_reader_type(r, entry);
    if (!type) {
      good = false;
      continue;
    }
    unsigned at = w->ntypes;
    while (at > 0 && by_index(w->types[at - 1], type) > 0) at--;
    if (at > 0 && w->types[at - 1] == type) {
      gh_fault(r->faults, entry->at, "'%.*s' is listed twice", GH_FMT(type->name));
      good = false;
      continue;
    }
    memmove(&w->types[at + 1], &w->types[at], (w->ntypes - at) * sizeof(void *));
    w->types[at] = type;
    w->ntypes++;
  }
  return good;
}

/* What names a column: its types by name, its `where`, its expression. Stable over releases. The names are put in order of their bytes, so
 * that the order of the schema does not matter. */
static struct gh_str column_definition(struct gh_rule_reader *r, const struct written *w)
{
  const struct gh_event_type **sorted = gh_arena_zero(&r->tree, w->ntypes, sizeof(void *));
  struct gh_buf b = {0};
  for (unsigned i = 0; i < w->ntypes; i++) {
    unsigned at = i;
    for (; at > 0 && gh_str_cmp(sorted[at - 1]->name, w->types[i]->name) > 0; at--) sorted[at] = sorted[at - 1];
    sorted[at] = w->types[i];
  }
  gh_buf_put_text(&b, GH_STR("column"));
  gh_buf_put_u64(&b, w->ntypes);
  for (unsigned i = 0; i < w->ntypes; i++) gh_buf_put_text(&b, sorted[i]->name);
  gh_buf_put_text(&b, w->where ? w->where->text : GH_STR(""));
  gh_buf_put_text(&b, w->value ? w->value->text : GH_STR(""));
  struct gh_str definition = gh_arena_str(r->arena, gh_buf_str(&b));
  gh_buf_free(&b);
  return definition;
}

/* The type common to all event types: the same kind, of decimals the larger scale. */
static bool join_types(struct gh_rule_reader *r, const struct gh_node *n, struct gh_column *c, struct gh_type type)
{
  if (c->type.kind == GH_ABSENT) c->type = type;
  if (c->type.kind != type.kind) {
    struct gh_arena *a = &r->faults->arena;
    gh_fault(r->faults, n->at, "'%.*s' is %.*s on some of the types and %.*s on others", GH_FMT(n->key), GH_FMT(gh_type_text(a, c->type)), GH_FMT(gh_type_text(a, type)));
    return false;
  }
  if (type.scale > c->type.scale) c->type.scale = type.scale;
  return true;
}

static bool compile_for(struct gh_rule_reader *r, const struct written *w, struct gh_column *c, unsigned i)
{
  struct gh_cel_env *env = gh_reader_env(r, w->types[i], false);
  struct gh_str note = w->ntypes < 2 ? GH_STR("") : gh_arena_fmt(&r->tree, " (on %.*s)", GH_FMT(w->types[i]->name));
  if (w->where) c->where[i] = gh_reader_compile(r, env, w->where, (struct gh_type){.kind = GH_BOOL}, note);
  if (w->value) c->value[i] = gh_reader_compile(r, env, w->value, (struct gh_type){0}, note);
  if ((w->where && !c->where[i]) || (w->value && !c->value[i])) {
    if (!r->faults->last->hint.len) r->faults->last->hint = GH_STR("a feature sees only event.FIELD, event.id, event.type and event.time");
    return false;
  }
  return !w->value || join_types(r, w->value, c, gh_program_type(c->value[i]));
}

static bool make_column(struct gh_rule_reader *r, const struct written *w, struct gh_str definition, struct gh_column *c)
{
  *c = (struct gh_column){.hash = gh_hash(definition), .ntypes = w->ntypes, .types = w->types};
  c->where = gh_arena_zero(r->arena, w->ntypes, sizeof(void *));
  c->value = gh_arena_zero(r->arena, w->ntypes, sizeof(void *));
  for (unsigned i = 0; i < w->ntypes; i++) {
    if (!compile_for(r, w, c, i)) return false;
  }
  return true;
}

/* The column that keeps what the feature needs: one that is there already, or a new one. */
static struct gh_column *column_of(struct gh_rule_reader *r, const struct written *w)
{
  struct gh_str definition = column_definition(r, w);
  struct gh_rules *rules = r->rules;
  uint32_t i;
  if (gh_textmap_find(&r->columns, definition, &i)) return &rules->columns[i];
  struct gh_column *c = &rules->columns[rules->ncolumns];
  if (!make_column(r, w, definition, c)) return NULL;
  c->index = rules->ncolumns++;
  gh_textmap_add(&r->columns, definition, c->index, NULL);
  return c;
}

static bool in_kinds(uint8_t kind, const char *kinds)
{
  return kind && strchr(kinds, (char)kind);
}

/* Whether the aggregate can take values of the column's type; a fault if not. */
static bool check_value(struct gh_rule_reader *r, const struct written *w, enum gh_aggregate aggregate, struct gh_type type)
{
  static const char numbers[] = {GH_INT, GH_DOUBLE, GH_DECIMAL, 0};
  static const char ordered[] = {GH_INT, GH_DOUBLE, GH_DECIMAL, GH_STRING, GH_TIMESTAMP, GH_DATE, GH_DURATION, 0};
  static const char scalars[] = {GH_INT, GH_DOUBLE, GH_DECIMAL, GH_STRING, GH_TIMESTAMP, GH_DATE, GH_DURATION, GH_BOOL, 0};
  bool sums = aggregate == GH_SUM || aggregate == GH_AVG, orders = aggregate == GH_MIN || aggregate == GH_MAX;
  if (type.kind == GH_DECIMAL && type.scale == GH_CEL_SCALE_UNKNOWN) {
    gh_fault(r->faults, w->value->at, "'%s': the scale of this decimal is known only when it is evaluated", w->verb)->hint = GH_STR("a field of type decimal(2) has a scale");
    return false;
  }
  if (in_kinds(type.kind, sums ? numbers : orders ? ordered : scalars)) return true;
  const char *wants = sums ? "an int, a double or a decimal" : orders ? "a number, a text, a time or a date" : "a single value";
  struct gh_str is = gh_type_text(&r->faults->arena, type);
  gh_fault(r->faults, w->value->at, "'%s' wants %s; this is of type %.*s", w->verb, wants, GH_FMT(is));
  return false;
}

static struct gh_type result_type(enum gh_aggregate aggregate, struct gh_type value)
{
  if (aggregate == GH_COUNT || aggregate == GH_DISTINCT) return (struct gh_type){.kind = GH_INT};
  if (aggregate == GH_AVG && value.kind != GH_DECIMAL) return (struct gh_type){.kind = GH_DOUBLE};
  return value;
}

static uint64_t feature_hash(const char *verb, const struct gh_column *c, int64_t over_ms)
{
  struct gh_buf b = {0};
  gh_buf_put_text(&b, GH_STR("feature"));
  gh_buf_put_text(&b, gh_str(verb));
  gh_buf_put_fixed64(&b, c->hash);
  gh_buf_put_i64(&b, over_ms);
  uint64_t hash = gh_hash(gh_buf_str(&b));
  gh_buf_free(&b);
  return hash;
}

/* The keys that every feature has beside its aggregate. False with a fault. */
static bool read_written(struct gh_rule_reader *r, const struct gh_node *n, struct gh_feature *feature, struct written *w)
{
  const struct gh_node *aggregate = find_aggregate(r, n, feature, w), *of = gh_node_get(n, "of");
  const struct gh_node *over = gh_reader_need(r, n, "over");
  bool good = over && gh_reader_span(r, over, &feature->over_ms);
  w->where = gh_node_get(n, "where");
  if (!aggregate) return false;
  if (feature->aggregate == GH_COUNT) {
    if (of) gh_fault(r->faults, of->key_at, "'count' names the event types itself; 'of' does not belong here");
    return read_types(r, aggregate, w) && !of && good;
  }
  w->value = aggregate;
  if (!of) {
    gh_fault(r->faults, aggregate->key_at, "'%s' needs 'of': the event types it looks at", w->verb)->hint = gh_arena_fmt(&r->faults->arena, "%s: EXPRESSION, of: TYPE or [TYPE, …]", w->verb);
    return false;
  }
  struct gh_str ignored;
  good = gh_want_text(aggregate, &ignored, r->faults) && good;
  return read_types(r, of, w) && good;
}

void gh_read_feature(struct gh_rule_reader *r, const struct gh_node *n, struct gh_feature *feature)
{
  static const char *const keys[] = {"count", "sum", "min", "max", "avg", "distinct", "last", "of", "where", "over", NULL};
  struct written w = {0};
  feature->type.kind = GH_DYN; /* of a faulty feature: its uses give no faults of their own */
  gh_reader_name_good(r, n->key, n->key_at, "name of a feature", true);
  if (n->kind != GH_NODE_MAP) {
    gh_want_map(n, keys, r->faults);
    return;
  }
  bool good = gh_want_map(n, keys, r->faults);
  if (!read_written(r, n, feature, &w) || !good) return;
  struct gh_column *column = column_of(r, &w);
  if (!column || (w.value && !check_value(r, &w, feature->aggregate, column->type))) return;
  if (feature->over_ms > column->keep_ms) column->keep_ms = feature->over_ms;
  feature->column = column;
  feature->hash = feature_hash(w.verb, column, feature->over_ms);
  feature->type = result_type(feature->aggregate, column->type);
}
