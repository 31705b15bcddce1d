#include "lex.h"

#include "goldhour/base/utf8.h"

static const char *const reserved[] = {
  "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
  "loop", "package", "namespace", "return", "var", "void", "while",
};

/* Two characters before one, so that the longest is found. */
static const char *const signs[] = {
  "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}",
};

bool gh_cel_reserved(struct gh_str name)
{
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
    if (gh_str_eq(name, gh_str(reserved[i]))) return true;
  return false;
}

static bool digit(int c) { return c >= '0' && c <= '9'; }
static bool letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool hex_digit(int c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static int peek(const struct compilation *c, size_t at)
{
  return at < c->text.len ? (unsigned char)c->text.ptr[at] : -1;
}

static size_t skip_blanks(const struct compilation *c, size_t at)
{
  for (;;) {
    int ch = peek(c, at);
    if (ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r' || ch == '\f') {
      at++;
    } else if (ch == '/' && peek(c, at + 1) == '/') {
      while (at < c->text.len && peek(c, at) != '\n' && peek(c, at) != '\r') at++;
    } else {
      return at;
    }
  }
}

static size_t skip_digits(const struct compilation *c, size_t at)
{
  while (digit(peek(c, at))) at++;
  return at;
}

/* Behind an exponent that begins at `at`, or `at` if none does. */
static size_t skip_exponent(const struct compilation *c, size_t at)
{
  int e = peek(c, at), sign = peek(c, at + 1);
  if (e != 'e' && e != 'E') return at;
  size_t digits = at + 1 + (sign == '+' || sign == '-');
  return digit(peek(c, digits)) ? skip_digits(c, digits) : at;
}

static size_t number_end(const struct compilation *c, size_t at, enum token_kind *kind)
{
  *kind = TOKEN_INT;
  if (peek(c, at) == '0' && (peek(c, at + 1) == 'x') && hex_digit(peek(c, at + 2))) {
    at += 2;
    while (hex_digit(peek(c, at))) at++;
    return at;
  }
  size_t end = skip_digits(c, at);
  if (peek(c, end) == '.' && digit(peek(c, end + 1))) {
    *kind = TOKEN_DOUBLE;
    end = skip_digits(c, end + 1);
  }
  size_t exponent = skip_exponent(c, end);
  if (exponent != end) *kind = TOKEN_DOUBLE;
  return exponent;
}

static void lex_number(struct compilation *c, struct token *t)
{
  t->end = number_end(c, t->offset, &t->kind);
  t->text.len = t->end - t->offset;
  int next = peek(c, t->end);
  if (t->kind == TOKEN_INT && (next == 'u' || next == 'U')) {
    t->kind = TOKEN_UINT;
    t->end++;
  }
  if (!letter(peek(c, t->end)) && !digit(peek(c, t->end))) return;
  t->kind = TOKEN_BAD;
  gh_cel_refuse(c, t->end, "a number followed by a letter");
}

static void lex_quoted_name(struct compilation *c, struct token *t)
{
  size_t at = t->offset + 1;
  for (int ch = peek(c, at); letter(ch) || digit(ch) || ch == '.' || ch == '-' || ch == '/' || ch == ' '; ch = peek(c, ++at)) continue;
  t->text = gh_str_n(c->text.ptr + t->offset + 1, at - t->offset - 1);
  t->kind = TOKEN_QUOTED;
  t->end = at + 1;
  if (peek(c, at) == '`' && t->text.len) return;
  t->kind = TOKEN_BAD;
  gh_cel_refuse(c, at, "a name in back quotes may have letters, digits, _ . - / and blanks, and ends with a back quote");
}

/* Length of the prefix r, b, br of a text literal at `at`; false if none begins there. */
static bool text_prefix(const struct compilation *c, size_t at, size_t *prefix)
{
  size_t p = at;
  if (peek(c, p) == 'b' || peek(c, p) == 'B') p++;
  if (peek(c, p) == 'r' || peek(c, p) == 'R') p++;
  *prefix = p - at;
  return peek(c, p) == '"' || peek(c, p) == '\'';
}

/* Signs of a Chinese input method look like those meant. */
static bool full_width(int32_t code)
{
  return (code >= 0xff01 && code <= 0xff5e) || (code >= 0x3000 && code <= 0x303f) || (code >= 0x2018 && code <= 0x201d);
}

static void refuse_sign(struct compilation *c, size_t offset, struct gh_str rest)
{
  const char *at = rest.ptr;
  int32_t code = gh_utf8_next(&at, rest.ptr + rest.len);
  int length = (int)(at - rest.ptr);
  if (full_width(code)) gh_cel_refuse(c, offset, "'%.*s' is a full-width sign: write it in half width", length, rest.ptr);
  else if (code == '=') gh_cel_refuse(c, offset, "'=' compares nothing: write '=='");
  else if (code == '&' || code == '|') gh_cel_refuse(c, offset, "'%c' alone means nothing: write '%c%c'", code, code, code);
  else gh_cel_refuse(c, offset, "'%.*s' has no meaning here", length, rest.ptr);
}

static void lex_sign(struct compilation *c, struct token *t)
{
  struct gh_str rest = {c->text.ptr + t->offset, c->text.len - t->offset};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
    struct gh_str sign = gh_str(signs[i]);
    if (!gh_str_starts(rest, sign)) continue;
    t->kind = TOKEN_SIGN;
    t->text.len = sign.len;
    t->end = t->offset + sign.len;
    return;
  }
  t->kind = TOKEN_BAD;
  refuse_sign(c, t->offset, rest);
}

struct token gh_cel_lex(struct compilation *c, size_t at)
{
  at = skip_blanks(c, at);
  struct token t = {.kind = TOKEN_END, .offset = at, .end = at, .text = {c->text.ptr + at, 0}};
  int first = peek(c, at);
  size_t prefix;
  if (first < 0) return t;
  if (text_prefix(c, at, &prefix)) {
    gh_cel_lex_text(c, &t, prefix);
  } else if (letter(first)) {
    t.kind = TOKEN_NAME;
    while (letter(peek(c, t.end)) || digit(peek(c, t.end))) t.end++;
    t.text.len = t.end - at;
  } else if (digit(first) || (first == '.' && digit(peek(c, at + 1)))) {
    lex_number(c, &t);
  } else if (first == '`') {
    lex_quoted_name(c, &t);
  } else {
    lex_sign(c, &t);
  }
  return t;
}
