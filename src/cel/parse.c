/* Recursive descent with precedence climbing. Chains of && and || become one node of many children: their length makes no depth. */
#include <stdarg.h>
#include <stdio.h>

#include "goldhour/base/utf8.h"
#include "lex.h"
#include "literal.h"

enum { HEIGHT_MAX = 1000, TEXT_MAX = 1 << 24 };

struct parser {
  struct compilation *c;
  struct token token; /* the one to be taken next */
  unsigned depth;
};

/* Children whose number is not known yet. */
struct kids {
  struct node **at;
  uint32_t n, cap;
};

static struct node *parse_expression(struct parser *p);
static struct node *parse_unary(struct parser *p);

static void next(struct parser *p) { p->token = gh_cel_lex(p->c, p->token.end); }

static bool at_sign(const struct parser *p, const char *sign)
{
  return p->token.kind == TOKEN_SIGN && gh_str_eq(p->token.text, gh_str(sign));
}

static bool at_word(const struct parser *p, const char *word)
{
  return p->token.kind == TOKEN_NAME && gh_str_eq(p->token.text, gh_str(word));
}

static bool take(struct parser *p, const char *sign)
{
  if (!at_sign(p, sign)) return false;
  next(p);
  return true;
}

static struct node *unexpected(struct parser *p, const char *wanted)
{
  if (p->token.kind == TOKEN_END) gh_cel_refuse(p->c, p->token.offset, "the expression ends where %s was expected", wanted);
  else gh_cel_refuse(p->c, p->token.offset, "'%.*s' where %s was expected", GH_FMT(p->token.text), wanted);
  if (at_word(p, "and") || at_word(p, "AND")) gh_cel_hint(p->c, GH_STR("'and' is written &&"));
  if (at_word(p, "or") || at_word(p, "OR")) gh_cel_hint(p->c, GH_STR("'or' is written ||"));
  return NULL;
}

static bool need(struct parser *p, const char *sign, const char *wanted)
{
  if (take(p, sign)) return true;
  unexpected(p, wanted);
  return false;
}

struct node *gh_cel_node(struct compilation *c, enum node_kind kind, size_t offset, uint32_t nkids)
{
  struct node *n = gh_arena_zero(c->arena, 1, sizeof *n);
  n->kind = (uint8_t)kind;
  n->offset = (uint32_t)offset;
  n->n = nkids;
  n->kids = nkids ? gh_arena_zero(c->arena, nkids, sizeof *n->kids) : NULL;
  return n;
}

void gh_cel_refuse(struct compilation *c, size_t offset, const char *format, ...)
{
  char text[400];
  va_list args;
  if (c->failed) return;
  c->failed = true;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  *c->fault = (struct gh_cel_fault){.offset = offset, .message = gh_arena_str(c->kept, gh_str(text))};
}

void gh_cel_hint(struct compilation *c, struct gh_str hint)
{
  if (hint.len) c->fault->hint = gh_arena_str(c->kept, hint);
}

/* Sets the height; a tree that is too high (a chain of thousands of operators) is refused, because it is walked by recursion. */
static struct node *finish(struct parser *p, struct node *n)
{
  for (uint32_t i = 0; i < n->n; i++)
    if (n->kids[i] && n->kids[i]->height >= n->height) n->height = (uint16_t)(n->kids[i]->height + 1);
  if (n->height <= HEIGHT_MAX) return n;
  gh_cel_refuse(p->c, n->offset, "the expression is nested too deeply");
  return NULL;
}

static void add_kid(struct parser *p, struct kids *kids, struct node *kid)
{
  if (kids->n == kids->cap) {
    uint32_t cap = kids->cap ? kids->cap * 2 : 8;
    struct node **at = gh_arena_alloc(p->c->arena, cap * sizeof *at);
    if (kids->n) memcpy(at, kids->at, kids->n * sizeof *at);
    kids->at = at;
    kids->cap = cap;
  }
  kids->at[kids->n++] = kid;
}

static struct node *with_kids(struct parser *p, struct node *n, const struct kids *kids)
{
  n->kids = kids->at;
  n->n = kids->n;
  return finish(p, n);
}

static struct node *with_two(struct parser *p, struct node *n, struct node *a, struct node *b)
{
  n->kids[0] = a;
  n->kids[1] = b;
  return finish(p, n);
}

/* Expressions separated by commas up to the closing sign; a comma before that is allowed where `trailing`. */
static bool parse_list(struct parser *p, struct kids *kids, const char *close, bool trailing)
{
  if (take(p, close)) return true;
  for (;;) {
    struct node *kid = parse_expression(p);
    if (!kid) return false;
    add_kid(p, kids, kid);
    if (take(p, close)) return true;
    if (!need(p, ",", close)) return false;
    if (trailing && take(p, close)) return true;
  }
}

static struct node *parse_map(struct parser *p, size_t offset)
{
  struct kids kids = {0};
  while (!take(p, "}")) {
    struct node *key = parse_expression(p);
    if (!key || !need(p, ":", "':' between key and value")) return NULL;
    struct node *value = parse_expression(p);
    if (!value) return NULL;
    add_kid(p, &kids, key);
    add_kid(p, &kids, value);
    if (!at_sign(p, "}") && !need(p, ",", "',' or '}'")) return NULL;
  }
  return with_kids(p, gh_cel_node(p->c, NODE_MAP, offset, 0), &kids);
}

