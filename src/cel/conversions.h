/* The conversions int() uint() double() string() bytes() bool() timestamp() duration(); their rows are in functions.c and decimal_functions.c.
 *
 * A value of the target type is given back as it is. What lies outside the target's range is an error, as is a text of another form:
 *
 *   int        digits with an optional sign; a double or decimal loses its fraction (towards zero); a timestamp gives seconds since 1970
 *   uint       digits without a sign
 *   double     as gh_double_read
 *   string     numbers in their shortest form, bytes that are valid UTF-8, timestamps as RFC 3339 in UTC, durations in seconds (`5400s`)
 *   bool       1 t T true TRUE True, 0 f F false FALSE False
 *   timestamp  RFC 3339 with offset, or seconds since 1970; years 1 to 9999
 *   duration   `1h30m`, `-1.5s`; units h m s ms us µs ns; at most 315,576,000,000 s (10,000 years)
 */
#ifndef GH_CEL_CONVERSIONS_H
#define GH_CEL_CONVERSIONS_H

#include "function.h"

struct gh_value gh_to_int(struct gh_call *call, const struct gh_value *args, unsigned n);
struct gh_value gh_to_uint(struct gh_call *call, const struct gh_value *args, unsigned n);
struct gh_value gh_to_double(struct gh_call *call, const struct gh_value *args, unsigned n);
struct gh_value gh_to_string(struct gh_call *call, const struct gh_value *args, unsigned n);
struct gh_value gh_to_bytes(struct gh_call *call, const struct gh_value *args, unsigned n);
struct gh_value gh_to_bool(struct gh_call *call, const struct gh_value *args, unsigned n);
struct gh_value gh_to_timestamp(struct gh_call *call, const struct gh_value *args, unsigned n);
struct gh_value gh_to_duration(struct gh_call *call, const struct gh_value *args, unsigned n);

#endif
