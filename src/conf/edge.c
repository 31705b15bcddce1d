/* The edges of an installation: where events and profiles come from, where state and leads go. An edge is one of a few kinds, each with keys of its own. */
#include "goldhour/base/buf.h"
#include "goldhour/base/check.h"
#include "addr.h"

#define AT(field) offsetof(struct gh_conf, field)

#define PATH_ROW(at, what) {"path", GH_OPTION_PATH, at, .required = true, .meaning = what}
static const struct gh_option source_file[] = {PATH_ROW(AT(source_path), "the file; it is read on as it grows")};
static const struct gh_option profile_file[] = {PATH_ROW(AT(profiles), "the file; .csv is CSV with a header line, else JSON lines")};
static const struct gh_option store_file[] = {PATH_ROW(AT(store_path), "the database's file")};
static const struct gh_option_group source_file_keys[] = {GH_GROUP(source_file, 0), {0}};
static const struct gh_option_group profile_file_keys[] = {GH_GROUP(profile_file, 0), {0}};
static const struct gh_option_group store_file_keys[] = {GH_GROUP(store_file, 0), {0}};

const struct gh_edge_kind gh_source_kinds[] = {
  {"file", GH_SOURCE_FILE, source_file_keys, NULL},
  {"stdin", GH_SOURCE_STDIN, NULL, NULL},
  {"kafka", GH_SOURCE_KAFKA, gh_kafka_source_keys, gh_kafka_source_finish},
  {"http", -1, NULL, NULL},
  {0},
};
const struct gh_edge_kind gh_profile_kinds[] = {{"file", 0, profile_file_keys, NULL}, {0}};
const struct gh_edge_kind gh_store_kinds[] = {
  {"sqlite", GH_STORE_SQLITE, store_file_keys, NULL},
  {"memory", GH_STORE_MEMORY, NULL, NULL},
  {"redis", GH_STORE_REDIS, gh_redis_store_keys, gh_redis_store_finish},
  {0},
};

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

/* The first key that a kind's map must have; NULL: none. */
static const char *first_required(const struct gh_edge_kind *k)
{
  for (const struct gh_option_group *g = k->keys; g && g->rows; g++) {
    for (size_t i = 0; i < g->nrows; i++) {
      if (g->rows[i].required) return g->rows[i].key;
    }
  }
  return NULL;
}

/* The key that a kind's map must have, else the one that stands first. */
static const char *usual_key(const struct gh_edge_kind *k)
{
  const char *required = first_required(k);
  return required ? required : k->keys[0].rows[0].key;
}

/* A path or a url where the edge's kind belongs: how it is written. */
static struct gh_str hint_short(const struct gh_edge_kind *kinds, struct gh_str name, struct gh_faults *faults)
{
  bool redis = gh_str_starts(name, GH_STR("redis://")) || gh_str_starts(name, GH_STR("rediss://"));
  bool web = gh_str_starts(name, GH_STR("http://")) || gh_str_starts(name, GH_STR("https://"));
  if (redis && kinds == gh_store_kinds) return gh_arena_fmt(&faults->arena, "a server is written {redis: {url: '%.*s'}}", GH_FMT(name));
  if (web && kinds == gh_sink_kinds) return gh_arena_fmt(&faults->arena, "a receiver is written {webhook: {url: '%.*s'}}", GH_FMT(name));
  const char *key = first_required(kinds);
  bool path = memchr(name.ptr, '.', name.len) != NULL && key && strcmp(key, "path") == 0;
  return path ? gh_arena_fmt(&faults->arena, "a file is written {%s: {path: %.*s}}", kinds->name, GH_FMT(name)) : (struct gh_str){0};
}

