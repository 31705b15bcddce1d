/* mapping.yaml as a whole (the manual is docs/events.md). */
#include "mapping.h"
#include "recode.h"

/* glibc brings the conversion as a module of its own, which a stripped-down system may lack. */
static bool can_recode(struct map_parse *p, const struct gh_node *node, struct gh_mapping *m)
{
  struct recode *r = gh_recode_gb18030_new();
  m->gb18030 = r != NULL;
  gh_recode_free(r);
  if (!m->gb18030) gh_fault(p->faults, node->at, "this system cannot read GB18030: glibc's gconv modules are not installed");
  return m->gb18030;
}

static bool parse_encoding(struct map_parse *p, const struct gh_node *node, struct gh_mapping *m)
{
  struct gh_str word;
  if (!node) return true;
  if (!gh_want_text(node, &word, p->faults)) return false;
  if (gh_str_eq(word, GH_STR("utf-8"))) return true;
  if (gh_str_eq(word, GH_STR("gb18030"))) return can_recode(p, node, m);
  gh_fault(p->faults, node->at, "'encoding': expected utf-8 or gb18030, found '%.*s'", GH_FMT(word))->hint =
      GH_STR("gb18030 reads GBK and GB2312, too");
  return false;
}

const struct gh_zone *gh_map_zone(struct map_parse *p, const struct gh_node *node)
{
  struct gh_str name;
  if (!gh_want_text(node, &name, p->faults)) return NULL;
  const struct gh_zone *zone = p->zones ? gh_zones_find(p->zones, name) : NULL;
  if (zone) return zone;
  gh_fault(p->faults, node->at, "there is no time zone '%.*s'", GH_FMT(name))->hint = GH_STR("names such as Asia/Shanghai or UTC");
  return NULL;
}

static bool parse_zone(struct map_parse *p, const struct gh_node *node)
{
  if (node) p->zone = gh_map_zone(p, node);
  return !node || p->zone;
}

static bool parse_tables(struct map_parse *p, const struct gh_node *node)
{
  bool good = true;
  if (!node) return true;
  if (!gh_want_map(node, NULL, p->faults)) return false;
  p->tables = gh_arena_zero(p->arena, node->count + 1, sizeof *p->tables);
  for (const struct gh_node *e = node->first; e; e = e->next) good &= gh_table_parse(p, e, e->key, &p->tables[p->ntables++]);
  return good;
}

static bool parse_csv(struct map_parse *p, const struct gh_node *node, struct gh_mapping *m)
{
  static const char *const keys[] = {"delimiter", "list", NULL};
  struct gh_str delimiter = GH_STR(",");
  if (!node) return true;
  if (!gh_want_map(node, keys, p->faults)) return false;
  const struct gh_node *d = gh_node_get(node, "delimiter"), *list = gh_node_get(node, "list");
  if (list && !gh_want_text(list, &m->csv_list, p->faults)) return false;
  if (d && !gh_want_text(d, &delimiter, p->faults)) return false;
  m->csv_delimiter = delimiter.len == 1 ? delimiter.ptr[0] : '"';
  if ((unsigned char)m->csv_delimiter < 0x80 && m->csv_delimiter != '"' && m->csv_delimiter != '\n') return true;
  gh_fault(p->faults, d->at, "'delimiter': expected one character such as ',' or ';'");
  return false;
}

static bool parse_sections(struct map_parse *p, const struct gh_node *root, struct gh_mapping *m)
{
  const struct gh_node *events = gh_node_get(root, "events"), *profiles = gh_node_get(root, "profiles");
  if (events) m->events = gh_map_events_parse(p, events);
  if (profiles) m->profiles = gh_map_profiles_parse(p, profiles);
  bool good = (!events || m->events) && (!profiles || m->profiles);
  const struct gh_node *csv = profiles && profiles->kind == GH_NODE_MAP ? gh_node_get(profiles, "csv") : NULL;
  return parse_csv(p, csv, m) && good;
}

const struct gh_mapping *gh_mapping_parse(struct gh_arena *arena, const struct gh_schema *schema, const struct gh_zones *zones,
                                          struct gh_str file, struct gh_str text, struct gh_faults *faults)
{
  static const char *const keys[] = {"encoding", "zone", "trim", "tables", "events", "profiles", NULL};
  struct map_parse p = {.arena = arena, .schema = schema, .zones = zones, .faults = faults};
  struct gh_mapping *m = gh_arena_zero(arena, 1, sizeof *m);
  m->csv_delimiter = ',';
  m->csv_list = GH_STR("|");
  const struct gh_node *root = gh_yaml_parse(arena, file, text, faults);
  if (!root) return NULL;
  bool good = gh_want_map(root, keys, faults);
  if (root->kind != GH_NODE_MAP) return NULL;
  good &= parse_encoding(&p, gh_node_get(root, "encoding"), m);
  good &= parse_zone(&p, gh_node_get(root, "zone"));
  const struct gh_node *trim = gh_node_get(root, "trim");
  good &= !trim || gh_want_bool(trim, &m->trim, faults);
  good &= parse_tables(&p, gh_node_get(root, "tables"));
  good &= parse_sections(&p, root, m);
  return good ? m : NULL;
}
