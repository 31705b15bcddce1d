#include "lead_text.h"


/* A text's end quote; `at` stands behind the first. NULL: it has none. */
static const char *text_end(const char *at, const char *end)
{
  for (; at < end && *at != '"'; at++) {
    if (*at == '\\') at++;
  }
  return at < end ? at : NULL;
}

static unsigned hex4(const char *at)
{
  unsigned v = 0;
  for (int i = 0; i < 4; i++) v = v << 4 | (unsigned)(at[i] <= '9' ? at[i] - '0' : (at[i] | 32) - 'a' + 10);
  return v;
}

/* Our writer escapes quotes, backslashes and control characters alone (\u00xx is below 0x20); everything else stands as UTF-8. */
static void unescape(const char *at, const char *end, struct gh_buf *out)
{
  static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
  for (; at < end; at++) {
    if (*at != '\\' || at + 1 >= end) {
      gh_buf_byte(out, *at);
      continue;
    }
    const char *known = strchr(from, *++at);
    if (*at == 'u' && end - at > 4) {
      gh_buf_byte(out, (char)hex4(at + 1));
      at += 4;
    } else {
      gh_buf_byte(out, known && *known ? to[known - from] : *at);
    }
  }
}

bool gh_lead_member(struct gh_str json, struct gh_str name, struct gh_buf *out)
{
  const char *end = json.ptr + json.len;
  int depth = 0;
  for (const char *at = json.ptr; at < end; at++) {
    depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
    if (*at != '"') continue;
    const char *begin = at + 1;
    at = text_end(begin, end);
    if (!at) return false;
    bool is_key = depth == 1 && end - at > 2 && at[1] == ':';
    if (!is_key || !gh_str_eq(gh_str_n(begin, (size_t)(at - begin)), name)) continue;
    const char *last = at[2] == '"' ? text_end(at + 3, end) : NULL;
    if (last) unescape(at + 3, last, out);
    return last != NULL;
  }
  return false;
}
