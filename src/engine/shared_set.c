/* The set that a shared store holds for all daemons: what is asked before one is made the active one, and which decides at a start. */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

/* What they hold is what they committed last. */
bool gh_shared_fits(struct gh_engine *e, const struct gh_set *set, struct gh_faults *faults, struct gh_store_error *error)
{
  struct gh_arena arena;
  struct gh_str dict;
  bool fits = true, there = true;
  *error = (struct gh_store_error){""};
  gh_arena_init(&arena, 0);
  for (unsigned i = 0; fits && there && i < e->identity.partitions; i++) {
    struct gh_core *names = gh_core_new((struct gh_core_options){.unstored = true});
    there = gh_stores_names(e->stores, i, &arena, &dict, error);
    if (there && dict.len && gh_load(names, GH_ROW_DICT, 0, dict)) fits = gh_core_accepts(names, set->rules, faults);
    gh_core_free(names);
    gh_arena_reset(&arena);
  }
  gh_arena_free(&arena);
  return fits && there;
}

/* Files of a set that was never active are about to become everybody's. One that does not fit is refused, and the others are not disturbed. */
static bool may_become_active(struct gh_engine *e, const struct gh_set *ours, struct gh_store_error *error)
{
  bool seen;
  struct gh_faults faults;
  if (!gh_stores_seen(e->stores, ours->version, &seen, error)) return false;
  if (seen) return true;
  gh_faults_init(&faults);
  bool ok = gh_shared_fits(e, ours, &faults, error);
  if (!ok && !error->text[0]) {
    e->status = 78;
    snprintf(error->text, sizeof error->text, "the store holds state that the files' rule set does not fit; the active one stays");
  }
  gh_reload_tell(&faults);
  gh_faults_free(&faults);
  return ok;
}

/* The files hold an older set: the store's decides. NULL: it cannot be used here. */
static struct gh_set *load_active(struct gh_engine *e, const struct gh_stores_rules *rules)
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  struct gh_set *set = gh_set_load_bundle(rules->bundle, e->options.zones, &faults);
  gh_reload_tell(&faults);
  gh_faults_free(&faults);
  if (set && strcmp(set->version, rules->version) == 0) {
    gh_log(GH_WARN, "the files here hold an older rule set: the store's active one decides (SIGHUP makes the files' the active one)",
           "files=%s active=%s number=%llu", e->active->set->version, set->version, (unsigned long long)rules->number);
    return set;
  }
  gh_log(GH_ERR, "the store's active rule set cannot be used by this release", "version=%s", rules->version);
  gh_set_free(set);
  return NULL;
}

bool gh_reload_first(struct gh_engine *e)
{
  struct gh_store_error error;
  struct gh_stores_rules rules = {0};
  struct gh_arena arena;
  if (!e->stores) return true;
  gh_arena_init(&arena, 0);
  const struct gh_set *ours = e->active->set;
  const struct gh_stores_set first = {ours->version, ours->bundle, true};
  bool ok = may_become_active(e, ours, &error) && gh_stores_publish(e->stores, &first, &e->active->number, &error) &&
            gh_stores_rules(e->stores, &(struct gh_stores_known){0}, &arena, &rules, &error);
  if (!ok) gh_log(GH_ERR, "it cannot be settled with the store which rule set decides", "why=\"%s\"", error.text);
  if (ok && strcmp(rules.version, ours->version) != 0) {
    struct gh_set *set = load_active(e, &rules);
    ok = set != NULL;
    if (set) {
      gh_active_leave(e->active);
      e->active = gh_active_new(set, rules.number);
    }
  }
  gh_arena_free(&arena);
  return ok;
}
