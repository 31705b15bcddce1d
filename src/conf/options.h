/* The options of goldhour.yaml, a row each: parser, default, bounds and help come from here. How to add one: a field in struct gh_conf, a row
 * in options.c, a line in docs/configuration.md and in config/schema/goldhour.json (a test compares them). */
#ifndef GH_CONF_OPTIONS_H
#define GH_CONF_OPTIONS_H

#include "goldhour/conf/conf.h"

enum gh_option_kind {
  GH_OPTION_TEXT,     /* struct gh_str */
  GH_OPTION_PATH,     /* struct gh_path */
  GH_OPTION_PATHS,    /* struct gh_path *, unsigned: one path or a list */
  GH_OPTION_INT,      /* int64_t within least … most */
  GH_OPTION_DURATION, /* int64_t ms within least … most */
  GH_OPTION_BYTES,    /* int64_t within least … most */
  GH_OPTION_CLOCK,    /* int64_t ms since midnight */
  GH_OPTION_HOURS,    /* open_ms, close_ms */
  GH_OPTION_EDGE,     /* source, profiles, store, sink: a kind and where */
};

struct gh_option {
  const char *key;
  enum gh_option_kind kind;
  size_t at, at_more;   /* offsets in struct gh_conf: of the value; of the count (PATHS), the path (EDGE) */
  int64_t least, most;
  const char *fallback; /* the default as it would be written; NULL: none */
  const char *meaning;
};

extern const struct gh_option gh_options[];
extern const size_t gh_noptions;

/* What may stand at an edge: `source: stdin`, `source: {file: {path: events.jsonl}}`. */
struct gh_edge_kind {
  const char *name;
  int kind;      /* enum gh_source_kind, …; -1: known, but of a later release */
  bool has_path;
};

/* Reads an edge's value. False with a fault. `kinds` is ended by a NULL name. */
bool gh_edge_read(const struct gh_node *n, const struct gh_edge_kind *kinds, int *kind, struct gh_path *path, struct gh_faults *faults);
/* The kinds of `source`, `profiles`, `store` or `sink`. */
const struct gh_edge_kind *gh_edge_kinds(const char *key);

#endif
