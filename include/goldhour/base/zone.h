/* Time zones, from the system's TZif files (RFC 8536, versions 1 to 4, with the POSIX footer for the years beyond the table); pure: the bytes
 * are read by `sys`. A set of zones is made once at start and only read after that. */
#ifndef GOLDHOUR_BASE_ZONE_H
#define GOLDHOUR_BASE_ZONE_H

#include <stdint.h>

#include "goldhour/base/arena.h"

struct gh_zone;  /* one zone */
struct gh_zones; /* all that were loaded */

struct gh_zones *gh_zones_new(void); /* returns; holds UTC. Free with gh_zones_free. */
void gh_zones_free(struct gh_zones *zones);
/* Adds a zone from the bytes of its TZif file (borrowed for the call). False: malformed; nothing is added. */
bool gh_zones_add(struct gh_zones *zones, struct gh_str name, struct gh_str tzif);
/* By name (`Asia/Shanghai`, `UTC`); NULL if not loaded. `zones` may be NULL: no zone has a name. */
const struct gh_zone *gh_zones_find(const struct gh_zones *zones, struct gh_str name);
/* By name, or a fixed offset as CEL takes it (`+08:00`, `-02:30`, `02:00`): gives the offset in seconds east of UTC at `seconds` since 1970. False: no such zone. */
bool gh_zones_offset(const struct gh_zones *zones, struct gh_str name, int64_t seconds, int32_t *offset_s);

struct gh_str gh_zone_name(const struct gh_zone *zone);
/* Seconds east of UTC at a time in seconds since 1970. */
int32_t gh_zone_offset(const struct gh_zone *zone, int64_t seconds);
/* The local day of a time. */
int64_t gh_zone_day(const struct gh_zone *zone, int64_t ms);
/* The local time of day of a time, ms since local midnight by the wall. */
int64_t gh_zone_clock_ms(const struct gh_zone *zone, int64_t ms);
/* The moment of a local day and time of day: a skipped local time is the first moment after the gap, a repeated one the first. */
int64_t gh_zone_moment(const struct gh_zone *zone, int64_t day, int64_t clock_ms);

#endif
