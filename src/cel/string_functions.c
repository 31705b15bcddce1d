/* The strings extension. Positions are counted in code points from 0. */
#include "goldhour/base/utf8.h"
#include "string_format.h"
#include "text.h"

enum { BYTES_A_STEP = 64 };

static bool spend(struct gh_call *call, size_t bytes) { return gh_cel_spend(call, 1 + bytes / BYTES_A_STEP); }

static struct gh_value out_of_range(struct gh_call *call, int64_t index)
{
  return gh_cel_errorf(call, "index out of range: %lld", (long long)index);
}

/* Whether args are the given kinds: 's' string, 'i' int. */
static bool kinds(const struct gh_value *args, unsigned n, const char *want)
{
  for (unsigned i = 0; i < n; i++)
    if (args[i].kind != (want[i] == 's' ? GH_STRING : want[i] == 'i' ? GH_INT : GH_LIST)) return false;
  return strlen(want) == n;
}

static struct gh_str part(struct gh_str s, size_t from, size_t to) { return gh_str_n(s.ptr + from, to - from); }

/* Byte offset of code point `index`; SIZE_MAX: before the beginning or beyond the end. */
static size_t offset_of(struct gh_str s, int64_t index)
{
  return index < 0 ? SIZE_MAX : gh_text_offset(s, (uint64_t)index);
}

static struct gh_value char_at(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, "si")) return gh_cel_no_overload();
  if (!spend(call, args[0].len)) return gh_cel_no_steps();
  struct gh_str s = gh_text(args[0]);
  size_t at = offset_of(s, args[1].i);
  if (at == SIZE_MAX) return out_of_range(call, args[1].i);
  return gh_string(at == s.len ? GH_STR("") : gh_str_n(s.ptr + at, gh_text_width(s.ptr[at])));
}

static struct gh_value index_of(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, n == 3 ? "ssi" : "ss")) return gh_cel_no_overload();
  if (!spend(call, args[0].len)) return gh_cel_no_steps();
  struct gh_str s = gh_text(args[0]);
  size_t from = n == 3 ? offset_of(s, args[2].i) : 0;
  if (from == SIZE_MAX) return out_of_range(call, args[2].i);
  size_t at = gh_text_find(s, gh_text(args[1]), from);
  return gh_int(at == SIZE_MAX ? -1 : (int64_t)gh_utf8_count(part(s, 0, at)));
}

/* The last place at or before byte `last`; each candidate costs steps, so that the search stays bounded. SIZE_MAX: none; SIZE_MAX - 1: no steps left. */
static size_t find_last(struct gh_call *call, struct gh_str s, struct gh_str word, size_t last)
{
  if (word.len > s.len) return SIZE_MAX;
  if (last > s.len - word.len) last = s.len - word.len;
  for (size_t at = last + 1; at-- > 0;) {
    if (word.len == 0) return at;
    if (s.ptr[at] != word.ptr[0]) continue;
    if (!spend(call, word.len)) return SIZE_MAX - 1;
    if (memcmp(s.ptr + at, word.ptr, word.len) == 0) return at;
  }
  return SIZE_MAX;
}

static struct gh_value last_index_of(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, n == 3 ? "ssi" : "ss")) return gh_cel_no_overload();
  if (!spend(call, args[0].len)) return gh_cel_no_steps();
  struct gh_str s = gh_text(args[0]);
  size_t last = n == 3 ? offset_of(s, args[2].i) : s.len;
  if (last == SIZE_MAX) return out_of_range(call, args[2].i);
  size_t at = find_last(call, s, gh_text(args[1]), last);
  if (at == SIZE_MAX - 1) return gh_cel_no_steps();
  return gh_int(at == SIZE_MAX ? -1 : (int64_t)gh_utf8_count(part(s, 0, at)));
}

static struct gh_value join(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, n == 2 ? "ls" : "l")) return gh_cel_no_overload();
  struct gh_text_out out = {.call = call};
  for (uint32_t i = 0; i < args[0].len; i++) {
    if (args[0].items[i].kind != GH_STRING) return gh_cel_no_overload();
    if (!spend(call, args[0].items[i].len)) return gh_cel_no_steps();
    if (n == 2 && i > 0) gh_text_add(&out, gh_text(args[1]));
    gh_text_add(&out, gh_text(args[0].items[i]));
  }
  return gh_text_done(&out);
}

/* A copy with the letters between `from` and `to` in the other case. */
static struct gh_value ascii_case(struct gh_call *call, const struct gh_value *args, unsigned n, char from)
{
  if (!kinds(args, n, "s")) return gh_cel_no_overload();
  if (!spend(call, args[0].len)) return gh_cel_no_steps();
  char *copy = gh_arena_alloc(call->scratch, args[0].len);
  if (!copy) return gh_cel_no_memory();
  for (uint32_t i = 0; i < args[0].len; i++) {
    char c = args[0].text[i];
    copy[i] = c >= from && c <= from + 25 ? (char)(c ^ 0x20) : c;
  }
  return gh_string(gh_str_n(copy, args[0].len));
}

static struct gh_value lower_ascii(struct gh_call *call, const struct gh_value *args, unsigned n) { return ascii_case(call, args, n, 'A'); }
static struct gh_value upper_ascii(struct gh_call *call, const struct gh_value *args, unsigned n) { return ascii_case(call, args, n, 'a'); }

/* Where the next piece ends that `word` begins at or after `from`: an empty word stands between all code points. SIZE_MAX: none. */
static size_t next_cut(struct gh_str s, struct gh_str word, size_t from)
{
  if (word.len) return gh_text_find(s, word, from);
  return from < s.len ? from + gh_text_width(s.ptr[from]) : SIZE_MAX;
}

