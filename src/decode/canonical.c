/* Canonical records: one flat object whose keys are the schema's names. The keys may come in any order, so `type` is looked for first. */
#include "decoder.h"

#include "goldhour/base/time.h"

static const struct gh_str fixed_keys[] = {{"id", 2}, {"type", 4}, {"customer", 8}, {"time", 4}, {"forget", 6}};

/* What a record's own keys said. */
struct head {
  const struct json_node *values[KEY_PROFILE_FIELDS]; /* by enum canonical_key; NULL: absent, or null */
};

static void keys_of_type(struct gh_decoder *d, struct canonical *c, const struct gh_event_type *type)
{
  c->type = type;
  c->first_field = type->index == GH_CUSTOMER_TYPE ? KEY_PROFILE_FIELDS : KEY_FIELDS;
  struct gh_str *names = gh_arena_alloc(&d->own, (c->first_field + type->nfields) * sizeof *names);
  memcpy(names, fixed_keys, c->first_field * sizeof *names);
  for (unsigned i = 0; i < type->nfields; i++) names[c->first_field + i] = type->fields[i].name;
  gh_keys_init(&c->keys, &d->own, names, c->first_field + type->nfields);
}

void gh_canonical_init(struct gh_decoder *d)
{
  unsigned n = d->schema->ntypes;
  struct gh_str *names = gh_arena_alloc(&d->own, (n + 1) * sizeof *names);
  d->canonical = gh_arena_zero(&d->own, n + 1, sizeof *d->canonical);
  for (unsigned i = 0; i <= n; i++) {
    const struct gh_event_type *type = i < n ? &d->schema->types[i] : &d->schema->customer;
    names[i] = type->name;
    keys_of_type(d, &d->canonical[i], type);
  }
  gh_keys_init(&d->types, &d->own, names, n + 1);
}

/* The first value of a key; NULL if there is none. */
static const struct json_node *first_of(const struct gh_decoder *d, const char *key, uint32_t len)
{
  const struct json_node *root = d->tape.nodes;
  for (const struct json_node *n = root + 1; n < root + root->span; n += n->span)
    if (n->key_len == len && keys_same(n->key, key, len)) return n;
  return NULL;
}

/* Whether the key of a top-level value stands again behind it. */
static bool stands_again(const struct gh_decoder *d, const struct json_node *first)
{
  const struct json_node *root = d->tape.nodes;
  for (const struct json_node *n = first + first->span; n < root + root->span; n += n->span)
    if (n->key_len == first->key_len && memcmp(n->key, first->key, n->key_len) == 0) return true;
  return false;
}

static enum gh_decoded field_value(struct gh_decoder *d, struct gh_record *out, const struct json_node *n, unsigned slot)
{
  const struct gh_field *field = &out->event.type->fields[slot];
  if (n->kind != JSON_NULL)
    return gh_convert_node(&d->convert, n, &field->type, &d->slots[slot]) ? GH_DECODED : gh_decoder_refuse_field(d, out, field);
  if (out->event.type->index == GH_CUSTOMER_TYPE) d->slots[slot] = gh_null();
  return GH_DECODED;
}

/* A record that erases the customer: whatever fields stand beside it say nothing, and must not keep it from being done. */
static bool erases(const struct gh_decoder *d, const struct canonical *c)
{
  const struct json_node *n = c->type->index == GH_CUSTOMER_TYPE ? first_of(d, "forget", 6) : NULL;
  return n && n->kind == JSON_TRUE;
}

/* Every member of the record into `head` or its slot. */
static enum gh_decoded members(struct gh_decoder *d, struct canonical *c, struct gh_record *out, struct head *head)
{
  const struct json_node *root = d->tape.nodes;
  bool erasure = erases(d, c);
  unsigned place = 0;
  for (const struct json_node *n = root + 1; n < root + root->span; n += n->span) {
    int key = keys_find(&c->keys, json_key(n), place++);
    if (key < 0) continue;
    if (!keys_mark(&c->keys, key, d->record)) return gh_decoder_refuse_duplicate(d, out, json_key(n));
    enum gh_decoded done = GH_DECODED;
    if (key < (int)c->first_field) head->values[key] = n->kind == JSON_NULL ? NULL : n;
    else if (!erasure) done = field_value(d, out, n, (unsigned)key - c->first_field);
    if (done != GH_DECODED) return done;
  }
  return GH_DECODED;
}

