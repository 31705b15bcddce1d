/* UTF-8: strict decoding (no surrogates, no over-long forms, at most U+10FFFF). */
#ifndef GOLDHOUR_BASE_UTF8_H
#define GOLDHOUR_BASE_UTF8_H

#include <stdint.h>

#include "goldhour/base/str.h"

/* Decodes one code point at *at (< end) and moves *at behind it. Returns it, or -1 if malformed (*at moves by one byte). */
int32_t gh_utf8_next(const char **at, const char *end);
/* Writes a code point (a valid one); returns the bytes written, 1 to 4. */
size_t gh_utf8_put(char out[4], uint32_t code_point);
bool gh_utf8_valid(struct gh_str s);
size_t gh_utf8_count(struct gh_str s); /* code points in valid UTF-8 */
/* Columns on a terminal: 2 for East Asian wide characters, 0 for combining marks, else 1. */
unsigned gh_utf8_width(uint32_t code_point);

#endif
