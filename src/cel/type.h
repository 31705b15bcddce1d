/* Types while an expression is checked: as gh_type, plus type variables that are bound as more becomes known.
 *
 * A double literal has a type of its own (`literal`): it may stand where a double is wanted, and where a decimal is.
 */
#ifndef GH_CEL_TYPE_H
#define GH_CEL_TYPE_H

#include "goldhour/model/schema.h"

/* Kinds beside enum gh_kind. */
enum { CEL_VARIABLE = GH_DYN + 1, CEL_PARAMETER }; /* CEL_PARAMETER: A, B, … in a signature; `scale` is which */

#define CEL_PARAMETERS 4

struct cel_type {
  uint8_t kind;
  uint8_t scale;          /* decimals; GH_CEL_SCALE_UNKNOWN */
  bool literal;           /* of a double */
  struct cel_type *elem;  /* list, type: of what; map: the values; may be NULL for `type` */
  struct cel_type *key;   /* map */
  struct cel_type *bound; /* CEL_VARIABLE: what it stands for, or NULL */
  struct cel_type *trail; /* CEL_VARIABLE: the one bound before it */
};

/* Makes types and remembers which variables were bound, so that a failed attempt can be undone. */
struct cel_types {
  struct gh_arena *arena; /* borrowed */
  struct cel_type *trail;
  bool strict; /* a double literal is no decimal: for a first choice among overloads */
};

struct cel_type *gh_cel_type_make(struct cel_types *types, uint8_t kind);
struct cel_type *gh_cel_type_list(struct cel_types *types, struct cel_type *elem);
struct cel_type *gh_cel_type_map(struct cel_types *types, struct cel_type *key, struct cel_type *elem);
struct cel_type *gh_cel_type_decimal(struct cel_types *types, unsigned scale);
/* What a variable stands for, or the type itself. */
struct cel_type *gh_cel_type_find(struct cel_type *t);
/* Whether a value of type `from` may stand where `to` is wanted. Binds variables; on false some may be bound: undo. */
bool gh_cel_type_assign(struct cel_types *types, struct cel_type *to, struct cel_type *from);
/* Undoes bindings made since `mark` (an earlier types->trail). */
void gh_cel_type_undo(struct cel_types *types, struct cel_type *mark);
/* As assign, all or nothing. */
bool gh_cel_type_try(struct cel_types *types, struct cel_type *to, struct cel_type *from);
/* The type of a list with elements of both: dyn if there is none in common. */
struct cel_type *gh_cel_type_join(struct cel_types *types, struct cel_type *a, struct cel_type *b);
/* Whether == between them makes sense: one may stand for the other, numbers of any kind beside each other but decimal and double. */
bool gh_cel_type_comparable(struct cel_types *types, struct cel_type *a, struct cel_type *b);
/* Whether a decimal is in it. */
bool gh_cel_type_has_decimal(struct cel_type *t);
bool gh_cel_type_numeric(struct cel_type *t);

/* From a declared type: a date becomes a timestamp. */
struct cel_type *gh_cel_type_from(struct cel_types *types, const struct gh_type *declared);
/* To a public one, in `arena`; variables become dyn. */
struct gh_type gh_cel_type_public(struct gh_arena *arena, struct cel_type *t);
/* As gh_cel_type_parse, with the parameters A … D besides. Moves *text behind the type. NULL: no such type. */
struct cel_type *gh_cel_type_read(struct cel_types *types, struct gh_str *text);
/* A copy with fresh variables for parameters; `fresh` is cleared by the caller, one set a call. */
struct cel_type *gh_cel_type_instance(struct cel_types *types, struct cel_type *t, struct cel_type *fresh[CEL_PARAMETERS]);
/* For messages: "list(int)". */
struct gh_str gh_cel_type_text(struct gh_arena *arena, struct cel_type *t);

#endif
