/* goldhour run: the daemon. */
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cmd.h"
#include "goldhour/engine/run.h"
#include "goldhour/sys/sys.h"

static const char usage[] =
    "usage: goldhour run [--config FILE] [--until-end] [--new-store]\n"
    "\n"
    "Takes events in from the configured source and puts leads out, until stopped. State, timers, position and leads are\n"
    "committed together; killed at any moment and started again, it goes on where it was.\n"
    "\n"
    "  -c, --config FILE   the configuration (goldhour.yaml)\n"
    "      --until-end     by record, not by the clock: step everything up to the end of the source, then stop\n"
    "      --new-store     an empty or another store beside a consumer group that has worked before is meant: begin it at `start`\n"
    "\n"
    "signals: TERM, INT  commit what is in hand and stop, exit 0\n"
    "         HUP        load configuration and rules again; a set with faults is refused and the old one stays\n"
    "         USR1       print the line of figures at once (it comes every 10 s)\n"
    "\n"
    "exit status: 0 stopped, 1 failed, 2 usage, 78 bad configuration\n";

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct gh_run_options *o)
{
  static const struct option longs[] = {
      {"config", required_argument, NULL, 'c'}, {"until-end", no_argument, NULL, 'e'}, {"new-store", no_argument, NULL, 'n'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
    switch (c) {
    case 'c': o->config = optarg; break;
    case 'e': o->until_end = true; break;
    case 'n': o->new_store = true; break;
    case 'h': fputs(usage, stdout); return 0;
    default: fputs("goldhour run --help says how\n", stderr); return GH_EXIT_USAGE;
    }
  }
  if (optind == argc) return -1;
  fprintf(stderr, "goldhour run: what is '%s' for?\n%s", argv[optind], usage);
  return GH_EXIT_USAGE;
}

int gh_cmd_run(int argc, char **argv)
{
  struct gh_run_options o = {.config = GH_CONFIG_FILE};
  int status = read_options(argc, argv, &o);
  if (status >= 0) return status;
  gh_run_hold_signals();
  (void)umask(umask(0) | 0007); /* store and leads are about customers: nobody outside owner and group reads them, whatever the shell's mask */
  struct gh_zones *zones = gh_zones_load();
  struct gh_set *set = gh_cli_load(o.config, zones);
  status = GH_EXIT_CONFIG;
  struct gh_faults faults;
  gh_faults_init(&faults);
  if (set && !gh_cli_runnable(set, &faults)) {
    gh_cli_faults(stderr, &faults);
    gh_set_free(set);
  } else if (set && o.until_end && set->conf.source == GH_SOURCE_KAFKA) {
    fputs("goldhour run: a Kafka source has no end: --until-end is for files and standard input\n", stderr);
    status = GH_EXIT_USAGE;
    gh_set_free(set);
  } else if (set) {
    o.zones = zones;
    gh_log_json(gh_str_eq(set->conf.log_format, GH_STR("json")));
    status = gh_run(set, &o);
  }
  gh_faults_free(&faults);
  gh_zones_free(zones);
  return status;
}
