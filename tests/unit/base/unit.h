/* What every unit test of the ground includes. */
#ifndef GH_TESTS_UNIT_H
#define GH_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "goldhour/base/str.h"

/* Two texts are the same; says both if not. */
static inline void expect_text(struct gh_str got, const char *want)
{
  if (gh_str_eq(got, gh_str(want))) return;
  fail_msg("got  [%.*s]\nwant [%s]", GH_FMT(got), want);
}

#endif