static struct node *parse_call(struct parser *p, struct node *call, struct node *receiver)
{
  struct kids kids = {0};
  if (receiver) add_kid(p, &kids, receiver);
  call->method = receiver;
  if (!parse_list(p, &kids, ")", false)) return NULL;
  struct node *expanded = with_kids(p, call, &kids) ? gh_cel_macro(p->c, call) : NULL;
  return expanded ? finish(p, expanded) : NULL;
}

static struct node *parse_name(struct parser *p, bool root, size_t offset)
{
  if (p->token.kind != TOKEN_NAME) return unexpected(p, "a name");
  if (gh_cel_reserved(p->token.text)) {
    gh_cel_refuse(p->c, p->token.offset, "'%.*s' is a reserved word", GH_FMT(p->token.text));
    return NULL;
  }
  struct node *n = gh_cel_node(p->c, NODE_NAME, offset, 0);
  n->name = p->token.text;
  n->root = root;
  next(p);
  if (!take(p, "(")) return n;
  n->kind = NODE_CALL;
  return parse_call(p, n, NULL);
}

static struct node *constant(struct parser *p, struct gh_value value)
{
  struct node *n = gh_cel_node(p->c, NODE_CONST, p->token.offset, 0);
  n->value = value;
  next(p);
  return n;
}

static struct node *parse_word(struct parser *p)
{
  if (at_word(p, "true")) return constant(p, gh_bool(true));
  if (at_word(p, "false")) return constant(p, gh_bool(false));
  if (at_word(p, "null")) return constant(p, gh_null());
  if (at_word(p, "in")) return unexpected(p, "a value");
  return parse_name(p, false, p->token.offset);
}

static struct node *parse_number(struct parser *p, bool negative)
{
  struct token *t = &p->token;
  struct gh_value value = gh_absent();
  if (t->kind == TOKEN_DOUBLE) value = gh_cel_read_double(t->text, negative);
  else value = gh_cel_read_integer(t->text, t->kind == TOKEN_UINT, negative);
  if (value.kind != GH_ERROR) return constant(p, value);
  gh_cel_refuse(p->c, t->offset, "%.*s", GH_FMT(gh_text(value)));
  return NULL;
}

static struct node *parse_parenthesis(struct parser *p)
{
  struct node *n = parse_expression(p);
  return n && need(p, ")", "')'") ? n : NULL;
}

static struct node *parse_primary(struct parser *p)
{
  size_t offset = p->token.offset;
  switch (p->token.kind) {
  case TOKEN_NAME: return parse_word(p);
  case TOKEN_INT: case TOKEN_UINT: case TOKEN_DOUBLE: return parse_number(p, false);
  case TOKEN_STRING: return constant(p, gh_string(p->token.value));
  case TOKEN_BYTES: return constant(p, gh_bytes(p->token.value));
  default: break;
  }
  if (take(p, "(")) return parse_parenthesis(p);
  if (take(p, ".")) return parse_name(p, true, offset);
  if (take(p, "{")) return parse_map(p, offset);
  if (!take(p, "[")) return unexpected(p, "a value");
  struct kids kids = {0};
  if (!parse_list(p, &kids, "]", true)) return NULL;
  return with_kids(p, gh_cel_node(p->c, NODE_LIST, offset, 0), &kids);
}

/* What follows a dot: any word, reserved or not, or a name in back quotes. */
static struct node *parse_select(struct parser *p, struct node *operand)
{
  if (at_sign(p, "?")) {
    gh_cel_refuse(p->c, p->token.offset, "optional values are not part of this language");
    return NULL;
  }
  if (p->token.kind != TOKEN_NAME && p->token.kind != TOKEN_QUOTED) return unexpected(p, "a field's name");
  bool quoted = p->token.kind == TOKEN_QUOTED;
  struct node *n = gh_cel_node(p->c, NODE_SELECT, p->token.offset, 1);
  n->name = p->token.text;
  n->kids[0] = operand;
  next(p);
  if (quoted || !take(p, "(")) return finish(p, n);
  n->kind = NODE_CALL;
  return parse_call(p, n, operand);
}

static struct node *parse_index(struct parser *p, struct node *operand, size_t offset)
{
  struct node *index = parse_expression(p);
  if (!index || !need(p, "]", "']'")) return NULL;
  struct node *n = gh_cel_node(p->c, NODE_BINARY, offset, 2);
  n->op = OP_INDEX;
  return with_two(p, n, operand, index);
}

static struct node *parse_members(struct parser *p, struct node *n)
{
  while (n) {
    size_t offset = p->token.offset;
    if (take(p, ".")) {
      n = parse_select(p, n);
    } else if (take(p, "[")) {
      n = parse_index(p, n, offset);
    } else if (at_sign(p, "{")) {
      gh_cel_refuse(p->c, offset, "messages are not part of this language");
      return NULL;
    } else {
      return n;
    }
  }
  return NULL;
}

