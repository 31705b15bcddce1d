/* Columns as Debezium writes them: decimals as bytes in base64, dates and times as counts, by the schema beside the message. */
#ifndef GH_DECODE_COLUMN_H
#define GH_DECODE_COLUMN_H

#include "map_run.h"

/* The node that stands for a column's value, which may be in `copy`; NULL: Debezium did not send it, or it is malformed. `field` is its entry in the message's schema, or NULL. */
const struct json_node *gh_column_node(struct gh_decoder *d, const struct source *s, const struct json_node *n, const struct json_node *field,
                                       struct json_node *copy);
/* The entry of a column in the schema's list of fields; NULL: none. */
const struct json_node *gh_column_field(const struct json_node *columns, struct gh_str name);
/* How the schema says that a time is written, of those that stand as a number or text (`kind`); NULL: it says nothing. */
const struct time_form *gh_column_form(const struct json_node *field, enum json_kind kind);

#endif
