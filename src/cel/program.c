/* Compilation from end to end, and what a program tells of itself. */
#include "check.h"
#include "program.h"

static bool wanted(struct checker *ck, struct node *root, const struct gh_type *want)
{
  if (want->kind == GH_ABSENT) return true;
  struct cel_type *type = gh_cel_type_from(&ck->types, want);
  if (!gh_cel_type_try(&ck->types, type, root->type)) {
    gh_cel_mismatch(ck, root, "this is %.*s, but %.*s is needed here", GH_FMT(gh_cel_show(ck, root->type)), GH_FMT(gh_cel_show(ck, type)));
    return ck->lenient;
  }
  if (gh_cel_type_has_decimal(type)) gh_cel_coerce(ck, root);
  return true;
}

static struct gh_program *compile(struct compilation *c, struct gh_cel_env *env, const struct gh_cel_options *options)
{
  struct checker ck = {.c = c, .env = env, .container = options->container, .lenient = options->unchecked};
  c->lenient = options->unchecked;
  struct node *root = gh_cel_parse(c);
  if (!root) return NULL;
  gh_cel_check(&ck, root);
  if (c->failed || !wanted(&ck, root, &options->want)) return NULL;
  gh_cel_fold_constants(c, env, root);
  return gh_cel_generate(c, env, root);
}

struct gh_program *gh_cel_compile(struct gh_cel_env *env, struct gh_arena *arena, struct gh_str text, struct gh_cel_options options,
                                  struct gh_cel_fault *fault)
{
  struct gh_arena own;
  gh_arena_init(&own, 0);
  struct compilation c = {.arena = &own, .kept = arena, .text = text, .fault = fault};
  struct gh_program *p = compile(&c, env, &options);
  gh_arena_free(&own);
  return p;
}

struct gh_type gh_program_type(const struct gh_program *p) { return p->body->type; }
struct gh_str gh_program_text(const struct gh_program *p) { return p->body->text; }

bool gh_program_reads(const struct gh_program *p, unsigned row, unsigned slot)
{
  const struct program_body *body = p->body;
  for (uint32_t i = 0; i < body->nslots; i++)
    if (body->slots[i].row == row && body->slots[i].slot == slot) return true;
  return false;
}

const struct gh_cel_predicate *gh_program_predicates(const struct gh_program *p, size_t *n)
{
  *n = p->body->npredicates;
  return p->body->predicates;
}
