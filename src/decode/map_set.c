/* The two sections of a mapping: events, with an entry for each kind of record that matters, and profiles. */
#include "mapping.h"

static const struct gh_type string_type = {.kind = GH_STRING}, bool_type = {.kind = GH_BOOL};

static bool good_name(struct gh_str name)
{
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return name.len > 0;
}

static bool raw_type(struct map_parse *p, const struct gh_node *node, struct gh_type *type)
{
  struct gh_str text;
  bool optional = false;
  const struct gh_node *t = node->kind == GH_NODE_MAP ? gh_node_get(node, "type") : NULL;
  *type = string_type;
  if (!t) return true;
  if (!gh_want_text(t, &text, p->faults)) return false;
  if (gh_type_parse(p->arena, text, type, &optional)) return true;
  struct gh_fault *f = gh_fault(p->faults, t->at, "there is no type '%.*s'", GH_FMT(text));
  f->hint = GH_STR("string, int, double, decimal(2), bool, timestamp, date, list(string)");
  return false;
}

static bool parse_raw(struct map_parse *p, const struct gh_node *node, struct map_raw *raw)
{
  struct gh_type type;
  if (!good_name(node->key)) {
    struct gh_fault *f = gh_fault(p->faults, node->key_at, "'%.*s' is no name that a condition can use", GH_FMT(node->key));
    f->hint = GH_STR("letters, digits and _, no digit first");
    return false;
  }
  if (!raw_type(p, node, &type)) return false;
  raw->name = gh_arena_fmt(p->arena, "raw.%.*s", GH_FMT(node->key));
  const struct source *s = gh_source_parse(p, node, raw->name, type);
  if (s) raw->source = *s;
  return s != NULL;
}

static void free_env(void *env)
{
  gh_cel_env_free(env);
}

/* The raw names, and the environment that conditions see. */
static bool parse_raws(struct map_parse *p, const struct gh_node *node)
{
  bool good = true;
  struct map_set *set = p->set;
  p->env = NULL;
  if (node && !gh_want_map(node, NULL, p->faults)) return false;
  set->raws = gh_arena_zero(p->arena, (node ? node->count : 0) + ENV_NAMES + 1, sizeof *set->raws);
  for (const struct gh_node *e = node ? node->first : NULL; e; e = e->next) good &= parse_raw(p, e, &set->raws[set->nraws++]);
  p->env = gh_cel_env_new(p->arena, p->zones, p->zone);
  gh_arena_on_free(p->arena, free_env, p->env);
  for (unsigned i = 0; good && i < set->nraws; i++) gh_cel_declare(p->env, set->raws[i].name, set->raws[i].source.type, 0, i);
  if (good) gh_map_envelope_declare(p);
  return good;
}

static bool unknown_field(struct map_parse *p, const struct gh_node *node, const struct gh_event_type *type)
{
  struct gh_str *names = gh_arena_alloc(p->arena, (type->nfields + 1) * sizeof *names);
  for (unsigned i = 0; i < type->nfields; i++) names[i] = type->fields[i].name;
  struct gh_fault *f = gh_fault(p->faults, node->key_at, "'%.*s' has no field '%.*s' in the schema", GH_FMT(type->name), GH_FMT(node->key));
  f->hint = gh_did_you_mean(p->faults, node->key, names, type->nfields);
  return false;
}

static bool parse_fields(struct map_parse *p, const struct gh_node *node, struct map_entry *entry)
{
  bool good = true;
  const struct gh_event_type *type = entry->type;
  entry->fields = gh_arena_zero(p->arena, type->nfields + 1, sizeof *entry->fields);
  if (!node && p->set->envelope.kind != ENV_NONE && !entry->forget)
    for (unsigned i = 0; i < type->nfields; i++) entry->fields[i] = gh_source_field(p, &type->fields[i]);
  if (node && !gh_want_map(node, NULL, p->faults)) return false;
  for (const struct gh_node *e = node ? node->first : NULL; e; e = e->next) {
    int slot = gh_field_find(type, e->key);
    if (slot < 0) good = unknown_field(p, e, type);
    else entry->fields[slot] = gh_source_parse(p, e, type->fields[slot].name, type->fields[slot].type);
    good &= slot >= 0 && entry->fields[slot] != NULL;
  }
  return good;
}

