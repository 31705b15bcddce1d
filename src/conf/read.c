/* Reads a map by its rows: each kind of option has one reader, used for keys at any depth. */
#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "options.h"

enum { KEYS_MOST = 64 };

static void *field(void *base, size_t offset) { return (char *)base + offset; }

static bool read_clock(const struct gh_reading *r, const struct gh_node *n, int64_t *ms)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return false;
  if (gh_clock_parse(text, ms)) return true;
  gh_fault(r->faults, n->at, "'%.*s': expected a time of day such as '09:00', found '%.*s'", GH_FMT(n->key), GH_FMT(text));
  return false;
}

static bool read_path(const struct gh_reading *r, const struct gh_node *n, struct gh_path *path)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return false;
  *path = (struct gh_path){text, n->at};
  if (text.len) return true;
  gh_fault(r->faults, n->at, "'%.*s': the path is empty", GH_FMT(n->key));
  return false;
}

static void read_paths(const struct gh_reading *r, const struct gh_node *n, struct gh_path **paths, unsigned *npaths)
{
  unsigned count = n->kind == GH_NODE_LIST ? n->count : 1, i = 0;
  *paths = gh_arena_zero(r->arena, count, sizeof **paths);
  *npaths = count;
  if (n->kind != GH_NODE_LIST) {
    read_path(r, n, *paths);
    return;
  }
  if (!count) gh_fault(r->faults, n->at, "'%.*s': the list is empty", GH_FMT(n->key));
  for (const struct gh_node *entry = n->first; entry; entry = entry->next) read_path(r, entry, &(*paths)[i++]);
}

static void read_hours(const struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  static const char *const keys[] = {"open", "close", NULL};
  if (!gh_want_map(n, keys, r->faults)) return;
  const struct gh_node *open = gh_node_get(n, "open"), *close = gh_node_get(n, "close");
  if (open) read_clock(r, open, field(base, o->at));
  if (close) read_clock(r, close, field(base, o->at_more));
}

static void read_text(const struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, struct gh_str *out)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return;
  if ((int64_t)text.len < o->least) gh_fault(r->faults, n->at, "'%s': the text is empty", o->key);
  else if (o->most && (int64_t)text.len > o->most) gh_fault(r->faults, n->at, "'%s': longer than %lld bytes", o->key, (long long)o->most);
  else *out = text;
}

/* "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512" */
static struct gh_str choices(struct gh_arena *arena, const char *const *words)
{
  struct gh_str list = gh_str(words[0]);
  for (unsigned i = 1; words[i]; i++) list = gh_arena_fmt(arena, "%.*s%s%s", GH_FMT(list), words[i + 1] ? ", " : " or ", words[i]);
  return list;
}

static void read_choice(const struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, unsigned *out)
{
  struct gh_str text, names[8];
  if (!gh_want_text(n, &text, r->faults)) return;
  unsigned i = 0;
  for (; o->words[i] && !gh_str_eq(text, gh_str(o->words[i])); i++) names[i] = gh_str(o->words[i]);
  if (o->words[i]) {
    *out = i;
    return;
  }
  struct gh_fault *f = gh_fault(r->faults, n->at, "'%s': expected %.*s, found '%.*s'", o->key, GH_FMT(choices(&r->faults->arena, o->words)), GH_FMT(text));
  f->hint = gh_did_you_mean(r->faults, text, names, i);
}

static void read_bool(const struct gh_reading *r, const struct gh_node *n, bool inverted, bool *out)
{
  bool said;
  if (gh_want_bool(n, &said, r->faults)) *out = said != inverted;
}

