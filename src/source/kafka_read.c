/* A partition that is read: a queue of its own, from the reader's handle, which belongs to no group.
 *
 * It is started at an offset and stopped, never sought or paused: both have had defects in this librdkafka. Not asking is the back-pressure: the
 * queue fills to its share of fetch_bytes, and librdkafka fetches no more. What is given is `expected` or above; below it may lie the beginning of
 * a batch.
 *
 * Errors come in the queue like records. The end of the partition moves the place over what is no record (marks of transactions). An offset that
 * Kafka no longer holds fails the source or, if so configured, begins anew; then the first record or end says how much was lost. A batch that came
 * damaged librdkafka passes over, and where it reads on is left to chance: it is begun anew at what is expected. Everything else librdkafka mends by
 * itself: it is noted, and over when something comes or the broker says where the partition ends.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "group.h"

#define KEPT_BYTES 1024u
#define RANGE_MS 300
#define AGAIN_NS GH_SECOND_NS /* before what came damaged is fetched again: it may lie so in the broker's files */

/* ── a partition ── */

static struct part *as_part(struct gh_source *s) { return (struct part *)s; }
static const struct part *as_const_part(const struct gh_source *s) { return (const struct part *)s; }

static void add_part(struct gh_kafka *k, struct part *p)
{
  pthread_mutex_lock(&k->watch.lock);
  p->id = ++k->ids;
  p->next = k->parts;
  k->parts = p;
  pthread_mutex_unlock(&k->watch.lock);
}

static void remove_part(struct part *p)
{
  struct gh_kafka *k = p->k;
  pthread_mutex_lock(&k->watch.lock);
  struct part **at = &k->parts;
  while (*at && *at != p) at = &(*at)->next;
  if (*at) *at = p->next;
  pthread_mutex_unlock(&k->watch.lock);
}

static void part_close(struct gh_source *s)
{
  struct part *p = as_part(s);
  if (p->given) rd_kafka_message_destroy(p->given);
  (void)rd_kafka_consume_stop(p->k->topic, p->partition);
  rd_kafka_queue_io_event_enable(p->queue, -1, NULL, 0);
  rd_kafka_queue_destroy(p->queue);
  remove_part(p);
  free(p->headers);
  free(p);
}

static bool start(struct part *p, int64_t offset)
{
  return rd_kafka_consume_start_queue(p->k->topic, p->partition, offset, p->queue) == 0;
}

/* What is told to the watch: ask for the end, or no more. */
static void tell_watch(struct part *p, bool ask)
{
  if (p->ending.ask == ask && (!ask || p->ending.position == p->expected)) return; /* written by this thread alone */
  pthread_mutex_lock(&p->k->watch.lock);
  p->ending.ask = ask;
  p->ending.position = p->expected;
  pthread_mutex_unlock(&p->k->watch.lock);
}

/* ── what comes ── */

/* The first that came after beginning anew. */
static void found(struct part *p, int64_t offset)
{
  p->searching = false;
  p->replaced = true;
  p->skipped += offset > p->expected ? (uint64_t)(offset - p->expected) : 0;
  gh_log(GH_WARN, "kafka: records are lost, reading goes on behind them", "partition=%d stored=%lld now=%lld", (int)p->partition, (long long)p->expected, (long long)offset);
  p->expected = offset;
}

