/* goldhour test: the stories of *.test.yaml, each told to a core of its own. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "goldhour/engine/ruletest.h"
#include "goldhour/sys/sys.h"

static const char usage[] =
    "usage: goldhour test [--config FILE] [--only TEXT] [--junit FILE] [--quiet] [TESTS.yaml]...\n\n"
    "Runs rule tests: profiles, events at given times, a clock that moves, leads expected or not, with the reason. docs/rule-tests.md has the format.\n"
    "Without file names: the files of `tests` in the configuration, else *.test.yaml beside the rule files.\n\n"
    "  -c, --config FILE   the configuration (goldhour.yaml)\n"
    "      --only TEXT     only tests whose name holds TEXT\n"
    "      --junit FILE    also writes the results as JUnit XML (- is standard output, and says nothing else there)\n"
    "  -q, --quiet         only failures and the sum\n\n"
    "exit status: 0 all passed, 1 some failed, 78 a fault in configuration, rules or tests, 2 usage\n";

struct options { const char *config, *only, *junit; bool quiet; };

struct session {
  const struct options *options;
  struct gh_set *set;
  struct gh_arena arena;
  struct gh_faults faults;
  FILE *out;               /* where people read */
  struct gh_buf junit;
  unsigned passed, failed, passed_over;
  bool *gave;              /* by rule */
};

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
  static const struct option longs[] = {
    {"config", required_argument, NULL, 'c'}, {"only", required_argument, NULL, 'o'}, {"junit", required_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:qh", longs, NULL)) != -1) {
    switch (c) {
      case 'c': o->config = optarg; break;
      case 'o': o->only = optarg; break;
      case 'j': o->junit = optarg; break;
      case 'q': o->quiet = true; break;
      case 'h': fputs(usage, stdout); return 0;
      default: fputs("goldhour test --help says how\n", stderr); return GH_EXIT_USAGE;
    }
  }
  return -1;
}

/* ---- JUnit ---- */

static void put_xml(struct gh_buf *out, struct gh_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (c == '<') gh_buf_add_str(out, GH_STR("&lt;"));
    else if (c == '>') gh_buf_add_str(out, GH_STR("&gt;"));
    else if (c == '&') gh_buf_add_str(out, GH_STR("&amp;"));
    else if (c == '"') gh_buf_add_str(out, GH_STR("&quot;"));
    else if (c >= 0x20 || c == '\n' || c == '\t') gh_buf_byte(out, (char)c); /* XML 1.0 has no other control characters */
  }
}

static void put_attribute(struct gh_buf *out, const char *name, struct gh_str value)
{
  gh_buf_fmt(out, " %s=\"", name);
  put_xml(out, value);
  gh_buf_byte(out, '"');
}

static void junit_case(struct gh_buf *out, struct gh_str file, const struct gh_ruletest *test, const struct gh_ruletest_result *result, double seconds)
{
  gh_buf_add_str(out, GH_STR("    <testcase"));
  put_attribute(out, "classname", file);
  put_attribute(out, "name", test->name);
  gh_buf_fmt(out, " time=\"%.3f\"", seconds);
  if (result->passed) {
    gh_buf_add_str(out, GH_STR("/>\n"));
    return;
  }
  gh_buf_add_str(out, GH_STR(">\n      <failure message=\"not as expected\">"));
  put_xml(out, gh_buf_str(&result->report));
  gh_buf_add_str(out, GH_STR("</failure>\n    </testcase>\n"));
}

static void junit_suite(struct gh_buf *out, struct gh_str file, unsigned tests, unsigned failures, const struct gh_buf *cases)
{
  gh_buf_add_str(out, GH_STR("  <testsuite"));
  put_attribute(out, "name", file);
  gh_buf_fmt(out, " tests=\"%u\" failures=\"%u\">\n", tests, failures);
  gh_buf_add_str(out, gh_buf_str(cases));
  gh_buf_add_str(out, GH_STR("  </testsuite>\n"));
}

static bool write_junit(const struct session *s)
{
  const char *path = s->options->junit;
  FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
  bool ok = f && fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%u\" failures=\"%u\">\n%.*s</testsuites>\n", s->passed + s->failed, s->failed,
                         (int)s->junit.len, s->junit.len ? s->junit.data : "") > 0;
  if (f && f != stdout) ok = fclose(f) == 0 && ok;
  if (!ok) fprintf(stderr, "goldhour test: can't write '%s': %s\n", path, strerror(errno));
  return ok;
}

/* ---- running ---- */

static void print_report(struct session *s, struct gh_str file, const struct gh_ruletest *test, struct gh_str report)
{
  fprintf(s->out, "FAILED  %.*s  (%.*s:%u)\n", GH_FMT(test->name), GH_FMT(file), test->at.line);
  while (report.len) {
    const char *newline = memchr(report.ptr, '\n', report.len);
    size_t n = newline ? (size_t)(newline - report.ptr) : report.len;
    fprintf(s->out, "    %.*s\n", (int)n, report.ptr);
    report = gh_str_n(report.ptr + n + (newline != NULL), report.len - n - (newline != NULL));
  }
}

