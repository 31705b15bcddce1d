/* goldhour explain: rule by rule, why an event gave a lead or what stopped it. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "goldhour/base/time.h"
#include "goldhour/engine/explain.h"
#include "goldhour/sys/sys.h"

static const char usage[] =
    "usage: goldhour explain [--config FILE] --event ID [--customer C] [--to-end] [--json]\n"
    "       goldhour explain [--config FILE] [--after-source] [--json] < EVENT\n\n"
    "Says rule by rule why an event gave a lead, or what stopped it. A past event is replayed in memory from the configured source, up to it; an event on\n"
    "standard input is tried on the profiles alone, or, with --after-source, behind everything the source holds. Nothing is stored.\n\n"
    "  -c, --config FILE    the configuration (goldhour.yaml)\n"
    "  -e, --event ID       the id of a past event; - is one event on standard input, as without it\n"
    "      --customer C     whose event, if several customers have one of this id\n"
    "      --events FILE    search this file instead of the configured source\n"
    "      --profiles FILE  bulk profiles, instead of the configured ones\n"
    "      --to-end         read on to the end of the source: what became of the waits that the event began\n"
    "      --after-source   standard input: take the event behind the whole source\n"
    "      --json           one JSON object a line: the event, then each reason\n\n"
    "exit status: 0 explained, 1 no such event, or it is refused, 2 usage, 78 bad configuration\n";

struct options {
  const char *config, *event, *customer, *events, *profiles;
  bool to_end, after_source, json;
};

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
  static const struct option longs[] = {
    {"config", required_argument, NULL, 'c'}, {"event", required_argument, NULL, 'e'}, {"customer", required_argument, NULL, 'u'},
    {"events", required_argument, NULL, 'f'}, {"profiles", required_argument, NULL, 'p'}, {"to-end", no_argument, NULL, 't'},
    {"after-source", no_argument, NULL, 'a'}, {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:e:h", longs, NULL)) != -1) {
    switch (c) {
      case 'c': o->config = optarg; break;
      case 'e': o->event = strcmp(optarg, "-") == 0 ? NULL : optarg; break;
      case 'u': o->customer = optarg; break;
      case 'f': o->events = optarg; break;
      case 'p': o->profiles = optarg; break;
      case 't': o->to_end = true; break;
      case 'a': o->after_source = true; break;
      case 'j': o->json = true; break;
      case 'h': fputs(usage, stdout); return 0;
      default: fputs("goldhour explain --help says how\n", stderr); return GH_EXIT_USAGE;
    }
  }
  if (optind == argc && !(o->event && o->after_source)) return -1;
  if (optind < argc) fprintf(stderr, "goldhour explain: what is '%s' for?\n%s", argv[optind], usage);
  else fprintf(stderr, "goldhour explain: --after-source is for an event on standard input; --event ID is in the source already\n");
  return GH_EXIT_USAGE;
}

/* ---- text ---- */

static void put_time(struct gh_buf *out, const struct gh_set *set, int64_t ms) { gh_plain_value(out, gh_timestamp_ms(ms), set->zone); }

/* Every line of `text`, indented; the first one goes on behind what stands there. */
static void put_lines(struct gh_buf *out, struct gh_str text, const char *indent)
{
  for (size_t i = 0; i < text.len; i++) {
    gh_buf_byte(out, text.ptr[i]);
    if (text.ptr[i] == '\n') gh_buf_add_str(out, gh_str(indent));
  }
  gh_buf_byte(out, '\n');
}

/* What a caller would want to know of the lead; what rule, customer and event it is for stands above it. */
static void put_lead(struct gh_buf *out, const struct gh_lead_texts *lead)
{
  static const enum gh_lead_key shown[] = {
    GH_LEAD_KEY_id, GH_LEAD_KEY_stage, GH_LEAD_KEY_golden_deadline, GH_LEAD_KEY_due, GH_LEAD_KEY_due_outside_calendar, GH_LEAD_KEY_late,
    GH_LEAD_KEY_priority, GH_LEAD_KEY_product, GH_LEAD_KEY_channels, GH_LEAD_KEY_script,
  };
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
    if (lead->key[shown[i]].len) gh_buf_fmt(out, "\n      %-15s %.*s", gh_lead_key_name(shown[i]), GH_FMT(lead->key[shown[i]]));
}

static void put_reason(struct gh_buf *out, const struct gh_set *set, const struct gh_explanation *e, const struct gh_explain_line *line)
{
  bool later = line->t_ms != e->time_ms;
  bool inline_detail = line->verdict == GH_V_WAIT_BEGUN || line->verdict == GH_V_WAIT_CANCELLED;
  gh_buf_add_str(out, GH_STR("    "));
  if (later) {
    put_time(out, set, line->t_ms);
    if (!gh_str_eq(line->event, e->id)) gh_buf_fmt(out, " (event %.*s)", GH_FMT(line->event));
    gh_buf_add_str(out, GH_STR("  "));
  }
  if (line->lead.len) gh_buf_fmt(out, "lead:");
  else gh_buf_fmt(out, "%s: %s", gh_verdict_name(line->verdict), gh_verdict_phrase(line->verdict));
  if (line->lead.len) put_lead(out, &line->texts);
  if (line->detail.len) gh_buf_add_str(out, gh_str(inline_detail ? " " : "\n      "));
  put_lines(out, line->detail, "      ");
}

