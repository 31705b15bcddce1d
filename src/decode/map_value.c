/* The value of a source: found, joined, looked up, read in its form, computed. */
#include "goldhour/base/time.h"
#include "goldhour/model/decimal.h"
#include "base64.h"
#include "column.h"

static bool blank(char c)
{
  return c == ' ' || c == '\t';
}

static void trim(struct json_node *n)
{
  while (n->text_len > 0 && blank(n->text[n->text_len - 1])) n->text_len--;
  while (n->text_len > 0 && blank(*n->text)) n->text++, n->text_len--;
}

/* What the message's schema says of the column at a pointer; NULL: nothing. */
static const struct json_node *field_of(const struct map_run *run, int path)
{
  return run->row && run->row->columns && run->columns[path].len ? gh_column_field(run->row->columns, run->columns[path]) : NULL;
}

/* The node at a pointer; a text may be trimmed, into `copy`. NULL: nothing there. A list is never copied: its elements follow it. */
static const struct json_node *find(struct gh_decoder *d, const struct map_run *run, const struct source *s, int path, struct json_node *copy)
{
  const struct json_node *n = run->found[path];
  if (n && run->columns[path].len && run->set->envelope.kind == ENV_DEBEZIUM) n = gh_column_node(d, s, n, field_of(run, path), copy);
  if (!n || n->kind != JSON_STRING || !d->mapping->trim) return n;
  if (n != copy) *copy = *n;
  trim(copy);
  return copy->text_len > 0 ? copy : NULL;
}

static size_t part_len(const struct join_part *part, struct gh_str text)
{
  return text.len < part->width ? part->width : text.len;
}

/* The texts of the parts; false: one is not there, or no text or number. */
static bool part_texts(struct gh_decoder *d, struct map_run *run, const struct source *s, struct gh_str *texts)
{
  struct json_node copy;
  for (unsigned i = 0; i < s->nparts; i++) {
    texts[i] = s->parts[i].literal;
    if (s->parts[i].path < 0) continue;
    const struct json_node *n = find(d, run, s, s->parts[i].path, &copy);
    if (!n || (n->kind != JSON_STRING && n->kind != JSON_NUMBER) || n->text_len == 0) return false;
    texts[i] = json_text(n);
  }
  return true;
}

/* The joined text as a node; NULL: a part is missing. */
static const struct json_node *join(struct gh_decoder *d, struct map_run *run, const struct source *s, struct json_node *out)
{
  struct gh_str *texts = gh_arena_alloc(&d->arena, (s->nparts + 1) * sizeof *texts);
  size_t len = 0;
  if (!part_texts(d, run, s, texts)) return NULL;
  for (unsigned i = 0; i < s->nparts; i++) len += part_len(&s->parts[i], texts[i]);
  char *text = gh_arena_alloc(&d->arena, len + 1), *to = text;
  for (unsigned i = 0; i < s->nparts; i++) {
    size_t zeros = part_len(&s->parts[i], texts[i]) - texts[i].len;
    memset(to, '0', zeros);
    if (texts[i].len) memcpy(to + zeros, texts[i].ptr, texts[i].len);
    to += zeros + texts[i].len;
  }
  *out = (struct json_node){.text = text, .text_len = (uint32_t)len, .span = 1, .kind = JSON_STRING};
  return out;
}

/* The number of a code in its table, or -1. */
static int code_of(const struct codes *codes, const struct json_node *n)
{
  return n->kind < JSON_LIST ? gh_keys_get(codes->codes, json_text(n)) : -1;
}

/* What the table says of a code; -1 is one that it does not list. */
static bool coded(struct gh_decoder *d, const struct codes *codes, int code, struct gh_value *out)
{
  if (code < 0 && codes->otherwise == CODE_REFUSE)
    return gh_convert_refuse(&d->convert, "unknown_code", "a code that the table does not list");
  *out = code >= 0 ? codes->values[code] : codes->other;
  return true;
}

