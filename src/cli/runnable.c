/* Whether `run` can begin by a set: what the loader cannot see, because it stands in the file system. Errors are what would do harm whatever else
 * is there; what may still come before `run` (a file that another program writes, a folder) is a warning. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd.h"
#include "goldhour/sys/sys.h"

struct look {
  const struct gh_conf *conf;
  struct gh_faults *faults;
};

struct edge {
  const char *key;
  struct gh_path named; /* of goldhour.yaml; empty: this edge is no file */
  const char *path;     /* from where the program stands */
  struct stat stat;
  bool there;
};

static struct gh_spot spot(const struct look *l, struct gh_spot at)
{
  at.file = gh_arena_str(&l->faults->arena, l->conf->file);
  return at;
}

static struct edge look_at(const struct look *l, const char *key, struct gh_path named)
{
  struct edge e = {.key = key, .named = named};
  struct gh_str dir = l->conf->dir;
  if (!named.text.len) return e;
  while (gh_str_starts(named.text, GH_STR("./"))) named.text = gh_str_n(named.text.ptr + 2, named.text.len - 2);
  e.path = gh_path_join(&l->faults->arena, gh_str_eq(dir, GH_STR(".")) ? GH_STR("") : dir, named.text).ptr;
  e.there = stat(e.path, &e.stat) == 0;
  return e;
}

static bool same_file(const struct edge *a, const struct edge *b)
{
  if (!a->path || !b->path) return false;
  if (a->there && b->there) return a->stat.st_dev == b->stat.st_dev && a->stat.st_ino == b->stat.st_ino;
  return strcmp(a->path, b->path) == 0;
}

/* Leads written into what is read, or over the store, would destroy it. */
static bool check_apart(const struct look *l, const struct edge *written, const struct edge *other)
{
  if (!same_file(written, other)) return true;
  struct gh_fault *f = gh_fault(l->faults, spot(l, written->named.at), "'%s': '%s' is the file of '%s' too", written->key, written->path, other->key);
  f->hint = GH_STR("name another file");
  return false;
}

static bool check_read(const struct look *l, const struct edge *e)
{
  if (!e->path) return true;
  if (!e->there) {
    struct gh_fault *f = gh_warning(l->faults, spot(l, e->named.at), "'%s': '%s' cannot be found: %s", e->key, e->path, strerror(errno));
    f->hint = GH_STR("it must be there when run begins; paths are relative to the configuration's folder");
    return true;
  }
  if (S_ISREG(e->stat.st_mode)) return true;
  struct gh_fault *f = gh_fault(l->faults, spot(l, e->named.at), "'%s': '%s' is no regular file", e->key, e->path);
  f->hint = strcmp(e->key, "source") == 0 ? GH_STR("name a file; a pipe is read by source: stdin and redirected to standard input") : GH_STR("name a file");
  return false;
}

static bool check_written(const struct look *l, const struct edge *e)
{
  if (!e->path) return true;
  if (e->there) {
    if (!S_ISDIR(e->stat.st_mode)) return true;
    gh_fault(l->faults, spot(l, e->named.at), "'%s': '%s' is a folder", e->key, e->path)->hint = GH_STR("name a file in it");
    return false;
  }
  struct gh_str folder = gh_arena_str(&l->faults->arena, gh_str(e->path));
  char *slash = strrchr(folder.ptr, '/');
  struct stat found;
  if (!slash || slash == folder.ptr) return true;
  *slash = '\0';
  if (stat(folder.ptr, &found) == 0 && S_ISDIR(found.st_mode)) return true;
  gh_warning(l->faults, spot(l, e->named.at), "'%s': there is no folder '%s'", e->key, folder.ptr)->hint = GH_STR("make it before run begins");
  return true;
}

bool gh_cli_runnable(const struct gh_set *set, struct gh_faults *faults)
{
  const struct gh_conf *c = &set->conf;
  const struct look l = {c, faults};
  const struct gh_path none = {0};
  if (c->source == GH_SOURCE_NONE) {
    gh_fault(faults, spot(&l, (struct gh_spot){0}), "run needs a source")->hint = GH_STR("source: {file: {path: events.jsonl}}, or source: stdin");
    return false;
  }
  const struct edge source = look_at(&l, "source", c->source == GH_SOURCE_FILE ? c->source_path : none), profiles = look_at(&l, "profiles", c->profiles),
                    store = look_at(&l, "store", c->store == GH_STORE_SQLITE ? c->store_path : none), sink = look_at(&l, "sink", c->sink == GH_SINK_FILE ? c->sink_path : none);
  bool good = check_read(&l, &source);
  good &= check_read(&l, &profiles);
  good &= check_written(&l, &store) && check_apart(&l, &store, &source) && check_apart(&l, &store, &profiles);
  good &= check_written(&l, &sink) && check_apart(&l, &sink, &source) && check_apart(&l, &sink, &profiles) && check_apart(&l, &sink, &store);
  return good;
}
