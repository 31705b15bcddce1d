#include "check.h"

#include <stdarg.h>
#include <stdio.h>

#include "goldhour/base/check.h"
#include "literal.h"

struct gh_str gh_cel_show(struct checker *ck, struct cel_type *t) { return gh_cel_type_text(ck->c->arena, t); }

struct cel_type *gh_cel_mismatch(struct checker *ck, const struct node *n, const char *format, ...)
{
  char text[400];
  va_list args;
  if (ck->lenient || ck->c->failed) return ck->dyn;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  gh_cel_refuse(ck->c, n->offset, "%s", text);
  return ck->dyn;
}

static struct cel_type *check_const(struct checker *ck, const struct node *n)
{
  if (n->value.kind == GH_ERROR) return ck->dyn;
  if (n->value.kind == GH_DOUBLE && (n->value.flags & GH_CEL_LITERAL)) return ck->literal;
  if (n->value.kind == GH_DECIMAL) return gh_cel_type_decimal(&ck->types, n->value.scale);
  return gh_cel_type_make(&ck->types, n->value.kind);
}

/* Whether the chain a.b.c or a part from its beginning means something; what does is resolved in place. */
static bool known_chain(struct checker *ck, struct node *n)
{
  return gh_cel_resolve(ck, n) || (n->kind == NODE_SELECT && known_chain(ck, n->kids[0]));
}

static bool is_chain(const struct node *n)
{
  return n->kind == NODE_NAME || (n->kind == NODE_SELECT && !n->has && is_chain(n->kids[0]));
}

static struct cel_type *check_field(struct checker *ck, struct node *n, struct cel_type *of)
{
  of = gh_cel_type_find(of);
  if (of->kind == GH_DYN || of->kind == CEL_VARIABLE) return ck->dyn;
  if (of->kind != GH_MAP)
    return gh_cel_mismatch(ck, n, "a value of type %.*s has no field '%.*s'", GH_FMT(gh_cel_show(ck, of)), GH_FMT(n->name));
  if (gh_cel_type_try(&ck->types, of->key, gh_cel_type_make(&ck->types, GH_STRING))) return of->elem;
  return gh_cel_mismatch(ck, n, "a map with keys of type %.*s has no field '%.*s'", GH_FMT(gh_cel_show(ck, of->key)), GH_FMT(n->name));
}

static struct cel_type *check_select(struct checker *ck, struct node *n)
{
  if (is_chain(n->kids[0]) && !known_chain(ck, n)) return gh_cel_unknown_name(ck, n);
  struct cel_type *t = n->kind == NODE_SELECT ? check_field(ck, n, gh_cel_check_node(ck, n->kids[0])) : n->type;
  return n->has ? ck->boolean : t;
}

static struct cel_type *check_name(struct checker *ck, struct node *n)
{
  return gh_cel_resolve(ck, n) ? n->type : gh_cel_unknown_name(ck, n);
}

static void coerce_all(struct checker *ck, struct node *n, uint32_t first, uint32_t stride)
{
  for (uint32_t i = first; i < n->n; i += stride) gh_cel_coerce(ck, n->kids[i]);
}

/* The common type of every stride-th child from `first` on. Beside a decimal, literals are decimals. */
static struct cel_type *check_elements(struct checker *ck, struct node *n, uint32_t first, uint32_t stride)
{
  struct cel_type *common = NULL;
  bool decimal = false;
  for (uint32_t i = first; i < n->n; i += stride) {
    struct cel_type *t = gh_cel_check_node(ck, n->kids[i]);
    decimal = decimal || gh_cel_type_has_decimal(t);
    common = common ? gh_cel_type_join(&ck->types, common, t) : t;
  }
  if (decimal) coerce_all(ck, n, first, stride);
  return common ? common : gh_cel_type_make(&ck->types, CEL_VARIABLE);
}

/* Keys are scalars: so a map's type does not grow twice with each map that is put into another. */
static struct cel_type *check_key(struct checker *ck, const struct node *n, struct cel_type *key)
{
  switch (gh_cel_type_find(key)->kind) {
  case GH_BOOL: case GH_INT: case GH_UINT: case GH_STRING: case GH_DYN: case CEL_VARIABLE: return key;
  default: return gh_cel_mismatch(ck, n, "a map's key is a bool, int, uint or string, this is %.*s", GH_FMT(gh_cel_show(ck, key)));
  }
}

static struct cel_type *check_map(struct checker *ck, struct node *n)
{
  struct cel_type *key = check_key(ck, n, check_elements(ck, n, 0, 2)), *elem = check_elements(ck, n, 1, 2);
  return gh_cel_type_map(&ck->types, key, elem);
}

static void need_bool(struct checker *ck, const struct node *n, struct cel_type *t, const char *what)
{
  if (gh_cel_type_try(&ck->types, ck->boolean, t)) return;
  gh_cel_mismatch(ck, n, "%s is a bool, this is %.*s", what, GH_FMT(gh_cel_show(ck, t)));
}

static struct cel_type *check_logic(struct checker *ck, struct node *n)
{
  for (uint32_t i = 0; i < n->n; i++)
    need_bool(ck, n->kids[i], gh_cel_check_node(ck, n->kids[i]), n->op == OP_AND ? "each side of &&" : "each side of ||");
  return ck->boolean;
}

