/* The names that conditions see, and their compilation. One environment an event type, made when a rule first needs it. */
#include "reader.h"

static const struct gh_type string_type = {.kind = GH_STRING}, timestamp_type = {.kind = GH_TIMESTAMP};

static void declare(struct gh_cel_env *env, const char *row_name, struct gh_str name, struct gh_type type, unsigned place[2])
{
  struct gh_buf full = {0};
  gh_buf_fmt(&full, "%s.%.*s", row_name, GH_FMT(name));
  gh_cel_declare(env, gh_buf_str(&full), type, place[0], place[1]);
  gh_buf_free(&full);
}

/* A change of profile has no fields behind `event.`: its fields are the customer's. */
static void declare_event(struct gh_cel_env *env, const struct gh_event_type *type)
{
  unsigned n = type ? type->nfields : 0;
  for (unsigned i = 0; i < n && type->index != GH_CUSTOMER_TYPE; i++) {
    declare(env, "event", type->fields[i].name, type->fields[i].type, (unsigned[]){GH_ROW_EVENT, i});
  }
  declare(env, "event", GH_STR("id"), string_type, (unsigned[]){GH_ROW_EVENT, n + GH_SLOT_ID});
  declare(env, "event", GH_STR("type"), string_type, (unsigned[]){GH_ROW_EVENT, n + GH_SLOT_TYPE});
  declare(env, "event", GH_STR("time"), timestamp_type, (unsigned[]){GH_ROW_EVENT, n + GH_SLOT_TIME});
}

static void free_env(void *env)
{
  gh_cel_env_free(env);
}

struct gh_cel_env *gh_rules_env(struct gh_rules *rules, const struct gh_event_type *type, bool features)
{
  struct gh_cel_env *env = gh_cel_env_new(&rules->arena, rules->zones, rules->zone);
  gh_arena_on_free(&rules->arena, free_env, env);
  declare_event(env, type);
  if (!features) return env;
  const struct gh_event_type *customer = &rules->schema->customer;
  for (unsigned i = 0; i < customer->nfields; i++) {
    declare(env, "customer", customer->fields[i].name, customer->fields[i].type, (unsigned[]){GH_ROW_CUSTOMER, i});
  }
  declare(env, "customer", GH_STR("id"), string_type, (unsigned[]){GH_ROW_CUSTOMER, customer->nfields});
  for (unsigned i = 0; i < rules->nfeatures; i++) {
    declare(env, "feature", rules->features[i].name, rules->features[i].type, (unsigned[]){GH_ROW_FEATURE, i});
  }
  gh_cel_declare(env, GH_STR("now"), timestamp_type, GH_ROW_NOW, 0);
  return env;
}

struct gh_cel_env *gh_reader_env(struct gh_rule_reader *r, const struct gh_event_type *type, bool features)
{
  unsigned i = type->index == GH_CUSTOMER_TYPE ? r->rules->schema->ntypes : type->index;
  struct gh_cel_env **env = features ? &r->envs[i] : &r->event_envs[i];
  if (!*env) *env = gh_rules_env(r->rules, type, features);
  return *env;
}

const struct gh_program *gh_reader_compile(struct gh_rule_reader *r, struct gh_cel_env *env, const struct gh_node *n, struct gh_type want, struct gh_str note)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return NULL;
  while (text.len && strchr(" \t\r\n", text.ptr[text.len - 1])) text.len--;
  struct gh_cel_fault cel = {0};
  const struct gh_program *program = gh_cel_compile(env, r->arena, text, (struct gh_cel_options){.want = want}, &cel);
  if (program) return program;
  struct gh_fault *fault = gh_fault(r->faults, gh_node_spot(n, cel.offset), "'%.*s': %.*s%.*s", GH_FMT(n->key), GH_FMT(cel.message), GH_FMT(note));
  fault->hint = gh_arena_str(&r->faults->arena, cel.hint);
  fault->excerpt = gh_fault_caret(r->faults, text, cel.offset);
  return NULL;
}