static bool required_fields(struct map_parse *p, const struct gh_node *node, const struct map_entry *entry)
{
  bool good = true;
  for (unsigned i = 0; i < entry->type->nfields; i++) {
    const struct gh_field *field = &entry->type->fields[i];
    if (!field->required || entry->fields[i]) continue;
    struct gh_str type = entry->type->name;
    gh_fault(p->faults, node->at, "'%.*s' needs the field '%.*s', which no line here gives", GH_FMT(type), GH_FMT(field->name));
    good = false;
  }
  return good;
}

static bool entry_type(struct map_parse *p, const struct gh_node *node, struct map_entry *entry)
{
  struct gh_str name;
  const struct gh_node *t = gh_node_get(node, "type");
  if (!t) gh_fault(p->faults, node->at, "an entry needs a 'type': the event type of the schema that it makes");
  if (!t || !gh_want_text(t, &name, p->faults)) return false;
  entry->type = gh_schema_find(p->schema, name);
  if (entry->type) return true;
  struct gh_str *names = gh_arena_alloc(p->arena, (p->schema->ntypes + 1) * sizeof *names);
  for (unsigned i = 0; i < p->schema->ntypes; i++) names[i] = p->schema->types[i].name;
  names[p->schema->ntypes] = GH_STR("customer");
  struct gh_fault *f = gh_fault(p->faults, t->at, "the schema has no event type '%.*s'", GH_FMT(name));
  f->hint = gh_did_you_mean(p->faults, name, names, p->schema->ntypes + 1);
  return false;
}

/* id, customer and time as the section gives them for all its entries. */
struct heads {
  const struct gh_node *nodes[3];
  const struct source *sources[3]; /* NULL beside a node: faulty, and said */
};

static const struct { const char *key; uint8_t kind; } head_keys[] = {{"id", GH_STRING}, {"customer", GH_STRING}, {"time", GH_TIMESTAMP}};

static bool parse_heads(struct map_parse *p, const struct gh_node *section, struct heads *heads)
{
  bool good = true;
  for (unsigned i = 0; i < 3; i++) {
    heads->nodes[i] = gh_node_get(section, head_keys[i].key);
    if (!heads->nodes[i]) continue;
    heads->sources[i] = gh_source_parse(p, heads->nodes[i], gh_str(head_keys[i].key), (struct gh_type){.kind = head_keys[i].kind});
    good &= heads->sources[i] != NULL;
  }
  return good;
}

/* One of them for an entry: its own, else the section's, else the envelope's. */
static bool entry_head(struct map_parse *p, const struct gh_node *entry, const struct heads *heads, unsigned i, const struct source **out)
{
  const struct gh_node *own = gh_node_get(entry, head_keys[i].key);
  struct gh_type type = {.kind = head_keys[i].kind};
  *out = own ? gh_source_parse(p, own, gh_str(head_keys[i].key), type) : heads->sources[i];
  const struct source *given = i == 0 ? p->id : i == 2 ? p->event_time : NULL;
  if (!own && !heads->nodes[i] && given) return gh_map_default(p, entry, *out = given);
  if (!own && !heads->nodes[i]) gh_fault(p->faults, entry->at, "no '%s' is given, here or for all entries", head_keys[i].key);
  return *out != NULL;
}

static bool parse_forget(struct map_parse *p, const struct gh_node *node, struct map_entry *entry)
{
  if (!node) return true;
  if (!gh_want_bool(node, &entry->forget, p->faults)) return false;
  if (entry->forget && entry->type->index != GH_CUSTOMER_TYPE) {
    gh_fault(p->faults, node->at, "'forget' stands with 'type: customer' alone");
    return false;
  }
  return true;
}

static bool parse_when(struct map_parse *p, const struct gh_node *node, struct map_entry *entry)
{
  if (!node) return true;
  entry->when = gh_map_compile(p, node, bool_type);
  return entry->when != NULL;
}

static bool parse_entry(struct map_parse *p, const struct gh_node *node, const struct heads *heads, struct map_entry *entry)
{
  static const char *const keys[] = {"type", "when", "id", "customer", "time", "fields", "forget", "op", "table", "event_type", NULL};
  if (!gh_want_map(node, keys, p->faults) || !entry_type(p, node, entry)) return false;
  bool good = parse_when(p, gh_node_get(node, "when"), entry);
  good &= entry_head(p, node, heads, 0, &entry->id);
  good &= entry_head(p, node, heads, 1, &entry->customer);
  good &= entry_head(p, node, heads, 2, &entry->time);
  good &= parse_forget(p, gh_node_get(node, "forget"), entry);
  good &= gh_map_selection_parse(p, node, entry);
  return parse_fields(p, gh_node_get(node, "fields"), entry) && required_fields(p, node, entry) && good;
}

