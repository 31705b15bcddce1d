/* A record's JSON as a flat list of nodes in document order: strict (RFC 8259), every value read, numbers as their text.
 *
 * A container's node is followed by its children; `span` counts the nodes of a subtree, its own included, so the children of c are
 *   for (n = c + 1; n < c + c->span; n += n->span)
 */
#ifndef GH_DECODE_JSON_H
#define GH_DECODE_JSON_H

#include "goldhour/base/arena.h"
#include "json_simd.h"

enum json_kind { JSON_NULL, JSON_TRUE, JSON_FALSE, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

struct json_node {
  const char *text, *key; /* text: a string's content, a number's digits; key: of an object's member; escapes are decoded in both */
  uint32_t text_len, key_len; /* text_len: of a container the number of its children */
  uint32_t span;
  enum json_kind kind;
};

struct json_tape {
  struct json_simd *simd;  /* owned */
  struct json_node *nodes; /* owned; [0] is the root */
  uint32_t nnodes, cap;
  const char *reason;      /* of a refusal: bad_json, bad_utf8, too_deep, too_long */
  const char *detail;      /* for people */
};

void gh_json_tape_init(struct json_tape *t);
void gh_json_tape_free(struct json_tape *t);
/* Reads one value, with whitespace around it, nested at most `depth` deep. Texts borrow from `text`, or from `arena` where they held
 * escapes. False: refused, see reason and detail. */
bool gh_json_tape_read(struct json_tape *t, struct gh_arena *arena, struct gh_str text, unsigned depth);
/* The same of values one behind the other: the first node is a list of them, which the text does not write. */
bool gh_json_tape_read_sequence(struct json_tape *t, struct gh_arena *arena, struct gh_str text, unsigned depth);
/* Makes room for n nodes and forgets those there were; for a writer of nodes (CSV). */
void gh_json_tape_reserve(struct json_tape *t, uint32_t n);

static inline struct gh_str json_text(const struct json_node *n) { return (struct gh_str){n->text, n->text_len}; }
static inline struct gh_str json_key(const struct json_node *n) { return (struct gh_str){n->key, n->key_len}; }
/* The kind for people: "a number", "a text", "a list", … */
const char *gh_json_kind_name(enum json_kind kind);

/* json_text.c: whether `s` is a number as JSON writes it; whole: without point and exponent. */
bool gh_json_number(struct gh_str s);
bool gh_json_integer(struct gh_str s);
/* Decodes the escapes of a string's content into `arena`; false: a malformed escape, half a surrogate pair. */
bool gh_json_unescape(struct gh_arena *arena, struct gh_str raw, struct gh_str *out);

#endif
