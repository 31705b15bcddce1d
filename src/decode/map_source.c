/* Sources: where a field's value comes from. A JSON pointer, or a map with one of at, join, const, cel and what is done on the way. */
#include "mapping.h"

static struct convert constant_convert(struct map_parse *p)
{
  return (struct convert){.arena = p->arena, .texts = true};
}

static bool constant_list(struct map_parse *p, const struct gh_node *node, struct gh_type type, struct gh_value *out)
{
  struct gh_value *items = gh_arena_alloc(p->arena, (node->count + 1) * sizeof *items);
  uint32_t n = 0;
  for (const struct gh_node *e = node->first; e; e = e->next)
    if (!gh_source_constant(p, e, *type.elem, &items[n++])) return false;
  *out = (struct gh_value){.kind = GH_LIST, .len = n, .items = items};
  return true;
}

bool gh_source_constant(struct map_parse *p, const struct gh_node *node, struct gh_type type, struct gh_value *out)
{
  struct gh_str text;
  struct convert c = constant_convert(p);
  if (type.kind == GH_LIST && node->kind == GH_NODE_LIST) return constant_list(p, node, type, out);
  if (!gh_want_text(node, &text, p->faults)) return false;
  struct json_node value = {.text = text.ptr, .text_len = (uint32_t)text.len, .span = 1, .kind = JSON_STRING};
  if (gh_convert_node(&c, &value, &type, out) && out->kind != GH_ABSENT) return true;
  struct gh_str expected = gh_type_text(&p->faults->arena, type);
  gh_fault(p->faults, node->at, "'%.*s': expected a value of type %.*s, found '%.*s'", GH_FMT(node->key), GH_FMT(expected), GH_FMT(text));
  return false;
}

static bool parse_part(struct map_parse *p, const struct gh_node *node, struct join_part *part, bool *per_row)
{
  static const char *const keys[] = {"at", "width", "const", NULL};
  int64_t width = 0;
  *part = (struct join_part){.path = -1};
  bool pointer = node->kind == GH_NODE_SCALAR && node->text.len && (node->text.ptr[0] == '/' || gh_pointer_of_envelope(node->text));
  if (pointer) return gh_pointer_parse(p, node, &part->path, per_row);
  if (node->kind != GH_NODE_MAP) return gh_want_text(node, &part->literal, p->faults);
  if (!gh_want_map(node, keys, p->faults)) return false;
  const struct gh_node *fixed = gh_node_get(node, "const"), *at = gh_node_get(node, "at"), *w = gh_node_get(node, "width");
  if (!fixed == !at) {
    gh_fault(p->faults, node->at, "a part is a text, a JSON pointer, {at: POINTER, width: N} or {const: TEXT}");
    return false;
  }
  if (w && !gh_want_int(w, 1, 100, &width, p->faults)) return false;
  part->width = (unsigned)width;
  return fixed ? gh_want_text(fixed, &part->literal, p->faults) : gh_pointer_parse(p, at, &part->path, per_row);
}

static bool parse_join(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  bool good = true;
  if (!gh_want_list(node, p->faults)) return false;
  s->parts = gh_arena_zero(p->arena, node->count + 1, sizeof *s->parts);
  for (const struct gh_node *e = node->first; e; e = e->next) good &= parse_part(p, e, &s->parts[s->nparts++], &s->per_row);
  return good;
}

/* Whether a computed value can stand in a field; numbers widen to decimals, a timestamp gives its local day. */
static bool computed_fits(struct gh_type from, struct gh_type to)
{
  if (from.kind == GH_DYN || from.kind == to.kind) return true;
  return (to.kind == GH_DECIMAL && from.kind == GH_INT) || (to.kind == GH_DATE && from.kind == GH_TIMESTAMP);
}

