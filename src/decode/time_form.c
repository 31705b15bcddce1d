#include "time_form.h"

#include "goldhour/base/time.h"
#include "goldhour/model/decimal.h"

static bool is_letter(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct time_part *add_part(struct time_form *f)
{
  if (f->nparts == TIME_PARTS_MAX) return NULL;
  f->parts[f->nparts] = (struct time_part){0};
  return &f->parts[f->nparts++];
}

/* A text in single quotes, or signs that are no letters; *at stands behind it. */
static const char *literal_part(struct time_form *f, struct gh_str text, size_t *at)
{
  bool quoted = text.ptr[*at] == '\'';
  size_t from = *at + quoted, to = from;
  while (to < text.len && text.ptr[to] != '\'' && (quoted || !is_letter(text.ptr[to]))) to++;
  if (quoted && to == text.len) return "a quote is not closed";
  struct time_part *p = add_part(f);
  if (!p) return "the pattern has too many parts";
  p->literal = (struct gh_str){text.ptr + from, to - from};
  *at = to + quoted;
  return NULL;
}

static const char *letter_part(struct time_form *f, struct gh_str text, size_t *at)
{
  char c = text.ptr[*at];
  unsigned width = 0;
  for (; *at < text.len && text.ptr[*at] == c; ++*at) width++;
  struct time_part *p = add_part(f);
  if (!p) return "the pattern has too many parts";
  *p = (struct time_part){.letter = c, .width = width};
  if (c == 'y') return width == 4 ? NULL : "years have four digits: yyyy";
  if (c == 'S') return width <= 9 ? NULL : "a fraction has at most nine digits";
  if (!memchr("MdHms", c, 5)) return "letters other than y M d H m s S stand in single quotes";
  return width == 2 ? NULL : "months, days, hours, minutes and seconds have two digits each";
}

static bool has_letter(const struct time_form *f, char letter)
{
  unsigned n = 0;
  for (unsigned i = 0; i < f->nparts; i++) n += f->parts[i].letter == letter;
  return n == 1;
}

static const char *parse_pattern(struct time_form *form, struct gh_str text)
{
  form->kind = FORM_PATTERN;
  for (size_t at = 0; at < text.len;) {
    const char *fault = is_letter(text.ptr[at]) ? letter_part(form, text, &at) : literal_part(form, text, &at);
    if (fault) return fault;
  }
  if (!has_letter(form, 'y') || !has_letter(form, 'M') || !has_letter(form, 'd')) return "a time needs yyyy, MM and dd, once each";
  return NULL;
}

const char *gh_time_form_parse(struct time_form *form, struct gh_str text)
{
  static const struct { const char *word; enum time_form_kind kind; } words[] = {
    {"rfc3339", FORM_RFC3339}, {"s", FORM_SECONDS}, {"ms", FORM_MILLIS}, {"us", FORM_MICROS}, {"ns", FORM_NANOS},
    {"days", FORM_DAYS}, {"local_ms", FORM_LOCAL_MILLIS}, {"local_us", FORM_LOCAL_MICROS}, {"local_ns", FORM_LOCAL_NANOS}, {"datetime", FORM_DATETIME},
  };
  *form = (struct time_form){0};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!gh_str_eq(text, gh_str(words[i].word))) continue;
    form->kind = words[i].kind;
    return NULL;
  }
  return parse_pattern(form, gh_str_eq(text, GH_STR("date")) ? GH_STR("yyyy-MM-dd") : text);
}

/* What a text in a pattern says. */
struct moment {
  struct gh_date date;
  unsigned hour, minute, second;
  int64_t nanos;
};

static bool digits(struct gh_str text, size_t at, unsigned width, unsigned *out)
{
  if (text.len - at < width) return false;
  *out = 0;
  for (unsigned i = 0; i < width; i++) {
    char c = text.ptr[at + i];
    if (c < '0' || c > '9') return false;
    *out = *out * 10 + (unsigned)(c - '0');
  }
  return true;
}

static void set_part(struct moment *m, const struct time_part *p, unsigned value)
{
  switch (p->letter) {
    case 'y': m->date.year = value; break;
    case 'M': m->date.month = value; break;
    case 'd': m->date.day = value; break;
    case 'H': m->hour = value; break;
    case 'm': m->minute = value; break;
    case 's': m->second = value; break;
    default:
      m->nanos = value;
      for (unsigned i = p->width; i < 9; i++) m->nanos *= 10;
  }
}

static bool read_pattern(const struct time_form *f, struct gh_str text, struct moment *m)
{
  size_t at = 0;
  for (unsigned i = 0; i < f->nparts; i++) {
    const struct time_part *p = &f->parts[i];
    unsigned value = 0;
    struct gh_str rest = {text.ptr + at, text.len - at};
    if (p->letter ? !digits(text, at, p->width, &value) : !gh_str_starts(rest, p->literal)) return false;
    if (p->letter) set_part(m, p, value);
    at += p->letter ? p->width : p->literal.len;
  }
  return at == text.len && gh_date_valid(m->date) && m->hour < 24 && m->minute < 60 && m->second < 60;
}

