/* A producer that repeats nothing and loses nothing.
 *
 *   produce   the record is copied into librdkafka's queue; how many are not yet acknowledged is counted
 *   report    comes for each record, in the loop of produce and flush: acknowledged, or not and why
 *   flush     waits until none is missing; true if none failed since the last flush
 *
 * What is not delivered in the time allowed for a flush is purged, so that what the caller produces again stands in order and comes once. Any other failure ends the handle, not
 * the caller: a fatal error (the broker forgot its sequence, its id was taken) leaves a handle that takes nothing more, and a refused topic is not asked for again for minutes.
 * It is told as a failed flush, and a new handle is made for the next record.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/kafka/kafka.h"
#include "goldhour/sys/sys.h"

#define SLICE_MS 100 /* how soon being cut off is noticed */
#define END_MS 1000

struct gh_kafka_producer {
  const struct gh_kafka_conf *conf; /* borrowed */
  char *dir;                        /* owned */
  const char *message_bytes;        /* what is larger is passed over here, unless the configuration's properties say otherwise */
  rd_kafka_t *rk;                   /* NULL: to be made anew */
  uint64_t missing;                 /* produced, not yet reported */
  bool failed;                      /* since the last flush */
  bool refused;                     /* and not for want of time */
  bool hopeless;                    /* the first failure of the last that failed is people's to mend */
  struct gh_kafka_error why;        /* the first failure's */
  atomic_bool cut;                  /* nothing is waited for any more */
};

static void say(struct gh_kafka_error *error, rd_kafka_resp_err_t code, const char *topic)
{
  snprintf(error->text, sizeof error->text, "kafka: topic %s: %s (%s)", topic, gh_kafka_words(code), rd_kafka_err2name(code));
  error->too_large = code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

/* A handle that has met a fatal error drops all that it has and takes nothing more: what happened to it is the reason. */
static rd_kafka_resp_err_t cause(rd_kafka_t *rk, rd_kafka_resp_err_t code)
{
  char why[256];
  bool after = code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || code == RD_KAFKA_RESP_ERR__FATAL;
  rd_kafka_resp_err_t fatal = after ? rd_kafka_fatal_error(rk, why, sizeof why) : RD_KAFKA_RESP_ERR_NO_ERROR;
  return fatal ? fatal : code;
}

static void note_failure(struct gh_kafka_producer *p, rd_kafka_resp_err_t code, const char *topic)
{
  p->refused |= code != RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && code != RD_KAFKA_RESP_ERR__QUEUE_FULL;
  if (p->failed) return;
  p->failed = true;
  p->hopeless = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
                code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
  say(&p->why, code, topic);
}

static void reported(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
  struct gh_kafka_producer *p = opaque;
  GH_CHECK(p->missing > 0);
  p->missing--;
  if (m->err) note_failure(p, cause(rk, m->err), rd_kafka_topic_name(m->rkt));
}

/* ── the handle ── */

static bool make(struct gh_kafka_producer *p, struct gh_kafka_error *error)
{
  char why[256];
  const struct gh_kafka_property ours[] = {{"queue.buffering.max.kbytes", "65536"}, {"message.max.bytes", p->message_bytes}, {0}};
  rd_kafka_conf_t *made = gh_kafka_conf_with(p->conf, gh_str(p->dir), ours, error);
  if (!made) return false;
  rd_kafka_conf_set_dr_msg_cb(made, reported);
  rd_kafka_conf_set_opaque(made, p);
  bool ok = gh_kafka_set(made, "enable.idempotence", "true", error) && gh_kafka_set(made, "acks", "all", error) &&
            gh_kafka_set(made, "partitioner", "murmur2_random", error);
  if (ok) {
    p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, made, why, sizeof why);
    if (!p->rk) snprintf(error->text, sizeof error->text, "kafka: %s", why);
  }
  if (!p->rk) rd_kafka_conf_destroy(made);
  return p->rk != NULL;
}

/* Drops what is queued or on its way. */
static void drop(struct gh_kafka_producer *p)
{
  bool refused = p->refused;
  (void)rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  (void)rd_kafka_flush(p->rk, 100); /* takes the reports, which say that it was dropped */
  p->refused = refused;
}

static void end_handle(struct gh_kafka_producer *p)
{
  if (!p->rk) return;
  drop(p);
  gh_kafka_end(p->rk, END_MS);
  p->rk = NULL;
  p->missing = 0;
}

