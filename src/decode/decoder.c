/* Life of a record: begun, made UTF-8, read as JSON, then canonical or mapped. */
#include "decoder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "csv.h"
#include "envelope.h"
#include "goldhour/base/check.h"
#include "map_run.h"
#include "recode.h"

static unsigned widest(const struct gh_schema *schema)
{
  unsigned most = schema->customer.nfields;
  for (unsigned i = 0; i < schema->ntypes; i++)
    if (schema->types[i].nfields > most) most = schema->types[i].nfields;
  return most;
}

static void begin_mapping(struct gh_decoder *d, const struct gh_mapping *mapping)
{
  if (mapping->events) {
    d->events = gh_map_run_new(d, mapping->events);
    d->env = gh_env_new(d, &mapping->events->envelope);
  }
  if (mapping->profiles) d->profiles = gh_map_run_new(d, mapping->profiles);
  if (!mapping->gb18030) return;
  d->recode = gh_recode_gb18030_new();
  GH_CHECK(d->recode); /* as the mapping was parsed, it could */
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
  gh_json_tape_init(&d->tape);
  d->convert.arena = &d->arena;
  d->slots = gh_arena_zero(&d->own, widest(schema) + 1, sizeof *d->slots);
  gh_canonical_init(d);
  if (mapping) begin_mapping(d, mapping);
  return d;
}

void gh_decoder_free(struct gh_decoder *d)
{
  if (!d) return;
  gh_map_run_free(d->events);
  gh_map_run_free(d->profiles);
  gh_env_free(d->env);
  gh_recode_free(d->recode);
  gh_json_tape_free(&d->tape);
  gh_buf_free(&d->detail);
  gh_arena_free(&d->arena);
  gh_arena_free(&d->own);
  free(d);
}

void gh_decoder_begin(struct gh_decoder *d, struct gh_record *out)
{
  static const struct gh_record cleared; /* copied by words; a compound literal would be cleared by `rep stos`, which is slow to begin */
  gh_arena_reset(&d->arena);
  d->record++;
  d->row = 0;
  *out = cleared;
  out->event.slots = d->slots;
}

