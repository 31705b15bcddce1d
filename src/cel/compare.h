/* Comparison with a bound: lists of lists that share their elements can be far larger than the memory they take. */
#ifndef GH_CEL_COMPARE_H
#define GH_CEL_COMPARE_H

#include "function.h"

enum gh_cel_equality { GH_CEL_UNEQUAL, GH_CEL_EQUAL, GH_CEL_TOO_LONG };

/* Takes a step for each element looked at, and for each GH_CEL_STEP_BYTES of text. */
#define GH_CEL_STEP_BYTES 256
enum gh_cel_equality gh_cel_equality(struct gh_value a, struct gh_value b, uint32_t *steps);
/* The value of a key, numbers of all kinds equal by value; NULL: no such key. */
const struct gh_value *gh_cel_map_find(struct gh_value map, struct gh_value key);

#endif
