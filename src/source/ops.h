/* What a kind of source provides; source.c passes calls on. A source's first member is this table. */
#ifndef GH_SOURCE_OPS_H
#define GH_SOURCE_OPS_H

#include "goldhour/source/source.h"

struct gh_source_ops {
  void (*close)(struct gh_source *s);
  enum gh_source_answer (*next)(struct gh_source *s, struct gh_source_record *record);
  uint64_t (*at_end_ns)(const struct gh_source *s);
  uint64_t (*skipped)(const struct gh_source *s);
  bool (*replaced)(const struct gh_source *s);
  int (*wait_fd)(const struct gh_source *s);
  void (*wait)(const struct gh_source *s);
  const char *(*failure)(const struct gh_source *s);
};

struct gh_source { const struct gh_source_ops *ops; };

#endif
