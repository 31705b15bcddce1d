/* The system, for edges, loops and commands alone: the wall clock, files, the log. */
#ifndef GOLDHOUR_SYS_SYS_H
#define GOLDHOUR_SYS_SYS_H

#include "goldhour/base/arena.h"
#include "goldhour/base/buf.h"
#include "goldhour/base/zone.h"

int64_t gh_wall_ms(void);      /* milliseconds since 1970 */
uint64_t gh_monotonic_ns(void);

/* Reads a whole file into `arena` (text ended by NUL). False: errno says why. */
bool gh_file_read(struct gh_arena *arena, const char *path, struct gh_str *out);
/* `path` against `dir` unless absolute; in `arena`. */
struct gh_str gh_path_join(struct gh_arena *arena, struct gh_str dir, struct gh_str path);
/* Files that match a glob pattern, sorted, in `arena`. Zero is no error. */
bool gh_files_glob(struct gh_arena *arena, struct gh_str pattern, struct gh_str **paths, size_t *n);
/* Every zone of the system's zone database (TZDIR or /usr/share/zoneinfo). */
struct gh_zones *gh_zones_load(void);
/* The files of config/, built into the program so that it needs no data directory; in order of their paths. */
struct gh_shipped {
  const char *path;     /* from config/: "calendars/china.txt" */
  struct gh_str bytes;
};
extern const struct gh_shipped gh_shipped[];
extern const size_t gh_nshipped;
/* The bytes of a shipped file, living as long as the program. False: there is none of that path. */
bool gh_shipped_file(const char *path, struct gh_str *out);
/* Resident memory of this process. */
uint64_t gh_rss_bytes(void);

/* The log: one line to stderr, logfmt or JSON: ts=… level=info msg="…" key=value. Keys and values as printf pairs in `format`: gh_log(GH_INFO, "message", "events=%d lag_ms=%d", …). */
enum gh_level { GH_DEBUG, GH_INFO, GH_WARN, GH_ERR };
void gh_log_json(bool json);
void gh_log(enum gh_level level, const char *message, const char *pairs, ...) __attribute__((format(printf, 3, 4)));

#endif