static bool parse_cel(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  s->program = gh_map_compile(p, node, (struct gh_type){0});
  if (!s->program) return false;
  for (unsigned i = 0; i < p->set->nraws; i++) s->per_row |= p->set->raws[i].source.per_row && gh_program_reads(s->program, 0, i);
  if (computed_fits(gh_program_type(s->program), s->type)) return true;
  struct gh_str found = gh_type_text(&p->faults->arena, gh_program_type(s->program)), want = gh_type_text(&p->faults->arena, s->type);
  gh_fault(p->faults, node->at, "'%.*s' has type %.*s, but this expression gives %.*s", GH_FMT(s->name), GH_FMT(want), GH_FMT(found));
  return false;
}

/* Exactly one of at, join, const and cel. */
static bool parse_origin(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  const struct gh_node *at = gh_node_get(node, "at"), *join = gh_node_get(node, "join");
  const struct gh_node *fixed = gh_node_get(node, "const"), *cel = gh_node_get(node, "cel");
  if (!!at + !!join + !!fixed + !!cel != 1) {
    gh_fault(p->faults, node->at, "'%.*s': expected exactly one of 'at', 'join', 'const' and 'cel'", GH_FMT(s->name));
    return false;
  }
  s->kind = at ? SOURCE_POINTER : join ? SOURCE_JOIN : fixed ? SOURCE_CONST : SOURCE_CEL;
  if (at) return gh_pointer_parse(p, at, &s->path, &s->per_row);
  if (join) return parse_join(p, join, s);
  return fixed ? gh_source_constant(p, fixed, s->type, &s->constant) : parse_cel(p, cel, s);
}

static bool parse_named_table(struct map_parse *p, const struct gh_node *node, struct code_table *table)
{
  struct gh_str name;
  if (!gh_want_text(node, &name, p->faults)) return false;
  struct gh_str *names = gh_arena_alloc(p->arena, (p->ntables + 1) * sizeof *names);
  for (unsigned i = 0; i < p->ntables; i++) {
    names[i] = p->tables[i].name;
    *table = p->tables[i];
    if (gh_str_eq(name, names[i])) return true;
  }
  gh_fault(p->faults, node->at, "there is no table '%.*s'", GH_FMT(name))->hint = gh_did_you_mean(p->faults, name, names, p->ntables);
  return false;
}

static bool parse_table(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  struct code_table *table = gh_arena_zero(p->arena, 1, sizeof *table);
  bool inner = node->kind == GH_NODE_MAP;
  if (!(inner ? gh_table_parse(p, node, GH_STR(""), table) : parse_named_table(p, node, table))) return false;
  s->codes = gh_table_codes(p, table, s->type);
  return s->codes != NULL;
}

static bool parse_form(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  struct gh_str text;
  if (!gh_want_text(node, &text, p->faults)) return false;
  struct time_form *form = gh_arena_zero(p->arena, 1, sizeof *form);
  const char *wrong = gh_time_form_parse(form, text);
  s->form = form;
  if (!wrong) return true;
  struct gh_fault *f = gh_fault(p->faults, node->at, "'as': '%.*s' is no way of writing times: %s", GH_FMT(text), wrong);
  f->hint = GH_STR("rfc3339, s, ms, us, ns, days, local_ms, local_us, local_ns, datetime, date, or a pattern such as yyyyMMddHHmmss");
  return false;
}

static bool parse_zone(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  s->zone = gh_map_zone(p, node);
  return s->zone != NULL;
}

static bool parse_minor(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  int64_t digits;
  if (!gh_want_int(node, 0, 18, &digits, p->faults)) return false;
  s->minor_digits = (int)digits;
  return true;
}

static bool parse_base64(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  int64_t digits;
  if (!gh_want_int(node, 0, 100, &digits, p->faults)) return false;
  s->base64_digits = (int)digits;
  return true;
}

static bool parse_split(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  if (!gh_want_text(node, &s->separator, p->faults)) return false;
  if (s->separator.len == 0) gh_fault(p->faults, node->at, "'split': expected the text between the elements");
  return s->separator.len > 0;
}

static bool parse_default(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  return gh_source_constant(p, node, s->type, &s->constant);
}

