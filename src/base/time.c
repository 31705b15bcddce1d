#include "goldhour/base/time.h"

/* Division that rounds towards minus infinity: the day of a time before 1970 is the day it falls on. */
static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static int64_t floor_mod(int64_t a, int64_t b) { return a % b < 0 ? a % b + b : a % b; }

int64_t gh_days_from_date(struct gh_date d)
{
  int64_t y = d.year - (d.month <= 2);
  int64_t era = floor_div(y, 400);
  int64_t year_of_era = y - era * 400;
  int64_t month = d.month > 2 ? (int64_t)d.month - 3 : (int64_t)d.month + 9; /* March is 0: the leap day ends the year */
  int64_t day_of_year = (153 * month + 2) / 5 + (int64_t)d.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct gh_date gh_date_from_days(int64_t days)
{
  int64_t z = days + 719468;
  int64_t era = floor_div(z, 146097);
  int64_t day_of_era = z - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * day_of_year + 2) / 153;
  unsigned m = (unsigned)(month < 10 ? month + 3 : month - 9);
  return (struct gh_date){year_of_era + era * 400 + (m <= 2), m, (unsigned)(day_of_year - (153 * month + 2) / 5 + 1)};
}

unsigned gh_weekday(int64_t days) { return (unsigned)floor_mod(days + 4, 7); } /* 1970-01-01 was a Thursday */

static bool leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

bool gh_date_valid(struct gh_date d)
{
  static const unsigned char length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (d.month < 1 || d.month > 12 || d.day < 1) return false;
  return d.day <= length[d.month - 1] + (unsigned)(d.month == 2 && leap(d.year));
}

/* Exactly `n` digits at `p`; -1 if there is anything else. */
static int64_t digits(const char *p, unsigned n)
{
  int64_t v = 0;
  for (unsigned i = 0; i < n; i++) {
    unsigned c = (unsigned)(unsigned char)p[i] - '0';
    if (c > 9) return -1;
    v = v * 10 + c;
  }
  return v;
}

static bool read_date(const char *p, int64_t *days)
{
  int64_t year = digits(p, 4), month = digits(p + 5, 2), day = digits(p + 8, 2);
  if (year < 0 || month < 0 || day < 0 || p[4] != '-' || p[7] != '-') return false;
  struct gh_date d = {year, (unsigned)month, (unsigned)day};
  if (!gh_date_valid(d)) return false;
  *days = gh_days_from_date(d);
  return true;
}

/* hh:mm:ss, 8 characters. */
static bool read_clock(const char *p, int64_t *seconds)
{
  int64_t h = digits(p, 2), m = digits(p + 3, 2), s = digits(p + 6, 2);
  if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59 || p[2] != ':' || p[5] != ':') return false;
  *seconds = h * 3600 + m * 60 + s;
  return true;
}

/* A fraction behind its point; *at moves behind it. */
static bool read_fraction(const char **at, const char *end, uint32_t *nanos)
{
  const char *p = *at, *begin = p;
  uint32_t unit = 100000000;
  for (; p < end && *p >= '0' && *p <= '9'; p++, unit /= 10) *nanos += (uint32_t)(*p - '0') * unit;
  *at = p;
  return p > begin;
}

/* `Z`, or ±hh:mm; must be all that is left. */
static bool read_offset(const char *p, const char *end, int64_t *seconds)
{
  if (end - p == 1 && (*p == 'Z' || *p == 'z')) return true;
  if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':') return false;
  int64_t h = digits(p + 1, 2), m = digits(p + 4, 2);
  if (h < 0 || h > 23 || m < 0 || m > 59) return false;
  *seconds = (h * 3600 + m * 60) * (*p == '-' ? -1 : 1);
  return true;
}

bool gh_time_parse(struct gh_str s, int64_t *seconds, uint32_t *nanos)
{
  enum { SHORTEST = 20 }; /* 2026-03-02T09:15:00Z */
  int64_t days, clock, offset = 0;
  uint32_t fraction = 0;
  if (s.len < SHORTEST || (s.ptr[10] != 'T' && s.ptr[10] != 't')) return false;
  if (!read_date(s.ptr, &days) || !read_clock(s.ptr + 11, &clock)) return false;
  const char *at = s.ptr + 19, *end = s.ptr + s.len;
  if (*at == '.') {
    at++;
    if (!read_fraction(&at, end, &fraction)) return false;
  }
  if (!read_offset(at, end, &offset)) return false;
  *seconds = days * 86400 + clock - offset;
  *nanos = fraction;
  return true;
}

bool gh_time_parse_ms(struct gh_str s, int64_t *ms)
{
  int64_t seconds;
  uint32_t nanos;
  if (!gh_time_parse(s, &seconds, &nanos)) return false;
  *ms = seconds * GH_SECOND_MS + nanos / 1000000;
  return true;
}

