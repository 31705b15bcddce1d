/* dlq replay: letters to where they were meant to go. A page is sent, made sure of, then dropped. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"
#include "dlq.h"
#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "goldhour/kafka/kafka.h"
#include "goldhour/model/message.h"
#include "goldhour/sink/sink.h"
#include "stop.h"

#define WITHIN_MS INT64_C(30000)
#define TOLD 5u /* letters told one by one that could not be sent */

/* A sink that a letter names, opened when the first of its leads comes. */
struct target {
  const struct gh_sink_conf *conf;
  struct gh_sink *sink;       /* Kafka, webhook */
  struct gh_redis *redis;     /* a stream's own server; NULL: the store's, or not opened */
};

struct replay {
  struct gh_dlq *d;
  bool keep;
  struct gh_kafka_producer *producer; /* of the source's topic; NULL: not opened */
  struct target *targets;     /* a row a sink of the configuration; owned */
  bool printed;               /* something went to standard output */
  struct { bool any; unsigned partition; uint64_t offset, hash; } last; /* the record that was sent last */
  bool alone;                 /* each record of the source is made sure of by itself */
  bool too_large;             /* one of them, or of what went with it, is larger than the topic takes */
  uint64_t sent, left;
  unsigned dropped;
  char why[600];              /* why this letter cannot be sent */
};

enum outcome { SENT, LEFT, BROKEN }; /* LEFT: this one cannot be sent; BROKEN: none can, now */

static enum outcome leave(struct replay *r, const char *why)
{
  snprintf(r->why, sizeof r->why, "%s", why);
  return LEFT;
}

static enum outcome broken(const char *why)
{
  fprintf(stderr, "goldhour dlq: %s\n", why);
  return BROKEN;
}

/* ── messages of the source ── */

static const struct gh_pair *headers_of(const struct gh_dead_letter *l, struct gh_arena *arena, unsigned *n)
{
  const struct gh_header *headers = NULL;
  if (!gh_headers_unpack(l->headers, arena, &headers, n) || *n == 0) return NULL;
  struct gh_pair *pairs = gh_arena_zero(arena, *n, sizeof *pairs);
  for (unsigned i = 0; i < *n; i++) pairs[i] = (struct gh_pair){.name = headers[i].name, .value = headers[i].value};
  return pairs;
}

static enum outcome to_source(struct replay *r, const struct gh_dlq_letter *l, struct gh_arena *arena)
{
  const struct gh_kafka_source_conf *kafka = &r->d->conf->kafka;
  struct gh_kafka_error error;
  if (!r->producer) r->producer = gh_kafka_producer_open_large(&kafka->kafka, r->d->conf->dir, &error);
  if (!r->producer) return broken(error.text);
  struct gh_kafka_out out = {.topic = kafka->topics[0], .key = l->letter.key, .partition = (int32_t)l->partition};
  if (l->letter.raw.len) out.bytes = l->letter.raw; /* else it had no value: a CloudEvent's attributes may be all there is */
  out.headers = headers_of(&l->letter, arena, &out.nheaders);
  bool sent = gh_kafka_produce(r->producer, &out, WITHIN_MS, &error) && (!r->alone || gh_kafka_flush(r->producer, WITHIN_MS, &error));
  if (sent) return SENT;
  return error.too_large ? leave(r, error.text) : broken(error.text);
}

/* Whoever looks at a terminal would see the only copy scroll away. */
static enum outcome to_stdout(struct replay *r, struct gh_str bytes)
{
  if (!r->keep && isatty(STDOUT_FILENO))
    return broken("these lines go to standard output: append them to the source, as in … >> events.jsonl, or look at them with --keep");
  r->printed = true;
  return fwrite(bytes.ptr, 1, bytes.len, stdout) == bytes.len && putchar('\n') != EOF ? SENT : broken("standard output cannot be written");
}

/* ── leads of a sink ── */

static struct target *target_of(struct replay *r, struct gh_str name)
{
  const struct gh_conf *conf = r->d->conf;
  for (unsigned i = 0; i < conf->nsinks; i++) {
    r->targets[i].conf = &conf->sinks[i];
    if (gh_str_eq(conf->sinks[i].name, name)) return &r->targets[i];
  }
  return NULL;
}

