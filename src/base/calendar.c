#include "goldhour/base/calendar.h"

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"

enum { LONGEST_RANGE = 36525 }; /* days: 100 years */
enum mark { PLAIN, HOLIDAY, WORKED };

struct gh_calendar {
  int64_t first, last;
  uint8_t *marks; /* one a day: enum mark */
};

/* Reading: where we are, and in which line each day was listed. */
struct reading {
  struct gh_arena *arena;
  struct gh_faults *faults;
  struct gh_str file, text;
  struct gh_calendar *calendar;
  uint32_t *lines; /* one a day */
  uint32_t line;
  const char *line_begin, *at, *line_end;
  bool range_missed; /* said once */
};

/* Names of holidays aside, what is read is ASCII: bytes are columns. */
static struct gh_spot spot(const struct reading *r, const char *at)
{
  return (struct gh_spot){r->file, r->line, (unsigned)(at - r->line_begin) + 1};
}

#define FAULT(r, at_ptr, ...) with_excerpt((r), (at_ptr), gh_fault((r)->faults, spot((r), (at_ptr)), __VA_ARGS__))

static struct gh_fault *with_excerpt(struct reading *r, const char *at, struct gh_fault *fault)
{
  fault->excerpt = gh_fault_caret(r->faults, r->text, (size_t)(at - r->text.ptr));
  return fault;
}

/* The next word of the line; empty at its end or before a comment. */
static struct gh_str next_word(struct reading *r)
{
  while (r->at < r->line_end && (*r->at == ' ' || *r->at == '\t')) r->at++;
  const char *begin = r->at;
  if (begin < r->line_end && *begin == '#') r->line_end = begin;
  while (r->at < r->line_end && *r->at != ' ' && *r->at != '\t') r->at++;
  return gh_str_n(begin, (size_t)(r->at - begin));
}

static bool read_day(struct reading *r, struct gh_str word, int64_t *day)
{
  if (gh_date_parse(word, day)) return true;
  if (word.len == 0) FAULT(r, word.ptr, "a date is missing here")->hint = GH_STR("dates are written 2026-02-15");
  else FAULT(r, word.ptr, "'%.*s' is no date", GH_FMT(word))->hint = GH_STR("dates are written 2026-02-15");
  return false;
}

/* `2026-02-15` or `2026-02-15..2026-02-23`, both days included. */
static bool read_days(struct reading *r, int64_t *from, int64_t *to)
{
  struct gh_str word = next_word(r), first = word;
  for (size_t i = 0; i + 1 < word.len; i++)
    if (word.ptr[i] == '.' && word.ptr[i + 1] == '.') {
      first = gh_str_n(word.ptr, i);
      break;
    }
  if (!read_day(r, first, from)) return false;
  *to = *from;
  if (first.len == word.len) return true;
  struct gh_str last = gh_str_n(word.ptr + first.len + 2, word.len - first.len - 2);
  if (!read_day(r, last, to)) return false;
  if (*to >= *from) return true;
  FAULT(r, word.ptr, "these days are reversed: the first one lies after the last");
  return false;
}

static void read_range(struct reading *r)
{
  struct gh_calendar *c = r->calendar;
  const char *keyword = r->at - 5;
  r->range_missed = true; /* if it is faulty, that is said below */
  int64_t first, last;
  if (!read_day(r, next_word(r), &first)) return;
  struct gh_str second = next_word(r);
  if (!read_day(r, second, &last)) return;
  if (c->marks) {
    FAULT(r, keyword, "the range is given twice");
    return;
  }
  if (last < first || last - first >= LONGEST_RANGE) {
    FAULT(r, second.ptr, last < first ? "the range is reversed: it ends before it begins" : "the range is longer than 100 years");
    return;
  }
  c->first = first;
  c->last = last;
  c->marks = gh_arena_zero(r->arena, (size_t)(last - first) + 1, sizeof *c->marks);
  r->lines = gh_arena_zero(r->arena, (size_t)(last - first) + 1, sizeof *r->lines);
}

static bool weekend(int64_t day) { return gh_weekday(day) == 0 || gh_weekday(day) == 6; }

