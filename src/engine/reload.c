/* Changed sets. SIGHUP: the files are loaded and checked on a worker, then take effect between two commits, or are refused and the old set stays.
 *
 * With a shared store its active set, which has a number that only grows, decides for every process of the group: a set that SIGHUP loaded is first made the
 * active one there, and each process looks every half second whether there is a newer one. At start, files that hold a set that was never active become the
 * active one; files that hold one that was replaced since are old, and the store's set is used. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

#define LOOK_NS UINT64_C(500000000)
#define TELL_NS UINT64_C(30000000000) /* a set of the store that cannot be used here is tried and told again */

static void note_error(struct gh_reload *r, const char *text) { snprintf(r->error, sizeof r->error, "%s", text); }

/* ── on a worker ── */

static void publish(struct gh_engine *e, struct gh_reload *r)
{
  struct gh_store_error error = {""};
  if (!gh_shared_fits(e, r->loaded, &r->faults, &error)) {
    note_error(r, error.text[0] ? error.text : "another partition holds state that it does not fit");
    return;
  }
  const struct gh_stores_set set = {r->loaded->version, r->loaded->bundle, false};
  if (!gh_stores_publish(e->stores, &set, &r->number, &error)) note_error(r, error.text);
}

static void look(struct gh_engine *e, struct gh_reload *r)
{
  struct gh_store_error error;
  struct gh_stores_rules rules = {0};
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  bool ok = gh_stores_rules(e->stores, &r->known, &arena, &rules, &error);
  if (!ok) note_error(r, error.text);
  if (ok && rules.bundle.len) {
    r->offered = (struct gh_stores_known){.number = rules.number};
    memcpy(r->offered.version, rules.version, sizeof rules.version);
    r->loaded = gh_set_load_bundle(rules.bundle, e->options.zones, &r->faults);
    r->number = rules.number;
    if (r->loaded && strcmp(r->loaded->version, rules.version) != 0) note_error(r, "the active set of the store reads differently here: its release is another one");
  }
  gh_arena_free(&arena);
}

static void work(uv_work_t *request)
{
  struct gh_engine *e = request->data;
  struct gh_reload *r = &e->reload;
  switch (r->job) {
  case GH_RELOAD_FILES: r->loaded = gh_set_load(e->options.config, e->options.zones, gh_wall_ms(), &r->faults); break;
  case GH_RELOAD_PUBLISH: publish(e, r); break;
  case GH_RELOAD_LOOK: look(e, r); break;
  }
}

/* ── on the loop ── */

/* Where it is (a fault of the set as a whole is at no line), why, and what to do about it, each if it is known. */
static void tell_fault(const struct gh_fault *f)
{
  struct gh_buf pairs = {0};
  if (f->at.line) gh_buf_fmt(&pairs, "at=\"%.*s:%u:%u\" ", GH_FMT(f->at.file), f->at.line, f->at.column);
  else if (f->at.file.len) gh_buf_fmt(&pairs, "at=\"%.*s\" ", GH_FMT(f->at.file));
  gh_buf_fmt(&pairs, "why=\"%.*s\"", GH_FMT(f->message));
  if (f->hint.len) gh_buf_fmt(&pairs, " hint=\"%.*s\"", GH_FMT(f->hint));
  gh_log(f->warning ? GH_WARN : GH_ERR, f->warning ? "the new set" : "the new set is refused", "%.*s", GH_FMT(gh_buf_str(&pairs)));
  gh_buf_free(&pairs);
}

void gh_reload_tell(const struct gh_faults *faults)
{
  for (const struct gh_fault *f = faults->first; f; f = f->next) tell_fault(f);
}

static bool same_path(struct gh_path a, struct gh_path b) { return gh_str_eq(a.text, b.text); }

static bool same_sinks(const struct gh_conf *was, const struct gh_conf *is)
{
  bool same = was->nsinks == is->nsinks;
  for (unsigned i = 0; same && i < is->nsinks; i++) {
    same = gh_str_eq(was->sinks[i].name, is->sinks[i].name) && same_path(was->sinks[i].path, is->sinks[i].path);
  }
  return same;
}

/* What is open stays open: said, so that nobody waits for it. */
static void tell_what_stays(const struct gh_conf *was, const struct gh_conf *is)
{
  bool same = was->source == is->source && was->store == is->store && same_sinks(was, is);
  same = same && same_path(was->source_path, is->source_path) && same_path(was->store_path, is->store_path);
  if (!same) gh_log(GH_WARN, "a changed source, store or sink takes effect at the next start", "config=\"%.*s\"", GH_FMT(is->file));
}

static void take_bounds(struct gh_conf *own, const struct gh_conf *c)
{
  own->batch_events = c->batch_events;
  own->batch_ms = c->batch_ms;
  own->sink_behind = c->sink_behind;
  own->state_bytes = c->state_bytes;
  own->warm_bytes = c->warm_bytes;
}

