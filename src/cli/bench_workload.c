#include "bench_workload.h"

#include <errno.h>
#include <string.h>

#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"
#include "typed_json.h"

static bool read_file(struct gh_bench_workload *w, struct gh_arena *arena, const char *path, struct gh_str *out)
{
  if (gh_file_read(arena, path, out)) return true;
  gh_fault(&w->faults, (struct gh_spot){.file = gh_str(path)}, "%s", strerror(errno));
  return false;
}

static struct gh_str next_line(struct gh_str *rest)
{
  const char *end = memchr(rest->ptr, '\n', rest->len);
  struct gh_str line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
  size_t taken = line.len + (end != NULL);
  *rest = (struct gh_str){rest->ptr + taken, rest->len - taken};
  if (line.len && line.ptr[line.len - 1] == '\r') line.len--;
  return line;
}

static bool read_schema(struct gh_bench_workload *w, const char *path)
{
  struct gh_str text;
  struct gh_spot at = {.file = gh_str(path)};
  if (!read_file(w, &w->arena, path, &text)) return false;
  const char *fault = "expected an object of names and CEL types";
  size_t offset = 0;
  const struct gh_json *schema = gh_json_read(&w->arena, text, &fault, &offset);
  if (!schema || schema->kind != GH_JSON_OBJECT) return gh_fault(&w->faults, at, "%s", fault), false;
  w->nslots = schema->n;
  w->names = gh_arena_zero(&w->arena, schema->n, sizeof *w->names);
  w->types = gh_arena_zero(&w->arena, schema->n, sizeof *w->types);
  w->env = gh_cel_env_new(&w->arena, NULL, NULL);
  for (uint32_t i = 0; i < schema->n; i++) {
    const struct gh_json *item = &schema->items[i];
    w->names[i] = item->name;
    if (item->kind != GH_JSON_STRING || !gh_cel_type_parse(&w->arena, item->text, &w->types[i])) {
      return gh_fault(&w->faults, at, "'%.*s': expected a CEL type in quotes", GH_FMT(item->name)), false;
    }
    gh_cel_declare(w->env, item->name, w->types[i], 0, i);
  }
  return true;
}

static void compile_line(struct gh_bench_workload *w, struct gh_str line, struct gh_spot at)
{
  struct gh_cel_options options = {.want = {.kind = GH_BOOL}};
  struct gh_cel_fault cel = {0};
  const struct gh_program *p = gh_cel_compile(w->env, &w->arena, line, options, &cel);
  if (p) {
    w->programs[w->nprograms++] = p;
    return;
  }
  at.column = (unsigned)cel.offset + 1;
  struct gh_fault *fault = gh_fault(&w->faults, at, "%.*s", GH_FMT(cel.message));
  fault->hint = gh_arena_str(&w->faults.arena, cel.hint);
  fault->excerpt = gh_fault_caret(&w->faults, line, cel.offset);
}

static bool read_conditions(struct gh_bench_workload *w, const char *path)
{
  struct gh_str rest;
  if (!read_file(w, &w->arena, path, &rest)) return false;
  size_t lines = 1;
  for (size_t i = 0; i < rest.len; i++) lines += rest.ptr[i] == '\n';
  w->programs = gh_arena_zero(&w->arena, lines, sizeof *w->programs);
  for (unsigned n = 1; rest.len; n++) {
    struct gh_str line = next_line(&rest);
    if (line.len) compile_line(w, line, (struct gh_spot){gh_str(path), n, 0});
  }
  if (w->nprograms == 0 && w->faults.errors == 0) gh_fault(&w->faults, (struct gh_spot){.file = gh_str(path)}, "there is no condition in it");
  return w->faults.errors == 0;
}

/* The constant text that the program requires of a slot, or NULL. */
static const struct gh_value *required_text(const struct gh_program *p, uint32_t slot)
{
  size_t n;
  const struct gh_cel_predicate *all = gh_program_predicates(p, &n);
  for (size_t i = 0; i < n; i++) {
    if (all[i].relation == GH_CEL_EQ && all[i].slot == slot && all[i].constant.kind == GH_STRING) return &all[i].constant;
  }
  return NULL;
}

static uint32_t most_required_slot(const struct gh_bench_workload *w)
{
  uint32_t best = 0, most = 0;
  for (uint32_t slot = 0; slot < w->nslots; slot++) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->nprograms; i++) n += required_text(w->programs[i], slot) != NULL;
    if (n <= most) continue;
    most = n;
    best = slot;
  }
  return best;
}

static uint32_t bucket_of(struct gh_bench_workload *w, const struct gh_program *p)
{
  const struct gh_value *constant = required_text(p, w->key_slot);
  uint32_t bucket = w->nbuckets;
  if (!constant) return 0;
  if (!gh_textmap_add(&w->keys, gh_text(*constant), w->nbuckets, &bucket)) return bucket;
  return w->nbuckets++;
}

