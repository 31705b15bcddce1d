/* Doubles as text, the same in every locale: a shim over <charconv>. */
#ifndef GH_CEL_NUMBER_TEXT_H
#define GH_CEL_NUMBER_TEXT_H

#include "goldhour/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the whole of `s`: digits with a point or an exponent, a sign, `inf`, `infinity` or `nan` in any case. False: malformed, or too large for a
 * double; what is too small becomes zero. */
bool gh_double_read(struct gh_str s, double *out);

/* Long enough for every form below: 309 digits, a point, GH_PRECISION_MAX digits. */
#define GH_PRECISION_MAX 500
#define GH_DOUBLE_TEXT 832

/* Each writes `d`, a finite one, and returns the length; not ended by NUL. */
size_t gh_double_shortest(char out[GH_DOUBLE_TEXT], double d);       /* reads back as d; an exponent below 1e-4 and from 1e21 */
size_t gh_double_shortest_fixed(char out[GH_DOUBLE_TEXT], double d); /* reads back as d; never an exponent: zeros behind the digits that count */
size_t gh_double_fixed(char out[GH_DOUBLE_TEXT], double d, unsigned precision);
size_t gh_double_scientific(char out[GH_DOUBLE_TEXT], double d, unsigned precision);

#ifdef __cplusplus
}
#endif

#endif
