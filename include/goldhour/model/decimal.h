/* Exact decimals in int64 units of 10^-scale. Nothing rounds but gh_decimal_div and gh_decimal_avg (half to even); overflow is false. */
#ifndef GOLDHOUR_MODEL_DECIMAL_H
#define GOLDHOUR_MODEL_DECIMAL_H

#include "goldhour/model/value.h"

#define GH_SCALE_MAX 18

/* A number as JSON or CEL writes it (`8000`, `-8000.50`, `8e3`, `1.50E-1`; no `+`, no leading zeros but `0.`), exact at `scale` by its value: `8000.000` fits
 * scale 2, `8000.005` does not. False: no number, not exact, or beyond int64. */
bool gh_decimal_parse(struct gh_str s, unsigned scale, int64_t *units);
/* The same at the smallest scale that holds it (`1.50` is 15 at scale 1… at least `min_scale`). */
bool gh_decimal_parse_free(struct gh_str s, unsigned min_scale, struct gh_value *out);
/* How many digits `s` has after its point: the scale it was written at (`1.50` is 2); 0 with an exponent, or beyond GH_SCALE_MAX. */
unsigned gh_decimal_written_scale(struct gh_str s);
/* Writes `-8000.50`, always `scale` digits after the point; returns the length, ended by NUL. */
#define GH_DECIMAL_TEXT 32
size_t gh_decimal_format(char out[GH_DECIMAL_TEXT], struct gh_value decimal);
/* The same amount at another scale; false if digits would be lost or it overflows. */
bool gh_decimal_rescale(struct gh_value v, unsigned scale, struct gh_value *out);
/* Below 0, 0, above 0; exact for every pair of scales. `a`, `b` decimals or ints or uints. */
int gh_decimal_compare(struct gh_value a, struct gh_value b);
/* Exact at the larger scale (add, sub) or the sum of scales (mul; trailing zeros are dropped where the scale would pass 18). Decimals and ints. */
bool gh_decimal_add(struct gh_value a, struct gh_value b, struct gh_value *out);
bool gh_decimal_sub(struct gh_value a, struct gh_value b, struct gh_value *out);
bool gh_decimal_mul(struct gh_value a, struct gh_value b, struct gh_value *out);
/* a / b at `scale`, half to even; false on division by zero or overflow. */
bool gh_decimal_div(struct gh_value a, struct gh_value b, unsigned scale, struct gh_value *out);
double gh_decimal_double(struct gh_value v); /* the nearest double */
/* A sum of up to 2^63 decimals of one scale without overflow until the end: 128 bits. */
struct gh_decimal_sum { __int128 units; };
bool gh_decimal_sum_value(struct gh_decimal_sum sum, unsigned scale, struct gh_value *out);
/* sum / n at `scale`, half to even. */
bool gh_decimal_avg(struct gh_decimal_sum sum, uint64_t n, unsigned scale, struct gh_value *out);

#endif
