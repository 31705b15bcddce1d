/* Reads schema.yaml: the types of events and of the customer's profile. */
#include "goldhour/base/utf8.h"
#include "goldhour/conf/conf.h"
#include "goldhour/model/decimal.h"

enum { LISTS_DEEPEST = 4 };

static const char *const type_names[] = {"string", "int", "double", "decimal(2)", "bool", "timestamp", "date", "list(string)"};
enum { NTYPE_NAMES = sizeof type_names / sizeof *type_names };

static struct gh_str trim(struct gh_str s)
{
  while (s.len && s.ptr[0] == ' ') s.ptr++, s.len--;
  while (s.len && s.ptr[s.len - 1] == ' ') s.len--;
  return s;
}

/* `NAME(…)`: what stands between the brackets. */
static bool within(struct gh_str text, struct gh_str name, struct gh_str *inner)
{
  if (!gh_str_starts(text, name) || text.len < name.len + 2) return false;
  if (text.ptr[name.len] != '(' || text.ptr[text.len - 1] != ')') return false;
  *inner = trim(gh_str_n(text.ptr + name.len + 1, text.len - name.len - 2));
  return true;
}

static bool parse_scale(struct gh_str s, uint8_t *scale)
{
  unsigned v = 0;
  if (s.len < 1 || s.len > 2) return false;
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    v = v * 10 + (unsigned)(s.ptr[i] - '0');
  }
  *scale = (uint8_t)v;
  return v <= GH_SCALE_MAX;
}

static bool parse_type(struct gh_arena *arena, struct gh_str text, struct gh_type *type, unsigned depth)
{
  static const struct { const char *name; enum gh_kind kind; } plain[] = {
    {"string", GH_STRING}, {"int", GH_INT}, {"double", GH_DOUBLE}, {"bool", GH_BOOL}, {"timestamp", GH_TIMESTAMP}, {"date", GH_DATE},
  };
  struct gh_str inner;
  *type = (struct gh_type){0};
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    if (!gh_str_eq(text, gh_str(plain[i].name))) continue;
    type->kind = (uint8_t)plain[i].kind;
    return true;
  }
  if (within(text, GH_STR("decimal"), &inner)) {
    type->kind = GH_DECIMAL;
    return parse_scale(inner, &type->scale);
  }
  if (depth == LISTS_DEEPEST || !within(text, GH_STR("list"), &inner)) return false;
  struct gh_type *elem = gh_arena_zero(arena, 1, sizeof *elem);
  *type = (struct gh_type){.kind = GH_LIST, .elem = elem};
  return parse_type(arena, inner, elem, depth + 1);
}

bool gh_type_parse(struct gh_arena *arena, struct gh_str text, struct gh_type *type, bool *optional)
{
  text = trim(text);
  *optional = text.len && text.ptr[text.len - 1] == '?';
  if (*optional) text.len--;
  return parse_type(arena, trim(text), type, 0);
}

static bool letter(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A field's name must be one that a condition can write behind `event.`. */
static bool field_name_good(struct gh_str name)
{
  static const char *const taken[] = {"in", "true", "false", "null"};
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
    if (gh_str_eq(name, gh_str(taken[i]))) return false;
  }
  for (size_t i = 0; i < name.len; i++) {
    if (!letter(name.ptr[i]) && (i == 0 || name.ptr[i] < '0' || name.ptr[i] > '9')) return false;
  }
  return name.len > 0;
}

static bool field_name_reserved(struct gh_str name, bool customer)
{
  static const char *const reserved[] = {"id", "type", "customer", "time", "forget"};
  size_t n = customer ? 5 : 4;
  for (size_t i = 0; i < n; i++) {
    if (gh_str_eq(name, gh_str(reserved[i]))) return true;
  }
  return false;
}

static void check_field_name(const struct gh_node *n, bool customer, struct gh_faults *faults)
{
  if (field_name_reserved(n->key, customer)) {
    struct gh_fault *fault = gh_fault(faults, n->key_at, "the field name '%.*s' is taken: %s has it already", GH_FMT(n->key), customer ? "every change of profile" : "every event");
    fault->hint = customer ? GH_STR("id, type, customer, time and forget are given") : GH_STR("id, type, customer and time are given");
  } else if (!field_name_good(n->key)) {
    gh_fault(faults, n->key_at, "'%.*s' is no name of a field", GH_FMT(n->key))->hint = GH_STR("letters a-z A-Z, digits and _, no digit first; not in, true, false, null; a mapping can rename");
  }
}

