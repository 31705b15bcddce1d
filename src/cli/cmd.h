/* The commands: each takes its own argv (argv[0] is "goldhour NAME"), reads its options by getopt_long and returns the exit status. */
#ifndef GH_CLI_CMD_H
#define GH_CLI_CMD_H

#include <stdio.h>

#include "goldhour/base/zone.h"
#include "goldhour/engine/set.h"

#define GH_EXIT_FAILED 1
#define GH_EXIT_USAGE 2
#define GH_EXIT_CONFIG 78 /* a bad configuration (sysexits.h: EX_CONFIG) */
#define GH_CONFIG_FILE "goldhour.yaml" /* what --config is without it */

int gh_cmd_bench(int argc, char **argv);
int gh_cmd_check(int argc, char **argv);
int gh_cmd_demo(int argc, char **argv);
int gh_cmd_dlq(int argc, char **argv);
int gh_cmd_eval(int argc, char **argv);
int gh_cmd_explain(int argc, char **argv);
int gh_cmd_init(int argc, char **argv);
int gh_cmd_profiles(int argc, char **argv);
int gh_cmd_rekey(int argc, char **argv);
int gh_cmd_replay(int argc, char **argv);
int gh_cmd_run(int argc, char **argv);
int gh_cmd_simulate(int argc, char **argv);
int gh_cmd_test(int argc, char **argv);

/* Loads what `config` names and prints its faults and warnings to stderr. Returns the set (free with gh_set_free); NULL: the command ends with
 * GH_EXIT_CONFIG. `zones` is borrowed (gh_zones_load). */
struct gh_set *gh_cli_load(const char *config, const struct gh_zones *zones);
/* The same, never warning that the calendar ends soon: for commands whose output must not depend on today's date. */
struct gh_set *gh_cli_load_timeless(const char *config, const struct gh_zones *zones);
/* goldhour.yaml alone, for commands that look at the store and must work while rules are broken. False: the faults are printed. */
bool gh_cli_conf(const char *config, struct gh_conf *conf, struct gh_arena *arena);
/* Whether `run` can begin by this set: it has a source, and no file is read or written in two ways. False with a fault; files and folders that are
 * not there yet are warnings. */
bool gh_cli_runnable(const struct gh_set *set, struct gh_faults *faults);
/* Prints every fault as `check` does. */
void gh_cli_faults(FILE *out, const struct gh_faults *faults);

#endif
