/* goldhour replay: the leads of a past stretch, by event time alone. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "cmd.h"
#include "goldhour/engine/replay.h"
#include "goldhour/sys/sys.h"

#define SHOWN 5u /* refused records told one by one */
#define REASONS 32u

static const char usage[] =
    "usage: goldhour replay [--config FILE] --events FILE [--profiles FILE] [--until TIME] [--quiet] [--stats]\n"
    "\n"
    "Prints the leads of a past stretch as JSON lines, in commit order, by event time alone. State is in memory; nothing is stored.\n"
    "\n"
    "  -c, --config FILE    the configuration (goldhour.yaml); its source, profiles, store and sink are not used\n"
    "  -e, --events FILE    the events; - is standard input\n"
    "  -p, --profiles FILE  bulk profiles, known before all events: JSON lines, or CSV if it ends in .csv\n"
    "  -u, --until TIME     let time pass until then after the last event: 2026-03-02T18:00:00+08:00\n"
    "  -q, --quiet          no leads and no notes on refused records\n"
    "  -s, --stats          what was counted, and how fast, on standard error\n"
    "\n"
    "exit status: 0 done (refused records are noted on standard error), 1 failed, 2 usage, 78 bad configuration\n";

struct reason { char word[32]; uint64_t count; };

struct replay {
  const char *config;
  struct gh_replay_options options;
  bool quiet, stats;
  uint64_t refused;
  struct reason reasons[REASONS];
};

static void print_lead(void *ctx, struct gh_str id, struct gh_str json)
{
  (void)ctx, (void)id;
  fwrite(json.ptr, 1, json.len, stdout);
  putchar('\n');
}

static void count_reason(struct replay *r, struct gh_str word)
{
  for (unsigned i = 0; i < REASONS; i++) {
    struct reason *reason = &r->reasons[i];
    if (!reason->count) snprintf(reason->word, sizeof reason->word, "%.*s", GH_FMT(word));
    if (!gh_str_eq(gh_str(reason->word), word) && i + 1 < REASONS) continue;
    reason->count++;
    return;
  }
}

static void note_refusal(void *ctx, const struct gh_replay_refusal *refusal)
{
  struct replay *r = ctx;
  count_reason(r, refusal->reason);
  if (r->refused++ >= SHOWN) return;
  fprintf(stderr, "%s:%" PRIu64 ": refused: %.*s: %.*s\n", refusal->file, refusal->line, GH_FMT(refusal->reason), GH_FMT(refusal->detail));
}

static void print_refused(const struct replay *r)
{
  if (!r->refused) return;
  fprintf(stderr, "refused %" PRIu64 " records:", r->refused);
  for (unsigned i = 0; i < REASONS && r->reasons[i].count; i++) fprintf(stderr, " %s %" PRIu64, r->reasons[i].word, r->reasons[i].count);
  fprintf(stderr, "\n");
}

static void print_stats(const struct gh_replay_stats *s, uint64_t ns)
{
  double seconds = (double)ns / 1e9;
#define X(name, meaning) if (s->counters.name) fprintf(stderr, "%-16s %12" PRIu64 "  %s\n", #name, s->counters.name, meaning);
  GH_COUNTERS(X)
#undef X
  fprintf(stderr, "%-16s %12" PRIu64 "\n%-16s %12" PRIu64 "\n%-16s %12" PRIu64 "\n", "customers", s->core.customers, "timers",
      s->core.timers, "rss_bytes", gh_rss_bytes());
  fprintf(stderr, "%" PRIu64 " records, %" PRIu64 " bytes in %.3f s: %.0f records/s, %.1f MB/s\n", s->records, s->bytes, seconds,
      (double)s->records / seconds,
          (double)s->bytes / seconds / 1e6);
}

static int bad_time(const char *text)
{
  fprintf(stderr, "goldhour replay: --until %s: expected a time with offset, such as 2026-03-02T18:00:00+08:00\n", text);
  return GH_EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct replay *r)
{
  static const struct option longs[] = {
      {"config", required_argument, NULL, 'c'}, {"events", required_argument, NULL, 'e'}, {"profiles", required_argument, NULL, 'p'},
      {"until", required_argument, NULL, 'u'},
      {"quiet", no_argument, NULL, 'q'},        {"stats", no_argument, NULL, 's'},        {"help", no_argument, NULL, 'h'},           {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:e:p:u:qsh", longs, NULL)) != -1) {
    switch (c) {
    case 'c': r->config = optarg; break;
    case 'e': r->options.events = optarg; break;
    case 'p': r->options.profiles = optarg; break;
    case 'u':
      if (!gh_time_parse_ms(gh_str(optarg), &r->options.until_ms)) return bad_time(optarg);
      break;
    case 'q': r->quiet = true; break;
    case 's': r->stats = true; break;
    case 'h': fputs(usage, stdout); return 0;
    default: fputs("goldhour replay --help says how\n", stderr); return GH_EXIT_USAGE;
    }
  }
  if (optind == argc && r->options.events) return -1;
  if (optind < argc) fprintf(stderr, "goldhour replay: what is '%s' for?\n%s", argv[optind], usage);
  else fprintf(stderr, "goldhour replay: which events? --events FILE\n");
  return GH_EXIT_USAGE;
}

static int replay(struct replay *r, const struct gh_set *set)
{
  struct gh_replay_stats stats;
  char error[512];
  uint64_t begun_ns = gh_monotonic_ns();
  r->options.ctx = r;
  if (strcmp(r->options.events, "-") == 0) r->options.events = NULL;
  if (!r->quiet) {
    r->options.lead = print_lead;
    r->options.refused = note_refusal;
  }
  if (!gh_replay(set, &r->options, &stats, error)) {
    fprintf(stderr, "goldhour replay: %s\n", error);
    return GH_EXIT_FAILED;
  }
  print_refused(r);
  if (r->stats) print_stats(&stats, gh_monotonic_ns() - begun_ns);
  return 0;
}

int gh_cmd_replay(int argc, char **argv)
{
  static char out[1 << 16];
  struct replay r = {.config = GH_CONFIG_FILE, .options = {.until_ms = GH_ALWAYS}};
  int status = read_options(argc, argv, &r);
  if (status >= 0) return status;
  setvbuf(stdout, out, _IOFBF, sizeof out);
  struct gh_zones *zones = gh_zones_load();
  struct gh_set *set = gh_cli_load(r.config, zones);
  status = set ? replay(&r, set) : GH_EXIT_CONFIG;
  (void)fflush(stdout);
  gh_set_free(set);
  gh_zones_free(zones);
  return status;
}
