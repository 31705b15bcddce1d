/* The Redis stream: an entry a lead, fields `id` and `lead`, exactly once.
 *
 * A page is added by one function in the stream's slot (config/redis/sink.lua), which passes over leads that were added before: a page that comes again
 * after a kill, or again under other numbers because the store has lost its tail, adds what is missing and nothing else.
 *
 *   hold   our token stands in the holders: from now on a page of whoever held the partition before is LOST, however long that one has slept
 *   begin  the place known there is behind the store's: the stream's server has lost leads; they are handed over again as far as the outbox still has them. A new
 *          sink's first place is told there before its first page, and that it was told stands in the mark: none there means from then on that all was lost
 *   write  slices of a page, each two calls: one that is there or not, and one that does what it says
 */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/buf.h"
#include "goldhour/base/check.h"
#include "inside.h"
#include "sign.h"
#include "stream_call.h"

#define KEEP_IDS_MS "3600000"
#define PAGE_LEADS 1024u
#define CALL_LEADS 256u        /* Redis does nothing else while a call runs: some ms */
#define CALL_BYTES (1u << 20)
#define APPLIES 100u           /* of a page, in a row */
#define TOLD "told"            /* the mark's file, where it is no name of ours */

struct stream_part {
  unsigned partition;
  char field[300], token[33];
  char ids[900];               /* the key */
  int64_t had;                 /* the place that the server told last */
  uint64_t last;               /* the store's last lead, as hold was told */
};

struct stream {
  struct gh_sink sink;
  struct gh_redis *own;        /* NULL: the store's is used */
  struct gh_stream_caller caller;
  char *installation;          /* owned */
  char name[520], slot[520], holders[560];
  bool shared;
  struct stream_part *parts; unsigned nparts; /* owned */
};

static void close_sink(struct gh_sink *s)
{
  struct stream *o = (struct stream *)s;
  if (o->own) gh_redis_close(o->own);
  free(o->installation);
  free(o->parts);
  free(o);
}

static struct stream_part *find_part(const struct stream *o, unsigned partition)
{
  for (unsigned i = 0; i < o->nparts; i++) {
    if (o->parts[i].partition == partition) return &o->parts[i];
  }
  return NULL;
}

static struct stream_part *part_of(struct stream *o, unsigned partition)
{
  struct stream_part *known = find_part(o, partition);
  if (known) return known;
  o->parts = realloc(o->parts, (o->nparts + 1) * sizeof *o->parts);
  GH_CHECK(o->parts && "out of memory");
  struct stream_part *p = &o->parts[o->nparts++];
  *p = (struct stream_part){.partition = partition, .had = -1};
  return p;
}

static void set_field(struct stream *o, struct stream_part *p, const char *whose)
{
  snprintf(p->field, sizeof p->field, "%s:p%u", whose, p->partition);
  snprintf(p->ids, sizeof p->ids, "gh:{%s}:ids:%s", o->slot, p->field);
}

static void forget(struct gh_sink *s, unsigned partition)
{
  struct stream *o = (struct stream *)s;
  struct stream_part *p = find_part(o, partition);
  if (p) *p = o->parts[--o->nparts]; /* none: the partition was taken away before its first page */
}

/* The mark's bytes say from which lead on none was added: a place there that is before it has not gone back. 0: the last one was. */
static void skip(struct gh_sink *s, struct gh_sink_mark *mark, uint64_t number)
{
  (void)s, (void)number;
  if (mark->bytes == 0) mark->bytes = (int64_t)mark->number + 1;
}

static struct gh_stream_request request_of(const struct stream *o, const struct stream_part *p, enum gh_stream_function f)
{
  return (struct gh_stream_request){.function = f, .keys = {gh_str(o->name), gh_str(p->ids), gh_str(o->holders)}};
}

static bool call(struct stream *o, const struct gh_stream_request *request, struct gh_stream_answer *answer, struct gh_sink_error *error)
{
  return gh_stream_call(&o->caller, request, answer) || gh_sink_fail(&o->sink, error, "%s", answer->error);
}

static void random_hex(char out[33])
{
  unsigned char random[16];
  GH_CHECK(RAND_bytes(random, sizeof random) == 1);
  gh_hex(random, sizeof random, out);
}

static bool is_word(const struct gh_stream_answer *answer, const char *word) { return strcmp(answer->word, word) == 0; }

static bool crowded(const struct stream *o, struct gh_sink_error *error)
{
  return gh_sink_fail(&o->sink, error, "others write to the stream so fast that a page does not get in: give the leads a stream of their own");
}

/* Does what a page has left to do, whosever it was. Others who write to the stream may come in between; not for ever. */
static bool apply(struct stream *o, struct stream_part *p, struct gh_sink_error *error)
{
  struct gh_stream_request request = request_of(o, p, GH_STREAM_APPLY);
  struct gh_stream_answer answer;
  for (unsigned i = 0; i < APPLIES; i++) {
    if (!call(o, &request, &answer, error)) return false;
    if (!is_word(&answer, "AGAIN")) return true;
  }
  return crowded(o, error);
}

