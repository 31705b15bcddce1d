/* Whether `run` can begin by a set: what the loader cannot see, because it stands in the file system. Errors are what would do harm whatever else
 * is there; what may still come before `run` (a file that another program writes, a folder) is a warning. */
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "goldhour/sys/sys.h"
#include "runnable.h"

struct gh_spot gh_look_spot(const struct gh_look *l, struct gh_spot at)
{
  at.file = gh_arena_str(&l->faults->arena, l->conf->file);
  return at;
}

struct gh_named_file gh_look_at(const struct gh_look *l, const char *key, struct gh_path named)
{
  struct gh_named_file e = {.key = key, .named = named};
  struct gh_str dir = l->conf->dir;
  if (!named.text.len) return e;
  while (gh_str_starts(named.text, GH_STR("./"))) named.text = gh_str_n(named.text.ptr + 2, named.text.len - 2);
  e.path = gh_path_join(&l->faults->arena, gh_str_eq(dir, GH_STR(".")) ? GH_STR("") : dir, named.text).ptr;
  e.there = stat(e.path, &e.stat) == 0;
  e.error = e.there ? 0 : errno;
  return e;
}

static bool same_file(const struct gh_named_file *a, const struct gh_named_file *b)
{
  if (!a->path || !b->path) return false;
  if (a->there && b->there) return a->stat.st_dev == b->stat.st_dev && a->stat.st_ino == b->stat.st_ino;
  return strcmp(a->path, b->path) == 0;
}

/* Leads written into what is read, or over the store, would destroy it. */
static bool check_apart(const struct gh_look *l, const struct gh_named_file *written, const struct gh_named_file *other)
{
  if (!same_file(written, other)) return true;
  struct gh_fault *f = gh_fault(l->faults, gh_look_spot(l, written->named.at), "'%s': '%s' is the file of '%s' too", written->key, written->path, other->key);
  f->hint = GH_STR("name another file");
  return false;
}

static bool check_read(const struct gh_look *l, const struct gh_named_file *e)
{
  if (!e->path) return true;
  if (!e->there) {
    struct gh_fault *f = gh_warning(l->faults, gh_look_spot(l, e->named.at), "'%s': '%s' cannot be found: %s", e->key, e->path, strerror(e->error));
    f->hint = GH_STR("it must be there when run begins; paths are relative to the configuration's folder");
    return true;
  }
  if (S_ISREG(e->stat.st_mode)) return true;
  struct gh_fault *f = gh_fault(l->faults, gh_look_spot(l, e->named.at), "'%s': '%s' is no regular file", e->key, e->path);
  f->hint = strcmp(e->key, "source") == 0 ? GH_STR("name a file; a pipe is read by source: stdin and redirected to standard input") : GH_STR("name a file");
  return false;
}

static bool check_written(const struct gh_look *l, const struct gh_named_file *e)
{
  if (!e->path) return true;
  if (e->there) {
    if (!S_ISDIR(e->stat.st_mode)) return true;
    gh_fault(l->faults, gh_look_spot(l, e->named.at), "'%s': '%s' is a folder", e->key, e->path)->hint = GH_STR("name a file in it");
    return false;
  }
  struct gh_str folder = gh_arena_str(&l->faults->arena, gh_str(e->path));
  char *slash = strrchr(folder.ptr, '/');
  struct stat found;
  if (!slash || slash == folder.ptr) return true;
  *slash = '\0';
  if (stat(folder.ptr, &found) == 0 && S_ISDIR(found.st_mode)) return true;
  gh_warning(l->faults, gh_look_spot(l, e->named.at), "'%s': there is no folder '%s'", e->key, folder.ptr)->hint = GH_STR("make it before run begins");
  return true;
}

/* A topic has many partitions, and daemons that come and go: what one machine's file holds is not enough for it. */
static bool check_kafka(const struct gh_look *l)
{
  const struct gh_conf *c = l->conf;
  struct gh_spot store = gh_look_spot(l, c->store_at.line ? c->store_at : c->source_at);
  unsigned errors = l->faults->errors;
  if (c->kafka.ntopics > 1) {
    struct gh_fault *f = gh_fault(l->faults, gh_look_spot(l, c->source_at), "'topics': run reads one topic, not %u", c->kafka.ntopics);
    f->hint = GH_STR("goldhour rekey brings several into one, a customer's events in one partition");
  }
  if (c->profiles.text.len) {
    gh_fault(l->faults, gh_look_spot(l, c->profiles.at), "'profiles': beside Kafka profiles come as events in the topic")->hint =
        GH_STR("goldhour profiles FILE --time T turns the file into such events");
  }
  if (c->store == GH_STORE_SQLITE) {
    gh_fault(l->faults, store, "'store': sqlite is one partition's alone, and Kafka has many")->hint = GH_STR("store: {redis: {url: 'redis://127.0.0.1:6379'}}; to try things, store: memory");
  }
  if (c->store == GH_STORE_MEMORY) {
    gh_warning(l->faults, store, "'store': memory keeps nothing: the next start begins at 'start' again, and gives the same leads again")->hint =
        GH_STR("store: {redis: {url: 'redis://127.0.0.1:6379'}}");
  }
  return l->faults->errors == errors;
}

static struct gh_path file_sink(const struct gh_conf *c)
{
  for (unsigned i = 0; i < c->nsinks; i++) {
    if (c->sinks[i].kind == GH_SINK_FILE) return c->sinks[i].path;
  }
  return (struct gh_path){0};
}

bool gh_cli_runnable(const struct gh_set *set, struct gh_faults *faults)
{
  const struct gh_conf *c = &set->conf;
  const struct gh_look l = {c, faults};
  const struct gh_path none = {0};
  if (c->source == GH_SOURCE_NONE) {
    gh_fault(faults, gh_look_spot(&l, (struct gh_spot){0}), "run needs a source")->hint = GH_STR("source: {file: {path: events.jsonl}}, source: stdin or source: {kafka: {…}}");
    return false;
  }
  const struct gh_named_file source = gh_look_at(&l, "source", c->source == GH_SOURCE_FILE ? c->source_path : none), profiles = gh_look_at(&l, "profiles", c->profiles),
                             store = gh_look_at(&l, "store", c->store == GH_STORE_SQLITE ? c->store_path : none), sink = gh_look_at(&l, "sink", file_sink(c));
  bool good = c->source != GH_SOURCE_KAFKA || check_kafka(&l);
  good &= check_read(&l, &source);
  good &= c->source == GH_SOURCE_KAFKA || check_read(&l, &profiles);
  good &= check_written(&l, &store) && check_apart(&l, &store, &source) && check_apart(&l, &store, &profiles);
  good &= check_written(&l, &sink) && check_apart(&l, &sink, &source) && check_apart(&l, &sink, &profiles) && check_apart(&l, &sink, &store);
  return gh_look_secrets(&l) && good;
}
