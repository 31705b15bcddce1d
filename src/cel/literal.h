/* Number literals. A double literal that is exact as a decimal carries it along (`flags`, `scale` and the low digits in `len`), so that
 * beside a decimal it counts by its text. */
#ifndef GH_CEL_LITERAL_H
#define GH_CEL_LITERAL_H

#include "goldhour/model/value.h"

#define GH_CEL_LITERAL 1 /* gh_value.flags of a GH_DOUBLE */

/* An error value (with a text that lives as long as the program) if it does not fit. */
struct gh_value gh_cel_read_integer(struct gh_str text, bool is_unsigned, bool negative);
struct gh_value gh_cel_read_double(struct gh_str text, bool negative);
/* The decimal that a literal double was written as; false if `v` is none. */
bool gh_cel_literal_decimal(struct gh_value v, struct gh_value *decimal);
/* -v of a double, a literal staying one. */
struct gh_value gh_cel_negate_double(struct gh_value v);

#endif