static void fill_buckets(struct gh_bench_workload *w)
{
  uint32_t *of = gh_arena_zero(&w->arena, w->nprograms, sizeof *of);
  w->key_slot = most_required_slot(w);
  w->nbuckets = 1;
  gh_textmap_init(&w->keys, &w->arena);
  for (uint32_t i = 0; i < w->nprograms; i++) of[i] = bucket_of(w, w->programs[i]);
  w->buckets = gh_arena_zero(&w->arena, w->nbuckets, sizeof *w->buckets);
  for (uint32_t i = 0; i < w->nprograms; i++) w->buckets[of[i]].cap++;
  for (uint32_t b = 0; b < w->nbuckets; b++) w->buckets[b].programs = gh_arena_zero(&w->arena, w->buckets[b].cap, sizeof(struct gh_program *));
  for (uint32_t i = 0; i < w->nprograms; i++) w->buckets[of[i]].programs[w->buckets[of[i]].n++] = w->programs[i];
}

/* JSON has one kind of number and no times: the declared type decides. */
static bool fit(struct gh_value *v, struct gh_type type)
{
  int64_t seconds;
  uint32_t nanos;
  if (v->kind == type.kind || type.kind == GH_DYN) return true;
  if (type.kind == GH_DOUBLE && v->kind == GH_INT) return *v = gh_double((double)v->i), true;
  if (type.kind == GH_UINT && v->kind == GH_INT && v->i >= 0) return *v = gh_uint((uint64_t)v->i), true;
  if (type.kind != GH_TIMESTAMP || v->kind != GH_STRING || !gh_time_parse(gh_text(*v), &seconds, &nanos)) return false;
  *v = gh_timestamp(seconds, nanos);
  return true;
}

/* The last item of that name, as JSON readers do. */
static const struct gh_json *item_of(const struct gh_json *object, struct gh_str name)
{
  for (uint32_t i = object->n; i-- > 0;) {
    if (gh_str_eq(object->items[i].name, name)) return &object->items[i];
  }
  return NULL;
}

static bool read_event(struct gh_bench_workload *w, struct gh_arena *scratch, struct gh_str line, struct gh_spot at)
{
  const char *fault = "expected a flat object";
  size_t offset = 0;
  gh_arena_reset(scratch);
  const struct gh_json *event = gh_json_read(scratch, line, &fault, &offset);
  at.column = (unsigned)offset + 1;
  if (!event || event->kind != GH_JSON_OBJECT) return gh_fault(&w->faults, at, "%s", fault), false;
  struct gh_value *row = &w->rows[(size_t)w->nevents * w->nslots];
  for (uint32_t slot = 0; slot < w->nslots; slot++) {
    struct gh_str name = w->names[slot];
    const struct gh_json *item = item_of(event, name);
    if (!item || item->kind == GH_JSON_NULL) continue;
    struct gh_value v;
    if (!gh_plain_read(scratch, item, &v) || !fit(&v, w->types[slot])) {
      return gh_fault(&w->faults, at, "'%.*s': expected %.*s", GH_FMT(name), GH_FMT(gh_type_text(scratch, w->types[slot]))), false;
    }
    row[slot] = gh_value_copy(&w->arena, v);
  }
  w->nevents++;
  return true;
}

bool gh_bench_read_events(struct gh_bench_workload *w, const char *path, uint64_t limit)
{
  struct gh_arena file, scratch;
  struct gh_str rest;
  gh_arena_init(&file, 0);
  gh_arena_init(&scratch, 0);
  bool ok = read_file(w, &file, path, &rest);
  size_t lines = 1;
  for (size_t i = 0; ok && i < rest.len; i++) lines += rest.ptr[i] == '\n';
  if (limit && lines > limit) lines = (size_t)limit;
  w->rows = gh_arena_zero(&w->arena, lines * w->nslots, sizeof *w->rows);
  for (unsigned n = 1; ok && rest.len && w->nevents < lines; n++) {
    struct gh_str line = next_line(&rest);
    if (line.len) ok = read_event(w, &scratch, line, (struct gh_spot){gh_str(path), n, 0});
  }
  if (ok && w->nevents == 0) ok = (gh_fault(&w->faults, (struct gh_spot){.file = gh_str(path)}, "there is no event in it"), false);
  gh_arena_free(&file);
  gh_arena_free(&scratch);
  return ok;
}

bool gh_bench_load(struct gh_bench_workload *w, const struct gh_bench_match_options *o)
{
  uint64_t began = gh_monotonic_ns();
  if (!read_schema(w, o->schema) || !read_conditions(w, o->conditions)) return false;
  fill_buckets(w);
  w->load_ns = gh_monotonic_ns() - began;
  return true;
}
