/* format and strings.quote of the strings extension; their rows are in string_functions.c.
 *
 *   %s  any value            %d  int, uint, double, decimal in base 10
 *   %f  %e  numbers with `precision` digits after the point (`%.2f`; 6 without), half to even by their exact value
 *   %b  int, uint, bool in base 2        %o  int, uint in base 8        %x %X  int, uint, or the bytes of a string or bytes in base 16
 */
#ifndef GH_CEL_STRING_FORMAT_H
#define GH_CEL_STRING_FORMAT_H

#include "function.h"

/* args: the format (string), its values (list). Values without a clause are passed over. */
struct gh_value gh_format(struct gh_call *call, const struct gh_value *args, unsigned n);
struct gh_value gh_quote(struct gh_call *call, const struct gh_value *args, unsigned n);

#endif
