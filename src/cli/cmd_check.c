/* goldhour check: the loader of `run`, and nothing else: what check accepts, run accepts. With a sample, its decoder too; with --live, what the configuration names. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_live.h"
#include "cmd.h"
#include "goldhour/base/buf.h"
#include "goldhour/model/lead.h"
#include "goldhour/sys/sys.h"
#include "sample.h"

struct options {
  const char *config, *sample;
  unsigned long limit;
  bool strict, json, live, kcat;
};

static const char usage[] =
    "usage: goldhour check [--config FILE] [--strict] [--json] [--live] [--sample FILE [--format FORMAT] [--limit N]]\n\n"
    "Says every fault of the configuration, the schema, the mapping, the calendar and the rules: file:line:column, what is wrong, what to do.\n\n"
    "  -c, --config FILE   the configuration (goldhour.yaml)\n"
    "      --strict        a warning counts as an error\n"
    "      --json          one JSON object instead of text\n"
    "      --live          then try what the configuration names: brokers, topic, group, Redis, sinks; sample the topic: customers in two partitions,\n"
    "                      how late records come, what would be refused. Sends nothing; half a minute at most\n"
    "      --sample FILE   decode these records (- is standard input) and print the events that come of them, or why they are refused\n"
    "      --format FORMAT what a line of the sample is: `lines` (a message as it is: the default), or `kcat` (with key, headers and time, as `kcat -J` prints it)\n"
    "      --limit N       print at most N of them (20); all are counted\n\n"
    "exit status: 0 no errors, 78 errors, 1 records of the sample were refused, or --live failed, 2 usage\n";

static bool read_count(const char *text, unsigned long *out)
{
  char *end;
  *out = strtoul(text, &end, 10);
  if (*text >= '0' && *text <= '9' && *end == '\0') return true;
  fprintf(stderr, "goldhour check: --limit wants a whole number, not '%s'\n", text);
  return false;
}

static bool read_format(const char *text, bool *kcat)
{
  *kcat = strcmp(text, "kcat") == 0;
  if (*kcat || strcmp(text, "lines") == 0) return true;
  fprintf(stderr, "goldhour check: --format wants lines or kcat, not '%s'\n", text);
  return false;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
  static const struct option longs[] = {
    {"config", required_argument, NULL, 'c'}, {"strict", no_argument, NULL, 's'}, {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'},
    {"live", no_argument, NULL, 'l'}, {"sample", required_argument, NULL, 'm'}, {"format", required_argument, NULL, 'f'}, {"limit", required_argument, NULL, 'n'}, {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
    switch (c) {
      case 'c': o->config = optarg; break;
      case 's': o->strict = true; break;
      case 'j': o->json = true; break;
      case 'l': o->live = true; break;
      case 'm': o->sample = optarg; break;
      case 'f': if (!read_format(optarg, &o->kcat)) return GH_EXIT_USAGE; break;
      case 'n': if (!read_count(optarg, &o->limit)) return GH_EXIT_USAGE; break;
      case 'h': fputs(usage, stdout); return 0;
      default: fputs("goldhour check --help says how\n", stderr); return GH_EXIT_USAGE;
    }
  }
  if (optind == argc) return -1;
  fprintf(stderr, "goldhour check: what is '%s' for?\n%s", argv[optind], usage);
  return GH_EXIT_USAGE;
}

static void print_text(const struct gh_set *set, const struct gh_faults *faults, bool good)
{
  gh_cli_faults(stdout, faults);
  if (good) {
    printf("ok: %u rules, %u features, %u event types, version %s\n", set->rules->nrules, set->rules->nfeatures, set->schema->ntypes, set->version);
    return;
  }
  printf("%u error%s", faults->errors, faults->errors == 1 ? "" : "s");
  if (faults->warnings) printf(", %u warning%s", faults->warnings, faults->warnings == 1 ? "" : "s");
  printf("\n");
}

static void add_member(struct gh_buf *out, const char *name, struct gh_str text)
{
  gh_buf_fmt(out, ",\"%s\":", name);
  gh_json_string(out, text);
}

static void add_fault(struct gh_buf *out, const struct gh_fault *f)
{
  gh_buf_fmt(out, "{\"severity\":\"%s\"", f->warning ? "warning" : "error");
  if (f->at.file.len) add_member(out, "file", f->at.file);
  if (f->at.line) gh_buf_fmt(out, ",\"line\":%u,\"column\":%u", f->at.line, f->at.column);
  add_member(out, "message", f->message);
  if (f->hint.len) add_member(out, "hint", f->hint);
  if (f->excerpt.len) add_member(out, "excerpt", f->excerpt);
  gh_buf_byte(out, '}');
}

static void print_json(const struct gh_set *set, const struct gh_faults *faults, bool good, const struct gh_live *live)
{
  struct gh_buf out = {0};
  gh_buf_fmt(&out, "{\"ok\":%s,\"errors\":%u,\"warnings\":%u", good ? "true" : "false", faults->errors, faults->warnings);
  if (set) {
    gh_buf_fmt(&out, ",\"rules\":%u,\"features\":%u,\"event_types\":%u,\"version\":\"%s\"", set->rules->nrules, set->rules->nfeatures, set->schema->ntypes, set->version);
  }
  gh_buf_fmt(&out, ",\"faults\":[");
  for (const struct gh_fault *f = faults->first; f; f = f->next) {
    add_fault(&out, f);
    if (f->next) gh_buf_byte(&out, ',');
  }
  gh_buf_byte(&out, ']');
  if (live) gh_live_json(live, &out);
  gh_buf_fmt(&out, "}\n");
  fwrite(out.data, 1, out.len, stdout);
  gh_buf_free(&out);
}

/* After the ordinary check: what it found is printed first, as the rest takes its time. */
static int check_live(const struct gh_set *set, const struct gh_faults *faults, const struct options *o)
{
  struct gh_live live;
  if (!o->json) print_text(set, faults, true);
  bool good = gh_live_check(&live, set, o->json) && !(o->strict && live.warnings);
  if (o->json) print_json(set, faults, true, &live);
  else printf("live: %u failed, %u warning%s\n", live.failed, live.warnings, live.warnings == 1 ? "" : "s");
  gh_live_free(&live);
  return good ? 0 : GH_EXIT_FAILED;
}

static int check(const struct gh_set *set, const struct gh_faults *faults, bool good, const struct options *o)
{
  int status = good ? 0 : GH_EXIT_CONFIG;
  if (good && o->live) status = check_live(set, faults, o);
  else if (o->json) print_json(set, faults, good, NULL);
  else print_text(set, faults, good);
  if (!good || !o->sample) return status;
  int sample = gh_cli_sample(set, o->sample, o->kcat, o->limit);
  return status ? status : sample;
}

int gh_cmd_check(int argc, char **argv)
{
  struct options o = {.config = GH_CONFIG_FILE, .limit = 20};
  int status = read_options(argc, argv, &o);
  if (status >= 0) return status;
  struct gh_faults faults;
  gh_faults_init(&faults);
  struct gh_zones *zones = gh_zones_load();
  struct gh_set *set = gh_set_load(o.config, zones, gh_wall_ms(), &faults);
  bool good = set && gh_cli_runnable(set, &faults) && !(o.strict && faults.warnings);
  status = check(set, &faults, good, &o);
  gh_set_free(set);
  gh_zones_free(zones);
  gh_faults_free(&faults);
  return status;
}