static void take_headers(struct part *p, struct gh_source_record *r)
{
  rd_kafka_headers_t *headers;
  if (rd_kafka_message_headers(p->given, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  size_t n = rd_kafka_header_cnt(headers);
  if (n > p->headers_cap) {
    p->headers = realloc(p->headers, n * sizeof *p->headers);
    GH_CHECK(p->headers && "out of memory");
    p->headers_cap = (unsigned)n;
  }
  for (size_t i = 0; i < n; i++) {
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_header_get_all(headers, i, &name, &value, &size)) return;
    p->headers[i] = (struct gh_header){gh_str(name), gh_str_n(value, value ? size : 0)};
    r->nheaders = (unsigned)i + 1;
  }
  r->headers = p->headers;
}

static enum gh_source_answer give(struct part *p, rd_kafka_message_t *m, struct gh_source_record *r)
{
  rd_kafka_timestamp_type_t type;
  if (p->searching) found(p, m->offset);
  p->given = m;
  p->expected = m->offset + 1;
  p->trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
  p->mean_bytes = p->mean_bytes - p->mean_bytes / 16 + m->len / 16 + 1;
  tell_watch(p, false);
  uint64_t offset = (uint64_t)m->offset;
  *r = (struct gh_source_record){.bytes = gh_str_n(m->payload, m->payload ? m->len : 0), .key = gh_str_n(m->key, m->key ? m->key_len : 0),
                                 .at_offset = offset, .at_record = offset + 1, .next_offset = offset + 1, .next_record = offset + 2};
  int64_t time_ms = rd_kafka_message_timestamp(m, &type);
  r->time_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || time_ms < 0 ? 0 : time_ms;
  r->too_long = r->bytes.len > p->record_bytes;
  if (r->too_long && r->bytes.len > KEPT_BYTES) r->bytes.len = KEPT_BYTES;
  take_headers(p, r);
  return GH_SOURCE_RECORD;
}

/* What lies before the end and is no record is passed over for good: Kafka will not hold the place before it for ever. */
static enum gh_source_answer pass_over(struct part *p, int64_t offset, struct gh_source_record *r)
{
  if (p->searching) found(p, offset);
  p->expected = offset;
  *r = (struct gh_source_record){.none = true, .at_offset = (uint64_t)(offset > 0 ? offset - 1 : 0), .at_record = (uint64_t)offset, .next_offset = (uint64_t)offset,
                                 .next_record = (uint64_t)offset + 1};
  return GH_SOURCE_RECORD;
}

static void part_failed(struct part *p)
{
  struct gh_kafka_range has;
  p->failed = true;
  char range[128] = "";
  if (!gh_kafka_range(p->k->reader, p->k->topic_name, p->partition, &has, RANGE_MS))
    snprintf(range, sizeof range, ": it has %lld to %lld", (long long)has.low, (long long)has.high);
  snprintf(p->error.text, sizeof p->error.text,
           "kafka: partition %d of %s: Kafka no longer holds the stored position %lld%s; write source.kafka.lost: earliest (or latest) to go on without what is lost",
           (int)p->partition, p->k->topic_name, (long long)p->expected, range);
}

static void begin_anew(struct part *p)
{
  int64_t found = p->k->conf->lost == GH_LOST_EARLIEST ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
  p->again_ns = 0;
  p->failed = !start(p, p->searching ? found : p->expected);
  if (p->failed) snprintf(p->error.text, sizeof p->error.text, "kafka: partition %d: %s", (int)p->partition, gh_kafka_words(rd_kafka_last_error()));
}

static void in_trouble(struct part *p, rd_kafka_resp_err_t code)
{
  p->k->broker_errors++;
  if (p->trouble != code) p->trouble_ns = gh_monotonic_ns();
  p->trouble = code;
  pthread_mutex_lock(&p->k->watch.lock);
  p->trouble_answers = p->ending.answers;
  pthread_mutex_unlock(&p->k->watch.lock);
  tell_watch(p, true);
}

/* It is fetched again from what is expected, in a while. */
static void fetch_again(struct part *p, const rd_kafka_message_t *m)
{
  gh_log(GH_ERR, "kafka: what came cannot be used; it is fetched again", "partition=%d offset=%lld why=\"%s\"", (int)p->partition, (long long)p->expected,
         rd_kafka_message_errstr(m));
  (void)rd_kafka_consume_stop(p->k->topic, p->partition);
  p->again_ns = gh_monotonic_ns() + AGAIN_NS;
  in_trouble(p, m->err);
}

/* Of an offset that was not asked for: where librdkafka went on behind a damaged batch. */
static bool is_astray(const struct part *p, const rd_kafka_message_t *m) { return !p->searching && m->offset != p->expected; }

static void out_of_range(struct part *p, const rd_kafka_message_t *m)
{
  if (is_astray(p, m)) {
    fetch_again(p, m);
    return;
  }
  if (p->k->conf->lost == GH_LOST_STOP) {
    part_failed(p);
    return;
  }
  p->searching = true;
  (void)rd_kafka_consume_stop(p->k->topic, p->partition);
  begin_anew(p);
}

/* What came is no record. */
static void take_error(struct part *p, const rd_kafka_message_t *m)
{
  switch (m->err) {
  case RD_KAFKA_RESP_ERR__PARTITION_EOF: p->trouble = RD_KAFKA_RESP_ERR_NO_ERROR; return;
  case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
  case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: out_of_range(p, m); return;
  case RD_KAFKA_RESP_ERR__BAD_MSG:
  case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
  case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED: fetch_again(p, m); return;
  default: in_trouble(p, m->err); return;
  }
}

static enum gh_source_answer part_next(struct gh_source *s, struct gh_source_record *r)
{
  struct part *p = as_part(s);
  if (p->given) rd_kafka_message_destroy(p->given);
  p->given = NULL;
  if (p->again_ns != 0 && gh_monotonic_ns() >= p->again_ns) begin_anew(p);
  while (!p->failed && p->again_ns == 0) {
    rd_kafka_message_t *m = rd_kafka_consume_queue(p->queue, 0);
    if (!m) break;
    if (!m->err && (p->searching || m->offset >= p->expected)) return give(p, m, r);
    int64_t offset = m->offset;
    bool passed = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && (p->searching || offset > p->expected);
    if (m->err) take_error(p, m);
    rd_kafka_message_destroy(m);
    if (passed) return pass_over(p, offset, r);
  }
  if (p->failed) return GH_SOURCE_FAILED;
  tell_watch(p, !p->searching);
  return GH_SOURCE_NOTHING;
}

/* ── what is asked of it ── */

static uint64_t part_at_end_ns(const struct gh_source *s)
{
  const struct part *p = as_const_part(s);
  pthread_mutex_lock(&p->k->watch.lock);
  uint64_t ns = p->ending.asked_ns != 0 && p->ending.end == p->expected && !p->searching ? p->ending.asked_ns : 0;
  pthread_mutex_unlock(&p->k->watch.lock);
  return ns;
}

struct ill gh_parts_ill(struct gh_kafka *k)
{
  struct ill ill = {0};
  pthread_mutex_lock(&k->watch.lock);
  for (struct part *p = k->parts; p; p = p->next) {
    bool refused = p->trouble == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; /* ends may be asked for without the right to read */
    if (!refused && p->ending.answers != p->trouble_answers) p->trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!p->trouble || (ill.since_ns != 0 && ill.since_ns < p->trouble_ns)) continue;
    ill = (struct ill){.code = p->trouble, .since_ns = p->trouble_ns, .code_ns = p->trouble_ns, .partition = p->partition};
  }
  pthread_mutex_unlock(&k->watch.lock);
  return ill;
}