static const char *unconcerned(const struct gh_rule *rule, const struct gh_event_type *type)
{
  if (rule->on == GH_ON_STOPPED) return "not the step of the flow that the rule watches";
  if (rule->on == GH_ON_UNLESS && rule->event != type) return "would cancel a wait of the rule; none was cancelled";
  return "nothing was decided";
}

/* One rule with all that was said of it. */
static void put_rule(struct gh_buf *out, const struct gh_set *set, const struct gh_explanation *e, const struct gh_rule *rule)
{
  unsigned n = 0;
  gh_buf_fmt(out, "%.*s  %.*s\n", GH_FMT(rule->id), GH_FMT(rule->name));
  for (unsigned i = 0; i < e->nlines; i++) {
    if (e->lines[i].rule != rule) continue;
    put_reason(out, set, e, &e->lines[i]);
    n++;
  }
  if (n == 0) gh_buf_fmt(out, "    %s\n", unconcerned(rule, e->type));
}

static bool looks_at(const struct gh_set *set, const struct gh_rule *rule, const struct gh_event_type *type)
{
  const struct gh_rules *rules = set->rules;
  if (type->index == GH_CUSTOMER_TYPE) return rule->on == GH_ON_BECOMES;
  const struct gh_type_plan *plan = &rules->plans[type->index];
  for (unsigned i = 0; i < plan->nrules; i++)
    if (plan->rules[i] == rule) return true;
  for (unsigned i = 0; i < plan->ncancels; i++)
    if (plan->cancels[i] == rule) return true;
  return false;
}

static const char *ending(unsigned n) { return n == 1 ? "" : "s"; }

/* How many leads, and which waits are still on. */
static void put_sum(struct gh_buf *out, const struct gh_explanation *e, unsigned others)
{
  unsigned leads = 0, begun = 0, over = 0;
  for (unsigned i = 0; i < e->nlines; i++) {
    const struct gh_explain_line *l = &e->lines[i];
    leads += l->verdict == GH_V_LEAD;
    begun += l->verdict == GH_V_WAIT_BEGUN;
    over += l->t_ms > e->time_ms || (l->verdict == GH_V_WAIT_CANCELLED && gh_str_eq(l->detail, e->id));
  }
  gh_buf_fmt(out, "\n%u lead%s", leads, ending(leads));
  if (begun > over) gh_buf_fmt(out, "; %u wait%s on: `audience` decides when the time comes", begun - over, begun - over == 1 ? " is" : "s are");
  if (others) gh_buf_fmt(out, "; %u other rule%s %s not look at %.*s", others, ending(others), others == 1 ? "does" : "do", GH_FMT(e->type->name));
  gh_buf_byte(out, '\n');
}

/* Says what is to be said of the event itself: why it was not taken, or how many copies came that changed nothing. True: it was taken. */
static bool put_about_event(struct gh_buf *out, const struct gh_set *set, const struct gh_explanation *e)
{
  bool taken = false;
  unsigned copies = 0;
  for (unsigned i = 0; i < e->nlines; i++) {
    const struct gh_explain_line *line = &e->lines[i];
    if (line->rule) continue;
    if (taken && line->verdict == GH_V_DUPLICATE) copies++;
    else if (line->verdict == GH_V_TAKEN) taken = true;
    else put_reason(out, set, e, line);
  }
  if (copies) gh_buf_fmt(out, "    it came %u time%s more: duplicates change nothing\n", copies, copies == 1 ? "" : "s");
  return taken;
}

/* Every rule that looks at such events; how many do not. */
static unsigned put_rules(struct gh_buf *out, const struct gh_set *set, const struct gh_explanation *e)
{
  unsigned others = 0;
  for (unsigned i = 0; i < set->rules->nrules; i++) {
    const struct gh_rule *rule = &set->rules->rules[i];
    if (looks_at(set, rule, e->type)) put_rule(out, set, e, rule);
    else others++;
  }
  return others;
}

static void put_text(struct gh_buf *out, const struct gh_set *set, const struct gh_explanation *e, const char *file)
{
  gh_buf_fmt(out, "event %.*s: %.*s of %.*s at ", GH_FMT(e->id), GH_FMT(e->type->name), GH_FMT(e->customer));
  put_time(out, set, e->time_ms);
  if (e->line) gh_buf_fmt(out, "  (%s:%" PRIu64 ")", file, e->line);
  gh_buf_fmt(out, "\n    %.*s\n", GH_FMT(e->fields));
  if (!put_about_event(out, set, e)) {
    gh_buf_add_str(out, GH_STR("\n0 leads: the event was not taken\n"));
    return;
  }
  gh_buf_byte(out, '\n');
  put_sum(out, e, put_rules(out, set, e));
}

