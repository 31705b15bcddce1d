/* The envelope that a mapping declares, what it gives to all entries, and which rows an entry wants. */
#include "mapping.h"

static const char *const no_options[] = {NULL}, *const json_options[] = {"rows", NULL};
static const char *const outbox_options[] = {"payload", NULL}, *const goldengate_options[] = {"zone", NULL};
static const char *const *const options[ENV_KINDS] = {
  [ENV_JSON] = json_options, [ENV_CLOUDEVENTS] = no_options, [ENV_DEBEZIUM] = no_options, [ENV_OUTBOX] = outbox_options, [ENV_CANAL] = no_options,
  [ENV_GOLDENGATE] = goldengate_options,
};
static const char expected[] = "json, cloudevents, debezium, debezium-outbox, canal, goldengate";

static bool kind_of(struct map_parse *p, struct gh_str word, struct gh_spot at, enum env_kind *kind)
{
  struct gh_str words[ENV_KINDS];
  for (unsigned i = ENV_NONE + 1; i < ENV_KINDS; i++) {
    words[i - 1] = gh_env_kind((enum env_kind)i);
    *kind = (enum env_kind)i;
    if (gh_str_eq(word, words[i - 1])) return true;
  }
  struct gh_fault *f = gh_fault(p->faults, at, "there is no envelope '%.*s'", GH_FMT(word));
  f->hint = gh_did_you_mean(p->faults, word, words, ENV_KINDS - 1);
  if (f->hint.len == 0) f->hint = gh_str(expected);
  return false;
}

static bool parse_inner(struct map_parse *p, const struct gh_node *node)
{
  struct gh_str text;
  if (!node) return true;
  if (!gh_want_text(node, &text, p->faults)) return false;
  if (gh_paths_add(&p->set->envelope.inner, p->arena, ORIGIN_ROW, text) >= 0) return true;
  gh_fault(p->faults, node->at, "'%.*s': expected a JSON pointer in the message such as /payload, found '%.*s'", GH_FMT(node->key), GH_FMT(text));
  return false;
}

static bool parse_options(struct map_parse *p, const struct gh_node *node)
{
  struct envelope *e = &p->set->envelope;
  if (gh_node_absent(node)) return true;
  if (!gh_want_map(node, options[e->kind], p->faults)) return false;
  const struct gh_node *zone = gh_node_get(node, "zone");
  if (zone) e->zone = gh_map_zone(p, zone);
  const struct gh_node *inner = gh_node_get(node, e->kind == ENV_JSON ? "rows" : "payload");
  return (!zone || e->zone) && parse_inner(p, inner);
}

static bool parse_kind(struct map_parse *p, const struct gh_node *node)
{
  struct envelope *e = &p->set->envelope;
  if (node->kind == GH_NODE_SCALAR) return kind_of(p, node->text, node->at, &e->kind);
  if (!gh_want_map(node, NULL, p->faults)) return false;
  if (node->count == 1) return kind_of(p, node->first->key, node->first->key_at, &e->kind) && parse_options(p, node->first);
  gh_fault(p->faults, node->at, "'envelope': expected one name, perhaps with its options, as in {goldengate: {zone: Asia/Shanghai}}")->hint = gh_str(expected);
  return false;
}

/* The event's id and time, where the envelope has them. */
static void sources(struct map_parse *p)
{
  static const struct time_form datetime = {.kind = FORM_DATETIME};
  struct envelope *e = &p->set->envelope;
  if (gh_env_has(e->kind, NAME_ID)) p->id = gh_source_name(p, NAME_ID, GH_STR("id"), (struct gh_type){.kind = GH_STRING});
  if (!gh_env_has(e->kind, NAME_TIME)) return;
  struct source *time = gh_arena_alloc(p->arena, sizeof *time);
  *time = *gh_source_name(p, NAME_TIME, GH_STR("time"), (struct gh_type){.kind = GH_TIMESTAMP});
  if (e->kind == ENV_GOLDENGATE) time->form = &datetime;
  if (e->zone) time->zone = e->zone;
  p->event_time = time;
}

bool gh_map_envelope_parse(struct map_parse *p, const struct gh_node *node)
{
  struct envelope *e = &p->set->envelope;
  gh_paths_init(&e->inner);
  p->id = p->event_time = NULL;
  if (!node) return true;
  if (!parse_kind(p, node)) return false;
  if (!e->zone) e->zone = p->zone;
  sources(p);
  return true;
}

bool gh_map_default(struct map_parse *p, const struct gh_node *entry, const struct source *source)
{
  if (source != p->event_time || p->set->envelope.kind != ENV_GOLDENGATE || p->set->envelope.zone) return true;
  if (p->zone_missed) return false;
  p->zone_missed = true;
  gh_fault(p->faults, entry->at, "the time of this event is GoldenGate's op_ts, which has no zone")->hint =
      GH_STR("say it: `zone: Asia/Shanghai` in the mapping, or `envelope: {goldengate: {zone: Asia/Shanghai}}`");
  return false;
}

