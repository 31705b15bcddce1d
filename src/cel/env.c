#include "env.h"

#include "goldhour/base/check.h"

enum { DENSE_BYTES = 8192 };

static const struct gh_overload_table *const tables[] = {
  &gh_cel_core_functions, &gh_cel_time_functions, &gh_cel_string_functions, &gh_cel_math_functions, &gh_cel_decimal_functions,
};

/* "string;list(A);..." — a row that cannot be read is a bug of its table. */
static struct cel_function *read_function(struct gh_cel_env *env, const struct gh_overload *overload)
{
  struct cel_types types = {.arena = env->arena};
  struct gh_str result = gh_str(overload->result), rest = gh_str(overload->params);
  struct cel_type *params[CEL_ARGUMENTS];
  uint8_t n = 0;
  while (rest.len && !gh_str_eq(rest, GH_STR("..."))) {
    GH_CHECK(n < CEL_ARGUMENTS);
    params[n] = gh_cel_type_read(&types, &rest);
    GH_CHECK(params[n++] && (!rest.len || *rest.ptr == ';'));
    if (rest.len) rest = gh_str_n(rest.ptr + 1, rest.len - 1);
  }
  struct cel_function *f = gh_arena_zero(env->arena, 1, sizeof *f + n * sizeof *params);
  f->overload = overload;
  f->result = gh_cel_type_read(&types, &result);
  f->n = n;
  f->more = rest.len;
  if (n) memcpy(f->params, params, n * sizeof *params);
  GH_CHECK(f->result && (n || !f->more));
  return f;
}

static void read_functions(struct gh_cel_env *env, struct cel_function_name *name)
{
  struct cel_function **end = &name->first;
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
    for (size_t i = 0; i < tables[t]->n; i++) {
      if (!gh_str_eq(gh_str(tables[t]->rows[i].name), name->name)) continue;
      *end = read_function(env, &tables[t]->rows[i]);
      end = &(*end)->next;
    }
  }
}

static void add_function_names(struct gh_cel_env *env, const struct gh_overload_table *table)
{
  for (size_t i = 0; i < table->n; i++) {
    struct gh_str name = gh_str(table->rows[i].name);
    uint32_t at = (uint32_t)env->function_index.len;
    if (gh_textmap_add(&env->function_index, name, at, NULL)) env->functions[at].name = name;
  }
}

struct gh_cel_env *gh_cel_env_new(struct gh_arena *arena, const struct gh_zones *zones, const struct gh_zone *zone)
{
  struct gh_cel_env *env = gh_arena_zero(arena, 1, sizeof *env);
  env->arena = arena;
  env->zones = zones;
  env->zone = zone;
  gh_textmap_init(&env->index, arena);
  gh_textmap_init(&env->function_index, arena);
  gh_arena_init(&env->prepared, 0);
  size_t rows = 0;
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) rows += tables[t]->n;
  env->functions = gh_arena_zero(arena, rows + 1, sizeof *env->functions);
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) add_function_names(env, tables[t]);
  return env;
}

void gh_cel_env_free(struct gh_cel_env *env) { gh_arena_free(&env->prepared); }

void *gh_cel_env_dense(struct gh_cel_env *env, struct gh_arena *arena, size_t size)
{
  size = (size + 15) & ~(size_t)15;
  if (arena != env->arena || size > DENSE_BYTES / 4) return gh_arena_zero(arena, 1, size);
  if (size > env->dense_left) {
    env->dense_at = gh_arena_zero(arena, 1, DENSE_BYTES);
    env->dense_left = DENSE_BYTES;
  }
  void *at = env->dense_at;
  env->dense_at += size;
  env->dense_left -= size;
  return at;
}

static struct cel_name *room(struct gh_cel_env *env)
{
  if (env->nnames == env->names_cap) {
    uint32_t cap = env->names_cap ? env->names_cap * 2 : 32;
    struct cel_name *names = gh_arena_zero(env->arena, cap, sizeof *names);
    if (env->nnames) memcpy(names, env->names, env->nnames * sizeof *names);
    env->names = names;
    env->names_cap = cap;
  }
  return &env->names[env->nnames++];
}

void gh_cel_declare(struct gh_cel_env *env, struct gh_str name, struct gh_type type, unsigned row, unsigned slot)
{
  GH_CHECK(row < GH_CEL_ROWS);
  uint32_t at;
  struct cel_name *held = gh_textmap_find(&env->index, name, &at) ? &env->names[at] : room(env);
  if (held->name.ptr == NULL || !gh_str_eq(held->name, name)) held->name = gh_arena_str(env->arena, name);
  held->type = type;
  held->row = row;
  held->slot = slot;
  gh_textmap_add(&env->index, held->name, (uint32_t)(held - env->names), NULL);
}

const struct cel_name *gh_cel_env_name(const struct gh_cel_env *env, struct gh_str name)
{
  uint32_t at;
  return gh_textmap_find(&env->index, name, &at) ? &env->names[at] : NULL;
}

const struct cel_function *gh_cel_env_function(struct gh_cel_env *env, struct gh_str name)
{
  uint32_t at;
  if (!gh_textmap_find(&env->function_index, name, &at)) return NULL;
  if (!env->functions[at].first) read_functions(env, &env->functions[at]);
  return env->functions[at].first;
}
