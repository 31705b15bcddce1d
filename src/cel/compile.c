/* From the tree to instructions. Each node leaves one value on the stack; the places of variables are known here. */
#include "goldhour/base/check.h"
#include "check.h"
#include "program.h"

struct generator {
  struct compilation *c;
  struct gh_cel_env *env;
  struct gh_arena *kept; /* of the program */
  struct instruction *code; /* grows in c->arena */
  uint32_t n, cap;
  uint32_t depth, deepest;
  struct program_slot *slots;
  uint32_t nslots, slots_cap;
};

static void generate(struct generator *g, struct node *n);

/* Appends an instruction; `grows` is what it adds to the stack. The array may move with the next one. */
static struct instruction *emit(struct generator *g, enum instruction_op op, int grows)
{
  if (g->n == g->cap) {
    uint32_t cap = g->cap ? g->cap * 2 : 32;
    struct instruction *code = gh_arena_alloc(g->c->arena, cap * sizeof *code);
    if (g->n) memcpy(code, g->code, g->n * sizeof *code);
    g->code = code;
    g->cap = cap;
  }
  memset(&g->code[g->n], 0, sizeof *g->code);
  g->code[g->n].op = (uint8_t)op;
  g->depth = (uint32_t)((int)g->depth + grows);
  if (g->depth > g->deepest) g->deepest = g->depth;
  return &g->code[g->n++];
}

/* The same, where the instruction is completed later: its index. */
static uint32_t emit_open(struct generator *g, enum instruction_op op, int grows)
{
  emit(g, op, grows);
  return g->n - 1;
}

static void push(struct generator *g, struct gh_value value)
{
  emit(g, DO_PUSH, 1)->constant = value;
}

static void note_slot(struct generator *g, const struct cel_name *name)
{
  for (uint32_t i = 0; i < g->nslots; i++)
    if (g->slots[i].row == name->row && g->slots[i].slot == name->slot) return;
  if (g->nslots == g->slots_cap) {
    uint32_t cap = g->slots_cap ? g->slots_cap * 2 : 8;
    struct program_slot *slots = gh_arena_alloc(g->c->arena, cap * sizeof *slots);
    if (g->nslots) memcpy(slots, g->slots, g->nslots * sizeof *slots);
    g->slots = slots;
    g->slots_cap = cap;
  }
  struct gh_str absent = gh_arena_fmt(g->kept, "'%.*s' is absent", GH_FMT(name->name));
  g->slots[g->nslots++] = (struct program_slot){name->row, name->slot, absent};
}

/* Every slot below the node: predicates do not pass through `generate`. */
static void note_slots(struct generator *g, const struct node *n)
{
  if (n->kind == NODE_SLOT) note_slot(g, n->slot);
  for (uint32_t i = 0; i < n->n; i++)
    if (n->kids[i]) note_slots(g, n->kids[i]);
}

static void load(struct generator *g, const struct node *n)
{
  struct instruction *i = emit(g, n->has ? DO_HAS_SLOT : DO_LOAD, 1);
  const struct gh_type *type = &n->slot->type;
  i->row = n->slot->row;
  i->slot = n->slot->slot;
  i->date = type->kind == GH_DATE || (type->kind == GH_LIST && type->elem && type->elem->kind == GH_DATE);
}

static void copy(struct generator *g, uint32_t place)
{
  emit(g, DO_COPY, 1)->target = place;
}

static void set_target(struct generator *g, uint32_t first, uint32_t end)
{
  for (uint32_t i = first; i < end; i++)
    if (g->code[i].target == UINT32_MAX) g->code[i].target = end;
}

static bool emit_predicate(struct generator *g, const struct node *n, enum instruction_op op)
{
  struct gh_cel_predicate predicate;
  if (!gh_cel_predicate(g->kept, n, &predicate)) return false;
  struct instruction *i = emit(g, op, op == DO_PREDICATE);
  i->predicate = predicate;
  i->target = op == DO_PREDICATE ? 0 : UINT32_MAX;
  return true;
}