static int64_t floor_div(int64_t a, int64_t b)
{
  return a / b - (a % b < 0);
}

/* A count since 1970, by way of nanoseconds, so that digits finer than a millisecond are cut off. */
static bool read_count(const struct time_form *f, struct gh_str text, int64_t *ms)
{
  static const unsigned to_nanos[] = {[FORM_SECONDS] = 9, [FORM_MILLIS] = 6, [FORM_MICROS] = 3, [FORM_NANOS] = 0,
                                      [FORM_LOCAL_MILLIS] = 6, [FORM_LOCAL_MICROS] = 3, [FORM_LOCAL_NANOS] = 0};
  int64_t nanos;
  if (!gh_decimal_parse(text, to_nanos[f->kind], &nanos)) return false;
  *ms = floor_div(nanos, 1000000);
  return true;
}

enum { DAY_MS = 86400000 };

/* A local clock's day and time of day as a moment. */
static void from_local(const struct gh_zone *zone, int64_t local_ms, int64_t *ms)
{
  int64_t day = floor_div(local_ms, DAY_MS);
  *ms = gh_zone_moment(zone, day, local_ms - day * DAY_MS);
}

static bool read_days(struct gh_str text, int64_t *days)
{
  enum { FIRST_DAY = -719162, LAST_DAY = 2932896 }; /* of the years 1 to 9999 */
  return gh_decimal_parse(text, 0, days) && *days >= FIRST_DAY && *days <= LAST_DAY;
}

/* Two digits, colon, two digits at the end behind a sign, or Z: an offset. */
static bool has_offset(struct gh_str s)
{
  if (s.len > 19 && (s.ptr[s.len - 1] == 'Z' || s.ptr[s.len - 1] == 'z')) return true;
  return s.len > 24 && s.ptr[s.len - 3] == ':' && (s.ptr[s.len - 6] == '+' || s.ptr[s.len - 6] == '-');
}

/* `2026-09-17 09:00:00`, read as if its clock were UTC's, unless it has an offset. */
static bool read_datetime(struct gh_str text, const struct gh_zone *zone, int64_t *ms)
{
  char copy[48];
  bool offset = has_offset(text);
  if (text.len < 19 || text.len + 1 > sizeof copy || (text.ptr[10] != ' ' && text.ptr[10] != 'T')) return false;
  memcpy(copy, text.ptr, text.len);
  copy[10] = 'T';
  copy[text.len] = 'Z';
  if (!gh_time_parse_ms((struct gh_str){copy, text.len + !offset}, ms)) return false;
  if (!offset) from_local(zone, *ms, ms);
  return true;
}

static bool read_local(const struct time_form *form, struct gh_str text, const struct gh_zone *zone, int64_t *ms)
{
  if (!read_count(form, text, ms)) return false;
  from_local(zone, *ms, ms);
  return true;
}

bool gh_time_form_read(const struct time_form *form, struct gh_str text, const struct gh_zone *zone, int64_t *ms)
{
  struct moment m = {0};
  int64_t days;
  switch (form->kind) {
    case FORM_RFC3339: return gh_time_parse_ms(text, ms);
    case FORM_LOCAL_MILLIS:
    case FORM_LOCAL_MICROS:
    case FORM_LOCAL_NANOS: return read_local(form, text, zone, ms);
    case FORM_DATETIME: return read_datetime(text, zone, ms);
    case FORM_DAYS:
      if (!read_days(text, &days)) return false;
      *ms = gh_zone_moment(zone, days, 0);
      return true;
    default: break;
  }
  if (form->kind != FORM_PATTERN) return read_count(form, text, ms);
  if (!read_pattern(form, text, &m)) return false;
  int64_t clock_ms = ((m.hour * 60 + m.minute) * 60 + m.second) * GH_SECOND_MS + m.nanos / 1000000;
  *ms = gh_zone_moment(zone, gh_days_from_date(m.date), clock_ms);
  return true;
}

bool gh_time_form_read_day(const struct time_form *form, struct gh_str text, const struct gh_zone *zone, int64_t *day)
{
  struct moment m = {0};
  int64_t ms;
  if (form->kind == FORM_DAYS) return read_days(text, day);
  if (form->kind == FORM_PATTERN) {
    if (!read_pattern(form, text, &m)) return false;
    *day = gh_days_from_date(m.date);
    return true;
  }
  if (!gh_time_form_read(form, text, zone, &ms)) return false;
  *day = gh_zone_day(zone, ms);
  return true;
}
