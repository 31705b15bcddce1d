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

bool gh_feed_open(struct gh_feed *f, const struct gh_set *set, const struct gh_feed_options *options, char error[512])
{
  *f = (struct gh_feed){.input = options->input, .set = set, .path = options->path ? strdup(options->path) : NULL};
  f->csv = options->input == GH_FEED_PROFILES && is_csv(options->path);
  if (f->csv && !read_header(f, error)) return false;
  f->decoder = make_decoder(f, set, error);
  if (!f->decoder) return false;
  f->source = open_source(f, options->follow, options->from, error);
  return f->source != NULL;
}

void gh_feed_close(struct gh_feed *f)
{
  gh_source_close(f->source);
  gh_decoder_free(f->decoder);
  free((char *)f->header.ptr);
  free(f->path);
  *f = (struct gh_feed){0};
}

bool gh_feed_decode_by(struct gh_feed *f, const struct gh_set *set, char error[512])
{
  struct gh_decoder *d = make_decoder(f, set, error);
  if (!d) return false;
  gh_decoder_free(f->decoder);
  f->decoder = d;
  f->set = set;
  return true;
}

static enum gh_decoded decode(struct gh_feed *f, const struct gh_source_record *r)
{
  if (r->too_long) {
    f->record.reason = "too_long";
    f->record.detail = GH_STR("it is longer than record_bytes");
    return GH_DECODED_BAD;
  }
  if (f->input == GH_FEED_EVENTS) return gh_decode(f->decoder, r->bytes, &f->record);
  if (!f->csv) return gh_decode_profile(f->decoder, r->bytes, &f->record);
  return r->at_record == 1 ? GH_DECODED_BLANK : gh_decode_csv(f->decoder, r->bytes, &f->record);
}

static void give(struct gh_feed *f, const struct gh_source_record *r, struct gh_feed_item *item)
{
  item->in = (struct gh_input){.kind = GH_IN_SKIP, .place = {f->input, r->next_offset, r->next_record},
                               .raw = r->bytes, .at_offset = r->at_offset, .at_record = r->at_record};
  switch (decode(f, r)) {
  case GH_DECODED:
    item->note = GH_FEED_TAKEN;
    item->in.kind = f->input == GH_FEED_EVENTS ? GH_IN_EVENT : GH_IN_PROFILE;
    item->in.event = &f->record.event;
    return;
  case GH_DECODED_BLANK: item->note = GH_FEED_BLANK; return;
  case GH_DECODED_OTHER: item->note = GH_FEED_UNNAMED; return;
  case GH_DECODED_BAD:
    item->note = GH_FEED_REFUSED;
    item->reason = gh_str(f->record.reason);
    item->detail = f->record.detail;
    return;
  }
  GH_IMPOSSIBLE();
}

enum gh_source_answer gh_feed_next(struct gh_feed *f, struct gh_feed_item *item)
{
  struct gh_source_record r;
  enum gh_source_answer answer = gh_source_next(f->source, &r);
  if (answer != GH_SOURCE_RECORD) return answer;
  f->records++;
  f->bytes += r.bytes.len + 1;
  give(f, &r, item);
  return GH_SOURCE_RECORD;
}