/* The lead's id: its JSON begins with it (gh_lead_json). */
static struct gh_str id_of(struct gh_str json)
{
  const struct gh_str head = GH_STR("{\"id\":\"");
  if (!gh_str_starts(json, head)) return gh_str("");
  struct gh_str rest = gh_str_n(json.ptr + head.len, json.len - head.len);
  const char *end = memchr(rest.ptr, '"', rest.len);
  return end ? gh_str_n(rest.ptr, (size_t)(end - rest.ptr)) : gh_str("");
}

static enum outcome to_sink(struct replay *r, struct target *t, const struct gh_dlq_letter *l)
{
  struct gh_sink_error error;
  const struct gh_conf *conf = r->d->conf;
  const struct gh_sink_options o = {.conf = t->conf, .kafka = conf->source == GH_SOURCE_KAFKA ? &conf->kafka.kafka : NULL,
      .dir = conf->dir};
  if (!t->sink) t->sink = gh_sink_open(&o, &error);
  if (!t->sink) return broken(error.text);
  const struct gh_sink_lead lead = {l->letter.record, id_of(l->letter.raw), l->letter.raw};
  const struct gh_sink_page page = {l->partition, &lead, 1};
  struct gh_sink_mark mark = {0};
  struct gh_sink_begun begun;
  unsigned taken = 0;
  if (!gh_sink_begin(t->sink, l->partition, &mark, &begun, &error)) return broken(error.text);
  enum gh_sink_answer answer = gh_sink_write(t->sink, &page, &mark, &taken, &error);
  if (answer == GH_SINK_TAKEN) return SENT;
  return answer == GH_SINK_REFUSED ? leave(r, error.text) : broken(error.text);
}

/* The stream's own function would take the lead for one that it had: it is added by hand, and its id says that it may have been there. */
static enum outcome to_stream(struct replay *r, struct target *t, const struct gh_dlq_letter *l, struct gh_str id)
{
  struct gh_redis_error error;
  struct gh_arena arena;
  struct gh_reply reply;
  if (t->conf->own_redis && !t->redis) t->redis = gh_redis_open(&t->conf->redis, r->d->conf->dir, "goldhour-dlq", &error);
  if (t->conf->own_redis && !t->redis) return broken(error.text);
  if (!t->redis && !r->d->stores) return leave(r, "the stream has no server: neither its own nor the store's");
  const struct gh_str argv[] = {GH_STR("XADD"), t->conf->stream, GH_STR("*"), GH_STR("id"), id, GH_STR("lead"), l->letter.raw};
  const struct gh_redis_command c = {.argv = argv, .argc = 7, .key = t->conf->stream, .within_ms = WITHIN_MS};
  gh_arena_init(&arena, 0);
  bool ok = gh_redis_call(t->redis ? t->redis : gh_stores_redis(r->d->stores), &c, &arena, &reply, &error);
  gh_arena_free(&arena);
  return ok ? SENT : broken(error.text);
}

static enum outcome to_named(struct replay *r, const struct gh_dlq_letter *l)
{
  struct target *t = target_of(r, l->letter.input);
  if (!t) return leave(r, "no sink of this name is configured: dlq show --raw gives the lead");
  switch (t->conf->kind) {
  case GH_SINK_STDOUT:
  case GH_SINK_FILE: return to_stdout(r, l->letter.raw);
  case GH_SINK_REDIS: return to_stream(r, t, l, id_of(l->letter.raw));
  case GH_SINK_KAFKA:
  case GH_SINK_WEBHOOK: return to_sink(r, t, l);
  }
  GH_IMPOSSIBLE();
}

/* ── pages ── */

/* Value, key and headers are kept together, or none of them. */
static bool was_kept(const struct gh_dead_letter *l)
{
  return l->raw.len > 0 || l->headers.len > 0;
}

static bool is_of_the_source(const struct replay *r, const struct gh_dlq_letter *l)
{
  return r->d->conf->source == GH_SOURCE_KAFKA && gh_str_eq(l->letter.input, GH_STR("events"));
}

/* The rows of one record are letters that stand one behind the other: it is sent once. */
static enum outcome send_record(struct replay *r, const struct gh_dlq_letter *l, struct gh_arena *arena)
{
  uint64_t hash = gh_hash(l->letter.raw);
  if (r->last.any && r->last.partition == l->partition && r->last.offset == l->letter.offset && r->last.hash == hash) return SENT;
  enum outcome outcome = is_of_the_source(r, l) ? to_source(r, l, arena) : to_stdout(r, l->letter.raw);
  r->last.any = outcome == SENT;
  r->last.partition = l->partition;
  r->last.offset = l->letter.offset;
  r->last.hash = hash;
  return outcome;
}