static struct gh_kafka_producer *open_bounded(const struct gh_kafka_conf *conf, struct gh_str dir, const char *message_bytes, struct gh_kafka_error *error)
{
  struct gh_kafka_producer *p = calloc(1, sizeof *p);
  GH_CHECK(p && "out of memory");
  p->conf = conf;
  p->message_bytes = message_bytes;
  p->dir = strndup(dir.ptr ? dir.ptr : "", dir.len);
  GH_CHECK(p->dir && "out of memory");
  if (make(p, error)) return p;
  gh_kafka_producer_close(p);
  return NULL;
}

struct gh_kafka_producer *gh_kafka_producer_open(const struct gh_kafka_conf *conf, struct gh_str dir, struct gh_kafka_error *error)
{
  return open_bounded(conf, dir, "1000000", error);
}

struct gh_kafka_producer *gh_kafka_producer_open_large(const struct gh_kafka_conf *conf, struct gh_str dir, struct gh_kafka_error *error)
{
  return open_bounded(conf, dir, "50000000", error);
}

void gh_kafka_producer_close(struct gh_kafka_producer *p)
{
  if (!p) return;
  end_handle(p);
  free(p->dir);
  free(p);
}

void gh_kafka_producer_cut(struct gh_kafka_producer *p) { atomic_store(&p->cut, true); }

/* ── producing ── */

static bool may_wait(const struct gh_kafka_producer *p, uint64_t until_ns) { return gh_monotonic_ns() < until_ns && !atomic_load(&p->cut); }

static rd_kafka_headers_t *headers_of(const struct gh_kafka_out *out)
{
  if (out->nheaders == 0) return NULL;
  rd_kafka_headers_t *headers = rd_kafka_headers_new(out->nheaders);
  for (unsigned i = 0; i < out->nheaders; i++) {
    const struct gh_pair *h = &out->headers[i];
    (void)rd_kafka_header_add(headers, h->name.ptr, (ssize_t)h->name.len, h->value.ptr, (ssize_t)h->value.len);
  }
  return headers;
}

static rd_kafka_resp_err_t put(struct gh_kafka_producer *p, const char *topic, const struct gh_kafka_out *out)
{
  rd_kafka_headers_t *headers = headers_of(out);
  rd_kafka_vu_t vus[] = {
    {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
    {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = out->partition},
    {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)out->bytes.ptr, out->bytes.len}},
    {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {out->key.len ? (void *)out->key.ptr : NULL, out->key.len}},
    {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = out->time_ms},
    {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
  };
  rd_kafka_error_t *error = rd_kafka_produceva(p->rk, vus, sizeof vus / sizeof *vus - (headers ? 0 : 1));
  rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
  if (error) rd_kafka_error_destroy(error);
  if (code && headers) rd_kafka_headers_destroy(headers); /* taken only with the record */
  return code;
}

bool gh_kafka_produce(struct gh_kafka_producer *p, const struct gh_kafka_out *out, int64_t within_ms, struct gh_kafka_error *error)
{
  char topic[256];
  uint64_t until_ns = gh_monotonic_ns() + (uint64_t)within_ms * 1000000;
  snprintf(topic, sizeof topic, "%.*s", GH_FMT(out->topic));
  error->too_large = false;
  if (!p->rk && !make(p, error)) {
    if (!p->failed) p->why = *error;
    p->failed = true;
    return false;
  }
  rd_kafka_resp_err_t code;
  p->missing++; /* its report may come at once */
  while ((code = put(p, topic, out)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && may_wait(p, until_ns)) (void)rd_kafka_poll(p->rk, 20);
  (void)rd_kafka_poll(p->rk, 0);
  if (!code) return true;
  p->missing--;
  code = cause(p->rk, code);
  say(error, code, topic);
  if (!error->too_large) note_failure(p, code, topic);
  return false;
}

bool gh_kafka_flush(struct gh_kafka_producer *p, int64_t within_ms, struct gh_kafka_error *error)
{
  char why[256];
  uint64_t until_ns = gh_monotonic_ns() + (uint64_t)within_ms * 1000000;
  while (p->rk && p->missing > 0 && may_wait(p, until_ns)) (void)rd_kafka_flush(p->rk, SLICE_MS);
  rd_kafka_resp_err_t fatal = p->rk ? rd_kafka_fatal_error(p->rk, why, sizeof why) : RD_KAFKA_RESP_ERR_NO_ERROR;
  if (fatal) note_failure(p, fatal, why);
  if (p->missing > 0) {
    note_failure(p, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "of these records");
    drop(p);
  }
  bool ok = !p->failed;
  if (!ok) *error = p->why;
  if (p->refused) end_handle(p);
  p->failed = p->refused = false;
  return ok;
}

bool gh_kafka_hopeless(const struct gh_kafka_producer *p) { return p->hopeless; }
