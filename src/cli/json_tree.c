#include "json_tree.h"

#include "goldhour/base/utf8.h"

struct reader {
  struct gh_arena *arena;
  const char *begin, *at, *end;
  const char *fault; /* the first */
};

static bool refuse(struct reader *r, const char *fault)
{
  if (!r->fault) r->fault = fault;
  return false;
}

static void skip_blanks(struct reader *r)
{
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) r->at++;
}

static bool take(struct reader *r, char c)
{
  skip_blanks(r);
  if (r->at == r->end || *r->at != c) return false;
  r->at++;
  return true;
}

static bool read_hex4(struct reader *r, uint32_t *out)
{
  *out = 0;
  if (r->end - r->at < 4) return refuse(r, "a \\u escape needs four hexadecimal digits");
  for (unsigned i = 0; i < 4; i++, r->at++) {
    char c = *r->at, lower = (char)(c | 0x20);
    bool digit = c >= '0' && c <= '9', letter = lower >= 'a' && lower <= 'f';
    if (!digit && !letter) return refuse(r, "a \\u escape needs four hexadecimal digits");
    *out = *out * 16 + (uint32_t)(digit ? c - '0' : lower - 'a' + 10);
  }
  return true;
}

/* A \u escape; two of them for what lies beyond U+FFFF. */
static bool read_unicode(struct reader *r, char **out)
{
  uint32_t c, low;
  if (!read_hex4(r, &c)) return false;
  if (c >= 0xDC00 && c <= 0xDFFF) return refuse(r, "half of a surrogate pair");
  if (c >= 0xD800 && c <= 0xDBFF) {
    if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u') return refuse(r, "half of a surrogate pair");
    r->at += 2;
    if (!read_hex4(r, &low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return refuse(r, "half of a surrogate pair");
    c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
  }
  *out += gh_utf8_put(*out, c);
  return true;
}

static bool read_escape(struct reader *r, char **out)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  if (r->at == r->end) return refuse(r, "a string without its end");
  char c = *r->at++;
  if (c == 'u') return read_unicode(r, out);
  const char *which = c ? strchr(from, c) : NULL;
  if (!which) return refuse(r, "no such escape");
  *(*out)++ = to[which - from];
  return true;
}

/* Bytes up to the closing quote: at least as many as the text will have. */
static size_t text_bound(const struct reader *r)
{
  const char *p = r->at;
  for (; p < r->end && *p != '"'; p++)
    if (*p == '\\' && p + 1 < r->end) p++;
  return (size_t)(p - r->at);
}

static bool read_string(struct reader *r, struct gh_str *text)
{
  if (!take(r, '"')) return refuse(r, "expected a string");
  char *begin = gh_arena_alloc(r->arena, text_bound(r) + 4), *out = begin;
  while (r->at < r->end && *r->at != '"') {
    const char *here = r->at;
    if ((unsigned char)*here < 0x20) return refuse(r, "a control character in a string");
    if (*here == '\\') {
      r->at++;
      if (!read_escape(r, &out)) return false;
      continue;
    }
    if (gh_utf8_next(&r->at, r->end) < 0) return refuse(r, "invalid UTF-8");
    memcpy(out, here, (size_t)(r->at - here));
    out += r->at - here;
  }
  if (r->at == r->end) return refuse(r, "a string without its end");
  r->at++;
  *text = gh_str_n(begin, (size_t)(out - begin));
  return true;
}

static size_t digits(struct reader *r)
{
  const char *first = r->at;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
  return (size_t)(r->at - first);
}

static bool read_number(struct reader *r, struct gh_str *text)
{
  const char *first = r->at;
  if (*r->at == '-') r->at++;
  bool zero = r->at < r->end && *r->at == '0';
  size_t n = digits(r);
  if (n == 0 || (zero && n > 1)) return refuse(r, "a malformed number");
  if (r->at < r->end && *r->at == '.') {
    r->at++;
    if (digits(r) == 0) return refuse(r, "a malformed number");
  }
  if (r->at < r->end && (*r->at | 0x20) == 'e') {
    r->at++;
    if (r->at < r->end && (*r->at == '+' || *r->at == '-')) r->at++;
    if (digits(r) == 0) return refuse(r, "a malformed number");
  }
  *text = gh_arena_str(r->arena, gh_str_n(first, (size_t)(r->at - first)));
  return true;
}

static bool read_word(struct reader *r, const char *word)
{
  size_t n = strlen(word);
  if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0) return refuse(r, "expected a JSON value");
  r->at += n;
  return true;
}

static bool read_value(struct reader *r, unsigned depth, struct gh_json *out);

/* The items up to `close`, in an array that doubles. */
static bool read_items(struct reader *r, unsigned depth, char close, struct gh_json *out)
{
  uint32_t cap = 0;
  if (depth == 0) return refuse(r, "nested too deeply");
  if (take(r, close)) return true;
  do {
    if (out->n == cap) {
      cap = cap ? cap * 2 : 4;
      struct gh_json *larger = gh_arena_zero(r->arena, cap, sizeof *larger);
      if (out->n) memcpy(larger, out->items, out->n * sizeof *larger);
      out->items = larger;
    }
    struct gh_json *item = &out->items[out->n];
    if (close == '}' && (!read_string(r, &item->name) || !take(r, ':'))) return refuse(r, "expected ':' after a name");
    if (!read_value(r, depth - 1, item)) return false;
    out->n++;
  } while (take(r, ','));
  return take(r, close) || refuse(r, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
}

static bool read_value(struct reader *r, unsigned depth, struct gh_json *out)
{
  skip_blanks(r);
  if (r->at == r->end) return refuse(r, "expected a JSON value");
  switch (*r->at) {
  case '{':
  case '[':
    out->kind = *r->at == '{' ? GH_JSON_OBJECT : GH_JSON_ARRAY;
    r->at++;
    return read_items(r, depth, out->kind == GH_JSON_OBJECT ? '}' : ']', out);
  case '"': out->kind = GH_JSON_STRING; return read_string(r, &out->text);
  case 't':
  case 'f':
    out->kind = GH_JSON_BOOL;
    out->b = *r->at == 't';
    return read_word(r, out->b ? "true" : "false");
  case 'n': out->kind = GH_JSON_NULL; return read_word(r, "null");
  default:
    out->kind = GH_JSON_NUMBER;
    if (*r->at != '-' && (*r->at < '0' || *r->at > '9')) return refuse(r, "expected a JSON value");
    return read_number(r, &out->text);
  }
}

const struct gh_json *gh_json_read(struct gh_arena *arena, struct gh_str text, const char **fault, size_t *offset)
{
  struct reader r = {.arena = arena, .begin = text.ptr, .at = text.ptr, .end = text.ptr + text.len};
  struct gh_json *tree = gh_arena_zero(arena, 1, sizeof *tree);
  if (read_value(&r, GH_JSON_DEPTH, tree)) {
    skip_blanks(&r);
    if (r.at == r.end) return tree;
    refuse(&r, "more text after the JSON value");
  }
  *fault = r.fault;
  *offset = (size_t)(r.at - r.begin);
  return NULL;
}

const struct gh_json *gh_json_item(const struct gh_json *object, const char *name)
{
  if (object->kind != GH_JSON_OBJECT) return NULL;
  for (uint32_t i = object->n; i-- > 0;)
    if (gh_str_eq(object->items[i].name, gh_str(name))) return &object->items[i];
  return NULL;
}
