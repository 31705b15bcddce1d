/* A calendar of working days: for each day of its range whether people work. Monday to Friday are working days save the listed holidays, and
 * listed weekend days are worked in exchange. Read from a text file (format in docs/calendar.md; the shipped one is config/calendars/china.txt). */
#ifndef GOLDHOUR_BASE_CALENDAR_H
#define GOLDHOUR_BASE_CALENDAR_H

#include <stdint.h>

#include "goldhour/base/fault.h"

struct gh_calendar;

/* Reads a calendar's text. Returns it, in `arena`; NULL with faults if it is malformed. `file` is named in faults. */
const struct gh_calendar *gh_calendar_parse(struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults);
int64_t gh_calendar_first(const struct gh_calendar *c); /* first and last day of the range, both included */
int64_t gh_calendar_last(const struct gh_calendar *c);
/* Only for a day inside the range. */
bool gh_calendar_works(const struct gh_calendar *c, int64_t day);
/* The n-th working day (n >= 1) strictly after `day`. False if it lies outside the range, or `day` itself does. */
bool gh_calendar_add(const struct gh_calendar *c, int64_t day, unsigned n, int64_t *out);

#endif
