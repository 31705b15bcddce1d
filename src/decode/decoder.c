/* Life of a record: begun, made UTF-8, read as JSON, then canonical or mapped. */
#include "decoder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

static unsigned widest(const struct gh_schema *schema)
{
  unsigned most = schema->customer.nfields;
  for (unsigned i = 0; i < schema->ntypes; i++)
    if (schema->types[i].nfields > most) most = schema->types[i].nfields;
  return most;
}

struct gh_decoder *gh_decoder_new(const struct gh_conf *conf, const struct gh_schema *schema, const struct gh_mapping *mapping,
                                  const struct gh_zone *zone)
{
  struct gh_decoder *d = calloc(1, sizeof *d);
  GH_CHECK(d);
  d->conf = conf;
  d->schema = schema;
  d->mapping = mapping;
  d->zone = zone;
  gh_arena_init(&d->own, 0);
  gh_arena_init(&d->arena, 0);
  json_tape_init(&d->tape);
  d->convert.arena = &d->arena;
  d->slots = gh_arena_zero(&d->own, widest(schema) + 1, sizeof *d->slots);
  canonical_init(d);
  return d;
}

void gh_decoder_free(struct gh_decoder *d)
{
  if (!d) return;
  json_tape_free(&d->tape);
  gh_buf_free(&d->detail);
  gh_arena_free(&d->arena);
  gh_arena_free(&d->own);
  free(d);
}

void decoder_begin(struct gh_decoder *d, struct gh_record *out)
{
  gh_arena_reset(&d->arena);
  d->record++;
  *out = (struct gh_record){.event = {.slots = d->slots}};
}

enum gh_decoded decoder_refuse(struct gh_decoder *d, struct gh_record *out, const char *reason, const char *format, ...)
{
  char text[512];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  GH_CHECK(n >= 0);
  gh_buf_clear(&d->detail);
  gh_buf_add(&d->detail, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
  out->reason = reason;
  out->detail = gh_buf_str(&d->detail);
  return GH_DECODED_BAD;
}

enum gh_decoded decoder_refuse_value(struct gh_decoder *d, struct gh_record *out, struct gh_str name, const char *expected)
{
  const struct convert *c = &d->convert;
  return decoder_refuse(d, out, c->reason, "field '%.*s': %s was expected, found %s", GH_FMT(name), expected, c->found);
}

enum gh_decoded decoder_refuse_field(struct gh_decoder *d, struct gh_record *out, const struct gh_field *field)
{
  return decoder_refuse_value(d, out, field->name, gh_type_text(&d->arena, field->type).ptr);
}

enum gh_decoded decoder_refuse_missing(struct gh_decoder *d, struct gh_record *out, struct gh_str name)
{
  return decoder_refuse(d, out, "missing_field", "field '%.*s' is missing", GH_FMT(name));
}

enum gh_decoded decoder_refuse_duplicate(struct gh_decoder *d, struct gh_record *out, struct gh_str name)
{
  return decoder_refuse(d, out, "duplicate_key", "field '%.*s' stands twice", GH_FMT(name));
}

enum gh_decoded decoder_finish(struct gh_decoder *d, struct gh_record *out)
{
  const struct gh_event_type *type = out->event.type;
  for (unsigned i = 0; i < type->nfields; i++)
    if (type->fields[i].required && d->slots[i].kind == GH_ABSENT) return decoder_refuse_missing(d, out, type->fields[i].name);
  return GH_DECODED;
}

static bool space(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the byte-order mark and the whitespace around. */
static struct gh_str strip(struct gh_str s)
{
  if (gh_str_starts(s, GH_STR("\xEF\xBB\xBF"))) s = (struct gh_str){s.ptr + 3, s.len - 3};
  while (s.len > 0 && space(s.ptr[s.len - 1])) s.len--;
  while (s.len > 0 && space(*s.ptr)) s = (struct gh_str){s.ptr + 1, s.len - 1};
  return s;
}

/* Up to the object's nodes: BLANK, BAD, or DECODED when they are there. */
static enum gh_decoded read_object(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out)
{
  decoder_begin(d, out);
  if (bytes.len > (size_t)d->conf->record_bytes) return decoder_refuse(d, out, "too_long", "%zu bytes, over record_bytes", bytes.len);
  struct gh_str text = strip(bytes);
  if (text.len == 0) return GH_DECODED_BLANK;
  if (!json_tape_read(&d->tape, &d->arena, text, (unsigned)d->conf->record_depth))
    return decoder_refuse(d, out, d->tape.reason, "%s", d->tape.detail);
  enum json_kind kind = d->tape.nodes[0].kind;
  return kind == JSON_OBJECT ? GH_DECODED : decoder_refuse(d, out, "wrong_type", "an object was expected, found %s", json_kind_name(kind));
}

enum gh_decoded gh_decode(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out)
{
  enum gh_decoded done = read_object(d, bytes, out);
  return done == GH_DECODED ? canonical_event(d, out) : done;
}

enum gh_decoded gh_decode_profile(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out)
{
  enum gh_decoded done = read_object(d, bytes, out);
  return done == GH_DECODED ? canonical_profile(d, out) : done;
}
