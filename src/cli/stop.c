#include "stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void ask(int signal_number)
{
  (void)signal_number;
  asked = 1;
}

void gh_cli_stop_signals(void)
{
  const struct sigaction action = {.sa_handler = ask, .sa_flags = (int)SA_RESETHAND};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
}

bool gh_cli_stopped(void) { return asked != 0; }
