/* Texts made while a function runs: a writer into the call's scratch, and steps through code points. */
#ifndef GH_CEL_TEXT_H
#define GH_CEL_TEXT_H

#include "function.h"

/* Grows in scratch. Beyond the bound of one evaluation it takes nothing more, and gh_text_done answers the error. */
struct gh_text_out {
  struct gh_call *call;
  char *data; /* in call->scratch */
  size_t len, cap;
  bool full;
};

void gh_text_add(struct gh_text_out *out, struct gh_str s);
void gh_text_printf(struct gh_text_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What was written, as a string value, or an error. */
struct gh_value gh_text_done(const struct gh_text_out *out);

/* Appends a value as string() writes it, without the kinds that string() refuses. False: one of those. */
bool gh_text_scalar(struct gh_text_out *out, struct gh_value v);
/* `2009-02-13T23:31:30.5Z`, without trailing zeros of the fraction. */
void gh_text_timestamp(struct gh_text_out *out, struct gh_value timestamp);
/* `-1.5s`: seconds, without trailing zeros. */
void gh_text_duration(struct gh_text_out *out, struct gh_value duration);

/* A copy of `s` in scratch as a string value, or the error of gh_cel_no_memory. */
struct gh_value gh_text_copy(struct gh_call *call, struct gh_str s);
/* Byte offset of code point `n` of valid UTF-8 (s.len for the one behind the last); SIZE_MAX beyond. */
size_t gh_text_offset(struct gh_str s, uint64_t n);
/* Bytes of the code point that begins with `lead`. */
size_t gh_text_width(char lead);
/* Byte offset of the first `word` in `s` at or after `from` (<= s.len), in linear time; SIZE_MAX: none. */
size_t gh_text_find(struct gh_str s, struct gh_str word, size_t from);

#endif