/* `first`: the place of whom no place is known there; empty: it stays so. */
static bool tell_place(struct stream *o, struct stream_part *p, struct gh_str first, struct gh_sink_error *error)
{
  char last[24];
  snprintf(last, sizeof last, "%llu", (unsigned long long)p->last);
  struct gh_str args[] = {gh_str(p->field), gh_str(p->token), gh_str(last), first};
  struct gh_stream_request request = request_of(o, p, GH_STREAM_HOLD);
  struct gh_stream_answer answer;
  request.args = args;
  request.nargs = 4;
  if (!apply(o, p, error) || !call(o, &request, &answer, error)) return false;
  p->had = answer.number;
  return true;
}

static bool hold(struct gh_sink *s, unsigned partition, uint64_t last, struct gh_sink_error *error)
{
  struct stream *o = (struct stream *)s;
  struct stream_part *p = part_of(o, partition);
  p->last = last;
  p->field[0] = '\0';
  if (!o->shared) return true;
  set_field(o, p, o->installation);
  random_hex(p->token);
  return tell_place(o, p, GH_STR(""), error);
}

/* A store of one process alone has no name that tells it from others that write to the same stream: it gets a random one, kept in the mark. */
static bool name_ours(struct stream *o, struct stream_part *p, struct gh_sink_mark *mark, struct gh_sink_begun *begun, struct gh_sink_error *error)
{
  if (!mark->file[0]) {
    random_hex(mark->file);
    begun->changed = true;
  }
  set_field(o, p, mark->file);
  if (tell_place(o, p, GH_STR(""), error)) return true;
  p->field[0] = '\0';
  return false;
}

/* No place is known there: that of a new sink, or, once one was told, of a server that has lost everything. */
static bool found(struct stream *o, struct stream_part *p, uint64_t place, struct gh_sink_error *error)
{
  char first[24];
  snprintf(first, sizeof first, "%llu", (unsigned long long)place);
  return tell_place(o, p, gh_str(first), error);
}

static bool begin(struct gh_sink *s, unsigned partition, struct gh_sink_mark *mark, struct gh_sink_begun *begun, struct gh_sink_error *error)
{
  struct stream *o = (struct stream *)s;
  struct stream_part *p = part_of(o, partition);
  bool told = mark->file[0] != '\0';
  if (!p->field[0] && !name_ours(o, p, mark, begun, error)) return false;
  if (p->had < 0 && !found(o, p, told ? 0 : mark->number, error)) return false;
  if (!mark->file[0]) {
    snprintf(mark->file, sizeof mark->file, TOLD);
    begun->changed = true;
  }
  uint64_t all = mark->bytes > 0 ? (uint64_t)mark->bytes - 1 : mark->number;
  if (p->had < 0 || (uint64_t)p->had >= all) return true;
  mark->number = (uint64_t)p->had;
  mark->bytes = 0;
  begun->changed = true;
  return true;
}

/* ── writing ── */

/* The leads of one call. */
static unsigned slice(const struct gh_sink_lead *leads, unsigned n)
{
  size_t bytes = 0;
  unsigned i = 0;
  for (; i < n && i < CALL_LEADS && (i == 0 || bytes + leads[i].json.len <= CALL_BYTES); i++) bytes += leads[i].json.len;
  return i;
}

/* Adds a page and does what it leaves to do, which the words and the number of `answers` tell. */
static bool add(struct stream *o, const struct gh_sink_page *page, struct gh_stream_answer answers[2], struct gh_sink_error *error)
{
  struct stream_part *p = part_of(o, page->partition);
  struct gh_str args[5 + 3 * CALL_LEADS];
  char had[24], keep[24], numbers[CALL_LEADS][24];
  snprintf(had, sizeof had, "%lld", (long long)p->had);
  snprintf(keep, sizeof keep, "%lld", (long long)o->sink.conf->keep_ms);
  unsigned at = 0;
  args[at++] = gh_str(p->field);
  args[at++] = gh_str(p->token);
  args[at++] = gh_str(had);
  args[at++] = GH_STR(KEEP_IDS_MS);
  args[at++] = gh_str(keep);
  for (unsigned i = 0; i < page->n; i++) {
    snprintf(numbers[i], sizeof numbers[i], "%llu", (unsigned long long)page->leads[i].number);
    args[at++] = gh_str(numbers[i]);
    args[at++] = page->leads[i].id;
    args[at++] = page->leads[i].json;
  }
  struct gh_stream_request both[2] = {request_of(o, p, GH_STREAM_ADD), request_of(o, p, GH_STREAM_APPLY)};
  both[0].args = args;
  both[0].nargs = at;
  return gh_stream_call_two(&o->caller, both, answers) || gh_sink_fail(&o->sink, error, "%s", answers[0].error);
}

