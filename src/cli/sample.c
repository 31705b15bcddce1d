#include "sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cmd.h"
#include "goldhour/base/buf.h"
#include "goldhour/base/time.h"
#include "goldhour/model/lead.h"

struct counts { unsigned long records, events, profiles, other, bad, printed; };

static void add_member(struct gh_buf *out, const char *name, struct gh_str text)
{
  gh_buf_fmt(out, ",\"%s\":", name);
  gh_json_string(out, text);
}

/* The event in its canonical form. */
static void add_event(struct gh_buf *out, const struct gh_event *e, const struct gh_zone *zone)
{
  add_member(out, "id", e->id);
  add_member(out, "type", e->type->name);
  add_member(out, "customer", e->customer);
  gh_buf_fmt(out, ",\"time\":");
  gh_json_value(out, gh_timestamp_ms(e->time_ms), zone);
  if (e->forget) gh_buf_fmt(out, ",\"forget\":true");
  for (unsigned i = 0; i < e->type->nfields; i++) {
    if (e->slots[i].kind == GH_ABSENT) continue;
    gh_buf_byte(out, ',');
    gh_json_string(out, e->type->fields[i].name);
    gh_buf_byte(out, ':');
    gh_json_value(out, e->slots[i], zone);
  }
}

static void add_refusal(struct gh_buf *out, const struct gh_record *r)
{
  const struct gh_decode_reason *reason = gh_decode_reason_find(gh_str(r->reason));
  add_member(out, "refused", gh_str(r->reason));
  if (r->detail.len) add_member(out, "detail", r->detail);
  if (reason && reason->hint) add_member(out, "hint", gh_str(reason->hint));
}

static void count(struct counts *c, enum gh_decoded what, const struct gh_record *r)
{
  c->records++;
  if (what == GH_DECODED_OTHER) c->other++;
  if (what == GH_DECODED_BAD) c->bad++;
  if (what == GH_DECODED && r->event.type->index == GH_CUSTOMER_TYPE) c->profiles++;
  else if (what == GH_DECODED) c->events++;
}

static void show(struct gh_buf *out, unsigned long line, enum gh_decoded what, const struct gh_record *r, const struct gh_zone *zone)
{
  gh_buf_clear(out);
  gh_buf_fmt(out, "{\"line\":%lu", line);
  if (what == GH_DECODED) add_event(out, &r->event, zone);
  if (what == GH_DECODED_BAD) add_refusal(out, r);
  if (what == GH_DECODED_OTHER) gh_buf_fmt(out, ",\"passed_over\":true");
  gh_buf_fmt(out, "}\n");
  fwrite(out->data, 1, out->len, stdout);
}

static void decode_lines(const struct gh_set *set, FILE *in, unsigned long limit, struct counts *c)
{
  struct gh_decoder *d = gh_decoder_new(&set->conf, set->schema, set->mapping, set->zone);
  struct gh_buf out = {0};
  char *bytes = NULL;
  size_t cap = 0;
  ssize_t n;
  for (unsigned long line = 1; (n = getline(&bytes, &cap, in)) >= 0; line++) {
    struct gh_record r;
    if (n > 0 && bytes[n - 1] == '\n') n--;
    enum gh_decoded what = gh_decode(d, gh_str_n(bytes, (size_t)n), &r);
    if (what == GH_DECODED_BLANK) continue;
    count(c, what, &r);
    if (c->printed >= limit) continue;
    show(&out, line, what, &r, set->zone);
    c->printed++;
  }
  free(bytes);
  gh_buf_free(&out);
  gh_decoder_free(d);
}

int gh_cli_sample(const struct gh_set *set, const char *path, unsigned long limit)
{
  struct counts c = {0};
  bool standard = strcmp(path, "-") == 0;
  FILE *in = standard ? stdin : fopen(path, "re");
  if (!in) {
    fprintf(stderr, "goldhour check: can't read '%s': %s\n", path, strerror(errno));
    return GH_EXIT_FAILED;
  }
  decode_lines(set, in, limit, &c);
  bool failed = ferror(in) != 0;
  if (failed) fprintf(stderr, "goldhour check: '%s': %s\n", path, strerror(errno));
  if (!standard) fclose(in);
  printf("%lu records: %lu events, %lu changes of profile, %lu passed over, %lu refused\n", c.records, c.events, c.profiles, c.other, c.bad);
  return failed || c.bad ? GH_EXIT_FAILED : 0;
}
