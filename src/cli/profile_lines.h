/* The lines of a nightly profile file (JSON lines, or CSV where the name ends in .csv), decoded as the bulk load decodes them. */
#ifndef GH_CLI_PROFILE_LINES_H
#define GH_CLI_PROFILE_LINES_H

#include "goldhour/engine/set.h"
#include "goldhour/source/source.h"

struct gh_profile_lines {
  const char *path;           /* borrowed; NULL: standard input */
  struct gh_source *source;
  struct gh_decoder *decoder;
  bool csv, header_read;
  struct gh_record record;    /* of the last line */
  uint64_t line;              /* its number */
};

enum gh_profile_line { GH_LINE_PROFILE, GH_LINE_PASSED, GH_LINE_REFUSED, GH_LINE_END, GH_LINE_FAILED };

bool gh_profile_lines_open(struct gh_profile_lines *l, const struct gh_set *set, const char *path, char error[512]);
/* The next line; `error` where FAILED. */
enum gh_profile_line gh_profile_lines_next(struct gh_profile_lines *l, char error[512]);
void gh_profile_lines_close(struct gh_profile_lines *l);

#endif
