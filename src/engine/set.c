/* Loads everything that decides. Reading goes on past faults as far as it makes sense, so that one look shows them all; they come out in the
 * order of the files, then of the lines. Touches nothing shared: a reload may run on any thread. */
#include "goldhour/engine/set.h"

#include <errno.h>
#include <stdlib.h>

#include "bundle.h"
#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "goldhour/base/textmap.h"
#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"

enum { WARN_DAYS = 60 };

struct loader {
  struct gh_set *set;
  const struct gh_zones *zones;
  int64_t today_ms;
  struct gh_faults faults;  /* in order of finding */
  struct gh_textmap ranks;  /* files in order of loading */
  uint64_t hash;            /* of what was read so far and decides */
  struct gh_buf bundle;     /* the same texts, by names of their own: see bundle.c */
  struct gh_textmap *from;  /* texts of a bundle, instead of files; NULL: files */
  const struct gh_str *texts; /* by number in `from` */
};

static struct gh_spot nowhere(const struct loader *l)
{
  return (struct gh_spot){l->set->conf.file, 0, 0};
}

/* A path of goldhour.yaml, as people know it from where they stand. */
static struct gh_str resolve(struct loader *l, struct gh_str path)
{
  struct gh_str dir = l->set->conf.dir;
  return gh_path_join(&l->set->arena, gh_str_eq(dir, GH_STR(".")) ? GH_STR("") : dir, path);
}

static bool read_text(struct loader *l, struct gh_str path, struct gh_spot at, struct gh_str *text)
{
  char why[128];
  uint32_t number;
  gh_textmap_add(&l->ranks, path, (uint32_t)l->ranks.len, NULL);
  if (l->from && gh_textmap_find(l->from, path, &number)) {
    *text = l->texts[number];
    return true;
  }
  errno = ENOENT;
  if (!l->from && gh_file_read(&l->set->arena, path.ptr, text)) return true;
  if (strerror_r(errno, why, sizeof why) != 0) why[0] = '\0';
  struct gh_fault *fault = gh_fault(&l->faults, at, "can't read '%.*s': %s", GH_FMT(path), why);
  if (path.ptr == l->set->conf.file.ptr) fault->hint = GH_STR("--config FILE names the configuration; `goldhour init DIR` writes one to begin with");
  return false;
}

static void add_to_hash(struct loader *l, struct gh_str text)
{
  l->hash = gh_hash_seed(text, l->hash);
}

/* A text that decides: part of the version, and of the bundle under `name`. */
static void add_text(struct loader *l, struct gh_str name, struct gh_str text)
{
  add_to_hash(l, text);
  gh_buf_put_text(&l->bundle, name);
  gh_buf_put_text(&l->bundle, text);
}

/* False: it names nothing that could be looked at further. */
static bool load_conf(struct loader *l, const char *path)
{
  struct gh_str text;
  struct gh_set *set = l->set;
  set->conf.file = gh_arena_str(&set->arena, gh_str(path));
  if (!read_text(l, set->conf.file, (struct gh_spot){0}, &text)) return false;
  gh_conf_parse(&set->conf, &set->arena, set->conf.file, text, &l->faults);
  return set->conf.schema.text.len || set->conf.nrules;
}

static void find_zone(struct loader *l)
{
  struct gh_set *set = l->set;
  set->zone = gh_zones_find(l->zones, set->conf.zone);
  if (set->zone) return;
  struct gh_fault *fault = gh_fault(&l->faults, set->conf.zone_at.line ? set->conf.zone_at : nowhere(l), "there is no time zone '%.*s' on this machine", GH_FMT(set->conf.zone));
  fault->hint = GH_STR("a name such as Asia/Shanghai; on Debian the package tzdata has them");
}

static void load_schema(struct loader *l)
{
  struct gh_set *set = l->set;
  struct gh_str text, path = set->conf.schema.text;
  if (!path.len) return;
  path = resolve(l, path);
  if (!read_text(l, path, set->conf.schema.at, &text)) return;
  set->schema = gh_schema_read(&set->arena, path, text, &l->faults);
  add_text(l, GH_STR(GH_BUNDLE_SCHEMA), text);
}

static void load_mapping(struct loader *l)
{
  struct gh_set *set = l->set;
  struct gh_str text = {0}, path = set->conf.mapping.text;
  if (path.len && set->schema) {
    path = resolve(l, path);
    if (!read_text(l, path, set->conf.mapping.at, &text)) return;
    set->mapping = gh_mapping_parse(&set->arena, set->schema, l->zones, path, text, &l->faults);
    add_text(l, GH_STR(GH_BUNDLE_MAPPING), text);
    return;
  }
  add_to_hash(l, text);
}