/* Predicates first: they are cheap, and the value of && and || does not depend on the order. Returns how many there were. */
static uint32_t logic(struct generator *g, struct node *n)
{
  bool and = n->op == OP_AND;
  uint32_t first = g->n;
  bool *done = gh_arena_zero(g->c->arena, n->n, sizeof *done);
  push(g, gh_bool(and));
  for (uint32_t i = 0; i < n->n; i++) done[i] = emit_predicate(g, n->kids[i], and ? DO_AND_PREDICATE : DO_OR_PREDICATE);
  uint32_t predicates = g->n - first - 1;
  for (uint32_t i = 0; i < n->n; i++) {
    if (done[i]) continue;
    generate(g, n->kids[i]);
    emit(g, and ? DO_AND : DO_OR, -1)->target = UINT32_MAX;
  }
  set_target(g, first, g->n);
  return predicates;
}

static void choice(struct generator *g, struct node *n)
{
  generate(g, n->kids[0]);
  uint32_t choose = emit_open(g, DO_CHOOSE, -1);
  generate(g, n->kids[1]);
  uint32_t jump = emit_open(g, DO_JUMP, -1);
  g->code[choose].target = g->n;
  generate(g, n->kids[2]);
  g->code[jump].target = g->code[choose].other = g->n;
}

static void fold(struct generator *g, struct node *n)
{
  generate(g, n->kids[0]);
  uint32_t place = g->depth - 1, begin = emit_open(g, DO_FOLD_BEGIN, CEL_LOOP_PLACES - 1);
  n->local->place = place + 3;
  if (n->local2) n->local2->place = place + 4;
  uint32_t next = emit_open(g, DO_FOLD_NEXT, 0), filter = 0;
  if (n->kids[1]) {
    generate(g, n->kids[1]);
    filter = emit_open(g, DO_FOLD_FILTER, -1);
  }
  if (n->kids[2]) generate(g, n->kids[2]);
  else copy(g, n->local->place);
  uint32_t take = emit_open(g, DO_FOLD_TAKE, -1), end = emit_open(g, DO_FOLD_END, 1 - CEL_LOOP_PLACES);
  uint32_t steps = end - next;
  g->code[begin].way = g->code[take].way = g->code[end].way = n->op;
  g->code[next].way = n->local2 != NULL;
  g->code[next].n = (uint16_t)(steps > UINT16_MAX ? UINT16_MAX : steps);
  g->code[begin].target = g->n;
  g->code[next].target = g->code[take].other = end;
  g->code[take].target = next;
  if (!n->kids[1]) return;
  g->code[filter].target = next;
  g->code[filter].other = end;
}

static void bind(struct generator *g, struct node *n)
{
  generate(g, n->kids[0]);
  n->local->place = g->depth - 1;
  generate(g, n->kids[1]);
  emit(g, DO_DROP_BELOW, -1);
}

static void generate_all(struct generator *g, const struct node *n)
{
  for (uint32_t i = 0; i < n->n; i++) generate(g, n->kids[i]);
}

static void operation(struct generator *g, const struct node *n)
{
  if (emit_predicate(g, n, DO_PREDICATE)) return;
  generate_all(g, n);
  emit(g, n->kind == NODE_UNARY ? DO_UNARY : DO_BINARY, 1 - (int)n->n)->way = n->op;
}

static void select(struct generator *g, const struct node *n)
{
  generate(g, n->kids[0]);
  emit(g, n->has ? DO_HAS : DO_SELECT, 0)->constant = gh_string(gh_arena_str(g->kept, n->name));
}

static void literal(struct generator *g, const struct node *n)
{
  generate_all(g, n);
  emit(g, n->kind == NODE_LIST ? DO_LIST : DO_MAP, 1 - (int)n->n)->target = n->n;
}

/* Lets a function make something of its constant arguments once; an error refuses the program; unchecked, it waits for the call. */
static const void *prepare(struct generator *g, const struct node *n, const struct gh_overload *overload)
{
  struct gh_value fault = gh_absent(), *args = gh_arena_zero(g->c->arena, n->n + 1, sizeof *args);
  if (!overload->prepare) return NULL;
  for (uint32_t i = 0; i < n->n; i++)
    if (n->kids[i]->kind == NODE_CONST && n->kids[i]->value.kind != GH_ERROR) args[i] = n->kids[i]->value;
  const void *prepared = overload->prepare(&g->env->prepared, g->env->zones, args, n->n, &fault);
  if (fault.kind == GH_ERROR && !g->c->lenient) gh_cel_refuse(g->c, n->offset, "%.*s", GH_FMT(gh_text(fault)));
  return prepared;
}