/* What may be done to a value on its way: a row an option, with the types it is for (0: every type). */
static const struct {
  const char *key;
  enum gh_kind kinds[2];
  bool (*parse)(struct map_parse *p, const struct gh_node *node, struct source *s);
} options[] = {
  {"table", {0, 0}, parse_table},
  {"as", {GH_TIMESTAMP, GH_DATE}, parse_form},
  {"zone", {GH_TIMESTAMP, GH_DATE}, parse_zone},
  {"minor_digits", {GH_DECIMAL, GH_DECIMAL}, parse_minor},
  {"base64_digits", {GH_DECIMAL, GH_DECIMAL}, parse_base64},
  {"split", {GH_LIST, GH_LIST}, parse_split},
  {"default", {0, 0}, parse_default},
};

static bool parse_option(struct map_parse *p, const struct gh_node *node, struct source *s, size_t i)
{
  bool fits = options[i].kinds[0] == GH_ABSENT || s->type.kind == options[i].kinds[0] || s->type.kind == options[i].kinds[1];
  if (fits && s->kind != SOURCE_CONST && s->kind != SOURCE_CEL) return options[i].parse(p, node, s);
  struct gh_str type = gh_type_text(&p->faults->arena, s->type);
  if (!fits) gh_fault(p->faults, node->key_at, "'%s' means nothing for a value of type %.*s", options[i].key, GH_FMT(type));
  else gh_fault(p->faults, node->key_at, "'%s' stands with 'at' or 'join' alone", options[i].key);
  return false;
}

static bool parse_map(struct map_parse *p, const struct gh_node *node, struct source *s)
{
  static const char *const keys[] = {"at", "join", "const", "cel", "table", "as", "zone", "minor_digits", "base64_digits", "split", "default", NULL};
  static const char *const raw_keys[] = {"at", "join", "type", "table", "as", "zone", "minor_digits", "base64_digits", "split", "default", NULL};
  bool good = gh_want_map(node, p->env ? keys : raw_keys, p->faults) && parse_origin(p, node, s);
  for (size_t i = 0; good && i < sizeof options / sizeof *options; i++) {
    const struct gh_node *option = gh_node_get(node, options[i].key);
    if (option) good &= parse_option(p, option, s, i);
  }
  return good;
}

static struct source *new_source(struct map_parse *p, struct gh_str name, struct gh_type type)
{
  struct source *s = gh_arena_zero(p->arena, 1, sizeof *s);
  *s = (struct source){.name = name, .type = type, .path = -1, .zone = p->zone, .minor_digits = -1, .base64_digits = -1};
  return s;
}

const struct source *gh_source_name(struct map_parse *p, enum env_name name, struct gh_str as, struct gh_type type)
{
  struct source *s = new_source(p, as, type);
  s->path = gh_paths_add_token(&p->set->paths, p->arena, ORIGIN_NAME, gh_env_name(name));
  s->per_row = true;
  return s;
}

const struct source *gh_source_field(struct map_parse *p, const struct gh_field *field)
{
  struct source *s = new_source(p, field->name, field->type);
  s->path = gh_paths_add_token(&p->set->paths, p->arena, ORIGIN_ROW, field->name);
  s->per_row = true;
  return s;
}

const struct source *gh_source_parse(struct map_parse *p, const struct gh_node *node, struct gh_str name, struct gh_type type)
{
  struct source *s = new_source(p, name, type);
  if (node->kind == GH_NODE_LIST) {
    struct gh_fault *f = gh_fault(p->faults, node->at, "'%.*s': expected a JSON pointer or a map, found a list", GH_FMT(node->key));
    f->hint = GH_STR("texts and pointers are put together by {join: [ … ]}");
    return NULL;
  }
  bool good = node->kind == GH_NODE_MAP ? parse_map(p, node, s) : gh_pointer_parse(p, node, &s->path, &s->per_row);
  return good ? s : NULL;
}
