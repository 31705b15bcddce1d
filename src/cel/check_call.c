/* Which overload a call means. */
#include "check.h"
#include "goldhour/model/decimal.h"

static struct cel_type *param(const struct cel_function *f, uint32_t i) { return f->params[i < f->n ? i : f->n - 1u]; }

static bool arity_fits(const struct cel_function *f, const struct node *call)
{
  if (f->overload->method != call->method) return false;
  return call->n == f->n || (f->more && call->n > f->n);
}

/* Whether the arguments fit; variables stay bound if they do. */
static struct cel_type *apply(struct checker *ck, const struct cel_function *f, const struct node *call)
{
  struct cel_type *fresh[CEL_PARAMETERS] = {NULL}, *mark = ck->types.trail;
  for (uint32_t i = 0; i < call->n; i++) {
    struct cel_type *want = gh_cel_type_instance(&ck->types, param(f, i), fresh);
    if (gh_cel_type_assign(&ck->types, want, call->kids[i]->type)) continue;
    gh_cel_type_undo(&ck->types, mark);
    return NULL;
  }
  return gh_cel_type_instance(&ck->types, f->result, fresh);
}

/* The overloads that the arguments' types admit; more than one where something is known only when evaluated. */
static uint32_t find_candidates(struct checker *ck, const struct cel_function *f, const struct node *call, struct call_site *site)
{
  site->n = 0;
  for (; f; f = f->next) {
    struct cel_type *mark = ck->types.trail;
    if (!arity_fits(f, call) || !apply(ck, f, call)) continue;
    gh_cel_type_undo(&ck->types, mark);
    site->candidates[site->n++] = f;
  }
  return site->n;
}

static uint32_t all_candidates(const struct cel_function *f, const struct node *call, struct call_site *site)
{
  site->n = 0;
  for (; f; f = f->next)
    if (arity_fits(f, call)) site->candidates[site->n++] = f;
  return site->n;
}

static struct call_site *new_site(struct checker *ck, const struct cel_function *f)
{
  uint32_t n = 0;
  for (const struct cel_function *x = f; x; x = x->next) n++;
  struct call_site *site = gh_arena_zero(ck->c->arena, 1, sizeof *site);
  site->candidates = gh_arena_alloc(ck->c->arena, n * sizeof *site->candidates);
  return site;
}

static struct gh_str shown_types(struct checker *ck, const struct node *call)
{
  struct gh_str text = GH_STR("");
  for (uint32_t i = call->method; i < call->n && text.len < 200; i++)
    text = gh_arena_fmt(ck->c->arena, "%.*s%s%.*s", GH_FMT(text), text.len ? ", " : "", GH_FMT(gh_cel_show(ck, call->kids[i]->type)));
  return text;
}

/* "string.contains(string)", as the table has it. */
static struct gh_str signature(struct checker *ck, const struct cel_function *f)
{
  struct gh_str text = GH_STR("");
  bool method = f->overload->method;
  for (uint32_t i = method; i < f->n; i++)
    text = gh_arena_fmt(ck->c->arena, "%.*s%s%.*s", GH_FMT(text), i > method ? ", " : "", GH_FMT(gh_cel_show(ck, f->params[i])));
  struct gh_str receiver = method ? gh_cel_show(ck, f->params[0]) : GH_STR("");
  const char *dot = method ? "." : "", *more = f->more ? ", …" : "";
  return gh_arena_fmt(ck->c->arena, "%.*s%s%s(%.*s%s)", GH_FMT(receiver), dot, f->overload->name, GH_FMT(text), more);
}

static struct cel_type *no_overload(struct checker *ck, struct node *call, const struct cel_function *f)
{
  struct gh_str types = shown_types(ck, call);
  if (call->method) {
    struct gh_str receiver = gh_cel_show(ck, call->kids[0]->type);
    gh_cel_mismatch(ck, call, "no method %.*s(%.*s) on %.*s", GH_FMT(call->name), GH_FMT(types), GH_FMT(receiver));
  } else {
    gh_cel_mismatch(ck, call, "%.*s() does not take (%.*s)", GH_FMT(call->name), GH_FMT(types));
  }
  struct gh_str known = GH_STR("");
  for (unsigned shown = 0; f && shown < 4; f = f->next, shown++)
    known = gh_arena_fmt(ck->c->arena, "%.*s%s%.*s", GH_FMT(known), shown ? ", " : "there is ", GH_FMT(signature(ck, f)));
  if (ck->c->failed) gh_cel_hint(ck->c, known);
  return ck->dyn;
}

