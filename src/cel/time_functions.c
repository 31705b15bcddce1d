/* Parts of timestamps, in UTC or in a zone (IANA name or fixed offset), and of durations. */
#include "goldhour/base/time.h"
#include "function.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* A timestamp on the wall of its zone. */
struct local {
  int64_t day;      /* since 1970 */
  unsigned second;  /* of the day */
  unsigned ms;
};

static struct local local_of(struct gh_value t, int32_t offset_s)
{
  int64_t at = t.i + offset_s, day = at / DAY, second = at % DAY;
  if (second < 0) {
    second += DAY;
    day--;
  }
  return (struct local){.day = day, .second = (unsigned)second, .ms = t.len / 1000000};
}

/* The receiver's local time; an error value if the receiver is no timestamp or there is no such zone, else GH_ABSENT. */
static struct gh_value localize(struct gh_call *call, const struct gh_value *args, unsigned n, struct local *out)
{
  int32_t offset_s = 0;
  if (n < 1 || n > 2 || args[0].kind != GH_TIMESTAMP) return gh_cel_no_overload();
  if (n == 2 && args[1].kind != GH_STRING) return gh_cel_no_overload();
  bool utc = n == 1 || gh_str_eq(gh_text(args[1]), GH_STR("UTC"));
  if (!utc && !gh_zones_offset(call->zones, gh_text(args[1]), args[0].i, &offset_s))
    return gh_cel_errorf(call, "no such time zone: '%.*s'", args[1].len > 64 ? 64 : (int)args[1].len, args[1].text);
  *out = local_of(args[0], offset_s);
  return gh_absent();
}

#define PART_OF_DATE(name, expression)                                                                  \
  static struct gh_value name(struct gh_call *call, const struct gh_value *args, unsigned n)             \
  {                                                                                                      \
    struct local t = {0};                                                                                     \
    struct gh_value error = localize(call, args, n, &t);                                                 \
    return error.kind == GH_ABSENT ? gh_int((int64_t)(expression)) : error;                              \
  }

static int64_t day_of_year(int64_t day)
{
  struct gh_date d = gh_date_from_days(day);
  return day - gh_days_from_date((struct gh_date){d.year, 1, 1});
}

PART_OF_DATE(full_year, gh_date_from_days(t.day).year)
PART_OF_DATE(month, gh_date_from_days(t.day).month - 1)
PART_OF_DATE(date, gh_date_from_days(t.day).day)
PART_OF_DATE(day_of_month, gh_date_from_days(t.day).day - 1)
PART_OF_DATE(day_of_week, gh_weekday(t.day))
PART_OF_DATE(day_of_year_of, day_of_year(t.day))

/* Whole units of a duration, towards zero. */
static struct gh_value duration_in(struct gh_value d, int64_t unit_ms)
{
  int64_t ms = d.i * 1000 + d.len / 1000000;
  if (ms < 0 && d.len % 1000000) ms++;
  return gh_int(ms / unit_ms);
}

#define PART_OF_DAY(name, expression, unit_ms)                                                           \
  static struct gh_value name(struct gh_call *call, const struct gh_value *args, unsigned n)             \
  {                                                                                                      \
    struct local t = {0};                                                                                     \
    if (n == 1 && args[0].kind == GH_DURATION) return duration_in(args[0], unit_ms);                     \
    struct gh_value error = localize(call, args, n, &t);                                                 \
    return error.kind == GH_ABSENT ? gh_int((int64_t)(expression)) : error;                              \
  }

PART_OF_DAY(hours, t.second / HOUR, GH_HOUR_MS)
PART_OF_DAY(minutes, t.second / MINUTE % 60, GH_MINUTE_MS)
PART_OF_DAY(seconds, t.second % 60, GH_SECOND_MS)

static struct gh_value milliseconds(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  struct local t = {0};
  if (n == 1 && args[0].kind == GH_DURATION) return gh_int(duration_in(args[0], 1).i % 1000);
  struct gh_value error = localize(call, args, n, &t);
  return error.kind == GH_ABSENT ? gh_int(t.ms) : error;
}

static const struct gh_overload rows[] = {
  {"getFullYear", true, "timestamp", "int", full_year, NULL},
  {"getFullYear", true, "timestamp;string", "int", full_year, NULL},
  {"getMonth", true, "timestamp", "int", month, NULL},
  {"getMonth", true, "timestamp;string", "int", month, NULL},
  {"getDate", true, "timestamp", "int", date, NULL},
  {"getDate", true, "timestamp;string", "int", date, NULL},
  {"getDayOfMonth", true, "timestamp", "int", day_of_month, NULL},
  {"getDayOfMonth", true, "timestamp;string", "int", day_of_month, NULL},
  {"getDayOfWeek", true, "timestamp", "int", day_of_week, NULL},
  {"getDayOfWeek", true, "timestamp;string", "int", day_of_week, NULL},
  {"getDayOfYear", true, "timestamp", "int", day_of_year_of, NULL},
  {"getDayOfYear", true, "timestamp;string", "int", day_of_year_of, NULL},
  {"getHours", true, "timestamp", "int", hours, NULL},
  {"getHours", true, "timestamp;string", "int", hours, NULL},
  {"getHours", true, "duration", "int", hours, NULL},
  {"getMinutes", true, "timestamp", "int", minutes, NULL},
  {"getMinutes", true, "timestamp;string", "int", minutes, NULL},
  {"getMinutes", true, "duration", "int", minutes, NULL},
  {"getSeconds", true, "timestamp", "int", seconds, NULL},
  {"getSeconds", true, "timestamp;string", "int", seconds, NULL},
  {"getSeconds", true, "duration", "int", seconds, NULL},
  {"getMilliseconds", true, "timestamp", "int", milliseconds, NULL},
  {"getMilliseconds", true, "timestamp;string", "int", milliseconds, NULL},
  {"getMilliseconds", true, "duration", "int", milliseconds, NULL},
};

const struct gh_overload_table gh_cel_time_functions = {rows, sizeof rows / sizeof *rows};