/* Marks one day. False: there is nothing more to say about its neighbours. */
static bool mark_day(struct reading *r, const char *at, int64_t day, enum mark mark)
{
  struct gh_calendar *c = r->calendar;
  char text[GH_TIME_TEXT];
  gh_date_format(text, day);
  if (day < c->first || day > c->last) {
    FAULT(r, at, "%s lies outside the calendar's range", text);
    return false;
  }
  uint32_t *line = &r->lines[day - c->first];
  if (*line) {
    FAULT(r, at, "%s is already listed in line %u", text, *line);
    return false;
  }
  if (mark == WORKED && !weekend(day)) {
    struct gh_fault *w = with_excerpt(r, at, gh_warning(r->faults, spot(r, at), "%s is a weekday, worked anyway", text));
    w->hint = GH_STR("`worked` is for the weekend days that are worked in exchange for a holiday");
  }
  *line = r->line;
  c->marks[day - c->first] = (uint8_t)mark;
  return true;
}

static void read_marks(struct reading *r, enum mark mark)
{
  int64_t from, to;
  while (r->at < r->line_end && (*r->at == ' ' || *r->at == '\t')) r->at++;
  const char *at = r->at;
  if (!read_days(r, &from, &to)) return;
  if (!r->calendar->marks) {
    if (!r->range_missed) FAULT(r, at, "the calendar's `range` must come before its days");
    r->range_missed = true;
    return;
  }
  for (int64_t day = from; day <= to; day++)
    if (!mark_day(r, at, day, mark)) return;
}

static void read_line(struct reading *r)
{
  static const struct gh_str keywords[] = {{"range", 5}, {"holiday", 7}, {"worked", 6}};
  struct gh_str word = next_word(r);
  if (word.len == 0) return;
  if (gh_str_eq(word, keywords[0])) read_range(r);
  else if (gh_str_eq(word, keywords[1])) read_marks(r, HOLIDAY);
  else if (gh_str_eq(word, keywords[2])) read_marks(r, WORKED);
  else {
    struct gh_fault *fault = FAULT(r, word.ptr, "'%.*s' is neither `range`, `holiday` nor `worked`", GH_FMT(word));
    fault->hint = gh_did_you_mean(r->faults, word, keywords, 3);
  }
}

static void read_lines(struct reading *r)
{
  const char *p = r->text.ptr, *end = p + r->text.len;
  if (gh_str_starts(r->text, GH_STR("\xEF\xBB\xBF"))) p += 3;
  while (p < end) {
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    r->line++;
    r->line_begin = r->at = p;
    r->line_end = newline ? newline : end;
    p = newline ? newline + 1 : end;
    if (r->line_end > r->line_begin && r->line_end[-1] == '\r') r->line_end--;
    read_line(r);
  }
}

const struct gh_calendar *gh_calendar_parse(struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults)
{
  struct reading r = {.arena = arena, .faults = faults, .file = file, .text = text};
  unsigned errors = faults->errors;
  r.calendar = gh_arena_zero(arena, 1, sizeof *r.calendar);
  read_lines(&r);
  if (!r.calendar->marks && faults->errors == errors)
    gh_fault(faults, (struct gh_spot){file, 0, 0}, "the calendar has no `range`")->hint = GH_STR("it begins with a line such as: range 2024-01-01 2026-12-31");
  return faults->errors == errors ? r.calendar : NULL;
}

int64_t gh_calendar_first(const struct gh_calendar *c) { return c->first; }
int64_t gh_calendar_last(const struct gh_calendar *c) { return c->last; }

bool gh_calendar_works(const struct gh_calendar *c, int64_t day)
{
  GH_CHECK(day >= c->first && day <= c->last);
  switch ((enum mark)c->marks[day - c->first]) {
  case HOLIDAY: return false;
  case WORKED: return true;
  case PLAIN: break;
  }
  return !weekend(day);
}

bool gh_calendar_add(const struct gh_calendar *c, int64_t day, unsigned n, int64_t *out)
{
  GH_CHECK(n >= 1);
  if (day < c->first) return false;
  while (n > 0) {
    if (++day > c->last) return false;
    n -= gh_calendar_works(c, day);
  }
  *out = day;
  return true;
}
