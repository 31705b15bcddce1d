/* Builds the tree from libyaml's events, not from its documents: only events show anchors, aliases and tags. */
#include "goldhour/conf/yaml.h"

#include <yaml.h>

#include "goldhour/base/textmap.h"
#include "goldhour/base/utf8.h"

enum { DEEPEST = 64, FEW_KEYS = 16 };

struct builder {
  yaml_parser_t parser;
  struct gh_arena *arena;
  struct gh_str file, text;
  struct gh_faults *faults;
};

static struct gh_spot spot(const struct builder *b, yaml_mark_t mark)
{
  return (struct gh_spot){b->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* The spot of a byte: libyaml gives no line where the bytes themselves are malformed. */
static struct gh_spot spot_of_byte(const struct builder *b, size_t offset)
{
  struct gh_spot at = {b->file, 1, 1};
  for (size_t i = 0; i < offset && i < b->text.len; i++) {
    if (b->text.ptr[i] == '\n') at.line++, at.column = 1;
    else if (((unsigned char)b->text.ptr[i] & 0xc0) != 0x80) at.column++;
  }
  return at;
}

static struct gh_str line_text(const struct builder *b, size_t line)
{
  const char *at = b->text.ptr, *end = at + b->text.len;
  for (; line && at < end; line--) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    at = newline ? newline + 1 : end;
  }
  const char *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
  return gh_str_n(at, (size_t)((newline ? newline : end) - at));
}

/* Chinese input methods give full-width signs, which YAML takes for letters: one on the faulty line is the likely cause. NULL: there is none. */
static const char *full_width_hint(const struct builder *b, size_t line)
{
  static const struct { const char *sign, *hint; } known[] = {
    {"：", "the line holds '：', a full-width sign: a key is followed by ': ' in half width"}, {"，", "the line holds '，', a full-width sign: values are parted by ',' in half width"},
    {"“", "the line holds '“', a full-width sign: texts stand in half-width quotes"}, {"‘", "the line holds '‘', a full-width sign: texts stand in half-width quotes"},
    {"｛", "the line holds '｛', a full-width sign: write it in half width"}, {"［", "the line holds '［', a full-width sign: write it in half width"},
  };
  struct gh_str text = line_text(b, line);
  for (; text.len; text.ptr++, text.len--) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
      if (gh_str_starts(text, gh_str(known[i].sign))) return known[i].hint;
    }
  }
  return NULL;
}

static const char *hint_of(const struct builder *b)
{
  const char *hint = full_width_hint(b, b->parser.problem_mark.line);
  if (!hint && b->parser.context) hint = full_width_hint(b, b->parser.context_mark.line);
  return hint ? hint : "a text with ': ', ' #' or one of {}[]&*!|>%@` at its beginning needs quotes; tabs may not indent";
}

static void say_malformed(struct builder *b)
{
  const yaml_parser_t *p = &b->parser;
  const char *problem = p->problem ? p->problem : "unknown reason";
  if (p->error == YAML_READER_ERROR) {
    struct gh_fault *fault = gh_fault(b->faults, spot_of_byte(b, p->problem_offset), "not readable as UTF-8 text: %s", problem);
    fault->hint = GH_STR("save the file as UTF-8");
    return;
  }
  const char *context = p->context ? p->context : "";
  struct gh_fault *fault = gh_fault(b->faults, spot(b, p->problem_mark), "not YAML: %s%s%s", context, *context ? ": " : "", problem);
  fault->hint = gh_str(hint_of(b));
}

static bool next_event(struct builder *b, yaml_event_t *event)
{
  if (yaml_parser_parse(&b->parser, event)) return true;
  say_malformed(b);
  return false;
}

static bool refuse(struct builder *b, yaml_mark_t at, const char *what, const char *hint)
{
  gh_fault(b->faults, spot(b, at), "%s", what)->hint = gh_str(hint);
  return false;
}