void gh_map_envelope_declare(struct map_parse *p)
{
  struct map_set *set = p->set;
  struct gh_type text = {.kind = GH_STRING};
  if (set->envelope.kind == ENV_NONE) return;
  for (unsigned i = 0; i < ENV_NAMES; i++) {
    enum env_name name = (enum env_name)i;
    bool of_row = name != NAME_ID && name != NAME_TIME && name != NAME_ROW && name != NAME_STREAM_TIME;
    if (!of_row || !gh_env_has(set->envelope.kind, name)) continue;
    struct map_raw *raw = &set->raws[set->nraws];
    raw->name = gh_arena_fmt(p->arena, "envelope.%.*s", GH_FMT(gh_env_name(name)));
    raw->source = *gh_source_name(p, name, raw->name, text);
    gh_cel_declare(p->env, raw->name, text, 0, set->nraws++);
  }
}

/* A text, or a list of them. */
static bool parse_texts(struct map_parse *p, const struct gh_node *node, struct gh_str **out, unsigned *n)
{
  bool good = true;
  if (!node) return true;
  *out = gh_arena_zero(p->arena, node->count + 1, sizeof **out);
  if (node->kind != GH_NODE_LIST) return gh_want_text(node, &(*out)[(*n)++], p->faults);
  for (const struct gh_node *e = node->first; e; e = e->next) good &= gh_want_text(e, &(*out)[(*n)++], p->faults);
  if (*n == 0) gh_fault(p->faults, node->at, "'%.*s': the list is empty", GH_FMT(node->key));
  return good && *n > 0;
}

static bool parse_op(struct map_parse *p, const struct gh_node *node, struct gh_str word, struct map_entry *entry)
{
  static const struct { const char *word; enum env_op op; } words[] = {
    {"insert", OP_INSERT}, {"update", OP_UPDATE}, {"delete", OP_DELETE}, {"snapshot", OP_SNAPSHOT},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!gh_str_eq(word, gh_str(words[i].word))) continue;
    entry->ops |= words[i].op;
    if (words[i].op != OP_SNAPSHOT || entry->type->index == GH_CUSTOMER_TYPE) return true;
    gh_fault(p->faults, node->at, "'op': rows of a snapshot trigger nothing")->hint =
        GH_STR("an entry with `type: customer` may take them, as the customers' profiles");
    return false;
  }
  gh_fault(p->faults, node->at, "'op': expected insert, update, delete or snapshot, found '%.*s'", GH_FMT(word));
  return false;
}

/* Without `op`: what a row does that matters most often. */
static void usual_ops(struct map_entry *entry)
{
  if (entry->forget) entry->ops = OP_DELETE;
  else entry->ops = entry->type->index == GH_CUSTOMER_TYPE ? OP_INSERT | OP_UPDATE : OP_INSERT;
}

static bool parse_ops(struct map_parse *p, const struct gh_node *node, struct map_entry *entry)
{
  struct gh_str *words = NULL;
  unsigned n = 0;
  bool good = parse_texts(p, node, &words, &n);
  if (!node) usual_ops(entry);
  for (unsigned i = 0; good && i < n; i++) good = parse_op(p, node, words[i], entry);
  return good;
}

/* A key that only some envelopes give a meaning to. */
static bool fits(struct map_parse *p, const struct gh_node *entry, const char *key, enum env_name needed)
{
  const struct gh_node *node = gh_node_get(entry, key);
  if (!node || gh_env_has(p->set->envelope.kind, needed)) return true;
  struct gh_fault *f = gh_fault(p->faults, node->key_at, "'%s' means nothing without an envelope that has it", key);
  f->hint = needed == NAME_EVENT_TYPE ? GH_STR("cloudevents and debezium-outbox have it") : GH_STR("debezium, canal and goldengate have it");
  return false;
}

bool gh_map_selection_parse(struct map_parse *p, const struct gh_node *entry, struct map_entry *out)
{
  bool good = fits(p, entry, "op", NAME_OP);
  good &= fits(p, entry, "table", NAME_TABLE);
  good &= fits(p, entry, "event_type", NAME_EVENT_TYPE);
  if (gh_env_has_ops(p->set->envelope.kind)) good &= parse_ops(p, gh_node_get(entry, "op"), out);
  good &= parse_texts(p, gh_node_get(entry, "table"), &out->tables, &out->ntables);
  return parse_texts(p, gh_node_get(entry, "event_type"), &out->event_types, &out->nevent_types) && good;
}
