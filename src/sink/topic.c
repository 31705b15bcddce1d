/* The Kafka topic: a lead a message, keyed by its customer so that a customer's leads keep their order, with the lead's id in the header `id`. A page is
 * produced, then flushed: only when every in-sync replica has all of it the place moves. Killed in between, the page is produced again. A lead that is larger
 * than the topic takes is REFUSED for good. */
#include <stdlib.h>

#include "goldhour/base/buf.h"
#include "goldhour/base/check.h"
#include "goldhour/kafka/kafka.h"
#include "inside.h"
#include "lead_text.h"

#define PAGE_LEADS 1024u
#define PRODUCE_MS 10000 /* the producer's queue is full for so long: the brokers are away */
#define FLUSH_MS 30000

struct topic {
  struct gh_sink sink;
  struct gh_kafka_producer *producer; /* owned */
  struct gh_buf key;
  unsigned most; /* leads that are sent at once */
};

static void close_sink(struct gh_sink *s)
{
  struct topic *t = (struct topic *)s;
  if (t->producer) gh_kafka_producer_close(t->producer);
  gh_buf_free(&t->key);
  free(t);
}

static void cut_off(struct gh_sink *s) { gh_kafka_producer_cut(((struct topic *)s)->producer); }

static bool produce(struct topic *t, const struct gh_sink_lead *lead, struct gh_kafka_error *error)
{
  gh_buf_clear(&t->key);
  (void)gh_lead_member(lead->json, GH_STR("customer"), &t->key);
  struct gh_pair id = {.name = GH_STR("id"), .value = lead->id};
  struct gh_kafka_out out = {
      .topic = t->sink.conf->topic, .key = gh_buf_str(&t->key), .bytes = lead->json, .partition = -1, .headers = &id, .nheaders = 1};
  return gh_kafka_produce(t->producer, &out, PRODUCE_MS, error);
}

enum sent { SENT, TOO_LARGE, NOT_SENT };

/* Sends so many leads; `n` becomes how many they were, without one that is too large to be sent at all, and those behind it. */
static enum sent send_some(struct topic *t, const struct gh_sink_lead *leads, unsigned *n, struct gh_kafka_error *why)
{
  struct gh_kafka_error late;
  unsigned i = 0;
  bool ok = true;
  while (ok && i < *n) {
    ok = produce(t, &leads[i], why);
    i += ok;
  }
  /* What was queued before a fault is flushed too: nothing of it may come behind what is produced next time. */
  bool flushed = gh_kafka_flush(t->producer, FLUSH_MS, &late);
  if (!ok && !why->too_large) return NOT_SENT;
  if (!flushed) {
    *why = late;
    return late.too_large ? TOO_LARGE : NOT_SENT;
  }
  *n = i;
  return ok ? SENT : TOO_LARGE;
}

/* Slowly: where the batch was too large, each try at more costs a refusal and a new handle. */
static void grow(struct topic *t)
{
  unsigned more = t->most + t->most / 8 + 1;
  t->most = more < PAGE_LEADS ? more : PAGE_LEADS;
}

/* What is too large may be the batch: the page is sent again in halves until that lead stands alone. */
static enum gh_sink_answer write_page(struct gh_sink *s, const struct gh_sink_page *page, struct gh_sink_mark *mark, unsigned *taken, struct gh_sink_error *error)
{
  struct topic *t = (struct topic *)s;
  struct gh_kafka_error why;
  (void)mark;
  while (*taken < page->n) {
    unsigned left = page->n - *taken, most = left < t->most ? left : t->most, n = most;
    enum sent sent = send_some(t, page->leads + *taken, &n, &why);
    bool alone = sent == TOO_LARGE && (n < most || most == 1);
    if (sent == SENT || n < most) *taken += n;
    if (sent == SENT) grow(t);
    else if (!alone && sent == TOO_LARGE) t->most = most / 2;
    else return gh_sink_fail(s, error, "%s", why.text), alone ? GH_SINK_REFUSED : GH_SINK_FAILED;
  }
  return GH_SINK_TAKEN;
}

static const struct gh_sink_ops ops = {.server = true, .page_leads = PAGE_LEADS, .close = close_sink, .write = write_page, .cut_off = cut_off};

struct gh_sink *gh_sink_topic_open(const struct gh_sink_options *options, struct gh_sink_error *error)
{
  struct gh_kafka_error why;
  struct topic *t = calloc(1, sizeof *t);
  GH_CHECK(t && "out of memory");
  t->sink.ops = &ops;
  t->sink.conf = options->conf;
  t->most = PAGE_LEADS;
  bool own = options->conf->kafka.brokers.len > 0 || !options->kafka;
  t->producer = gh_kafka_producer_open_large(own ? &options->conf->kafka : options->kafka, options->dir, &why);
  if (t->producer) return &t->sink;
  gh_sink_fail(&t->sink, error, "%s", why.text);
  close_sink(&t->sink);
  return NULL;
}
