/* The log: each call is one line and one write, so that lines of several threads never mix. */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "goldhour/base/time.h"
#include "goldhour/model/lead.h"
#include "goldhour/sys/sys.h"

static atomic_bool as_json;

void gh_log_json(bool json) { atomic_store(&as_json, json); }

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* One pair of logfmt text: `key=value` or `key="value with blanks"`. A quote ends a value only before a blank or the end: values may hold quotes. */
static bool next_pair(struct gh_str *rest, struct gh_str *key, struct gh_str *value, bool *quoted)
{
  const char *p = rest->ptr, *end = rest->ptr + rest->len;
  while (p < end && *p == ' ') p++;
  const char *equals = memchr(p, '=', (size_t)(end - p));
  if (!equals) return false;
  *key = gh_str_n(p, (size_t)(equals - p));
  p = equals + 1;
  *quoted = p < end && *p == '"';
  const char *begin = *quoted ? p + 1 : p;
  const char *stop = begin;
  while (stop < end && !(*quoted ? *stop == '"' && (stop + 1 == end || stop[1] == ' ') : *stop == ' ')) stop++;
  *value = gh_str_n(begin, (size_t)(stop - begin));
  p = *quoted && stop < end ? stop + 1 : stop;
  *rest = gh_str_n(p, (size_t)(end - p));
  return true;
}

/* Only what JSON itself takes as a number may stand without quotes. */
static bool is_number(struct gh_str s)
{
  size_t i = s.len > 0 && s.ptr[0] == '-';
  size_t digits = 0, points = 0;
  bool leading_zero = i + 1 < s.len && s.ptr[i] == '0' && s.ptr[i + 1] != '.';
  for (; i < s.len; i++) {
    if (s.ptr[i] == '.' && digits > 0 && i + 1 < s.len) points++;
    else if (s.ptr[i] >= '0' && s.ptr[i] <= '9') digits++;
    else return false;
  }
  return digits > 0 && points <= 1 && !leading_zero;
}

static void put_json(struct gh_buf *line, const char *ts, const char *level, const char *message, struct gh_str pairs)
{
  struct gh_str key, value;
  bool quoted;
  gh_buf_fmt(line, "{\"ts\":\"%s\",\"level\":\"%s\",\"msg\":", ts, level);
  gh_json_string(line, gh_str(message));
  while (next_pair(&pairs, &key, &value, &quoted)) {
    gh_buf_byte(line, ',');
    gh_json_string(line, key);
    gh_buf_byte(line, ':');
    if (!quoted && is_number(value)) gh_buf_add_str(line, value);
    else gh_json_string(line, value);
  }
  gh_buf_add_str(line, GH_STR("}\n"));
}

static void put_logfmt(struct gh_buf *line, const char *ts, const char *level, const char *message, struct gh_str pairs)
{
  struct gh_str key, value;
  bool quoted;
  gh_buf_fmt(line, "ts=%s level=%s msg=", ts, level);
  gh_json_string(line, gh_str(message));
  while (next_pair(&pairs, &key, &value, &quoted)) {
    gh_buf_fmt(line, " %.*s=", GH_FMT(key));
    if (quoted) gh_json_string(line, value);
    else gh_buf_add_str(line, value);
  }
  gh_buf_byte(line, '\n');
}

static void write_line(struct gh_str line)
{
  while (line.len > 0) {
    ssize_t n = write(STDERR_FILENO, line.ptr, line.len);
    if (n <= 0) return; /* a log that cannot be written has nowhere to complain */
    line = gh_str_n(line.ptr + n, line.len - (size_t)n);
  }
}

void gh_log(enum gh_level level, const char *message, const char *pairs, ...)
{
  char ts[GH_TIME_TEXT], text[4096];
  struct gh_buf line = {0};
  va_list args;
  va_start(args, pairs);
  int n = vsnprintf(text, sizeof text, pairs, args);
  va_end(args);
  size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
  gh_time_format(ts, gh_wall_ms(), 0);
  (atomic_load(&as_json) ? put_json : put_logfmt)(&line, ts, level_names[level], message, gh_str_n(text, len));
  write_line(gh_buf_str(&line));
  gh_buf_free(&line);
}
