/* The files of profile_state: reading their sections, and merging them into a new state. */
#ifndef GH_CLI_PROFILE_MERGE_H
#define GH_CLI_PROFILE_MERGE_H

#include "profile_state.h"

#define GH_PROFILE_MAGIC GH_STR("goldhour profiles 1\n")

/* False, with `error`: the path, what failed, and errno's words. */
bool gh_profile_fail(struct gh_profile_error *error, const char *path, const char *what);

/* Appends the beginning of a body, before its records. */
void gh_profile_body(struct gh_buf *out, const struct gh_str *names, unsigned nnames, uint64_t records);
/* Appends a section with this body. */
void gh_profile_section(struct gh_buf *out, struct gh_str body);

/* Maps a file and finds its whole sections; what is cut off or damaged at its end is left out. A file that is not there has none. False with `error`: it cannot
 * be read, or is another kind of file. `tables` is the caller's (free it and each one's names), and borrows from the mapping. */
bool gh_profile_map(struct gh_profile_map *map, const char *path, struct gh_profile_table **tables, unsigned *n, struct gh_profile_error *error);
void gh_profile_unmap(struct gh_profile_map *map);

/* What was known, and later tables over it, the last one above all. */
struct gh_profiles_merge {
  const char *path;
  const struct gh_profile_table *known;
  const struct gh_profile_table *parts; unsigned nparts;
  const struct gh_str *names; unsigned nnames;
};
/* Writes the merged state in place of what is at `path`: whole, or not at all. */
bool gh_profiles_merge(const struct gh_profiles_merge *m, struct gh_profile_error *error);

#endif
