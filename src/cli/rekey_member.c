/* rekey as a member of a consumer group: partitions come and go, offsets are committed behind what was acknowledged, the end of all is looked for. */
#include <inttypes.h>

#include "goldhour/sys/sys.h"
#include "rekey.h"

#define ASK_MS 10000
#define ASK_END_NS UINT64_C(300000000)

/* ── beginning and ending a session ── */

void gh_rekey_break_off(struct gh_rekey *r, bool hopeless)
{
  r->broken = true;
  r->hopeless |= hopeless || (r->out.producer && gh_kafka_hopeless(r->out.producer));
}

bool gh_rekey_commit(struct gh_rekey *r)
{
  r->flushed_ns = gh_monotonic_ns();
  if (r->broken || r->out.pending == 0) return !r->broken;
  if (!gh_rekey_out_flush(&r->out, &r->error)) {
    gh_rekey_break_off(r, false);
    return false;
  }
  rd_kafka_resp_err_t err = rd_kafka_commit(r->consumer, NULL, 0);
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR__NO_OFFSET) return true;
  /* What was not committed is written again by whoever reads it next. */
  gh_log(GH_WARN, "offsets could not be committed: the last events will be written again", "error=\"%s\"", gh_kafka_words(err));
  return true;
}

/* Where reading begins: at what the group committed, else where the configuration says. */
static void choose_offsets(const struct gh_rekey *r, rd_kafka_topic_partition_list_t *parts)
{
  const struct gh_kafka_source_conf *conf = &r->set->conf.kafka;
  rd_kafka_topic_partition_list_t *times = rd_kafka_topic_partition_list_new(parts->cnt);
  for (int i = 0; i < parts->cnt; i++) {
    rd_kafka_topic_partition_t *p = &parts->elems[i];
    if (p->offset >= 0) continue;
    p->offset = conf->start == GH_START_LATEST ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    if (conf->start == GH_START_TIME) rd_kafka_topic_partition_list_add(times, p->topic, p->partition)->offset = conf->start_ms;
  }
  if (times->cnt && rd_kafka_offsets_for_times(r->consumer, times, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    for (int i = 0; i < times->cnt; i++) rd_kafka_topic_partition_list_set_offset(parts, times->elems[i].topic, times->elems[i].partition,
        times->elems[i].offset);
  }
  rd_kafka_topic_partition_list_destroy(times);
}

static void assign(struct gh_rekey *r, rd_kafka_topic_partition_list_t *parts)
{
  rd_kafka_resp_err_t err = rd_kafka_committed(r->consumer, parts, ASK_MS);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    snprintf(r->error.text, sizeof r->error.text, "the group's offsets cannot be read: %s", gh_kafka_words(err));
    gh_rekey_break_off(r, err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    rd_kafka_assign(r->consumer, NULL);
    return;
  }
  choose_offsets(r, parts);
  rd_kafka_assign(r->consumer, parts);
  if (r->assigned) rd_kafka_topic_partition_list_destroy(r->assigned);
  r->assigned = rd_kafka_topic_partition_list_copy(parts);
  for (int i = 0; i < r->assigned->cnt; i++) r->assigned->elems[i].opaque = NULL;
  gh_log(GH_INFO, "partitions are ours", "partitions=%d", parts->cnt);
}

static void rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *parts, void *opaque)
{
  struct gh_rekey *r = opaque;
  r->consumer = consumer;
  if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !r->broken) {
    assign(r, parts);
    return;
  }
  if (!rd_kafka_assignment_lost(consumer)) (void)gh_rekey_commit(r);
  rd_kafka_assign(consumer, NULL);
  if (r->assigned) rd_kafka_topic_partition_list_destroy(r->assigned);
  r->assigned = NULL;
}

