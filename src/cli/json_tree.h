/* JSON as a tree, for what people type: strict (RFC 8259), numbers kept as text, no text cut at a NUL. Not for the event path. */
#ifndef GH_CLI_JSON_TREE_H
#define GH_CLI_JSON_TREE_H

#include <stdint.h>

#include "goldhour/base/arena.h"

enum gh_json_kind { GH_JSON_NULL, GH_JSON_BOOL, GH_JSON_NUMBER, GH_JSON_STRING, GH_JSON_ARRAY, GH_JSON_OBJECT };

struct gh_json {
  enum gh_json_kind kind;
  bool b;               /* BOOL */
  uint32_t n;           /* ARRAY, OBJECT: how many items */
  struct gh_str text;   /* STRING: the text; NUMBER: as written */
  struct gh_str name;   /* in an object: the item's name */
  struct gh_json *items; /* ARRAY, OBJECT */
};

#define GH_JSON_DEPTH 200

/* Reads one JSON text. Returns the tree, in `arena`, borrowing nothing from `text`; NULL with `*fault` (a constant text) and `*offset` in bytes. */
const struct gh_json *gh_json_read(struct gh_arena *arena, struct gh_str text, const char **fault, size_t *offset);
/* The item of an object; NULL: none, or no object. Of several the last. */
const struct gh_json *gh_json_item(const struct gh_json *object, const char *name);

#endif
