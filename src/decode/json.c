#include "json.h"

#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "goldhour/base/check.h"

/* Where the walk stands: offsets[at] is the structural byte looked at; offsets[n] is the text's length. */
struct walk {
  struct json_tape *tape;
  struct gh_arena *arena;
  struct gh_str text;
  const uint32_t *offsets;
  uint32_t at, n;
  unsigned depth;
  bool escapes; /* there is a backslash somewhere */
};

static inline bool value(struct walk *w, struct gh_str key, unsigned depth);

void gh_json_tape_init(struct json_tape *t)
{
  *t = (struct json_tape){.simd = gh_json_simd_new()};
}

void gh_json_tape_free(struct json_tape *t)
{
  gh_json_simd_free(t->simd);
  free(t->nodes);
}

void gh_json_tape_reserve(struct json_tape *t, uint32_t n)
{
  t->nnodes = 0;
  if (n <= t->cap) return;
  free(t->nodes);
  t->cap = n * 2;
  t->nodes = malloc(t->cap * sizeof *t->nodes);
  GH_CHECK(t->nodes);
}

const char *gh_json_kind_name(enum json_kind kind)
{
  static const char *const names[] = {"null", "a bool", "a bool", "a number", "a text", "a list", "an object"};
  return names[kind];
}

static bool refuse(struct walk *w, const char *reason, const char *detail)
{
  w->tape->reason = reason;
  w->tape->detail = detail;
  return false;
}

static bool bad(struct walk *w, const char *detail)
{
  return refuse(w, "bad_json", detail);
}

/* The structural byte looked at; 0 at the end. */
static inline char peek(const struct walk *w)
{
  return w->at < w->n ? w->text.ptr[w->offsets[w->at]] : '\0';
}

static bool space(char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The bytes from the structural looked at to the next one, without whitespace at the end; moves on. */
static struct gh_str token(struct walk *w)
{
  const char *from = w->text.ptr + w->offsets[w->at];
  const char *to = w->text.ptr + w->offsets[w->at + 1];
  while (to > from && space(to[-1])) to--;
  w->at++;
  return (struct gh_str){from, (size_t)(to - from)};
}

/* The first stage has made sure that the string is closed and that what follows its quote is whitespace up to the next structural byte. */
static inline bool string(struct walk *w, struct gh_str *out)
{
  const char *from = w->text.ptr + w->offsets[w->at] + 1;
  const char *to = w->text.ptr + w->offsets[w->at + 1] - 1;
  w->at++;
  while (to > from && (unsigned char)*to <= ' ') to--;
  if (to < from || *to != '"') return bad(w, "a text is not closed");
  *out = (struct gh_str){from, (size_t)(to - from)};
  if (__builtin_expect(!w->escapes, true) || !memchr(out->ptr, '\\', out->len)) return true;
  return gh_json_unescape(w->arena, *out, out) || bad(w, "a malformed escape in a text");
}

static inline struct json_node *append(struct walk *w, struct gh_str key, enum json_kind kind, struct gh_str text)
{
  struct json_tape *t = w->tape;
  struct json_node *n = &t->nodes[t->nnodes++];
  *n = (struct json_node){text.ptr, key.ptr, (uint32_t)text.len, (uint32_t)key.len, 1, kind};
  return n;
}

/* A number or a literal. */
static bool plain(struct walk *w, struct gh_str key)
{
  if (w->at >= w->n) return bad(w, "the record ends where a value was expected");
  struct gh_str t = token(w);
  if (gh_json_number(t)) return append(w, key, JSON_NUMBER, t);
  if (gh_str_eq(t, GH_STR("true"))) return append(w, key, JSON_TRUE, t);
  if (gh_str_eq(t, GH_STR("false"))) return append(w, key, JSON_FALSE, t);
  if (gh_str_eq(t, GH_STR("null"))) return append(w, key, JSON_NULL, t);
  return bad(w, "something that is no JSON value");
}

/* Behind a member: a comma goes on, `close` ends; anything else is malformed. */
static inline bool separator(struct walk *w, char close, bool *more)
{
  char c = peek(w);
  *more = c == ',';
  if (c != ',' && c != close) return bad(w, close == '}' ? "a comma or } was expected" : "a comma or ] was expected");
  w->at++;
  return true;
}

static inline bool member(struct walk *w, unsigned depth)
{
  struct gh_str key;
  if (peek(w) != '"') return bad(w, "a key in double quotes was expected");
  if (!string(w, &key)) return false;
  if (peek(w) != ':') return bad(w, "a colon was expected behind a key");
  w->at++;
  return value(w, key, depth);
}

static inline bool digit(char c)
{
  return c >= '0' && c <= '9';
}

/* A number without sign and exponent whose first byte that is no digit stands at `point`, if there is one; `digits`: all others are. */
static inline bool number_shape(const char *from, size_t len, size_t point, bool digits)
{
  if (!digits || point == 0 || (*from == '0' && point > 1)) return false;
  return point == len || (from[point] == '.' && point + 1 < len);
}

/* A number without sign and exponent that ends where the next structural byte stands; false: look closer. Up to 16 bytes are looked at
 * at once where the text goes on for as long: how many digits there are differs from record to record, and a loop over them is a branch
 * mispredicted. */
static inline bool simple_number(const char *from, size_t len, const char *text_end)
{
#ifdef __SSE2__
  if (len <= 16 && text_end - from >= 16) {
    __m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)from), _mm_set1_epi8('0'));
    unsigned digit_bits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v));
    unsigned others = ~digit_bits & ((1u << len) - 1);
    return number_shape(from, len, others ? (size_t)__builtin_ctz(others) : len, (others & (others - 1)) == 0);
  }
