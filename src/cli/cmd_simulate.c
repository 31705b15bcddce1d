/* goldhour simulate: a bank's days as a stream of events on standard output. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "goldhour/base/time.h"
#include "goldhour/sim/sim.h"

static const char usage[] =
    "usage: goldhour simulate [--customers N] [--days D] [--seed S] [--start DATE] [--wide] [--profiles FILE] [--truth FILE]\n"
    "\n"
    "Prints what happens at a simulated bank, in order of arrival, one JSON object a line, as the schema of config/demo has it: a daily\n"
    "rhythm, payroll days, weekends, app flows that stop, transfers, purchases, articles, customers who fall silent, duplicates, events out of\n"
    "order and late. The same options give the same bytes.\n"
    "\n"
    "  --customers N    how many customers (1000)\n"
    "  --days D         how many days (1)\n"
    "  --seed S         another number, another bank (1)\n"
    "  --start DATE     the first day (2026-09-14, a Monday; the 15th is a payroll day)\n"
    "  --wide           events of about 300 bytes, with fields that the schema does not name\n"
    "  --profiles FILE  write the customers' profiles there\n"
    "  --truth FILE     write there which triggers were planted: rule, customer, event, time\n";

struct simulate_options {
  struct gh_sim_options world;
  const char *profiles, *truth;
};

static bool read_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
  char *end;
  errno = 0;
  unsigned long long v = strtoull(text, &end, 10);
  if (errno || *text < '0' || *text > '9' || *end || v < least || v > most) return false;
  *out = v;
  return true;
}

static int bad_option(const char *option, const char *text, const char *expected)
{
  fprintf(stderr, "goldhour simulate: --%s %s: expected %s\n", option, text, expected);
  return GH_EXIT_USAGE;
}

/* One option's argument into `o`; 0, or the exit status. */
static int take_option(int option, const char *text, struct simulate_options *o)
{
  uint64_t n = 0;
  switch (option) {
  case 'c':
    if (!read_number(text, 1, GH_SIM_CUSTOMERS_MAX, &n)) return bad_option("customers", text, "a number from 1 to 50000000");
    o->world.customers = (uint32_t)n;
    return 0;
  case 'd':
    if (!read_number(text, 1, GH_SIM_DAYS_MAX, &n)) return bad_option("days", text, "a number from 1 to 3660");
    o->world.days = (uint32_t)n;
    return 0;
  case 's':
    if (!read_number(text, 0, UINT64_MAX, &o->world.seed)) return bad_option("seed", text, "a number");
    return 0;
  case 'b':
    if (!gh_date_parse(gh_str(text), &o->world.start_day)) return bad_option("start", text, "a date such as 2026-09-14");
    return 0;
  case 'w': o->world.wide = true; return 0;
  case 'p': o->profiles = text; return 0;
  case 't': o->truth = text; return 0;
  case 'h': fputs(usage, stdout); return -1;
  default: fputs("try: goldhour simulate --help\n", stderr); return GH_EXIT_USAGE;
  }
}

/* Files are opened before the first event, so that a wrong path is known at once. */
static FILE *open_file(const char *path, bool *ok)
{
  if (!path) return NULL;
  FILE *f = fopen(path, "w");
  if (!f) fprintf(stderr, "goldhour simulate: %s: %s\n", path, strerror(errno));
  if (!f) *ok = false;
  return f;
}

static bool close_file(FILE *f, const char *path)
{
  if (!f) return true;
  bool failed = ferror(f) != 0;
  if (fclose(f) == 0 && !failed) return true;
  fprintf(stderr, "goldhour simulate: %s: %s\n", path, strerror(errno));
  return false;
}

static void write_profiles(const struct gh_sim *sim, uint32_t customers, FILE *f)
{
  struct gh_buf line = {0};
  for (uint32_t i = 0; i < customers && f; i++) {
    gh_buf_clear(&line);
    if (!gh_sim_profile(sim, i, &line)) continue;
    gh_buf_byte(&line, '\n');
    fwrite(line.data, 1, line.len, f);
  }
  gh_buf_free(&line);
}

static void write_truth(struct gh_sim *sim, struct gh_buf *scratch, FILE *f)
{
  gh_buf_clear(scratch);
  gh_sim_truth(sim, scratch);
  if (f && scratch->len) fwrite(scratch->data, 1, scratch->len, f);
}

/* Ends early if standard output cannot be written; main says so. */
static void write_events(struct gh_sim *sim, FILE *truth)
{
  struct gh_buf scratch = {0};
  struct gh_sim_event event;
  while (!ferror(stdout) && gh_sim_next(sim, &event)) {
    fwrite(event.json.ptr, 1, event.json.len, stdout);
    putchar('\n');
    write_truth(sim, &scratch, truth);
  }
  write_truth(sim, &scratch, truth);
  gh_buf_free(&scratch);
}

static int simulate(const struct simulate_options *o)
{
  bool ok = true;
  FILE *profiles = open_file(o->profiles, &ok), *truth = open_file(o->truth, &ok);
  struct gh_sim *sim = gh_sim_new(o->world);
  if (ok) {
    write_profiles(sim, o->world.customers, profiles);
    ok = close_file(profiles, o->profiles);
    profiles = NULL;
  }
  if (ok) write_events(sim, truth);
  gh_sim_free(sim);
  ok &= close_file(profiles, o->profiles);
  ok &= close_file(truth, o->truth);
  return ok ? 0 : GH_EXIT_FAILED;
}

int gh_cmd_simulate(int argc, char **argv)
{
  static const struct option options[] = {
    {"customers", required_argument, NULL, 'c'}, {"days", required_argument, NULL, 'd'}, {"seed", required_argument, NULL, 's'},
    {"start", required_argument, NULL, 'b'}, {"wide", no_argument, NULL, 'w'}, {"profiles", required_argument, NULL, 'p'},
    {"truth", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  struct simulate_options o = {.world = {.seed = 1, .customers = 1000, .days = 1}};
  o.world.start_day = gh_days_from_date((struct gh_date){2026, 9, 14});
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    int status = take_option(c, optarg, &o);
    if (status) return status < 0 ? 0 : status;
  }
  if (optind < argc) {
    fprintf(stderr, "goldhour simulate: '%s': no argument is expected here\n%s", argv[optind], usage);
    return GH_EXIT_USAGE;
  }
  return simulate(&o);
}