static void refuse(struct gh_engine *e, const char *why)
{
  struct gh_reload *r = &e->reload;
  if (why) gh_log(GH_ERR, "the new set is refused", "why=\"%s\"", why);
  gh_log(GH_ERR, "reload failed; the old set stays", "version=%s faults=%u", e->active->set->version, r->faults.errors);
  gh_set_free(r->loaded);
  r->loaded = NULL;
}

static void take_effect(struct gh_engine *e)
{
  struct gh_reload *r = &e->reload;
  e->generation++;
  struct gh_stores_known known = gh_active_known(e->active);
  if (e->stores && !gh_stores_is_newer(&known, r->number, r->loaded->version)) { /* a newer one came with a partition meanwhile */
    gh_set_free(r->loaded);
    r->loaded = NULL;
    return;
  }
  if (strcmp(r->loaded->version, e->active->set->version) == 0) {
    gh_log(GH_INFO, "the loaded set is the one that decides already", "version=%s", r->loaded->version);
  }
  gh_active_leave(e->active);
  e->active = gh_active_new(r->loaded, r->number);
  r->loaded = NULL;
}

/* Whether every partition in memory could go over to it. */
static bool fits(struct gh_engine *e, const struct gh_set *set)
{
  bool ok = true;
  for (unsigned i = 0; ok && i < e->npartitions; i++) {
    struct gh_partition *p = e->partitions[i];
    struct gh_faults faults;
    if (!p || !gh_partition_runs(p)) continue;
    gh_faults_init(&faults);
    ok = gh_core_accepts(p->core, set->rules, &faults);
    gh_reload_tell(&faults);
    gh_faults_free(&faults);
  }
  return ok;
}

static void start(struct gh_engine *e, enum gh_reload_job job);

static void files_loaded(struct gh_engine *e)
{
  struct gh_reload *r = &e->reload;
  gh_reload_tell(&r->faults);
  if (!r->loaded || !fits(e, r->loaded)) {
    refuse(e, NULL);
    return;
  }
  tell_what_stays(&e->conf, &r->loaded->conf);
  take_bounds(&e->conf, &r->loaded->conf);
  r->number = 0;
  if (e->stores) start(e, GH_RELOAD_PUBLISH);
  else take_effect(e);
}

static void looked(struct gh_engine *e)
{
  struct gh_reload *r = &e->reload;
  gh_reload_tell(&r->faults);
  if (r->loaded && !r->error[0]) {
    take_effect(e);
  } else if (r->offered.number) {
    r->refused = r->offered;
    r->refused_ns = e->now_ns + TELL_NS;
    gh_log(GH_ERR, "the store's active rule set cannot be used here: this process's partitions go by the one before, those of others do not",
           "version=%s active=%s number=%llu why=\"%s\"", e->active->set->version, r->refused.version, (unsigned long long)r->refused.number,
           r->error[0] ? r->error : "it has faults");
    gh_set_free(r->loaded);
    r->loaded = NULL;
  }
}

static void done(uv_work_t *request, int status)
{
  struct gh_engine *e = request->data;
  struct gh_reload *r = &e->reload;
  (void)status;
  r->busy = false;
  switch (r->job) {
  case GH_RELOAD_FILES: files_loaded(e); break;
  case GH_RELOAD_PUBLISH:
    gh_reload_tell(&r->faults);
    if (r->error[0]) refuse(e, r->error);
    else take_effect(e);
    break;
  case GH_RELOAD_LOOK: looked(e); break;
  }
  if (!r->busy) gh_faults_free(&r->faults);
  if (!r->busy && r->wanted) gh_reload_begin(e);
  gh_engine_wake(e);
}

static void start(struct gh_engine *e, enum gh_reload_job job)
{
  struct gh_reload *r = &e->reload;
  if (job == GH_RELOAD_PUBLISH) gh_faults_free(&r->faults);
  r->job = job;
  r->known = e->now_ns < r->refused_ns ? r->refused : gh_active_known(e->active);
  r->offered = (struct gh_stores_known){0};
  r->busy = true;
  r->error[0] = '\0';
  gh_faults_init(&r->faults);
  r->work.data = e;
  (void)uv_queue_work(&e->loop, &r->work, work, done);
}

void gh_reload_begin(struct gh_engine *e)
{
  struct gh_reload *r = &e->reload;
  r->wanted = r->busy;
  if (!r->busy && !e->stopping) start(e, GH_RELOAD_FILES);
}

void gh_reload_turn(struct gh_engine *e)
{
  struct gh_reload *r = &e->reload;
  if (!e->stores || r->busy || e->now_ns < r->look_ns) return;
  r->look_ns = e->now_ns + LOOK_NS;
  start(e, GH_RELOAD_LOOK);
}