static bool in_form(struct gh_decoder *d, const struct source *s, const struct time_form *form, const struct json_node *n, struct gh_value *out)
{
  const struct gh_zone *zone = s->zone ? s->zone : d->zone;
  int64_t t;
  if (n->kind != JSON_STRING && n->kind != JSON_NUMBER) return gh_convert_refuse(&d->convert, "wrong_type", gh_json_kind_name(n->kind));
  bool date = s->type.kind == GH_DATE;
  bool ok = date ? gh_time_form_read_day(form, json_text(n), zone, &t) : gh_time_form_read(form, json_text(n), zone, &t);
  if (!ok) return gh_convert_refuse(&d->convert, "bad_time", s->form ? "something that is not written as `as` says" : "no such time");
  *out = date ? gh_date_value(t) : gh_timestamp_ms(t);
  return true;
}

/* An amount in units of 10^-n, exactly at the field's scale. */
static bool in_minor(struct gh_decoder *d, const struct source *s, const struct json_node *n, struct gh_value *out)
{
  struct gh_value count;
  struct gh_type whole = {.kind = GH_INT};
  if (!gh_convert_node(&d->convert, n, &whole, &count)) return false;
  if (gh_decimal_rescale(gh_decimal(count.i, (unsigned)s->minor_digits), s->type.scale, out)) return true;
  return gh_convert_refuse(&d->convert, "not_exact", "a number with more digits than the type holds");
}

/* A number in base64 of its bytes. */
static bool in_base64(struct gh_decoder *d, const struct source *s, const struct json_node *n, struct gh_value *out)
{
  struct gh_str bytes, text;
  if (n->kind != JSON_STRING) return gh_convert_refuse(&d->convert, "wrong_type", gh_json_kind_name(n->kind));
  if (!gh_base64_decode(&d->arena, json_text(n), &bytes) || !gh_base64_number(&d->arena, bytes, s->base64_digits, &text))
    return gh_convert_refuse(&d->convert, "wrong_type", "a text that is no base64 of a number");
  struct json_node number = {.text = text.ptr, .text_len = (uint32_t)text.len, .span = 1, .kind = JSON_STRING};
  return gh_convert_node(&d->convert, &number, &s->type, out);
}

/* MySQL's way of saying that there is no date: `0000-00-00`, perhaps with a clock behind it. */
static bool zero_date(const struct source *s, const struct json_node *n)
{
  bool time = s->type.kind == GH_DATE || s->type.kind == GH_TIMESTAMP;
  return time && n->kind == JSON_STRING && gh_str_starts(json_text(n), GH_STR("0000-00-00"));
}

static bool of_node(struct gh_decoder *d, const struct source *s, const struct time_form *form, const struct json_node *n, struct gh_value *out)
{
  int code = s->codes ? code_of(s->codes, n) : -1;
  if (n->kind == JSON_NULL) {
    *out = gh_null();
    return true;
  }
  if (n->kind == JSON_STRING && n->text_len == 0 && s->type.kind != GH_STRING && code < 0) return true;
  if (code < 0 && zero_date(s, n)) return true;
  if (s->codes && (code >= 0 || s->codes->otherwise != CODE_KEEP)) return coded(d, s->codes, code, out);
  if (form) return in_form(d, s, form, n, out);
  if (s->base64_digits >= 0) return in_base64(d, s, n, out);
  if (s->minor_digits >= 0) return in_minor(d, s, n, out);
  if (s->separator.len) d->convert.separator = s->separator;
  return gh_convert_node(&d->convert, n, &s->type, out);
}

/* Whether the expression failed because the record lacks something it reads: then it has no value, which is no fault. */
static bool lacks_raw(const struct map_run *run, const struct gh_program *program)
{
  for (unsigned i = 0; i < run->set->nraws; i++)
    if (run->raws[i].kind == GH_ABSENT && gh_program_reads(program, 0, i)) return true;
  return false;
}