/* Anchors and tags are refused: a file says what it says where it says it. */
static bool plain_enough(struct builder *b, const yaml_event_t *e)
{
  const yaml_char_t *anchor = NULL, *tag = NULL;
  if (e->type == YAML_SCALAR_EVENT) anchor = e->data.scalar.anchor, tag = e->data.scalar.tag;
  if (e->type == YAML_SEQUENCE_START_EVENT) anchor = e->data.sequence_start.anchor, tag = e->data.sequence_start.tag;
  if (e->type == YAML_MAPPING_START_EVENT) anchor = e->data.mapping_start.anchor, tag = e->data.mapping_start.tag;
  if (e->type == YAML_ALIAS_EVENT) return refuse(b, e->start_mark, "aliases (*name) are not allowed", "write the value out, or put the text in quotes");
  if (anchor) return refuse(b, e->start_mark, "anchors (&name) are not allowed", "write the value out where it is needed, or put the text in quotes");
  if (tag) return refuse(b, e->start_mark, "tags (!name) are not allowed", "put a text that begins with '!' in quotes");
  return true;
}

static struct gh_node *build(struct builder *b, const yaml_event_t *event, unsigned depth);

/* libyaml counts in characters: a text that takes as many as it has, its quotes aside, stands there as it is. */
static uint8_t lead_of(const struct gh_node *n, const yaml_event_t *e)
{
  yaml_scalar_style_t style = e->data.scalar.style;
  bool quotes = style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
  if ((!quotes && style != YAML_PLAIN_SCALAR_STYLE) || e->start_mark.line != e->end_mark.line) return GH_NODE_FOLDED;
  size_t taken = e->end_mark.index - e->start_mark.index;
  return taken == gh_utf8_count(n->text) + (quotes ? 2 : 0) ? quotes : GH_NODE_FOLDED;
}

static bool fill_scalar(struct builder *b, struct gh_node *n, const yaml_event_t *e)
{
  n->kind = GH_NODE_SCALAR;
  n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  n->text = gh_arena_str(b->arena, gh_str_n((const char *)e->data.scalar.value, e->data.scalar.length));
  n->lead = lead_of(n, e);
  if (memchr(n->text.ptr, '\0', n->text.len)) return refuse(b, e->start_mark, "a text may not hold the character U+0000", "");
  return true;
}

/* Reads the next node; *ended: the list or map is over instead. NULL with a fault, or where ended. */
static struct gh_node *read_node(struct builder *b, yaml_event_type_t end, unsigned depth, bool *ended)
{
  yaml_event_t event;
  *ended = false;
  if (!next_event(b, &event)) return NULL;
  *ended = event.type == end;
  struct gh_node *n = *ended ? NULL : build(b, &event, depth);
  yaml_event_delete(&event);
  return n;
}

static bool fill_list(struct builder *b, struct gh_node *list, unsigned depth)
{
  list->kind = GH_NODE_LIST;
  struct gh_node **tail = &list->first;
  for (;; list->count++) {
    bool ended;
    struct gh_node *n = read_node(b, YAML_SEQUENCE_END_EVENT, depth + 1, &ended);
    if (!n) return ended;
    *tail = n;
    tail = &n->next;
  }
}

static void say_twice(struct builder *b, const struct gh_node *second, const struct gh_node *first)
{
  gh_fault(b->faults, second->key_at, "the key '%.*s' is written twice (first on line %u)", GH_FMT(second->key), first->key_at.line);
}

static void check_keys_twice(struct builder *b, const struct gh_node *map)
{
  if (map->count > FEW_KEYS) {
    const struct gh_node **entries = gh_arena_alloc(b->arena, map->count * sizeof(void *));
    struct gh_textmap names;
    gh_textmap_init(&names, b->arena);
    uint32_t i = 0, held;
    for (const struct gh_node *n = map->first; n; n = n->next, i++) {
      entries[i] = n;
      if (!gh_textmap_add(&names, n->key, i, &held)) say_twice(b, n, entries[held]);
    }
    return;
  }
  for (const struct gh_node *n = map->first; n; n = n->next) {
    const struct gh_node *earlier = map->first;
    while (earlier != n && !gh_str_eq(earlier->key, n->key)) earlier = earlier->next;
    if (earlier != n) say_twice(b, n, earlier);
  }
}

