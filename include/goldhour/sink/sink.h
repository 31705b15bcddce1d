/* Where leads go: a file, or standard output; one JSON line each. A sink is written by one thread at a time, from committed leads alone.
 *
 * The file sink is exact. Its mark (length, and which file that was) is committed after the bytes are on the disk (fdatasync), and the
 * bytes behind a mark are never trusted: when writing begins the file is cut to its mark, and what follows is written again, the same
 * bytes. A file that was rotated away is left alone and a new one is begun; lines that the old one already holds are found (as long as it
 * lies in the same folder) and not written twice. A file that is there before the first mark is appended to, never cut.
 *
 * Standard output is at least once: a kill between the write and its mark repeats lines; their ids tell.
 */
#ifndef GOLDHOUR_SINK_SINK_H
#define GOLDHOUR_SINK_SINK_H

#include <stdint.h>

#include "goldhour/base/str.h"

struct gh_sink;
struct gh_sink_error { char text[512]; };

/* How far a sink is: committed by the caller. Cleared: nothing written yet. */
struct gh_sink_mark { int64_t bytes; char file[64]; };

/* path NULL: standard output. Opens nothing yet. */
struct gh_sink *gh_sink_new(const char *path);
void gh_sink_free(struct gh_sink *s);
const char *gh_sink_name(const struct gh_sink *s); /* "file", "stdout": under this name the mark is kept */

/* Makes ready to write behind `mark`. If the file is another one than the mark's, the mark is set to where writing goes on, `changed`
 * says that it must be committed before anything is written, and `lines` how many lines behind the old mark the old file already holds. */
bool gh_sink_begin(struct gh_sink *s, struct gh_sink_mark *mark, bool *changed, uint64_t *lines, struct gh_sink_error *error);
/* Writes whole lines behind the mark, makes them durable and moves the mark. After an error the mark stands: begin again. */
bool gh_sink_write(struct gh_sink *s, struct gh_sink_mark *mark, struct gh_str lines, struct gh_sink_error *error);

#endif
