#include "base64.h"

enum { NUMBER_BYTES = 32, SCALE_MOST = 100 };

static int sextet(char c)
{
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

bool gh_base64_decode(struct gh_arena *arena, struct gh_str text, struct gh_str *out)
{
  while (text.len > 0 && text.ptr[text.len - 1] == '=') text.len--;
  if (text.len % 4 == 1) return false;
  char *bytes = gh_arena_alloc(arena, text.len + 1);
  size_t n = 0;
  uint32_t bits = 0;
  for (size_t i = 0; i < text.len; i++) {
    int v = sextet(text.ptr[i]);
    if (v < 0) return false;
    bits = bits << 6 | (uint32_t)v;
    if (i % 4 == 0) continue;
    bytes[n++] = (char)(uint8_t)(bits >> (6 - 2 * (i % 4)));
  }
  *out = (struct gh_str){bytes, n};
  return true;
}

/* The magnitude of a number, most significant byte first; true: it is negative. */
static bool magnitude(struct gh_str bytes, uint8_t *out)
{
  bool negative = bytes.ptr[0] & 0x80;
  unsigned carry = negative;
  for (size_t i = bytes.len; i-- > 0;) {
    unsigned v = (uint8_t)bytes.ptr[i];
    if (negative) v = (v ^ 0xFF) + carry, carry = v >> 8;
    out[i] = (uint8_t)v;
  }
  return negative;
}

/* Divides by ten in place; the remainder. */
static unsigned tenth(uint8_t *n, size_t len)
{
  unsigned rest = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned v = rest << 8 | n[i];
    n[i] = (uint8_t)(v / 10);
    rest = v % 10;
  }
  return rest;
}

static bool is_zero(const uint8_t *n, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (n[i]) return false;
  return true;
}

bool gh_base64_number(struct gh_arena *arena, struct gh_str bytes, int64_t scale, struct gh_str *out)
{
  uint8_t n[NUMBER_BYTES];
  enum { MOST = NUMBER_BYTES * 5 / 2 + SCALE_MOST + 4 };
  if (bytes.len == 0 || bytes.len > NUMBER_BYTES || scale < -SCALE_MOST || scale > SCALE_MOST) return false;
  bool negative = magnitude(bytes, n);
  char *text = gh_arena_alloc(arena, MOST), *at = text + MOST;
  for (; scale < 0; scale++)
    if (!is_zero(n, bytes.len)) *--at = '0';
  for (int64_t digits = 0; digits <= scale || !is_zero(n, bytes.len); digits++) {
    if (digits == scale && scale > 0) *--at = '.';
    *--at = (char)('0' + tenth(n, bytes.len));
  }
  if (negative) *--at = '-';
  *out = (struct gh_str){at, (size_t)(text + MOST - at)};
  return true;
}
