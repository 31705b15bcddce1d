/* Names that the table speaks of: event types, fields, flows; and names that it gives. */
#include "reader.h"

enum { NAME_LONGEST = 64 };

struct gh_str gh_reader_keep(struct gh_rule_reader *r, struct gh_str text)
{
  return gh_arena_str(r->arena, text);
}

struct gh_spot gh_reader_keep_spot(struct gh_rule_reader *r, struct gh_spot at)
{
  if (!gh_str_eq(r->file, at.file)) {
    r->file = at.file;
    r->kept_file = gh_reader_keep(r, at.file);
  }
  at.file = r->kept_file;
  return at;
}

static struct gh_str nearest(struct gh_rule_reader *r, struct gh_str word, const struct gh_str *names, size_t n)
{
  return gh_did_you_mean(r->faults, word, names, n);
}

const struct gh_event_type *gh_reader_type(struct gh_rule_reader *r, const struct gh_node *n)
{
  struct gh_str name;
  if (!gh_want_text(n, &name, r->faults)) return NULL;
  const struct gh_schema *schema = r->rules->schema;
  const struct gh_event_type *type = gh_schema_find(schema, name);
  if (type && type->index != GH_CUSTOMER_TYPE) return type;
  if (type) {
    gh_fault(r->faults, n->at, "'customer' is a change of profile, not an event")->hint = GH_STR("a rule on a change of profile is on: {becomes: 'CONDITION'}");
    return NULL;
  }
  struct gh_fault *fault = gh_fault(r->faults, n->at, "the schema has no event type '%.*s'", GH_FMT(name));
  struct gh_str *names = gh_arena_zero(&r->tree, schema->ntypes, sizeof *names);
  for (unsigned i = 0; i < schema->ntypes; i++) names[i] = schema->types[i].name;
  fault->hint = nearest(r, name, names, schema->ntypes);
  return NULL;
}

static const char *kind_text(enum gh_kind kind)
{
  return kind == GH_DATE ? "date" : "string";
}

bool gh_reader_field(struct gh_rule_reader *r, const struct gh_node *n, const struct gh_event_type *type, enum gh_kind kind, unsigned *slot)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return false;
  struct gh_str prefix = GH_STR("event.");
  bool reference = gh_str_starts(text, prefix);
  struct gh_str name = reference ? gh_str_n(text.ptr + prefix.len, text.len - prefix.len) : text;
  int found = gh_field_find(type, name);
  if (reference && found >= 0 && type->fields[found].type.kind == kind) {
    *slot = (unsigned)found;
    return true;
  }
  struct gh_fault *fault;
  if (reference && found >= 0) {
    struct gh_str is = gh_type_text(&r->faults->arena, type->fields[found].type);
    fault = gh_fault(r->faults, n->at, "'%.*s': %.*s is of type %.*s; expected a field of type %s", GH_FMT(n->key), GH_FMT(text), GH_FMT(is), kind_text(kind));
  } else {
    fault = gh_fault(r->faults, n->at, "'%.*s': expected event.FIELD, a %s of '%.*s', found '%.*s'", GH_FMT(n->key), kind_text(kind), GH_FMT(type->name), GH_FMT(text));
  }
  struct gh_str *names = gh_arena_zero(&r->tree, type->nfields, sizeof *names);
  size_t nnames = 0;
  for (unsigned i = 0; i < type->nfields; i++) {
    if (type->fields[i].type.kind == kind) names[nnames++] = gh_arena_fmt(&r->tree, "event.%.*s", GH_FMT(type->fields[i].name));
  }
  fault->hint = nearest(r, found >= 0 ? gh_arena_fmt(&r->tree, "event.%.*s", GH_FMT(name)) : text, names, nnames);
  if (!fault->hint.len && nnames == 1) fault->hint = gh_arena_fmt(&r->faults->arena, "'%.*s' has %.*s", GH_FMT(type->name), GH_FMT(names[0]));
  return false;
}

const struct gh_flow *gh_reader_flow(struct gh_rule_reader *r, const struct gh_node *n)
{
  struct gh_str name;
  uint32_t i;
  if (!gh_want_text(n, &name, r->faults)) return NULL;
  if (gh_textmap_find(&r->flows, name, &i)) return &r->rules->flows[i];
  struct gh_fault *fault = gh_fault(r->faults, n->at, "there is no flow '%.*s'", GH_FMT(name));
  struct gh_str *names = gh_arena_zero(&r->tree, r->rules->nflows, sizeof *names);
  for (unsigned k = 0; k < r->rules->nflows; k++) names[k] = r->rules->flows[k].name;
  fault->hint = nearest(r, name, names, r->rules->nflows);
  if (!fault->hint.len) fault->hint = GH_STR("flows are declared under the top-level key 'flows', in any file of the set");
  return NULL;
}

static bool name_byte(char c, bool identifier, bool first)
{
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
  if (identifier) return letter || c == '_' || (digit && !first);
  return letter || digit || (!first && (c == '.' || c == '_' || c == '-'));
}

bool gh_reader_name_good(struct gh_rule_reader *r, struct gh_str name, struct gh_spot at, const char *what, bool identifier)
{
  bool good = name.len > 0 && name.len <= NAME_LONGEST;
  for (size_t i = 0; i < name.len && good; i++) good = name_byte(name.ptr[i], identifier, i == 0);
  if (good) return true;
  struct gh_fault *fault = gh_fault(r->faults, at, "'%.*s' is no %s", GH_FMT(name), what);
  fault->hint = identifier ? GH_STR("letters a-z A-Z, digits and _, no digit first, at most 64")
                           : GH_STR("letters a-z A-Z, digits and . _ -, a letter or digit first, at most 64; `name` may be Chinese");
  return false;
}

bool gh_reader_span(struct gh_rule_reader *r, const struct gh_node *n, int64_t *ms)
{
  if (!gh_want_duration(n, ms, r->faults)) return false;
  if (*ms > 0) return true;
  gh_fault(r->faults, n->at, "'%.*s' must be longer than nothing", GH_FMT(n->key));
  return false;
}

const struct gh_node *gh_reader_need(struct gh_rule_reader *r, const struct gh_node *map, const char *key)
{
  const struct gh_node *n = gh_node_get(map, key);
  if (!gh_node_absent(n)) return n;
  gh_fault(r->faults, n ? n->at : map->at, "the key '%s' is missing", key);
  return NULL;
}