/* The name of a shipped calendar, or else a path. */
static const struct gh_calendar *load_calendar(struct loader *l)
{
  struct gh_set *set = l->set;
  struct gh_path named = set->conf.calendar;
  if (!named.text.len) return NULL;
  struct gh_str shipped = gh_arena_fmt(&set->arena, "calendars/%.*s.txt", GH_FMT(named.text)), path = shipped, text;
  bool name = !memchr(named.text.ptr, '/', named.text.len) && gh_shipped_file(shipped.ptr, &text);
  if (!name) path = resolve(l, named.text);
  if (!name && !read_text(l, path, named.at, &text)) return NULL;
  add_text(l, GH_STR(GH_BUNDLE_CALENDAR), text);
  return gh_calendar_parse(&set->arena, path, text, &l->faults);
}

static void warn_of_end(struct loader *l, const struct gh_calendar *calendar)
{
  if (!calendar || !l->today_ms || !l->set->zone) return;
  int64_t last = gh_calendar_last(calendar), left = last - gh_zone_day(l->set->zone, l->today_ms);
  if (left >= WARN_DAYS) return;
  char day[GH_TIME_TEXT];
  gh_date_format(day, last);
  struct gh_spot at = l->set->conf.calendar.at.line ? l->set->conf.calendar.at : nowhere(l);
  struct gh_fault *w = left < 0 ? gh_warning(&l->faults, at, "the calendar ended on %s: leads come without 'due'", day)
                                : gh_warning(&l->faults, at, "the calendar ends on %s, in %lld days; leads due after it come without 'due'", day, (long long)left);
  w->hint = GH_STR("install the next year's calendar (docs/calendar.md)");
}

struct files { struct gh_rules_file *files; unsigned n, cap; struct gh_textmap seen; };

static void add_file(struct loader *l, struct files *f, struct gh_str path, struct gh_spot at)
{
  struct gh_str text;
  if (!gh_textmap_add(&f->seen, path, f->n, NULL) || !read_text(l, path, at, &text)) return;
  if (f->n == f->cap) {
    f->cap = f->cap ? f->cap * 2 : 16;
    struct gh_rules_file *larger = gh_arena_alloc(&l->set->arena, f->cap * sizeof *larger);
    if (f->n) memcpy(larger, f->files, f->n * sizeof *larger);
    f->files = larger;
  }
  f->files[f->n++] = (struct gh_rules_file){path, text};
  add_text(l, gh_bundle_rules_name(&l->set->arena, f->n, path), text);
}

static bool is_test(struct gh_str path)
{
  struct gh_str end = GH_STR(".test.yaml");
  return path.len >= end.len && memcmp(path.ptr + path.len - end.len, end.ptr, end.len) == 0;
}

/* A pattern gives its files in order of their names; rule tests that lie beside the rules are passed over. */
static void add_pattern(struct loader *l, struct files *f, const struct gh_path *written)
{
  struct gh_str pattern = resolve(l, written->text), *paths;
  size_t n, taken = 0;
  if (!strpbrk(written->text.ptr, "*?[")) {
    add_file(l, f, pattern, written->at);
    return;
  }
  if (!gh_files_glob(&l->set->arena, pattern, &paths, &n)) {
    gh_fault(&l->faults, written->at, "can't look for '%.*s'", GH_FMT(pattern));
    return;
  }
  for (size_t i = 0; i < n; i++) {
    if (is_test(paths[i])) continue;
    add_file(l, f, paths[i], written->at);
    taken++;
  }
  if (!taken) gh_fault(&l->faults, written->at, "no file matches '%.*s'", GH_FMT(pattern));
}

/* Without a schema there are no names to check against, but YAML is YAML. */
static void check_yaml(struct loader *l, const struct files *f)
{
  for (unsigned i = 0; i < f->n; i++) gh_yaml_parse(&l->set->arena, f->files[i].name, f->files[i].text, &l->faults);
}

static void load_rules(struct loader *l, const struct gh_calendar *calendar)
{
  struct gh_set *set = l->set;
  struct files f = {0};
  gh_textmap_init(&f.seen, &set->arena);
  for (unsigned i = 0; i < set->conf.nrules; i++) {
    if (set->conf.rules[i].text.len) add_pattern(l, &f, &set->conf.rules[i]);
  }
  set->rules = gh_rules_new();
  set->rules->schema = set->schema;
  set->rules->zones = l->zones;
  set->rules->zone = set->zone;
  set->rules->calendar = calendar;
  set->rules->conf = &set->conf;
  if (set->schema) gh_rules_parse(set->rules, f.files, f.n, &l->faults);
  else check_yaml(l, &f);
}

