/* `script`: a text with values to fill in: {{event.amount | yuan}}. Cut into parts once. */
#include "reader.h"

struct hole { struct gh_str name, filter; size_t offset; };

static struct gh_str trim(struct gh_str s)
{
  while (s.len && strchr(" \t\r\n", s.ptr[0])) s.ptr++, s.len--;
  while (s.len && strchr(" \t\r\n", s.ptr[s.len - 1])) s.len--;
  return s;
}

static void say(struct gh_rule_reader *r, const struct gh_node *n, size_t offset, struct gh_str message, struct gh_str hint)
{
  struct gh_fault *fault = gh_fault(r->faults, gh_node_spot(n, offset), "'script': %.*s", GH_FMT(message));
  fault->hint = hint;
  fault->excerpt = gh_fault_caret(r->faults, n->text, offset);
}

struct place { int row; unsigned slot; struct gh_type type; };

/* A field of an event type, or one of the names that every event has. */
static bool find_event(const struct gh_event_type *type, struct gh_str name, struct place *p)
{
  static const struct { const char *name; enum gh_event_slot slot; enum gh_kind kind; } given[] = {
    {"id", GH_SLOT_ID, GH_STRING}, {"type", GH_SLOT_TYPE, GH_STRING}, {"time", GH_SLOT_TIME, GH_TIMESTAMP},
  };
  int slot = type->index == GH_CUSTOMER_TYPE ? -1 : gh_field_find(type, name);
  if (slot >= 0) {
    *p = (struct place){GH_ROW_EVENT, (unsigned)slot, type->fields[slot].type};
    return true;
  }
  for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
    if (!gh_str_eq(name, gh_str(given[i].name))) continue;
    *p = (struct place){GH_ROW_EVENT, type->nfields + given[i].slot, {.kind = (uint8_t)given[i].kind}};
    return true;
  }
  return false;
}

static bool find_customer(const struct gh_event_type *customer, struct gh_str name, struct place *p)
{
  int slot = gh_field_find(customer, name);
  bool id = gh_str_eq(name, GH_STR("id"));
  if (slot >= 0) *p = (struct place){GH_ROW_CUSTOMER, (unsigned)slot, customer->fields[slot].type};
  else if (id) *p = (struct place){GH_ROW_CUSTOMER, customer->nfields, {.kind = GH_STRING}};
  return slot >= 0 || id;
}

static bool behind(struct gh_str name, const char *prefix, struct gh_str *rest)
{
  struct gh_str p = gh_str(prefix);
  *rest = gh_str_n(name.ptr + p.len, name.len - p.len);
  return gh_str_starts(name, p);
}

static bool find_place(struct gh_rule_reader *r, const struct gh_event_type *type, struct gh_str name, struct place *p)
{
  struct gh_str rest;
  uint32_t i;
  if (gh_str_eq(name, GH_STR("now"))) {
    *p = (struct place){GH_ROW_NOW, 0, {.kind = GH_TIMESTAMP}};
    return true;
  }
  if (behind(name, "event.", &rest)) return find_event(type, rest, p);
  if (behind(name, "customer.", &rest)) return find_customer(&r->rules->schema->customer, rest, p);
  if (!behind(name, "feature.", &rest) || !gh_textmap_find(&r->features, rest, &i)) return false;
  *p = (struct place){GH_ROW_FEATURE, i, r->rules->features[i].type};
  return true;
}

/* Every name that could have been meant. */
static struct gh_str meant(struct gh_rule_reader *r, const struct gh_event_type *type, struct gh_str word)
{
  const struct gh_rules *rules = r->rules;
  const struct gh_event_type *customer = &rules->schema->customer;
  unsigned nevent = type->index == GH_CUSTOMER_TYPE ? 0 : type->nfields;
  struct gh_str *names = gh_arena_zero(&r->tree, (size_t)nevent + customer->nfields + rules->nfeatures + 5, sizeof *names);
  size_t n = 0;
  for (unsigned i = 0; i < nevent; i++) names[n++] = gh_arena_fmt(&r->tree, "event.%.*s", GH_FMT(type->fields[i].name));
  for (unsigned i = 0; i < customer->nfields; i++) names[n++] = gh_arena_fmt(&r->tree, "customer.%.*s", GH_FMT(customer->fields[i].name));
  for (unsigned i = 0; i < rules->nfeatures; i++) names[n++] = gh_arena_fmt(&r->tree, "feature.%.*s", GH_FMT(rules->features[i].name));
  static const char *const given[] = {"event.id", "event.type", "event.time", "customer.id", "now"};
  for (size_t i = 0; i < 5; i++) names[n++] = gh_str(given[i]);
  return gh_did_you_mean(r->faults, word, names, n);
}