/* A literal counts by its text where a decimal is wanted, or stands beside it among the arguments. */
static void coerce_arguments(struct checker *ck, const struct cel_function *f, const struct node *call)
{
  bool beside = false;
  for (uint32_t i = 0; i < call->n; i++) beside = beside || gh_cel_type_has_decimal(call->kids[i]->type);
  for (uint32_t i = 0; i < call->n; i++)
    if (gh_cel_type_has_decimal(param(f, i)) || (beside && param(f, i)->kind != GH_DOUBLE)) gh_cel_coerce(ck, call->kids[i]);
}

/* decimal.div(a, b, 2) has scale 2. */
static void refine(struct checker *ck, const struct node *call, struct cel_type **result)
{
  const struct node *scale = call->n == 3 ? call->kids[2] : NULL;
  if ((*result)->kind != GH_DECIMAL || !scale || scale->kind != NODE_CONST || scale->value.kind != GH_INT) return;
  if (!gh_str_eq(call->name, GH_STR("decimal.div")) || scale->value.i < 0 || scale->value.i > GH_SCALE_MAX) return;
  *result = gh_cel_type_decimal(&ck->types, (unsigned)scale->value.i);
}

/* The type that all candidates give, dyn if they differ. */
static struct cel_type *common_result(struct checker *ck, const struct call_site *site)
{
  struct cel_type *first = site->candidates[0]->result;
  if (first->elem || first->kind == CEL_PARAMETER) return ck->dyn;
  for (uint32_t i = 1; i < site->n; i++)
    if (site->candidates[i]->result->kind != first->kind) return ck->dyn;
  return first;
}

static bool closed(struct cel_type *t)
{
  t = gh_cel_type_find(t);
  return t->kind < GH_DYN && (!t->elem || closed(t->elem)) && (!t->key || closed(t->key));
}

/* Where all is known, the first row that fits is meant; rows further down may take dyn. */
static uint32_t settle(const struct node *call, struct call_site *site)
{
  for (uint32_t i = 0; i < call->n; i++)
    if (!closed(call->kids[i]->type)) return site->n;
  if (site->n > 1) site->n = 1;
  return site->n;
}

static struct cel_type *choose(struct checker *ck, struct node *call, const struct cel_function *f)
{
  struct call_site *site = new_site(ck, f);
  ck->types.strict = true;
  uint32_t n = find_candidates(ck, f, call, site);
  ck->types.strict = false;
  if (!n) n = find_candidates(ck, f, call, site);
  if (!n && !ck->lenient) return no_overload(ck, call, f);
  if (!n) n = all_candidates(f, call, site);
  else n = settle(call, site);
  call->site = site;
  if (n != 1) return n ? common_result(ck, site) : ck->dyn;
  struct cel_type *result = apply(ck, site->candidates[0], call);
  if (!result) return ck->dyn;
  coerce_arguments(ck, site->candidates[0], call);
  result = gh_cel_type_find(result);
  refine(ck, call, &result);
  return result;
}

/* dyn(x) is x, of no known type. */
static struct cel_type *check_dyn(struct checker *ck, struct node *call)
{
  struct node *operand = call->kids[0];
  gh_cel_check_node(ck, operand);
  *call = *operand;
  return ck->dyn;
}

struct cel_type *gh_cel_check_call(struct checker *ck, struct node *call)
{
  if (!call->method && call->n == 1 && gh_str_eq(call->name, GH_STR("dyn"))) return check_dyn(ck, call);
  const struct cel_function *f = gh_cel_resolve_function(ck, call);
  if (!f) return gh_cel_unknown_function(ck, call);
  for (uint32_t i = 0; i < call->n; i++) gh_cel_check_node(ck, call->kids[i]);
  return ck->c->failed ? ck->dyn : choose(ck, call, f);
}
