/* goldhour demo: a bank's payroll day in a minute, run for real. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "demo.h"
#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"

static const char usage[] =
    "usage: goldhour demo [--dir DIR] [--customers N] [--seed S] [--seconds N]\n"
    "\n"
    "Makes a small bank in DIR, simulates a Monday and the payroll day after it (2026-09-14 and 15), runs the daemon on them with the shipped rules and\n"
    "shows the leads as they appear.\n"
    "\n"
    "  --dir DIR        where the bank's files go (a new folder of the temporary ones); those of an earlier demo are replaced\n"
    "  --customers N    how many customers (800)\n"
    "  --seed S         another number, another bank (8)\n"
    "  --seconds N      on a terminal, how long the two days take (20); 0: as fast as they can\n";

static bool read_number(const char *name, const char *text, unsigned long least, unsigned long most, unsigned long *out)
{
  char *end;
  errno = 0;
  *out = strtoul(text, &end, 10);
  if (!errno && *text >= '0' && *text <= '9' && !*end && *out >= least && *out <= most) return true;
  fprintf(stderr, "goldhour demo: --%s %s: expected a number from %lu to %lu\n", name, text, least, most);
  return false;
}

/* 0; -1: --help was given; else the exit status. */
static int read_options(int argc, char **argv, struct gh_demo_options *o)
{
  static const struct option options[] = {{"dir", required_argument, NULL, 'd'},     {"customers", required_argument, NULL, 'c'},
                                          {"seed", required_argument, NULL, 's'},    {"seconds", required_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},          {0}};
  unsigned long n = 0;
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (c) {
    case 'd': o->dir = optarg; break;
    case 'c':
      if (!read_number("customers", optarg, 1, 1000000, &n)) return GH_EXIT_USAGE;
      o->world.customers = (uint32_t)n;
      break;
    case 's':
      if (!read_number("seed", optarg, 0, ULONG_MAX, &n)) return GH_EXIT_USAGE;
      o->world.seed = n;
      break;
    case 't':
      if (!read_number("seconds", optarg, 0, 3600, &n)) return GH_EXIT_USAGE;
      o->show_s = (unsigned)n;
      break;
    case 'h': fputs(usage, stdout); return -1;
    default: fputs("try: goldhour demo --help\n", stderr); return GH_EXIT_USAGE;
    }
  }
  if (optind == argc) return 0;
  fprintf(stderr, "goldhour demo: '%s': no argument is expected here\n", argv[optind]);
  return GH_EXIT_USAGE;
}

static void introduce(const struct gh_demo_options *o, uint64_t events)
{
  printf("A bank with %u customers, Monday 2026-09-14 and Tuesday the 15th, a payroll day: %llu events, the rules of %s/rules.\n", o->world.customers,
         (unsigned long long)events, o->dir);
  printf("The daemon reads them in order of arrival, commits state and leads to %s/goldhour.db, and these leads appear:\n\n", o->dir);
  fflush(stdout);
}

static void compare_truth(const struct gh_demo_options *o, struct gh_demo_view *v)
{
  struct gh_str truth;
  unsigned planted = 0;
  if (!gh_file_read(&v->arena, gh_arena_fmt(&v->arena, "%s/truth.jsonl", o->dir).ptr, &truth)) return;
  unsigned found = gh_demo_view_found(v, truth, &planted);
  printf("The simulator had planted %u triggers (%s/truth.jsonl); %u of them gave their lead.\n", planted, o->dir, found);
}

/* How this program is called from the current folder. */
static void own_name(char *name, size_t size)
{
  char path[PATH_MAX], here[PATH_MAX];
  ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
  path[n > 0 ? n : 0] = 0;
  size_t prefix = getcwd(here, sizeof here) ? strlen(here) : 0;
  bool below = prefix > 1 && strncmp(path, here, prefix) == 0 && path[prefix] == '/';
  snprintf(name, size, "%s", n > 0 ? path + (below ? prefix + 1 : 0) : "goldhour");
}

static void say_next(const struct gh_demo_options *o, const struct gh_demo_view *v)
{
  char program[PATH_MAX];
  own_name(program, sizeof program);
  struct gh_str event = v->leads ? v->recent[(v->leads - 1) % GH_DEMO_RECENT].event : GH_STR("ID");
  printf("\nWhat to try next\n"
         "  why an event gave a lead, rule by rule:\n    %s explain --config %s/goldhour.yaml --event %.*s\n",
         program, o->dir, GH_FMT(event));
  printf("  the same days again, as JSON lines:\n    %s replay --config %s/goldhour.yaml --events %s/events.jsonl --profiles %s/customers.jsonl\n", program, o->dir,
         o->dir, o->dir);
  printf("  change a rule in %s/rules, then see its faults and run its tests:\n    %s check --config %s/goldhour.yaml\n    %s test --config %s/goldhour.yaml\n",
         o->dir, program, o->dir, program, o->dir);
  printf("  how fast it is on this machine:\n    %s bench --quick\n  the manual of the rule table: docs/rules.md\n", program);
}

static int show(const struct gh_demo_options *o)
{
  struct gh_demo_view view;
  uint64_t events = 0;
  if (!gh_demo_write(o, &events)) return GH_EXIT_FAILED;
  introduce(o, events);
  gh_demo_view_init(&view);
  view.events_all = events;
  int status = gh_demo_daemon(o, &view);
  if (status == 0) {
    gh_demo_view_summary(&view);
    compare_truth(o, &view);
    say_next(o, &view);
  } else {
    fprintf(stderr, "goldhour demo: the daemon ended with status %d; its log is %s/run.log\n", status, o->dir);
  }
  gh_demo_view_free(&view);
  return status == 0 ? 0 : GH_EXIT_FAILED;
}

/* The folder of the temporary ones, made once its name is asked for. */
static bool temporary_dir(char *path, size_t size)
{
  const char *base = getenv("TMPDIR");
  snprintf(path, size, "%s/goldhour-demo-XXXXXX", base && *base ? base : "/tmp");
  if (mkdtemp(path)) return true;
  fprintf(stderr, "goldhour demo: %s: %s\n", path, strerror(errno));
  return false;
}

int gh_cmd_demo(int argc, char **argv)
{
  char dir[512];
  struct gh_demo_options o = {.show_s = 20, .world = {.seed = 8, .customers = 800, .days = 2}};
  o.world.start_day = gh_days_from_date((struct gh_date){2026, 9, 14});
  int status = read_options(argc, argv, &o);
  if (status) return status < 0 ? 0 : status;
  if (!o.dir) {
    if (!temporary_dir(dir, sizeof dir)) return GH_EXIT_FAILED;
    o.dir = dir;
  }
  return show(&o);
}
