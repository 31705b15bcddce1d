#include "profile_lines.h"

#include <stdio.h>
#include <string.h>

bool gh_profile_lines_open(struct gh_profile_lines *l, const struct gh_set *set, const char *path, char error[512])
{
  struct gh_source_error e;
  *l = (struct gh_profile_lines){.path = path, .csv = gh_csv_named(path)};
  const struct gh_source_options o = {.path = path, .record_bytes = (size_t)set->conf.record_bytes,
      .complete = l->csv ? gh_csv_complete : NULL};
  l->source = gh_source_open(&o, &e);
  if (!l->source) snprintf(error, 512, "%s", e.text);
  else l->decoder = gh_decoder_new(&set->conf, set->schema, set->mapping, set->zone);
  return l->source != NULL;
}

void gh_profile_lines_close(struct gh_profile_lines *l)
{
  if (l->source) gh_source_close(l->source);
  if (l->decoder) gh_decoder_free(l->decoder);
  l->source = NULL;
  l->decoder = NULL;
}

static bool read_header(struct gh_profile_lines *l, struct gh_str line, char error[512])
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  l->header_read = gh_decoder_csv_header(l->decoder, line, &faults);
  for (const struct gh_fault *f = faults.first; f; f = f->next) {
    if (f->warning) fprintf(stderr, "%s: warning: %.*s\n", l->path, GH_FMT(f->message));
    else snprintf(error, 512, "%s: %.*s", l->path, GH_FMT(f->message));
  }
  gh_faults_free(&faults);
  return l->header_read;
}

static enum gh_profile_line refuse(struct gh_profile_lines *l, const char *reason, struct gh_str detail)
{
  l->record.reason = reason;
  l->record.detail = detail;
  return GH_LINE_REFUSED;
}

static enum gh_profile_line decode(struct gh_profile_lines *l, const struct gh_source_record *r, char error[512])
{
  if (r->too_long) return refuse(l, "too_long", GH_STR("it is longer than record_bytes"));
  if (l->csv && !l->header_read) return read_header(l, r->bytes, error) ? GH_LINE_PASSED : GH_LINE_FAILED;
  switch (l->csv ? gh_decode_csv(l->decoder, r->bytes, &l->record) : gh_decode_profile(l->decoder, r->bytes, &l->record)) {
  case GH_DECODED: return GH_LINE_PROFILE;
  case GH_DECODED_BAD: return GH_LINE_REFUSED;
  default: return GH_LINE_PASSED;
  }
}

enum gh_profile_line gh_profile_lines_next(struct gh_profile_lines *l, char error[512])
{
  struct gh_source_record r;
  enum gh_source_answer answer;
  while ((answer = gh_source_next(l->source, &r)) == GH_SOURCE_NOTHING) gh_source_wait(l->source);
  l->line = r.at_record;
  if (answer == GH_SOURCE_RECORD) return decode(l, &r, error);
  if (answer == GH_SOURCE_FAILED) snprintf(error, 512, "%s: %s", l->path ? l->path : "standard input", gh_source_failure(l->source));
  else if (l->csv && !l->header_read) snprintf(error, 512, "%s: it is empty: the first line must name the fields", l->path);
  else return GH_LINE_END;
  return GH_LINE_FAILED;
}
