/* Pointers of a mapping: into the row, or with `$` into what stands around it. */
#include "mapping.h"

bool gh_pointer_of_envelope(struct gh_str text)
{
  return text.len > 1 && text.ptr[0] == '$' && ((text.ptr[1] >= 'a' && text.ptr[1] <= 'z') || (text.ptr[1] >= 'A' && text.ptr[1] <= 'Z'));
}

enum { BEGINNINGS = 4 }; /* of pointers: $before/ and its like */

/* All that may stand behind a `$` here. */
static size_t known_names(struct map_parse *p, struct gh_str names[ENV_NAMES + BEGINNINGS])
{
  size_t n = 0;
  enum env_kind kind = p->set->envelope.kind;
  for (unsigned i = 0; i < ENV_NAMES; i++)
    if (gh_env_has(kind, (enum env_name)i)) names[n++] = gh_arena_fmt(&p->faults->arena, "$%.*s", GH_FMT(gh_env_name((enum env_name)i)));
  names[n++] = GH_STR("$message/");
  names[n++] = GH_STR("$header/");
  names[n++] = GH_STR("$key/");
  if (gh_env_has_ops(kind)) names[n++] = GH_STR("$before/");
  return n;
}

static size_t first_slash(struct gh_str text)
{
  size_t at = 0;
  while (at < text.len && text.ptr[at] != '/') at++;
  return at;
}

static bool unknown_name(struct map_parse *p, const struct gh_node *node, struct gh_str text)
{
  struct gh_str names[ENV_NAMES + BEGINNINGS];
  size_t n = known_names(p, names), slash = first_slash(text);
  struct gh_fault *f = gh_fault(p->faults, node->at, "there is no '%.*s' here", GH_FMT(text));
  f->hint = GH_STR("bulk profiles have neither envelope nor message");
  if (!p->messages) return false;
  f->hint = gh_did_you_mean(p->faults, (struct gh_str){text.ptr, slash + (slash < text.len)}, names, n);
  if (f->hint.len > 0) return false;
  f->hint = names[0];
  for (size_t i = 1; i < n; i++) f->hint = gh_arena_fmt(&p->faults->arena, "%.*s, %.*s", GH_FMT(f->hint), GH_FMT(names[i]));
  return false;
}

/* Where a pointer behind `$…/` starts. */
static bool origin_of(const struct map_parse *p, struct gh_str word, enum origin *origin)
{
  static const struct { const char *word; enum origin origin; } words[] = {
    {"$before", ORIGIN_BEFORE}, {"$message", ORIGIN_MESSAGE}, {"$key", ORIGIN_KEY}, {"$header", ORIGIN_HEADER},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!gh_str_eq(word, gh_str(words[i].word))) continue;
    *origin = words[i].origin;
    return *origin != ORIGIN_BEFORE || gh_env_has_ops(p->set->envelope.kind);
  }
  return false;
}

/* Whether the rows of one message differ in it. */
static bool differs(const struct map_parse *p, enum origin origin, struct gh_str name)
{
  enum env_kind kind = p->set->envelope.kind;
  if (origin == ORIGIN_MESSAGE) return kind != ENV_CANAL && kind != ENV_JSON;
  if (origin == ORIGIN_NAME) return gh_str_eq(name, GH_STR("id")) || gh_str_eq(name, GH_STR("row"));
  return origin == ORIGIN_ROW || origin == ORIGIN_BEFORE;
}

static bool is_name(const struct map_parse *p, struct gh_str word)
{
  for (unsigned i = 0; i < ENV_NAMES; i++)
    if (gh_str_eq(word, gh_env_name((enum env_name)i))) return gh_env_has(p->set->envelope.kind, (enum env_name)i);
  return false;
}

/* The number of `$name` or `$origin/…`, or -1. */
static int envelope_path(struct map_parse *p, struct gh_str text, bool *per_row)
{
  enum origin origin = ORIGIN_NAME;
  size_t slash = first_slash(text);
  struct paths *paths = &p->set->paths;
  struct gh_str word = {text.ptr, slash}, name = {text.ptr + 1, slash - 1}, rest = {text.ptr + slash, text.len - slash};
  bool known = rest.len > 0 ? origin_of(p, word, &origin) : is_name(p, name);
  if (!p->messages || !known) return -1;
  *per_row |= differs(p, origin, name);
  if (origin == ORIGIN_NAME) return gh_paths_add_token(paths, p->arena, origin, name);
  if (origin != ORIGIN_HEADER) return gh_paths_add(paths, p->arena, origin, rest);
  return gh_paths_add_token(paths, p->arena, origin, (struct gh_str){rest.ptr + 1, rest.len - 1});
}

bool gh_pointer_parse(struct map_parse *p, const struct gh_node *node, int *path, bool *per_row)
{
  struct gh_str text;
  if (!gh_want_text(node, &text, p->faults)) return false;
  if (gh_pointer_of_envelope(text)) {
    *path = envelope_path(p, text, per_row);
    return *path >= 0 || unknown_name(p, node, text);
  }
  *per_row = true;
  *path = gh_paths_add(&p->set->paths, p->arena, ORIGIN_ROW, text);
  if (*path >= 0) return true;
  struct gh_fault *f =
      gh_fault(p->faults, node->at, "'%.*s': expected a JSON pointer such as /body/amount, found '%.*s'", GH_FMT(node->key), GH_FMT(text));
  f->hint = GH_STR("a pointer begins with /, one / a level; a fixed value is written {const: VALUE}");
  return false;
}
