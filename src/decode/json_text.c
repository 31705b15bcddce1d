/* Numbers and escapes of JSON, by the grammar of RFC 8259. */
#include "goldhour/base/utf8.h"
#include "json.h"

static bool digit(char c)
{
  return c >= '0' && c <= '9';
}

static const char *digits(const char *at, const char *end)
{
  while (at < end && digit(*at)) at++;
  return at;
}

/* Behind the whole part of a number; NULL if there is none. */
static const char *whole_part(const char *at, const char *end)
{
  if (at < end && *at == '-') at++;
  if (at >= end || !digit(*at)) return NULL;
  return *at == '0' ? at + 1 : digits(at, end);
}

static const char *exponent(const char *at, const char *end)
{
  at++;
  if (at < end && (*at == '+' || *at == '-')) at++;
  return at < end && digit(*at) ? digits(at, end) : NULL;
}

bool gh_json_integer(struct gh_str s)
{
  const char *end = s.ptr + s.len;
  return whole_part(s.ptr, end) == end && s.len > 0;
}

bool gh_json_number(struct gh_str s)
{
  const char *end = s.ptr + s.len;
  const char *at = whole_part(s.ptr, end);
  if (at && at < end && *at == '.') at = at + 1 < end && digit(at[1]) ? digits(at + 1, end) : NULL;
  if (at && at < end && (*at == 'e' || *at == 'E')) at = exponent(at, end);
  return at && at == end;
}

static bool hex4(const char *at, const char *end, uint32_t *out)
{
  if (end - at < 4) return false;
  *out = 0;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    int v = digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (v < 0) return false;
    *out = *out << 4 | (uint32_t)v;
  }
  return true;
}

/* The code point of `\uXXXX`, or of the two escapes of a surrogate pair; *at stands behind the `\u`. */
static bool code_point(const char **at, const char *end, uint32_t *out)
{
  uint32_t low;
  if (!hex4(*at, end, out)) return false;
  *at += 4;
  if (*out < 0xD800 || *out > 0xDFFF) return true;
  if (*out > 0xDBFF || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') return false;
  if (!hex4(*at + 2, end, &low) || low < 0xDC00 || low > 0xDFFF) return false;
  *at += 6;
  *out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
  return true;
}

/* What a single letter behind the backslash stands for; 0: no such escape. */
static char letter(char c)
{
  switch (c) {
    case '"': case '\\': case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

/* One escape; *at stands behind the backslash. */
static bool escape(const char **at, const char *end, char **to)
{
  uint32_t point;
  char c = *at < end ? *(*at)++ : '\0';
  if (c != 'u') {
    **to = letter(c);
    return *(*to)++ != 0;
  }
  if (!code_point(at, end, &point)) return false;
  *to += gh_utf8_put(*to, point);
  return true;
}

bool gh_json_unescape(struct gh_arena *arena, struct gh_str raw, struct gh_str *out)
{
  const char *at = raw.ptr, *end = raw.ptr + raw.len;
  char *text = gh_arena_alloc(arena, raw.len + 1); /* never longer than its escapes */
  char *to = text;
  while (at < end) {
    char c = *at++;
    if (c != '\\') *to++ = c;
    else if (!escape(&at, end, &to)) return false;
  }
  *out = (struct gh_str){text, (size_t)(to - text)};
  return true;
}
