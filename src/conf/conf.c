/* Reads goldhour.yaml by the table of options: every key that is written, then the defaults of the rest, then what must fit together. */
#include "goldhour/conf/conf.h"

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "options.h"

struct reader {
  struct gh_conf *conf;
  struct gh_arena *arena;
  struct gh_faults *faults;
};

static void *field(const struct reader *r, size_t offset)
{
  return (char *)r->conf + offset;
}

static bool read_clock(const struct reader *r, const struct gh_node *n, int64_t *ms)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return false;
  if (gh_clock_parse(text, ms)) return true;
  gh_fault(r->faults, n->at, "'%.*s': expected a time of day such as '09:00', found '%.*s'", GH_FMT(n->key), GH_FMT(text));
  return false;
}

static bool read_path(const struct reader *r, const struct gh_node *n, struct gh_path *path)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return false;
  *path = (struct gh_path){text, n->at};
  if (text.len) return true;
  gh_fault(r->faults, n->at, "'%.*s': the path is empty", GH_FMT(n->key));
  return false;
}

static bool read_paths(const struct reader *r, const struct gh_node *n, struct gh_path **paths, unsigned *npaths)
{
  unsigned count = n->kind == GH_NODE_LIST ? n->count : 1;
  *paths = gh_arena_zero(r->arena, count, sizeof **paths);
  *npaths = count;
  if (n->kind != GH_NODE_LIST) return read_path(r, n, *paths);
  if (!count) gh_fault(r->faults, n->at, "'%.*s': the list is empty", GH_FMT(n->key));
  bool good = count > 0;
  unsigned i = 0;
  for (const struct gh_node *entry = n->first; entry; entry = entry->next) good = read_path(r, entry, &(*paths)[i++]) && good;
  return good;
}

static void read_hours(const struct reader *r, const struct gh_node *n, const struct gh_option *o)
{
  static const char *const keys[] = {"open", "close", NULL};
  if (!gh_want_map(n, keys, r->faults)) return;
  const struct gh_node *open = gh_node_get(n, "open"), *close = gh_node_get(n, "close");
  if (open) read_clock(r, open, field(r, o->at));
  if (close) read_clock(r, close, field(r, o->at_more));
}

static void read_edge(const struct reader *r, const struct gh_node *n, const struct gh_option *o)
{
  int kind = 0;
  if (!gh_edge_read(n, gh_edge_kinds(o->key), &kind, field(r, o->at_more), r->faults)) return;
  if (strcmp(o->key, "source") == 0) r->conf->source = (enum gh_source_kind)kind;
  if (strcmp(o->key, "store") == 0) r->conf->store = (enum gh_store_kind)kind;
  if (strcmp(o->key, "sink") == 0) r->conf->sink = (enum gh_sink_kind)kind;
}

/* Durations and sizes are bounded as numbers are; the fault speaks their unit. */
static void check_bounds(const struct reader *r, const struct gh_node *n, const struct gh_option *o)
{
  int64_t v = *(int64_t *)field(r, o->at);
  if (v >= o->least && v <= o->most) return;
  char bound[GH_TIME_TEXT];
  bool low = v < o->least;
  if (o->kind == GH_OPTION_DURATION) gh_duration_format(bound, low ? o->least : o->most);
  struct gh_str text = o->kind == GH_OPTION_DURATION ? gh_str(bound) : gh_arena_fmt(r->arena, "%lld bytes", (long long)(low ? o->least : o->most));
  gh_fault(r->faults, n->at, "'%s': %s than %.*s", o->key, low ? "less" : "more", GH_FMT(text));
}