#else
  (void)text_end;
#endif
  size_t point = 0, at;
  while (point < len && digit(from[point])) point++;
  for (at = point + 1; at < len && digit(from[at]); at++) {}
  return number_shape(from, len, point, at >= len);
}

/* The kind of a value between two structural bytes; a list stands for: look closer. */
static inline enum json_kind simple_kind(const char *from, const char *end, const char *text_end)
{
  if (*from == '"') return end - from >= 2 && end[-1] == '"' ? JSON_STRING : JSON_LIST;
  const char *number = from + (*from == '-');
  if (digit(*number)) return simple_number(number, (size_t)(end - number), text_end) ? JSON_NUMBER : JSON_LIST;
  if (end - from == 4 && memcmp(from, "true", 4) == 0) return JSON_TRUE;
  return end - from == 5 && memcmp(from, "false", 5) == 0 ? JSON_FALSE : JSON_LIST;
}

/* Members as nearly all are: a key and a text, number or bool, no escape in the record, no space before a colon, comma or brace. Reads them
 * up to the object's end, or up to the first that is otherwise, which member() reads with all its checks; returns how many there were. What
 * the first stage promises, see string(), holds here: a quote just before the next structural byte closes the text. All stands in registers:
 * through `w`, which escapes, every step would be a load and a store. */
static inline uint32_t simple_members(struct walk *w, bool *more)
{
  const char *text = w->text.ptr;
  const uint32_t *at = w->offsets + w->at, *end = w->offsets + w->n;
  struct json_node *first = w->tape->nodes + w->tape->nnodes, *n = first;
  while (*more && end - at > 3) {
    const char *key = text + at[0], *colon = text + at[1], *from = text + at[2], *behind = text + at[3];
    if (*key != '"' || *colon != ':' || colon - key < 2 || colon[-1] != '"' || (*behind != ',' && *behind != '}')) break;
    enum json_kind kind = simple_kind(from, behind, text + w->text.len);
    if (kind == JSON_LIST) break;
    uint32_t quote = kind == JSON_STRING;
    *n++ = (struct json_node){from + quote, key + 1, (uint32_t)(behind - from) - 2 * quote, (uint32_t)(colon - key) - 2, 1, kind};
    *more = *behind == ',';
    at += 4;
  }
  w->at = (uint32_t)(at - w->offsets);
  w->tape->nnodes += (uint32_t)(n - first);
  return (uint32_t)(n - first);
}

