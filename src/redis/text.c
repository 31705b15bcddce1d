/* Texts for people: cut to their room, never more. */
#include <stdarg.h>
#include <stdio.h>

#include "inside.h"

void gh_redis_say(char *to, size_t cap, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(to, cap, format, args);
  va_end(args);
}

bool gh_redis_is_host(struct gh_str host)
{
  for (size_t i = 0; i < host.len; i++) {
    if ((unsigned char)host.ptr[i] <= ' ' || host.ptr[i] == 0x7f) return false;
  }
  return host.len > 0 && host.len < 254;
}

void gh_error_text(const struct gh_reply *reply, char *text, size_t cap)
{
  static const struct gh_str arguments = {", with args beginning with", 26};
  struct gh_str s = reply->text;
  for (size_t i = 0; i + arguments.len <= s.len; i++) {
    if (gh_str_starts(gh_str_n(s.ptr + i, s.len - i), arguments)) s.len = i;
  }
  gh_redis_say(text, cap, "%.*s", GH_FMT(s));
}
