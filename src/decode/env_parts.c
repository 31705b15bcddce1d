/* What the formats of envelopes share: members, names, ids, headers and keys. */
#include <stdio.h>

#include "envelope.h"
#include "goldhour/base/hash.h"
#include "goldhour/base/utf8.h"

enum gh_decoded gh_env_bad(struct gh_decoder *d, struct gh_record *out, const char *detail)
{
  struct gh_str word = gh_env_kind(d->env->envelope->kind);
  return gh_decoder_refuse(d, out, "bad_envelope", "no message of %.*s: %s", GH_FMT(word), detail);
}

enum gh_decoded gh_env_pick(struct gh_decoder *d, struct gh_record *out, struct keys *keys, const struct json_node *object, const struct json_node **found)
{
  unsigned place = 0;
  uint64_t record = ++d->record;
  memset(found, 0, keys->n * sizeof *found);
  for (const struct json_node *n = object + 1; n < object + object->span; n += n->span) {
    int key = keys_find(keys, json_key(n), place++);
    if (key < 0) continue;
    if (!keys_mark(keys, key, record)) return gh_decoder_refuse_duplicate(d, out, json_key(n));
    found[key] = n;
  }
  return GH_DECODED;
}

struct gh_str gh_env_text(const struct json_node *n)
{
  bool text = n && (n->kind == JSON_STRING || n->kind == JSON_NUMBER);
  return text ? json_text(n) : (struct gh_str){NULL, 0};
}

void gh_env_set(struct env_run *e, enum env_name name, struct gh_str text)
{
  if (text.ptr) e->row.names[name] = (struct json_node){.text = text.ptr, .text_len = (uint32_t)text.len, .span = 1, .kind = JSON_STRING};
}

void gh_env_set_node(struct env_run *e, enum env_name name, const struct json_node *n)
{
  if (n && (n->kind == JSON_STRING || n->kind == JSON_NUMBER)) e->row.names[name] = *n;
}

void gh_env_set_time_ms(struct env_run *e, enum env_name name, int64_t ms)
{
  if (ms == 0) return;
  int n = snprintf(e->time_text, sizeof e->time_text, "%lld", (long long)ms);
  e->row.names[name] = (struct json_node){.text = e->time_text, .text_len = (uint32_t)n, .span = 1, .kind = JSON_NUMBER};
}

void gh_env_set_op(struct env_run *e, enum env_op op)
{
  e->row.op = op;
  gh_env_set(e, NAME_OP, gh_env_op(op));
}

void gh_env_id_add(struct env_run *e, struct gh_str part)
{
  if (!part.ptr) return;
  if (e->id.len > 0) gh_buf_byte(&e->id, ':');
  gh_buf_add_str(&e->id, part);
}

static uint64_t digest(const struct json_node *row, uint64_t h)
{
  for (const struct json_node *n = row, *end = row ? row + row->span : NULL; n < end; n++) {
    h = gh_hash_seed(json_key(n), h + (uint64_t)n->kind);
    if (n->kind < JSON_LIST) h = gh_hash_seed(json_text(n), h);
    else h += n->text_len;
  }
  return h;
}

void gh_env_id_digest(struct env_run *e, const struct json_node *a, const struct json_node *b)
{
  uint64_t h = gh_hash_seed(e->row.table, (uint64_t)e->row.op);
  gh_buf_fmt(&e->id, ":%016llx", (unsigned long long)digest(b, digest(a, h)));
}

struct gh_str gh_env_table(struct gh_decoder *d, struct gh_str database, struct gh_str schema, struct gh_str table)
{
  struct gh_str parts[] = {database, schema, table};
  char *text = gh_arena_alloc(&d->arena, database.len + schema.len + table.len + 3), *to = text;
  for (unsigned i = 0; i < 3; i++) {
    if (parts[i].len == 0) continue;
    if (to > text) *to++ = '.';
    memcpy(to, parts[i].ptr, parts[i].len);
    to += parts[i].len;
  }
  return (struct gh_str){text, (size_t)(to - text)};
}

bool gh_env_header(const struct env_run *e, struct gh_str name, struct gh_str *value)
{
  for (unsigned i = e->message.nheaders; i-- > 0;) {
    if (!gh_str_eq(e->message.headers[i].name, name)) continue;
    *value = e->message.headers[i].value;
    return value->ptr != NULL;
  }
  return false;
}

bool gh_env_header_text(struct env_run *e, const char *name, struct gh_str *value)
{
  if (!gh_env_header(e, gh_str(name), value)) return false;
  if (!gh_utf8_valid(*value)) e->bad_header = name;
  return true;
}

const struct json_node *gh_env_member(const struct json_node *object, struct gh_str name)
{
  if (!object || object->kind != JSON_OBJECT) return NULL;
  for (const struct json_node *n = object + 1; n < object + object->span; n += n->span)
    if (gh_str_eq(json_key(n), name)) return n;
  return NULL;
}

const struct json_node *gh_env_unwrap(const struct json_node *n, const struct json_node **schema)
{
  *schema = NULL;
  if (n->kind != JSON_OBJECT || n->text_len != 2) return n;
  const struct json_node *s = gh_env_member(n, GH_STR("schema")), *payload = gh_env_member(n, GH_STR("payload"));
  if (!s || !payload) return n;
  *schema = s;
  return payload;
}

const struct json_node *gh_env_read_text(struct gh_decoder *d, struct gh_record *out, struct gh_str text)
{
  struct env_run *e = d->env;
  if (gh_json_tape_read(&e->inner, &d->arena, text, (unsigned)d->conf->record_depth)) return e->inner.nodes;
  gh_decoder_refuse(d, out, e->inner.reason, "in a text that should hold JSON: %s", e->inner.detail);
  return NULL;
}

static const struct json_node *child_at(const struct json_node *from, const struct path_node *path)
{
  int64_t i = 0;
  if (from->kind != JSON_LIST) return gh_env_member(from, path->token);
  for (const struct json_node *n = from + 1; n < from + from->span; n += n->span, i++)
    if (i == path->index) return n;
  return NULL;
}

const struct json_node *gh_env_at(const struct paths *inner, const struct json_node *from)
{
  for (const struct path_node *p = inner->roots[ORIGIN_ROW].first; p && from; p = p->first) from = child_at(from, p);
  return from;
}

/* Kafka's keys are often JSON as well: a quoted text, an object, or one beside its schema. */
const struct json_node *gh_env_key(struct gh_decoder *d, struct env_run *e)
{
  const struct json_node *schema;
  struct gh_str key = e->message.key;
  if (e->key_read) return e->key_root;
  e->key_read = true;
  e->key_root = NULL;
  if (key.len == 0 || (key.ptr[0] != '{' && key.ptr[0] != '"')) return NULL;
  if (gh_json_tape_read(&e->key, &d->arena, key, (unsigned)d->conf->record_depth)) e->key_root = gh_env_unwrap(e->key.nodes, &schema);
  return e->key_root;
}
