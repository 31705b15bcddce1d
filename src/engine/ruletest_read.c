#include "goldhour/base/time.h"
#include "ruletest.h"

enum key_kind { TEXT, TIME, FLAG, LIST };

static const struct { const char *name; enum key_kind kind; } keys[GH_NLEAD_KEYS] = {
#define X(name, kind) {#name, kind},
  GH_LEAD_KEYS(X)
#undef X
};

/* ---- what is expected ---- */

static struct gh_str time_text(struct gh_ruletest_reader *r, const struct gh_node *n)
{
  char text[GH_TIME_TEXT];
  int64_t ms;
  if (!gh_ruletest_time(r, n, &ms)) return GH_STR("");
  int64_t seconds = ms / GH_SECOND_MS - (ms % GH_SECOND_MS < 0);
  return gh_arena_str(r->arena, gh_str_n(text, gh_time_format(text, ms, gh_zone_offset(r->set->zone, seconds))));
}

static struct gh_str list_text(struct gh_ruletest_reader *r, const struct gh_node *n)
{
  struct gh_buf text = {0};
  struct gh_str item = GH_STR("");
  if (n->kind == GH_NODE_SCALAR && gh_want_text(n, &item, r->faults)) return item;
  if (!gh_want_list(n, r->faults)) return GH_STR("");
  for (const struct gh_node *e = n->first; e; e = e->next)
    if (gh_want_text(e, &item, r->faults)) gh_buf_fmt(&text, "%s%.*s", text.len ? ", " : "", GH_FMT(item));
  struct gh_str out = gh_arena_str(r->arena, gh_buf_str(&text));
  gh_buf_free(&text);
  return out;
}

/* null, as well as false for a flag, expects the key to be absent. */
static struct gh_str want_text(struct gh_ruletest_reader *r, const struct gh_node *n, enum key_kind kind)
{
  struct gh_str text = GH_STR("");
  bool flag = false;
  if (gh_node_absent(n)) return text;
  switch (kind) {
  case TIME: return time_text(r, n);
  case LIST: return list_text(r, n);
  case FLAG: return gh_want_bool(n, &flag, r->faults) && flag ? GH_STR("true") : GH_STR("");
  case TEXT: gh_want_text(n, &text, r->faults);
  }
  return text;
}

static bool known_rule(struct gh_ruletest_reader *r, const struct gh_node *n, struct gh_str id)
{
  const struct gh_rules *rules = r->set->rules;
  struct gh_str *ids = gh_arena_zero(r->arena, rules->nrules + 1, sizeof *ids);
  for (unsigned i = 0; i < rules->nrules; i++) {
    if (gh_str_eq(rules->rules[i].id, id)) return true;
    ids[i] = rules->rules[i].id;
  }
  gh_fault(r->faults, n->at, "there is no rule '%.*s'", GH_FMT(id))->hint = gh_did_you_mean(r->faults, id, ids, rules->nrules);
  return false;
}

/* A text that may be left out. */
static struct gh_str optional(struct gh_ruletest_reader *r, const struct gh_node *map, const char *key)
{
  const struct gh_node *n = gh_node_get(map, key);
  struct gh_str text = GH_STR("");
  if (n) gh_want_text(n, &text, r->faults);
  if (n && text.len && strcmp(key, "rule") == 0) known_rule(r, n, text);
  return text;
}

static void read_lead(struct gh_ruletest_reader *r, const struct gh_node *n, struct gh_str rule, struct gh_ruletest_lead *out)
{
  const char *allowed[GH_NLEAD_KEYS + 1] = {NULL};
  for (unsigned i = 0; i < GH_NLEAD_KEYS; i++) allowed[i] = keys[i].name;
  *out = (struct gh_ruletest_lead){.at = n->at};
  if (!gh_want_map(n, allowed, r->faults)) return;
  for (unsigned i = 0; i < GH_NLEAD_KEYS; i++) {
    const struct gh_node *field = gh_node_get(n, keys[i].name);
    if (field) out->want.key[i] = want_text(r, field, keys[i].kind);
  }
  struct gh_str *named = &out->want.key[GH_LEAD_KEY_rule];
  if (named->ptr) known_rule(r, gh_node_get(n, "rule"), *named);
  else if (rule.len) *named = rule;
}

static bool known_reason(struct gh_ruletest_reader *r, const struct gh_node *n, struct gh_str reason)
{
  struct gh_str names[GH_V_LEAD];
  for (unsigned v = 0; v < GH_V_LEAD; v++) {
    names[v] = gh_str(gh_verdict_name((enum gh_verdict)v));
    if (gh_str_eq(names[v], reason)) return true;
  }
  struct gh_fault *fault = gh_fault(r->faults, n->at, "there is no reason '%.*s'", GH_FMT(reason));
  fault->hint = gh_did_you_mean(r->faults, reason, names, GH_V_LEAD);
  if (!fault->hint.len) fault->hint = GH_STR("docs/rule-tests.md lists them: when_false, audience_false, cooldown, stale, wait_cancelled, …");
  return false;
}

static void read_denial(struct gh_ruletest_reader *r, const struct gh_node *n, struct gh_str rule, struct gh_ruletest_denial *out)
{
  static const char *const allowed[] = {"rule", "customer", "event", "reason", NULL};
  *out = (struct gh_ruletest_denial){.at = n->at};
  if (!gh_want_map(n, allowed, r->faults)) return;
  out->rule = optional(r, n, "rule");
  out->customer = optional(r, n, "customer");
  out->event = optional(r, n, "event");
  out->reason = optional(r, n, "reason");
  if (!out->rule.len) out->rule = rule;
  if (out->reason.len) known_reason(r, gh_node_get(n, "reason"), out->reason);
}

