#include "goldhour/base/utf8.h"

/* The byte after the lead must lie in this range for the sequence to be shortest and no surrogate (Unicode 15, table 3-7). */
static bool second_ok(uint8_t lead, uint8_t second)
{
  switch (lead) {
  case 0xE0: return second >= 0xA0 && second <= 0xBF;
  case 0xED: return second >= 0x80 && second <= 0x9F;
  case 0xF0: return second >= 0x90 && second <= 0xBF;
  case 0xF4: return second >= 0x80 && second <= 0x8F;
  default: return second >= 0x80 && second <= 0xBF;
  }
}

int32_t gh_utf8_next(const char **at, const char *end)
{
  const uint8_t *p = (const uint8_t *)*at;
  size_t left = (size_t)(end - *at);
  uint8_t lead = p[0];
  (*at)++;
  if (lead < 0x80) return lead;
  size_t n = lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0) == 0xE0 ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  if (n == 0 || left < n || !second_ok(lead, p[1])) return -1;
  int32_t c = lead & (0x7F >> n);
  for (size_t i = 1; i < n; i++) {
    if ((p[i] & 0xC0) != 0x80) return -1;
    c = c << 6 | (p[i] & 0x3F);
  }
  *at += n - 1;
  return c;
}

size_t gh_utf8_put(char out[4], uint32_t c)
{
  if (c < 0x80) {
    out[0] = (char)c;
    return 1;
  }
  size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const uint8_t mark[5] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
  out[0] = (char)(mark[n] | c);
  return n;
}

bool gh_utf8_valid(struct gh_str s)
{
  const char *at = s.ptr, *end = s.ptr + s.len;
  while (at < end)
    if (gh_utf8_next(&at, end) < 0) return false;
  return true;
}

size_t gh_utf8_count(struct gh_str s)
{
  size_t n = 0;
  for (size_t i = 0; i < s.len; i++) n += ((uint8_t)s.ptr[i] & 0xC0) != 0x80;
  return n;
}

unsigned gh_utf8_width(uint32_t c)
{
  if (c >= 0x300 && c <= 0x36F) return 0;
  bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
              (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) || (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
              (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}
