/* Arithmetic of time; pure. Times in Goldhour are int64 milliseconds since 1970-01-01T00:00:00Z (`_ms`), days are int64 days since 1970-01-01.
 *
 * Calendar arithmetic follows Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms" (proleptic Gregorian).
 */
#ifndef GOLDHOUR_BASE_TIME_H
#define GOLDHOUR_BASE_TIME_H

#include <stdint.h>

#include "goldhour/base/str.h"

#define GH_SECOND_MS INT64_C(1000)
#define GH_MINUTE_MS INT64_C(60000)
#define GH_HOUR_MS INT64_C(3600000)
#define GH_DAY_MS INT64_C(86400000)
#define GH_NEVER INT64_MAX /* later than every time */
#define GH_ALWAYS INT64_MIN /* before every time */

/* Sums and differences that stay at the ends instead of overflowing; span_ms >= 0. */
static inline int64_t gh_time_minus(int64_t ms, int64_t span_ms) { return ms < GH_ALWAYS + span_ms ? GH_ALWAYS : ms - span_ms; }
static inline int64_t gh_time_plus(int64_t ms, int64_t span_ms) { return ms > GH_NEVER - span_ms ? GH_NEVER : ms + span_ms; }

struct gh_date { int64_t year; unsigned month, day; }; /* month, day from 1 */

int64_t gh_days_from_date(struct gh_date d);
struct gh_date gh_date_from_days(int64_t days);
unsigned gh_weekday(int64_t days); /* 0 Sunday … 6 Saturday */
bool gh_date_valid(struct gh_date d);

/* An RFC 3339 time with offset, read strictly: seconds since 1970 and nanoseconds (0..999999999). False if malformed or no such time.
 * Up to 9 digits of fraction are kept, further digits are accepted and cut off; `T`/`t`, `Z`/`z` allowed; 24:00 and second 60 refused. */
bool gh_time_parse(struct gh_str s, int64_t *seconds, uint32_t *nanos);
/* The same in milliseconds, finer digits cut off (towards the past). */
bool gh_time_parse_ms(struct gh_str s, int64_t *ms);
/* A date `2026-12-28`, strictly. */
bool gh_date_parse(struct gh_str s, int64_t *days);
/* A time of day `09:00` or `09:00:30`, in ms since midnight; `24:00` refused. */
bool gh_clock_parse(struct gh_str s, int64_t *ms);
/* A duration of the configuration: `30s 15m 2h 7d 250ms`, added up as in `1h30m`; whole numbers; a `d` is 24 h. False if malformed or over 100 years. */
bool gh_duration_parse(struct gh_str s, int64_t *ms);

/* Writes `2026-03-02T09:15:00.000+08:00` for the time at the given offset from UTC; returns the length (29), ended by NUL. */
#define GH_TIME_TEXT 40
size_t gh_time_format(char out[GH_TIME_TEXT], int64_t ms, int32_t offset_s);
/* Writes `2026-03-02`. */
size_t gh_date_format(char out[GH_TIME_TEXT], int64_t days);
/* Writes the shortest form of a duration: `1h30m`, `2d`, `0s`. */
size_t gh_duration_format(char out[GH_TIME_TEXT], int64_t ms);

#endif
