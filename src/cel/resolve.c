/* Names: variables of macros, declared names, types, functions; each sought in the container and the namespaces around it. */
#include "check.h"

enum { NAME_BYTES = 512 };

/* a.b.c as written, if the node is a chain of plain names. */
struct chain {
  char text[NAME_BYTES];
  size_t len;
  const struct node *first;
};

static bool chain_add(struct chain *chain, struct gh_str part)
{
  if (chain->len + part.len + 2 > NAME_BYTES) return false;
  if (chain->len) chain->text[chain->len++] = '.';
  memcpy(chain->text + chain->len, part.ptr, part.len);
  chain->len += part.len;
  return true;
}

static bool chain_of(struct chain *chain, const struct node *n)
{
  if (n->kind == NODE_NAME) chain->first = n;
  else if (n->kind != NODE_SELECT || n->kids[0]->has || !chain_of(chain, n->kids[0])) return false;
  return chain_add(chain, n->name);
}

static struct local *find_local(struct checker *ck, const struct node *name)
{
  if (name->root) return NULL;
  for (struct local *l = ck->scope; l; l = l->outer)
    if (gh_str_eq(l->name, name->name)) return l;
  return NULL;
}

static const struct { const char *name; enum gh_kind kind; } type_names[] = {
  {"bool", GH_BOOL}, {"int", GH_INT}, {"uint", GH_UINT}, {"double", GH_DOUBLE}, {"string", GH_STRING}, {"bytes", GH_BYTES},
  {"list", GH_LIST}, {"map", GH_MAP}, {"null_type", GH_NULL}, {"type", GH_TYPE}, {"google.protobuf.Timestamp", GH_TIMESTAMP},
  {"google.protobuf.Duration", GH_DURATION}, {"decimal", GH_DECIMAL},
};

static bool become_type(struct checker *ck, struct node *n, struct gh_str name)
{
  for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++) {
    if (!gh_str_eq(name, gh_str(type_names[i].name))) continue;
    struct gh_str text = gh_cel_kind_name(type_names[i].kind);
    n->kind = NODE_CONST;
    n->n = 0;
    n->value = (struct gh_value){.kind = GH_TYPE, .len = (uint32_t)text.len, .text = text.ptr};
    n->type = gh_cel_type_make(&ck->types, GH_TYPE);
    return true;
  }
  return false;
}

static bool become_name(struct checker *ck, struct node *n, struct gh_str name)
{
  const struct cel_name *slot = gh_cel_env_name(ck->env, name);
  if (!slot) return false;
  n->kind = NODE_SLOT;
  n->n = 0;
  n->slot = slot;
  n->type = gh_cel_type_from(&ck->types, &slot->type);
  return true;
}

/* The name in the container, then in the namespaces around it, then as it stands; `*tried` runs from the container's length down to 0. */
static bool candidate(struct checker *ck, const struct chain *chain, size_t *tried, struct chain *out)
{
  if (*tried == SIZE_MAX) return false;
  out->len = 0;
  struct gh_str space = {ck->container.ptr, *tried};
  bool fits = (!space.len || chain_add(out, space)) && chain_add(out, gh_str_n(chain->text, chain->len));
  size_t outer = space.len;
  while (outer && space.ptr[outer - 1] != '.') outer--;
  *tried = !space.len ? SIZE_MAX : outer ? outer - 1 : 0;
  return fits;
}

bool gh_cel_resolve(struct checker *ck, struct node *n)
{
  struct chain chain = {.len = 0}, name;
  if (!chain_of(&chain, n)) return false;
  struct local *local = find_local(ck, chain.first);
  if (local && n->kind == NODE_NAME) {
    n->kind = NODE_LOCAL;
    n->local = local;
    n->type = local->type;
  }
  if (local) return n->kind == NODE_LOCAL;
  size_t tried = chain.first->root ? 0 : ck->container.len;
  while (candidate(ck, &chain, &tried, &name)) {
    struct gh_str text = {name.text, name.len};
    if (become_name(ck, n, text)) return true;
    if (!n->has && become_type(ck, n, text)) return true;
  }
  return false;
}

/* Declared names and functions in one list. */
static struct gh_str nearest(struct checker *ck, struct gh_str word, bool function)
{
  const struct gh_cel_env *env = ck->env;
  size_t n = function ? env->function_index.len : env->nnames;
  struct gh_str *names = gh_arena_alloc(ck->c->arena, (n + 1) * sizeof *names);
  for (size_t i = 0; i < n; i++) names[i] = function ? env->functions[i].name : env->names[i].name;
  struct gh_faults faults;
  gh_faults_init(&faults);
  struct gh_str hint = gh_arena_str(ck->c->arena, gh_did_you_mean(&faults, word, names, n));
  gh_faults_free(&faults);
  return hint;
}

static void become_error(struct checker *ck, struct node *n, struct gh_str message)
{
  n->kind = NODE_CONST;
  n->n = 0;
  n->value = gh_error(gh_arena_str(ck->c->kept, message));
  n->type = ck->dyn;
}

struct cel_type *gh_cel_unknown_name(struct checker *ck, struct node *n)
{
  struct chain chain = {.len = 0};
  if (!chain_of(&chain, n)) chain.len = 0;
  struct gh_str name = {chain.text, chain.len};
  if (ck->lenient) {
    become_error(ck, n, gh_arena_fmt(ck->c->arena, "undeclared reference to '%.*s'", GH_FMT(name)));
    return n->type;
  }
  if (ck->c->failed) return ck->dyn;
  gh_cel_refuse(ck->c, chain.first ? chain.first->offset : n->offset, "unknown name '%.*s'", GH_FMT(name));
  gh_cel_hint(ck->c, nearest(ck, name, false));
  return ck->dyn;
}

static const struct cel_function *find_function(struct checker *ck, const struct chain *chain, bool root)
{
  struct chain name;
  size_t tried = root ? 0 : ck->container.len;
  while (candidate(ck, chain, &tried, &name)) {
    const struct cel_function *f = gh_cel_env_function(ck->env, gh_str_n(name.text, name.len));
    if (f) return f;
  }
  return NULL;
}

const struct cel_function *gh_cel_resolve_function(struct checker *ck, struct node *call)
{
  struct chain chain = {.len = 0};
  if (!call->method) return chain_add(&chain, call->name) ? find_function(ck, &chain, call->root) : NULL;
  if (chain_of(&chain, call->kids[0]) && chain_add(&chain, call->name)) {
    const struct cel_function *f = find_function(ck, &chain, chain.first->root);
    if (f && !f->overload->method) {
      call->name = gh_str(f->overload->name);
      call->method = false;
      call->kids++;
      call->n--;
      return f;
    }
  }
  return gh_cel_env_function(ck->env, call->name);
}

struct cel_type *gh_cel_unknown_function(struct checker *ck, struct node *call)
{
  struct gh_str name = call->name;
  if (ck->lenient) {
    become_error(ck, call, gh_arena_fmt(ck->c->arena, "undeclared function '%.*s'", GH_FMT(name)));
    return call->type;
  }
  if (ck->c->failed) return ck->dyn;
  gh_cel_refuse(ck->c, call->offset, "unknown function '%.*s'", GH_FMT(name));
  struct gh_str usage = gh_cel_macro_usage(name);
  gh_cel_hint(ck->c, usage.len ? usage : nearest(ck, name, true));
  return ck->dyn;
}
