#include "csv.h"

#include <strings.h>

#include "goldhour/base/utf8.h"
#include "goldhour/decode/decode.h"

bool gh_csv_named(const char *path)
{
  size_t n = path ? strlen(path) : 0;
  return n > 4 && strcasecmp(path + n - 4, ".csv") == 0;
}

bool gh_csv_complete(struct gh_str bytes)
{
  bool open = false;
  for (size_t i = 0; i < bytes.len; i++) open ^= bytes.ptr[i] == '"';
  return !open;
}

static bool bad(struct json_tape *tape, const char *detail)
{
  tape->reason = "bad_csv";
  tape->detail = detail;
  return false;
}

/* A text whose quotes are doubled, made single. */
static struct gh_str single_quotes(struct gh_arena *arena, struct gh_str doubled)
{
  char *text = gh_arena_alloc(arena, doubled.len + 1), *to = text;
  for (size_t i = 0; i < doubled.len; i++) {
    *to++ = doubled.ptr[i];
    if (doubled.ptr[i] == '"') i++;
  }
  return (struct gh_str){text, (size_t)(to - text)};
}

/* Behind the opening quote at `at`: the field's text. Returns behind the closing quote; NULL if there is none. */
static const char *quoted_field(struct gh_arena *arena, const char *at, const char *end, struct gh_str *out)
{
  const char *from = at;
  bool doubled = false;
  for (; at < end; at++) {
    if (*at != '"') continue;
    if (at + 1 >= end || at[1] != '"') break;
    doubled = true;
    at++;
  }
  if (at >= end) return NULL;
  *out = (struct gh_str){from, (size_t)(at - from)};
  if (doubled) *out = single_quotes(arena, *out);
  return at + 1;
}

/* One field at `at`; returns where the delimiter or the end stands, NULL if malformed. */
static const char *field(struct gh_arena *arena, const char *at, const char *end, char delimiter, struct gh_str *out)
{
  if (at < end && *at == '"') {
    at = quoted_field(arena, at + 1, end, out);
    return at && (at == end || *at == delimiter) ? at : NULL;
  }
  const char *from = at;
  for (; at < end && *at != delimiter; at++)
    if (*at == '"') return NULL;
  *out = (struct gh_str){from, (size_t)(at - from)};
  return at;
}

static uint32_t count_fields(struct gh_str line, char delimiter)
{
  uint32_t n = 1;
  for (size_t i = 0; i < line.len; i++) n += line.ptr[i] == delimiter; /* at least as many as there are */
  return n;
}

bool gh_csv_header(struct csv *csv, struct gh_arena *arena, struct json_tape *tape, struct gh_str line)
{
  const char *at = line.ptr, *end = line.ptr + line.len;
  if (!gh_utf8_valid(line)) return bad(tape, "bytes that are no UTF-8");
  csv->columns = gh_arena_alloc(arena, count_fields(line, csv->delimiter) * sizeof *csv->columns);
  csv->ncolumns = 0;
  for (;; at++) {
    struct gh_str name;
    at = field(arena, at, end, csv->delimiter, &name);
    if (!at) return bad(tape, "quotes out of place");
    csv->columns[csv->ncolumns++] = gh_arena_str(arena, name);
    if (at == end) return true;
  }
}

static void add_field(const struct csv *csv, struct json_tape *tape, uint32_t column, struct gh_str text)
{
  if (text.len == 0) return;
  struct gh_str key = csv->columns[column];
  tape->nodes[tape->nnodes++] = (struct json_node){text.ptr, key.ptr, (uint32_t)text.len, (uint32_t)key.len, 1, JSON_STRING};
}

bool gh_csv_read(const struct csv *csv, struct json_tape *tape, struct gh_arena *arena, struct gh_str line)
{
  const char *at = line.ptr, *end = line.ptr + line.len;
  if (!gh_utf8_valid(line)) {
    tape->reason = "bad_utf8";
    tape->detail = "bytes that are no UTF-8";
    return false;
  }
  gh_json_tape_reserve(tape, csv->ncolumns + 1);
  tape->nnodes = 1;
  for (uint32_t column = 0;; column++, at++) {
    struct gh_str text;
    at = field(arena, at, end, csv->delimiter, &text);
    if (!at) return bad(tape, "quotes out of place");
    if (column >= csv->ncolumns) return bad(tape, "more fields than the header names");
    add_field(csv, tape, column, text);
    if (at < end) continue;
    if (column + 1 < csv->ncolumns) return bad(tape, "fewer fields than the header names");
    tape->nodes[0] = (struct json_node){.text_len = tape->nnodes - 1, .span = tape->nnodes, .kind = JSON_OBJECT};
    return true;
  }
}
