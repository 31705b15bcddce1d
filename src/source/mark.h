/* Which file is which: a mark of the first line, in the upper 16 bits of a stored offset. */
#ifndef GH_SOURCE_MARK_H
#define GH_SOURCE_MARK_H

#include <stdint.h>

#include "goldhour/base/str.h"

/* The mark of a file that begins with this line. Never 0. */
uint64_t gh_source_mark(struct gh_str line);
/* The mark of an open file's first line, as far as it is written; 0 where even that is not. */
uint64_t gh_source_mark_of(int fd);
/* Opens the file with this mark, and of at least so many bytes, in the folder of `path`: where it was rotated to while nobody read it.
 * -1: none. */
int gh_source_find_rotated(const char *path, uint64_t mark, uint64_t least_bytes);

#endif
