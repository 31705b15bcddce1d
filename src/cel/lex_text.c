/* Text literals: quotes of one or three characters, raw or with escapes, strings of code points or bytes. */
#include "goldhour/base/utf8.h"
#include "lex.h"

struct text_literal {
  struct compilation *c;
  char *out;      /* room for every byte of the literal: an escape is never shorter than what it stands for */
  size_t len;
  size_t at, end; /* of the text between the quotes */
  bool bytes;
};

static int hex_value(char c)
{
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Reads n digits of the base at t->at. False: they are not there. */
static bool read_digits(struct text_literal *t, unsigned n, int base, uint32_t *out)
{
  *out = 0;
  for (unsigned i = 0; i < n; i++, t->at++) {
    int d = t->at < t->end ? hex_value(t->c->text.ptr[t->at]) : -1;
    if (d < 0 || d >= base) return false;
    *out = *out * (uint32_t)base + (uint32_t)d;
  }
  return true;
}

/* The second half of a surrogate pair, where a first stands. */
static bool read_pair(struct text_literal *t, uint32_t *code)
{
  uint32_t low;
  const char *text = t->c->text.ptr;
  if (t->end - t->at < 6 || text[t->at] != '\\' || text[t->at + 1] != 'u') return false;
  t->at += 2;
  if (!read_digits(t, 4, 16, &low) || low < 0xdc00 || low > 0xdfff) return false;
  *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
  return true;
}

static bool put_code(struct text_literal *t, uint32_t code)
{
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  t->len += gh_utf8_put(t->out + t->len, code);
  return true;
}

static bool put_octet(struct text_literal *t, uint32_t code)
{
  if (!t->bytes) return put_code(t, code);
  if (code > 0xff) return false;
  t->out[t->len++] = (char)code;
  return true;
}

static bool put_unicode(struct text_literal *t, unsigned digits)
{
  uint32_t code;
  if (t->bytes || !read_digits(t, digits, 16, &code)) return false;
  if (digits == 4 && code >= 0xd800 && code <= 0xdbff && !read_pair(t, &code)) return false;
  return put_code(t, code);
}

/* The escape behind a backslash. */
static bool put_escape(struct text_literal *t)
{
  static const char letters[] = "abfnrtv\\?\"'`", meanings[] = "\a\b\f\n\r\t\v\\?\"'`";
  uint32_t code;
  if (t->at >= t->end) return false;
  char c = t->c->text.ptr[t->at++];
  const char *found = c ? strchr(letters, c) : NULL;
  if (found) {
    t->out[t->len++] = meanings[found - letters];
    return true;
  }
  if (c == 'u') return put_unicode(t, 4);
  if (c == 'U') return put_unicode(t, 8);
  if (c == 'x' || c == 'X') return read_digits(t, 2, 16, &code) && put_octet(t, code);
  t->at--;
  return c >= '0' && c <= '3' && read_digits(t, 3, 8, &code) && put_octet(t, code);
}

/* Where the literal's closing quote begins, SIZE_MAX if there is none. */
static size_t find_end(const struct compilation *c, size_t at, struct gh_str quote, bool raw)
{
  for (; at < c->text.len; at++) {
    struct gh_str rest = {c->text.ptr + at, c->text.len - at};
    if (gh_str_starts(rest, quote)) return at;
    if (quote.len == 1 && (*rest.ptr == '\n' || *rest.ptr == '\r')) return SIZE_MAX;
    if (*rest.ptr == '\\' && !raw) at++;
  }
  return SIZE_MAX;
}

static bool resolve(struct text_literal *t, bool raw)
{
  while (t->at < t->end) {
    char c = t->c->text.ptr[t->at];
    if (c != '\\' || raw) {
      t->out[t->len++] = c;
      t->at++;
      continue;
    }
    size_t escape = t->at++;
    if (put_escape(t)) continue;
    gh_cel_refuse(t->c, escape, "an escape that has no meaning in %s", t->bytes ? "bytes" : "a string");
    return false;
  }
  return true;
}

static bool is_prefix(const struct compilation *c, size_t at, size_t n, char lower)
{
  for (size_t i = 0; i < n; i++)
    if ((c->text.ptr[at + i] | 0x20) == lower) return true;
  return false;
}

void gh_cel_lex_text(struct compilation *c, struct token *token, size_t prefix)
{
  size_t at = token->offset + prefix;
  bool raw = is_prefix(c, token->offset, prefix, 'r');
  struct text_literal t = {.c = c, .bytes = is_prefix(c, token->offset, prefix, 'b')};
  struct gh_str quote = {c->text.ptr + at, 1}, rest = {quote.ptr, c->text.len - at};
  const char three[3] = {*quote.ptr, *quote.ptr, *quote.ptr};
  if (gh_str_starts(rest, gh_str_n(three, 3))) quote.len = 3;
  t.at = at + quote.len;
  t.end = find_end(c, t.at, quote, raw);
  token->kind = TOKEN_BAD;
  if (t.end == SIZE_MAX) {
    gh_cel_refuse(c, token->offset, "a text that does not end");
    return;
  }
  token->end = t.end + quote.len;
  token->text.len = token->end - token->offset;
  t.out = gh_arena_alloc(c->arena, t.end - t.at + 1);
  if (!resolve(&t, raw)) return;
  token->value = gh_str_n(t.out, t.len);
  token->kind = t.bytes ? TOKEN_BYTES : TOKEN_STRING;
}
