#include "feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

static bool tell(char error[512], const struct gh_feed *f, struct gh_str what)
{
  snprintf(error, 512, "%s: %.*s", f->path ? f->path : "standard input", GH_FMT(what));
  return false;
}

static struct gh_source *open_source(const struct gh_feed *f, bool follow, struct gh_position from, char error[512])
{
  struct gh_source_error e;
  struct gh_source_options o = {.path = f->path, .follow = follow, .record_bytes = (size_t)f->set->conf.record_bytes,
                                .complete = f->csv ? gh_csv_complete : NULL, .offset = from.offset, .record = from.record};
  struct gh_source *s = gh_source_open(&o, &e);
  if (!s) snprintf(error, 512, "%s", e.text);
  return s;
}

/* The header stands at the beginning, also where reading goes on further down: it is read by itself. */
static bool read_header(struct gh_feed *f, char error[512])
{
  struct gh_source *s = open_source(f, false, (struct gh_position){0}, error);
  struct gh_source_record r;
  if (!s) return false;
  bool found = gh_source_next(s, &r) == GH_SOURCE_RECORD;
  if (found) {
    char *copy = malloc(r.bytes.len + 1);
    GH_CHECK(copy && "out of memory");
    if (r.bytes.len) memcpy(copy, r.bytes.ptr, r.bytes.len);
    f->header = gh_str_n(copy, r.bytes.len);
  }
  gh_source_close(s);
  return found || tell(error, f, GH_STR("it is empty: the first line must name the fields"));
}

static struct gh_decoder *make_decoder(struct gh_feed *f, const struct gh_set *set, char error[512])
{
  struct gh_decoder *d = gh_decoder_new(&set->conf, set->schema, set->mapping, set->zone);
  if (!f->csv) return d;
  struct gh_faults faults;
  gh_faults_init(&faults);
  bool ok = gh_decoder_csv_header(d, f->header, &faults);
  if (!ok) tell(error, f, faults.first ? faults.first->message : GH_STR("the header line does not fit the schema"));
  gh_faults_free(&faults);
  if (ok) return d;
  gh_decoder_free(d);
  return NULL;
}

static void free_decoders(struct gh_decoder *const *decoders)
{
  for (unsigned i = 0; i < GH_FEED_AHEAD; i++) gh_decoder_free(decoders[i]);
}

/* One for each place of the ring; none, if one cannot be made. */
static bool make_decoders(struct gh_feed *f, const struct gh_set *set, struct gh_decoder *decoders[GH_FEED_AHEAD], char error[512])
{
  memset(decoders, 0, GH_FEED_AHEAD * sizeof *decoders);
  for (unsigned i = 0; i < GH_FEED_AHEAD; i++) {
    decoders[i] = make_decoder(f, set, error);
    if (decoders[i]) continue;
    free_decoders(decoders);
    return false;
  }
  return true;
}

bool gh_feed_open(struct gh_feed *f, const struct gh_set *set, const struct gh_feed_options *options, char error[512])
{
  *f = (struct gh_feed){.input = options->input, .set = set, .path = options->path ? strdup(options->path) : NULL, .source = options->source,
                        .core = options->core, .answer = GH_SOURCE_RECORD, .aside = options->aside, .naside = options->naside,
                        .decoding = options->decoding, .ctx = options->ctx};
  f->csv = options->input == GH_FEED_PROFILES && gh_csv_named(options->path);
  if (f->csv && !read_header(f, error)) return false;
  struct gh_decoder *decoders[GH_FEED_AHEAD];
  if (!make_decoders(f, set, decoders, error)) return false;
  for (unsigned i = 0; i < GH_FEED_AHEAD; i++) f->ahead[i].decoder = decoders[i];
  if (!f->source) f->source = open_source(f, options->follow, options->from, error);
  return f->source != NULL;
}