static void call(struct generator *g, const struct node *n)
{
  generate_all(g, n);
  struct program_call *site = gh_arena_zero(g->kept, 1, sizeof *site);
  site->n = n->site->n;
  site->candidates = gh_arena_zero(g->kept, site->n + 1, sizeof *site->candidates);
  site->prepared = gh_arena_zero(g->kept, site->n + 1, sizeof *site->prepared);
  for (uint32_t i = 0; i < site->n; i++) {
    site->candidates[i] = n->site->candidates[i];
    site->prepared[i] = prepare(g, n, site->candidates[i]->overload);
  }
  struct instruction *i = emit(g, DO_CALL, 1 - (int)n->n);
  i->call = site;
  i->target = n->n;
}

static struct gh_value kept_constant(struct generator *g, struct gh_value v)
{
  struct gh_value kept = v;
  if (v.kind == GH_STRING || v.kind == GH_BYTES || v.kind == GH_LIST || v.kind == GH_MAP) kept = gh_value_copy(g->kept, v);
  return kept;
}

static void generate(struct generator *g, struct node *n)
{
  switch ((enum node_kind)n->kind) {
  case NODE_CONST: push(g, kept_constant(g, n->value)); return;
  case NODE_SLOT: load(g, n); return;
  case NODE_LOCAL: copy(g, n->local->place); return;
  case NODE_SELECT: select(g, n); return;
  case NODE_CALL: call(g, n); return;
  case NODE_LIST: case NODE_MAP: literal(g, n); return;
  case NODE_UNARY: case NODE_BINARY: operation(g, n); return;
  case NODE_LOGIC: logic(g, n); return;
  case NODE_CHOICE: choice(g, n); return;
  case NODE_FOLD: fold(g, n); return;
  case NODE_BIND: bind(g, n); return;
  case NODE_NAME: break;
  }
  GH_IMPOSSIBLE();
}

/* The code, and apart from it the predicates with which it begins. True: there is nothing else. */
static bool generate_root(struct generator *g, struct node *root, struct program_body *p)
{
  struct gh_cel_predicate alone;
  bool only = false;
  if (root->kind == NODE_LOGIC && root->op == OP_AND) {
    p->npredicates = logic(g, root);
    only = p->npredicates == root->n;
  } else if (gh_cel_predicate(g->kept, root, &alone)) {
    emit(g, DO_PREDICATE, 1)->predicate = alone;
    p->npredicates = 1;
    only = true;
  } else {
    generate(g, root);
  }
  struct gh_cel_predicate *predicates = gh_arena_alloc(g->kept, (p->npredicates + 1) * sizeof *predicates);
  uint32_t first = root->kind == NODE_LOGIC;
  for (uint32_t i = 0; i < p->npredicates; i++) predicates[i] = g->code[first + i].predicate;
  p->predicates = predicates;
  return only;
}

static void *keep(struct generator *g, const void *items, size_t bytes)
{
  void *kept = gh_arena_alloc(g->kept, bytes + 1);
  if (bytes) memcpy(kept, items, bytes);
  return kept;
}

struct gh_program *gh_cel_generate(struct compilation *c, struct gh_cel_env *env, struct node *root)
{
  struct generator g = {.c = c, .env = env, .kept = c->kept};
  struct program_body *body = gh_arena_zero(c->kept, 1, sizeof *body);
  note_slots(&g, root);
  bool only = generate_root(&g, root, body);
  emit(&g, DO_END, 0);
  body->text = gh_arena_str(c->kept, c->text);
  body->type = gh_cel_type_public(c->kept, root->type);
  body->code = keep(&g, g.code, g.n * sizeof *g.code);
  body->depth = g.deepest;
  body->slots = keep(&g, g.slots, g.nslots * sizeof *g.slots);
  body->nslots = g.nslots;
  body->zones = env->zones;
  body->zone = env->zone;
  if (c->failed) return NULL;
  struct gh_program *p = gh_cel_arrange(env, c->kept, body);
  p->predicates_only = only;
  p->rest = 1 + body->npredicates;
  return p;
}
