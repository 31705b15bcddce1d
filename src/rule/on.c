/* `on`: what a rule waits for. A form is told by its keys; each is a row of `forms`. */
#include "goldhour/base/hash.h"
#include "goldhour/base/time.h"
#include "reader.h"

enum { BEFORE_MOST_DAYS = 36500 };

/* `{event: B, when: …}` or just B. */
static bool read_unless(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule)
{
  static const char *const keys[] = {"event", "when", NULL};
  const struct gh_node *event = n, *when = NULL;
  if (n->kind == GH_NODE_MAP) {
    if (!gh_want_map(n, keys, r->faults)) return false;
    event = gh_reader_need(r, n, "event");
    when = gh_node_get(n, "when");
  }
  rule->unless = event ? gh_reader_type(r, event) : NULL;
  if (!rule->unless) return false;
  if (!when) return true;
  rule->unless_when = gh_reader_compile(r, gh_reader_env(r, rule->unless, true), when, (struct gh_type){.kind = GH_BOOL}, GH_STR(""));
  return rule->unless_when != NULL;
}

static bool on_unless(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule, struct gh_buf *canon)
{
  const struct gh_node *event = gh_reader_need(r, n, "event"), *within = gh_reader_need(r, n, "within"), *restart = gh_node_get(n, "restart");
  rule->event = event ? gh_reader_type(r, event) : NULL;
  bool good = rule->event != NULL;
  good = read_unless(r, gh_node_get(n, "unless"), rule) && good;
  good = within && gh_reader_span(r, within, &rule->wait_ms) && good;
  good = (!restart || gh_want_bool(restart, &rule->restart, r->faults)) && good;
  if (!good) return false;
  gh_buf_put_text(canon, rule->event->name);
  gh_buf_put_text(canon, rule->unless->name);
  gh_buf_put_text(canon, rule->unless_when ? gh_program_text(rule->unless_when) : GH_STR(""));
  gh_buf_put_i64(canon, rule->wait_ms);
  gh_buf_put_u64(canon, rule->restart);
  return true;
}

static bool find_step(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule)
{
  struct gh_str step;
  if (!gh_want_text(n, &step, r->faults)) return false;
  for (rule->step = 0; rule->step < rule->flow->nsteps; rule->step++) {
    if (gh_str_eq(rule->flow->steps[rule->step], step)) return true;
  }
  struct gh_fault *fault = gh_fault(r->faults, n->at, "the flow '%.*s' has no step '%.*s'", GH_FMT(rule->flow->name), GH_FMT(step));
  fault->hint = gh_did_you_mean(r->faults, step, rule->flow->steps, rule->flow->nsteps);
  return false;
}

static bool on_stopped(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule, struct gh_buf *canon)
{
  const struct gh_node *flow = gh_node_get(n, "flow"), *step = gh_reader_need(r, n, "stopped_at"), *span = gh_reader_need(r, n, "for");
  bool good = span && gh_reader_span(r, span, &rule->wait_ms);
  rule->flow = gh_reader_flow(r, flow);
  if (!rule->flow || !rule->flow->event) return false;
  rule->event = rule->flow->event;
  good = step && find_step(r, step, rule) && good;
  if (!good) return false;
  gh_buf_put_text(canon, rule->flow->name);
  gh_buf_put_text(canon, rule->event->name);
  gh_buf_put_text(canon, rule->event->fields[rule->flow->instance_slot].name);
  gh_buf_put_text(canon, rule->event->fields[rule->flow->step_slot].name);
  gh_buf_put_text(canon, rule->flow->steps[rule->step]);
  gh_buf_put_i64(canon, rule->wait_ms);
  return true;
}

static bool on_becomes(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule, struct gh_buf *canon)
{
  rule->event = &r->rules->schema->customer;
  rule->becomes = gh_reader_compile(r, gh_reader_env(r, rule->event, true), gh_node_get(n, "becomes"), (struct gh_type){.kind = GH_BOOL}, GH_STR(""));
  if (!rule->becomes && !r->faults->last->hint.len) r->faults->last->hint = GH_STR("'becomes' sees customer, feature, now, and event.id, event.type, event.time of the change");
  if (!rule->becomes) return false;
  gh_buf_put_text(canon, gh_program_text(rule->becomes));
  return true;
}

/* `7d`: whole days of the calendar, in no other unit. */
static bool read_days(struct gh_rule_reader *r, const struct gh_node *n, int64_t *days)
{
  struct gh_str s;
  int64_t v = 0;
  if (!gh_want_text(n, &s, r->faults)) return false;
  bool good = s.len >= 2 && s.len <= 6 && s.ptr[s.len - 1] == 'd';
  for (size_t i = 0; good && i + 1 < s.len; i++) {
    good = s.ptr[i] >= '0' && s.ptr[i] <= '9';
    v = v * 10 + (s.ptr[i] - '0');
  }
  if (good && v <= BEFORE_MOST_DAYS) {
    *days = v;
    return true;
  }
  gh_fault(r->faults, n->at, "'%.*s': expected whole days of the calendar such as 7d (0d to %dd), found '%.*s'", GH_FMT(n->key), BEFORE_MOST_DAYS, GH_FMT(s));
  return false;
}

