#include "goldhour/base/check.h"
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
