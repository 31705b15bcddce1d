#include "goldhour/base/textmap.h"
#include "goldhour/engine/ruletest.h"
#include "goldhour/sys/sys.h"

struct found {
  struct gh_arena *arena;
  struct gh_textmap seen;
  struct gh_str *paths;
  unsigned n, cap;
};

static void add(struct found *f, struct gh_str path)
{
  if (!gh_textmap_add(&f->seen, path, f->n, NULL)) return;
  if (f->n == f->cap) {
    f->cap = f->cap ? f->cap * 2 : 16;
    struct gh_str *larger = gh_arena_alloc(f->arena, f->cap * sizeof *larger);
    if (f->n) memcpy(larger, f->paths, f->n * sizeof *larger);
    f->paths = larger;
  }
  f->paths[f->n++] = path;
}

/* How many files the pattern names, seen before or not. */
static size_t add_pattern(struct found *f, const struct gh_set *set, struct gh_str pattern)
{
  struct gh_str dir = set->conf.dir, *paths;
  size_t n;
  if (gh_str_eq(dir, GH_STR("."))) dir = GH_STR("");
  if (!gh_files_glob(f->arena, gh_path_join(f->arena, dir, pattern), &paths, &n)) return 0;
  for (size_t i = 0; i < n; i++) add(f, paths[i]);
  return n;
}

static struct gh_str beside(struct gh_arena *arena, struct gh_str rules)
{
  size_t n = rules.len;
  while (n > 0 && rules.ptr[n - 1] != '/') n--;
  return gh_arena_fmt(arena, "%.*s*.test.yaml", (int)n, rules.ptr);
}

bool gh_ruletests_find(const struct gh_set *set, struct gh_arena *arena, struct gh_str **paths, unsigned *n, struct gh_faults *faults)
{
  struct found f = {.arena = arena};
  const struct gh_conf *conf = &set->conf;
  unsigned errors = faults->errors;
  gh_textmap_init(&f.seen, arena);
  for (unsigned i = 0; i < conf->ntests; i++)
    if (add_pattern(&f, set, conf->tests[i].text) == 0) gh_fault(faults, conf->tests[i].at, "no file matches '%.*s'", GH_FMT(conf->tests[i].text));
  for (unsigned i = 0; i < conf->nrules && conf->ntests == 0; i++) add_pattern(&f, set, beside(arena, conf->rules[i].text));
  *paths = f.paths;
  *n = f.n;
  return faults->errors == errors;
}