static bool set_all(rd_kafka_conf_t *k, const struct gh_rekey *r, struct gh_kafka_error *error)
{
  const struct gh_kafka_source_conf *conf = &r->set->conf.kafka;
  char kilobytes[32], session[32];
  snprintf(kilobytes, sizeof kilobytes, "%" PRId64, conf->fetch_bytes / 1024 > 0 ? conf->fetch_bytes / 1024 : 1);
  snprintf(session, sizeof session, "%" PRId64, conf->session_ms);
  const char *const lost[] = {[GH_LOST_STOP] = "error", [GH_LOST_EARLIEST] = "earliest", [GH_LOST_LATEST] = "latest"};
  const char *const pairs[][2] = {
      {"group.id", r->group}, {"enable.auto.commit", "false"}, {"auto.offset.reset", lost[conf->lost]}, {"partition.assignment.strategy",
          "range,roundrobin"},
      {"enable.partition.eof", r->until_end ? "true" : "false"}, {"queued.max.messages.kbytes", kilobytes}, {"session.timeout.ms", session},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (!gh_kafka_set(k, pairs[i][0], pairs[i][1], error)) return false;
  return true;
}

static bool subscribe(struct gh_rekey *r)
{
  const struct gh_kafka_source_conf *conf = &r->set->conf.kafka;
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new((int)conf->ntopics);
  for (unsigned i = 0; i < conf->ntopics; i++) {
    char name[256];
    snprintf(name, sizeof name, "%.*s", GH_FMT(conf->topics[i]));
    rd_kafka_topic_partition_list_add(topics, name, RD_KAFKA_PARTITION_UA);
  }
  rd_kafka_resp_err_t err = rd_kafka_subscribe(r->consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) snprintf(r->error.text, sizeof r->error.text, "%s", gh_kafka_words(err));
  return err == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A topic that is not there would be written to for ever, in vain. Brokers that are away come back. */
static bool is_there(struct gh_rekey *r, const char *topic)
{
  const struct rd_kafka_metadata *m;
  rd_kafka_topic_t *t = topic ? rd_kafka_topic_new(r->consumer, topic, NULL) : NULL;
  if (!t) return true;
  rd_kafka_resp_err_t err = rd_kafka_metadata(r->consumer, 0, t, &m, ASK_MS);
  rd_kafka_topic_destroy(t);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  err = m->topic_cnt == 1 ? m->topics[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_metadata_destroy(m);
  bool gone = err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
  if (gone) snprintf(r->error.text, sizeof r->error.text, "topic %s: %s", topic, gh_kafka_words(err));
  return !gone;
}

bool gh_rekey_open_session(struct gh_rekey *r)
{
  char text[512];
  r->broken = false;
  rd_kafka_conf_t *k = gh_kafka_conf(&r->set->conf.kafka.kafka, r->set->conf.dir, &r->error);
  if (!k) return false;
  bool ok = set_all(k, r, &r->error);
  rd_kafka_conf_set_opaque(k, r);
  rd_kafka_conf_set_rebalance_cb(k, rebalance);
  if (ok) r->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, k, text, sizeof text);
  if (!ok || !r->consumer) rd_kafka_conf_destroy(k);
  if (ok && !r->consumer) snprintf(r->error.text, sizeof r->error.text, "%s", text);
  if (!ok || !r->consumer) return false;
  rd_kafka_poll_set_consumer(r->consumer);
  return is_there(r, r->to) && is_there(r, r->dead) && gh_rekey_out_open(&r->out, &r->error) && subscribe(r);
}

void gh_rekey_close_session(struct gh_rekey *r)
{
  if (r->consumer) {
    (void)rd_kafka_consumer_close(r->consumer);
    rd_kafka_destroy(r->consumer);
  }
  if (r->assigned) rd_kafka_topic_partition_list_destroy(r->assigned);
  gh_rekey_out_close(&r->out);
  r->consumer = NULL;
  r->assigned = NULL;
}

/* ── the end ── */

void gh_rekey_mark_end(struct gh_rekey *r, const rd_kafka_message_t *m, bool at_end)
{
  const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : "";
  rd_kafka_topic_partition_t *p = r->assigned ? rd_kafka_topic_partition_list_find(r->assigned, topic, m->partition) : NULL;
  if (!p) return;
  p->opaque = at_end ? r : NULL;
  p->offset = at_end ? m->offset : p->offset;
}

static bool ours_at_end(const struct gh_rekey *r)
{
  for (int i = 0; r->assigned && i < r->assigned->cnt; i++)
    if (!r->assigned->elems[i].opaque) return false;
  return r->assigned != NULL;
}

/* A partition that is not ours: one that a member has who is still at work, or died a moment ago. */
static bool read_by_others(struct gh_rekey *r, const rd_kafka_topic_partition_t *p)
{
  struct gh_kafka_range has;
  if (rd_kafka_topic_partition_list_find(r->assigned, p->topic, p->partition)) return true;
  if (gh_kafka_range(r->consumer, p->topic, p->partition, &has, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  return has.high <= has.low || p->offset >= has.high;
}

static void add_partitions(struct gh_rekey *r, struct gh_str topic, rd_kafka_topic_partition_list_t *all)
{
  const struct rd_kafka_metadata *m;
  char name[256];
  snprintf(name, sizeof name, "%.*s", GH_FMT(topic));
  rd_kafka_topic_t *t = rd_kafka_topic_new(r->consumer, name, NULL);
  if (!t || rd_kafka_metadata(r->consumer, 0, t, &m, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) m = NULL;
  for (int i = 0; m && m->topic_cnt == 1 && i < m->topics[0].partition_cnt; i++) rd_kafka_topic_partition_list_add(all, name,
      m->topics[0].partitions[i].id);
  if (m) rd_kafka_metadata_destroy(m);
  if (t) rd_kafka_topic_destroy(t);
}

static bool all_read(struct gh_rekey *r)
{
  const struct gh_kafka_source_conf *conf = &r->set->conf.kafka;
  rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(0);
  for (unsigned i = 0; i < conf->ntopics; i++) add_partitions(r, conf->topics[i], all);
  bool ok = all->cnt > 0 && rd_kafka_committed(r->consumer, all, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; ok && i < all->cnt; i++) ok = read_by_others(r, &all->elems[i]);
  rd_kafka_topic_partition_list_destroy(all);
  return ok;
}

/* All partitions are read to their end, not ours alone. Where ours end is committed, records of no content behind the last message too: others look at it. */
bool gh_rekey_at_the_end(struct gh_rekey *r)
{
  if (!r->until_end || r->broken || r->out.pending || !ours_at_end(r) || gh_monotonic_ns() - r->asked_ns < ASK_END_NS) return false;
  r->asked_ns = gh_monotonic_ns();
  if (r->assigned->cnt && rd_kafka_commit(r->consumer, r->assigned, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  return all_read(r);
}