static enum outcome send_letter(struct replay *r, const struct gh_dlq_letter *l, struct gh_arena *arena)
{
  if (!was_kept(&l->letter)) return leave(r, "the record itself was not kept");
  if (gh_str_eq(l->letter.reason, GH_STR("too_long"))) return leave(r, "only its beginning was kept");
  if (gh_str_eq(l->letter.input, GH_STR("events"))) return send_record(r, l, arena);
  return gh_str_eq(l->letter.input, GH_STR("profiles")) ? to_stdout(r, l->letter.raw) : to_named(r, l);
}

static void tell_left(struct replay *r, const struct gh_dlq_letter *l)
{
  char name[48];
  gh_dlq_name(r->d, l, name);
  if (r->left++ < TOLD) fprintf(stderr, "goldhour dlq: %s stays: %s\n", name, r->why);
}

/* Sends a page; what cannot be sent is taken out of it. `alone`: of a page that was sent before, the records of the source once more. */
static bool send_page(struct replay *r, struct gh_dlq_page *page)
{
  unsigned sent = 0;
  bool ok = true;
  for (unsigned i = 0; ok && i < page->n; i++) {
    bool done = r->alone && !is_of_the_source(r, &page->letters[i]);
    enum outcome outcome = done ? SENT : send_letter(r, &page->letters[i], &page->arena);
    ok = outcome != BROKEN;
    if (outcome == LEFT) tell_left(r, &page->letters[i]);
    if (outcome == SENT) page->letters[sent++] = page->letters[i];
  }
  page->n = sent;
  return ok;
}

static bool make_sure(struct replay *r)
{
  struct gh_kafka_error error;
  r->too_large = false;
  if (r->producer && !gh_kafka_flush(r->producer, WITHIN_MS, &error)) {
    r->too_large = error.too_large;
    return r->too_large || broken(error.text) == SENT;
  }
  if (!r->printed) return true;
  if (fflush(stdout) != 0 || ferror(stdout)) return broken("standard output cannot be written") == SENT;
  return fdatasync(STDOUT_FILENO) == 0 || errno == EINVAL || errno == EROFS || broken("standard output cannot be written") == SENT;
}

/* Which record it is that is too large is not said, or whether only their sum is. */
static bool send_each_alone(struct replay *r, struct gh_dlq_page *page)
{
  r->alone = true;
  r->last.any = false;
  bool ok = send_page(r, page);
  r->alone = false;
  return make_sure(r) && ok;
}

static bool replay_page(struct replay *r, struct gh_dlq_page *page)
{
  bool ok = send_page(r, page);
  if (page->n > 0 && !make_sure(r)) return false;
  if (page->n > 0 && r->too_large) ok = send_each_alone(r, page) && ok;
  r->sent += page->n;
  return (r->keep || gh_dlq_drop(r->d, page, &r->dropped)) && ok;
}

static void close_all(struct replay *r)
{
  if (r->producer) gh_kafka_producer_close(r->producer);
  for (unsigned i = 0; i < r->d->conf->nsinks; i++) {
    if (r->targets[i].sink) gh_sink_close(r->targets[i].sink);
    if (r->targets[i].redis) gh_redis_close(r->targets[i].redis);
  }
  free(r->targets);
}

int gh_dlq_replay(struct gh_dlq *d, bool keep)
{
  static struct gh_dlq_page page;
  struct replay r = {.d = d, .keep = keep, .targets = calloc(d->conf->nsinks + 1, sizeof *r.targets)};
  struct gh_dlq_cursor cursor = {0};
  bool ok;
  GH_CHECK(r.targets && "out of memory");
  gh_arena_init(&page.arena, 0);
  while ((ok = gh_dlq_next(d, &cursor, &page)) && page.n && !gh_cli_stopped()) {
    ok = replay_page(&r, &page);
    if (!ok) break;
  }
  gh_arena_free(&page.arena);
  close_all(&r);
  fprintf(stderr, "goldhour dlq: %" PRIu64 " sent again, %u dropped", r.sent, r.dropped);
  if (r.left) fprintf(stderr, ", %" PRIu64 " cannot be sent and stay", r.left);
  fprintf(stderr, "\n");
  return ok && !r.left && !gh_cli_stopped() ? 0 : GH_EXIT_FAILED;
}
