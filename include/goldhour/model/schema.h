/* What events and customers look like: names and types, declared in schema.yaml (read by conf/schema.c). Immutable once loaded. */
#ifndef GOLDHOUR_MODEL_SCHEMA_H
#define GOLDHOUR_MODEL_SCHEMA_H

#include "goldhour/model/value.h"

struct gh_type {
  uint8_t kind;                /* enum gh_kind; GH_DYN: any */
  uint8_t scale;               /* GH_DECIMAL */
  const struct gh_type *elem;  /* GH_LIST: of what; GH_MAP: the values; GH_TYPE: of which type (NULL: any) */
  const struct gh_type *key;   /* GH_MAP */
};

struct gh_field {
  struct gh_str name;
  struct gh_type type;
  bool required; /* events only: a trailing `?` makes it false; nothing of the customer is required */
};

struct gh_event_type {
  struct gh_str name;
  unsigned index;           /* in the schema; GH_CUSTOMER_TYPE for `customer` */
  unsigned nfields;
  struct gh_field *fields;  /* slot i of an event is field i */
};

#define GH_CUSTOMER_TYPE UINT32_MAX
#define GH_FIELDS_MAX 1024 /* fields a type */

struct gh_schema {
  struct gh_event_type customer; /* the profile; its changes arrive as events of type `customer` */
  struct gh_event_type *types;
  unsigned ntypes;
};

/* NULL if there is none. `customer` is found too. */
const struct gh_event_type *gh_schema_find(const struct gh_schema *schema, struct gh_str name);
/* The slot of a field, or -1. */
int gh_field_find(const struct gh_event_type *type, struct gh_str name);
/* "decimal(2)", "list(string)", … for messages. */
struct gh_str gh_type_text(struct gh_arena *arena, struct gh_type type);

/* An event, or a change of profile, decoded into the slots of its type. */
struct gh_event {
  const struct gh_event_type *type;
  struct gh_str id, customer;
  int64_t time_ms;
  bool forget;                  /* of type `customer` only: erase the customer */
  const struct gh_value *slots; /* type->nfields; absent ones GH_ABSENT; in a change of profile GH_NULL removes the field */
};

#endif
