/* What every test of conf has: an arena for what is read, and the faults that were found. */
#ifndef TESTS_CONF_WORLD_H
#define TESTS_CONF_WORLD_H

#include "conf/faulty.h"
#include "goldhour/conf/conf.h"

struct world {
  struct gh_arena arena;
  struct gh_faults faults;
  struct gh_conf conf;
};

static int setup(void **state)
{
  struct world *w = calloc(1, sizeof *w);
  gh_arena_init(&w->arena, 0);
  gh_faults_init(&w->faults);
  *state = w;
  return 0;
}

static int teardown(void **state)
{
  struct world *w = *state;
  gh_arena_free(&w->arena);
  gh_faults_free(&w->faults);
  free(w);
  return 0;
}

#endif
