/* How often each customer stood in a file, 8 bytes a place: for noticing lines of one customer. */
#ifndef GH_CLI_REPEATS_H
#define GH_CLI_REPEATS_H

#include <stdint.h>

#include "goldhour/base/str.h"

struct gh_repeats { uint64_t *cells; size_t cap, len; }; /* cleared: empty */

/* Counts one more; 1: the first. Stays at 255. */
unsigned gh_repeats_count(struct gh_repeats *r, struct gh_str customer);
void gh_repeats_free(struct gh_repeats *r);

#endif
