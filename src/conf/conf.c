/* Reads goldhour.yaml by the table of options: every key that is written, the defaults of the rest, then what must fit together. */
#include "goldhour/conf/conf.h"

#include "goldhour/base/time.h"
#include "options.h"

static void check_times(const struct gh_reading *r, const struct gh_node *root)
{
  const struct gh_conf *c = r->conf;
  const struct gh_node *hours = gh_node_get(root, "business_hours"), *limit = gh_node_get(root, "late_limit"), *lateness = gh_node_get(root, "lateness");
  if (c->close_ms <= c->open_ms) gh_fault(r->faults, hours ? hours->at : root->at, "'business_hours': close must lie after open");
  if (c->late_limit_ms >= c->lateness_ms) return;
  const struct gh_node *at = limit ? limit : lateness ? lateness : root;
  gh_fault(r->faults, at->at, "'late_limit' must be at least 'lateness'")->hint = GH_STR("an event within the lateness is never too late");
}

static void check_together(struct gh_reading *r, const struct gh_node *root)
{
  struct gh_conf *c = r->conf;
  const struct gh_node *zone = gh_node_get(root, "zone"), *log = gh_node_get(root, "log_format");
  const struct gh_node *source = gh_node_get(root, "source"), *store = gh_node_get(root, "store");
  if (zone) c->zone_at = zone->at;
  c->source_at = source ? source->at : (struct gh_spot){c->file, 0, 0};
  c->store_at = store ? store->at : (struct gh_spot){c->file, 0, 0};
  check_times(r, root);
  if (log && !gh_str_eq(c->log_format, GH_STR("logfmt")) && !gh_str_eq(c->log_format, GH_STR("json"))) {
    gh_fault(r->faults, log->at, "'log_format': expected logfmt or json, found '%.*s'", GH_FMT(c->log_format));
  }
  gh_edges_settle(r);
}

static struct gh_str dir_of(struct gh_arena *arena, struct gh_str file)
{
  size_t n = file.len;
  while (n > 0 && file.ptr[n - 1] != '/') n--;
  if (n == 0) return gh_arena_str(arena, GH_STR("."));
  return gh_arena_str(arena, gh_str_n(file.ptr, n > 1 ? n - 1 : 1));
}

bool gh_conf_parse(struct gh_conf *conf, struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults)
{
  *conf = (struct gh_conf){.file = gh_arena_str(arena, file), .dir = dir_of(arena, file), .cutoff_ms = GH_NEVER};
  struct gh_reading r = {conf, arena, faults};
  const struct gh_option_group groups[] = {gh_options, {0}};
  unsigned errors = faults->errors;
  struct gh_node *root = gh_yaml_parse(arena, conf->file, text, faults);
  if (!root) return false;
  gh_map_read(&r, root, groups, conf, (struct gh_map_place){GH_STR(""), {conf->file, 1, 1}});
  if (root->kind == GH_NODE_MAP) check_together(&r, root);
  return faults->errors == errors;
}
