/* check --live, Kafka: brokers, TLS and SASL, the topic, the group. */
#include <stdio.h>
#include <string.h>

#include "check_live.h"

enum { REACH_MS = 2000, ASK_MS = 6000 };

/* ── handles ── */

static void silent(const rd_kafka_t *rk, int level, const char *word, const char *text) { (void)rk, (void)level, (void)word, (void)text; }

/* How much an error says: that all brokers are down, less than that one hung up, less than why. */
static int weight(rd_kafka_resp_err_t err)
{
  return err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ? 1 : err == RD_KAFKA_RESP_ERR__TRANSPORT ? 2 : 3;
}

static void keep_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
  struct gh_live_handle *h = opaque;
  (void)rk;
  if (weight((rd_kafka_resp_err_t)err) < weight(h->err)) return;
  h->err = (rd_kafka_resp_err_t)err;
  snprintf(h->text, sizeof h->text, "%s", reason);
}

bool gh_live_handle_open(struct gh_live *l, struct gh_live_handle *h, const struct gh_kafka_conf *conf, const char *where,
    const char *const *pairs)
{
  struct gh_kafka_error error = {.too_large = false};
  *h = (struct gh_live_handle){0};
  rd_kafka_conf_t *k = gh_kafka_conf(conf, l->set->conf.dir, &error);
  bool ok = k != NULL;
  for (; ok && *pairs; pairs += 2) ok = gh_kafka_set(k, pairs[0], pairs[1], &error);
  if (ok) {
    rd_kafka_conf_set_log_cb(k, silent);
    rd_kafka_conf_set_error_cb(k, keep_error);
    rd_kafka_conf_set_opaque(k, h);
    h->rk = rd_kafka_new(RD_KAFKA_CONSUMER, k, error.text, sizeof error.text);
  }
  if (k && !h->rk) rd_kafka_conf_destroy(k);
  if (!h->rk) gh_live_fail(l, where, NULL, "%s", error.text);
  return h->rk != NULL;
}