static void read_option(const struct reader *r, const struct gh_node *n, const struct gh_option *o)
{
  int64_t *number = field(r, o->at);
  switch (o->kind) {
    case GH_OPTION_TEXT: gh_want_text(n, field(r, o->at), r->faults); break;
    case GH_OPTION_PATH: read_path(r, n, field(r, o->at)); break;
    case GH_OPTION_PATHS: read_paths(r, n, field(r, o->at), field(r, o->at_more)); break;
    case GH_OPTION_INT: gh_want_int(n, o->least, o->most, number, r->faults); break;
    case GH_OPTION_DURATION: if (gh_want_duration(n, number, r->faults)) check_bounds(r, n, o); break;
    case GH_OPTION_BYTES: if (gh_want_bytes(n, number, r->faults)) check_bounds(r, n, o); break;
    case GH_OPTION_CLOCK: read_clock(r, n, number); break;
    case GH_OPTION_HOURS: read_hours(r, n, o); break;
    case GH_OPTION_EDGE: read_edge(r, n, o); break;
  }
}

/* The defaults are read from the table as if they were written in the file. */
static void read_defaults(const struct reader *r)
{
  r->conf->cutoff_ms = GH_NEVER;
  for (size_t i = 0; i < gh_noptions; i++) {
    if (!gh_options[i].fallback) continue;
    struct gh_node *n = gh_yaml_parse(r->arena, GH_STR(""), gh_str(gh_options[i].fallback), r->faults);
    GH_CHECK(n);
    n->key = gh_str(gh_options[i].key);
    n->at = (struct gh_spot){r->conf->file, 0, 0};
    read_option(r, n, &gh_options[i]);
  }
  GH_CHECK(r->faults->errors == 0);
}

static void check_together(const struct reader *r, const struct gh_node *root)
{
  static const char *const required[] = {"schema", "rules"};
  const struct gh_conf *c = r->conf;
  for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
    if (gh_node_absent(gh_node_get(root, required[i]))) gh_fault(r->faults, (struct gh_spot){c->file, 1, 1}, "the key '%s' is missing", required[i]);
  }
  const struct gh_node *zone = gh_node_get(root, "zone"), *hours = gh_node_get(root, "business_hours"), *limit = gh_node_get(root, "late_limit");
  const struct gh_node *log = gh_node_get(root, "log_format"), *lateness = gh_node_get(root, "lateness");
  if (zone) r->conf->zone_at = zone->at;
  if (c->close_ms <= c->open_ms) gh_fault(r->faults, hours ? hours->at : root->at, "'business_hours': close must lie after open");
  if (c->late_limit_ms < c->lateness_ms) {
    const struct gh_node *at = limit ? limit : lateness ? lateness : root;
    gh_fault(r->faults, at->at, "'late_limit' must be at least 'lateness'")->hint = GH_STR("an event within the lateness is never too late");
  }
  if (log && !gh_str_eq(c->log_format, GH_STR("logfmt")) && !gh_str_eq(c->log_format, GH_STR("json"))) {
    gh_fault(r->faults, log->at, "'log_format': expected logfmt or json, found '%.*s'", GH_FMT(c->log_format));
  }
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
  *conf = (struct gh_conf){.file = gh_arena_str(arena, file), .dir = dir_of(arena, file)};
  struct gh_faults none;
  gh_faults_init(&none);
  read_defaults(&(struct reader){conf, arena, &none});
  gh_faults_free(&none);
  struct reader r = {conf, arena, faults};
  unsigned errors = faults->errors;
  struct gh_node *root = gh_yaml_parse(arena, conf->file, text, faults);
  if (!root) return false;
  const char *keys[sizeof(struct gh_conf) / sizeof(int)];
  GH_CHECK(gh_noptions < sizeof keys / sizeof *keys);
  for (size_t i = 0; i <= gh_noptions; i++) keys[i] = i < gh_noptions ? gh_options[i].key : NULL;
  gh_want_map(root, keys, faults);
  if (root->kind != GH_NODE_MAP) return false;
  for (size_t i = 0; i < gh_noptions; i++) {
    const struct gh_node *n = gh_node_get(root, gh_options[i].key);
    if (n && !gh_node_absent(n)) read_option(&r, n, &gh_options[i]);
  }
  check_together(&r, root);
  return faults->errors == errors;
}
