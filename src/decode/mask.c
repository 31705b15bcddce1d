/* A refused record as people may see it: its shape, not what it says. Reads bytes, not JSON, for the record may be neither. */
#include "goldhour/base/utf8.h"
#include "goldhour/decode/decode.h"

enum { MOST_SHOWN = 512, KEY_MOST = 40, KEY_DIGITS_MOST = 3 };

static bool digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool letter(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool space(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the quote that closes the string whose content begins at `at`, or the end. */
static const char *string_end(const char *at, const char *end)
{
  for (; at < end && *at != '"'; at++)
    if (*at == '\\' && at + 1 < end) at++;
  return at < end ? at + 1 : end;
}

/* Whether a text looks like a key's name rather than anything of the customer's: short, plain, few digits. */
static bool like_name(const char *from, const char *to)
{
  unsigned digits = 0;
  if (to - from > KEY_MOST) return false;
  for (; from < to; from++) {
    digits += digit(*from);
    if (!digit(*from) && !letter(*from) && *from != '_' && *from != '-' && *from != '.') return false;
  }
  return digits <= KEY_DIGITS_MOST;
}

/* A string that stands where a key stands: behind { or a comma, before a colon. */
static bool is_key(char before, const char *from, const char *to, const char *end)
{
  if ((before != '{' && before != ',') || to - from < 1 || to[-1] != '"' || !like_name(from, to - 1)) return false;
  while (to < end && space(*to)) to++;
  return to < end && *to == ':';
}

static const char *mask_byte(struct gh_buf *out, const char *at, const char *end)
{
  unsigned char c = (unsigned char)*at;
  if (c < 0x80) {
    gh_buf_byte(out, digit(*at) ? '9' : letter(*at) ? 'x' : c < 0x20 || c == 0x7F ? ' ' : *at);
    return at + 1;
  }
  gh_buf_byte(out, '*');
  gh_utf8_next(&at, end);
  return at;
}

static const char *mask_run(struct gh_buf *out, const char *at, const char *end)
{
  while (at < end) at = mask_byte(out, at, end);
  return at;
}

/* true, false and null say nothing about anybody that the shape does not. */
static const char *word(struct gh_buf *out, const char *at, const char *end)
{
  const char *to = at;
  while (to < end && letter(*to)) to++;
  struct gh_str w = {at, (size_t)(to - at)};
  bool literal = gh_str_eq(w, GH_STR("true")) || gh_str_eq(w, GH_STR("false")) || gh_str_eq(w, GH_STR("null"));
  if (!literal) return mask_run(out, at, to);
  gh_buf_add_str(out, w);
  return to;
}

static const char *quoted(struct gh_buf *out, char before, const char *at, const char *end)
{
  const char *to = string_end(at + 1, end);
  if (!is_key(before, at + 1, to, end)) return mask_run(out, at, to);
  gh_buf_add(out, at, (size_t)(to - at));
  return to;
}

void gh_decode_mask(struct gh_buf *out, struct gh_str raw)
{
  if (raw.len == 0) return;
  const char *at = raw.ptr, *end = raw.ptr + (raw.len > MOST_SHOWN ? MOST_SHOWN : raw.len);
  char before = '\0';
  while (at < end) {
    char c = *at;
    if (c == '"') at = quoted(out, before, at, end);
    else at = letter(c) ? word(out, at, end) : mask_byte(out, at, end);
    if (!space(c)) before = c;
  }
  if (raw.len > MOST_SHOWN) gh_buf_fmt(out, "… (%zu bytes)", raw.len);
}