/* A url where the edge's kind belongs is repeated by the fault, but no password of it. */
static bool holds_password(struct gh_str name, struct gh_spot at, struct gh_str edge, struct gh_faults *faults)
{
  struct gh_url url;
  if (!gh_url_split(name, &url) || !url.has_password) return false;
  gh_fault(faults, at, "'%.*s': a password does not belong into the configuration", GH_FMT(edge))->hint = GH_STR("put it into a file and write 'password_file', beside 'url'");
  return true;
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
  if (holds_password(name, at, edge, faults)) return NULL;
  struct gh_fault *fault = gh_fault(faults, at, "'%.*s': there is no '%.*s'; there are: %.*s", GH_FMT(edge), GH_FMT(name), GH_FMT(present(kinds, faults)));
  fault->hint = gh_did_you_mean(faults, name, names, n);
  if (!fault->hint.len) fault->hint = hint_short(kinds, name, faults);
  return NULL;
}

/* The one value of an edge: `stdin`, or a map of one entry. NULL with a fault; `*body` is the entry, NULL for a word. */
static const struct gh_edge_kind *read_kind(struct gh_reading *r, const struct gh_node *n, struct gh_str edge, const struct gh_edge_kind *kinds, const struct gh_node **body)
{
  bool map = n->kind == GH_NODE_MAP;
  if (n->kind == GH_NODE_LIST || gh_node_absent(n) || (map && n->count != 1)) {
    struct gh_fault *f = gh_fault(r->faults, n->at, "'%.*s': expected one of %.*s", GH_FMT(edge), GH_FMT(present(kinds, r->faults)));
    if (map && n->count > 1 && kinds == gh_sink_kinds) f->hint = GH_STR("several sinks are a list: [{redis: {…}}, {kafka: {…}}]");
    return NULL;
  }
  *body = map ? n->first : NULL;
  return find_kind(map ? n->first->key : n->text, map ? n->first->key_at : n->at, edge, kinds, r->faults);
}

/* False with a fault: nothing to read keys from. */
static bool check_body(struct gh_reading *r, const struct gh_edge_kind *k, const struct gh_node *body, struct gh_str edge)
{
  static const char *const no_keys[] = {NULL};
  if (gh_node_absent(body)) return true;
  if (!k->keys && body->kind == GH_NODE_MAP) return gh_want_map(body, no_keys, r->faults);
  if (!k->keys) {
    gh_fault(r->faults, body->at, "'%s' takes no options", k->name);
    return false;
  }
  if (body->kind == GH_NODE_MAP) return true;
  struct gh_fault *f = gh_fault(r->faults, body->at, "'%.*s': the options of %s are a map", GH_FMT(edge), k->name);
  f->hint = gh_arena_fmt(&r->faults->arena, "write {%s: {%s: …}}", k->name, usual_key(k));
  return false;
}

const struct gh_edge_kind *gh_edge_one(struct gh_reading *r, const struct gh_node *n, struct gh_str edge, const struct gh_edge_kind *kinds, void *base)
{
  const struct gh_node *body = NULL;
  const struct gh_edge_kind *k = read_kind(r, n, edge, kinds, &body);
  if (!k || !check_body(r, k, body, edge)) return NULL;
  const struct gh_node *map = gh_node_absent(body) ? NULL : body;
  struct gh_str whose = gh_arena_fmt(r->arena, "'%.*s': %s", GH_FMT(edge), k->name);
  if (k->keys) gh_map_read(r, map, k->keys, base, (struct gh_map_place){whose, n->at});
  if (k->finish) k->finish(r, map, n->at, base);
  return k;
}

void gh_edge_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  const struct gh_node *one = n->kind == GH_NODE_LIST && n->count == 1 ? n->first : n;
  if (one->kind == GH_NODE_LIST && one->count > 1) {
    struct gh_fault *f = gh_fault(r->faults, n->at, "'%s': one at a time", o->key);
    if (o->edges == gh_source_kinds) f->hint = GH_STR("goldhour rekey brings several topics into one");
    return;
  }
  const struct gh_edge_kind *k = gh_edge_one(r, one, gh_str(o->key), o->edges, base);
  if (k && o->at_more) *(unsigned *)((char *)base + o->at_more) = (unsigned)k->kind;
}
