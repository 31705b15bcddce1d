#include "goldhour/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

void gh_buf_free(struct gh_buf *b)
{
  free(b->data);
  *b = (struct gh_buf){0};
}

char *gh_buf_room(struct gh_buf *b, size_t n)
{
  if (b->cap - b->len < n) {
    size_t cap = b->cap ? b->cap * 2 : 256;
    while (cap - b->len < n) cap *= 2;
    b->data = realloc(b->data, cap);
    GH_CHECK(b->data && "out of memory");
    b->cap = cap;
  }
  return b->data + b->len;
}

void gh_buf_add(struct gh_buf *b, const void *data, size_t n)
{
  if (n == 0) return;
  memcpy(gh_buf_room(b, n), data, n);
  b->len += n;
}

void gh_buf_add_str(struct gh_buf *b, struct gh_str s) { gh_buf_add(b, s.ptr, s.len); }

void gh_buf_byte(struct gh_buf *b, char c)
{
  *gh_buf_room(b, 1) = c;
  b->len++;
}

void gh_buf_fmt(struct gh_buf *b, const char *format, ...)
{
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  GH_CHECK(n >= 0);
  vsnprintf(gh_buf_room(b, (size_t)n + 1), (size_t)n + 1, format, again);
  va_end(again);
  b->len += (size_t)n;
}

void gh_buf_put_u64(struct gh_buf *b, uint64_t v)
{
  char *at = gh_buf_room(b, 10);
  size_t n = 0;
  for (; v >= 0x80; v >>= 7) at[n++] = (char)(v | 0x80);
  at[n++] = (char)v;
  b->len += n;
}

void gh_buf_put_i64(struct gh_buf *b, int64_t v)
{
  gh_buf_put_u64(b, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

void gh_buf_put_fixed64(struct gh_buf *b, uint64_t v)
{
  char *at = gh_buf_room(b, 8);
  for (unsigned i = 0; i < 8; i++) at[i] = (char)(v >> (8 * i));
  b->len += 8;
}

void gh_buf_put_text(struct gh_buf *b, struct gh_str s)
{
  gh_buf_put_u64(b, s.len);
  gh_buf_add_str(b, s);
}

struct gh_reader gh_reader(struct gh_str bytes)
{
  return (struct gh_reader){bytes.ptr, bytes.ptr ? bytes.ptr + bytes.len : NULL, false};
}

uint64_t gh_read_u64(struct gh_reader *r)
{
  uint64_t v = 0;
  for (unsigned shift = 0; shift < 64 && !r->bad && r->at < r->end; shift += 7) {
    uint8_t c = (uint8_t)*r->at++;
    v |= (uint64_t)(c & 0x7f) << shift;
    if (c < 0x80) return v;
  }
  r->bad = true;
  return 0;
}

int64_t gh_read_i64(struct gh_reader *r)
{
  uint64_t v = gh_read_u64(r);
  return (int64_t)((v >> 1) ^ (v & 1 ? UINT64_MAX : 0));
}

uint64_t gh_read_fixed64(struct gh_reader *r)
{
  if (r->bad || r->end - r->at < 8) {
    r->bad = true;
    return 0;
  }
  uint64_t v = 0;
  for (unsigned i = 0; i < 8; i++) v |= (uint64_t)(uint8_t)r->at[i] << (8 * i);
  r->at += 8;
  return v;
}

struct gh_str gh_read_text(struct gh_reader *r)
{
  uint64_t len = gh_read_u64(r);
  if (r->bad || len > (uint64_t)(r->end - r->at)) {
    r->bad = true;
    return (struct gh_str){NULL, 0};
  }
  struct gh_str s = {r->at, (size_t)len};
  r->at += len;
  return s;
}
