#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demo.h"
#include "goldhour/sys/sys.h"

static bool fail(const char *path)
{
  fprintf(stderr, "goldhour demo: %s: %s\n", path, strerror(errno));
  return false;
}

static const char *in_dir(struct gh_arena *a, const char *dir, const char *name) { return gh_arena_fmt(a, "%s/%s", dir, name).ptr; }

static bool make_folder(const char *path) { return mkdir(path, 0777) == 0 || errno == EEXIST || fail(path); }

static bool write_file(const char *path, struct gh_str bytes)
{
  FILE *f = fopen(path, "w");
  if (!f) return fail(path);
  bool ok = fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len;
  if (fclose(f) != 0 || !ok) return fail(path);
  return true;
}

/* The shipped bank: config/demo as it was built in. */
static bool write_shipped(struct gh_arena *a, const char *dir)
{
  struct gh_str prefix = GH_STR("demo/");
  for (size_t i = 0; i < gh_nshipped; i++) {
    struct gh_str path = gh_str(gh_shipped[i].path);
    if (!gh_str_starts(path, prefix)) continue;
    if (!write_file(in_dir(a, dir, path.ptr + prefix.len), gh_shipped[i].bytes)) return false;
  }
  return true;
}

/* The same configuration with events from standard input, in small batches, so that leads are seen as they come. */
static bool write_live(struct gh_arena *a, const char *dir)
{
  struct gh_str text;
  struct gh_buf live = {0};
  if (!gh_shipped_file("demo/goldhour.yaml", &text)) return fail("goldhour.yaml");
  for (const char *at = text.ptr, *end = text.ptr + text.len; at < end;) {
    const char *next = memchr(at, '\n', (size_t)(end - at));
    next = next ? next + 1 : end;
    struct gh_str line = {at, (size_t)(next - at)};
    gh_buf_add_str(&live, gh_str_starts(line, GH_STR("source:")) ? GH_STR("source: stdin\nbatch_events: 32\n") : line);
    at = next;
  }
  bool ok = write_file(in_dir(a, dir, "live.yaml"), gh_buf_str(&live));
  gh_buf_free(&live);
  return ok;
}

static bool write_customers(const struct gh_sim *sim, uint32_t customers, const char *path)
{
  struct gh_buf text = {0};
  for (uint32_t i = 0; i < customers; i++) {
    if (gh_sim_profile(sim, i, &text)) gh_buf_byte(&text, '\n');
  }
  bool ok = write_file(path, gh_buf_str(&text));
  gh_buf_free(&text);
  return ok;
}

static bool write_events(struct gh_sim *sim, const char *path, uint64_t *events)
{
  FILE *f = fopen(path, "w");
  if (!f) return fail(path);
  struct gh_sim_event event;
  for (*events = 0; gh_sim_next(sim, &event); ++*events) fprintf(f, "%.*s\n", GH_FMT(event.json));
  bool ok = !ferror(f);
  if (fclose(f) != 0 || !ok) return fail(path);
  return true;
}

static bool write_world(struct gh_arena *a, const struct gh_demo_options *o, uint64_t *events)
{
  struct gh_sim *sim = gh_sim_new(o->world);
  struct gh_buf truth = {0};
  bool ok = write_customers(sim, o->world.customers, in_dir(a, o->dir, "customers.jsonl"));
  ok = ok && write_events(sim, in_dir(a, o->dir, "events.jsonl"), events);
  gh_sim_truth(sim, &truth);
  ok = ok && write_file(in_dir(a, o->dir, "truth.jsonl"), gh_buf_str(&truth));
  gh_buf_free(&truth);
  gh_sim_free(sim);
  return ok;
}

/* What an earlier demo left: its store and its leads. */
static void remove_old(struct gh_arena *a, const char *dir)
{
  static const char *const names[] = {"goldhour.db", "goldhour.db-wal", "goldhour.db-shm", "goldhour.db.lock", "leads.jsonl"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(in_dir(a, dir, names[i]));
}

bool gh_demo_write(const struct gh_demo_options *o, uint64_t *events)
{
  struct gh_arena a;
  gh_arena_init(&a, 0);
  bool ok = make_folder(o->dir) && make_folder(in_dir(&a, o->dir, "rules"));
  if (ok) remove_old(&a, o->dir);
  ok = ok && write_shipped(&a, o->dir) && write_live(&a, o->dir) && write_world(&a, o, events);
  gh_arena_free(&a);
  return ok;
}
