/* The POSIX TZ text at the end of a TZif file (RFC 8536, 3.3): `CST-8`, `<+0330>-3:30`, `CET-1CEST,M3.5.0,M10.5.0/3`. Private to zone.c. */
#ifndef GH_BASE_POSIX_ZONE_H
#define GH_BASE_POSIX_ZONE_H

#include <stdint.h>

#include "goldhour/base/str.h"

enum posix_day { POSIX_MONTH_WEEK, POSIX_JULIAN, POSIX_ZERO_BASED }; /* Mm.w.d; Jn, 29 February never counted; n, counted */

struct posix_change {
  enum posix_day kind;
  int month, week, day; /* day: of the week, or of the year */
  int32_t clock_s;      /* by the wall before the change; -167 h … 167 h */
};

struct posix_zone {
  int32_t std_s, dst_s; /* east of UTC */
  bool has_dst;
  struct posix_change start, end; /* of daylight saving */
};

bool gh_posix_zone_parse(struct gh_str text, struct posix_zone *out);
int32_t gh_posix_zone_offset(const struct posix_zone *z, int64_t seconds);
/* The first change after `seconds`; INT64_MAX: none. */
int64_t gh_posix_zone_next(const struct posix_zone *z, int64_t seconds);

#endif
