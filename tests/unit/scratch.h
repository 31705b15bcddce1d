/* A folder of its own for each test that needs real files; gone when the test is over. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64];

static int make_scratch(void)
{
  strcpy(dir, "/tmp/goldhour-test-XXXXXX");
  return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", dir);
  return system(command) == 0 ? 0 : -1;
}

#endif