static enum gh_decoded id_value(struct gh_decoder *d, struct gh_record *out, const struct json_node *n, struct gh_str name)
{
  struct gh_str *to = name.len == 2 ? &out->event.id : &out->event.customer;
  if (!n) return gh_decoder_refuse_missing(d, out, name);
  return gh_convert_id(&d->convert, n, to) ? GH_DECODED : gh_decoder_refuse_value(d, out, name, "a text");
}

static enum gh_decoded time_value(struct gh_decoder *d, struct gh_record *out, const struct json_node *n)
{
  if (!n) return gh_decoder_refuse_missing(d, out, GH_STR("time"));
  if (gh_convert_time(&d->convert, n, &out->event.time_ms)) return GH_DECODED;
  return gh_decoder_refuse_value(d, out, GH_STR("time"), "an RFC 3339 time with an offset, or milliseconds since 1970,");
}

static enum gh_decoded forget_value(struct gh_decoder *d, struct gh_record *out, const struct json_node *n)
{
  struct gh_value v = gh_bool(false);
  static const struct gh_type type = {.kind = GH_BOOL};
  if (n && !gh_convert_node(&d->convert, n, &type, &v)) return gh_decoder_refuse_value(d, out, GH_STR("forget"), "true or false");
  out->event.forget = v.kind == GH_BOOL && v.b;
  return GH_DECODED;
}

static enum gh_decoded fill(struct gh_decoder *d, struct canonical *c, struct gh_record *out, bool bulk)
{
  struct head head = {0};
  out->event.type = c->type;
  memset(d->slots, 0, c->type->nfields * sizeof *d->slots);
  enum gh_decoded done = members(d, c, out, &head);
  if (done == GH_DECODED && !bulk) done = id_value(d, out, head.values[KEY_ID], GH_STR("id"));
  if (done == GH_DECODED) done = id_value(d, out, head.values[KEY_CUSTOMER], GH_STR("customer"));
  if (done == GH_DECODED && !bulk) done = time_value(d, out, head.values[KEY_TIME]);
  if (done == GH_DECODED) done = forget_value(d, out, head.values[KEY_FORGET]);
  return done == GH_DECODED ? gh_decoder_finish(d, out) : done;
}

/* By its type, whose first value is `n`. */
static enum gh_decoded typed(struct gh_decoder *d, struct gh_record *out, const struct json_node *n)
{
  if (!n || n->kind == JSON_NULL || (n->kind == JSON_STRING && n->text_len == 0)) return gh_decoder_refuse_missing(d, out, GH_STR("type"));
  const char *found = gh_json_kind_name(n->kind);
  if (n->kind != JSON_STRING) return gh_decoder_refuse(d, out, "wrong_type", "field 'type': a text was expected, found %s", found);
  int type = gh_keys_get(&d->types, json_text(n));
  return type >= 0 ? fill(d, &d->canonical[type], out, false) : GH_DECODED_OTHER;
}

/* A type that stands twice is what people should read of first, whatever else is wrong; a record that was decoded has only one (fill). */
enum gh_decoded gh_canonical_event(struct gh_decoder *d, struct gh_record *out)
{
  const struct json_node *n = first_of(d, "type", 4);
  enum gh_decoded done = typed(d, out, n);
  if (done == GH_DECODED || !n || !stands_again(d, n)) return done;
  out->event = (struct gh_event){.slots = d->slots};
  return gh_decoder_refuse_duplicate(d, out, GH_STR("type"));
}

enum gh_decoded gh_canonical_profile(struct gh_decoder *d, struct gh_record *out)
{
  out->event.time_ms = GH_ALWAYS;
  return fill(d, &d->canonical[d->schema->ntypes], out, true);
}
