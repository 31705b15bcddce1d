/* Oracle GoldenGate's JSON: one change a message, with images of the row before and after it, or (model `row`) with the columns beside the rest.
 *
 * `op_ts` is local and has no zone: the mapping declares it. An update may leave out of `after` what it did not change.
 */
#include "envelope.h"

enum key { KEY_NAME, KEY_OP_TYPE, KEY_OP_TS, KEY_POS, KEY_BEFORE, KEY_AFTER };
static const char *const top[] = {"table", "op_type", "op_ts", "pos", "before", "after", NULL};

/* 0: none that changes rows. */
static enum env_op op_of(struct gh_str type)
{
  if (type.len != 1) return (enum env_op)0;
  return type.ptr[0] == 'I' ? OP_INSERT : type.ptr[0] == 'U' ? OP_UPDATE : type.ptr[0] == 'D' ? OP_DELETE : (enum env_op)0;
}

static enum gh_decoded open(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node **f = e->found, *schema;
  e->content = gh_env_unwrap(e->content, &schema); /* the Kafka Connect handler's */
  if (e->content->kind != JSON_OBJECT) return gh_env_bad(d, out, "an object was expected");
  if (gh_env_pick(d, out, &e->top, e->content, f) != GH_DECODED) return GH_DECODED_BAD;
  struct gh_str type = gh_env_text(f[KEY_OP_TYPE]);
  if (!type.ptr) return gh_env_bad(d, out, "it has no `op_type`");
  if (gh_str_eq(type, GH_STR("T"))) return GH_DECODED_OTHER;
  if (!op_of(type)) return gh_env_bad(d, out, "its `op_type` is none of I, U, D and T");
  e->nrows = 1;
  return GH_DECODED;
}

/* Where the images stand. */
static void images(struct env_run *e, enum env_op op)
{
  const struct json_node *before = env_value(e->found[KEY_BEFORE]), *after = env_value(e->found[KEY_AFTER]);
  struct env_row *r = &e->row;
  bool model_row = !e->found[KEY_BEFORE] && !e->found[KEY_AFTER];
  r->row = model_row ? e->content : op == OP_DELETE ? before : after;
  r->under = !model_row && op == OP_UPDATE ? before : NULL;
  r->before = before;
  if (!r->row && op == OP_UPDATE) r->row = before, r->under = NULL;
}

static enum gh_decoded row(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node **f = e->found;
  struct env_row *r = &e->row;
  gh_env_set_op(e, op_of(gh_env_text(f[KEY_OP_TYPE])));
  images(e, r->op);
  if (r->row && r->row->kind != JSON_OBJECT) return gh_env_bad(d, out, "its image of the row is no object");
  if (r->before && r->before->kind != JSON_OBJECT) return gh_env_bad(d, out, "its image of the row before is no object");
  r->table = gh_env_text(f[KEY_NAME]);
  size_t dot = r->table.len;
  while (dot > 0 && r->table.ptr[dot - 1] != '.') dot--;
  if (dot > 0) gh_env_set(e, NAME_SCHEMA, (struct gh_str){r->table.ptr, dot - 1});
  gh_env_set(e, NAME_TABLE, (struct gh_str){r->table.ptr ? r->table.ptr + dot : NULL, r->table.len - dot});
  gh_env_set_node(e, NAME_TIME, f[KEY_OP_TS]);
  struct gh_str pos = gh_env_text(f[KEY_POS]);
  if (!pos.ptr) return GH_DECODED;
  gh_env_id_add(e, r->table);
  gh_env_id_add(e, gh_env_op(r->op));
  gh_env_id_add(e, pos);
  return GH_DECODED;
}

const struct env_format gh_env_goldengate = {
  .word = "goldengate", .top = top, .names = 1u << NAME_ID | 1u << NAME_TIME | 1u << NAME_OP | 1u << NAME_TABLE | 1u << NAME_SCHEMA,
  .id_from = "`pos`", .time_from = "`op_ts`",
  .open = open, .row = row,
};
