/* Opening, closing and asking; see kafka_member.c, kafka_read.c, kafka_watch.c for what goes on between. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "group.h"

#define OPEN_MS 30000
#define ASK_MS 10000
#define ASK_STEP_MS 2000 /* how soon being cut off is noticed */

bool gh_kafka_must(rd_kafka_conf_t *made, const char *name, const char *value, struct gh_source_error *error)
{
  struct gh_kafka_error e;
  if (gh_kafka_set(made, name, value, &e)) return true;
  snprintf(error->text, sizeof error->text, "%s", e.text);
  return false;
}

/* ── opening ── */

/* Why something about the topic or the group was not had; with the last word of librdkafka where nobody answered. */
static bool tell(struct gh_kafka *k, const char *what, rd_kafka_resp_err_t code, struct gh_source_error *error)
{
  bool silent = !k->joined && (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (silent && k->denied) code = k->denied;
  else if (silent && k->partitions == 0) code = RD_KAFKA_RESP_ERR__TRANSPORT; /* whether it hung up or said nothing: nobody there speaks as we do */
  snprintf(error->text, sizeof error->text, "kafka: %s %s: %s (%s%s%s)", what, strcmp(what, "topic") == 0 ? k->topic_name : k->group, gh_kafka_words(code), rd_kafka_err2name(code),
           silent && *k->last_text ? "; " : "", silent ? k->last_text : "");
  return false;
}

static void learn(struct gh_kafka *k, const struct rd_kafka_metadata *m, rd_kafka_resp_err_t *code)
{
  if (m->topic_cnt == 0) *code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  else if (m->topics[0].err) *code = m->topics[0].err;
  else k->partitions = (unsigned)m->topics[0].partition_cnt;
}

/* The member's handle asks: the reader's bounds depend on how many partitions there are. A refusal counts when it is said twice, a second apart: brokers that are
 * just starting say strange things. */
static bool ask_topic(struct gh_kafka *k, struct gh_source_error *error)
{
  rd_kafka_topic_t *topic = rd_kafka_topic_new(k->member, k->topic_name, NULL);
  uint64_t until_ns = gh_monotonic_ns() + OPEN_MS * (GH_SECOND_NS / 1000);
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TRANSPORT;
  for (unsigned refusals = 0; k->partitions == 0 && refusals < 2 && gh_monotonic_ns() < until_ns;) {
    const struct rd_kafka_metadata *m;
    code = rd_kafka_metadata(k->member, 0, topic, &m, 1000);
    if (!code) {
      learn(k, m, &code);
      rd_kafka_metadata_destroy(m);
    }
    gh_member_serve(k, k->partitions > 0 ? 0 : 200);
    refusals += k->denied || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    if (refusals == 1) gh_member_serve(k, 1000);
  }
  rd_kafka_topic_destroy(topic);
  if (k->partitions > 0) return true;
  return tell(k, "topic", code, error);
}

static bool open_all(struct gh_kafka *k, int64_t idle_ms, struct gh_source_error *error)
{
  if (k->conf->member.len > 0) snprintf(k->slot.name, sizeof k->slot.name, "%.*s", GH_FMT(k->conf->member));
  else if (!gh_slot_take(&k->slot, k->conf->group, error)) return false;
  k->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  GH_CHECK(k->fd >= 0);
  if (!gh_member_open(k, error) || !ask_topic(k, error) || !gh_reader_open(k, error)) return false;
  k->noted = calloc(k->partitions, sizeof *k->noted);
  k->committed = calloc(k->partitions, sizeof *k->committed);
  k->owned = calloc(k->partitions, sizeof *k->owned);
  GH_CHECK(k->noted && k->committed && k->owned && "out of memory");
  for (unsigned i = 0; i < k->partitions; i++) k->noted[i] = k->committed[i] = -1;
  if (gh_watch_start(k, idle_ms)) return true;
  snprintf(error->text, sizeof error->text, "kafka: no thread could be started");
  return false;
}

struct gh_kafka *gh_kafka_open(const struct gh_kafka_options *options, struct gh_source_error *error)
{
  struct gh_kafka *k = calloc(1, sizeof *k);
  GH_CHECK(k && "out of memory");
  k->conf = options->conf;
  k->fd = k->slot.fd = -1;
  GH_CHECK(k->conf->ntopics > 0);
  snprintf(k->topic_name, sizeof k->topic_name, "%.*s", GH_FMT(k->conf->topics[0]));
  snprintf(k->group, sizeof k->group, "%.*s", GH_FMT(k->conf->group));
  k->store_id = options->store_id ? options->store_id : "";
  k->dir = strndup(options->dir.ptr ? options->dir.ptr : "", options->dir.len);
  GH_CHECK(k->dir && "out of memory");
  if (open_all(k, options->idle_ms, error)) return k;
  gh_kafka_close(k);
  return NULL;
}

void gh_kafka_close(struct gh_kafka *k)
{
  if (!k) return;
  GH_CHECK(!k->parts && "a partition's source is still open");
  gh_watch_stop(k);
  gh_member_close(k);
  gh_reader_close(k);
  gh_slot_release(&k->slot);
  if (k->fd >= 0) close(k->fd);
  free(k->noted);
  free(k->committed);
  free(k->owned);
  free(k->dir);
  free(k);
}

/* ── asking ── */

unsigned gh_kafka_partitions(const struct gh_kafka *k) { return k->partitions; }
const char *gh_kafka_member(const struct gh_kafka *k) { return k->slot.name; }
int gh_kafka_fd(const struct gh_kafka *k) { return k->fd; }

void gh_kafka_woken(struct gh_kafka *k)
{
  eventfd_t n;
  (void)eventfd_read(k->fd, &n);
}

static rd_kafka_topic_partition_list_t *list_of(const struct gh_kafka *k, unsigned partition)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, k->topic_name, (int32_t)partition);
  return list;
}