void gh_feed_close(struct gh_feed *f)
{
  gh_source_close(f->source);
  for (unsigned i = 0; i < GH_FEED_AHEAD; i++) {
    gh_decoder_free(f->ahead[i].decoder);
    gh_buf_free(&f->ahead[i].raw);
    free(f->ahead[i].headers);
  }
  free((char *)f->header.ptr);
  free(f->path);
  *f = (struct gh_feed){0};
}

static bool set_aside(const struct gh_feed *f, uint64_t offset)
{
  for (unsigned i = 0; i < f->naside; i++)
    if (f->aside[i] == offset) return true;
  return false;
}

static enum gh_decoded refuse(struct gh_feed_place *p, const char *reason, struct gh_str detail)
{
  p->record.reason = reason;
  p->record.detail = detail;
  p->record.more = false;
  return GH_DECODED_BAD;
}

static enum gh_decoded decode(const struct gh_feed *f, struct gh_feed_place *p)
{
  if (p->read.none) {
    p->record.more = false;
    return GH_DECODED_BLANK;
  }
  if (p->read.too_long) return refuse(p, "too_long", GH_STR("it is longer than record_bytes"));
  if (set_aside(f, p->read.at_offset)) return refuse(p, "poison", GH_STR("the process died three times while it was handled"));
  if (f->decoding) f->decoding(f->ctx, p->read.at_offset);
  if (f->input == GH_FEED_EVENTS) return gh_decode_message(p->decoder, &p->message, &p->record);
  p->record.more = false;
  if (!f->csv) return gh_decode_profile(p->decoder, p->read.bytes, &p->record);
  return p->read.at_record == 1 ? GH_DECODED_BLANK : gh_decode_csv(p->decoder, p->read.bytes, &p->record);
}

/* The position behind the item: behind the message, once all its rows are given. */
static struct gh_position place_behind(const struct gh_feed *f, const struct gh_feed_place *p)
{
  const struct gh_source_record *r = &p->read;
  if (p->record.more) return (struct gh_position){f->input, r->at_offset, r->at_record};
  return (struct gh_position){f->input, r->next_offset, r->next_record};
}

static void make_item(const struct gh_feed *f, struct gh_feed_place *p, enum gh_decoded decoded)
{
  struct gh_feed_item *item = &p->item;
  *item = (struct gh_feed_item){.in = {.kind = GH_IN_SKIP, .place = place_behind(f, p), .raw = p->message.bytes,
                                       .at_offset = p->read.at_offset, .at_record = p->read.at_record},
                                .message = &p->message, .more = p->record.more};
  switch (decoded) {
  case GH_DECODED:
    item->note = GH_FEED_TAKEN;
    item->in.kind = f->input == GH_FEED_EVENTS ? GH_IN_EVENT : GH_IN_PROFILE;
    item->in.event = &p->record.event;
    return;
  case GH_DECODED_BLANK: item->note = GH_FEED_BLANK; return;
  case GH_DECODED_OTHER: item->note = GH_FEED_UNNAMED; return;
  case GH_DECODED_BAD:
    item->note = GH_FEED_REFUSED;
    item->reason = gh_str(p->record.reason);
    item->detail = p->record.detail;
    return;
  }
  GH_IMPOSSIBLE();
}

static void decode_first(const struct gh_feed *f, struct gh_feed_place *p) { make_item(f, p, decode(f, p)); }

static struct gh_feed_place *place_at(struct gh_feed *f, unsigned i) { return &f->ahead[(f->first + i) % GH_FEED_AHEAD]; }

bool gh_feed_decode_by(struct gh_feed *f, const struct gh_set *set, char error[512])
{
  struct gh_decoder *decoders[GH_FEED_AHEAD];
  if (!make_decoders(f, set, decoders, error)) return false;
  for (unsigned i = 0; i < GH_FEED_AHEAD; i++) {
    gh_decoder_free(f->ahead[i].decoder);
    f->ahead[i].decoder = decoders[i];
  }
  f->set = set;
  for (unsigned i = 0; i < f->count; i++) decode_first(f, place_at(f, i));
  return true;
}

