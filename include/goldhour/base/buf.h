/* A buffer of bytes that grows, and a reader over packed bytes.
 *
 * Writers append; out of memory stops the program. Integers are packed as LEB128 varints (signed ones zigzagged), texts as length and
 * bytes. A reader never reads beyond its end: the first short or malformed item sets `bad`, and everything after it reads as zero, so
 * that a caller checks once at the end.
 */
#ifndef GOLDHOUR_BASE_BUF_H
#define GOLDHOUR_BASE_BUF_H

#include <stdint.h>

#include "goldhour/base/str.h"

struct gh_buf {
  char *data; /* owned */
  size_t len, cap;
};

void gh_buf_free(struct gh_buf *b);
static inline void gh_buf_clear(struct gh_buf *b) { b->len = 0; }
/* Room for `n` more bytes; returns where they will stand. */
char *gh_buf_room(struct gh_buf *b, size_t n);
void gh_buf_add(struct gh_buf *b, const void *data, size_t n);
void gh_buf_add_str(struct gh_buf *b, struct gh_str s);
void gh_buf_byte(struct gh_buf *b, char c);
void gh_buf_fmt(struct gh_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline struct gh_str gh_buf_str(const struct gh_buf *b) { return (struct gh_str){b->data, b->len}; }

void gh_buf_put_u64(struct gh_buf *b, uint64_t v);
void gh_buf_put_i64(struct gh_buf *b, int64_t v);
void gh_buf_put_fixed64(struct gh_buf *b, uint64_t v); /* 8 bytes, little-endian: hashes, doubles */
void gh_buf_put_text(struct gh_buf *b, struct gh_str s);

struct gh_reader {
  const char *at, *end; /* borrowed */
  bool bad;
};

struct gh_reader gh_reader(struct gh_str bytes);
uint64_t gh_read_u64(struct gh_reader *r);
int64_t gh_read_i64(struct gh_reader *r);
uint64_t gh_read_fixed64(struct gh_reader *r);
struct gh_str gh_read_text(struct gh_reader *r); /* borrows from the reader's bytes */
static inline bool gh_reader_done(const struct gh_reader *r) { return r->bad || r->at >= r->end; }

#endif
