/* The commands: each takes its own argv (argv[0] is the command's name), reads its options by getopt_long and returns the exit status. */
#ifndef GH_CLI_CMD_H
#define GH_CLI_CMD_H

#define GH_EXIT_FAILED 1
#define GH_EXIT_USAGE 2
#define GH_EXIT_CONFIG 78 /* a bad configuration (sysexits.h: EX_CONFIG) */

int gh_cmd_bench(int argc, char **argv);
int gh_cmd_check(int argc, char **argv);
int gh_cmd_demo(int argc, char **argv);
int gh_cmd_eval(int argc, char **argv);
int gh_cmd_explain(int argc, char **argv);
int gh_cmd_init(int argc, char **argv);
int gh_cmd_replay(int argc, char **argv);
int gh_cmd_run(int argc, char **argv);
int gh_cmd_simulate(int argc, char **argv);
int gh_cmd_test(int argc, char **argv);

#endif
