/* Stopping a long command: TERM and INT ask for it, and the command ends where nothing is half done. */
#ifndef GH_CLI_STOP_H
#define GH_CLI_STOP_H

#include <stdbool.h>

/* From now on TERM and INT set what gh_cli_stopped tells; a second one ends the process at once. */
void gh_cli_stop_signals(void);
bool gh_cli_stopped(void);

#endif
