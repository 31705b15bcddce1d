/* How a source writes times: counts since 1970, RFC 3339, dates, or digits in a pattern such as yyyyMMddHHmmss. */
#ifndef GH_DECODE_TIME_FORM_H
#define GH_DECODE_TIME_FORM_H

#include "goldhour/base/zone.h"

enum time_form_kind {
  FORM_RFC3339, FORM_SECONDS, FORM_MILLIS, FORM_MICROS, FORM_NANOS, FORM_PATTERN,
  FORM_DAYS,                                         /* dates: since 1970 */
  FORM_LOCAL_MILLIS, FORM_LOCAL_MICROS, FORM_LOCAL_NANOS, /* of a local clock, since it showed 1970 */
  FORM_DATETIME,                                     /* as databases write them: `2026-09-17 09:00:00.123456`, perhaps with T, perhaps with an offset */
};

struct time_part { char letter; unsigned width; struct gh_str literal; }; /* letter 0: a literal */
#define TIME_PARTS_MAX 24

struct time_form {
  enum time_form_kind kind;
  unsigned nparts;
  struct time_part parts[TIME_PARTS_MAX];
};

/* Reads `rfc3339 | s | ms | us | ns | days | local_ms | local_us | local_ns | datetime | date` or a pattern of y M d H m s S (as many as there are digits), other signs standing for
 * themselves, letters in 'quotes'. NULL if good, else what is wrong with it. `text` is borrowed by the form. */
const char *gh_time_form_parse(struct time_form *form, struct gh_str text);
/* The time of a text in ms since 1970; times without an offset are local in `zone`. False: no such time. */
bool gh_time_form_read(const struct time_form *form, struct gh_str text, const struct gh_zone *zone, int64_t *ms);
/* The date of a text: of a pattern the day as written, else the local day of the time. */
bool gh_time_form_read_day(const struct time_form *form, struct gh_str text, const struct gh_zone *zone, int64_t *day);

#endif
