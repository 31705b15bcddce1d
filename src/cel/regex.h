/* Regular expressions in linear time: a shim over RE2. A pattern matches a substring, unless anchored. */
#ifndef GH_CEL_REGEX_H
#define GH_CEL_REGEX_H

#include "goldhour/base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

struct gh_regex;

#define GH_REGEX_ERROR 160
/* Returns a compiled pattern, to be freed with gh_regex_free; NULL with a text in `error`. May be used by many threads at once. */
struct gh_regex *gh_regex_new(struct gh_str pattern, char error[GH_REGEX_ERROR]);
void gh_regex_free(struct gh_regex *regex);
bool gh_regex_matches(const struct gh_regex *regex, struct gh_str text);

#ifdef __cplusplus
}
#endif

#endif
