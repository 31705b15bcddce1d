#include "options.h"

#include "goldhour/base/buf.h"
#include "goldhour/base/time.h"

#define AT(field) offsetof(struct gh_conf, field)
#define MB (INT64_C(1) << 20)

const struct gh_option gh_options[] = {
  {"zone", GH_OPTION_TEXT, AT(zone), 0, 0, 0, "Asia/Shanghai", "the bank's time zone; days begin at its midnight"},
  {"calendar", GH_OPTION_PATH, AT(calendar), 0, 0, 0, "china", "working days: a shipped calendar's name, or a path"},
  {"business_hours", GH_OPTION_HOURS, AT(open_ms), AT(close_ms), 0, 0, "{open: '09:00', close: '18:00'}", "leads fall due at `close` of a working day"},
  {"cutoff", GH_OPTION_CLOCK, AT(cutoff_ms), 0, 0, 0, NULL, "T of a trigger at or past this time of day is the next day"},
  {"lateness", GH_OPTION_DURATION, AT(lateness_ms), 0, 0, 30 * GH_DAY_MS, "2s", "how far events may arrive out of order; 0s: step on arrival"},
  {"late_limit", GH_OPTION_DURATION, AT(late_limit_ms), 0, 0, 365 * GH_DAY_MS, "1d", "older events are refused; so long an event's id is remembered"},
  {"idle", GH_OPTION_DURATION, AT(idle_ms), 0, 100, GH_HOUR_MS, "5s", "how long after its end was confirmed a live source counts as read to its end"},
  {"schema", GH_OPTION_PATH, AT(schema), 0, 0, 0, NULL, "the file of event types and of the customer's profile (required)"},
  {"mapping", GH_OPTION_PATH, AT(mapping), 0, 0, 0, NULL, "the file that maps the bank's own records to events; none: canonical events"},
  {"rules", GH_OPTION_PATHS, AT(rules), AT(nrules), 0, 0, NULL, "rule files: a path, a glob, or a list of them (required); *.test.yaml are passed over"},
  {"tests", GH_OPTION_PATHS, AT(tests), AT(ntests), 0, 0, NULL, "rule tests; without it, *.test.yaml beside the rule files"},
  {"source", GH_OPTION_EDGE, AT(source), AT(source_path), 0, 0, NULL, "where events come from: {file: {path: …}} or stdin"},
  {"profiles", GH_OPTION_EDGE, 0, AT(profiles), 0, 0, NULL, "bulk profiles, loaded before the first event: {file: {path: …}}; .csv is CSV, else JSON lines"},
  {"store", GH_OPTION_EDGE, AT(store), AT(store_path), 0, 0, "{sqlite: {path: goldhour.db}}", "where state and leads are committed: {sqlite: {path: …}} or memory"},
  {"sink", GH_OPTION_EDGE, AT(sink), AT(sink_path), 0, 0, "stdout", "where leads go: {file: {path: …}} or stdout"},
  {"reorder_limit", GH_OPTION_INT, AT(reorder_limit), 0, 1, 100000000, "1000000", "events that may wait for their order; then the first is stepped early"},
  {"customer_events", GH_OPTION_INT, AT(customer_events), 0, 1, 10000000, "10000", "events of a customer kept for windows; beyond it the oldest goes"},
  {"customer_waits", GH_OPTION_INT, AT(customer_waits), 0, 1, 1000000, "1000", "waits a customer may have; beyond it none begins"},
  {"customer_ids", GH_OPTION_INT, AT(customer_ids), 0, 1, 100000000, "100000", "ids remembered of a customer; beyond it events are refused"},
  {"dead_letter_bytes", GH_OPTION_BYTES, AT(dead_letter_bytes), 0, 0, INT64_MAX, "64MB", "refused records kept; beyond it position and reason alone"},
  {"record_bytes", GH_OPTION_BYTES, AT(record_bytes), 0, 64, 1024 * MB, "1MB", "a longer record is refused"},
  {"record_depth", GH_OPTION_INT, AT(record_depth), 0, 1, 1000, "64", "a record nested deeper is refused"},
  {"batch_events", GH_OPTION_INT, AT(batch_events), 0, 1, 1000000, "1024", "a commit holds at most so many events"},
  {"batch_ms", GH_OPTION_INT, AT(batch_ms), 0, 0, 60000, "0", "live, a commit waits so many milliseconds after the last one for more events; 0: never"},
  {"log_format", GH_OPTION_TEXT, AT(log_format), 0, 0, 0, "logfmt", "logfmt or json"},
};
const size_t gh_noptions = sizeof gh_options / sizeof *gh_options;

static void help_bounds(struct gh_buf *out, const struct gh_option *o)
{
  char least[GH_TIME_TEXT], most[GH_TIME_TEXT];
  if (o->kind == GH_OPTION_INT) gh_buf_fmt(out, " [%lld … %lld]", (long long)o->least, (long long)o->most);
  if (o->kind != GH_OPTION_DURATION) return;
  gh_duration_format(least, o->least);
  gh_duration_format(most, o->most);
  gh_buf_fmt(out, " [%s … %s]", least, most);
}

void gh_conf_help(struct gh_buf *out)
{
  for (size_t i = 0; i < gh_noptions; i++) {
    const struct gh_option *o = &gh_options[i];
    gh_buf_fmt(out, "%s: %s", o->key, o->fallback ? o->fallback : "(none)");
    help_bounds(out, o);
    gh_buf_fmt(out, "\n    %s\n", o->meaning);
  }
}
