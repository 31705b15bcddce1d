/* YAML as a tree with marks: libyaml's document behind a shim. Anchors, aliases, tags and several documents are refused with a fault; so are
 * duplicate keys, and keys that are not plain texts. Reads from a buffer, never a file. */
#ifndef GOLDHOUR_CONF_YAML_H
#define GOLDHOUR_CONF_YAML_H

#include <stdint.h>

#include "goldhour/base/fault.h"

enum gh_node_kind { GH_NODE_SCALAR, GH_NODE_LIST, GH_NODE_MAP };

#define GH_NODE_FOLDED UINT8_MAX

struct gh_node {
  enum gh_node_kind kind;
  struct gh_spot at;           /* where it begins */
  struct gh_str text;          /* SCALAR */
  bool quoted;                 /* SCALAR: in quotes, or a block: never null, a bool or a number */
  uint8_t lead;                /* SCALAR: characters from `at` to the text (1: a quote), if it stands on one line as written; else GH_NODE_FOLDED */
  struct gh_str key;           /* of an entry of a MAP */
  struct gh_spot key_at;
  struct gh_node *first, *next; /* LIST, MAP: the entries; the next entry of the parent */
  unsigned count;
};

/* Parses `text`. Returns the root, in `arena` with all its texts; NULL with faults. `file` is named in faults (borrowed by marks: must outlive the tree). */
struct gh_node *gh_yaml_parse(struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults);
/* The entry of a MAP, or NULL. */
struct gh_node *gh_node_get(const struct gh_node *map, const char *key);
/* Where a byte of a SCALAR's text stands in the file; where the node begins if the text is folded, escaped or a block. */
struct gh_spot gh_node_spot(const struct gh_node *n, size_t offset);
/* Nothing was written: NULL, or a plain scalar that is empty, `~` or `null`. */
bool gh_node_absent(const struct gh_node *n);

/* What a walker asks of nodes; each adds a fault that says what was expected and returns false if it is not so. `null` and an empty scalar count as absent where allowed. */
bool gh_want_map(const struct gh_node *n, const char *const *allowed_keys, struct gh_faults *faults); /* unknown key: fault with "did you mean"; allowed NULL: any */
bool gh_want_list(const struct gh_node *n, struct gh_faults *faults);
bool gh_want_text(const struct gh_node *n, struct gh_str *out, struct gh_faults *faults);
bool gh_want_int(const struct gh_node *n, int64_t least, int64_t most, int64_t *out, struct gh_faults *faults);
bool gh_want_bool(const struct gh_node *n, bool *out, struct gh_faults *faults);
bool gh_want_duration(const struct gh_node *n, int64_t *ms, struct gh_faults *faults);
bool gh_want_bytes(const struct gh_node *n, int64_t *bytes, struct gh_faults *faults); /* 64MB, 512KB, 1GB, or plain bytes */

#endif