void gh_live_handle_close(struct gh_live_handle *h)
{
  if (h->rk) rd_kafka_destroy_flags(h->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  h->rk = NULL;
}

static void serve(struct gh_live_handle *h)
{
  while (rd_kafka_poll(h->rk, 0) > 0) continue;
}

/* ── brokers ── */

static bool split_address(struct gh_str text, char host[256], unsigned *port)
{
  size_t colon = text.len;
  for (size_t i = 0; i < text.len; i++)
    if (text.ptr[i] == ':') colon = i;
  *port = 0;
  for (size_t i = colon + 1; i < text.len; i++) {
    if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    *port = *port * 10 + (unsigned)(text.ptr[i] - '0');
  }
  struct gh_str name = gh_str_n(text.ptr, colon);
  if (name.len > 2 && name.ptr[0] == '[') name = gh_str_n(name.ptr + 1, name.len - 2);
  snprintf(host, 256, "%.*s", GH_FMT(name));
  return name.len > 0 && *port > 0;
}

unsigned gh_live_brokers(struct gh_live *l, const struct gh_kafka_conf *conf)
{
  unsigned reached = 0;
  for (size_t from = 0, end; from < conf->brokers.len; from = end + 1) {
    const char *comma = memchr(conf->brokers.ptr + from, ',', conf->brokers.len - from);
    end = comma ? (size_t)(comma - conf->brokers.ptr) : conf->brokers.len;
    char host[256], why[256], where[320];
    unsigned port;
    if (!split_address(gh_str_n(conf->brokers.ptr + from, end - from), host, &port)) continue;
    snprintf(where, sizeof where, "kafka broker %s:%u", host, port);
    bool ok = gh_live_reach(host, port, gh_live_left_ms(l, REACH_MS), why);
    reached += ok;
    if (ok) gh_live_ok(l, where, "can be reached");
    else gh_live_warn(l, where, "look at `brokers`, at the host, at what stands between", "%s", why);
  }
  return reached;
}

/* What the brokers call themselves is where records are read from: a name that only they know is the commonest fault of all. */
static void reach_advertised(struct gh_live *l, const struct rd_kafka_metadata *m)
{
  for (int i = 0; i < m->broker_cnt; i++) {
    char why[256], where[320];
    snprintf(where, sizeof where, "kafka broker %d, by the name it gives itself, %s:%d", m->brokers[i].id, m->brokers[i].host,
        m->brokers[i].port);
    if (gh_live_reach(m->brokers[i].host, (unsigned)m->brokers[i].port, gh_live_left_ms(l, REACH_MS), why)) continue;
    gh_live_fail(l, where, "set the broker's advertised.listeners to a name and port that this host can reach", "%s", why);
  }
}

/* ── the topic ── */

static void say_silent(struct gh_live *l, struct gh_live_handle *h, const char *where, rd_kafka_resp_err_t err)
{
  serve(h);
  rd_kafka_resp_err_t known = h->err ? h->err : err;
  bool vague = weight(known) < 3 || known == RD_KAFKA_RESP_ERR__TIMED_OUT || known == RD_KAFKA_RESP_ERR__BAD_MSG;
  gh_live_fail(l, where,
      vague ? "the port is open, but no broker speaks to us there: does it want TLS (`tls`) or SASL (`sasl`), or does it not? Is it Kafka, and well?"
      : gh_kafka_words(known), "the brokers tell nothing: %s", h->err ? h->text : rd_kafka_err2str(err));
}

static bool say_topic(struct gh_live *l, const char *where, const struct rd_kafka_metadata_topic *t)
{
  int leaderless = 0, out_of_sync = 0, replicas = t->partition_cnt ? t->partitions[0].replica_cnt : 0;
  if (t->err != RD_KAFKA_RESP_ERR_NO_ERROR || t->partition_cnt == 0) {
    gh_live_fail(l, where, gh_kafka_words(t->err), "%s", t->err ? rd_kafka_err2str(t->err) : "it has no partitions");
    return false;
  }
  for (int i = 0; i < t->partition_cnt; i++) {
    leaderless += t->partitions[i].leader < 0;
    out_of_sync += t->partitions[i].isr_cnt < t->partitions[i].replica_cnt;
  }
  gh_live_ok(l, where, "%d partition%s, %d replica%s", t->partition_cnt, t->partition_cnt == 1 ? "" : "s", replicas,
      replicas == 1 ? "" : "s");
  if (leaderless) gh_live_fail(l, where, "start the brokers that hold them",
      "%d of its partitions have no leader: nobody can read or write them", leaderless);
  if (out_of_sync) gh_live_warn(l, where, "look at the brokers that lag", "%d of its partitions have replicas that are not in sync",
      out_of_sync);
  if (replicas == 1)
    gh_live_warn(l, where, "3 replicas with min.insync.replicas=2 survive a broker", "one replica: what a lost broker held is lost");
  return true;
}

const struct rd_kafka_metadata *gh_live_topic(struct gh_live *l, struct gh_live_handle *h, const char *where, const char *topic)
{
  const struct rd_kafka_metadata *m = NULL;
  rd_kafka_topic_t *t = rd_kafka_topic_new(h->rk, topic, NULL);
  rd_kafka_resp_err_t err = t ? rd_kafka_metadata(h->rk, 0, t, &m, gh_live_left_ms(l, ASK_MS)) : rd_kafka_last_error();
  if (t) rd_kafka_topic_destroy(t);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    say_silent(l, h, where, err);
    return NULL;
  }
  reach_advertised(l, m);
  if (m->topic_cnt == 1 && say_topic(l, where, &m->topics[0])) return m;
  rd_kafka_metadata_destroy(m);
  return NULL;
}

/* ── the group ── */

static rd_kafka_topic_partition_list_t *partitions_of(const char *topic, int from, int n)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
  for (int i = 0; i < n; i++) rd_kafka_topic_partition_list_add(list, topic, from + i)->offset = 0;
  return list;
}

static void read_committed(struct gh_live *l, const rd_kafka_topic_partition_list_t *list)
{
  for (int i = 0; i < list->cnt; i++) {
    const rd_kafka_topic_partition_t *p = &list->elems[i];
    if (p->offset < 0) continue;
    l->committed = true;
    if (p->metadata_size && !l->store_id[0]) snprintf(l->store_id, sizeof l->store_id, "%.*s", (int)p->metadata_size,
        (const char *)p->metadata);
  }
}

