/* Names numbered: `payroll_credit`, `payroll_credit.amount`, `customer.aum`, rule ids, columns. Numbers stay for the life of the store; the names are
 * stored beside it (gh_names_pack). A binding to the active schema says which slot a field's name is now. */
#ifndef GOLDHOUR_STATE_NAMES_H
#define GOLDHOUR_STATE_NAMES_H

#include "goldhour/model/schema.h"

struct gh_name {
  struct gh_str text;
  struct gh_str type;                     /* of a field: its type as text; else empty */
  const struct gh_event_type *event_type; /* bound: the type of this name, or whose field it is */
  int slot;                               /* bound: of a field; -1 else */
  uint64_t hash; int64_t since_ms;        /* of a feature: its definition, and when it took effect; of a `becomes`: its `on`, and its edition */
};

struct gh_names {
  struct gh_arena arena;
  struct gh_name *names; uint32_t count, cap;
  uint32_t *slots; uint32_t slots_cap;
  bool changed;                           /* since the last gh_names_pack */
  uint32_t *field_names;                  /* bound: number of each field, by type and slot */
  uint32_t *type_names;                   /* bound: number of each type; the customer's last */
  uint32_t *field_base;                   /* bound: where a type's fields begin in field_names */
  const struct gh_schema *schema;
};

void gh_names_init(struct gh_names *n);
void gh_names_free(struct gh_names *n);
#define GH_NO_NAME UINT32_MAX
uint32_t gh_names_find(const struct gh_names *n, struct gh_str text); /* GH_NO_NAME if unknown */
uint32_t gh_names_add(struct gh_names *n, struct gh_str text);        /* the number, new or known */
/* Numbers every type and field of the schema and binds them to it. The schema is borrowed until the next binding. */
void gh_names_bind(struct gh_names *n, const struct gh_schema *schema);
/* The first field whose type in `schema` differs from what the store holds; empty if none. Both types are given back. */
struct gh_str gh_names_conflict(const struct gh_names *n, const struct gh_schema *schema, struct gh_arena *arena, struct gh_str *was, struct gh_str *is);
uint32_t gh_names_of_type(const struct gh_names *n, const struct gh_event_type *type);
uint32_t gh_names_of_field(const struct gh_names *n, const struct gh_event_type *type, unsigned slot);
void gh_names_pack(struct gh_names *n, struct gh_buf *out);
bool gh_names_unpack(struct gh_names *n, struct gh_reader *r);

#endif
