/* Parts of timestamps, in UTC or in a zone (IANA name or fixed offset), and of durations. */
#include "goldhour/base/check.h"
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

enum part { YEAR, MONTH, DATE, DAY_OF_MONTH, DAY_OF_WEEK, DAY_OF_YEAR, HOURS, MINUTES, SECONDS, MILLISECONDS };

static int64_t part_of(struct local t, enum part part)
{
  struct gh_date d = gh_date_from_days(t.day);
  switch (part) {
  case YEAR: return d.year;
  case MONTH: return d.month - 1;
  case DATE: return d.day;
  case DAY_OF_MONTH: return d.day - 1;
  case DAY_OF_WEEK: return gh_weekday(t.day);
  case DAY_OF_YEAR: return t.day - gh_days_from_date((struct gh_date){d.year, 1, 1});
  case HOURS: return t.second / HOUR;
  case MINUTES: return t.second / MINUTE % 60;
  case SECONDS: return t.second % 60;
  case MILLISECONDS: return t.ms;
  }
  GH_IMPOSSIBLE();
}

static struct gh_value of_timestamp(struct gh_call *call, const struct gh_value *args, unsigned n, enum part part)
{
  struct local t;
  struct gh_value error = localize(call, args, n, &t);
  return error.kind == GH_ABSENT ? gh_int(part_of(t, part)) : error;
}

/* A duration in whole units, towards zero; of milliseconds only what is left beyond the seconds. */
static struct gh_value of_duration(struct gh_value d, enum part part)
{
  int64_t ms = d.i * 1000 + d.len / 1000000;
  if (ms < 0 && d.len % 1000000) ms++;
  switch (part) {
  case HOURS: return gh_int(ms / GH_HOUR_MS);
  case MINUTES: return gh_int(ms / GH_MINUTE_MS);
  case SECONDS: return gh_int(ms / GH_SECOND_MS);
  default: return gh_int(ms % GH_SECOND_MS);
  }
}

static struct gh_value of_either(struct gh_call *call, const struct gh_value *args, unsigned n, enum part part)
{
  return n == 1 && args[0].kind == GH_DURATION ? of_duration(args[0], part) : of_timestamp(call, args, n, part);
}

static struct gh_value full_year(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_timestamp(call, args, n, YEAR); }
static struct gh_value month(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_timestamp(call, args, n, MONTH); }
static struct gh_value date(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_timestamp(call, args, n, DATE); }
static struct gh_value day_of_month(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_timestamp(call, args, n, DAY_OF_MONTH); }
static struct gh_value day_of_week(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_timestamp(call, args, n, DAY_OF_WEEK); }
static struct gh_value day_of_year(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_timestamp(call, args, n, DAY_OF_YEAR); }
static struct gh_value hours(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_either(call, args, n, HOURS); }
static struct gh_value minutes(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_either(call, args, n, MINUTES); }
static struct gh_value seconds(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_either(call, args, n, SECONDS); }
static struct gh_value milliseconds(struct gh_call *call, const struct gh_value *args, unsigned n) { return of_either(call, args, n, MILLISECONDS); }

/* A zone written into a condition is looked for when it is compiled: misspelt, the condition would never match. Nothing is prepared. */
static const void *check_zone(struct gh_arena *arena, const struct gh_zones *zones, const struct gh_value *args, unsigned n, struct gh_value *fault)
{
  int32_t offset_s;
  if (!zones || n != 2 || args[1].kind != GH_STRING || gh_str_eq(gh_text(args[1]), GH_STR("UTC"))) return NULL;
  if (gh_zones_offset(zones, gh_text(args[1]), 0, &offset_s)) return NULL;
  *fault = gh_error(gh_arena_fmt(arena, "no such time zone: '%.*s'", args[1].len > 64 ? 64 : (int)args[1].len, args[1].text));
  return NULL;
}

static const struct gh_overload rows[] = {
  {"getFullYear", true, "timestamp", "int", full_year, NULL},
  {"getFullYear", true, "timestamp;string", "int", full_year, check_zone},
  {"getMonth", true, "timestamp", "int", month, NULL},
  {"getMonth", true, "timestamp;string", "int", month, check_zone},
  {"getDate", true, "timestamp", "int", date, NULL},
  {"getDate", true, "timestamp;string", "int", date, check_zone},
  {"getDayOfMonth", true, "timestamp", "int", day_of_month, NULL},
  {"getDayOfMonth", true, "timestamp;string", "int", day_of_month, check_zone},
  {"getDayOfWeek", true, "timestamp", "int", day_of_week, NULL},
  {"getDayOfWeek", true, "timestamp;string", "int", day_of_week, check_zone},
  {"getDayOfYear", true, "timestamp", "int", day_of_year, NULL},
  {"getDayOfYear", true, "timestamp;string", "int", day_of_year, check_zone},
  {"getHours", true, "timestamp", "int", hours, NULL},
  {"getHours", true, "timestamp;string", "int", hours, check_zone},
  {"getHours", true, "duration", "int", hours, NULL},
  {"getMinutes", true, "timestamp", "int", minutes, NULL},
  {"getMinutes", true, "timestamp;string", "int", minutes, check_zone},
  {"getMinutes", true, "duration", "int", minutes, NULL},
  {"getSeconds", true, "timestamp", "int", seconds, NULL},
  {"getSeconds", true, "timestamp;string", "int", seconds, check_zone},
  {"getSeconds", true, "duration", "int", seconds, NULL},
  {"getMilliseconds", true, "timestamp", "int", milliseconds, NULL},
  {"getMilliseconds", true, "timestamp;string", "int", milliseconds, check_zone},
  {"getMilliseconds", true, "duration", "int", milliseconds, NULL},
};

const struct gh_overload_table gh_cel_time_functions = {rows, sizeof rows / sizeof *rows};
