#include "goldhour/base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void gh_check_failed(const char *file, int line, const char *what)
{
  fprintf(stderr, "goldhour: a bug: %s:%d: %s\n", file, line, what);
  abort();
}
