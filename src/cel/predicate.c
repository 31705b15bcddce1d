/* Comparisons of a slot with a constant: recognised, and the constant brought to the slot's own kind and scale: evaluation does not
 * convert. */
#include "goldhour/base/hash.h"
#include "goldhour/model/decimal.h"
#include "literal.h"
#include "program.h"

#define DOUBLE_WHOLE (INT64_C(1) << 53) /* ints up to here are doubles, exactly */

/* Dates are converted when they are loaded, alone or in a list. */
static bool is_slot(const struct node *n)
{
  if (n->kind != NODE_SLOT || n->has) return false;
  enum gh_kind kind = (enum gh_kind)n->slot->type.kind;
  return kind != GH_DATE && kind != GH_LIST && kind != GH_MAP;
}
static bool is_constant(const struct node *n) { return n->kind == NODE_CONST && n->value.kind != GH_ERROR; }

static bool relation_of(enum op op, bool flipped, uint8_t *relation)
{
  static const uint8_t plain[] = {GH_CEL_EQ, GH_CEL_NE, GH_CEL_LT, GH_CEL_LE, GH_CEL_GT, GH_CEL_GE};
  static const uint8_t turned[] = {GH_CEL_EQ, GH_CEL_NE, GH_CEL_GT, GH_CEL_GE, GH_CEL_LT, GH_CEL_LE};
  if (op < OP_EQ || op > OP_GE) return false;
  *relation = (flipped ? turned : plain)[op - OP_EQ];
  return true;
}

static struct gh_value to_scale(struct gh_value v, unsigned scale)
{
  struct gh_value decimal = v, out;
  if (v.kind == GH_DOUBLE && !gh_cel_literal_decimal(v, &decimal)) return v;
  if (v.kind == GH_UINT && v.u > INT64_MAX) return v;
  if (v.kind == GH_INT || v.kind == GH_UINT) decimal = gh_decimal(v.i, 0);
  if (decimal.kind != GH_DECIMAL || !gh_decimal_rescale(decimal, scale, &out)) return v;
  return out;
}

/* The same number in the slot's own kind, if there is one. */
static struct gh_value normal(struct gh_value v, const struct gh_type *slot)
{
  if (slot->kind == GH_DECIMAL && slot->scale <= GH_SCALE_MAX) return to_scale(v, slot->scale);
  if (slot->kind == GH_DOUBLE && v.kind == GH_INT && v.i <= DOUBLE_WHOLE && v.i >= -DOUBLE_WHOLE) return gh_double((double)v.i);
  if (slot->kind == GH_INT && v.kind == GH_UINT && v.u <= INT64_MAX) return gh_int(v.i);
  return v;
}

static uint8_t form_of(const struct gh_cel_predicate *p, const struct gh_type *slot)
{
  enum gh_kind kind = (enum gh_kind)p->constant.kind;
  bool same = kind == (enum gh_kind)slot->kind && (kind != GH_DECIMAL || p->constant.scale == slot->scale);
  if (!same || p->relation > GH_CEL_GE) return FORM_ANY;
  if (kind == GH_INT || kind == GH_DECIMAL) return (uint8_t)(FORM_INT_EQ + p->relation);
  if (kind == GH_DOUBLE) return (uint8_t)(FORM_DOUBLE_EQ + p->relation);
  if (kind == GH_STRING && p->relation == GH_CEL_EQ) return FORM_TEXT_EQ;
  if (kind == GH_STRING && p->relation == GH_CEL_NE) return FORM_TEXT_NE;
  if (kind == GH_BOOL && p->relation == GH_CEL_EQ) return FORM_BOOL;
  return FORM_ANY;
}

static bool compare(struct gh_arena *arena, const struct node *n, struct gh_cel_predicate *out)
{
  bool flipped = is_slot(n->kids[1]);
  const struct node *slot = n->kids[flipped], *constant = n->kids[!flipped];
  if (!is_slot(slot) || !is_constant(constant) || !relation_of((enum op)n->op, flipped, &out->relation)) return false;
  out->row = (uint8_t)slot->slot->row;
  out->slot = slot->slot->slot;
  out->constant = gh_value_copy(arena, normal(constant->value, &slot->slot->type));
  if (out->constant.kind == GH_DOUBLE) out->constant.flags = constant->value.flags;
  if (out->constant.kind == GH_BOOL && out->relation == GH_CEL_NE && slot->slot->type.kind == GH_BOOL) {
    out->relation = GH_CEL_EQ; /* x != false is x == true */
    out->constant.b = !out->constant.b;
  }
  out->form = form_of(out, &slot->slot->type);
  return true;
}