static bool check_filter(struct gh_rule_reader *r, const struct gh_node *n, const struct hole *h, struct gh_type type)
{
  if (!gh_str_eq(h->filter, GH_STR("yuan"))) {
    say(r, n, h->offset, gh_arena_fmt(&r->faults->arena, "there is no filter '%.*s'", GH_FMT(h->filter)), GH_STR("there is one: {{event.amount | yuan}} writes 8,000.00"));
    return false;
  }
  if (type.kind == GH_DECIMAL || type.kind == GH_INT || type.kind == GH_DOUBLE || type.kind == GH_DYN) return true;
  struct gh_str is = gh_type_text(&r->faults->arena, type);
  say(r, n, h->offset, gh_arena_fmt(&r->faults->arena, "'%.*s' is of type %.*s; yuan writes numbers", GH_FMT(h->name), GH_FMT(is)), GH_STR(""));
  return false;
}

static bool fill_hole(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule, struct hole h)
{
  struct place p;
  if (!find_place(r, rule->event, h.name, &p)) {
    struct gh_str hint = meant(r, rule->event, h.name);
    if (!hint.len) hint = GH_STR("there are event.FIELD, event.id, event.type, event.time, customer.FIELD, customer.id, feature.NAME and now; of a change of profile no event.FIELD");
    say(r, n, h.offset, gh_arena_fmt(&r->faults->arena, "there is no '%.*s' here", GH_FMT(h.name)), hint);
    return false;
  }
  if (h.filter.ptr && !check_filter(r, n, &h, p.type)) return false;
  rule->script[rule->nscript++] = (struct gh_script_part){.row = p.row, .slot = p.slot, .yuan = h.filter.ptr != NULL};
  return true;
}

static const char *find_two(const char *at, const char *end, char c)
{
  for (; at + 1 < end; at++) {
    if (at[0] == c && at[1] == c) return at;
  }
  return NULL;
}

void gh_read_script(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule)
{
  struct gh_str source;
  if (!gh_want_text(n, &source, r->faults)) return;
  struct gh_str text = gh_reader_keep(r, source);
  const char *at = text.ptr, *end = text.ptr + text.len;
  size_t holes = 0;
  for (const char *p = at; (p = find_two(p, end, '{')); p += 2) holes++;
  rule->script = gh_arena_zero(r->arena, 2 * holes + 1, sizeof *rule->script);
  while (at < end) {
    const char *open = find_two(at, end, '{'), *stop = open ? open : end;
    if (stop > at) rule->script[rule->nscript++] = (struct gh_script_part){.text = gh_str_n(at, (size_t)(stop - at)), .row = -1};
    if (!open) return;
    const char *close = find_two(open + 2, end, '}');
    if (!close) {
      say(r, n, (size_t)(open - text.ptr), GH_STR("'{{' without '}}'"), GH_STR("a value is filled in by {{event.FIELD}}"));
      return;
    }
    struct hole h = {.name = gh_str_n(open + 2, (size_t)(close - open - 2)), .offset = (size_t)(open + 2 - text.ptr)};
    const char *bar = memchr(h.name.ptr, '|', h.name.len);
    if (bar) h.filter = trim(gh_str_n(bar + 1, (size_t)(close - bar - 1)));
    if (bar) h.name.len = (size_t)(bar - h.name.ptr);
    h.name = trim(h.name);
    fill_hole(r, n, rule, h);
    at = close + 2;
  }
}
