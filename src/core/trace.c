#include "goldhour/base/check.h"
#include "goldhour/model/lead.h"
#include "inside.h"

static const struct { const char *name, *phrase; } words[] = {
    [GH_V_TAKEN] = {"taken", "the event was accepted"},
    [GH_V_DUPLICATE] = {"duplicate", "an event with this id was accepted before: nothing changes"},
    [GH_V_TOO_LATE] = {"too_late", "the event is older than late_limit: dead letter"},
    [GH_V_TOO_EARLY] = {"too_early", "the event lies ahead of the clock: dead letter"},
    [GH_V_IDS_FULL] = {"ids_full", "the customer has customer_ids events within late_limit: dead letter"},
    [GH_V_PROFILE_OLD] = {"profile_old", "a newer change of this profile was applied before: passed over"},
    [GH_V_WHEN_FALSE] = {"when_false", "`when` was false"},
    [GH_V_WHEN_ERROR] = {"when_error", "`when` ended in an error: no match"},
    [GH_V_AUDIENCE_FALSE] = {"audience_false", "`audience` was false"},
    [GH_V_AUDIENCE_ERROR] = {"audience_error", "`audience` ended in an error: no match"},
    [GH_V_WAIT_BEGUN] = {"wait_begun", "a wait has begun; it triggers at"},
    [GH_V_WAIT_ALREADY] = {"wait_already", "a wait was on already: passed over"},
    [GH_V_WAIT_RESTARTED] = {"wait_restarted", "the wait that was on begins anew with this event"},
    [GH_V_WAIT_CANCELLED] = {"wait_cancelled", "the wait was cancelled; it had begun with"},
    [GH_V_WAIT_TOO_LATE] = {"wait_too_late", "the late event begins no wait: its end has passed, or what ends it is known already"},
    [GH_V_WAIT_DROPPED] = {"wait_dropped", "the wait was dropped: the rule is gone or its `on` has changed"},
    [GH_V_WAITS_FULL] = {"waits_full", "no wait begun: the customer has customer_waits of them"},
    [GH_V_DATE_PASSED] = {"date_passed", "the moment had passed when the event came"},
    [GH_V_DATE_ABSENT] = {"date_absent", "the event has no such date"},
    [GH_V_BECOMES_FIRST] = {"becomes_first", "first evaluation for this customer: its value is recorded"},
    [GH_V_BECOMES_SAME] = {"becomes_same", "the condition was true before"},
    [GH_V_BECOMES_FALSE] = {"becomes_false", "the condition is not true"},
    [GH_V_COOLDOWN] = {"cooldown", "suppressed: this rule gave this customer a lead within `cooldown`"},
    [GH_V_STALE] = {"stale", "found over 3 days after its time: no lead"},
    [GH_V_LEAD] = {"lead", "a lead"},
};

const char *gh_verdict_name(enum gh_verdict v)
{
  GH_CHECK((unsigned)v < sizeof words / sizeof *words);
  return words[v].name;
}

const char *gh_verdict_phrase(enum gh_verdict v)
{
  GH_CHECK((unsigned)v < sizeof words / sizeof *words);
  return words[v].phrase;
}

void gh_core_say(struct gh_core *core, enum gh_verdict verdict, const struct gh_rule *rule, struct gh_str detail)
{
  struct gh_trace trace = {.verdict = verdict, .customer = core->event.customer, .event = core->event.id, .rule = rule, .t_ms = core->t_ms, .detail = detail};
  core->options.trace(core->options.trace_ctx, &trace);
}

/* ---- a condition, and what it read ---- */

static void put_read(struct gh_core *core, struct gh_buf *out, unsigned row, unsigned slot, struct gh_str name)
{
  static const char *const prefix[] = {[GH_ROW_EVENT] = "event", [GH_ROW_CUSTOMER] = "customer", [GH_ROW_FEATURE] = "feature"};
  struct gh_value v = core->frame.rows[row] ? core->frame.rows[row][slot] : gh_core_fetch(core, row, slot);
  gh_buf_fmt(out, "\n  %s.%.*s = ", prefix[row], GH_FMT(name));
  if (v.kind == GH_ABSENT) gh_buf_add_str(out, GH_STR("absent"));
  else if (v.kind == GH_ERROR) gh_buf_fmt(out, "error: %.*s", GH_FMT(gh_text(v)));
  else if (v.kind == GH_STRING || v.kind == GH_LIST || v.kind == GH_MAP) gh_json_value(out, v, core->rules->zone);
  else gh_plain_value(out, v, core->rules->zone);
}

static void put_fields_read(struct gh_core *core, struct gh_buf *out, const struct gh_program *p, const struct gh_event_type *type, unsigned row)
{
  for (unsigned i = 0; i < type->nfields; i++)
    if (gh_program_reads(p, row, i)) put_read(core, out, row, i, type->fields[i].name);
}

/* The condition's text, and below it the values of the names it reads, a line each. */
static void put_condition(struct gh_core *core, struct gh_buf *out, const struct gh_rule *rule, const struct gh_program *p)
{
  const struct gh_rules *rules = core->rules;
  gh_buf_add_str(out, gh_program_text(p));
  if (rule->on != GH_ON_BECOMES) put_fields_read(core, out, p, core->event.type, GH_ROW_EVENT);
  put_fields_read(core, out, p, &rules->schema->customer, GH_ROW_CUSTOMER);
  for (unsigned i = 0; i < rules->nfeatures; i++)
    if (gh_program_reads(p, GH_ROW_FEATURE, i)) put_read(core, out, GH_ROW_FEATURE, i, rules->features[i].name);
}

void gh_core_say_condition(struct gh_core *core, enum gh_verdict verdict, const struct gh_rule *rule, const struct gh_program *p, struct gh_str wrong)
{
  struct gh_buf detail = {0};
  if (wrong.len) gh_buf_fmt(&detail, "%.*s\n", GH_FMT(wrong));
  put_condition(core, &detail, rule, p);
  gh_core_say(core, verdict, rule, gh_buf_str(&detail));
  gh_buf_free(&detail);
}
