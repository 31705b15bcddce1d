/* What functions and operators may use while they run: errors, and the bounds of one evaluation. */
#include <stdarg.h>
#include <stdio.h>

#include "function.h"

struct gh_value gh_cel_no_overload(void)
{
  return gh_error(GH_STR("no such overload: the operator or function does not take values of these types"));
}

struct gh_value gh_cel_no_memory(void) { return gh_error(GH_STR("the evaluation used over 1 MB")); }
struct gh_value gh_cel_no_steps(void) { return gh_error(GH_STR("the evaluation took over 1,000,000 steps")); }

bool gh_cel_spend(struct gh_call *call, size_t n)
{
  if (*call->steps < n) {
    *call->steps = 0;
    return false;
  }
  *call->steps -= (uint32_t)n;
  return true;
}

struct gh_value gh_cel_errorf(struct gh_call *call, const char *format, ...)
{
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  struct gh_str message = gh_arena_str(call->scratch, gh_str(text));
  return message.ptr ? gh_error(message) : gh_cel_no_memory();
}