enum gh_decoded gh_decoder_refuse(struct gh_decoder *d, struct gh_record *out, const char *reason, const char *format, ...)
{
  char text[512];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  GH_CHECK(n >= 0);
  gh_buf_clear(&d->detail);
  if (d->row > 0) gh_buf_fmt(&d->detail, "row %u: ", d->row);
  gh_buf_add(&d->detail, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
  out->reason = reason;
  out->detail = gh_buf_str(&d->detail);
  return GH_DECODED_BAD;
}

enum gh_decoded gh_decoder_refuse_value(struct gh_decoder *d, struct gh_record *out, struct gh_str name, const char *expected)
{
  const struct convert *c = &d->convert;
  return gh_decoder_refuse(d, out, c->reason, "field '%.*s': %s was expected, found %s", GH_FMT(name), expected, c->found);
}

enum gh_decoded gh_decoder_refuse_field(struct gh_decoder *d, struct gh_record *out, const struct gh_field *field)
{
  return gh_decoder_refuse_value(d, out, field->name, gh_type_text(&d->arena, field->type).ptr);
}

enum gh_decoded gh_decoder_refuse_missing(struct gh_decoder *d, struct gh_record *out, struct gh_str name)
{
  return gh_decoder_refuse(d, out, "missing_field", "field '%.*s' is missing", GH_FMT(name));
}

enum gh_decoded gh_decoder_refuse_duplicate(struct gh_decoder *d, struct gh_record *out, struct gh_str name)
{
  return gh_decoder_refuse(d, out, "duplicate_key", "field '%.*s' stands twice", GH_FMT(name));
}

enum gh_decoded gh_decoder_finish(struct gh_decoder *d, struct gh_record *out)
{
  const struct gh_event_type *type = out->event.type;
  for (unsigned i = 0; i < type->nfields; i++)
    if (type->fields[i].required && d->slots[i].kind == GH_ABSENT) return gh_decoder_refuse_missing(d, out, type->fields[i].name);
  return GH_DECODED;
}

static bool space(char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct gh_str without_mark(struct gh_str s)
{
  return gh_str_starts(s, GH_STR("\xEF\xBB\xBF")) ? (struct gh_str){s.ptr + 3, s.len - 3} : s;
}

static struct gh_str without_space(struct gh_str s)
{
  while (s.len > 0 && space(s.ptr[s.len - 1])) s.len--;
  while (s.len > 0 && space(*s.ptr)) s = (struct gh_str){s.ptr + 1, s.len - 1};
  return s;
}

/* In CSV, spaces and tabs belong to the fields. */
static struct gh_str without_line_end(struct gh_str s)
{
  while (s.len > 0 && (s.ptr[s.len - 1] == '\r' || s.ptr[s.len - 1] == '\n')) s.len--;
  return s;
}

/* The record's text in UTF-8 without a byte-order mark: BAD, or DECODED. */
static enum gh_decoded read_text(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out, struct gh_str *text)
{
  gh_decoder_begin(d, out);
  if (bytes.len > (size_t)d->conf->record_bytes) return gh_decoder_refuse(d, out, "too_long", "%zu bytes, over record_bytes", bytes.len);
  if (d->recode && !gh_recode_text(d->recode, bytes, &bytes)) return gh_decoder_refuse(d, out, "bad_encoding", "bytes that are no GB18030");
  *text = without_mark(bytes);
  return GH_DECODED;
}

/* What converters of a schema registry write begins with a byte 0 and the schema's number: no JSON does. */
static const char *explained(const struct gh_decoder *d, struct gh_str text)
{
  if (text.ptr[0] != '\0') return d->tape.detail;
  return "it begins with a 0, as a schema registry's converters write (Avro, Protobuf, JSON Schema): let the source write plain JSON";
}

static bool read_nodes(struct gh_decoder *d, struct gh_str text, bool sequence)
{
  unsigned depth = (unsigned)d->conf->record_depth;
  return sequence ? gh_json_tape_read_sequence(&d->tape, &d->arena, text, depth) : gh_json_tape_read(&d->tape, &d->arena, text, depth);
}

/* Up to the value's nodes. */
static enum gh_decoded read_value(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out, bool sequence)
{
  struct gh_str text;
  enum gh_decoded done = read_text(d, bytes, out, &text);
  if (done != GH_DECODED) return done;
  text = without_space(text);
  if (text.len == 0) return GH_DECODED_BLANK;
  return read_nodes(d, text, sequence) ? GH_DECODED : gh_decoder_refuse(d, out, d->tape.reason, "%s", explained(d, text));
}

/* Up to the object's nodes. */
static enum gh_decoded read_object(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out)
{
  enum gh_decoded done = read_value(d, bytes, out, false);
  if (done != GH_DECODED || d->tape.nodes[0].kind == JSON_OBJECT) return done;
  return gh_decoder_refuse(d, out, "wrong_type", "an object was expected, found %s", gh_json_kind_name(d->tape.nodes[0].kind));
}

/* A message's value. An event whose attributes are headers may have none. */
static struct gh_str value_of(struct gh_decoder *d, const struct gh_message *m)
{
  if (!d->env) return m->bytes;
  d->env->message = *m;
  return m->bytes.len == 0 && gh_env_binary(d->env) ? GH_STR("null") : m->bytes;
}

enum gh_decoded gh_decode_message(struct gh_decoder *d, const struct gh_message *m, struct gh_record *out)
{
  struct gh_str bytes = value_of(d, m);
  if (!bytes.ptr) {
    gh_decoder_begin(d, out); /* a tombstone */
    return GH_DECODED_OTHER;
  }
  enum gh_decoded done = d->env ? read_value(d, bytes, out, gh_env_sequence(d->env)) : read_object(d, bytes, out);
  if (done != GH_DECODED) return done;
  return d->env ? gh_env_first(d, out) : gh_canonical_event(d, out);
}

enum gh_decoded gh_decode(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out)
{
  struct gh_message m = {.bytes = bytes.ptr ? bytes : GH_STR("")};
  return gh_decode_message(d, &m, out);
}

enum gh_decoded gh_decode_more(struct gh_decoder *d, struct gh_record *out)
{
  GH_CHECK(d->env);
  *out = (struct gh_record){.event.slots = d->slots};
  return gh_env_next(d, out);
}

static enum gh_decoded profile(struct gh_decoder *d, struct gh_record *out)
{
  return d->profiles ? gh_map_run_profile(d, d->profiles, out) : gh_canonical_profile(d, out);
}

enum gh_decoded gh_decode_profile(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out)
{
  enum gh_decoded done = read_object(d, bytes, out);
  return done == GH_DECODED ? profile(d, out) : done;
}

/* A column that the profiles cannot do without. */
static bool want_column(const struct csv *csv, struct gh_str name, struct gh_faults *faults)
{
  for (uint32_t i = 0; i < csv->ncolumns; i++)
    if (gh_str_eq(csv->columns[i], name)) return true;
  struct gh_fault *f = gh_fault(faults, (struct gh_spot){0}, "the CSV header has no column '%.*s'", GH_FMT(name));
  f->hint = gh_did_you_mean(faults, name, csv->columns, csv->ncolumns);
  return false;
}

/* A column of another name is passed over; where a known one was meant, every customer would lose that field. */
static void warn_of_others(const struct gh_decoder *d, const struct csv *csv, struct gh_faults *faults)
{
  const struct gh_event_type *type = &d->schema->customer;
  for (uint32_t i = 0; i < csv->ncolumns; i++) {
    bool known = gh_str_eq(csv->columns[i], GH_STR("customer"));
    for (unsigned f = 0; f < type->nfields && !known; f++) known = gh_str_eq(csv->columns[i], type->fields[f].name);
    if (!known) gh_warning(faults, (struct gh_spot){0}, "column '%.*s' is passed over: the schema's customer has no such field", GH_FMT(csv->columns[i]));
  }
}

static bool want_columns(struct gh_decoder *d, const struct csv *csv, struct gh_faults *faults)
{
  bool good = true;
  if (!d->profiles) {
    good = want_column(csv, GH_STR("customer"), faults);
    if (good) warn_of_others(d, csv, faults);
    return good;
  }
  for (const struct path_node *n = d->profiles->set->paths.roots[ORIGIN_ROW].first; n; n = n->next) good &= want_column(csv, n->token, faults);
  return good;
}

bool gh_decoder_csv_header(struct gh_decoder *d, struct gh_str header, struct gh_faults *faults)
{
  struct csv *csv = gh_arena_zero(&d->own, 1, sizeof *csv);
  csv->delimiter = d->mapping ? d->mapping->csv_delimiter : ',';
  if (d->recode && !gh_recode_text(d->recode, header, &header)) {
    gh_fault(faults, (struct gh_spot){0}, "the CSV header holds bytes that are no GB18030");
    return false;
  }
  if (!gh_csv_header(csv, &d->own, &d->tape, without_line_end(without_mark(header)))) {
    gh_fault(faults, (struct gh_spot){0}, "the CSV header is malformed: %s", d->tape.detail);
    return false;
  }
  d->csv = csv;
  return want_columns(d, csv, faults);
}

enum gh_decoded gh_decode_csv(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out)
{
  struct gh_str text;
  GH_CHECK(d->csv);
  enum gh_decoded done = read_text(d, bytes, out, &text);
  if (done != GH_DECODED) return done;
  text = without_line_end(text);
  if (text.len == 0) return GH_DECODED_BLANK;
  if (!gh_csv_read(d->csv, &d->tape, &d->arena, text)) return gh_decoder_refuse(d, out, d->tape.reason, "%s", d->tape.detail);
  d->convert.texts = true;
  d->convert.separator = d->mapping ? d->mapping->csv_list : GH_STR("|");
  done = profile(d, out);
  d->convert.texts = false;
  d->convert.separator = GH_STR("");
  return done;
}
