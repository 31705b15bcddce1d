/* A span of bytes that somebody else owns: text that is not necessarily ended by NUL. Passed by value. */
#ifndef GOLDHOUR_BASE_STR_H
#define GOLDHOUR_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct gh_str {
  const char *ptr; /* borrowed; may be NULL when len is 0 */
  size_t len;      /* bytes */
};

#define GH_STR(literal) ((struct gh_str){(literal), sizeof(literal) - 1})
/* For printf: printf("%.*s", GH_FMT(s)). */
#define GH_FMT(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct gh_str gh_str(const char *text) { return (struct gh_str){text, text ? strlen(text) : 0}; }
static inline struct gh_str gh_str_n(const char *ptr, size_t len) { return (struct gh_str){ptr, len}; }

static inline bool gh_str_eq(struct gh_str a, struct gh_str b)
{
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Orders by bytes, a prefix first: below 0, 0, above 0. */
static inline int gh_str_cmp(struct gh_str a, struct gh_str b)
{
  size_t n = a.len < b.len ? a.len : b.len;
  int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
  return c ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool gh_str_starts(struct gh_str s, struct gh_str prefix)
{
  return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

#endif
