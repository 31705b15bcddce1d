/* Canal's flat messages: the rows of one table that one statement changed, every value a text or null.
 *
 * Their `id` is the number of a batch that several messages share, and begins anew when Canal restarts. So a row's id is made of its table, operation, primary
 * key and time, and for an update of what it says; without a primary key, of the batch, the row's number and what it says.
 */
#include "envelope.h"

enum key { KEY_BATCH, KEY_DATABASE, KEY_NAME, KEY_PK, KEY_DDL, KEY_KIND, KEY_ES, KEY_DATA, KEY_OLD };
static const char *const top[] = {"id", "database", "table", "pkNames", "isDdl", "type", "es", "data", "old", NULL};

/* 0: none that changes rows. */
static enum env_op op_of(struct gh_str type)
{
  if (gh_str_eq(type, GH_STR("INSERT"))) return OP_INSERT;
  if (gh_str_eq(type, GH_STR("UPDATE"))) return OP_UPDATE;
  return gh_str_eq(type, GH_STR("DELETE")) ? OP_DELETE : (enum env_op)0;
}

static enum gh_decoded open(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node **f = e->found;
  if (e->content->kind != JSON_OBJECT) return gh_env_bad(d, out, "an object was expected");
  if (gh_env_pick(d, out, &e->top, e->content, f) != GH_DECODED) return GH_DECODED_BAD;
  struct gh_str type = gh_env_text(f[KEY_KIND]);
  if (!type.ptr) return gh_env_bad(d, out, "it has no `type`");
  if ((f[KEY_DDL] && f[KEY_DDL]->kind == JSON_TRUE) || !op_of(type)) return GH_DECODED_OTHER;
  const struct json_node *data = env_value(f[KEY_DATA]), *old = env_value(f[KEY_OLD]);
  if (!data) return GH_DECODED_OTHER;
  if (data->kind != JSON_LIST) return gh_env_bad(d, out, "its `data` is no list");
  if (old && (old->kind != JSON_LIST || old->text_len != data->text_len)) return gh_env_bad(d, out, "its `old` is no list as long as `data`");
  e->nrows = data->text_len;
  e->table = gh_env_table(d, gh_env_text(f[KEY_DATABASE]), GH_STR(""), gh_env_text(f[KEY_NAME]));
  e->data = data + 1;
  e->old = old ? old + 1 : NULL;
  return e->nrows > 0 ? GH_DECODED : GH_DECODED_OTHER;
}

static bool add_primary_key(struct env_run *e, const struct json_node *names, const struct json_node *row)
{
  if (!env_value(names) || names->kind != JSON_LIST || names->text_len == 0) return false;
  for (const struct json_node *n = names + 1; n < names + names->span; n += n->span) {
    struct gh_str value = gh_env_text(gh_env_member(row, gh_env_text(n)));
    if (!value.ptr) return false;
    gh_env_id_add(e, value);
  }
  return true;
}

static void make_id(struct gh_decoder *d, struct env_run *e, const struct json_node *row, const struct json_node *old)
{
  const struct json_node **f = e->found;
  gh_env_id_add(e, e->row.table);
  gh_env_id_add(e, gh_env_op(e->row.op));
  gh_env_id_add(e, gh_env_text(f[KEY_ES]));
  bool keyed = add_primary_key(e, f[KEY_PK], row);
  if (!keyed) gh_env_id_add(e, gh_env_text(f[KEY_BATCH]));
  if (!keyed) gh_env_id_add(e, gh_arena_fmt(&d->arena, "%u", e->next_row));
  if (!keyed || e->row.op == OP_UPDATE) gh_env_id_digest(e, row, old);
}

static enum gh_decoded row(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node **f = e->found, *n = e->data, *old = e->old;
  e->data += n->span;
  if (old) e->old += old->span;
  if (n->kind != JSON_OBJECT) return gh_decoder_refuse(d, out, "wrong_type", "an object was expected, found %s", gh_json_kind_name(n->kind));
  if (old && old->kind != JSON_OBJECT) old = NULL;
  struct env_row *r = &e->row;
  gh_env_set_op(e, op_of(gh_env_text(f[KEY_KIND])));
  r->row = n;
  if (r->op == OP_UPDATE) r->before = old ? old : n, r->before_under = old ? n : NULL;
  if (r->op == OP_DELETE) r->before = n;
  r->table = e->table;
  gh_env_set_node(e, NAME_TABLE, f[KEY_NAME]);
  gh_env_set_node(e, NAME_DATABASE, f[KEY_DATABASE]);
  gh_env_set_node(e, NAME_TIME, f[KEY_ES]);
  make_id(d, e, n, old);
  return GH_DECODED;
}

const struct env_format gh_env_canal = {
  .word = "canal", .top = top, .names = 1u << NAME_ID | 1u << NAME_TIME | 1u << NAME_OP | 1u << NAME_TABLE | 1u << NAME_DATABASE,
  .id_from = "its table, operation and row", .time_from = "`es`",
  .open = open, .row = row,
};
