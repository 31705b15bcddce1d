#include "type.h"

#include "function.h"

struct cel_type *gh_cel_type_make(struct cel_types *types, uint8_t kind)
{
  struct cel_type *t = gh_arena_zero(types->arena, 1, sizeof *t);
  t->kind = kind;
  return t;
}

struct cel_type *gh_cel_type_list(struct cel_types *types, struct cel_type *elem)
{
  struct cel_type *t = gh_cel_type_make(types, GH_LIST);
  t->elem = elem;
  return t;
}

struct cel_type *gh_cel_type_map(struct cel_types *types, struct cel_type *key, struct cel_type *elem)
{
  struct cel_type *t = gh_cel_type_make(types, GH_MAP);
  t->key = key;
  t->elem = elem;
  return t;
}

struct cel_type *gh_cel_type_decimal(struct cel_types *types, unsigned scale)
{
  struct cel_type *t = gh_cel_type_make(types, GH_DECIMAL);
  t->scale = (uint8_t)scale;
  return t;
}

struct cel_type *gh_cel_type_find(struct cel_type *t)
{
  while (t->kind == CEL_VARIABLE && t->bound) t = t->bound;
  return t;
}

/* Whether the variable occurs in the type: binding it would make an endless type. */
static bool occurs(struct cel_type *variable, struct cel_type *t)
{
  t = gh_cel_type_find(t);
  if (t == variable) return true;
  return (t->elem && occurs(variable, t->elem)) || (t->key && occurs(variable, t->key));
}

static bool bind(struct cel_types *types, struct cel_type *variable, struct cel_type *t)
{
  if (variable == t) return true;
  if (occurs(variable, t)) return false;
  variable->bound = t;
  variable->trail = types->trail;
  types->trail = variable;
  return true;
}

void gh_cel_type_undo(struct cel_types *types, struct cel_type *mark)
{
  while (types->trail != mark) {
    struct cel_type *variable = types->trail;
    types->trail = variable->trail;
    variable->bound = NULL;
  }
}

bool gh_cel_type_assign(struct cel_types *types, struct cel_type *to, struct cel_type *from)
{
  to = gh_cel_type_find(to);
  from = gh_cel_type_find(from);
  if (to->kind == GH_DYN || from->kind == GH_DYN) return true;
  if (to->kind == CEL_VARIABLE) return bind(types, to, from);
  if (from->kind == CEL_VARIABLE) return bind(types, from, to);
  if (from->kind == GH_NULL) return to->kind == GH_NULL || to->kind == GH_TIMESTAMP || to->kind == GH_DURATION;
  if (to->kind == GH_DECIMAL && from->kind == GH_DOUBLE) return from->literal && !types->strict;
  if (to->kind != from->kind) return false;
  if (to->kind == GH_LIST) return gh_cel_type_assign(types, to->elem, from->elem);
  if (to->kind == GH_MAP) return gh_cel_type_assign(types, to->key, from->key) && gh_cel_type_assign(types, to->elem, from->elem);
  return true;
}

bool gh_cel_type_try(struct cel_types *types, struct cel_type *to, struct cel_type *from)
{
  struct cel_type *mark = types->trail;
  if (gh_cel_type_assign(types, to, from)) return true;
  gh_cel_type_undo(types, mark);
  return false;
}

/* Two decimals: the larger scale; a double and a literal one: a double. */
static struct cel_type *join_scalars(struct cel_types *types, struct cel_type *a, struct cel_type *b)
{
  if (a->kind == GH_DECIMAL && b->kind == GH_DECIMAL) return gh_cel_type_decimal(types, a->scale > b->scale ? a->scale : b->scale);
  if (a->kind == GH_DOUBLE && b->kind == GH_DOUBLE) return a->literal ? b : a;
  return NULL;
}

struct cel_type *gh_cel_type_join(struct cel_types *types, struct cel_type *a, struct cel_type *b)
{
  a = gh_cel_type_find(a);
  b = gh_cel_type_find(b);
  if (a->kind == GH_DYN || b->kind == GH_DYN) return a->kind == GH_DYN ? a : b;
  struct cel_type *both = join_scalars(types, a, b);
  if (both) return both;
  if (gh_cel_type_try(types, a, b)) return a;
  if (gh_cel_type_try(types, b, a)) return b;
  return gh_cel_type_make(types, GH_DYN);
}

