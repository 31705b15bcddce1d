/* Types as text: read and written. */
#include "goldhour/base/check.h"
#include "function.h"
#include "type.h"

static const struct { const char *name; enum gh_kind kind; } names[] = {
  {"int", GH_INT}, {"uint", GH_UINT}, {"double", GH_DOUBLE}, {"bool", GH_BOOL}, {"string", GH_STRING}, {"bytes", GH_BYTES},
  {"null_type", GH_NULL}, {"null", GH_NULL}, {"timestamp", GH_TIMESTAMP}, {"google.protobuf.Timestamp", GH_TIMESTAMP},
  {"duration", GH_DURATION}, {"google.protobuf.Duration", GH_DURATION}, {"date", GH_DATE}, {"decimal", GH_DECIMAL},
  {"list", GH_LIST}, {"map", GH_MAP}, {"type", GH_TYPE}, {"dyn", GH_DYN},
};

static void skip_blanks(struct gh_str *s)
{
  while (s->len && (*s->ptr == ' ' || *s->ptr == '\t')) s->ptr++, s->len--;
}

static bool take(struct gh_str *s, char c)
{
  skip_blanks(s);
  if (!s->len || *s->ptr != c) return false;
  s->ptr++, s->len--;
  return true;
}

static bool word_char(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static struct gh_str take_word(struct gh_str *s)
{
  skip_blanks(s);
  struct gh_str word = {s->ptr, 0};
  while (s->len && word_char(*s->ptr)) s->ptr++, s->len--, word.len++;
  return word;
}

static bool find_name(struct gh_str word, uint8_t *kind)
{
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (!gh_str_eq(word, gh_str(names[i].name))) continue;
    *kind = (uint8_t)names[i].kind;
    return true;
  }
  return false;
}

static bool read_scale(struct gh_str *text, struct cel_type *t)
{
  struct gh_str digits = take_word(text);
  unsigned scale = 0;
  if (!digits.len || digits.len > 2) return false;
  for (size_t i = 0; i < digits.len; i++) {
    if (digits.ptr[i] < '0' || digits.ptr[i] > '9') return false;
    scale = scale * 10 + (unsigned)(digits.ptr[i] - '0');
  }
  t->scale = (uint8_t)scale;
  return scale <= 18;
}

static bool read_inner(struct cel_types *types, struct gh_str *text, struct cel_type *t)
{
  if (t->kind == GH_DECIMAL) return read_scale(text, t);
  if (t->kind != GH_LIST && t->kind != GH_MAP && t->kind != GH_TYPE) return false;
  if (t->kind == GH_MAP && (!(t->key = gh_cel_type_read(types, text)) || !take(text, ','))) return false;
  return (t->elem = gh_cel_type_read(types, text));
}

/* The type without what stands in parentheses: a list of anything, a decimal of any scale. */
static struct cel_type *bare(struct cel_types *types, struct cel_type *t)
{
  if (t->kind == GH_LIST || t->kind == GH_MAP) t->elem = gh_cel_type_make(types, GH_DYN);
  if (t->kind == GH_MAP) t->key = gh_cel_type_make(types, GH_DYN);
  if (t->kind == GH_DECIMAL) t->scale = GH_CEL_SCALE_UNKNOWN;
  return t;
}

struct cel_type *gh_cel_type_read(struct cel_types *types, struct gh_str *text)
{
  struct gh_str word = take_word(text);
  struct cel_type *t = gh_cel_type_make(types, CEL_PARAMETER);
  if (word.len == 1 && *word.ptr >= 'A' && *word.ptr < 'A' + CEL_PARAMETERS) {
    t->scale = (uint8_t)(*word.ptr - 'A');
    return t;
  }
  if (!find_name(word, &t->kind)) return NULL;
  if (!take(text, '(')) return bare(types, t);
  return read_inner(types, text, t) && take(text, ')') ? t : NULL;
}

static bool has_parameter(const struct cel_type *t)
{
  return t->kind == CEL_PARAMETER || (t->elem && has_parameter(t->elem)) || (t->key && has_parameter(t->key));
}

static struct gh_type to_declared(struct gh_arena *arena, const struct cel_type *t);

static const struct gh_type *declared_inner(struct gh_arena *arena, const struct cel_type *t)
{
  if (!t) return NULL;
  struct gh_type *inner = gh_arena_zero(arena, 1, sizeof *inner);
  *inner = to_declared(arena, t);
  return inner;
}

static struct gh_type to_declared(struct gh_arena *arena, const struct cel_type *t)
{
  return (struct gh_type){.kind = t->kind, .scale = t->scale, .elem = declared_inner(arena, t->elem), .key = declared_inner(arena, t->key)};
}

bool gh_cel_type_parse(struct gh_arena *arena, struct gh_str text, struct gh_type *type)
{
  struct cel_types types = {.arena = arena};
  struct cel_type *t = gh_cel_type_read(&types, &text);
  skip_blanks(&text);
  if (!t || text.len || has_parameter(t)) return false;
  *type = to_declared(arena, t);
  return true;
}

struct gh_str gh_cel_kind_name(enum gh_kind kind)
{
  switch (kind) {
  case GH_NULL: return GH_STR("null_type");
  case GH_BOOL: return GH_STR("bool");
  case GH_INT: return GH_STR("int");
  case GH_UINT: return GH_STR("uint");
  case GH_DOUBLE: return GH_STR("double");
  case GH_STRING: return GH_STR("string");
  case GH_BYTES: return GH_STR("bytes");
  case GH_LIST: return GH_STR("list");
  case GH_MAP: return GH_STR("map");
  case GH_TIMESTAMP: case GH_DATE: return GH_STR("google.protobuf.Timestamp");
  case GH_DURATION: return GH_STR("google.protobuf.Duration");
  case GH_DECIMAL: return GH_STR("decimal");
  case GH_TYPE: return GH_STR("type");
  case GH_DYN: return GH_STR("dyn");
  case GH_ABSENT: return GH_STR("absent");
  case GH_ERROR: return GH_STR("error");
  }
  GH_IMPOSSIBLE();
}

struct gh_str gh_cel_type_text(struct gh_arena *arena, struct cel_type *t)
{
  t = gh_cel_type_find(t);
  if (t->kind >= CEL_VARIABLE) return GH_STR("dyn");
  if (t->kind == GH_TIMESTAMP) return GH_STR("timestamp");
  if (t->kind == GH_DURATION) return GH_STR("duration");
  if (t->kind == GH_LIST) return gh_arena_fmt(arena, "list(%.*s)", GH_FMT(gh_cel_type_text(arena, t->elem)));
  if (t->kind != GH_MAP) return gh_cel_kind_name(t->kind);
  struct gh_str key = gh_cel_type_text(arena, t->key), elem = gh_cel_type_text(arena, t->elem);
  return gh_arena_fmt(arena, "map(%.*s, %.*s)", GH_FMT(key), GH_FMT(elem));
}
