/* The edges of an installation: where events and profiles come from, where state and leads go. */
#include "goldhour/base/buf.h"
#include "goldhour/base/check.h"
#include "options.h"

static const struct gh_edge_kind sources[] = {{"file", GH_SOURCE_FILE, true}, {"stdin", GH_SOURCE_STDIN, false}, {"kafka", -1, false}, {"http", -1, false}, {0}};
static const struct gh_edge_kind profiles[] = {{"file", 0, true}, {0}};
static const struct gh_edge_kind stores[] = {{"sqlite", GH_STORE_SQLITE, true}, {"memory", GH_STORE_MEMORY, false}, {"redis", -1, false}, {0}};
static const struct gh_edge_kind sinks[] = {{"file", GH_SINK_FILE, true}, {"stdout", GH_SINK_STDOUT, false}, {"redis", -1, false}, {"kafka", -1, false}, {"webhook", -1, false}, {0}};

const struct gh_edge_kind *gh_edge_kinds(const char *key)
{
  if (strcmp(key, "source") == 0) return sources;
  if (strcmp(key, "profiles") == 0) return profiles;
  if (strcmp(key, "store") == 0) return stores;
  GH_CHECK(strcmp(key, "sink") == 0);
  return sinks;
}

/* "file, stdin": the kinds that this release has. */
static struct gh_str present(const struct gh_edge_kind *kinds, struct gh_faults *faults)
{
  struct gh_buf list = {0};
  for (; kinds->name; kinds++) {
    if (kinds->kind >= 0) gh_buf_fmt(&list, "%s%s", list.len ? ", " : "", kinds->name);
  }
  struct gh_str text = gh_arena_str(&faults->arena, gh_buf_str(&list));
  gh_buf_free(&list);
  return text;
}

static const struct gh_edge_kind *find_kind(struct gh_str name, struct gh_spot at, struct gh_str edge, const struct gh_edge_kind *kinds, struct gh_faults *faults)
{
  struct gh_str names[8];
  size_t n = 0;
  for (const struct gh_edge_kind *k = kinds; k->name; k++) {
    bool same = gh_str_eq(name, gh_str(k->name));
    if (same && k->kind >= 0) return k;
    if (same) {
      struct gh_fault *later = gh_fault(faults, at, "'%.*s': %.*s comes with a later release", GH_FMT(edge), GH_FMT(name));
      later->hint = gh_arena_fmt(&faults->arena, "this one has: %.*s", GH_FMT(present(kinds, faults)));
      return NULL;
    }
    if (k->kind >= 0) names[n++] = gh_str(k->name);
  }
  struct gh_fault *fault = gh_fault(faults, at, "'%.*s': there is no '%.*s'; there are: %.*s", GH_FMT(edge), GH_FMT(name), GH_FMT(present(kinds, faults)));
  fault->hint = gh_did_you_mean(faults, name, names, n);
  if (!fault->hint.len && kinds->has_path && memchr(name.ptr, '.', name.len)) fault->hint = gh_arena_fmt(&faults->arena, "a file is written {%s: {path: %.*s}}", kinds->name, GH_FMT(name));
  return NULL;
}

static bool read_path(const struct gh_node *body, const struct gh_edge_kind *k, struct gh_path *path, struct gh_faults *faults)
{
  static const char *const path_keys[] = {"path", NULL}, *const no_keys[] = {NULL};
  if (!k->has_path) {
    if (gh_node_absent(body) || (body->kind == GH_NODE_MAP && body->count == 0)) return true;
    if (body->kind == GH_NODE_MAP) return gh_want_map(body, no_keys, faults);
    gh_fault(faults, body->at, "'%s' takes no options", k->name);
    return false;
  }
  const struct gh_node *p = body ? gh_node_get(body, "path") : NULL;
  if (body && body->kind == GH_NODE_MAP && !gh_want_map(body, path_keys, faults)) return false;
  if (!p || gh_node_absent(p)) return false;
  path->at = p->at;
  return gh_want_text(p, &path->text, faults) && path->text.len > 0;
}

bool gh_edge_read(const struct gh_node *n, const struct gh_edge_kind *kinds, int *kind, struct gh_path *path, struct gh_faults *faults)
{
  const struct gh_node *body = NULL, *one = n;
  struct gh_str edge = n->key;
  if (n->kind == GH_NODE_LIST && n->count == 1) one = n->first;
  if (one->kind == GH_NODE_LIST) {
    gh_fault(faults, n->at, "'%.*s': one at a time in this release", GH_FMT(edge));
    return false;
  }
  if (one->kind == GH_NODE_MAP && one->count == 1) body = one->first;
  if (!body && (one->kind != GH_NODE_SCALAR || gh_node_absent(one))) {
    gh_fault(faults, one->at, "'%.*s': expected one of %.*s", GH_FMT(edge), GH_FMT(present(kinds, faults)));
    return false;
  }
  const struct gh_edge_kind *k = find_kind(body ? body->key : one->text, body ? body->key_at : one->at, edge, kinds, faults);
  if (!k) return false;
  unsigned errors = faults->errors;
  *kind = k->kind;
  if (read_path(body, k, path, faults)) return true;
  if (faults->errors == errors) {
    gh_fault(faults, one->at, "'%.*s': %s needs a path", GH_FMT(edge), k->name)->hint =
        gh_arena_fmt(&faults->arena, "write {%s: {path: …}}", k->name);
  }
  return false;
}
