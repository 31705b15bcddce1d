/* SIGHUP: the set is loaded and checked on a worker, then takes effect between two commits, or is refused and the old one stays. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

static void load(uv_work_t *work)
{
  struct gh_engine *e = work->loop->data;
  struct gh_reload *r = work->data;
  gh_faults_init(&r->faults);
  r->loaded = gh_set_load(e->options.config, e->options.zones, gh_wall_ms(), &r->faults);
}

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

static void tell_faults(const struct gh_faults *faults)
{
  for (const struct gh_fault *f = faults->first; f; f = f->next) tell_fault(f);
}

static void done(uv_work_t *work, int status)
{
  struct gh_engine *e = work->loop->data;
  struct gh_reload *r = &e->reload;
  (void)status;
  r->busy = false;
  tell_faults(&r->faults);
  if (!r->loaded) gh_log(GH_ERR, "reload failed; the old set stays", "version=%s faults=%u", e->set->version, r->faults.errors);
  gh_faults_free(&r->faults);
  if (r->wanted) gh_reload_begin(e);
  gh_engine_wake(e);
}

void gh_reload_begin(struct gh_engine *e)
{
  struct gh_reload *r = &e->reload;
  r->wanted = r->busy;
  if (r->busy || e->phase >= GH_DRAINING) return;
  gh_set_free(r->loaded); /* one that was overtaken before it took effect */
  r->loaded = NULL;
  r->busy = true;
  r->work.data = r;
  (void)uv_queue_work(&e->loop, &r->work, load, done);
}

static bool same_path(struct gh_path a, struct gh_path b) { return gh_str_eq(a.text, b.text); }

/* What is open stays open: said, so that nobody waits for it. */
static void tell_what_stays(const struct gh_conf *was, const struct gh_conf *is)
{
  bool same = was->source == is->source && was->store == is->store && was->sink == is->sink;
  same = same && same_path(was->source_path, is->source_path) && same_path(was->store_path, is->store_path);
  same = same && same_path(was->sink_path, is->sink_path);
  if (!same) gh_log(GH_WARN, "a changed source, store or sink takes effect at the next start", "config=\"%.*s\"", GH_FMT(is->file));
}

static bool fits(struct gh_engine *e, struct gh_set *set)
{
  struct gh_faults faults;
  char error[512];
  gh_faults_init(&faults);
  bool ok = gh_core_accepts(e->core, set->rules, &faults);
  tell_faults(&faults);
  gh_faults_free(&faults);
  if (ok && e->feed_open && !gh_feed_decode_by(&e->feed, set, error)) {
    gh_log(GH_ERR, "the new set is refused", "why=\"%s\"", error);
    ok = false;
  }
  return ok;
}

void gh_reload_take(struct gh_engine *e, const struct gh_set *set, int64_t wall_ms)
{
  char was[sizeof set->version];
  snprintf(was, sizeof was, "%s", gh_core_rules_version(e->core));
  uint64_t dropped = gh_core_counters(e->core)->waits_dropped;
  e->filling->activated = strcmp(was, set->version) != 0;
  gh_engine_take(e, &(struct gh_input){.kind = GH_IN_RULES, .rules = set->rules, .wall_ms = wall_ms});
  if (!was[0] || !e->filling->activated) return;
  gh_log(GH_INFO, "a rule set takes effect", "version=%s was=%s rules=%u waits_dropped=%llu", set->version, was, set->rules->nrules,
         (unsigned long long)(gh_core_counters(e->core)->waits_dropped - dropped));
}

void gh_reload_activate(struct gh_engine *e)
{
  struct gh_set *set = e->reload.loaded;
  e->reload.loaded = NULL;
  if (!fits(e, set)) {
    gh_log(GH_ERR, "reload failed; the old set stays", "version=%s", e->set->version);
    gh_set_free(set);
    return;
  }
  tell_what_stays(&e->set->conf, &set->conf);
  if (strcmp(set->version, e->set->version) == 0) gh_log(GH_INFO, "the loaded set is the one that decides already", "version=%s", set->version);
  gh_reload_take(e, set, e->wall_ms);
  gh_set_free(e->set);
  e->set = set;
}
