/* Where records come from: a file (followed as it grows and is rotated, or read to its end) or standard input.
 *
 * A source is asked for one record at a time and never waits: it answers GH_SOURCE_NOTHING where a reader would have to. The loop then
 * waits for gh_source_wait_fd, or, for files, looks again after a while. Not asking is the back-pressure: at most one block is read ahead.
 *
 * A record is a line (or, with `complete`, as many lines as it takes). Its bytes never exceed record_bytes: what is longer is passed over
 * with bounded memory and given as too_long with its first bytes alone.
 *
 * A place names the next record: its number, from 1, and an offset. The low 48 bits of the offset are bytes from the file's beginning; the
 * upper 16 are a mark of the file's first line, so that another file under the same name is noticed and begun anew. Standard input has no
 * place to go back to.
 */
#ifndef GOLDHOUR_SOURCE_SOURCE_H
#define GOLDHOUR_SOURCE_SOURCE_H

#include <stdint.h>

#include "goldhour/model/message.h"

struct gh_source;

struct gh_source_options {
  const char *path;                     /* NULL: standard input */
  bool follow;                          /* at the end of a file wait for more; an unfinished last line waits for its newline */
  size_t record_bytes;                  /* the longest record */
  bool (*complete)(struct gh_str bytes); /* whether lines read so far are a whole record; NULL: a line is */
  uint64_t offset, record;              /* a stored place; {0, 0} from the beginning */
};

struct gh_source_error { char text[512]; };

/* Opens; NULL with `error`. */
struct gh_source *gh_source_open(const struct gh_source_options *options, struct gh_source_error *error);
void gh_source_close(struct gh_source *s);

enum gh_source_answer {
  GH_SOURCE_RECORD,
  GH_SOURCE_NOTHING, /* nothing more now: the source is at its end for the moment */
  GH_SOURCE_END,     /* nothing more ever */
  GH_SOURCE_FAILED,  /* reading failed; see gh_source_error */
};

struct gh_source_record {
  struct gh_str bytes;               /* without its newline (LF or CR LF) and without a byte-order mark; borrowed until the next call */
  bool too_long;                     /* bytes: only its first 1 KB */
  bool none;                         /* no record: only the place moves on, over what a stream never gives (marks of transactions, what was lost) */
  /* Of a stream's message; borrowed as well. */
  struct gh_str key;
  const struct gh_header *headers; unsigned nheaders;
  int64_t time_ms;                   /* when it was written; 0: unknown */
  uint64_t at_offset, at_record;     /* where it begins: bytes from the beginning, and number */
  uint64_t next_offset, next_record; /* the place behind it */
};

enum gh_source_answer gh_source_next(struct gh_source *s, struct gh_source_record *record);
/* Monotonic time (ns) at which the source was last confirmed to be read to its end: of a file, when it said NOTHING; of a stream, what its broker confirmed, whatever
 * is still read ahead. 0: never, or more has come since. */
uint64_t gh_source_at_end_ns(const struct gh_source *s);
/* Records that were lost before the place where reading went on, where that was allowed. */
uint64_t gh_source_skipped(const struct gh_source *s);
/* The stored place belonged to another file, or the file is shorter than that: reading began anew. */
bool gh_source_replaced(const struct gh_source *s);
/* The descriptor that becomes readable when there is more; -1: a file, look again after a while. */
int gh_source_wait_fd(const struct gh_source *s);
/* Waits until there may be more; for whoever has nothing else to do. */
void gh_source_wait(const struct gh_source *s);
/* What went wrong, after GH_SOURCE_FAILED. */
const char *gh_source_failure(const struct gh_source *s);

/* The bytes of a place, without the mark. */
static inline uint64_t gh_source_bytes(uint64_t offset) { return offset & ((UINT64_C(1) << 48) - 1); }

#endif
