/* The reader's handle: no group, no committed offsets, nothing begun by itself. */
#include <stdio.h>

#include "goldhour/base/check.h"
#include "group.h"

#define MIN_QUEUE_KB 256
/* A broker that answers each record at once is asked thousands of times a second, and everybody waits for its processor: to gather for some ms is sooner in
 * the end. What lies there in plenty comes at once. Less than any partition's share, or a share would be waited for. */
#define GATHER_BYTES "65536"
#define GATHER_MS "10"

static void reader_erred(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
  (void)rk, (void)reason;
  struct gh_kafka *k = opaque;
  k->broker_errors++;
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) gh_watch_suspect(k);
}

static bool set_up(struct gh_kafka *k, rd_kafka_conf_t *made, int64_t queue_kb, struct gh_source_error *error)
{
  char kb[24];
  snprintf(kb, sizeof kb, "%lld", (long long)queue_kb);
  rd_kafka_conf_set_error_cb(made, reader_erred);
  rd_kafka_conf_set_opaque(made, k);
  return gh_kafka_must(made, "enable.auto.commit", "false", error) && gh_kafka_must(made, "enable.auto.offset.store", "false", error) &&
         gh_kafka_must(made, "enable.partition.eof", "true", error) && gh_kafka_must(made, "auto.offset.reset", "error", error) &&
         gh_kafka_must(made, "isolation.level", "read_committed", error) && gh_kafka_must(made, "queued.max.messages.kbytes", kb, error);
}

static int64_t within(int64_t value, int64_t low, int64_t high) { return value < low ? low : value > high ? high : value; }

/* How much is fetched ahead: the bound is a partition's, the configured one the process's; each has its share as if all were ours. */
bool gh_reader_open(struct gh_kafka *k, struct gh_source_error *error)
{
  struct gh_kafka_error e;
  char why[256], one_bytes[24], all_bytes[24];
  int64_t queue_kb = within(k->conf->fetch_bytes / 1024 / k->partitions, MIN_QUEUE_KB, 2097151);
  snprintf(one_bytes, sizeof one_bytes, "%lld", (long long)within(queue_kb * 1024, 0, 1 << 20));
  snprintf(all_bytes, sizeof all_bytes, "%lld", (long long)within(k->conf->fetch_bytes, 1 << 20, 50 << 20));
  const struct gh_kafka_property ours[] = {
    {"queued.min.messages", "1000000"}, {"fetch.message.max.bytes", one_bytes}, {"fetch.max.bytes", all_bytes},
    {"fetch.min.bytes", GATHER_BYTES}, {"fetch.wait.max.ms", GATHER_MS}, {"fetch.error.backoff.ms", "100"}, {"check.crcs", "true"},
    {"socket.timeout.ms", GH_SILENCE_MS}, {"socket.connection.setup.timeout.ms", GH_SILENCE_MS}, {"socket.keepalive.enable", "true"}, {0},
  };
  rd_kafka_conf_t *made = gh_kafka_conf_with(&k->conf->kafka, gh_str(k->dir), ours, &e);
  if (!made) {
    snprintf(error->text, sizeof error->text, "kafka: %s", e.text);
    return false;
  }
  if (set_up(k, made, queue_kb, error)) {
    k->reader = rd_kafka_new(RD_KAFKA_CONSUMER, made, why, sizeof why);
    if (!k->reader) snprintf(error->text, sizeof error->text, "kafka: %s", why);
  }
  if (!k->reader) {
    rd_kafka_conf_destroy(made);
    return false;
  }
  k->topic = rd_kafka_topic_new(k->reader, k->topic_name, NULL);
  GH_CHECK(k->topic);
  return true;
}

void gh_reader_close(struct gh_kafka *k)
{
  if (k->topic) rd_kafka_topic_destroy(k->topic);
  if (k->reader) gh_kafka_end(k->reader, GH_END_MS);
  k->topic = NULL;
  k->reader = NULL;
}