bool gh_date_parse(struct gh_str s, int64_t *days) { return s.len == 10 && read_date(s.ptr, days); }

bool gh_clock_parse(struct gh_str s, int64_t *ms)
{
  char text[8] = "00:00:00";
  int64_t seconds;
  if (s.len != 5 && s.len != 8) return false;
  memcpy(text, s.ptr, s.len);
  if (!read_clock(text, &seconds)) return false;
  *ms = seconds * GH_SECOND_MS;
  return true;
}

/* The units of a duration, longest first: the order in which a duration is written. */
static const struct { const char *name; int64_t ms; } units[] = {
  {"d", GH_DAY_MS}, {"h", GH_HOUR_MS}, {"m", GH_MINUTE_MS}, {"s", GH_SECOND_MS}, {"ms", 1},
};
enum { UNITS = sizeof units / sizeof units[0] };
static const int64_t longest_ms = 36525 * GH_DAY_MS; /* 100 years */

static int64_t unit_ms(struct gh_str name)
{
  for (unsigned i = 0; i < UNITS; i++)
    if (gh_str_eq(name, gh_str(units[i].name))) return units[i].ms;
  return 0;
}

/* One number with its unit; *at moves behind it. */
static bool read_part(const char **at, const char *end, int64_t *ms)
{
  const char *p = *at, *begin = p;
  int64_t n = 0;
  for (; p < end && *p >= '0' && *p <= '9'; p++) {
    n = n * 10 + (*p - '0');
    if (n > longest_ms) return false;
  }
  const char *name = p;
  while (p < end && *p >= 'a' && *p <= 'z') p++;
  int64_t unit = unit_ms(gh_str_n(name, (size_t)(p - name)));
  if (name == begin || unit == 0 || n > longest_ms / unit) return false;
  *ms = n * unit;
  *at = p;
  return true;
}

bool gh_duration_parse(struct gh_str s, int64_t *ms)
{
  const char *at = s.ptr, *end = s.ptr + s.len;
  int64_t sum = 0, part;
  if (s.len == 0) return false;
  while (at < end) {
    if (!read_part(&at, end, &part)) return false;
    sum += part;
    if (sum > longest_ms) return false;
  }
  *ms = sum;
  return true;
}

/* Writes `v` with at least `width` digits; returns where it ends. */
static char *put(char *at, int64_t v, unsigned width)
{
  char text[20];
  unsigned n = 0;
  for (; v > 0 || n < width; v /= 10) text[n++] = (char)('0' + v % 10);
  while (n > 0) *at++ = text[--n];
  return at;
}

static char *put_date(char *at, int64_t days)
{
  struct gh_date d = gh_date_from_days(days);
  if (d.year < 0) *at++ = '-';
  at = put(at, d.year < 0 ? -d.year : d.year, 4);
  *at++ = '-';
  at = put(at, d.month, 2);
  *at++ = '-';
  return put(at, d.day, 2);
}

size_t gh_time_format(char out[GH_TIME_TEXT], int64_t ms, int32_t offset_s)
{
  int64_t offset_min = floor_div(offset_s, 60); /* RFC 3339 has no seconds in an offset; the moment stays the same */
  int64_t local_s = floor_div(ms, GH_SECOND_MS) + offset_min * 60;
  int64_t clock_s = floor_mod(local_s, 86400);
  char *at = put_date(out, floor_div(local_s, 86400));
  *at++ = 'T';
  at = put(at, clock_s / 3600, 2);
  *at++ = ':';
  at = put(at, clock_s / 60 % 60, 2);
  *at++ = ':';
  at = put(at, clock_s % 60, 2);
  *at++ = '.';
  at = put(at, floor_mod(ms, GH_SECOND_MS), 3);
  *at++ = offset_min < 0 ? '-' : '+';
  int64_t east = offset_min < 0 ? -offset_min : offset_min;
  at = put(at, east / 60, 2);
  *at++ = ':';
  at = put(at, east % 60, 2);
  *at = '\0';
  return (size_t)(at - out);
}

size_t gh_date_format(char out[GH_TIME_TEXT], int64_t days)
{
  char *at = put_date(out, days);
  *at = '\0';
  return (size_t)(at - out);
}

size_t gh_duration_format(char out[GH_TIME_TEXT], int64_t ms)
{
  char *at = out;
  if (ms < 0) *at++ = '-';
  uint64_t left = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
  for (unsigned i = 0; i < UNITS; i++) {
    uint64_t n = left / (uint64_t)units[i].ms;
    if (n == 0) continue;
    left -= n * (uint64_t)units[i].ms;
    at = put(at, (int64_t)n, 1);
    for (const char *c = units[i].name; *c; c++) *at++ = *c;
  }
  if (ms == 0) {
    *at++ = '0';
    *at++ = 's';
  }
  *at = '\0';
  return (size_t)(at - out);
}
