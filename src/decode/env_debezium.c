/* Debezium's change events, with their schema beside them (JsonConverter's default) or without.
 *
 * A row's id is its position in the database's log, in the words of its connector: file, position and row (MySQL, MariaDB), log sequence numbers (SQL Server,
 * Db2, PostgreSQL), system change number, record set and statement (Oracle), number within the second (MongoDB). Hardly any of them is one row's alone: rows of a COPY share
 * PostgreSQL's, all rows of a compressed transaction MySQL's, those of an array operation Oracle's, a changed primary key is a deletion and a creation at one place. So
 * a digest of what the row says follows it, which is the same when it is sent again. Its key would not do: who keys the stream by customer makes it the customer's.
 */
#include "envelope.h"

enum key { KEY_BEFORE, KEY_AFTER, KEY_FROM, KEY_OPERATION, KEY_DDL, KEY_STATUS, KEY_TS_MS, KEY_TOP };
static const char *const top[] = {"before", "after", "source", "op", "ddl", "status", "ts_ms", NULL};
enum from { FROM_NAME, FROM_TS_MS, FROM_SNAPSHOT, FROM_DB, FROM_SCHEMA, FROM_TABLE, FROM_COLLECTION, FROM_FILE, FROM_ORD = 16, FROM_LSN };
static const char *const source[] = {"name", "ts_ms", "snapshot", "db", "schema", "table", "collection", "file", "pos", "row", "change_lsn", "commit_lsn",
                                     "event_serial_no", "scn", "rs_id", "ssn", "ord", "lsn", NULL};

static const struct json_node *from(const struct env_run *e, unsigned i)
{
  return env_value(e->found[KEY_TOP + i]);
}

/* 0: none that changes rows (a truncation, a message of the log's). */
static enum env_op op_of(const struct env_run *e)
{
  struct gh_str op = gh_env_text(e->found[KEY_OPERATION]), taken = gh_env_text(from(e, FROM_SNAPSHOT));
  const struct json_node *snapshot = from(e, FROM_SNAPSHOT);
  if (op.len != 1) return (enum env_op)0;
  bool taken_so = snapshot && (snapshot->kind == JSON_TRUE || (taken.len > 0 && !gh_str_eq(taken, GH_STR("false"))));
  switch (op.ptr[0]) {
    case 'r': return OP_SNAPSHOT;
    case 'c': return taken_so ? OP_SNAPSHOT : OP_INSERT;
    case 'u': return taken_so ? OP_SNAPSHOT : OP_UPDATE;
    case 'd': return OP_DELETE;
    default: return (enum env_op)0;
  }
}

/* Connectors also send word of schema changes, of transactions and heartbeats. */
static bool control(const struct env_run *e)
{
  const struct json_node **f = e->found;
  return f[KEY_DDL] || (f[KEY_STATUS] && !f[KEY_BEFORE] && !f[KEY_AFTER]) || (f[KEY_TS_MS] && e->content->text_len == 1);
}

static enum gh_decoded open(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node **f = e->found, *schema;
  e->content = gh_env_unwrap(e->content, &schema);
  e->old = env_value(schema); /* for row() */
  if (e->content->kind != JSON_OBJECT) return gh_env_bad(d, out, "an object was expected");
  if (gh_env_pick(d, out, &e->top, e->content, f) != GH_DECODED) return GH_DECODED_BAD;
  if (!env_value(f[KEY_OPERATION])) return control(e) ? GH_DECODED_OTHER : gh_env_bad(d, out, "it has no `op`");
  const struct json_node *place = env_value(f[KEY_FROM]);
  if (!place || place->kind != JSON_OBJECT) return gh_env_bad(d, out, "it has no `source`");
  if (gh_env_pick(d, out, &e->source, place, f + KEY_TOP) != GH_DECODED) return GH_DECODED_BAD;
  if (!op_of(e)) return GH_DECODED_OTHER;
  e->nrows = 1;
  return GH_DECODED;
}

/* The fields that the message's schema lists for `after` or `before`; NULL: none. */
static const struct json_node *columns(const struct json_node *schema, struct gh_str image)
{
  const struct json_node *fields = gh_env_member(schema, GH_STR("fields"));
  if (!fields || fields->kind != JSON_LIST) return NULL;
  for (const struct json_node *n = fields + 1; n < fields + fields->span; n += n->span) {
    if (!gh_str_eq(gh_env_text(gh_env_member(n, GH_STR("field"))), image)) continue;
    const struct json_node *list = gh_env_member(n, GH_STR("fields"));
    return list && list->kind == JSON_LIST ? list : NULL;
  }
  return NULL;
}

static void make_id(struct env_run *e)
{
  const struct env_row *r = &e->row;
  bool placed = false;
  for (unsigned i = FROM_FILE; i <= FROM_LSN; i++) placed |= gh_env_text(from(e, i)).ptr != NULL;
  if (!placed) return;
  gh_env_id_add(e, gh_env_text(from(e, FROM_NAME)));
  for (unsigned i = FROM_FILE; i <= FROM_LSN; i++) gh_env_id_add(e, gh_env_text(from(e, i)));
  bool timed = r->op == OP_SNAPSHOT || from(e, FROM_ORD); /* a later snapshot may find the log at the same place */
  if (timed) gh_env_id_add(e, gh_env_text(from(e, FROM_TS_MS)));
  gh_env_id_digest(e, r->row, r->before);
}

/* MongoDB's documents stand in texts. */
static enum gh_decoded image(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  struct env_row *r = &e->row;
  if (r->row && r->row->kind == JSON_STRING) r->row = gh_env_read_text(d, out, json_text(r->row));
  if (!r->row && r->op != OP_DELETE) return out->reason ? GH_DECODED_BAD : gh_env_bad(d, out, "it has no `after`");
  if (r->row && r->row->kind != JSON_OBJECT) return gh_env_bad(d, out, "its image of the row is no object");
  if (r->before && r->before->kind != JSON_OBJECT) r->before = NULL;
  return GH_DECODED;
}

static enum gh_decoded row(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  struct env_row *r = &e->row;
  const struct json_node *table = from(e, FROM_TABLE) ? from(e, FROM_TABLE) : from(e, FROM_COLLECTION);
  gh_env_set_op(e, op_of(e));
  bool gone = r->op == OP_DELETE;
  r->before = env_value(e->found[KEY_BEFORE]);
  r->row = gone ? r->before : env_value(e->found[KEY_AFTER]);
  r->columns = columns(e->old, gone ? GH_STR("before") : GH_STR("after"));
  r->table = gh_env_table(d, gh_env_text(from(e, FROM_DB)), gh_env_text(from(e, FROM_SCHEMA)), gh_env_text(table));
  gh_env_set_node(e, NAME_DATABASE, from(e, FROM_DB));
  gh_env_set_node(e, NAME_SCHEMA, from(e, FROM_SCHEMA));
  gh_env_set_node(e, NAME_TABLE, table);
  gh_env_set_node(e, NAME_TIME, from(e, FROM_TS_MS));
  make_id(e);
  return image(d, e, out);
}

const struct env_format gh_env_debezium = {
  .word = "debezium", .top = top, .source = source,
  .names = 1u << NAME_ID | 1u << NAME_TIME | 1u << NAME_OP | 1u << NAME_TABLE | 1u << NAME_SCHEMA | 1u << NAME_DATABASE,
  .id_from = "the place in the log that `source` names", .time_from = "`source.ts_ms`",
  .open = open, .row = row,
};