static uint64_t part_skipped(const struct gh_source *s) { return as_const_part(s)->skipped; }
static bool part_replaced(const struct gh_source *s) { return as_const_part(s)->replaced; }
static int part_wait_fd(const struct gh_source *s) { return as_const_part(s)->k->fd; }
static const char *part_failure(const struct gh_source *s) { return as_const_part(s)->error.text; }

static void part_wait(const struct gh_source *s)
{
  struct pollfd fd = {.fd = part_wait_fd(s), .events = POLLIN};
  if (rd_kafka_queue_length(as_const_part(s)->queue) == 0) (void)poll(&fd, 1, 100);
  gh_kafka_woken(as_const_part(s)->k);
}

static const struct gh_source_ops part_ops = {
  .close = part_close, .next = part_next, .at_end_ns = part_at_end_ns, .skipped = part_skipped,
  .replaced = part_replaced, .wait_fd = part_wait_fd, .wait = part_wait, .failure = part_failure,
};

struct gh_source *gh_kafka_read(struct gh_kafka *k, unsigned partition, int64_t offset, size_t record_bytes, struct gh_source_error *error)
{
  struct part *p = calloc(1, sizeof *p);
  GH_CHECK(p && "out of memory");
  p->base.ops = &part_ops;
  p->k = k;
  p->partition = (int32_t)partition;
  p->expected = offset;
  p->record_bytes = record_bytes;
  p->queue = rd_kafka_queue_new(k->reader);
  const uint64_t one = 1;
  rd_kafka_queue_io_event_enable(p->queue, k->fd, &one, sizeof one);
  add_part(k, p);
  if (start(p, offset)) return &p->base;
  snprintf(error->text, sizeof error->text, "kafka: partition %u of %s: %s", partition, k->topic_name, gh_kafka_words(rd_kafka_last_error()));
  part_close(&p->base);
  return NULL;
}
