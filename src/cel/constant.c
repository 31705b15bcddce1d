/* Constant folding. */
#include "check.h"
#include "operators.h"
#include "program.h"

enum { STEPS = 100000 }; /* for one part; what takes longer stays as it is */

struct folder {
  struct compilation *c;
  const struct gh_cel_env *env;
};

static void fold(struct folder *f, struct node *n);

static bool constants(const struct node *n)
{
  for (uint32_t i = 0; i < n->n; i++)
    if (n->kids[i]->kind != NODE_CONST || n->kids[i]->value.kind == GH_ERROR) return false;
  return true;
}

static void become(struct node *n, struct gh_value value)
{
  if (value.kind == GH_ERROR || value.kind == GH_ABSENT) return;
  n->kind = NODE_CONST;
  n->n = 0;
  n->value = value;
}

static struct gh_value *values_of(struct folder *f, const struct node *n)
{
  struct gh_value *values = gh_arena_alloc(f->c->arena, (n->n + 1) * sizeof *values);
  for (uint32_t i = 0; i < n->n; i++) values[i] = n->kids[i]->value;
  return values;
}

static struct gh_value evaluate(struct folder *f, struct gh_call *call, const struct node *n)
{
  struct gh_value *v = values_of(f, n);
  switch ((enum node_kind)n->kind) {
  case NODE_LIST: return (struct gh_value){.kind = GH_LIST, .len = n->n, .items = v};
  case NODE_MAP: return gh_cel_make_map(call, v, n->n / 2);
  case NODE_UNARY: return gh_cel_unary((enum op)n->op, v[0]);
  case NODE_BINARY: return gh_cel_binary(call, (enum op)n->op, v[0], v[1]);
  case NODE_CALL: break;
  default: return gh_absent();
  }
  struct program_call site = {.candidates = n->site->candidates, .n = n->site->n};
  return gh_cel_invoke(call, &site, v, n->n);
}

static void fold_choice(struct node *n)
{
  const struct node *condition = n->kids[0];
  if (condition->kind != NODE_CONST || condition->value.kind != GH_BOOL) return;
  struct cel_type *type = n->type;
  *n = *n->kids[condition->value.b ? 1 : 2];
  n->type = type;
}

static void fold(struct folder *f, struct node *n)
{
  for (uint32_t i = 0; i < n->n; i++)
    if (n->kids[i]) fold(f, n->kids[i]);
  if (n->kind == NODE_CHOICE) fold_choice(n);
  bool foldable = n->kind == NODE_LIST || n->kind == NODE_MAP || n->kind == NODE_UNARY || n->kind == NODE_BINARY || n->kind == NODE_CALL;
  if (!foldable || !constants(n)) return;
  uint32_t steps = STEPS;
  struct gh_call call = {.scratch = f->c->arena, .zones = f->env->zones, .zone = f->env->zone, .steps = &steps};
  become(n, evaluate(f, &call, n));
}

void gh_cel_fold_constants(struct compilation *c, const struct gh_cel_env *env, struct node *n)
{
  struct folder f = {c, env};
  fold(&f, n);
}