static uint64_t item_hash(struct gh_value v)
{
  return v.kind == GH_STRING ? gh_hash(gh_text(v)) : v.u * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

static const uint32_t *hash_items(struct gh_arena *arena, const struct gh_value *items, uint32_t n, uint64_t *mask)
{
  uint32_t cap = 16;
  while (cap < 2 * n) cap *= 2;
  uint32_t *places = gh_arena_zero(arena, cap, sizeof *places);
  *mask = cap - 1;
  for (uint32_t i = 0; i < n; i++) {
    uint64_t at = item_hash(items[i]) & *mask;
    while (places[at]) at = (at + 1) & *mask;
    places[at] = i + 1;
  }
  return places;
}

/* The items behind a set's head, which stands in front even where it is not used. */
static struct gh_value set_of(struct gh_arena *arena, struct gh_value list, const struct gh_type *slot, uint8_t *form)
{
  struct cel_set *set = gh_arena_zero(arena, 1, sizeof *set + list.len * sizeof *list.items);
  struct gh_value *items = (struct gh_value *)(set + 1);
  bool same = slot->kind == GH_STRING || slot->kind == GH_INT || (slot->kind == GH_DECIMAL && slot->scale <= GH_SCALE_MAX);
  for (uint32_t i = 0; i < list.len; i++) {
    items[i] = gh_value_copy(arena, normal(list.items[i], slot));
    same = same && items[i].kind == slot->kind && (slot->kind != GH_DECIMAL || items[i].scale == slot->scale);
  }
  bool text = slot->kind == GH_STRING, hashed = list.len >= CEL_SET_LEAST;
  *form = !same ? FORM_ANY : text ? (hashed ? FORM_TEXT_SET : FORM_TEXT_IN) : (hashed ? FORM_INT_SET : FORM_INT_IN);
  if (same && hashed) set->places = hash_items(arena, items, list.len, &set->mask);
  return (struct gh_value){.kind = GH_LIST, .scale = slot->scale, .len = list.len, .items = items};
}

static bool contained(struct gh_arena *arena, const struct node *n, struct gh_cel_predicate *out)
{
  const struct node *slot = n->kids[0], *list = n->kids[1];
  if (n->op != OP_IN || !is_slot(slot) || list->kind != NODE_CONST || list->value.kind != GH_LIST) return false;
  out->relation = GH_CEL_IN;
  out->row = (uint8_t)slot->slot->row;
  out->slot = slot->slot->slot;
  out->constant = set_of(arena, list->value, &slot->slot->type, &out->form);
  return true;
}

static bool slot_alone(const struct node *n, struct gh_cel_predicate *out)
{
  if (!n->has && n->slot->type.kind != GH_BOOL) return false;
  *out = (struct gh_cel_predicate){.relation = n->has ? GH_CEL_HAS : GH_CEL_EQ, .form = n->has ? FORM_HAS : FORM_BOOL,
                                   .row = (uint8_t)n->slot->row, .slot = n->slot->slot};
  if (!n->has) out->constant = gh_bool(true);
  return true;
}

static bool negated(struct gh_cel_predicate *p)
{
  switch ((enum gh_cel_relation)p->relation) {
  case GH_CEL_EQ:
    if (p->form == FORM_BOOL) p->constant.b = !p->constant.b;
    else p->relation = GH_CEL_NE;
    break;
  case GH_CEL_NE: p->relation = GH_CEL_EQ; break;
  case GH_CEL_IN: p->relation = GH_CEL_NOT_IN; return true;
  case GH_CEL_NOT_IN: p->relation = GH_CEL_IN; return true;
  case GH_CEL_HAS: p->relation = GH_CEL_HAS_NOT; return true;
  case GH_CEL_HAS_NOT: p->relation = GH_CEL_HAS; return true;
  default: return false; /* !(x < NaN) is not x >= NaN */
  }
  switch (p->form) {
  case FORM_TEXT_EQ: p->form = FORM_TEXT_NE; break;
  case FORM_TEXT_NE: p->form = FORM_TEXT_EQ; break;
  case FORM_INT_EQ: p->form = FORM_INT_NE; break;
  case FORM_INT_NE: p->form = FORM_INT_EQ; break;
  case FORM_DOUBLE_EQ: p->form = FORM_DOUBLE_NE; break;
  case FORM_DOUBLE_NE: p->form = FORM_DOUBLE_EQ; break;
  default: break;
  }
  return true;
}

bool gh_cel_predicate(struct gh_arena *arena, const struct node *n, struct gh_cel_predicate *out)
{
  *out = (struct gh_cel_predicate){.relation = GH_CEL_EQ};
  if (n->kind == NODE_SLOT) return slot_alone(n, out);
  if (n->kind == NODE_UNARY && n->op == OP_NOT) return gh_cel_predicate(arena, n->kids[0], out) && negated(out);
  return n->kind == NODE_BINARY && (compare(arena, n, out) || contained(arena, n, out));
}
