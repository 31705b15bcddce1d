/* One rule: its keys, in the order of the manual (docs/rules.md). */
#include "goldhour/base/time.h"
#include "reader.h"

enum { DUE_MOST_DAYS = 366, PRIORITY_MOST = 1000000 };

static void read_id(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule)
{
  const struct gh_node *id = gh_reader_need(r, n, "id");
  uint32_t held;
  if (!id || !gh_want_text(id, &rule->id, r->faults)) return;
  rule->id = gh_reader_keep(r, rule->id);
  if (!gh_reader_name_good(r, rule->id, id->at, "rule id", false) || gh_textmap_add(&r->ids, rule->id, rule->position, &held)) return;
  const struct gh_rule *first = &r->rules->rules[held];
  gh_fault(r->faults, id->at, "the rule id '%.*s' is used twice (first in %.*s:%u)", GH_FMT(rule->id), GH_FMT(first->at.file), first->at.line);
}

static void read_text(struct gh_rule_reader *r, const struct gh_node *n, const char *key, struct gh_str *out)
{
  const struct gh_node *entry = gh_node_get(n, key);
  if (!gh_node_absent(entry) && gh_want_text(entry, out, r->faults)) *out = gh_reader_keep(r, *out);
}

static const struct gh_program *read_condition(struct gh_rule_reader *r, const struct gh_node *n, const char *key, const struct gh_event_type *type)
{
  const struct gh_node *entry = gh_node_get(n, key);
  if (!entry) return NULL;
  return gh_reader_compile(r, gh_reader_env(r, type, true), entry, (struct gh_type){.kind = GH_BOOL}, GH_STR(""));
}

/* `T+2` */
static void read_due(struct gh_rule_reader *r, const struct gh_node *n, unsigned *days)
{
  struct gh_str s;
  unsigned v = 0;
  if (gh_node_absent(n) || !gh_want_text(n, &s, r->faults)) return;
  bool good = s.len >= 3 && s.len <= 5 && gh_str_starts(s, GH_STR("T+"));
  for (size_t i = 2; good && i < s.len; i++) {
    good = s.ptr[i] >= '0' && s.ptr[i] <= '9';
    v = v * 10 + (unsigned)(s.ptr[i] - '0');
  }
  if (good && v >= 1 && v <= DUE_MOST_DAYS) {
    *days = v;
    return;
  }
  gh_fault(r->faults, n->at, "'due': expected T+n, n working days from 1 to %d, found '%.*s'", DUE_MOST_DAYS, GH_FMT(s))->hint = GH_STR("due: T+1");
}

static void read_channels(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule)
{
  if (gh_node_absent(n) || !gh_want_list(n, r->faults)) return;
  rule->channels = gh_arena_zero(r->arena, n->count, sizeof *rule->channels);
  for (const struct gh_node *c = n->first; c; c = c->next) {
    struct gh_str text;
    if (gh_want_text(c, &text, r->faults)) rule->channels[rule->nchannels++] = gh_reader_keep(r, text);
  }
}

static void read_lead(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule)
{
  const struct gh_node *window = gh_node_get(n, "window"), *cooldown = gh_node_get(n, "cooldown"), *priority = gh_node_get(n, "priority");
  int64_t v;
  rule->window_ms = GH_HOUR_MS;
  rule->priority = 50;
  if (!gh_node_absent(window)) gh_want_duration(window, &rule->window_ms, r->faults);
  if (!gh_node_absent(cooldown)) gh_want_duration(cooldown, &rule->cooldown_ms, r->faults);
  if (!gh_node_absent(priority) && gh_want_int(priority, -PRIORITY_MOST, PRIORITY_MOST, &v, r->faults)) rule->priority = (int)v;
  read_due(r, gh_node_get(n, "due"), &rule->due_days);
  read_text(r, n, "product", &rule->product);
  read_channels(r, gh_node_get(n, "channels"), rule);
}

/* What is in the design and comes later has its own fault: nobody should look for a typing error. */
static bool later_key(struct gh_rule_reader *r, const struct gh_node *n)
{
  const struct gh_node *variants = gh_node_get(n, "variants");
  if (variants) gh_fault(r->faults, variants->key_at, "'variants' (experiments) come with a later release");
  return variants != NULL;
}

void gh_read_rule(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule)
{
  static const char *const keys[] = {"id", "name", "on", "when", "audience", "window", "due", "priority", "cooldown", "product", "channels", "script", NULL};
  rule->at = gh_reader_keep_spot(r, n->at);
  if (n->kind != GH_NODE_MAP || !later_key(r, n)) gh_want_map(n, keys, r->faults);
  if (n->kind != GH_NODE_MAP) return;
  read_id(r, n, rule);
  rule->name = rule->id;
  read_text(r, n, "name", &rule->name);
  read_lead(r, n, rule);
  const struct gh_node *on = gh_reader_need(r, n, "on"), *when = gh_node_get(n, "when");
  bool known = on && gh_read_on(r, on, rule);
  bool becomes = known ? rule->on == GH_ON_BECOMES : on && gh_node_get(on, "becomes");
  if (when && becomes) gh_fault(r->faults, when->key_at, "'when' does not go with 'becomes'")->hint = GH_STR("join them: becomes: 'A && B'; or use 'audience'");
  if (!rule->event) return;
  if (!becomes) rule->when = read_condition(r, n, "when", rule->event);
  rule->audience = read_condition(r, n, "audience", rule->event);
  const struct gh_node *script = gh_node_get(n, "script");
  if (!gh_node_absent(script)) gh_read_script(r, script, rule);
}
