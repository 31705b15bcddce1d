/* The shim over simdjson (C++, no exceptions): its first stage, which finds the structure of a record at the speed of memory and checks
 * UTF-8, control characters in strings and closed quotes on the way. The strict walk over that structure is ours (json.c), so that every
 * value is read whether anybody asks for it or not, and numbers keep their digits: neither simdjson's DOM nor its On-Demand gives both. */
#ifndef GH_DECODE_JSON_SIMD_H
#define GH_DECODE_JSON_SIMD_H

#include <stdint.h>

#include "goldhour/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

struct json_simd;

enum json_simd_answer {
  JSON_SIMD_OK, JSON_SIMD_BAD_UTF8, JSON_SIMD_CONTROL_CHARACTER, JSON_SIMD_UNCLOSED_STRING, JSON_SIMD_EMPTY, JSON_SIMD_TOO_LONG,
};

/* Returns a parser for one thread; out of memory stops the program. */
struct json_simd *gh_json_simd_new(void);
void gh_json_simd_free(struct json_simd *s);
/* Finds the offsets of { } [ ] , : of opening quotes and of the first byte of other values, in order. They borrow from `s` until its next
 * call; one more, `text.len`, stands behind the last. `text` need not be padded. Allocates only for a record longer than every one before. */
enum json_simd_answer gh_json_simd_index(struct json_simd *s, struct gh_str text, const uint32_t **offsets, uint32_t *n);
/* The nearest double of a number's text; false: beyond the range. */
bool gh_json_simd_double(struct gh_str text, double *out);

#ifdef __cplusplus
}
#endif

#endif