/* Brings those ahead one stage nearer. */
static void fetch_ahead(struct gh_feed *f)
{
  for (unsigned i = 0; f->core && i < f->count; i++) {
    struct gh_feed_place *p = place_at(f, i);
    if (p->item.in.event) gh_prefetch(f->core, p->item.in.event->customer, &p->hint);
  }
}

/* Where the parts of a message stand once they are all in one buffer. */
static struct gh_str copied(struct gh_buf *b, struct gh_str part)
{
  gh_buf_add_str(b, part);
  return gh_str_n(b->data + b->len - part.len, part.len);
}

static void copy_headers(struct gh_feed_place *p, const struct gh_source_record *r)
{
  if (r->nheaders > p->headers_cap) {
    p->headers_cap = r->nheaders * 2;
    p->headers = realloc(p->headers, p->headers_cap * sizeof *p->headers);
    GH_CHECK(p->headers && "out of memory");
  }
  for (unsigned i = 0; i < r->nheaders; i++) {
    p->headers[i].name = copied(&p->raw, r->headers[i].name);
    p->headers[i].value = copied(&p->raw, r->headers[i].value);
  }
}

static void copy_message(struct gh_feed_place *p, const struct gh_source_record *r)
{
  size_t size = r->bytes.len + r->key.len;
  for (unsigned i = 0; i < r->nheaders; i++) size += r->headers[i].name.len + r->headers[i].value.len;
  gh_buf_clear(&p->raw);
  (void)gh_buf_room(&p->raw, size + 1); /* it does not move from here on */
  p->message = (struct gh_message){.nheaders = r->nheaders, .time_ms = r->time_ms};
  if (r->bytes.ptr) p->message.bytes = copied(&p->raw, r->bytes);
  if (r->key.ptr) p->message.key = copied(&p->raw, r->key);
  copy_headers(p, r);
  p->message.headers = p->headers;
}

static void read_one(struct gh_feed *f, const struct gh_source_record *r)
{
  struct gh_feed_place *p = place_at(f, f->count++);
  copy_message(p, r);
  p->read = *r;
  p->read.bytes = p->message.bytes;
  p->hint = (struct gh_hint){0};
  decode_first(f, p);
  fetch_ahead(f);
}

static void read_ahead(struct gh_feed *f)
{
  while (f->count < GH_FEED_AHEAD && f->answer == GH_SOURCE_RECORD) {
    struct gh_source_record r;
    f->answer = gh_source_next(f->source, &r);
    if (f->answer == GH_SOURCE_RECORD) read_one(f, &r);
  }
}

static enum gh_source_answer give(struct gh_feed *f, struct gh_feed_item *item)
{
  struct gh_feed_place *p = place_at(f, 0);
  *item = p->item;
  f->inside = p->item.more;
  if (f->inside) return GH_SOURCE_RECORD;
  f->first = (f->first + 1) % GH_FEED_AHEAD;
  f->count--;
  f->records++;
  f->bytes += item->in.raw.len + 1;
  return GH_SOURCE_RECORD;
}

uint64_t gh_feed_at_end_ns(const struct gh_feed *f) { return f->count == 0 ? gh_source_at_end_ns(f->source) : 0; }

/* That there was nothing, told before what stood ahead was given, may have been long ago: it is asked again, for timers fire by that answer. */
enum gh_source_answer gh_feed_next(struct gh_feed *f, struct gh_feed_item *item)
{
  if (f->inside) {
    struct gh_feed_place *p = place_at(f, 0);
    make_item(f, p, gh_decode_more(p->decoder, &p->record));
    return give(f, item);
  }
  if (f->count == 0 && f->answer == GH_SOURCE_NOTHING) f->answer = GH_SOURCE_RECORD;
  read_ahead(f);
  return f->count == 0 ? f->answer : give(f, item);
}
