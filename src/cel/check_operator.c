/* Types of operators, and what a decimal does to the literals beside it. */
#include "check.h"

#include "goldhour/model/decimal.h"
#include "literal.h"

#define DO_NOT_MIX GH_STR("decimal and double do not mix: convert with double(…)")

static const char *sign(uint8_t op)
{
  static const char *const signs[] = {"-", "!", "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "[]", "&&", "||"};
  return signs[op];
}

static struct cel_type *refuse(struct checker *ck, const struct node *n, struct cel_type *a, struct cel_type *b)
{
  struct gh_str left = gh_cel_show(ck, a), right = gh_cel_show(ck, b);
  return gh_cel_mismatch(ck, n, "no operator '%s' between %.*s and %.*s", sign(n->op), GH_FMT(left), GH_FMT(right));
}

static void coerce_const(struct checker *ck, struct node *n)
{
  struct gh_value decimal;
  if (!gh_cel_literal_decimal(n->value, &decimal)) return;
  n->value = decimal;
  n->type = gh_cel_type_decimal(&ck->types, decimal.scale);
}

static struct cel_type *decimal_result(struct checker *ck, uint8_t op, struct cel_type *a, struct cel_type *b);

static void coerce_arithmetic(struct checker *ck, struct node *n)
{
  if (n->op != OP_ADD && n->op != OP_SUB && n->op != OP_MUL) return;
  gh_cel_coerce(ck, n->kids[0]);
  gh_cel_coerce(ck, n->kids[1]);
  n->type = decimal_result(ck, n->op, n->kids[0]->type, n->kids[1]->type);
}

static void coerce_choice(struct checker *ck, struct node *n)
{
  gh_cel_coerce(ck, n->kids[1]);
  gh_cel_coerce(ck, n->kids[2]);
  n->type = gh_cel_type_join(&ck->types, n->kids[1]->type, n->kids[2]->type);
}

static void coerce_list(struct checker *ck, struct node *n)
{
  struct cel_type *common = NULL;
  for (uint32_t i = 0; i < n->n; i++) {
    gh_cel_coerce(ck, n->kids[i]);
    common = common ? gh_cel_type_join(&ck->types, common, n->kids[i]->type) : n->kids[i]->type;
  }
  if (common) n->type = gh_cel_type_list(&ck->types, common);
}

void gh_cel_coerce(struct checker *ck, struct node *n)
{
  struct cel_type *t = gh_cel_type_find(n->type);
  bool literal = t->kind == GH_DOUBLE && t->literal;
  if (n->kind == NODE_CONST) coerce_const(ck, n);
  else if (n->kind == NODE_LIST) coerce_list(ck, n);
  else if (n->kind == NODE_CHOICE) coerce_choice(ck, n);
  else if (n->kind == NODE_BINARY && literal) coerce_arithmetic(ck, n);
  else if (n->kind == NODE_UNARY && literal) {
    gh_cel_coerce(ck, n->kids[0]);
    n->type = n->kids[0]->type;
  }
}

static struct cel_type *check_unary(struct checker *ck, struct node *n)
{
  struct cel_type *t = gh_cel_type_find(gh_cel_check_node(ck, n->kids[0]));
  if (n->op == OP_NOT) {
    if (gh_cel_type_try(&ck->types, ck->boolean, t)) return ck->boolean;
  } else if (t->kind == GH_INT || t->kind == GH_DOUBLE || t->kind == GH_DECIMAL || t->kind == GH_DYN || t->kind == CEL_VARIABLE) {
    return t;
  }
  return gh_cel_mismatch(ck, n, "no operator '%s' on %.*s", sign(n->op), GH_FMT(gh_cel_show(ck, t)));
}

static unsigned scale_of(const struct cel_type *t) { return t->kind == GH_DECIMAL ? t->scale : 0; }

static bool beside_decimal(const struct cel_type *t)
{
  return t->kind == GH_DECIMAL || t->kind == GH_INT || t->kind == GH_UINT || (t->kind == GH_DOUBLE && t->literal);
}

/* The exact result's scale: the larger one, or of a product the sum. NULL: no such arithmetic. */
static struct cel_type *decimal_result(struct checker *ck, uint8_t op, struct cel_type *a, struct cel_type *b)
{
  a = gh_cel_type_find(a);
  b = gh_cel_type_find(b);
  if (!beside_decimal(a) || !beside_decimal(b) || op == OP_DIV || op == OP_MOD) return NULL;
  unsigned sa = scale_of(a), sb = scale_of(b), scale = op == OP_MUL ? sa + sb : sa > sb ? sa : sb;
  return gh_cel_type_decimal(&ck->types, scale > GH_SCALE_MAX ? GH_CEL_SCALE_UNKNOWN : scale);
}

static struct cel_type *decimal_arithmetic(struct checker *ck, struct node *n)
{
  gh_cel_coerce(ck, n->kids[0]);
  gh_cel_coerce(ck, n->kids[1]);
  struct cel_type *a = gh_cel_type_find(n->kids[0]->type), *b = gh_cel_type_find(n->kids[1]->type);
  struct cel_type *result = decimal_result(ck, n->op, a, b);
  if (result) return result;
  result = refuse(ck, n, a, b);
  if (!ck->c->failed) return result;
  if (n->op == OP_DIV) gh_cel_hint(ck->c, GH_STR("decimals are divided by decimal.div(a, b, scale)"));
  else if (a->kind == GH_DOUBLE || b->kind == GH_DOUBLE) gh_cel_hint(ck->c, DO_NOT_MIX);
  return result;
}

static struct cel_type *double_result(struct checker *ck, uint8_t op, struct cel_type *a, struct cel_type *b)
{
  return a->literal && b->literal && op != OP_DIV ? ck->literal : gh_cel_type_make(&ck->types, GH_DOUBLE);
}

static struct cel_type *time_arithmetic(struct checker *ck, struct node *n, struct cel_type *a, struct cel_type *b)
{
  bool add = n->op == OP_ADD, stamp_a = a->kind == GH_TIMESTAMP, stamp_b = b->kind == GH_TIMESTAMP;
  if (!add && n->op != OP_SUB) return refuse(ck, n, a, b);
  if (stamp_a && stamp_b) return add ? refuse(ck, n, a, b) : gh_cel_type_make(&ck->types, GH_DURATION);
  if (stamp_b && !add) return refuse(ck, n, a, b);
  return gh_cel_type_make(&ck->types, stamp_a || stamp_b ? GH_TIMESTAMP : GH_DURATION);
}

static bool is_time(const struct cel_type *t) { return t->kind == GH_TIMESTAMP || t->kind == GH_DURATION; }
static bool is_open(const struct cel_type *t) { return t->kind == GH_DYN || t->kind == CEL_VARIABLE; }

/* One side is not known: where the other leaves one meaning only, a variable is of the same type. */
static struct cel_type *open_arithmetic(struct checker *ck, struct node *n, struct cel_type *a, struct cel_type *b)
{
  struct cel_type *known = is_open(a) ? b : a, *open = is_open(a) ? a : b;
  bool one_meaning = known->kind == GH_INT || known->kind == GH_UINT || known->kind == GH_STRING || known->kind == GH_BYTES;
  bool takes = gh_cel_type_numeric(known) || is_open(known) || ((n->op == OP_ADD || n->op == OP_SUB) && is_time(known)) ||
               (n->op == OP_ADD && (known->kind == GH_STRING || known->kind == GH_BYTES || known->kind == GH_LIST));
  if (!takes) return refuse(ck, n, a, b);
  if (open->kind != CEL_VARIABLE || !one_meaning) return ck->dyn;
  gh_cel_type_try(&ck->types, open, known);
  return known;
}

static struct cel_type *check_arithmetic(struct checker *ck, struct node *n)
{
  struct cel_type *a = gh_cel_type_find(gh_cel_check_node(ck, n->kids[0])), *b = gh_cel_type_find(gh_cel_check_node(ck, n->kids[1]));
  if (is_open(a) || is_open(b)) return open_arithmetic(ck, n, a, b);
  if (a->kind == GH_DECIMAL || b->kind == GH_DECIMAL) return decimal_arithmetic(ck, n);
  if (is_time(a) && is_time(b)) return time_arithmetic(ck, n, a, b);
  if (a->kind == GH_LIST && b->kind == GH_LIST && n->op == OP_ADD)
    return gh_cel_type_list(&ck->types, gh_cel_type_join(&ck->types, a->elem, b->elem));
  bool text = (a->kind == GH_STRING || a->kind == GH_BYTES) && n->op == OP_ADD;
  bool number = gh_cel_type_numeric(a) && !(a->kind == GH_DOUBLE && n->op == OP_MOD);
  if (a->kind != b->kind || !(text || number)) {
    struct cel_type *t = refuse(ck, n, a, b);
    if (ck->c->failed && gh_cel_type_numeric(a) && gh_cel_type_numeric(b) && a->kind != b->kind)
      gh_cel_hint(ck->c, GH_STR("numbers of different types are converted first: int(…), uint(…), double(…)"));
    return t;
  }
  return a->kind == GH_DOUBLE ? double_result(ck, n->op, a, b) : a;
}

/* Literals on one side count by their text where the other has decimals. */
static void coerce_sides(struct checker *ck, struct node *n)
{
  if (gh_cel_type_has_decimal(n->kids[0]->type)) gh_cel_coerce(ck, n->kids[1]);
  if (gh_cel_type_has_decimal(n->kids[1]->type)) gh_cel_coerce(ck, n->kids[0]);
}

static bool orderable(const struct cel_type *t)
{
  switch (t->kind) {
  case GH_BOOL: case GH_STRING: case GH_BYTES: case GH_TIMESTAMP: case GH_DURATION: return true;
  default: return false;
  }
}

static struct cel_type *check_comparison(struct checker *ck, struct node *n)
{
  gh_cel_check_node(ck, n->kids[0]);
  gh_cel_check_node(ck, n->kids[1]);
  coerce_sides(ck, n);
  struct cel_type *a = gh_cel_type_find(n->kids[0]->type), *b = gh_cel_type_find(n->kids[1]->type);
  bool fits = gh_cel_type_comparable(&ck->types, a, b);
  if (n->op != OP_EQ && n->op != OP_NE) {
    struct cel_type *known = is_open(a) ? b : a;
    fits = fits && (is_open(known) || gh_cel_type_numeric(known) || orderable(known));
  }
  if (fits) return ck->boolean;
  struct cel_type *t = refuse(ck, n, a, b);
  if (ck->c->failed && gh_cel_type_has_decimal(a) != gh_cel_type_has_decimal(b))
    gh_cel_hint(ck->c, DO_NOT_MIX);
  if (ck->c->failed && (a->kind == GH_NULL || b->kind == GH_NULL)) gh_cel_hint(ck->c, GH_STR("has(…) tells whether a field is there"));
  return t;
}

/* A decimal sought among literals, or literals among decimals: see `in` of decimals. */
static struct cel_type *check_in(struct checker *ck, struct node *n)
{
  gh_cel_check_node(ck, n->kids[0]);
  gh_cel_check_node(ck, n->kids[1]);
  coerce_sides(ck, n);
  struct cel_type *v = n->kids[0]->type, *in = gh_cel_type_find(n->kids[1]->type);
  if (is_open(in)) return ck->boolean;
  if (in->kind != GH_LIST && in->kind != GH_MAP)
    return gh_cel_mismatch(ck, n, "'in' looks into a list or a map, this is %.*s", GH_FMT(gh_cel_show(ck, in)));
  struct cel_type *held = in->kind == GH_LIST ? in->elem : in->key;
  return gh_cel_type_comparable(&ck->types, v, held) ? ck->boolean : refuse(ck, n, v, in);
}

static struct cel_type *check_index(struct checker *ck, struct node *n)
{
  struct cel_type *of = gh_cel_type_find(gh_cel_check_node(ck, n->kids[0])), *index = gh_cel_type_find(gh_cel_check_node(ck, n->kids[1]));
  if (is_open(of)) return ck->dyn;
  if (of->kind == GH_LIST) {
    if (is_open(index) || (gh_cel_type_numeric(index) && index->kind != GH_DECIMAL)) return of->elem;
    return gh_cel_mismatch(ck, n, "a list is indexed by a number, this is %.*s", GH_FMT(gh_cel_show(ck, index)));
  }
  if (of->kind != GH_MAP) return gh_cel_mismatch(ck, n, "a value of type %.*s has no elements", GH_FMT(gh_cel_show(ck, of)));
  if (gh_cel_type_comparable(&ck->types, of->key, index)) return of->elem;
  struct gh_str key = gh_cel_show(ck, of->key), given = gh_cel_show(ck, index);
  return gh_cel_mismatch(ck, n, "the keys are of type %.*s, this is %.*s", GH_FMT(key), GH_FMT(given));
}

struct cel_type *gh_cel_check_operator(struct checker *ck, struct node *n)
{
  switch ((enum op)n->op) {
  case OP_NEG: case OP_NOT: return check_unary(ck, n);
  case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_MOD: return check_arithmetic(ck, n);
  case OP_IN: return check_in(ck, n);
  case OP_INDEX: return check_index(ck, n);
  default: return check_comparison(ck, n);
  }
}
