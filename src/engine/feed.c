#include "feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

static bool is_csv(const char *path)
{
  size_t n = path ? strlen(path) : 0;
  return n > 4 && strcmp(path + n - 4, ".csv") == 0;
}

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
  *f = (struct gh_feed){.input = options->input, .set = set, .path = options->path ? strdup(options->path) : NULL, .core = options->core,
                        .answer = GH_SOURCE_RECORD};
  f->csv = options->input == GH_FEED_PROFILES && is_csv(options->path);
  if (f->csv && !read_header(f, error)) return false;
  struct gh_decoder *decoders[GH_FEED_AHEAD];
  if (!make_decoders(f, set, decoders, error)) return false;
  for (unsigned i = 0; i < GH_FEED_AHEAD; i++) f->ahead[i].decoder = decoders[i];
  f->source = open_source(f, options->follow, options->from, error);
  return f->source != NULL;
}

void gh_feed_close(struct gh_feed *f)
{
  gh_source_close(f->source);
  for (unsigned i = 0; i < GH_FEED_AHEAD; i++) {
    gh_decoder_free(f->ahead[i].decoder);
    gh_buf_free(&f->ahead[i].raw);
  }
  free((char *)f->header.ptr);
  free(f->path);
  *f = (struct gh_feed){0};
}

static enum gh_decoded decode(const struct gh_feed *f, struct gh_feed_place *p)
{
  if (p->read.too_long) {
    p->record.reason = "too_long";
    p->record.detail = GH_STR("it is longer than record_bytes");
    return GH_DECODED_BAD;
  }
  if (f->input == GH_FEED_EVENTS) return gh_decode(p->decoder, p->read.bytes, &p->record);
  if (!f->csv) return gh_decode_profile(p->decoder, p->read.bytes, &p->record);
  return p->read.at_record == 1 ? GH_DECODED_BLANK : gh_decode_csv(p->decoder, p->read.bytes, &p->record);
}

static void make_item(const struct gh_feed *f, struct gh_feed_place *p)
{
  const struct gh_source_record *r = &p->read;
  struct gh_feed_item *item = &p->item;
  *item = (struct gh_feed_item){.in = {.kind = GH_IN_SKIP, .place = {f->input, r->next_offset, r->next_record},
                                       .raw = r->bytes, .at_offset = r->at_offset, .at_record = r->at_record}};
  switch (decode(f, p)) {
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
  for (unsigned i = 0; i < f->count; i++) make_item(f, place_at(f, i));
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

static void read_one(struct gh_feed *f, const struct gh_source_record *r)
{
  struct gh_feed_place *p = place_at(f, f->count++);
  gh_buf_clear(&p->raw);
  gh_buf_add_str(&p->raw, r->bytes);
  p->read = *r;
  p->read.bytes = gh_buf_str(&p->raw);
  p->hint = (struct gh_hint){0};
  make_item(f, p);
  fetch_ahead(f);
}

/* That there was nothing, told before what stood ahead was given, may have been long ago: it is asked again, for timers fire by that answer. */
enum gh_source_answer gh_feed_next(struct gh_feed *f, struct gh_feed_item *item)
{
  if (f->count == 0 && f->answer == GH_SOURCE_NOTHING) f->answer = GH_SOURCE_RECORD;
  while (f->count < GH_FEED_AHEAD && f->answer == GH_SOURCE_RECORD) {
    struct gh_source_record r;
    f->answer = gh_source_next(f->source, &r);
    if (f->answer == GH_SOURCE_RECORD) read_one(f, &r);
  }
  if (f->count == 0) return f->answer;
  const struct gh_feed_place *p = place_at(f, 0);
  *item = p->item;
  f->first = (f->first + 1) % GH_FEED_AHEAD;
  f->count--;
  f->records++;
  f->bytes += item->in.raw.len + 1;
  return GH_SOURCE_RECORD;
}
