#include "goldhour/model/schema.h"

const struct gh_event_type *gh_schema_find(const struct gh_schema *schema, struct gh_str name)
{
  if (gh_str_eq(name, schema->customer.name)) return &schema->customer;
  for (unsigned i = 0; i < schema->ntypes; i++)
    if (gh_str_eq(name, schema->types[i].name)) return &schema->types[i];
  return NULL;
}

int gh_field_find(const struct gh_event_type *type, struct gh_str name)
{
  for (unsigned i = 0; i < type->nfields; i++)
    if (gh_str_eq(name, type->fields[i].name)) return (int)i;
  return -1;
}

static const char *kind_name(uint8_t kind)
{
  switch ((enum gh_kind)kind) {
  case GH_ABSENT: return "absent";
  case GH_NULL: return "null";
  case GH_BOOL: return "bool";
  case GH_INT: return "int";
  case GH_UINT: return "uint";
  case GH_DOUBLE: return "double";
  case GH_STRING: return "string";
  case GH_BYTES: return "bytes";
  case GH_LIST: return "list";
  case GH_MAP: return "map";
  case GH_TIMESTAMP: return "timestamp";
  case GH_DURATION: return "duration";
  case GH_DECIMAL: return "decimal";
  case GH_DATE: return "date";
  case GH_TYPE: return "type";
  case GH_ERROR: return "error";
  case GH_DYN: return "dyn";
  }
  return "?";
}

struct gh_str gh_type_text(struct gh_arena *arena, struct gh_type t)
{
  const char *name = kind_name(t.kind);
  if (t.kind == GH_DECIMAL) return gh_arena_fmt(arena, "decimal(%u)", t.scale);
  if (t.kind == GH_MAP && t.key && t.elem) {
    struct gh_str key = gh_type_text(arena, *t.key), value = gh_type_text(arena, *t.elem);
    return gh_arena_fmt(arena, "map(%.*s, %.*s)", GH_FMT(key), GH_FMT(value));
  }
  if ((t.kind == GH_LIST || t.kind == GH_TYPE) && t.elem) {
    struct gh_str elem = gh_type_text(arena, *t.elem);
    return gh_arena_fmt(arena, "%s(%.*s)", name, GH_FMT(elem));
  }
  return gh_str(name);
}