static bool source_reads(const struct source *s, unsigned raw)
{
  return s && s->program && gh_program_reads(s->program, 0, raw);
}

static bool entry_reads(const struct map_entry *e, unsigned raw)
{
  if (e->when && gh_program_reads(e->when, 0, raw)) return true;
  if (source_reads(e->id, raw) || source_reads(e->customer, raw) || source_reads(e->time, raw)) return true;
  for (unsigned i = 0; i < e->type->nfields; i++)
    if (source_reads(e->fields[i], raw)) return true;
  return false;
}

static void note_reads(struct map_parse *p, struct map_entry *e)
{
  e->reads = gh_arena_zero(p->arena, p->set->nraws + 1, sizeof *e->reads);
  for (unsigned i = 0; i < p->set->nraws; i++) e->reads[i] = entry_reads(e, i);
}

static bool parse_others(struct map_parse *p, const struct gh_node *node)
{
  struct gh_str word;
  if (!node) return true;
  if (!gh_want_text(node, &word, p->faults)) return false;
  p->set->refuse_others = gh_str_eq(word, GH_STR("refuse"));
  if (p->set->refuse_others || gh_str_eq(word, GH_STR("pass"))) return true;
  gh_fault(p->faults, node->at, "'otherwise': expected pass or refuse, found '%.*s'", GH_FMT(word));
  return false;
}

static struct map_set *new_set(struct map_parse *p)
{
  p->set = gh_arena_zero(p->arena, 1, sizeof *p->set);
  gh_paths_init(&p->set->paths);
  return p->set;
}

struct map_set *gh_map_events_parse(struct map_parse *p, const struct gh_node *node)
{
  static const char *const keys[] = {"envelope", "raw", "id", "customer", "time", "entries", "otherwise", NULL};
  struct map_set *set = new_set(p);
  p->messages = true;
  if (!gh_want_map(node, keys, p->faults)) return NULL;
  if (!gh_map_envelope_parse(p, gh_node_get(node, "envelope"))) return NULL; /* all that follows stands on it */
  const struct gh_node *entries = gh_node_get(node, "entries");
  bool raws = parse_raws(p, gh_node_get(node, "raw")), good = parse_others(p, gh_node_get(node, "otherwise"));
  if (!entries) gh_fault(p->faults, node->at, "'events' needs 'entries': one for each kind of record that matters");
  if (!entries || !gh_want_list(entries, p->faults)) return NULL;
  if (!raws) return NULL; /* what follows would only repeat it */
  struct heads heads = {0};
  good &= parse_heads(p, node, &heads);
  set->entries = gh_arena_zero(p->arena, entries->count + 1, sizeof *set->entries);
  for (const struct gh_node *e = entries->first; e; e = e->next) good &= parse_entry(p, e, &heads, &set->entries[set->nentries++]);
  for (unsigned i = 0; good && i < set->nentries; i++) note_reads(p, &set->entries[i]);
  return good ? set : NULL;
}

static bool profile_customer(struct map_parse *p, const struct gh_node *node, struct map_entry *entry)
{
  const struct gh_node *customer = gh_node_get(node, "customer");
  if (!customer) gh_fault(p->faults, node->at, "'profiles' needs 'customer': where the customer's id stands");
  if (customer) entry->customer = gh_source_parse(p, customer, GH_STR("customer"), string_type);
  return entry->customer != NULL;
}

struct map_set *gh_map_profiles_parse(struct map_parse *p, const struct gh_node *node)
{
  static const char *const keys[] = {"raw", "when", "customer", "fields", "csv", NULL};
  struct map_set *set = new_set(p);
  p->messages = false;
  p->id = p->event_time = NULL;
  if (!gh_want_map(node, keys, p->faults) || !parse_raws(p, gh_node_get(node, "raw"))) return NULL;
  struct map_entry *entry = set->entries = gh_arena_zero(p->arena, 1, sizeof *set->entries);
  set->nentries = 1;
  entry->type = &p->schema->customer;
  bool good = parse_when(p, gh_node_get(node, "when"), entry);
  good &= profile_customer(p, node, entry);
  good &= parse_fields(p, gh_node_get(node, "fields"), entry);
  return good ? set : NULL;
}
