#include "string_format.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/utf8.h"
#include "goldhour/model/decimal.h"
#include "number_text.h"
#include "text.h"

enum { DEFAULT_PRECISION = 6, DEPTH_MAX = 250 };

/* Every clause answers GH_ABSENT, or an error. */
static struct gh_value refuse(struct gh_call *call, const char *clause, enum gh_kind kind)
{
  struct gh_str name = gh_cel_kind_name(kind);
  return gh_cel_errorf(call, "error during formatting: %s, was given %.*s", clause, GH_FMT(name));
}

static struct gh_value any_text(struct gh_text_out *out, struct gh_value v, unsigned depth);

/* Invalid sequences become one U+FFFD for all that stand together. */
static void bytes_text(struct gh_text_out *out, struct gh_str s)
{
  const char *at = s.ptr, *end = s.ptr + s.len;
  bool bad = false;
  while (at < end) {
    const char *here = at;
    bool valid = gh_utf8_next(&at, end) >= 0;
    if (valid) gh_text_add(out, gh_str_n(here, (size_t)(at - here)));
    else if (!bad) gh_text_add(out, GH_STR("\xEF\xBF\xBD"));
    bad = !valid;
  }
}

static struct gh_value list_text(struct gh_text_out *out, struct gh_value list, unsigned depth)
{
  gh_text_add(out, GH_STR("["));
  for (uint32_t i = 0; i < list.len; i++) {
    if (i > 0) gh_text_add(out, GH_STR(", "));
    struct gh_value error = any_text(out, list.items[i], depth);
    if (error.kind == GH_ERROR) return error;
  }
  gh_text_add(out, GH_STR("]"));
  return gh_absent();
}

struct entry { struct gh_str key; struct gh_value value; };

