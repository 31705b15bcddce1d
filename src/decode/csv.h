/* CSV by RFC 4180: a line's fields as the members of an object whose values are texts, so that what reads JSON reads it, too. */
#ifndef GH_DECODE_CSV_H
#define GH_DECODE_CSV_H

#include "json.h"

struct csv {
  struct gh_str *columns; /* in the owner's arena */
  uint32_t ncolumns;
  char delimiter;
};

/* Reads the header; false: malformed. Texts are copied into `arena`. */
bool gh_csv_header(struct csv *csv, struct gh_arena *arena, struct json_tape *tape, struct gh_str line);
/* One record into the tape, empty fields left out. Texts borrow from `line`, or from `arena` where quotes were doubled. False: see tape->reason
 * and detail. */
bool gh_csv_read(const struct csv *csv, struct json_tape *tape, struct gh_arena *arena, struct gh_str line);

#endif
