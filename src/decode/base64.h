/* Base64 (RFC 4648), and numbers written as its bytes, as Kafka Connect does. */
#ifndef GH_DECODE_BASE64_H
#define GH_DECODE_BASE64_H

#include <stdint.h>

#include "goldhour/base/arena.h"

/* The bytes, in `arena`; padding may lack. False: no base64. */
bool gh_base64_decode(struct gh_arena *arena, struct gh_str text, struct gh_str *out);
/* The digits of a whole number in two's complement, most significant byte first, with a point before the last `scale` of them, or as many zeros
 * behind them if it is below 0; in `arena`. At most 32 bytes; false: more, or none, or a scale beyond 100. */
bool gh_base64_number(struct gh_arena *arena, struct gh_str bytes, int64_t scale, struct gh_str *out);

#endif
