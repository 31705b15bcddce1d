/* A bundle: every text that decides, packed as (name, text) pairs, so that all processes of a group step by one set whatever files each was started with. The
 * options that decide are written anew as a small goldhour.yaml; where events come from and leads go to (and how to get in there) is not in it. */
#ifndef GOLDHOUR_ENGINE_BUNDLE_H
#define GOLDHOUR_ENGINE_BUNDLE_H

#include "goldhour/base/buf.h"
#include "goldhour/base/textmap.h"
#include "goldhour/conf/conf.h"

#define GH_BUNDLE_OPTIONS "goldhour.yaml"
#define GH_BUNDLE_SCHEMA "schema.yaml"
#define GH_BUNDLE_MAPPING "mapping.yaml"
#define GH_BUNDLE_CALENDAR "calendar.txt"

/* What the n-th rule file is called in a bundle: rules/0001-payroll.yaml; in `arena`. */
struct gh_str gh_bundle_rules_name(struct gh_arena *arena, unsigned n, struct gh_str path);
/* Appends the options that decide. */
void gh_bundle_options(struct gh_buf *bundle, const struct gh_conf *conf, bool mapped);
/* The texts, by the numbers under which `names` (initialised here) knows their names; both in `arena`, borrowing `bundle`. NULL: malformed. */
const struct gh_str *gh_bundle_unpack(struct gh_str bundle, struct gh_arena *arena, struct gh_textmap *names);

#endif