static bool at_number(const struct parser *p)
{
  return p->token.kind == TOKEN_INT || p->token.kind == TOKEN_UINT || p->token.kind == TOKEN_DOUBLE;
}

static struct node *unary(struct parser *p, enum op op, size_t offset, struct node *operand)
{
  if (!operand) return NULL;
  struct node *n = gh_cel_node(p->c, NODE_UNARY, offset, 1);
  n->op = (uint8_t)op;
  n->kids[0] = operand;
  return finish(p, n);
}

/* `count` times the sign, then a member; the last minus before a number belongs to the number, so that the least int can be written. */
static struct node *parse_signs(struct parser *p, const char *sign, enum op op)
{
  size_t offset = p->token.offset;
  unsigned count = 0;
  for (; at_sign(p, sign); count++) next(p);
  if (count > HEIGHT_MAX) count = HEIGHT_MAX + 1; /* refused below */
  struct node *n = NULL;
  if (op == OP_NEG && at_number(p)) {
    count--;
    n = parse_members(p, parse_number(p, true));
  } else {
    n = parse_members(p, parse_primary(p));
  }
  for (; n && count; count--) n = unary(p, op, offset + count - 1, n);
  return n;
}

static struct node *parse_unary(struct parser *p)
{
  if (at_sign(p, "!")) return parse_signs(p, "!", OP_NOT);
  if (at_sign(p, "-")) return parse_signs(p, "-", OP_NEG);
  return parse_members(p, parse_primary(p));
}

static const struct { const char *sign; enum op op; int strength; } operators[] = {
  {"<", OP_LT, 1}, {"<=", OP_LE, 1}, {">", OP_GT, 1}, {">=", OP_GE, 1}, {"==", OP_EQ, 1}, {"!=", OP_NE, 1},
  {"+", OP_ADD, 2}, {"-", OP_SUB, 2}, {"*", OP_MUL, 3}, {"/", OP_DIV, 3}, {"%", OP_MOD, 3},
};

/* The strength of the operator at hand, 0 if there is none. */
static int operator_here(const struct parser *p, enum op *op)
{
  if (at_word(p, "in")) {
    *op = OP_IN;
    return 1;
  }
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
    if (!at_sign(p, operators[i].sign)) continue;
    *op = operators[i].op;
    return operators[i].strength;
  }
  return 0;
}

/* Operators that bind at least as strongly as `strength`, from left to right. */
static struct node *parse_binary(struct parser *p, int strength)
{
  struct node *left = parse_unary(p);
  while (left) {
    enum op op = OP_ADD;
    int here = operator_here(p, &op);
    if (here == 0 || here < strength) return left;
    struct node *n = gh_cel_node(p->c, NODE_BINARY, p->token.offset, 2);
    n->op = (uint8_t)op;
    next(p);
    struct node *right = parse_binary(p, here + 1);
    left = right ? with_two(p, n, left, right) : NULL;
  }
  return NULL;
}

static struct node *parse_logic(struct parser *p, enum op op)
{
  const char *sign = op == OP_OR ? "||" : "&&";
  size_t offset = p->token.offset;
  struct kids kids = {0};
  do {
    struct node *kid = op == OP_OR ? parse_logic(p, OP_AND) : parse_binary(p, 1);
    if (!kid) return NULL;
    add_kid(p, &kids, kid);
  } while (take(p, sign));
  if (kids.n == 1) return kids.at[0];
  struct node *n = gh_cel_node(p->c, NODE_LOGIC, offset, 0);
  n->op = (uint8_t)op;
  return with_kids(p, n, &kids);
}

static struct node *parse_choice(struct parser *p, struct node *condition)
{
  struct node *n = gh_cel_node(p->c, NODE_CHOICE, p->token.offset, 3);
  next(p);
  n->kids[0] = condition;
  if (!(n->kids[1] = parse_logic(p, OP_OR)) || !need(p, ":", "':' of a choice")) return NULL;
  return (n->kids[2] = parse_expression(p)) ? finish(p, n) : NULL;
}

static struct node *parse_expression(struct parser *p)
{
  if (p->depth >= GH_CEL_DEPTH) {
    gh_cel_refuse(p->c, p->token.offset, "the expression is nested deeper than %d", GH_CEL_DEPTH);
    return NULL;
  }
  p->depth++;
  struct node *n = parse_logic(p, OP_OR);
  if (n && at_sign(p, "?")) n = parse_choice(p, n);
  p->depth--;
  return n;
}

struct node *gh_cel_parse(struct compilation *c)
{
  struct parser p = {.c = c};
  if (c->text.len > TEXT_MAX || !gh_utf8_valid(c->text)) {
    gh_cel_refuse(c, 0, c->text.len > TEXT_MAX ? "the expression is too long" : "the expression is not valid UTF-8");
    return NULL;
  }
  next(&p);
  struct node *n = parse_expression(&p);
  if (n && p.token.kind != TOKEN_END) n = unexpected(&p, "an operator");
  return c->failed ? NULL : n;
}