/* The options that change what is decided; where records come from and how they are committed does not. */
static void name_set(struct loader *l)
{
  struct gh_set *set = l->set;
  const struct gh_conf *c = &set->conf;
  const int64_t deciding[] = {c->open_ms, c->close_ms, c->cutoff_ms, c->lateness_ms, c->late_limit_ms, c->reorder_limit, c->customer_events, c->customer_waits, c->customer_ids};
  struct gh_buf b = {0};
  gh_buf_put_text(&b, c->zone);
  for (size_t i = 0; i < sizeof deciding / sizeof *deciding; i++) gh_buf_put_i64(&b, deciding[i]);
  add_to_hash(l, gh_buf_str(&b));
  gh_buf_free(&b);
  struct gh_str text = gh_arena_fmt(&set->arena, "%016llx", (unsigned long long)l->hash);
  memcpy(set->version, text.ptr, sizeof set->version);
  memcpy(set->rules->version, text.ptr, sizeof set->version);
}

struct ranked { struct gh_fault *fault; uint32_t rank, found; };

static int by_place(const void *left, const void *right)
{
  const struct ranked *a = left, *b = right;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  if (a->fault->at.line != b->fault->at.line) return a->fault->at.line < b->fault->at.line ? -1 : 1;
  if (a->fault->at.column != b->fault->at.column) return a->fault->at.column < b->fault->at.column ? -1 : 1;
  return a->found < b->found ? -1 : 1;
}

static void hand_over(struct loader *l, struct gh_faults *to)
{
  uint32_t n = 0;
  struct ranked *order = gh_arena_zero(&l->faults.arena, l->faults.errors + l->faults.warnings, sizeof *order);
  for (struct gh_fault *f = l->faults.first; f; f = f->next, n++) {
    order[n] = (struct ranked){.fault = f, .found = n};
    gh_textmap_find(&l->ranks, f->at.file, &order[n].rank);
  }
  if (n) qsort(order, n, sizeof *order, by_place);
  for (uint32_t i = 0; i < n; i++) order[i].fault->next = i + 1 < n ? order[i + 1].fault : NULL;
  if (n) l->faults.first = order[0].fault;
  gh_faults_merge(to, &l->faults);
}

/* The texts, then the options, which name them. */
static void end_bundle(struct loader *l)
{
  gh_bundle_options(&l->bundle, &l->set->conf, l->set->mapping != NULL);
  l->set->bundle = gh_arena_str(&l->set->arena, gh_buf_str(&l->bundle));
}

static void load_files(struct loader *l)
{
  find_zone(l);
  load_schema(l);
  load_mapping(l);
  const struct gh_calendar *calendar = load_calendar(l);
  warn_of_end(l, calendar);
  load_rules(l, calendar);
  name_set(l);
  if (l->faults.errors == 0) end_bundle(l);
}

static void begin(struct loader *l, const struct gh_zones *zones)
{
  *l = (struct loader){.set = calloc(1, sizeof *l->set), .zones = zones};
  GH_CHECK(l->set && "out of memory");
  gh_arena_init(&l->set->arena, 0);
  gh_faults_init(&l->faults);
  gh_textmap_init(&l->ranks, &l->set->arena);
}

static struct gh_set *end(struct loader *l, struct gh_faults *faults)
{
  bool good = l->faults.errors == 0;
  hand_over(l, faults);
  gh_faults_free(&l->faults);
  gh_buf_free(&l->bundle);
  if (good) return l->set;
  gh_set_free(l->set);
  return NULL;
}

struct gh_set *gh_set_load(const char *path, const struct gh_zones *zones, int64_t today_ms, struct gh_faults *faults)
{
  struct loader l;
  begin(&l, zones);
  l.today_ms = today_ms;
  if (load_conf(&l, path)) load_files(&l);
  return end(&l, faults);
}

struct gh_set *gh_set_load_bundle(struct gh_str bundle, const struct gh_zones *zones, struct gh_faults *faults)
{
  struct loader l;
  struct gh_textmap names;
  begin(&l, zones);
  l.from = &names;
  l.texts = gh_bundle_unpack(gh_arena_str(&l.set->arena, bundle), &l.set->arena, &names);
  if (!l.texts) gh_fault(&l.faults, (struct gh_spot){0}, "the bundle of the rule set is malformed");
  else if (load_conf(&l, GH_BUNDLE_OPTIONS)) load_files(&l);
  return end(&l, faults);
}

void gh_set_free(struct gh_set *set)
{
  if (!set) return;
  gh_rules_free(set->rules);
  gh_arena_free(&set->arena);
  free(set);
}
