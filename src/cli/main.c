/* goldhour COMMAND …: finds the command and hands it its arguments. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "goldhour/base/buf.h"
#include "goldhour/conf/conf.h"

struct command {
  const char *name, *help;
  int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
  {"run", "take events in and put leads out, until stopped", gh_cmd_run},
  {"replay", "print the leads of a past stretch of events, storing nothing", gh_cmd_replay},
  {"check", "say every fault of configuration and rules", gh_cmd_check},
  {"test", "run the rule tests that stand beside the rules", gh_cmd_test},
  {"eval", "evaluate an expression of the condition language", gh_cmd_eval},
  {"explain", "say rule by rule why an event gave a lead, or what stopped it", gh_cmd_explain},
  {"simulate", "print the events of a bank that does not exist", gh_cmd_simulate},
  {"bench", "measure: events a second, from event to lead", gh_cmd_bench},
  {"init", "write a small project to begin with", gh_cmd_init},
  {"demo", "run a bank's day and watch the leads", gh_cmd_demo},
  {"dlq", "the records that were refused: look, send again, drop", gh_cmd_dlq},
  {"profiles", "turn the nightly profile file into changes of profile for a topic", gh_cmd_profiles},
  {"rekey", "bring topics of the bank's own records into one, keyed by customer", gh_cmd_rekey},
};
enum { NCOMMANDS = sizeof commands / sizeof *commands };

static void print_help(FILE *out)
{
  fprintf(out, "Goldhour: transaction events in, leads with deadlines out, within the golden hour.\n\nusage: goldhour COMMAND [OPTION]…\n\n");
  for (size_t i = 0; i < NCOMMANDS; i++) fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
  fprintf(out, "\n  goldhour help COMMAND   the options of a command\n"
               "  goldhour help options   the keys of goldhour.yaml\n"
               "  goldhour --version\n\n"
               "exit status: 0 done, 1 failed, 2 usage, 78 bad configuration\n");
}

static const struct command *find(const char *name)
{
  for (size_t i = 0; i < NCOMMANDS; i++) {
    if (strcmp(commands[i].name, name) == 0) return &commands[i];
  }
  return NULL;
}

static int unknown(const char *name)
{
  struct gh_faults faults;
  struct gh_str names[NCOMMANDS];
  for (size_t i = 0; i < NCOMMANDS; i++) names[i] = gh_str(commands[i].name);
  gh_faults_init(&faults);
  struct gh_str hint = gh_did_you_mean(&faults, gh_str(name), names, NCOMMANDS);
  fprintf(stderr, "goldhour: there is no command '%s'%s%.*s\n", name, hint.len ? "; " : "", GH_FMT(hint));
  fprintf(stderr, "goldhour --help lists them\n");
  gh_faults_free(&faults);
  return GH_EXIT_USAGE;
}

static int run_command(const char *name, int argc, char **argv)
{
  const struct command *c = find(name);
  char shown[32]; /* getopt names it in what it says */
  if (!c) return unknown(name);
  snprintf(shown, sizeof shown, "goldhour %s", c->name);
  argv[0] = shown;
  int status = c->run(argc, argv);
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  perror("goldhour: standard output");
  return status ? status : GH_EXIT_FAILED;
}

static int print_options(void)
{
  struct gh_buf text = {0};
  gh_conf_help(&text);
  fwrite(text.data, 1, text.len, stdout);
  gh_buf_free(&text);
  return 0;
}

static int help(int argc, char **argv)
{
  static char option[] = "--help";
  if (argc < 3) {
    print_help(stdout);
    return 0;
  }
  if (strcmp(argv[2], "options") == 0) return print_options();
  return run_command(argv[2], 2, (char *[]){argv[2], option, NULL});
}

/* A standard stream that the caller closed is opened on nothing: else its number would go to the store or to the loop's own descriptors. */
static bool hold_standard_streams(void)
{
  int fd = STDIN_FILENO;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR);
  if (fd < 0) return false;
  close(fd);
  return true;
}

int main(int argc, char **argv)
{
  if (!hold_standard_streams()) return GH_EXIT_FAILED;
  if (argc < 2) {
    print_help(stderr);
    return GH_EXIT_USAGE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) return help(argc, argv);
  if (strcmp(argv[1], "--version") == 0) {
    printf("goldhour %s\n", GH_VERSION);
    return 0;
  }
  return run_command(argv[1], argc - 1, argv + 1);
}
