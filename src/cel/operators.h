/* The operators on values. Operands are never GH_ABSENT; errors among them are handed on, the left one first. */
#ifndef GH_CEL_OPERATORS_H
#define GH_CEL_OPERATORS_H

#include "ast.h"

/* OP_ADD … OP_INDEX. */
struct gh_value gh_cel_binary(struct gh_call *call, enum op op, struct gh_value a, struct gh_value b);
/* OP_NEG, OP_NOT. */
struct gh_value gh_cel_unary(enum op op, struct gh_value v);
/* map.field, and has(map.field). */
struct gh_value gh_cel_select(struct gh_call *call, struct gh_value map, struct gh_value field);
struct gh_value gh_cel_has(struct gh_call *call, struct gh_value map, struct gh_value field);
/* A map of n entries, which it borrows; a key of another kind than bool, int, uint, string, or one given twice, is an error. */
struct gh_value gh_cel_make_map(struct gh_call *call, const struct gh_value *items, uint32_t n);

#endif
