/* CEL values in JSON that keeps their types, and in the words of CEL.
 *
 *   {"int":"1"} {"uint":"1"} {"double":"1.5"|"inf"|"-inf"|"nan"} {"string":…} {"bytes":"hex"} {"bool":…} {"null":null} {"list":[…]}
 *   {"map":[[key,value],…]} {"type":"int"} {"timestamp":["seconds","nanos"]} {"duration":["seconds","nanos"]} {"decimal":"8000.00"}
 */
#ifndef GH_CLI_TYPED_JSON_H
#define GH_CLI_TYPED_JSON_H

#include "goldhour/model/schema.h"
#include "json_tree.h"

/* A typed value from its JSON, in `arena`, borrowing texts from the tree. False: not of one of the forms above. */
bool gh_typed_read(struct gh_arena *arena, const struct gh_json *json, struct gh_value *out);
/* A value from plain JSON: whole numbers are ints (uints beyond them), other numbers doubles, objects maps. A typed value is taken too.
 * False: a number beyond these. */
bool gh_plain_read(struct gh_arena *arena, const struct gh_json *json, struct gh_value *out);
/* The type of a value, in `arena`: what the elements of a list or map have in common, else dyn. */
struct gh_type gh_typed_type(struct gh_arena *arena, struct gh_value v);

/* Appends the typed JSON of any value but an error. */
void gh_typed_write(struct gh_buf *out, struct gh_value v);
/* Appends the value as CEL writes it: `[1u, "a", b"\x00", timestamp("…"), 8000.00]`. */
void gh_readable_write(struct gh_buf *out, struct gh_value v);
/* Appends a JSON string; what is no valid UTF-8 becomes U+FFFD. */
void gh_json_safe(struct gh_buf *out, struct gh_str s);

#endif