/* ---- a test ---- */

static unsigned count_of(const struct gh_node *n) { return n->kind == GH_NODE_LIST ? n->count : 1; }
static const struct gh_node *first_of(const struct gh_node *n) { return n->kind == GH_NODE_LIST ? n->first : n; }

/* `leads:` and `no_lead:` are lists; one alone may stand without its dash. */
static void read_expectations(struct gh_ruletest_reader *r, const struct gh_node *n, struct gh_ruletest *test)
{
  const struct gh_node *leads = gh_node_get(n, "leads"), *denials = gh_node_get(n, "no_lead");
  if (leads) {
    test->complete = true;
    test->leads = gh_arena_zero(r->arena, count_of(leads), sizeof *test->leads);
    if (gh_node_absent(leads)) leads = NULL;
  }
  if (leads)
    for (const struct gh_node *e = first_of(leads); e; e = leads->kind == GH_NODE_LIST ? e->next : NULL) read_lead(r, e, test->rule, &test->leads[test->nleads++]);
  if (denials) {
    test->denials = gh_arena_zero(r->arena, count_of(denials), sizeof *test->denials);
    for (const struct gh_node *e = first_of(denials); e; e = denials->kind == GH_NODE_LIST ? e->next : NULL) read_denial(r, e, test->rule, &test->denials[test->ndenials++]);
  }
  if (test->complete || test->ndenials) return;
  gh_fault(r->faults, n->at, "the test expects nothing")->hint = GH_STR("say `leads:` (all there are; [] for none) or `no_lead:`");
}

static void add_profile(struct gh_ruletest_reader *r, struct gh_ruletest *test, struct gh_str customer, const struct gh_node *fields)
{
  test->profiles[test->nprofiles++] = gh_ruletest_profile(r, customer, fields);
}

static void read_profiles(struct gh_ruletest_reader *r, const struct gh_node *file, const struct gh_node *n, struct gh_ruletest *test)
{
  const struct gh_node *common = gh_node_get(file, "profiles"), *own = gh_node_get(n, "profiles"), *one = gh_node_get(n, "profile");
  test->profiles = gh_arena_zero(r->arena, (common ? common->count : 0) + (own ? own->count : 0) + 1, sizeof *test->profiles);
  if (common && gh_want_map(common, NULL, r->faults))
    for (const struct gh_node *e = common->first; e; e = e->next) add_profile(r, test, e->key, e);
  if (own && gh_want_map(own, NULL, r->faults))
    for (const struct gh_node *e = own->first; e; e = e->next) add_profile(r, test, e->key, e);
  if (one) add_profile(r, test, GH_STR("C1"), one);
}

static void read_steps(struct gh_ruletest_reader *r, const struct gh_node *n, struct gh_ruletest *test)
{
  const struct gh_node *events = gh_node_get(n, "events");
  r->clock_ms = GH_ALWAYS;
  r->nevents = 0;
  if (!events) {
    gh_fault(r->faults, n->at, "the test has no `events`");
    return;
  }
  if (!gh_want_list(events, r->faults)) return;
  test->steps = gh_arena_zero(r->arena, events->count, sizeof *test->steps);
  for (const struct gh_node *e = events->first; e; e = e->next)
    if (gh_ruletest_step_read(r, e, &test->steps[test->nsteps])) test->nsteps++;
}

static void read_test(struct gh_ruletest_reader *r, const struct gh_node *file, const struct gh_node *n, struct gh_ruletest *test)
{
  static const char *const allowed[] = {"name", "rule", "profile", "profiles", "events", "leads", "no_lead", NULL};
  *test = (struct gh_ruletest){.at = n->at};
  if (!gh_want_map(n, allowed, r->faults)) return;
  test->name = optional(r, n, "name");
  if (!test->name.len) gh_fault(r->faults, n->at, "the test has no `name`");
  test->rule = optional(r, n, "rule");
  read_profiles(r, file, n, test);
  read_steps(r, n, test);
  read_expectations(r, n, test);
}

bool gh_ruletests_read(struct gh_ruletests *out, const struct gh_set *set, struct gh_arena *arena, struct gh_rules_file file, struct gh_faults *faults)
{
  static const char *const allowed[] = {"profiles", "tests", NULL};
  struct gh_ruletest_reader r = {.set = set, .arena = arena, .faults = faults, .clock_ms = GH_ALWAYS};
  unsigned errors = faults->errors;
  *out = (struct gh_ruletests){.file = file.name};
  const struct gh_node *root = gh_yaml_parse(arena, file.name, file.text, faults);
  if (!root || !gh_want_map(root, allowed, faults)) return false;
  const struct gh_node *tests = gh_node_get(root, "tests");
  if (!tests) gh_fault(faults, root->at, "the file has no `tests`");
  if (!tests || !gh_want_list(tests, faults)) return false;
  out->tests = gh_arena_zero(arena, tests->count, sizeof *out->tests);
  for (const struct gh_node *n = tests->first; n; n = n->next) read_test(&r, root, n, &out->tests[out->n++]);
  return faults->errors == errors;
}