/* A commit for a partition that does not exist changes nothing, and the broker looks at rights before it looks at partitions. */
static rd_kafka_resp_err_t try_commit(struct gh_live_handle *h, const char *topic)
{
  rd_kafka_topic_partition_list_t *list = partitions_of(topic, 1000000, 1);
  rd_kafka_resp_err_t err = rd_kafka_commit(h->rk, list, 0);
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) err = list->elems[0].err;
  rd_kafka_topic_partition_list_destroy(list);
  return err;
}

static void try_group(struct gh_live *l, struct gh_live_handle *h, const char *topic)
{
  char where[300];
  const struct gh_kafka_source_conf *conf = &l->set->conf.kafka;
  snprintf(where, sizeof where, "kafka group %.*s", GH_FMT(conf->group));
  rd_kafka_topic_partition_list_t *list = partitions_of(topic, 0, (int)l->partitions);
  rd_kafka_resp_err_t err = rd_kafka_committed(h->rk, list, gh_live_left_ms(l, ASK_MS));
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) read_committed(l, list);
  rd_kafka_topic_partition_list_destroy(list);
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_resp_err_t denied = try_commit(h, topic);
    if (denied == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || denied == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) err = denied;
  }
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    /* A broker that does not let us see the group does not say who coordinates it. */
    bool silent_too = err == RD_KAFKA_RESP_ERR__TIMED_OUT;
    gh_live_fail(l, where,
        silent_too ? "grant DESCRIBE and READ on it, or look at the brokers: nobody says who coordinates it" : gh_kafka_words(err), "%s",
        rd_kafka_err2str(err));
    return;
  }
  gh_live_ok(l, where, "%s", l->committed ? "we may use it; it has committed offsets" : "we may use it; nothing is committed yet");
}

/* ── all of it ── */

static void note_library(struct gh_live *l)
{
  const struct gh_kafka_conf *conf = &l->set->conf.kafka.kafka;
  bool scram = conf->sasl == GH_SASL_SCRAM_SHA_256 || conf->sasl == GH_SASL_SCRAM_SHA_512;
  if (!scram || rd_kafka_version() >= 0x02060100) return;
  gh_live_warn(l, "librdkafka", "install librdkafka 2.6.1 or later before the brokers go to 4.x, or use certificates or PLAIN over TLS",
      "version %s: SCRAM with brokers 4.x needs 2.6.1 or later", rd_kafka_version_str());
}

static void try_topic(struct gh_live *l, struct gh_live_handle *h)
{
  const struct gh_kafka_source_conf *conf = &l->set->conf.kafka;
  char where[300], topic[256];
  snprintf(topic, sizeof topic, "%.*s", GH_FMT(conf->topics[0]));
  snprintf(where, sizeof where, "kafka topic %s", topic);
  const struct rd_kafka_metadata *m = gh_live_topic(l, h, where, topic);
  if (!m) return;
  l->partitions = (unsigned)m->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(m);
  try_group(l, h, topic);
  gh_live_sample(l, h, topic);
}

void gh_live_kafka(struct gh_live *l)
{
  const struct gh_kafka_source_conf *conf = &l->set->conf.kafka;
  struct gh_live_handle h;
  char group[256];
  snprintf(group, sizeof group, "%.*s", GH_FMT(conf->group));
  const char *const pairs[] = {"group.id", group, "enable.auto.commit", "false", "enable.auto.offset.store", "false",
      "enable.partition.eof", "true", "socket.timeout.ms", "4000", /* what is asked of a broker that hangs ends with the connection, not before */
                               "auto.offset.reset", "error", "allow.auto.create.topics", "false", NULL};
  note_library(l);
  if (gh_live_brokers(l, &conf->kafka) == 0) {
    gh_live_fail(l, "kafka", "is Kafka running, and are `brokers` right?", "none of its brokers can be reached");
    return;
  }
  if (!gh_live_handle_open(l, &h, &conf->kafka, "kafka", pairs)) return;
  if (conf->ntopics) try_topic(l, &h);
  gh_live_handle_close(&h);
}
