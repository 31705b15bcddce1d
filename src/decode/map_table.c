/* Code tables: the bank's codes on the left, our values on the right. */
#include "mapping.h"

static bool parse_otherwise(struct map_parse *p, const struct gh_node *node, struct code_table *table)
{
  static const char *const value_keys[] = {"value", NULL};
  struct gh_str word;
  if (!node) return true;
  if (node->kind == GH_NODE_MAP) {
    if (!gh_want_map(node, value_keys, p->faults)) return false;
    table->otherwise = CODE_VALUE;
    table->other = gh_node_get(node, "value");
    if (!table->other) gh_fault(p->faults, node->at, "'otherwise': expected refuse, absent, keep or {value: …}");
    return table->other != NULL;
  }
  if (!gh_want_text(node, &word, p->faults)) return false;
  static const struct { const char *word; enum code_otherwise meaning; } words[] = {
    {"refuse", CODE_REFUSE}, {"absent", CODE_ABSENT}, {"keep", CODE_KEEP},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!gh_str_eq(word, gh_str(words[i].word))) continue;
    table->otherwise = words[i].meaning;
    return true;
  }
  gh_fault(p->faults, node->at, "'otherwise': expected refuse, absent, keep or {value: …}, found '%.*s'", GH_FMT(word));
  return false;
}

bool gh_table_parse(struct map_parse *p, const struct gh_node *node, struct gh_str name, struct code_table *table)
{
  static const char *const full_keys[] = {"codes", "otherwise", NULL};
  const struct gh_node *codes = node->kind == GH_NODE_MAP ? gh_node_get(node, "codes") : NULL;
  bool full = codes && codes->kind == GH_NODE_MAP;
  *table = (struct code_table){.name = name};
  if (full && (!gh_want_map(node, full_keys, p->faults) || !parse_otherwise(p, gh_node_get(node, "otherwise"), table))) return false;
  if (!full) codes = node;
  if (!gh_want_map(codes, NULL, p->faults)) return false;
  struct gh_str *names = gh_arena_alloc(p->arena, (codes->count + 1) * sizeof *names);
  table->values = gh_arena_alloc(p->arena, (codes->count + 1) * sizeof *table->values);
  unsigned n = 0;
  for (const struct gh_node *e = codes->first; e; e = e->next, n++) {
    names[n] = e->key;
    table->values[n] = e;
  }
  gh_keys_init(&table->codes, p->arena, names, n);
  return true;
}

const struct codes *gh_table_codes(struct map_parse *p, const struct code_table *table, struct gh_type type)
{
  struct codes *c = gh_arena_zero(p->arena, 1, sizeof *c);
  bool good = true;
  c->codes = &table->codes;
  c->values = gh_arena_zero(p->arena, table->codes.n + 1, sizeof *c->values);
  c->otherwise = table->otherwise;
  for (unsigned i = 0; i < table->codes.n; i++) good &= gh_source_constant(p, table->values[i], type, &c->values[i]);
  if (table->otherwise == CODE_VALUE) good &= gh_source_constant(p, table->other, type, &c->other);
  return good ? c : NULL;
}
