/* goldhour bench: how fast it is, measured with the parts that run in production. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "cmd.h"

static const char usage[] =
    "usage: goldhour bench [--quick] [--json]\n"
    "       goldhour bench match --conditions FILE --schema FILE --events FILE [--limit N] [--json]\n"
    "\n"
    "Without a word more: decoding, matching with 10, 1,000 and 10,000 rules, looking up a customer among 1 and 10 million, committing, and the whole\n"
    "way with 1 million customers, each on one core, the median of several runs; and how long a lead takes from its event. Progress goes to stderr.\n"
    "\n"
    "  --quick            a tenth of the customers, fewer runs\n"
    "  --json             one JSON object\n"
    "\n"
    "match: CEL conditions over flat events, one thread: matches, nanoseconds an event over several passes, load time, memory.\n"
    "\n"
    "  --conditions FILE  a condition a line\n"
    "  --schema FILE      a JSON object: the name of each field and its CEL type\n"
    "  --events FILE      a flat JSON object a line\n"
    "  --limit N          only the first N events\n"
    "\n"
    "How to read the numbers: docs/benchmark.md\n";

static int bad_usage(const char *what)
{
  fprintf(stderr, "goldhour bench: %s\ntry: goldhour bench --help\n", what);
  return GH_EXIT_USAGE;
}

static bool read_limit(const char *text, uint64_t *out)
{
  char *end;
  errno = 0;
  *out = strtoull(text, &end, 10);
  return !errno && *text >= '0' && *text <= '9' && !*end;
}

/* 0; -1: --help was given; else the exit status. */
static int read_options(int argc, char **argv, struct gh_bench_match_options *match, struct gh_bench_options *all)
{
  static const struct option options[] = {
    {"conditions", required_argument, NULL, 'c'}, {"schema", required_argument, NULL, 's'}, {"events", required_argument, NULL, 'e'},
    {"limit", required_argument, NULL, 'l'}, {"quick", no_argument, NULL, 'q'}, {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (c) {
    case 'c': match->conditions = optarg; break;
    case 's': match->schema = optarg; break;
    case 'e': match->events = optarg; break;
    case 'l':
      if (!read_limit(optarg, &match->limit)) return bad_usage("--limit: expected a number");
      break;
    case 'q': all->quick = true; break;
    case 'j': match->json = all->json = true; break;
    case 'h': fputs(usage, stdout); return -1;
    default: return bad_usage("unknown option");
    }
  }
  return 0;
}

int gh_cmd_bench(int argc, char **argv)
{
  struct gh_bench_match_options match = {.limit = 0};
  struct gh_bench_options all = {.quick = false};
  int status = read_options(argc, argv, &match, &all);
  if (status) return status < 0 ? 0 : status;
  bool match_given = match.conditions || match.schema || match.events || match.limit;
  if (optind == argc) return match_given ? bad_usage("--conditions, --schema, --events and --limit belong to `bench match`") : gh_bench_all(&all);
  if (strcmp(argv[optind], "match") != 0 || optind + 1 < argc) return bad_usage("expected `match`, or no argument");
  if (!match.conditions || !match.schema || !match.events) return bad_usage("match needs --conditions, --schema and --events");
  return gh_bench_match(&match);
}