static struct cel_type *check_choice(struct checker *ck, struct node *n)
{
  need_bool(ck, n->kids[0], gh_cel_check_node(ck, n->kids[0]), "what stands before '?'");
  struct cel_type *yes = gh_cel_check_node(ck, n->kids[1]), *no = gh_cel_check_node(ck, n->kids[2]);
  if (gh_cel_type_has_decimal(yes)) gh_cel_coerce(ck, n->kids[2]);
  if (gh_cel_type_has_decimal(no)) gh_cel_coerce(ck, n->kids[1]);
  struct cel_type *both = gh_cel_type_join(&ck->types, n->kids[1]->type, n->kids[2]->type);
  bool was_dyn = gh_cel_type_find(yes)->kind == GH_DYN || gh_cel_type_find(no)->kind == GH_DYN;
  if (both->kind != GH_DYN || was_dyn) return both;
  return gh_cel_mismatch(ck, n, "both sides of ':' have one type, these are %.*s and %.*s", GH_FMT(gh_cel_show(ck, yes)),
                         GH_FMT(gh_cel_show(ck, no)));
}

static struct local *declare(struct checker *ck, struct gh_str name, struct cel_type *type)
{
  struct local *local = gh_arena_zero(ck->c->arena, 1, sizeof *local);
  *local = (struct local){.name = name, .type = type, .outer = ck->scope};
  ck->scope = local;
  return local;
}

/* What the variables of a macro stand for: with one, an element or a key; with two, index and element, key and value. */
static bool range_types(struct checker *ck, struct cel_type *range, bool two, struct cel_type *out[2])
{
  range = gh_cel_type_find(range);
  out[0] = out[1] = ck->dyn;
  if (range->kind == GH_LIST) {
    out[0] = two ? ck->integer : range->elem;
    out[1] = range->elem;
  } else if (range->kind == GH_MAP) {
    out[0] = range->key;
    out[1] = range->elem;
  } else {
    return range->kind == GH_DYN || range->kind == CEL_VARIABLE;
  }
  return true;
}

static struct cel_type *fold_result(struct checker *ck, const struct node *n, struct cel_type *first, struct cel_type *body)
{
  switch ((enum fold)n->op) {
  case FOLD_ALL: case FOLD_EXISTS: case FOLD_EXISTS_ONE:
    need_bool(ck, n->kids[2], body, "the condition of a macro");
    return ck->boolean;
  case FOLD_LIST: return gh_cel_type_list(&ck->types, body);
  case FOLD_MAP: return gh_cel_type_map(&ck->types, check_key(ck, n, first), body);
  }
  GH_IMPOSSIBLE();
}

static struct cel_type *check_fold(struct checker *ck, struct node *n)
{
  struct cel_type *range = gh_cel_check_node(ck, n->kids[0]), *vars[2];
  bool two = n->second.len;
  if (!range_types(ck, range, two, vars))
    gh_cel_mismatch(ck, n->kids[0], "%.*s() works on a list or a map, this is %.*s", GH_FMT(n->text), GH_FMT(gh_cel_show(ck, range)));
  struct local *outer = ck->scope;
  n->local = declare(ck, n->name, vars[0]);
  n->local2 = two ? declare(ck, n->second, vars[1]) : NULL;
  if (n->kids[1]) need_bool(ck, n->kids[1], gh_cel_check_node(ck, n->kids[1]), "the filter of a macro");
  struct cel_type *body = n->kids[2] ? gh_cel_check_node(ck, n->kids[2]) : vars[0];
  ck->scope = outer;
  return fold_result(ck, n, vars[0], body);
}

static struct cel_type *check_bind(struct checker *ck, struct node *n)
{
  struct cel_type *value = gh_cel_check_node(ck, n->kids[0]);
  struct local *outer = ck->scope;
  n->local = declare(ck, n->name, value);
  struct cel_type *body = gh_cel_check_node(ck, n->kids[1]);
  ck->scope = outer;
  return body;
}

static struct cel_type *infer(struct checker *ck, struct node *n)
{
  switch ((enum node_kind)n->kind) {
  case NODE_CONST: return n->type ? n->type : check_const(ck, n);
  case NODE_NAME: return check_name(ck, n);
  case NODE_SELECT: return check_select(ck, n);
  case NODE_CALL: return gh_cel_check_call(ck, n);
  case NODE_LIST: return gh_cel_type_list(&ck->types, check_elements(ck, n, 0, 1));
  case NODE_MAP: return check_map(ck, n);
  case NODE_UNARY: case NODE_BINARY: return gh_cel_check_operator(ck, n);
  case NODE_LOGIC: return check_logic(ck, n);
  case NODE_CHOICE: return check_choice(ck, n);
  case NODE_FOLD: return check_fold(ck, n);
  case NODE_BIND: return check_bind(ck, n);
  case NODE_SLOT: case NODE_LOCAL: return n->type;
  }
  GH_IMPOSSIBLE();
}

struct cel_type *gh_cel_check_node(struct checker *ck, struct node *n)
{
  if (ck->c->failed) return n->type = ck->dyn;
  return n->type = infer(ck, n);
}

struct cel_type *gh_cel_check(struct checker *ck, struct node *root)
{
  ck->types.arena = ck->c->arena;
  ck->dyn = gh_cel_type_make(&ck->types, GH_DYN);
  ck->boolean = gh_cel_type_make(&ck->types, GH_BOOL);
  ck->integer = gh_cel_type_make(&ck->types, GH_INT);
  ck->literal = gh_cel_type_make(&ck->types, GH_DOUBLE);
  ck->literal->literal = true;
  return gh_cel_check_node(ck, root);
}