/* ---- JSON ---- */

static void put_member(struct gh_buf *out, const char *name, struct gh_str text)
{
  gh_buf_fmt(out, "%s\"%s\":", out->len && out->data[out->len - 1] != '{' ? "," : "", name);
  gh_json_string(out, text);
}

static void put_json_time(struct gh_buf *out, const char *name, const struct gh_set *set, int64_t ms)
{
  gh_buf_fmt(out, ",\"%s\":", name);
  gh_json_value(out, gh_timestamp_ms(ms), set->zone);
}

static void put_json(struct gh_buf *out, const struct gh_set *set, const struct gh_explanation *e)
{
  gh_buf_byte(out, '{');
  put_member(out, "event", e->id);
  put_member(out, "type", e->type->name);
  put_member(out, "customer", e->customer);
  put_json_time(out, "time", set, e->time_ms);
  if (e->line) gh_buf_fmt(out, ",\"line\":%" PRIu64, e->line);
  gh_buf_fmt(out, ",\"fields\":%.*s}\n", GH_FMT(e->fields));
  for (unsigned i = 0; i < e->nlines; i++) {
    const struct gh_explain_line *l = &e->lines[i];
    gh_buf_byte(out, '{');
    put_member(out, "reason", gh_str(gh_verdict_name(l->verdict)));
    if (l->rule) put_member(out, "rule", l->rule->id);
    put_member(out, "event", l->event);
    put_json_time(out, "t", set, l->t_ms);
    if (l->detail.len) put_member(out, "detail", l->detail);
    if (l->lead.len) gh_buf_fmt(out, ",\"lead\":%.*s", GH_FMT(l->lead));
    gh_buf_add_str(out, GH_STR("}\n"));
  }
}

/* ---- the command ---- */

/* The first line of standard input that holds anything. */
static struct gh_str read_event(struct gh_arena *arena)
{
  char *line = NULL;
  size_t cap = 0;
  ssize_t n;
  struct gh_str out = {NULL, 0};
  if (isatty(STDIN_FILENO)) fprintf(stderr, "an event, as one line of JSON:\n");
  while (!out.len && (n = getline(&line, &cap, stdin)) >= 0) {
    while (n > 0 && strchr("\r\n \t", line[n - 1])) n--;
    if (n > 0) out = gh_arena_str(arena, gh_str_n(line, (size_t)n));
  }
  free(line);
  return out;
}

static const char *configured(struct gh_set *set, struct gh_str path)
{
  struct gh_str dir = gh_str_eq(set->conf.dir, GH_STR(".")) ? GH_STR("") : set->conf.dir;
  return path.len ? gh_path_join(&set->arena, dir, path).ptr : NULL;
}

static int explain(const struct options *o, struct gh_set *set)
{
  char error[512];
  struct gh_explanation e;
  bool source = o->event || o->after_source;
  struct gh_explain_options x = {.event = gh_str(o->event), .customer = gh_str(o->customer), .events = o->events, .profiles = o->profiles, .to_end = o->to_end};
  if (!x.events && source && set->conf.source == GH_SOURCE_FILE) x.events = configured(set, set->conf.source_path.text);
  if (!x.profiles) x.profiles = configured(set, set->conf.profiles.text);
  if (source && !x.events) {
    fprintf(stderr, "goldhour explain: the configured source is no file to look into; --events FILE names one\n");
    return GH_EXIT_USAGE;
  }
  if (!o->event) x.record = read_event(&set->arena);
  if (!o->event && !x.record.len) {
    fprintf(stderr, "goldhour explain: no event on standard input; --event ID explains one of the source\n");
    return GH_EXIT_USAGE;
  }
  bool ok = gh_explain(set, &x, &e, error);
  struct gh_buf out = {0};
  if (!ok) fprintf(stderr, "goldhour explain: %s\n", error);
  else if (o->json) put_json(&out, set, &e);
  else put_text(&out, set, &e, x.events);
  if (out.len) fwrite(out.data, 1, out.len, stdout);
  gh_buf_free(&out);
  gh_explanation_free(&e);
  return ok ? 0 : GH_EXIT_FAILED;
}

int gh_cmd_explain(int argc, char **argv)
{
  struct options o = {.config = GH_CONFIG_FILE};
  int status = read_options(argc, argv, &o);
  if (status >= 0) return status;
  struct gh_zones *zones = gh_zones_load();
  struct gh_set *set = gh_cli_load_timeless(o.config, zones);
  status = set ? explain(&o, set) : GH_EXIT_CONFIG;
  gh_set_free(set);
  gh_zones_free(zones);
  return status;
}
