#include "posix_zone.h"

#include "goldhour/base/time.h"

enum { DAY_S = 86400, YEARS = 3, CHANGES = 2 * YEARS };

static bool take(struct gh_str *s, char c)
{
  if (s->len == 0 || *s->ptr != c) return false;
  *s = gh_str_n(s->ptr + 1, s->len - 1);
  return true;
}

static bool take_number(struct gh_str *s, int most, int *out)
{
  size_t n = 0;
  int v = 0;
  for (; n < s->len && n < 4 && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++) v = v * 10 + (s->ptr[n] - '0');
  *s = gh_str_n(s->ptr + n, s->len - n);
  *out = v;
  return n > 0 && v <= most;
}

/* A zone's abbreviation: three letters or more, or anything in angle brackets. It is of no use here. */
static bool skip_name(struct gh_str *s)
{
  size_t n = 0;
  if (take(s, '<')) {
    const char *close = memchr(s->ptr, '>', s->len);
    if (!close || close == s->ptr) return false;
    size_t skip = (size_t)(close - s->ptr) + 1;
    *s = gh_str_n(s->ptr + skip, s->len - skip);
    return true;
  }
  while (n < s->len && ((s->ptr[n] >= 'A' && s->ptr[n] <= 'Z') || (s->ptr[n] >= 'a' && s->ptr[n] <= 'z'))) n++;
  *s = gh_str_n(s->ptr + n, s->len - n);
  return n >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_clock(struct gh_str *s, int most_hours, int32_t *seconds)
{
  int h, m = 0, sec = 0;
  bool minus = take(s, '-');
  if (!minus) take(s, '+');
  if (!take_number(s, most_hours, &h)) return false;
  if (take(s, ':') && !take_number(s, 59, &m)) return false;
  if (take(s, ':') && !take_number(s, 59, &sec)) return false;
  *seconds = (h * 3600 + m * 60 + sec) * (minus ? -1 : 1);
  return true;
}

static bool take_day(struct gh_str *s, struct posix_change *out)
{
  if (take(s, 'M')) {
    out->kind = POSIX_MONTH_WEEK;
    return take_number(s, 12, &out->month) && out->month > 0 && take(s, '.') && take_number(s, 5, &out->week) && out->week > 0 &&
           take(s, '.') && take_number(s, 6, &out->day);
  }
  if (take(s, 'J')) {
    out->kind = POSIX_JULIAN;
    return take_number(s, 365, &out->day) && out->day > 0;
  }
  out->kind = POSIX_ZERO_BASED;
  return take_number(s, 365, &out->day);
}

static bool take_change(struct gh_str *s, struct posix_change *out)
{
  out->clock_s = 2 * 3600;
  if (!take(s, ',') || !take_day(s, out)) return false;
  return !take(s, '/') || take_clock(s, 167, &out->clock_s);
}

bool gh_posix_zone_parse(struct gh_str s, struct posix_zone *out)
{
  *out = (struct posix_zone){0};
  int32_t west_s;
  if (!skip_name(&s) || !take_clock(&s, 24, &west_s)) return false;
  out->std_s = -west_s;
  if (s.len == 0) return true;
  out->has_dst = true;
  out->dst_s = out->std_s + 3600;
  if (!skip_name(&s)) return false;
  if (s.len > 0 && *s.ptr != ',') {
    if (!take_clock(&s, 24, &west_s)) return false;
    out->dst_s = -west_s;
  }
  return take_change(&s, &out->start) && take_change(&s, &out->end) && s.len == 0;
}

static int64_t first_of_year(int64_t year) { return gh_days_from_date((struct gh_date){year, 1, 1}); }

/* The day of a change in a year. */
static int64_t day_in_year(const struct posix_change *c, int64_t year)
{
  if (c->kind == POSIX_ZERO_BASED) return first_of_year(year) + c->day;
  if (c->kind == POSIX_JULIAN) {
    bool leap = gh_date_valid((struct gh_date){year, 2, 29});
    return first_of_year(year) + c->day - 1 + (leap && c->day >= 60);
  }
  int64_t first = gh_days_from_date((struct gh_date){year, (unsigned)c->month, 1});
  int64_t day = first + (c->day - (int)gh_weekday(first) + 7) % 7 + (int64_t)(c->week - 1) * 7;
  int64_t next = c->month == 12 ? first_of_year(year + 1) : gh_days_from_date((struct gh_date){year, (unsigned)c->month + 1, 1});
  return day < next ? day : day - 7; /* week 5: the last one */
}

struct change { int64_t at_s; int32_t offset_s; };

/* The changes of the year of `seconds` and its two neighbours, since the clock of a rule may reach over new year. In order of time; at the same
 * time the beginning of daylight saving stands behind its end: that is how permanent daylight saving is written. */
static void changes_around(const struct posix_zone *z, int64_t seconds, struct change out[CHANGES])
{
  int64_t days = seconds / DAY_S - (seconds % DAY_S < 0);
  int64_t year = gh_date_from_days(days).year - 1;
  for (unsigned i = 0; i < CHANGES; i += 2, year++) {
    out[i] = (struct change){day_in_year(&z->end, year) * DAY_S + z->end.clock_s - z->dst_s, z->std_s};
    out[i + 1] = (struct change){day_in_year(&z->start, year) * DAY_S + z->start.clock_s - z->std_s, z->dst_s};
  }
  for (unsigned i = 1; i < CHANGES; i++) {
    struct change c = out[i];
    unsigned j = i;
    for (; j > 0 && (out[j - 1].at_s > c.at_s || (out[j - 1].at_s == c.at_s && c.offset_s == z->std_s)); j--) out[j] = out[j - 1];
    out[j] = c;
  }
}

int32_t gh_posix_zone_offset(const struct posix_zone *z, int64_t seconds)
{
  if (!z->has_dst) return z->std_s;
  struct change changes[CHANGES];
  changes_around(z, seconds, changes);
  int32_t offset_s = z->std_s;
  for (unsigned i = 0; i < CHANGES && changes[i].at_s <= seconds; i++) offset_s = changes[i].offset_s;
  return offset_s;
}

int64_t gh_posix_zone_next(const struct posix_zone *z, int64_t seconds)
{
  if (!z->has_dst) return INT64_MAX;
  struct change changes[CHANGES];
  changes_around(z, seconds, changes);
  for (unsigned i = 0; i < CHANGES; i++)
    if (changes[i].at_s > seconds) return changes[i].at_s;
  return INT64_MAX;
}