static bool fill_map(struct builder *b, struct gh_node *map, unsigned depth)
{
  map->kind = GH_NODE_MAP;
  struct gh_node **tail = &map->first;
  for (;; map->count++) {
    bool ended;
    const struct gh_node *key = read_node(b, YAML_MAPPING_END_EVENT, depth + 1, &ended);
    if (!key && ended) break;
    if (!key) return false;
    if (key->kind != GH_NODE_SCALAR || key->text.len == 0) {
      gh_fault(b->faults, key->at, "a key must be a plain text")->hint = GH_STR("a text with braces, such as {{…}}, needs quotes");
      return false;
    }
    struct gh_node *n = read_node(b, YAML_NO_EVENT, depth + 1, &ended);
    if (!n) return false;
    n->key = key->text;
    n->key_at = key->at;
    *tail = n;
    tail = &n->next;
  }
  check_keys_twice(b, map);
  return true;
}

static struct gh_node *build(struct builder *b, const yaml_event_t *event, unsigned depth)
{
  if (!plain_enough(b, event)) return NULL;
  if (depth > DEEPEST) {
    refuse(b, event->start_mark, "nested over 64 deep", "");
    return NULL;
  }
  struct gh_node *n = gh_arena_zero(b->arena, 1, sizeof *n);
  n->at = spot(b, event->start_mark);
  bool good = event->type == YAML_SEQUENCE_START_EVENT ? fill_list(b, n, depth)
            : event->type == YAML_MAPPING_START_EVENT  ? fill_map(b, n, depth)
                                                       : fill_scalar(b, n, event);
  return good ? n : NULL;
}

/* Takes the events up to the first node's: the stream's and the document's beginning. Then, with a root, its end and nothing more. */
static struct gh_node *read_document(struct builder *b)
{
  struct gh_node *root = NULL;
  for (;;) {
    yaml_event_t event;
    if (!next_event(b, &event)) return NULL;
    yaml_event_type_t type = event.type;
    bool second = type == YAML_DOCUMENT_START_EVENT && root;
    if (second) refuse(b, event.start_mark, "a second document begins here; one file holds one", "remove the line '---', or split the file");
    bool node = type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT && type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT;
    if (node) root = build(b, &event, 0);
    yaml_event_delete(&event);
    if (second || (node && !root)) return NULL;
    if (type == YAML_STREAM_END_EVENT) break;
  }
  if (!root) gh_fault(b->faults, (struct gh_spot){b->file, 1, 1}, "the file is empty");
  return root;
}

struct gh_node *gh_yaml_parse(struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults)
{
  struct builder b = {.arena = arena, .file = file, .text = text, .faults = faults};
  if (gh_str_starts(text, GH_STR("\xef\xbb\xbf"))) b.text = gh_str_n(text.ptr + 3, text.len - 3);
  if (!yaml_parser_initialize(&b.parser)) {
    gh_fault(faults, (struct gh_spot){file, 0, 0}, "out of memory");
    return NULL;
  }
  yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&b.parser, (const unsigned char *)(b.text.ptr ? b.text.ptr : ""), b.text.len);
  unsigned errors = faults->errors;
  struct gh_node *root = read_document(&b);
  yaml_parser_delete(&b.parser);
  return faults->errors == errors ? root : NULL;
}

struct gh_node *gh_node_get(const struct gh_node *map, const char *key)
{
  if (!map || map->kind != GH_NODE_MAP) return NULL;
  struct gh_node *n = map->first;
  while (n && !gh_str_eq(n->key, gh_str(key))) n = n->next;
  return n;
}

struct gh_spot gh_node_spot(const struct gh_node *n, size_t offset)
{
  struct gh_spot at = n->at;
  if (n->kind != GH_NODE_SCALAR || n->lead == GH_NODE_FOLDED) return at;
  if (offset > n->text.len) offset = n->text.len;
  at.column += n->lead + (unsigned)gh_utf8_count(gh_str_n(n->text.ptr, offset));
  return at;
}
