#include "sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cmd.h"
#include "goldhour/base/buf.h"
#include "goldhour/base/time.h"
#include "goldhour/decode/kcat.h"
#include "goldhour/model/lead.h"

struct counts { unsigned long records, events, profiles, other, bad, printed, kcat; };

struct sample {
  const struct gh_set *set;
  struct gh_decoder *decoder;
  struct gh_kcat *kcat; /* NULL: lines are the messages' bytes */
  unsigned long limit;
  struct counts counts;
  struct gh_buf out;
};

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

/* row: of a line that holds several, from 1; 0: there is only one. */
static void show(struct sample *s, unsigned long line, unsigned row, enum gh_decoded what, const struct gh_record *r)
{
  struct gh_buf *out = &s->out;
  s->counts.printed++;
  gh_buf_clear(out);
  gh_buf_fmt(out, "{\"line\":%lu", line);
  if (row > 0) gh_buf_fmt(out, ",\"row\":%u", row);
  if (what == GH_DECODED) add_event(out, &r->event, s->set->zone);
  if (what == GH_DECODED_BAD) add_refusal(out, r);
  if (what == GH_DECODED_OTHER) gh_buf_fmt(out, ",\"passed_over\":true");
  gh_buf_fmt(out, "}\n");
  fwrite(out->data, 1, out->len, stdout);
}

static void take(struct sample *s, unsigned long line, unsigned row, enum gh_decoded what, const struct gh_record *r)
{
  count(&s->counts, what, r);
  if (s->counts.printed < s->limit) show(s, line, row, what, r);
}

/* Every row of a message. */
static void decode_message(struct sample *s, unsigned long line, const struct gh_message *m)
{
  struct gh_record r;
  enum gh_decoded what = gh_decode_message(s->decoder, m, &r);
  if (what == GH_DECODED_BLANK) return;
  unsigned row = r.more ? 1 : 0;
  take(s, line, row, what, &r);
  while (r.more) {
    what = gh_decode_more(s->decoder, &r);
    take(s, line, ++row, what, &r);
  }
}

static bool blank(struct gh_str line)
{
  for (size_t i = 0; i < line.len; i++)
    if (!strchr(" \t\r", line.ptr[i])) return false;
  return true;
}

/* A line as `kcat -J` prints it: an event may have a member `topic`, but hardly a `payload` beside it. */
static bool like_kcat(struct gh_str line)
{
  const char *why;
  struct gh_message m;
  if (!gh_str_starts(line, GH_STR("{\"topic\":"))) return false;
  struct gh_kcat *k = gh_kcat_new();
  bool like = gh_kcat_read(k, line, &m, &why);
  gh_kcat_free(k);
  return like;
}

static void decode_line(struct sample *s, unsigned long line, struct gh_str bytes)
{
  const char *why;
  struct gh_message m = {.bytes = bytes};
  if (blank(bytes)) return;
  s->counts.kcat += !s->kcat && like_kcat(bytes);
  if (!s->kcat || gh_kcat_read(s->kcat, bytes, &m, &why)) {
    decode_message(s, line, &m);
    return;
  }
  struct gh_record r = {.reason = "bad_json", .detail = gh_str(why)};
  take(s, line, 0, GH_DECODED_BAD, &r);
}

static void decode_lines(struct sample *s, FILE *in)
{
  char *bytes = NULL;
  size_t cap = 0;
  ssize_t n;
  for (unsigned long line = 1; (n = getline(&bytes, &cap, in)) >= 0; line++) {
    if (n > 0 && bytes[n - 1] == '\n') n--;
    decode_line(s, line, gh_str_n(bytes, (size_t)n));
  }
  free(bytes);
}

static struct counts decode_file(const struct gh_set *set, FILE *in, bool kcat, unsigned long limit)
{
  struct sample s = {.set = set, .limit = limit};
  s.decoder = gh_decoder_new(&set->conf, set->schema, set->mapping, set->zone);
  if (kcat) s.kcat = gh_kcat_new();
  decode_lines(&s, in);
  gh_buf_free(&s.out);
  gh_kcat_free(s.kcat);
  gh_decoder_free(s.decoder);
  return s.counts;
}

int gh_cli_sample(const struct gh_set *set, const char *path, bool kcat, unsigned long limit)
{
  bool standard = strcmp(path, "-") == 0;
  FILE *in = standard ? stdin : fopen(path, "re");
  if (!in) {
    fprintf(stderr, "goldhour check: can't read '%s': %s\n", path, strerror(errno));
    return GH_EXIT_FAILED;
  }
  struct counts c = decode_file(set, in, kcat, limit);
  bool failed = ferror(in) != 0;
  if (failed) fprintf(stderr, "goldhour check: '%s': %s\n", path, strerror(errno));
  if (!standard) fclose(in);
  if (c.kcat > 0) fprintf(stderr, "goldhour check: lines such as `kcat -J` prints them are read as messages here: say --format kcat\n");
  printf("%lu records: %lu events, %lu changes of profile, %lu passed over, %lu refused\n", c.records, c.events, c.profiles, c.other, c.bad);
  return failed || c.bad ? GH_EXIT_FAILED : 0;
}