static enum gh_sink_answer write_page(struct gh_sink *s, const struct gh_sink_page *page, struct gh_sink_mark *mark, unsigned *taken, struct gh_sink_error *error)
{
  struct stream *o = (struct stream *)s;
  struct stream_part *p = part_of(o, page->partition);
  for (unsigned tries = 0; *taken < page->n;) {
    struct gh_sink_page part = {page->partition, page->leads + *taken, slice(page->leads + *taken, page->n - *taken)};
    struct gh_stream_answer answers[2], *added = &answers[0];
    if (!add(o, &part, answers, error)) return GH_SINK_FAILED;
    if (is_word(added, "APPLY")) { /* that has been done, most likely, right behind it */
      if (!apply(o, p, error) || (++tries > APPLIES && !crowded(o, error))) return GH_SINK_FAILED;
      continue;
    }
    bool kept = is_word(added, "KEPT"), left = !is_word(&answers[1], "APPLIED") || answers[1].number == 0; /* overtaken on its way, or put off */
    if (kept && left && !apply(o, p, error)) return GH_SINK_FAILED;
    if (!kept && !is_word(added, "ADDED")) {
      gh_sink_fail(s, error, "%s", is_word(added, "LOST") ? "another process hands over this partition's leads" : "the server has lost leads");
      return GH_SINK_LOST;
    }
    p->had = added->number;
    mark->bytes = 0;
    *taken += part.n;
    tries = 0;
  }
  return GH_SINK_TAKEN;
}

static uint64_t breaks(const struct gh_sink *s)
{
  const struct stream *o = (const struct stream *)s;
  if (!o->own) return GH_SINK_NEVER;
  struct gh_redis_health health = gh_redis_health(o->own);
  return health.reconnects + health.moved;
}

/* ── opening ── */

static const struct gh_sink_ops ops = {.server = true, .knows_its_leads = true, .page_leads = PAGE_LEADS, .close = close_sink, .hold = hold, .begin = begin, .write = write_page,
    .skip = skip, .forget = forget, .breaks = breaks};

/* What a Cluster hashes of the stream's name: its hash tag, or all of it. Our other keys lie in the same slot. */
static bool set_names(struct stream *o, struct gh_str stream, struct gh_sink_error *error)
{
  if (stream.len == 0 || stream.len > 512) return gh_sink_fail(&o->sink, error, "the stream's name has 1 to 512 bytes");
  snprintf(o->name, sizeof o->name, "%.*s", GH_FMT(stream));
  const char *open = strchr(o->name, '{'), *close = open ? strchr(open, '}') : NULL;
  bool tagged = close && close > open + 1;
  if (tagged) snprintf(o->slot, sizeof o->slot, "%.*s", (int)(close - open - 1), open + 1);
  else memcpy(o->slot, o->name, sizeof o->slot);
  if (!tagged && strchr(o->name, '}')) return gh_sink_fail(&o->sink, error, "the stream's name has a '}' that ends no hash tag");
  snprintf(o->holders, sizeof o->holders, "gh:{%s}:holders", o->slot);
  return true;
}

static bool open_redis(struct stream *o, const struct gh_sink_options *options, struct gh_sink_error *error)
{
  struct gh_redis_error why;
  if (options->conf->own_redis) o->own = gh_redis_open(&options->conf->redis, options->dir, "goldhour-sink", &why);
  if (options->conf->own_redis && !o->own) return gh_sink_fail(&o->sink, error, "%s", why.text);
  o->caller = (struct gh_stream_caller){.redis = o->own ? o->own : options->redis, .cut = &o->sink.cut};
  return o->caller.redis || gh_sink_fail(&o->sink, error, "it has no server: the store is not Redis; write {redis: {stream: …, url: redis://…}}");
}

struct gh_sink *gh_sink_stream_open(const struct gh_sink_options *options, struct gh_sink_error *error)
{
  struct stream *o = calloc(1, sizeof *o);
  GH_CHECK(o && "out of memory");
  o->sink.ops = &ops;
  o->sink.conf = options->conf;
  o->shared = options->shared;
  o->installation = strndup(options->installation.ptr, options->installation.len);
  GH_CHECK(o->installation && "out of memory");
  if (set_names(o, options->conf->stream, error) && open_redis(o, options, error)) return &o->sink;
  close_sink(&o->sink);
  return NULL;
}

bool gh_sink_stream_try(const struct gh_sink_options *options, struct gh_sink_error *error)
{
  struct gh_sink *s = gh_sink_stream_open(options, error);
  struct stream *o = (struct stream *)s;
  struct stream_part p = {0};
  struct gh_stream_answer answer;
  if (!s) return false;
  set_field(o, &p, "check");
  struct gh_stream_request request = request_of(o, &p, GH_STREAM_RIGHTS);
  bool ok = call(o, &request, &answer, error);
  close_sink(s);
  return ok;
}