static bool computed(struct gh_decoder *d, struct map_run *run, const struct source *s, struct gh_value *out)
{
  struct gh_cel_frame frame = {.rows = {run->raws}, .scratch = &run->scratch};
  struct gh_value v = gh_cel_eval(s->program, &frame);
  if (v.kind == GH_ERROR && lacks_raw(run, s->program)) return true;
  if (v.kind == GH_ERROR) return gh_convert_refuse(&d->convert, "bad_value", "an error of the expression");
  if (v.kind == GH_INT && s->type.kind == GH_DECIMAL) v = gh_decimal(v.i, 0);
  if (v.kind == GH_TIMESTAMP && s->type.kind == GH_DATE) v = gh_date_value(gh_zone_day(s->zone ? s->zone : d->zone, gh_value_ms(v)));
  if (v.kind == GH_TIMESTAMP) v = gh_timestamp_ms(gh_value_ms(v));
  if (v.kind == GH_NULL) {
    *out = v;
    return true;
  }
  if (v.kind != s->type.kind) return gh_convert_refuse(&d->convert, "wrong_type", "a computed value of another type");
  if (v.kind == GH_DECIMAL && !gh_decimal_rescale(v, s->type.scale, &v))
    return gh_convert_refuse(&d->convert, "not_exact", "a computed number with more digits than the type holds");
  *out = gh_value_copy(&d->arena, v);
  return true;
}

/* How a time is written: as the mapping says, else as the message's schema does. */
static const struct time_form *form_of(const struct map_run *run, const struct source *s, const struct json_node *n)
{
  bool time = s->type.kind == GH_TIMESTAMP || s->type.kind == GH_DATE;
  if (s->form || !n || !time || s->kind != SOURCE_POINTER) return s->form;
  return gh_column_form(field_of(run, s->path), n->kind);
}

/* Debezium writes a DATETIME as a count of the local clock. Where no schema tells it from other counts, nobody may guess: it would be hours off. */
static bool may_be_local(const struct map_run *run, const struct source *s, const struct time_form *form, const struct json_node *n)
{
  bool count = n && n->kind == JSON_NUMBER && s->type.kind == GH_TIMESTAMP && !form && s->kind == SOURCE_POINTER;
  return count && run->set->envelope.kind == ENV_DEBEZIUM && run->columns[s->path].len && !run->row->columns;
}

/* What Debezium writes otherwise than people expect, where no schema says so: the commonest fault of a first try. */
static void explain_debezium(struct gh_decoder *d, const struct map_run *run, const struct source *s, const struct json_node *n)
{
  bool untold = s->kind == SOURCE_POINTER && !s->form && run->set->envelope.kind == ENV_DEBEZIUM && run->columns[s->path].len && !run->row->columns;
  if (!untold) return;
  if (s->type.kind == GH_DECIMAL && n->kind == JSON_STRING && s->base64_digits < 0 && s->minor_digits < 0)
    d->convert.found = "a text that is no number (if it is a decimal in base64, say `base64_digits`: the column's scale)";
  if (s->type.kind == GH_DATE && n->kind == JSON_NUMBER) d->convert.found = "a number (if it counts days since 1970, say `as: days`)";
}

bool gh_map_value(struct gh_decoder *d, struct map_run *run, const struct source *s, struct gh_value *out)
{
  struct json_node copy;
  const struct json_node *n = NULL;
  *out = gh_absent();
  if (s->kind == SOURCE_CEL) return computed(d, run, s, out);
  if (s->kind == SOURCE_POINTER) n = find(d, run, s, s->path, &copy);
  if (s->kind == SOURCE_JOIN) n = join(d, run, s, &copy);
  const struct time_form *form = form_of(run, s, n);
  if (may_be_local(run, s, form, n))
    return gh_convert_refuse(&d->convert, "bad_time", "a count that may be of the local clock (say `as: local_ms`, `local_us`, or `ms`)");
  struct gh_str separator = d->convert.separator;
  bool ok = !n || of_node(d, s, form, n, out);
  d->convert.separator = separator;
  if (!ok) explain_debezium(d, run, s, n);
  if (out->kind == GH_ABSENT) *out = s->constant;
  return ok;
}