static bool wanted(const struct session *s, const struct gh_ruletest *test) { return !s->options->only || strstr(test->name.ptr, s->options->only); }

static void run_file(struct session *s, const struct gh_ruletests *tests)
{
  struct gh_buf cases = {0};
  unsigned failed = s->failed, passed = s->passed;
  for (unsigned i = 0; i < tests->n; i++) {
    const struct gh_ruletest *test = &tests->tests[i];
    struct gh_ruletest_result result = {.gave = s->gave};
    if (!wanted(s, test)) {
      s->passed_over++;
      continue;
    }
    uint64_t begin_ns = gh_monotonic_ns();
    gh_ruletest_run(s->set, test, &result);
    double seconds = (double)(gh_monotonic_ns() - begin_ns) / 1e9;
    *(result.passed ? &s->passed : &s->failed) += 1;
    if (!result.passed) print_report(s, tests->file, test, gh_buf_str(&result.report));
    else if (!s->options->quiet) fprintf(s->out, "ok      %.*s\n", GH_FMT(test->name));
    junit_case(&cases, tests->file, test, &result, seconds);
    gh_buf_free(&result.report);
  }
  junit_suite(&s->junit, tests->file, s->passed + s->failed - passed - failed, s->failed - failed, &cases);
  gh_buf_free(&cases);
}

static bool read_file(struct session *s, struct gh_str path, struct gh_ruletests *tests)
{
  struct gh_rules_file file = {.name = path};
  if (!gh_file_read(&s->arena, path.ptr, &file.text)) {
    gh_fault(&s->faults, (struct gh_spot){path, 0, 0}, "can't be read: %s", strerror(errno));
    return false;
  }
  return gh_ruletests_read(tests, s->set, &s->arena, file, &s->faults);
}

/* All files are read before the first test runs: faults come in one go. */
static bool read_files(struct session *s, char **named, unsigned nnamed, struct gh_ruletests **files, unsigned *n)
{
  struct gh_str *paths = NULL;
  *n = nnamed;
  if (nnamed) {
    paths = gh_arena_zero(&s->arena, nnamed, sizeof *paths);
    for (unsigned i = 0; i < nnamed; i++) paths[i] = gh_str(named[i]);
  } else {
    gh_ruletests_find(s->set, &s->arena, &paths, n, &s->faults);
  }
  *files = gh_arena_zero(&s->arena, *n + 1, sizeof **files);
  for (unsigned i = 0; i < *n; i++) read_file(s, paths[i], &(*files)[i]);
  gh_cli_faults(stderr, &s->faults);
  return s->faults.errors == 0;
}

/* Rules that gave no lead in any test: nobody has shown yet that they can. */
static void print_untried(const struct session *s)
{
  const struct gh_rules *rules = s->set->rules;
  unsigned untried = 0;
  for (unsigned i = 0; i < rules->nrules; i++) untried += !s->gave[i];
  if (untried == 0 || s->options->only || s->options->quiet || s->passed + s->failed == 0) return;
  fprintf(s->out, "%u of %u rules gave a lead in no test:", untried, rules->nrules);
  for (unsigned i = 0, shown = 0; i < rules->nrules && shown <= 10; i++) {
    if (s->gave[i]) continue;
    if (shown++ == 10) fprintf(s->out, " …");
    else fprintf(s->out, " %.*s", GH_FMT(rules->rules[i].id));
  }
  fprintf(s->out, "\n");
}

static int run_all(struct session *s, char **named, unsigned nnamed)
{
  struct gh_ruletests *files;
  unsigned n;
  if (!read_files(s, named, nnamed, &files, &n)) return GH_EXIT_CONFIG;
  s->gave = gh_arena_zero(&s->arena, s->set->rules->nrules + 1u, sizeof *s->gave);
  for (unsigned i = 0; i < n; i++) run_file(s, &files[i]);
  print_untried(s);
  if (n == 0) fprintf(s->out, "no tests: there is no *.test.yaml beside the rules\n");
  else fprintf(s->out, "%u passed, %u failed", s->passed, s->failed);
  if (s->passed_over) fprintf(s->out, ", %u passed over", s->passed_over);
  if (n) fprintf(s->out, "\n");
  if (s->options->junit && !write_junit(s)) return GH_EXIT_FAILED;
  return s->failed ? GH_EXIT_FAILED : 0;
}

int gh_cmd_test(int argc, char **argv)
{
  struct options o = {.config = GH_CONFIG_FILE};
  int status = read_options(argc, argv, &o);
  if (status >= 0) return status;
  struct session s = {.options = &o, .out = o.junit && strcmp(o.junit, "-") == 0 ? stderr : stdout};
  struct gh_zones *zones = gh_zones_load();
  s.set = gh_cli_load_timeless(o.config, zones);
  gh_arena_init(&s.arena, 0);
  gh_faults_init(&s.faults);
  status = s.set ? run_all(&s, argv + optind, (unsigned)(argc - optind)) : GH_EXIT_CONFIG;
  gh_buf_free(&s.junit);
  gh_faults_free(&s.faults);
  gh_arena_free(&s.arena);
  gh_set_free(s.set);
  gh_zones_free(zones);
  return status;
}