static bool read_clock(struct gh_rule_reader *r, const struct gh_node *n, int64_t *ms)
{
  struct gh_str s;
  if (!gh_want_text(n, &s, r->faults)) return false;
  if (gh_clock_parse(s, ms)) return true;
  gh_fault(r->faults, n->at, "'%.*s': expected a time of day such as '09:00', found '%.*s'", GH_FMT(n->key), GH_FMT(s));
  return false;
}

static bool on_date(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule, struct gh_buf *canon)
{
  const struct gh_node *event = gh_reader_need(r, n, "event"), *date = gh_node_get(n, "date");
  const struct gh_node *before = gh_reader_need(r, n, "before"), *at = gh_reader_need(r, n, "at");
  bool good = before && read_days(r, before, &rule->before_days);
  good = at && read_clock(r, at, &rule->at_ms) && good;
  rule->event = event ? gh_reader_type(r, event) : NULL;
  if (!rule->event || !gh_reader_field(r, date, rule->event, GH_DATE, &rule->date_slot) || !good) return false;
  gh_buf_put_text(canon, rule->event->name);
  gh_buf_put_text(canon, rule->event->fields[rule->date_slot].name);
  gh_buf_put_i64(canon, rule->before_days);
  gh_buf_put_i64(canon, rule->at_ms);
  return true;
}

static bool on_event(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule, struct gh_buf *canon)
{
  const struct gh_node *event = n->kind == GH_NODE_MAP ? gh_reader_need(r, n, "event") : n;
  rule->event = event ? gh_reader_type(r, event) : NULL;
  if (!rule->event) return false;
  gh_buf_put_text(canon, rule->event->name);
  return true;
}

struct form {
  const char *told_by;  /* the key that tells it from the others */
  const char *name;     /* in the hash: stable over releases */
  enum gh_on on;
  bool (*read)(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule, struct gh_buf *canon);
  const char *keys[6];
};

static const struct form forms[] = {
  {"flow", "stopped", GH_ON_STOPPED, on_stopped, {"flow", "stopped_at", "for"}},
  {"becomes", "becomes", GH_ON_BECOMES, on_becomes, {"becomes"}},
  {"unless", "unless", GH_ON_UNLESS, on_unless, {"event", "unless", "within", "restart"}},
  {"date", "date", GH_ON_DATE, on_date, {"event", "date", "before", "at"}},
  {NULL, "event", GH_ON_EVENT, on_event, {"event"}},
};

static bool later_form(struct gh_rule_reader *r, const struct gh_node *n)
{
  static const char *const later[] = {"market", "model"};
  for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
    const struct gh_node *entry = gh_node_get(n, later[i]);
    if (!entry) continue;
    gh_fault(r->faults, entry->key_at, "'on': rules on a %s come with a later release", later[i])->hint =
        GH_STR("this one has: EVENT, {event, unless, within}, {flow, stopped_at, for}, {becomes}, {event, date, before, at}");
    return true;
  }
  return false;
}

static const struct form *find_form(struct gh_rule_reader *r, const struct gh_node *n)
{
  static const char *const all[] = {"event", "unless", "within", "restart", "flow", "stopped_at", "for", "becomes", "date", "before", "at", NULL};
  const struct form *f = forms;
  if (n->kind != GH_NODE_MAP) {
    while (f->told_by) f++;
    return f;
  }
  if (later_form(r, n) || !gh_want_map(n, all, r->faults)) return NULL;
  while (f->told_by && !gh_node_get(n, f->told_by)) f++;
  for (const struct gh_node *entry = n->first; entry; entry = entry->next) {
    size_t i = 0;
    while (f->keys[i] && !gh_str_eq(entry->key, gh_str(f->keys[i]))) i++;
    if (f->keys[i]) continue;
    struct gh_fault *fault = gh_fault(r->faults, entry->key_at, "'%.*s' does not go with what stands here", GH_FMT(entry->key));
    fault->hint = GH_STR("on: EVENT, {event, unless, within, restart}, {flow, stopped_at, for}, {becomes} or {event, date, before, at}");
    return NULL;
  }
  return f;
}

bool gh_read_on(struct gh_rule_reader *r, const struct gh_node *n, struct gh_rule *rule)
{
  const struct form *f = find_form(r, n);
  if (!f) return false;
  struct gh_buf canon = {0};
  gh_buf_put_text(&canon, GH_STR("on"));
  gh_buf_put_text(&canon, gh_str(f->name));
  rule->on = f->on;
  bool good = f->read(r, n, rule, &canon);
  rule->on_hash = gh_hash(gh_buf_str(&canon));
  gh_buf_free(&canon);
  return good;
}
