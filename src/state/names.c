#include "goldhour/state/names.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"

void gh_names_init(struct gh_names *n)
{
  *n = (struct gh_names){0};
  gh_arena_init(&n->arena, 0);
}

static void unbind(struct gh_names *n)
{
  free(n->field_names);
  free(n->type_names);
  free(n->field_base);
  n->field_names = n->type_names = n->field_base = NULL;
  n->schema = NULL;
  for (uint32_t i = 0; i < n->count; i++) n->names[i].event_type = NULL, n->names[i].slot = -1;
}

void gh_names_free(struct gh_names *n)
{
  unbind(n);
  free(n->names);
  free(n->slots);
  gh_arena_free(&n->arena);
  gh_names_init(n);
}

/* The place of `text` in the hash table: its number + 1, or a free place (0). */
static uint32_t *find_slot(const struct gh_names *n, struct gh_str text)
{
  uint32_t at = (uint32_t)gh_hash(text) & (n->slots_cap - 1);
  while (n->slots[at] && !gh_str_eq(n->names[n->slots[at] - 1].text, text)) at = (at + 1) & (n->slots_cap - 1);
  return &n->slots[at];
}

static void grow(struct gh_names *n)
{
  n->cap = n->cap ? n->cap * 2 : 64;
  n->names = realloc(n->names, n->cap * sizeof *n->names);
  free(n->slots);
  n->slots_cap = n->cap * 2;
  n->slots = calloc(n->slots_cap, sizeof *n->slots);
  GH_CHECK(n->names && n->slots && "out of memory");
  for (uint32_t i = 0; i < n->count; i++) *find_slot(n, n->names[i].text) = i + 1;
}

uint32_t gh_names_find(const struct gh_names *n, struct gh_str text)
{
  return n->count ? *find_slot(n, text) - 1 : GH_NO_NAME;
}

uint32_t gh_names_add(struct gh_names *n, struct gh_str text)
{
  uint32_t known = gh_names_find(n, text);
  if (known != GH_NO_NAME) return known;
  if (n->count == n->cap) grow(n);
  n->names[n->count] = (struct gh_name){.text = gh_arena_str(&n->arena, text), .slot = -1};
  *find_slot(n, text) = n->count + 1;
  n->changed = true;
  return n->count++;
}

static struct gh_str field_name(struct gh_arena *arena, const struct gh_event_type *type, const struct gh_field *field)
{
  return gh_arena_fmt(arena, "field/%.*s.%.*s", GH_FMT(type->name), GH_FMT(field->name));
}

static unsigned type_index(const struct gh_names *n, const struct gh_event_type *type)
{
  return type->index == GH_CUSTOMER_TYPE ? n->schema->ntypes : type->index;
}

static const struct gh_event_type *type_at(const struct gh_schema *schema, unsigned i)
{
  return i == schema->ntypes ? &schema->customer : &schema->types[i];
}

static void bind_type(struct gh_names *n, const struct gh_event_type *type, struct gh_arena *scratch)
{
  unsigned index = type_index(n, type);
  n->type_names[index] = gh_names_add(n, gh_arena_fmt(scratch, "type/%.*s", GH_FMT(type->name)));
  n->names[n->type_names[index]].event_type = type;
  for (unsigned i = 0; i < type->nfields; i++) {
    uint32_t number = gh_names_add(n, field_name(scratch, type, &type->fields[i]));
    struct gh_name *name = &n->names[number];
    name->event_type = type;
    name->slot = (int)i;
    if (!name->type.len) name->type = gh_type_text(&n->arena, type->fields[i].type);
    n->field_names[n->field_base[index] + i] = number;
  }
}

void gh_names_bind(struct gh_names *n, const struct gh_schema *schema)
{
  unbind(n);
  n->schema = schema;
  unsigned ntypes = schema->ntypes + 1, nfields = 0;
  n->field_base = calloc(ntypes, sizeof *n->field_base);
  GH_CHECK(n->field_base && "out of memory");
  for (unsigned i = 0; i < ntypes; nfields += type_at(schema, i++)->nfields) n->field_base[i] = nfields;
  n->type_names = calloc(ntypes, sizeof *n->type_names);
  n->field_names = calloc(nfields + 1, sizeof *n->field_names);
  GH_CHECK(n->type_names && n->field_names && "out of memory");
  struct gh_arena scratch;
  gh_arena_init(&scratch, 0);
  for (unsigned i = 0; i < ntypes; i++) bind_type(n, type_at(schema, i), &scratch);
  gh_arena_free(&scratch);
}

struct gh_str gh_names_conflict(const struct gh_names *n, const struct gh_schema *schema, struct gh_arena *arena, struct gh_str *was, struct gh_str *is)
{
  for (unsigned i = 0; i <= schema->ntypes; i++) {
    const struct gh_event_type *type = type_at(schema, i);
    for (unsigned f = 0; f < type->nfields; f++) {
      uint32_t number = gh_names_find(n, field_name(arena, type, &type->fields[f]));
      if (number == GH_NO_NAME) continue;
      *was = n->names[number].type;
      *is = gh_type_text(arena, type->fields[f].type);
      if (!gh_str_eq(*was, *is)) return gh_arena_fmt(arena, "%.*s.%.*s", GH_FMT(type->name), GH_FMT(type->fields[f].name));
    }
  }
  return (struct gh_str){NULL, 0};
}

uint32_t gh_names_of_type(const struct gh_names *n, const struct gh_event_type *type) { return n->type_names[type_index(n, type)]; }

uint32_t gh_names_of_field(const struct gh_names *n, const struct gh_event_type *type, unsigned slot)
{
  return n->field_names[n->field_base[type_index(n, type)] + slot];
}

void gh_names_pack(struct gh_names *n, struct gh_buf *out)
{
  gh_buf_put_u64(out, n->count);
  for (uint32_t i = 0; i < n->count; i++) {
    gh_buf_put_text(out, n->names[i].text);
    gh_buf_put_text(out, n->names[i].type);
    gh_buf_put_fixed64(out, n->names[i].hash);
    gh_buf_put_i64(out, n->names[i].since_ms);
  }
  n->changed = false;
}

bool gh_names_unpack(struct gh_names *n, struct gh_reader *r)
{
  uint64_t count = gh_read_u64(r);
  for (uint64_t i = 0; i < count && !r->bad; i++) {
    uint32_t number = gh_names_add(n, gh_read_text(r));
    if (number != i) return false;
    n->names[number].type = gh_arena_str(&n->arena, gh_read_text(r));
    n->names[number].hash = gh_read_fixed64(r);
    n->names[number].since_ms = gh_read_i64(r);
  }
  n->changed = false;
  return !r->bad;
}
