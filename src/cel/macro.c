/* Macros: calls whose arguments are not values. Each becomes a node of its own. */
#include "ast.h"

static const struct { const char *name; uint32_t args; uint32_t variables; enum fold fold; bool filter, body; } folds[] = {
  {"all", 2, 1, FOLD_ALL, false, true},          {"all", 3, 2, FOLD_ALL, false, true},
  {"exists", 2, 1, FOLD_EXISTS, false, true},    {"exists", 3, 2, FOLD_EXISTS, false, true},
  {"exists_one", 2, 1, FOLD_EXISTS_ONE, false, true}, {"exists_one", 3, 2, FOLD_EXISTS_ONE, false, true},
  {"existsOne", 2, 1, FOLD_EXISTS_ONE, false, true},  {"existsOne", 3, 2, FOLD_EXISTS_ONE, false, true},
  {"map", 2, 1, FOLD_LIST, false, true},         {"map", 3, 1, FOLD_LIST, true, true},
  {"filter", 2, 1, FOLD_LIST, true, false},
  {"transformList", 3, 2, FOLD_LIST, false, true}, {"transformList", 4, 2, FOLD_LIST, true, true},
  {"transformMap", 3, 2, FOLD_MAP, false, true},   {"transformMap", 4, 2, FOLD_MAP, true, true},
};

static struct node *refuse(struct compilation *c, const struct node *at, const char *why)
{
  gh_cel_refuse(c, at->offset, "%s", why);
  return NULL;
}

static bool variable(const struct node *n) { return n->kind == NODE_NAME && !n->root; }

static struct node *expand_fold(struct compilation *c, struct node *call, size_t which)
{
  uint32_t variables = folds[which].variables, next = 1 + variables;
  for (uint32_t i = 1; i <= variables; i++)
    if (!variable(call->kids[i])) return refuse(c, call->kids[i], "a macro's variable is a simple name");
  struct node *n = gh_cel_node(c, NODE_FOLD, call->offset, 3);
  n->op = (uint8_t)folds[which].fold;
  n->text = call->name;
  n->name = call->kids[1]->name;
  if (variables == 2) n->second = call->kids[2]->name;
  if (variables == 2 && gh_str_eq(n->name, n->second)) return refuse(c, call->kids[2], "the two variables of a macro have different names");
  n->kids[0] = call->kids[0];
  if (folds[which].filter) n->kids[1] = call->kids[next++];
  if (folds[which].body) n->kids[2] = call->kids[next];
  return n;
}

static struct node *expand_has(struct compilation *c, struct node *call)
{
  if (call->n != 1 || call->kids[0]->kind != NODE_SELECT) return refuse(c, call, "has() asks for one field: has(event.amount)");
  call->kids[0]->has = true;
  return call->kids[0];
}

static struct node *expand_bind(struct compilation *c, struct node *call)
{
  if (!variable(call->kids[1])) return refuse(c, call->kids[1], "cel.bind(name, value, expression): the name is a simple one");
  struct node *n = gh_cel_node(c, NODE_BIND, call->offset, 2);
  n->name = call->kids[1]->name;
  n->kids[0] = call->kids[2];
  n->kids[1] = call->kids[3];
  return n;
}

static bool is_bind(const struct node *call)
{
  const struct node *cel = call->kids[0];
  return call->n == 4 && gh_str_eq(call->name, GH_STR("bind")) && cel->kind == NODE_NAME && gh_str_eq(cel->name, GH_STR("cel"));
}

struct node *gh_cel_macro(struct compilation *c, struct node *call)
{
  if (!call->method) return !call->root && gh_str_eq(call->name, GH_STR("has")) ? expand_has(c, call) : call;
  if (is_bind(call)) return expand_bind(c, call);
  for (size_t i = 0; i < sizeof folds / sizeof *folds; i++)
    if (call->n == folds[i].args + 1 && gh_str_eq(call->name, gh_str(folds[i].name))) return expand_fold(c, call, i);
  return call;
}

struct gh_str gh_cel_macro_usage(struct gh_str name)
{
  static const char *const usages[] = {
    "all: list.all(x, condition) or list.all(i, x, condition)", "exists: list.exists(x, condition) or list.exists(i, x, condition)",
    "exists_one: list.exists_one(x, condition)", "existsOne: list.existsOne(i, x, condition)",
    "map: list.map(x, value) or list.map(x, condition, value)", "filter: list.filter(x, condition)",
    "transformList: list.transformList(i, x, value) or list.transformList(i, x, condition, value)",
    "transformMap: map.transformMap(k, v, value) or map.transformMap(k, v, condition, value)",
    "bind: cel.bind(name, value, expression)",
  };
  for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
    const char *colon = strchr(usages[i], ':');
    if (gh_str_eq(name, gh_str_n(usages[i], (size_t)(colon - usages[i])))) return gh_str(colon + 2);
  }
  return GH_STR("");
}
