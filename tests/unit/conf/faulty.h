/* For tests of what people write wrong: the faults as they would be shown. */
#ifndef GH_TEST_FAULTY_H
#define GH_TEST_FAULTY_H

#include <stdlib.h>

#include "base/unit.h"
#include "goldhour/base/buf.h"
#include "goldhour/base/fault.h"

/* All faults as text, in the list's own arena. */
static inline const char *faults_text(struct gh_faults *faults)
{
  struct gh_buf text = {0};
  for (const struct gh_fault *f = faults->first; f; f = f->next) gh_fault_print(f, &text);
  const char *out = gh_arena_str(&faults->arena, gh_buf_str(&text)).ptr;
  gh_buf_free(&text);
  return out;
}

/* Fails, showing all faults, unless one of them holds `part`. */
static inline void assert_fault(struct gh_faults *faults, const char *part)
{
  const char *all = faults_text(faults);
  if (!strstr(all, part)) fail_msg("no fault says '%s' in:\n%s", part, all);
}

#define assert_no_fault(faults) assert_string_equal(faults_text(faults), "")

#endif