/* Durations and sizes are bounded as numbers are; the fault speaks their unit. */
static void read_measure(const struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, int64_t *out)
{
  int64_t v;
  bool duration = o->kind == GH_OPTION_DURATION;
  if (!(duration ? gh_want_duration(n, &v, r->faults) : gh_want_bytes(n, &v, r->faults))) return;
  if (v >= o->least && v <= o->most) {
    *out = v;
    return;
  }
  char bound[GH_TIME_TEXT];
  bool low = v < o->least;
  if (duration) gh_duration_format(bound, low ? o->least : o->most);
  struct gh_str text = duration ? gh_str(bound) : gh_arena_fmt(r->arena, "%lld bytes", (long long)(low ? o->least : o->most));
  gh_fault(r->faults, n->at, "'%s': %s than %.*s", o->key, low ? "less" : "more", GH_FMT(text));
}

static void read_map(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  struct gh_str whose = gh_arena_fmt(r->arena, "'%s'", o->key);
  gh_map_read(r, n, o->keys, field(base, o->at), (struct gh_map_place){whose, n->at});
}

void gh_option_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  void *at = field(base, o->at);
  switch (o->kind) {
    case GH_OPTION_TEXT: read_text(r, n, o, at); break;
    case GH_OPTION_PATH: read_path(r, n, at); break;
    case GH_OPTION_PATHS: read_paths(r, n, at, field(base, o->at_more)); break;
    case GH_OPTION_INT: gh_want_int(n, o->least, o->most, at, r->faults); break;
    case GH_OPTION_BOOL: case GH_OPTION_NOT: read_bool(r, n, o->kind == GH_OPTION_NOT, at); break;
    case GH_OPTION_CHOICE: read_choice(r, n, o, at); break;
    case GH_OPTION_DURATION: case GH_OPTION_BYTES: read_measure(r, n, o, at); break;
    case GH_OPTION_CLOCK: read_clock(r, n, at); break;
    case GH_OPTION_HOURS: read_hours(r, n, o, base); break;
    case GH_OPTION_MAP: read_map(r, n, o, base); break;
    case GH_OPTION_EDGE: gh_edge_read(r, n, o, base); break;
    case GH_OPTION_SINKS: gh_sinks_read(r, n, o); break;
    case GH_OPTION_OWN: o->read(r, n, o, base); break;
  }
}

/* A default is read as if it were written in the file. */
static void read_default(struct gh_reading *r, const struct gh_option *o, void *base)
{
  struct gh_node *n = gh_yaml_parse(r->arena, GH_STR(""), gh_str(o->fallback), r->faults);
  GH_CHECK(n);
  n->key = gh_str(o->key);
  n->at = (struct gh_spot){r->conf->file, 0, 0};
  unsigned errors = r->faults->errors;
  gh_option_read(r, n, o, base);
  GH_CHECK(r->faults->errors == errors);
}

static void read_row(struct gh_reading *r, const struct gh_node *map, const struct gh_option *o, void *base, const struct gh_map_place *place)
{
  const struct gh_node *n = map ? gh_node_get(map, o->key) : NULL;
  if (o->fallback) read_default(r, o, base);
  if (!gh_node_absent(n)) gh_option_read(r, n, o, base);
  else if (o->required && place->whose.len) gh_fault(r->faults, place->at, "%.*s needs '%s'", GH_FMT(place->whose), o->key);
  else if (o->required) gh_fault(r->faults, place->at, "the key '%s' is missing", o->key);
}

void gh_map_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option_group *groups, void *base, struct gh_map_place place)
{
  const char *keys[KEYS_MOST];
  size_t nkeys = 0;
  for (const struct gh_option_group *g = groups; g->rows; g++) {
    for (size_t i = 0; i < g->nrows; i++) {
      GH_CHECK(nkeys + 1 < KEYS_MOST);
      keys[nkeys++] = g->rows[i].key;
    }
  }
  keys[nkeys] = NULL;
  bool absent = gh_node_absent(n);
  if (!absent) gh_want_map(n, keys, r->faults);
  if (!absent && n->kind != GH_NODE_MAP) return;
  for (const struct gh_option_group *g = groups; g->rows; g++) {
    for (size_t i = 0; i < g->nrows; i++) read_row(r, absent ? NULL : n, &g->rows[i], field(base, g->at), &place);
  }
}