bool gh_cel_type_numeric(struct cel_type *t)
{
  t = gh_cel_type_find(t);
  return t->kind == GH_INT || t->kind == GH_UINT || t->kind == GH_DOUBLE || t->kind == GH_DECIMAL;
}

static bool decimal_beside_double(struct cel_type *a, struct cel_type *b)
{
  return a->kind == GH_DECIMAL && b->kind == GH_DOUBLE && !b->literal;
}

bool gh_cel_type_comparable(struct cel_types *types, struct cel_type *a, struct cel_type *b)
{
  a = gh_cel_type_find(a);
  b = gh_cel_type_find(b);
  if (gh_cel_type_numeric(a) && gh_cel_type_numeric(b)) return !decimal_beside_double(a, b) && !decimal_beside_double(b, a);
  if (a->kind == GH_LIST && b->kind == GH_LIST) return gh_cel_type_comparable(types, a->elem, b->elem);
  if (a->kind == GH_MAP && b->kind == GH_MAP)
    return gh_cel_type_comparable(types, a->key, b->key) && gh_cel_type_comparable(types, a->elem, b->elem);
  return gh_cel_type_try(types, a, b) || gh_cel_type_try(types, b, a);
}

bool gh_cel_type_has_decimal(struct cel_type *t)
{
  t = gh_cel_type_find(t);
  if (t->kind == GH_DECIMAL) return true;
  return (t->elem && gh_cel_type_has_decimal(t->elem)) || (t->key && gh_cel_type_has_decimal(t->key));
}

struct cel_type *gh_cel_type_from(struct cel_types *types, const struct gh_type *declared)
{
  struct cel_type *t = gh_cel_type_make(types, declared->kind == GH_DATE ? GH_TIMESTAMP : declared->kind);
  t->scale = declared->scale;
  bool holder = t->kind == GH_LIST || t->kind == GH_MAP;
  if (declared->elem) t->elem = gh_cel_type_from(types, declared->elem);
  else if (holder) t->elem = gh_cel_type_make(types, GH_DYN);
  if (declared->key) t->key = gh_cel_type_from(types, declared->key);
  else if (t->kind == GH_MAP) t->key = gh_cel_type_make(types, GH_DYN);
  return t;
}

static const struct gh_type *public_inner(struct gh_arena *arena, struct cel_type *t)
{
  struct gh_type *inner = gh_arena_zero(arena, 1, sizeof *inner);
  *inner = gh_cel_type_public(arena, t);
  return inner;
}

struct gh_type gh_cel_type_public(struct gh_arena *arena, struct cel_type *t)
{
  t = gh_cel_type_find(t);
  if (t->kind >= CEL_VARIABLE) return (struct gh_type){.kind = GH_DYN};
  struct gh_type type = {.kind = t->kind, .scale = t->scale};
  if (t->elem) type.elem = public_inner(arena, t->elem);
  if (t->key) type.key = public_inner(arena, t->key);
  return type;
}

static struct cel_type *parameter(struct cel_types *types, struct cel_type *t, struct cel_type *fresh[CEL_PARAMETERS])
{
  if (!fresh[t->scale]) fresh[t->scale] = gh_cel_type_make(types, CEL_VARIABLE);
  return fresh[t->scale];
}

struct cel_type *gh_cel_type_instance(struct cel_types *types, struct cel_type *t, struct cel_type *fresh[CEL_PARAMETERS])
{
  if (t->kind == CEL_PARAMETER) return parameter(types, t, fresh);
  if (!t->elem && !t->key) return t;
  struct cel_type *copy = gh_cel_type_make(types, t->kind);
  if (t->elem) copy->elem = gh_cel_type_instance(types, t->elem, fresh);
  if (t->key) copy->key = gh_cel_type_instance(types, t->key, fresh);
  return copy;
}