/* The members of an object, looked at behind its brace; *n: how many there are. */
static bool members(struct walk *w, unsigned depth, bool more, uint32_t *n)
{
  while (more) {
    if (!w->escapes) *n += simple_members(w, &more);
    if (!more) break;
    if (!member(w, depth) || !separator(w, '}', &more)) return false;
    ++*n;
  }
  return true;
}

static bool items(struct walk *w, unsigned depth, bool more, uint32_t *n)
{
  for (; more; ++*n)
    if (!value(w, (struct gh_str){NULL, 0}, depth) || !separator(w, ']', &more)) return false;
  return true;
}

static bool container(struct walk *w, struct gh_str key, enum json_kind kind, unsigned depth)
{
  char close = kind == JSON_OBJECT ? '}' : ']';
  if (depth >= w->depth) return refuse(w, "too_deep", "nested deeper than record_depth");
  uint32_t self = w->tape->nnodes;
  append(w, key, kind, (struct gh_str){NULL, 0});
  w->at++;
  bool more = peek(w) != close;
  if (!more) w->at++;
  uint32_t children = 0;
  bool ok = kind == JSON_OBJECT ? members(w, depth + 1, more, &children) : items(w, depth + 1, more, &children);
  if (!ok) return false;
  w->tape->nodes[self].span = w->tape->nnodes - self;
  w->tape->nodes[self].text_len = children;
  return true;
}

static inline bool value(struct walk *w, struct gh_str key, unsigned depth)
{
  struct gh_str text;
  switch (peek(w)) {
    case '"': return string(w, &text) && append(w, key, JSON_STRING, text);
    case '{': return container(w, key, JSON_OBJECT, depth);
    case '[': return container(w, key, JSON_LIST, depth);
    default: return plain(w, key);
  }
}

static bool index_structure(struct walk *w)
{
  switch (gh_json_simd_index(w->tape->simd, w->text, &w->offsets, &w->n)) {
    case JSON_SIMD_OK: return true;
    case JSON_SIMD_BAD_UTF8: return refuse(w, "bad_utf8", "bytes that are no UTF-8");
    case JSON_SIMD_CONTROL_CHARACTER: return bad(w, "a control character in a text");
    case JSON_SIMD_UNCLOSED_STRING: return bad(w, "a text is not closed");
    case JSON_SIMD_EMPTY: return bad(w, "nothing in the record");
    case JSON_SIMD_TOO_LONG: return refuse(w, "too_long", "longer than a record can be");
  }
  GH_IMPOSSIBLE();
}

static bool begin(struct walk *w)
{
  if (!index_structure(w)) return false;
  w->escapes = memchr(w->text.ptr, '\\', w->text.len) != NULL;
  gh_json_tape_reserve(w->tape, w->n + 1);
  return true;
}

bool gh_json_tape_read(struct json_tape *t, struct gh_arena *arena, struct gh_str text, unsigned depth)
{
  struct walk w = {.tape = t, .arena = arena, .text = text, .depth = depth};
  if (!begin(&w) || !value(&w, (struct gh_str){NULL, 0}, 0)) return false;
  return w.at == w.n || bad(&w, "more text behind the record's end");
}

bool gh_json_tape_read_sequence(struct json_tape *t, struct gh_arena *arena, struct gh_str text, unsigned depth)
{
  struct walk w = {.tape = t, .arena = arena, .text = text, .depth = depth};
  uint32_t n = 0;
  if (!begin(&w)) return false;
  append(&w, (struct gh_str){NULL, 0}, JSON_LIST, (struct gh_str){NULL, 0});
  for (; w.at < w.n; n++)
    if (!value(&w, (struct gh_str){NULL, 0}, 0)) return false;
  t->nodes[0].span = t->nnodes;
  t->nodes[0].text_len = n;
  return true;
}