static bool may_ask_again(struct gh_kafka *k, uint64_t until_ns) { return gh_monotonic_ns() < until_ns && !atomic_load(&k->cut); }

/* Waits in short steps: that the group is refused comes as an error of the member, which is the loop's to hear once we have joined. */
static rd_kafka_resp_err_t ask_committed(struct gh_kafka *k, rd_kafka_topic_partition_list_t *list)
{
  uint64_t until_ns = gh_monotonic_ns() + ASK_MS * (GH_SECOND_NS / 1000);
  rd_kafka_resp_err_t code;
  do {
    code = rd_kafka_committed(k->member, list, ASK_STEP_MS);
    if (code && !k->joined) gh_member_serve(k, 20);
  } while (code == RD_KAFKA_RESP_ERR__TIMED_OUT && (k->joined || !k->denied) && may_ask_again(k, until_ns));
  return code;
}

bool gh_kafka_committed(struct gh_kafka *k, unsigned partition, int64_t *offset, char store_id[64], struct gh_source_error *error)
{
  rd_kafka_topic_partition_list_t *list = list_of(k, partition);
  rd_kafka_resp_err_t code = ask_committed(k, list);
  const rd_kafka_topic_partition_t *p = &list->elems[0];
  if (!code) code = p->err;
  *offset = !code && p->offset >= 0 ? p->offset : -1;
  snprintf(store_id, 64, "%.*s", p->metadata && !code ? (int)p->metadata_size : 0, p->metadata ? (const char *)p->metadata : "");
  rd_kafka_topic_partition_list_destroy(list);
  return !code || tell(k, "group", code, error);
}

/* In short steps, too. */
static rd_kafka_resp_err_t ask_offset(struct gh_kafka *k, unsigned partition, int64_t *offset)
{
  uint64_t until_ns = gh_monotonic_ns() + ASK_MS * (GH_SECOND_NS / 1000);
  rd_kafka_resp_err_t code;
  do code = gh_kafka_offset(k->reader, k->topic_name, (int32_t)partition, offset, ASK_STEP_MS);
  while (code == RD_KAFKA_RESP_ERR__TIMED_OUT && may_ask_again(k, until_ns));
  return code;
}

/* The end is asked for before the time: what is written between the two is not passed over. */
bool gh_kafka_start(struct gh_kafka *k, unsigned partition, int64_t *offset, struct gh_source_error *error)
{
  int64_t begin = k->conf->start == GH_START_EARLIEST ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END, timed = k->conf->start_ms;
  rd_kafka_resp_err_t code = ask_offset(k, partition, &begin);
  bool by_time = k->conf->start == GH_START_TIME;
  if (!code && by_time) code = ask_offset(k, partition, &timed);
  if (code) return tell(k, "topic", code, error);
  *offset = by_time && timed >= 0 ? timed : begin;
  return true;
}

void gh_kafka_cut(struct gh_kafka *k) { atomic_store(&k->cut, true); }

struct gh_kafka_stats gh_kafka_stats(const struct gh_kafka *k)
{
  struct gh_kafka_stats stats = {.broker_errors = k->broker_errors};
  for (const struct part *p = k->parts; p; p = p->next) {
    uint64_t n = rd_kafka_queue_length(p->queue);
    stats.queued_records += n;
    stats.queued_bytes += n * p->mean_bytes;
  }
  return stats;
}
