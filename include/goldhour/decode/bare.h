/* A bare parse by simdjson's own document model, nothing taken out: the yardstick that `goldhour bench` reads decoding beside. No event goes this way. */
#ifndef GOLDHOUR_DECODE_BARE_H
#define GOLDHOUR_DECODE_BARE_H

#include "goldhour/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

struct gh_bare;
struct gh_bare *gh_bare_new(void); /* NULL: out of memory */
void gh_bare_free(struct gh_bare *b);
/* Parses one record; 64 readable bytes must stand behind it (simdjson's padding). False: simdjson refused it. */
bool gh_bare_parse(struct gh_bare *b, struct gh_str record);
#define GH_BARE_PADDING 64

#ifdef __cplusplus
}
#endif

#endif