static int by_key(const void *a, const void *b)
{
  return gh_str_cmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

/* The entries with their keys written, sorted by them. NULL: an error in *error. */
static struct entry *sorted(struct gh_call *call, struct gh_value map, unsigned depth, struct gh_value *error)
{
  struct entry *entries = gh_arena_alloc(call->scratch, map.len * sizeof *entries);
  if (!entries) *error = gh_cel_no_memory();
  if (!entries) return NULL;
  for (uint32_t i = 0; i < map.len; i++) {
    struct gh_text_out key = {.call = call};
    *error = any_text(&key, map.items[2 * i], depth);
    if (error->kind != GH_ERROR) *error = gh_text_done(&key);
    if (error->kind == GH_ERROR) return NULL;
    entries[i] = (struct entry){gh_text(*error), map.items[2 * i + 1]};
  }
  qsort(entries, map.len, sizeof *entries, by_key);
  return entries;
}

static struct gh_value map_text(struct gh_text_out *out, struct gh_value map, unsigned depth)
{
  struct gh_value error = gh_absent();
  struct entry *entries = sorted(out->call, map, depth, &error);
  if (!entries) return error;
  gh_text_add(out, GH_STR("{"));
  for (uint32_t i = 0; i < map.len; i++) {
    if (i > 0) gh_text_add(out, GH_STR(", "));
    gh_text_add(out, entries[i].key);
    gh_text_add(out, GH_STR(": "));
    error = any_text(out, entries[i].value, depth);
    if (error.kind == GH_ERROR) return error;
  }
  gh_text_add(out, GH_STR("}"));
  return gh_absent();
}

static void special_text(struct gh_text_out *out, double d)
{
  gh_text_add(out, isnan(d) ? GH_STR("NaN") : d < 0 ? GH_STR("-Infinity") : GH_STR("Infinity"));
}

static void double_text(struct gh_text_out *out, double d)
{
  char text[GH_DOUBLE_TEXT];
  if (!isfinite(d)) special_text(out, d);
  else gh_text_add(out, gh_str_n(text, gh_double_shortest_fixed(text, d)));
}

/* %s */
static struct gh_value any_text(struct gh_text_out *out, struct gh_value v, unsigned depth)
{
  if (depth == 0) return gh_error(GH_STR("error during formatting: nested too deeply"));
  if (!gh_cel_spend(out->call, 1)) return gh_cel_no_steps();
  switch (v.kind) {
  case GH_NULL: gh_text_add(out, GH_STR("null")); break;
  case GH_TYPE: gh_text_add(out, gh_text(v)); break;
  case GH_BYTES: bytes_text(out, gh_text(v)); break;
  case GH_DOUBLE: double_text(out, v.d); break;
  case GH_LIST: return list_text(out, v, depth - 1);
  case GH_MAP: return map_text(out, v, depth - 1);
  default:
    if (!gh_text_scalar(out, v)) return refuse(out->call, "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, "
                                                          "durations, and timestamps", v.kind);
  }
  return gh_absent();
}

static struct gh_value decimal_clause(struct gh_text_out *out, struct gh_value v)
{
  if (v.kind == GH_DOUBLE) double_text(out, v.d);
  else if (v.kind == GH_INT || v.kind == GH_UINT || v.kind == GH_DECIMAL) gh_text_scalar(out, v);
  else return refuse(out->call, "decimal clause can only be used on integers", v.kind);
  return gh_absent();
}

/* Exact numbers never pass through a double. */
static struct gh_value exact_fixed(struct gh_text_out *out, struct gh_value v, unsigned precision)
{
  struct gh_value rounded = v;
  unsigned digits = v.kind == GH_DECIMAL ? v.scale : 0;
  if (digits > precision && !gh_decimal_div(v, gh_int(1), precision, &rounded)) return refuse(out->call, "a decimal within 64 bits is needed", v.kind);
  gh_text_scalar(out, rounded);
  if (digits > precision) digits = precision;
  if (digits == 0 && precision > 0) gh_text_add(out, GH_STR("."));
  for (; digits < precision; digits++) gh_text_add(out, GH_STR("0"));
  return gh_absent();
}

static struct gh_value fixed_clause(struct gh_text_out *out, struct gh_value v, unsigned precision)
{
  char text[GH_DOUBLE_TEXT];
  if (v.kind == GH_INT || v.kind == GH_UINT || v.kind == GH_DECIMAL) return exact_fixed(out, v, precision);
  if (v.kind != GH_DOUBLE) return refuse(out->call, "fixed-point clause can only be used on doubles", v.kind);
  if (!isfinite(v.d)) special_text(out, v.d);
  else gh_text_add(out, gh_str_n(text, gh_double_fixed(text, v.d, precision)));
  return gh_absent();
}

static struct gh_value scientific_clause(struct gh_text_out *out, struct gh_value v, unsigned precision)
{
  char text[GH_DOUBLE_TEXT];
  double d = 0;
  switch (v.kind) {
  case GH_DOUBLE: d = v.d; break;
  case GH_INT: d = (double)v.i; break;
  case GH_UINT: d = (double)v.u; break;
  case GH_DECIMAL: d = gh_decimal_double(v); break;
  default: return refuse(out->call, "scientific clause can only be used on doubles", v.kind);
  }
  if (!isfinite(d)) special_text(out, d);
  else gh_text_add(out, gh_str_n(text, gh_double_scientific(text, d, precision)));
  return gh_absent();
}

static void based(struct gh_text_out *out, struct gh_value v, unsigned base, const char *digits)
{
  char text[65];
  size_t at = sizeof text;
  bool negative = v.kind == GH_INT && v.i < 0;
  uint64_t u = v.kind == GH_UINT ? v.u : negative ? -(uint64_t)v.i : (uint64_t)v.i;
  do text[--at] = digits[u % base];
  while (u /= base);
  if (negative) text[--at] = '-';
  gh_text_add(out, gh_str_n(text + at, sizeof text - at));
}

static struct gh_value binary_clause(struct gh_text_out *out, struct gh_value v)
{
  if (v.kind == GH_BOOL) gh_text_add(out, v.b ? GH_STR("1") : GH_STR("0"));
  else if (v.kind == GH_INT || v.kind == GH_UINT) based(out, v, 2, "01");
  else return refuse(out->call, "only integers and bools can be formatted as binary", v.kind);
  return gh_absent();
}

static struct gh_value octal_clause(struct gh_text_out *out, struct gh_value v)
{
  if (v.kind != GH_INT && v.kind != GH_UINT) return refuse(out->call, "octal clause can only be used on integers", v.kind);
  based(out, v, 8, "01234567");
  return gh_absent();
}

static struct gh_value hex_clause(struct gh_text_out *out, struct gh_value v, const char *digits)
{
  if (v.kind == GH_INT || v.kind == GH_UINT) {
    based(out, v, 16, digits);
    return gh_absent();
  }
  if (v.kind != GH_STRING && v.kind != GH_BYTES) return refuse(out->call, "only integers, byte buffers, and strings can be formatted as hex", v.kind);
  if (!gh_cel_spend(out->call, v.len / 16)) return gh_cel_no_steps();
  for (uint32_t i = 0; i < v.len; i++) {
    uint8_t c = (uint8_t)v.text[i];
    gh_text_add(out, gh_str_n((char[2]){digits[c >> 4], digits[c & 15]}, 2));
  }
  return gh_absent();
}

struct clause {
  unsigned precision;
  char letter; /* 0: the format ended too early */
  bool bad;    /* the precision is no number, or too large */
};

static char next(struct gh_str *format)
{
  char c = '\0';
  if (format->len) {
    c = *format->ptr;
    *format = gh_str_n(format->ptr + 1, format->len - 1);
  }
  return c;
}

/* Reads what follows a '%'. */
static struct clause clause_at(struct gh_str *format)
{
  struct clause c = {.precision = DEFAULT_PRECISION, .letter = next(format)};
  if (c.letter != '.') return c;
  c.precision = 0;
  unsigned digits = 0;
  for (c.letter = next(format); c.letter >= '0' && c.letter <= '9'; c.letter = next(format), digits++) {
    c.precision = c.precision * 10 + (unsigned)(c.letter - '0');
    if (c.precision > GH_PRECISION_MAX) c.bad = true;
    if (c.bad) c.precision = 0;
  }
  if (digits == 0) c.bad = true;
  return c;
}

static struct gh_value write_clause(struct gh_text_out *out, struct clause c, struct gh_value v)
{
  switch (c.letter) {
  case 's': return any_text(out, v, DEPTH_MAX);
  case 'd': return decimal_clause(out, v);
  case 'f': return fixed_clause(out, v, c.precision);
  case 'e': return scientific_clause(out, v, c.precision);
  case 'b': return binary_clause(out, v);
  case 'o': return octal_clause(out, v);
  case 'x': return hex_clause(out, v, "0123456789abcdef");
  case 'X': return hex_clause(out, v, "0123456789ABCDEF");
  default: GH_IMPOSSIBLE();
  }
}

static struct gh_value clause_fault(struct gh_call *call, struct clause c)
{
  if (c.letter == '\0') return gh_error(GH_STR("could not parse formatting clause: unexpected end of format string"));
  if (c.bad) return gh_cel_errorf(call, "could not parse formatting clause: precision must be a number up to %d", GH_PRECISION_MAX);
  if (strchr("sdfeboxX", c.letter)) return gh_absent();
  return gh_cel_errorf(call, "could not parse formatting clause: unrecognized formatting clause \"%c\"", (uint8_t)c.letter < 0x80 ? c.letter : '?');
}

struct gh_value gh_format(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (n != 2 || args[0].kind != GH_STRING || args[1].kind != GH_LIST) return gh_cel_no_overload();
  struct gh_text_out out = {.call = call};
  struct gh_str format = gh_text(args[0]);
  uint32_t used = 0;
  while (format.len) {
    const char *percent = memchr(format.ptr, '%', format.len);
    size_t plain = percent ? (size_t)(percent - format.ptr) : format.len;
    gh_text_add(&out, gh_str_n(format.ptr, plain));
    format = gh_str_n(format.ptr + plain, format.len - plain);
    if (!percent) break;
    next(&format);
    struct clause c = clause_at(&format);
    if (c.letter == '%' && !c.bad) {
      gh_text_add(&out, GH_STR("%"));
      continue;
    }
    struct gh_value error = clause_fault(call, c);
    if (error.kind == GH_ABSENT && used >= args[1].len) error = gh_cel_errorf(call, "index %u out of range", used);
    if (error.kind == GH_ABSENT) error = write_clause(&out, c, args[1].items[used++]);
    if (error.kind != GH_ABSENT) return error;
  }
  return gh_text_done(&out);
}

static const char *escape_of(char c)
{
  switch (c) {
  case '\a': return "\\a";
  case '\b': return "\\b";
  case '\f': return "\\f";
  case '\n': return "\\n";
  case '\r': return "\\r";
  case '\t': return "\\t";
  case '\v': return "\\v";
  case '\\': return "\\\\";
  case '"': return "\\\"";
  default: return NULL;
  }
}

struct gh_value gh_quote(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (n != 1 || args[0].kind != GH_STRING) return gh_cel_no_overload();
  if (!gh_cel_spend(call, args[0].len / 16)) return gh_cel_no_steps();
  struct gh_text_out out = {.call = call};
  gh_text_add(&out, GH_STR("\""));
  for (uint32_t i = 0; i < args[0].len; i++) {
    const char *escape = escape_of(args[0].text[i]);
    gh_text_add(&out, escape ? gh_str(escape) : gh_str_n(args[0].text + i, 1));
  }
  gh_text_add(&out, GH_STR("\""));
  return gh_text_done(&out);
}