static void read_field(struct gh_arena *arena, const struct gh_node *n, struct gh_field *field, struct gh_faults *faults)
{
  struct gh_str text;
  bool optional = false;
  field->name = n->key;
  field->type.kind = GH_DYN;
  if (!gh_want_text(n, &text, faults)) return;
  struct gh_type type;
  if (gh_type_parse(arena, text, &type, &optional)) {
    field->type = type;
    field->required = !optional;
    return;
  }
  struct gh_fault *fault = gh_fault(faults, n->at, "'%.*s': there is no type '%.*s'", GH_FMT(n->key), GH_FMT(text));
  struct gh_str names[NTYPE_NAMES];
  for (size_t i = 0; i < NTYPE_NAMES; i++) names[i] = gh_str(type_names[i]);
  fault->hint = gh_did_you_mean(faults, text, names, NTYPE_NAMES);
  if (!fault->hint.len) fault->hint = GH_STR("types: string int double decimal(SCALE) bool timestamp date list(TYPE); SCALE from 0 to 18; a trailing ? makes a field optional");
}

static void read_type(struct gh_arena *arena, const struct gh_node *n, struct gh_event_type *type, struct gh_faults *faults)
{
  bool customer = type->index == GH_CUSTOMER_TYPE;
  if (gh_node_absent(n) || !gh_want_map(n, NULL, faults)) return;
  if (n->count > GH_FIELDS_MAX) {
    gh_fault(faults, n->at, "%u fields, more than %u", n->count, GH_FIELDS_MAX);
    return;
  }
  type->fields = gh_arena_zero(arena, n->count, sizeof *type->fields);
  for (const struct gh_node *f = n->first; f; f = f->next) {
    struct gh_field *field = &type->fields[type->nfields++];
    check_field_name(f, customer, faults);
    read_field(arena, f, field, faults);
    if (customer) field->required = false;
  }
}

static bool type_name_good(struct gh_str name)
{
  for (const char *at = name.ptr, *end = name.ptr + name.len; at < end;) {
    int32_t c = gh_utf8_next(&at, end);
    if (c <= ' ' || c == 0x7f) return false;
  }
  return name.len > 0;
}

static void read_events(struct gh_arena *arena, const struct gh_node *n, struct gh_schema *schema, struct gh_faults *faults)
{
  if (!gh_want_map(n, NULL, faults)) return;
  schema->types = gh_arena_zero(arena, n->count, sizeof *schema->types);
  for (const struct gh_node *t = n->first; t; t = t->next) {
    struct gh_event_type *type = &schema->types[schema->ntypes];
    *type = (struct gh_event_type){.name = t->key, .index = schema->ntypes++};
    if (gh_str_eq(t->key, GH_STR("customer"))) {
      gh_fault(faults, t->key_at, "an event type may not be called 'customer': that is a change of profile")->hint = GH_STR("its fields stand under the top-level key 'customer'");
    } else if (!type_name_good(t->key)) {
      gh_fault(faults, t->key_at, "'%.*s' is no name of an event type: spaces and control characters are not allowed", GH_FMT(t->key));
    }
    read_type(arena, t, type, faults);
  }
}

const struct gh_schema *gh_schema_read(struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults)
{
  static const char *const keys[] = {"customer", "events", NULL};
  struct gh_str name = gh_arena_str(arena, file);
  const struct gh_node *root = gh_yaml_parse(arena, name, text, faults);
  if (!root) return NULL;
  struct gh_schema *schema = gh_arena_zero(arena, 1, sizeof *schema);
  schema->customer = (struct gh_event_type){.name = GH_STR("customer"), .index = GH_CUSTOMER_TYPE};
  gh_want_map(root, keys, faults);
  const struct gh_node *customer = gh_node_get(root, "customer"), *events = gh_node_get(root, "events");
  if (customer) read_type(arena, customer, &schema->customer, faults);
  if (events) read_events(arena, events, schema, faults);
  else if (root->kind == GH_NODE_MAP) gh_fault(faults, root->at, "the key 'events' is missing")->hint = GH_STR("events: {payroll_credit: {amount: decimal(2)}}");
  return events ? schema : NULL;
}

const struct gh_schema *gh_schema_parse(struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults)
{
  unsigned errors = faults->errors;
  const struct gh_schema *schema = gh_schema_read(arena, file, text, faults);
  return faults->errors == errors ? schema : NULL;
}
