/* Debezium's outbox: what its event router makes of the outbox table (the payload as value, the id as header, the aggregate's id as key), or the table's own
 * change events where no router is set up. The router's messages carry no time but the stream's. */
#include "envelope.h"

enum key { KEY_AFTER, KEY_FROM, KEY_OPERATION, KEY_EVENT_TYPE, KEY_PAYLOAD, KEY_TOP };
static const char *const top[] = {"after", "source", "op", "eventType", "payload", NULL};
enum from { FROM_TS_MS, FROM_SNAPSHOT };
static const char *const source[] = {"ts_ms", "snapshot", NULL};

/* A change event of the table itself. */
static bool unrouted(const struct env_run *e)
{
  const struct json_node *place = env_value(e->found[KEY_FROM]);
  return e->content->kind == JSON_OBJECT && gh_env_text(e->found[KEY_OPERATION]).len == 1 && place && place->kind == JSON_OBJECT && e->found[KEY_AFTER];
}

/* Old events of the table that a snapshot reads, updates and deletions that clean it up are no events. */
static enum gh_decoded open_table(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node **f = e->found;
  if (gh_env_pick(d, out, &e->source, f[KEY_FROM], f + KEY_TOP) != GH_DECODED) return GH_DECODED_BAD;
  const struct json_node *snapshot = env_value(f[KEY_TOP + FROM_SNAPSHOT]), *after = env_value(f[KEY_AFTER]);
  struct gh_str taken = gh_env_text(snapshot);
  bool old = snapshot && (snapshot->kind == JSON_TRUE || (taken.len > 0 && !gh_str_eq(taken, GH_STR("false"))));
  if (old || json_text(f[KEY_OPERATION]).ptr[0] != 'c') return GH_DECODED_OTHER;
  if (!after || after->kind != JSON_OBJECT) return gh_env_bad(d, out, "it has no `after`");
  e->nrows = 1;
  return GH_DECODED;
}

static enum gh_decoded open(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node *schema;
  e->content = gh_env_unwrap(e->content, &schema);
  memset(e->found, 0, (KEY_TOP + 2) * sizeof *e->found);
  if (e->content->kind == JSON_OBJECT && gh_env_pick(d, out, &e->top, e->content, e->found) != GH_DECODED) return GH_DECODED_BAD;
  if (unrouted(e)) return open_table(d, e, out);
  e->nrows = 1;
  return GH_DECODED;
}

/* A header as the router writes it: a text, or one in JSON's quotes. */
static struct gh_str header(struct env_run *e, const char *name)
{
  struct gh_str v = {NULL, 0};
  if (!gh_env_header_text(e, name, &v)) return v;
  bool quoted = v.len >= 2 && v.ptr[0] == '"' && v.ptr[v.len - 1] == '"';
  return quoted ? (struct gh_str){v.ptr + 1, v.len - 2} : v;
}

static enum gh_decoded payload(struct gh_decoder *d, struct env_run *e, struct gh_record *out, const struct json_node *n)
{
  if (n && n->kind == JSON_STRING) n = gh_env_read_text(d, out, json_text(n));
  if (n && n->kind == JSON_OBJECT) {
    e->row.row = n;
    return GH_DECODED;
  }
  if (out->reason) return GH_DECODED_BAD;
  return gh_decoder_refuse(d, out, "wrong_type", "the payload: an object was expected, found %s", n ? gh_json_kind_name(n->kind) : "nothing");
}

static enum gh_decoded routed(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct paths *inner = &e->envelope->inner;
  struct gh_str type = header(e, "eventType");
  if (!type.ptr) type = header(e, "type");
  if (!type.ptr) type = gh_env_text(e->found[KEY_EVENT_TYPE]);
  gh_env_set(e, NAME_EVENT_TYPE, type);
  gh_env_id_add(e, header(e, "id"));
  gh_env_set_time_ms(e, NAME_TIME, e->message.time_ms);
  bool wrapped = e->found[KEY_EVENT_TYPE] && e->found[KEY_PAYLOAD]; /* placed in the envelope by the router */
  const struct json_node *n = inner->roots[ORIGIN_ROW].first ? gh_env_at(inner, e->content) : wrapped ? e->found[KEY_PAYLOAD] : e->content;
  return payload(d, e, out, env_value(n));
}

static enum gh_decoded row(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node *after = e->found[KEY_AFTER];
  if (!unrouted(e)) return routed(d, e, out);
  gh_env_set_node(e, NAME_EVENT_TYPE, gh_env_member(after, GH_STR("type")));
  gh_env_set_node(e, NAME_TIME, e->found[KEY_TOP + FROM_TS_MS]);
  gh_env_id_add(e, gh_env_text(gh_env_member(after, GH_STR("id"))));
  return payload(d, e, out, env_value(gh_env_member(after, GH_STR("payload"))));
}

const struct env_format gh_env_outbox = {
  .word = "debezium-outbox", .top = top, .source = source, .names = 1u << NAME_ID | 1u << NAME_TIME | 1u << NAME_EVENT_TYPE,
  .id_from = "the header id", .time_from = "the time that the stream gives the message",
  .open = open, .row = row,
};