static struct gh_value replace(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, n == 4 ? "sssi" : "sss")) return gh_cel_no_overload();
  struct gh_str s = gh_text(args[0]), old = gh_text(args[1]), new = gh_text(args[2]);
  uint64_t left = n == 4 && args[3].i >= 0 ? (uint64_t)args[3].i : UINT64_MAX;
  struct gh_text_out out = {.call = call};
  size_t at = 0;
  if (old.len == 0 && left > 0) { /* the place before the first */
    gh_text_add(&out, new);
    left--;
  }
  for (; left > 0; left--) {
    size_t cut = next_cut(s, old, at);
    if (cut == SIZE_MAX) break;
    if (!spend(call, cut - at + new.len)) return gh_cel_no_steps();
    gh_text_add(&out, part(s, at, cut));
    gh_text_add(&out, new);
    at = cut + old.len;
  }
  gh_text_add(&out, part(s, at, s.len));
  return gh_text_done(&out);
}

static struct gh_value reverse(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, "s")) return gh_cel_no_overload();
  if (!spend(call, args[0].len)) return gh_cel_no_steps();
  struct gh_str s = gh_text(args[0]);
  char *copy = gh_arena_alloc(call->scratch, s.len);
  if (!copy) return gh_cel_no_memory();
  for (size_t at = 0; at < s.len;) {
    size_t width = gh_text_width(s.ptr[at]);
    memcpy(copy + (s.len - at - width), s.ptr + at, width);
    at += width;
  }
  return gh_string(gh_str_n(copy, s.len));
}

/* How many pieces `limit` allows and the text has. */
static uint64_t pieces(struct gh_str s, struct gh_str separator, uint64_t limit)
{
  if (limit == 0 || (separator.len == 0 && s.len == 0)) return 0;
  uint64_t count = 1;
  for (size_t at = 0; count < limit; count++) {
    size_t cut = next_cut(s, separator, at);
    if (cut == SIZE_MAX || (separator.len == 0 && cut == s.len)) break;
    at = cut + separator.len;
  }
  return count;
}

static struct gh_value split(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, n == 3 ? "ssi" : "ss")) return gh_cel_no_overload();
  struct gh_str s = gh_text(args[0]), separator = gh_text(args[1]);
  uint64_t count = pieces(s, separator, n == 3 && args[2].i >= 0 ? (uint64_t)args[2].i : UINT64_MAX);
  if (!gh_cel_spend(call, 1 + count + s.len / BYTES_A_STEP)) return gh_cel_no_steps();
  struct gh_value *items = gh_arena_alloc(call->scratch, count * sizeof *items);
  if (!items) return gh_cel_no_memory();
  size_t at = 0;
  for (uint64_t i = 0; i < count; i++) {
    size_t cut = i + 1 < count ? next_cut(s, separator, at) : s.len;
    items[i] = gh_string(part(s, at, cut));
    at = cut + separator.len;
  }
  return (struct gh_value){.kind = GH_LIST, .len = (uint32_t)count, .items = items};
}

static struct gh_value substring(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, n == 3 ? "sii" : "si")) return gh_cel_no_overload();
  if (!spend(call, args[0].len)) return gh_cel_no_steps();
  struct gh_str s = gh_text(args[0]);
  size_t from = offset_of(s, args[1].i), to = n == 3 ? offset_of(s, args[2].i) : s.len;
  if (from == SIZE_MAX) return out_of_range(call, args[1].i);
  if (to == SIZE_MAX) return out_of_range(call, args[2].i);
  if (to < from) return gh_cel_errorf(call, "invalid substring range. start: %lld, end: %lld", (long long)args[1].i, (long long)args[2].i);
  return gh_string(part(s, from, to));
}

/* Unicode's White_Space. */
static bool is_space(int32_t c)
{
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

static struct gh_value trim(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!kinds(args, n, "s")) return gh_cel_no_overload();
  if (!spend(call, args[0].len)) return gh_cel_no_steps();
  struct gh_str s = gh_text(args[0]);
  const char *at = s.ptr, *end = s.ptr + s.len, *first = end, *last = s.ptr;
  while (at < end) {
    const char *here = at;
    if (is_space(gh_utf8_next(&at, end))) continue;
    if (first == end) first = here;
    last = at;
  }
  return gh_string(first == end ? GH_STR("") : gh_str_n(first, (size_t)(last - first)));
}

static const struct gh_overload rows[] = {
  {"charAt", true, "string;int", "string", char_at, NULL},
  {"indexOf", true, "string;string", "int", index_of, NULL},
  {"indexOf", true, "string;string;int", "int", index_of, NULL},
  {"lastIndexOf", true, "string;string", "int", last_index_of, NULL},
  {"lastIndexOf", true, "string;string;int", "int", last_index_of, NULL},
  {"join", true, "list(string)", "string", join, NULL},
  {"join", true, "list(string);string", "string", join, NULL},
  {"lowerAscii", true, "string", "string", lower_ascii, NULL},
  {"upperAscii", true, "string", "string", upper_ascii, NULL},
  {"replace", true, "string;string;string", "string", replace, NULL},
  {"replace", true, "string;string;string;int", "string", replace, NULL},
  {"reverse", true, "string", "string", reverse, NULL},
  {"split", true, "string;string", "list(string)", split, NULL},
  {"split", true, "string;string;int", "list(string)", split, NULL},
  {"substring", true, "string;int", "string", substring, NULL},
  {"substring", true, "string;int;int", "string", substring, NULL},
  {"trim", true, "string", "string", trim, NULL},
  {"format", true, "string;list(dyn)", "string", gh_format, NULL},
  {"strings.quote", false, "string", "string", gh_quote, NULL},
};

const struct gh_overload_table gh_cel_string_functions = {rows, sizeof rows / sizeof *rows};
