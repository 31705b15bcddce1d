/* The rule table over all its files: first every file as a tree, then the features and flows of all, then the rules, then the plans. */
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "reader.h"

struct gh_rules *gh_rules_new(void)
{
  struct gh_rules *rules = calloc(1, sizeof *rules);
  GH_CHECK(rules && "out of memory");
  gh_arena_init(&rules->arena, 0);
  return rules;
}

void gh_rules_free(struct gh_rules *rules)
{
  if (!rules) return;
  gh_arena_free(&rules->arena);
  free(rules);
}

/* A section of a file, if it is there and of its kind. */
static const struct gh_node *section(struct gh_rule_reader *r, const struct gh_node *root, const char *key)
{
  const struct gh_node *n = gh_node_get(root, key);
  bool list = strcmp(key, "rules") == 0;
  if (gh_node_absent(n) || !(list ? gh_want_list(n, r->faults) : gh_want_map(n, NULL, r->faults))) return NULL;
  return n;
}

struct sections { const struct gh_node *features, *flows, *rules; };

static void read_file(struct gh_rule_reader *r, const struct gh_rules_file *file, struct sections *s)
{
  static const char *const keys[] = {"features", "flows", "rules", NULL};
  struct gh_str name = gh_arena_str(&r->faults->arena, file->name);
  const struct gh_node *root = gh_yaml_parse(&r->tree, name, file->text, r->faults);
  if (!root || (!gh_want_map(root, keys, r->faults) && root->kind != GH_NODE_MAP)) return;
  *s = (struct sections){section(r, root, "features"), section(r, root, "flows"), section(r, root, "rules")};
}

static void name_twice(struct gh_rule_reader *r, const struct gh_node *n, const char *what)
{
  gh_fault(r->faults, n->key_at, "the %s '%.*s' is declared twice; names are one for all files", what, GH_FMT(n->key));
}

static void read_features(struct gh_rule_reader *r, const struct gh_node *map)
{
  for (const struct gh_node *n = map ? map->first : NULL; n; n = n->next) {
    struct gh_feature *f = &r->rules->features[r->rules->nfeatures];
    *f = (struct gh_feature){.name = gh_reader_keep(r, n->key), .index = r->rules->nfeatures, .at = gh_reader_keep_spot(r, n->key_at)};
    if (!gh_textmap_add(&r->features, f->name, f->index, NULL)) name_twice(r, n, "feature");
    gh_read_feature(r, n, f);
    r->rules->nfeatures++;
  }
}

static void read_flows(struct gh_rule_reader *r, const struct gh_node *map)
{
  for (const struct gh_node *n = map ? map->first : NULL; n; n = n->next) {
    struct gh_flow *f = &r->rules->flows[r->rules->nflows];
    *f = (struct gh_flow){.name = gh_reader_keep(r, n->key), .index = r->rules->nflows};
    if (!gh_textmap_add(&r->flows, f->name, f->index, NULL)) name_twice(r, n, "flow");
    gh_read_flow(r, n, f);
    r->rules->nflows++;
  }
}

static void read_rules(struct gh_rule_reader *r, const struct gh_node *list)
{
  for (const struct gh_node *n = list ? list->first : NULL; n; n = n->next) {
    struct gh_rule *rule = &r->rules->rules[r->rules->nrules];
    *rule = (struct gh_rule){.position = r->rules->nrules};
    gh_read_rule(r, n, rule);
    r->rules->nrules++;
  }
}

/* Room for everything, so that pointers stay. */
static void allocate(struct gh_rule_reader *r, const struct sections *s, unsigned nfiles)
{
  struct gh_rules *rules = r->rules;
  size_t features = 0, flows = 0, nrules = 0, types = rules->schema->ntypes + 1u;
  for (unsigned i = 0; i < nfiles; i++) {
    features += s[i].features ? s[i].features->count : 0;
    flows += s[i].flows ? s[i].flows->count : 0;
    nrules += s[i].rules ? s[i].rules->count : 0;
  }
  rules->features = gh_arena_zero(r->arena, features, sizeof *rules->features);
  rules->columns = gh_arena_zero(r->arena, features, sizeof *rules->columns);
  rules->flows = gh_arena_zero(r->arena, flows, sizeof *rules->flows);
  rules->rules = gh_arena_zero(r->arena, nrules, sizeof *rules->rules);
  r->envs = gh_arena_zero(&r->tree, types, sizeof(void *));
  r->event_envs = gh_arena_zero(&r->tree, types, sizeof(void *));
}

bool gh_rules_parse(struct gh_rules *rules, const struct gh_rules_file *files, unsigned nfiles, struct gh_faults *faults)
{
  struct gh_rule_reader r = {.rules = rules, .arena = &rules->arena, .faults = faults};
  unsigned errors = faults->errors;
  gh_arena_init(&r.tree, 0);
  struct gh_textmap *maps[] = {&r.features, &r.flows, &r.ids, &r.columns};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) gh_textmap_init(maps[i], &r.tree);
  struct sections *s = gh_arena_zero(&r.tree, nfiles, sizeof *s);
  for (unsigned i = 0; i < nfiles; i++) read_file(&r, &files[i], &s[i]);
  allocate(&r, s, nfiles);
  for (unsigned i = 0; i < nfiles; i++) read_features(&r, s[i].features);
  for (unsigned i = 0; i < nfiles; i++) read_flows(&r, s[i].flows);
  for (unsigned i = 0; i < nfiles; i++) read_rules(&r, s[i].rules);
  bool good = faults->errors == errors;
  if (good) gh_make_plans(rules);
  gh_arena_free(&r.tree);
  return good;
}
