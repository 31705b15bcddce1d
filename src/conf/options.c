#include "options.h"

#include "goldhour/base/time.h"

#define AT(field) offsetof(struct gh_conf, field)
#define MB (INT64_C(1) << 20)

static const struct gh_option rows[] = {
  {"zone", GH_OPTION_TEXT, AT(zone), .fallback = "Asia/Shanghai", .meaning = "the bank's time zone; days begin at its midnight"},
  {"calendar", GH_OPTION_PATH, AT(calendar), .fallback = "china", .meaning = "working days: a shipped calendar's name, or a path"},
  {"business_hours", GH_OPTION_HOURS, AT(open_ms), AT(close_ms), .fallback = "{open: '09:00', close: '18:00'}", .meaning = "leads fall due at `close` of a working day"},
  {"cutoff", GH_OPTION_CLOCK, AT(cutoff_ms), .meaning = "T of a trigger at or past this time of day is the next day"},
  {"lateness", GH_OPTION_DURATION, AT(lateness_ms), .least = 0, .most = 30 * GH_DAY_MS, .fallback = "2s", .meaning = "how far events may arrive out of order; 0s: step on arrival"},
  {"late_limit", GH_OPTION_DURATION, AT(late_limit_ms), .least = 0, .most = 365 * GH_DAY_MS, .fallback = "1d", .meaning = "older events are refused; so long an event's id is remembered"},
  {"idle", GH_OPTION_DURATION, AT(idle_ms), .least = 100, .most = GH_HOUR_MS, .fallback = "5s", .meaning = "how long after its end was confirmed a live source counts as read to its end"},
  {"schema", GH_OPTION_PATH, AT(schema), .required = true, .meaning = "the file of event types and of the customer's profile"},
  {"mapping", GH_OPTION_PATH, AT(mapping), .meaning = "the file that maps the bank's own records to events; none: canonical events"},
  {"rules", GH_OPTION_PATHS, AT(rules), AT(nrules), .required = true, .meaning = "rule files: a path, a glob, or a list of them; *.test.yaml are passed over"},
  {"tests", GH_OPTION_PATHS, AT(tests), AT(ntests), .meaning = "rule tests; without it, *.test.yaml beside the rule files"},
  {"source", GH_OPTION_EDGE, 0, AT(source), .meaning = "where events come from: a file, stdin or Kafka", .edges = gh_source_kinds},
  {"profiles", GH_OPTION_EDGE, 0, .meaning = "bulk profiles, loaded before the first event (not beside Kafka)", .edges = gh_profile_kinds},
  {"store", GH_OPTION_EDGE, 0, AT(store), .fallback = "{sqlite: {path: goldhour.db}}", .meaning = "where state and leads are committed: sqlite, redis or memory", .edges = gh_store_kinds},
  {"sink", GH_OPTION_SINKS, 0, .fallback = "stdout", .meaning = "where leads go: one, or a list of them", .edges = gh_sink_kinds},
  {"sink_behind", GH_OPTION_INT, AT(sink_behind), .least = 1000, .most = 1000000000, .fallback = "100000", .meaning = "leads that a sink may be behind; beyond it the oldest go to the dead letters"},
  {"reorder_limit", GH_OPTION_INT, AT(reorder_limit), .least = 1, .most = 100000000, .fallback = "1000000", .meaning = "events that may wait for their order; then the first is stepped early"},
  {"customer_events", GH_OPTION_INT, AT(customer_events), .least = 1, .most = 10000000, .fallback = "10000", .meaning = "events of a customer kept for windows; beyond it the oldest goes"},
  {"customer_waits", GH_OPTION_INT, AT(customer_waits), .least = 1, .most = 1000000, .fallback = "1000", .meaning = "waits a customer may have; beyond it none begins"},
  {"customer_ids", GH_OPTION_INT, AT(customer_ids), .least = 1, .most = 100000000, .fallback = "100000", .meaning = "ids remembered of a customer; beyond it events are refused"},
  {"dead_letter_bytes", GH_OPTION_BYTES, AT(dead_letter_bytes), .least = 0, .most = INT64_MAX, .fallback = "64MB", .meaning = "refused records kept; beyond it position and reason alone"},
  {"state_bytes", GH_OPTION_BYTES, AT(state_bytes), .least = MB, .most = INT64_MAX, .fallback = "8GB", .meaning = "memory of one partition's state; at it the partition stops, with an alarm"},
  {"warm_bytes", GH_OPTION_BYTES, AT(warm_bytes), .least = 0, .most = INT64_MAX, .fallback = "1GB", .meaning = "memory of partitions given back and kept for their return, over all; 0: none is kept"},
  {"record_bytes", GH_OPTION_BYTES, AT(record_bytes), .least = 64, .most = 1024 * MB, .fallback = "1MB", .meaning = "a longer record is refused"},
  {"record_depth", GH_OPTION_INT, AT(record_depth), .least = 1, .most = 1000, .fallback = "64", .meaning = "a record nested deeper is refused"},
  {"batch_events", GH_OPTION_INT, AT(batch_events), .least = 1, .most = 1000000, .fallback = "1024", .meaning = "a commit holds at most so many events"},
  {"batch_ms", GH_OPTION_INT, AT(batch_ms), .least = 0, .most = 60000, .fallback = "0", .meaning = "live, a commit waits so many milliseconds after the last one for more events; 0: never"},
  {"log_format", GH_OPTION_TEXT, AT(log_format), .fallback = "logfmt", .meaning = "logfmt or json"},
};
const struct gh_option_group gh_options = GH_GROUP(rows, 0);
