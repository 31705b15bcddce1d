/* goldhour rekey: topics of the bank's own records, keyed in any way, into one topic of canonical events keyed by customer.
 *
 * A plain member of a consumer group. Offsets are committed only after everything read before them was acknowledged; after a kill what was not committed is
 * written again, the same events with the same ids, which whoever reads the topic knows. Anything that fails on the way ends the session: all is closed, and
 * reading begins anew at the committed offsets.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd.h"
#include "goldhour/sys/sys.h"
#include "rekey.h"
#include "stop.h"

#define DEAD_FILE "rekey-dead.jsonl"
#define PENDING_MOST UINT64_C(10000) /* messages between two commits */
#define PENDING_NS UINT64_C(1000000000)
#define FIGURES_NS UINT64_C(10000000000)
#define ASK_MS 10000
#define ASK_END_NS UINT64_C(300000000)
#define HEADERS_MOST 256u

static const char usage[] =
    "usage: goldhour rekey --to TOPIC [--config FILE] [--dead TOPIC] [--group NAME] [--until-end]\n"
    "\n"
    "Reads the topics of `source`, however they are keyed, decodes their records by the mapping, and writes canonical events keyed by customer to one\n"
    "topic, so that a customer's events share a partition. Ids are prefixed by the topic that an event comes from. Nothing is lost; after a kill the last\n"
    "events are written again with the same ids, which do no harm. As many of it may run as the topics have partitions. run then reads TOPIC, by a\n"
    "configuration without `events` in its mapping.\n"
    "\n"
    "  -c, --config FILE   the configuration (goldhour.yaml): source, schema, mapping\n"
    "      --to TOPIC      where the events go\n"
    "      --dead TOPIC    where records go that are refused, with the reason in their headers (without it: " DEAD_FILE " beside the configuration)\n"
    "      --group NAME    the consumer group (the source's, with -rekey behind it)\n"
    "      --until-end     stop when all partitions are read to their end\n"
    "\n"
    "signals: TERM, INT  finish what is in hand and stop, exit 0\n"
    "\n"
    "exit status: 0 stopped, 1 failed, 2 usage, 78 bad configuration\n";

struct rekey {
  const char *config, *to, *dead, *group;
  bool until_end;
  const struct gh_set *set;
  rd_kafka_t *consumer;
  rd_kafka_topic_partition_list_t *assigned; /* owned; opaque: not NULL where it is at its end, which is then its offset */
  struct gh_rekey_out out;
  bool broken;          /* nothing may be committed any more: begin anew */
  bool hopeless;        /* and that would not help */
  uint64_t flushed_ns, figures_ns, asked_ns; /* monotonic: the last commit, line of figures, look at the end of all */
  struct gh_kafka_error error;
};

/* ── beginning and ending a session ── */

static void break_off(struct rekey *r, bool hopeless)
{
  r->broken = true;
  r->hopeless |= hopeless;
}

static bool commit(struct rekey *r)
{
  r->flushed_ns = gh_monotonic_ns();
  if (r->broken || r->out.pending == 0) return !r->broken;
  if (!gh_rekey_out_flush(&r->out, &r->error)) {
    break_off(r, false);
    return false;
  }
  rd_kafka_resp_err_t err = rd_kafka_commit(r->consumer, NULL, 0);
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR__NO_OFFSET) return true;
  /* What was not committed is written again by whoever reads it next. */
  gh_log(GH_WARN, "offsets could not be committed: the last events will be written again", "error=\"%s\"", gh_kafka_words(err));
  return true;
}

/* Where reading begins: at what the group committed, else where the configuration says. */
static void choose_offsets(const struct rekey *r, rd_kafka_topic_partition_list_t *parts)
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

static void assign(struct rekey *r, rd_kafka_topic_partition_list_t *parts)
{
  rd_kafka_resp_err_t err = rd_kafka_committed(r->consumer, parts, ASK_MS);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    snprintf(r->error.text, sizeof r->error.text, "the group's offsets cannot be read: %s", gh_kafka_words(err));
    break_off(r, err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
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
  struct rekey *r = opaque;
  r->consumer = consumer;
  if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !r->broken) {
    assign(r, parts);
    return;
  }
  if (!rd_kafka_assignment_lost(consumer)) (void)commit(r);
  rd_kafka_assign(consumer, NULL);
  if (r->assigned) rd_kafka_topic_partition_list_destroy(r->assigned);
  r->assigned = NULL;
}

static bool set_all(rd_kafka_conf_t *k, const struct rekey *r, struct gh_kafka_error *error)
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

static bool subscribe(struct rekey *r)
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
static bool is_there(struct rekey *r, const char *topic)
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

/* False: it will not work another time either. */
static bool open_session(struct rekey *r)
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

static void close_session(struct rekey *r)
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

/* ── messages ── */

static void mark_end(struct rekey *r, const rd_kafka_message_t *m, bool at_end)
{
  const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : "";
  rd_kafka_topic_partition_t *p = r->assigned ? rd_kafka_topic_partition_list_find(r->assigned, topic, m->partition) : NULL;
  if (!p) return;
  p->opaque = at_end ? r : NULL;
  p->offset = at_end ? m->offset : p->offset;
}

static void take_error(struct rekey *r, const rd_kafka_message_t *m)
{
  bool hopeless = m->err == RD_KAFKA_RESP_ERR__FATAL || m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
      m->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
                  m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || m->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || m->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    snprintf(r->error.text, sizeof r->error.text,
        "%s[%" PRId32 "]: Kafka no longer holds where reading had stopped: records were deleted before they were read. "
             "`lost: earliest` in the source goes on at the oldest there is", m->rkt ? rd_kafka_topic_name(m->rkt) : "", m->partition);
    break_off(r, true);
    return;
  }
  gh_log(hopeless ? GH_ERR : GH_WARN, "reading", "topic=%s partition=%" PRId32 " error=\"%s\"", m->rkt ? rd_kafka_topic_name(m->rkt) : "",
      m->partition, gh_kafka_words(m->err));
  if (!hopeless) return;
  snprintf(r->error.text, sizeof r->error.text, "%s: %s", m->rkt ? rd_kafka_topic_name(m->rkt) : "the topics", gh_kafka_words(m->err));
  break_off(r, true);
}

static unsigned read_headers(const rd_kafka_message_t *m, struct gh_header *headers)
{
  rd_kafka_headers_t *list;
  const char *name;
  const void *value;
  size_t size;
  unsigned n = 0;
  if (rd_kafka_message_headers(m, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  while (n < HEADERS_MOST && rd_kafka_header_get_all(list, n, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    headers[n++] = (struct gh_header){gh_str(name), gh_str_n(value, size)};
  }
  return n;
}

static void take_message(struct rekey *r, const rd_kafka_message_t *m)
{
  struct gh_header headers[HEADERS_MOST];
  rd_kafka_timestamp_type_t type;
  struct gh_rekey_message in = {
      .message = {.bytes = gh_str_n(m->payload, m->len), .key = gh_str_n(m->key, m->key_len), .headers = headers,
          .nheaders = read_headers(m, headers)},
      .topic = gh_str(rd_kafka_topic_name(m->rkt)), .partition = m->partition, .offset = m->offset};
  int64_t time_ms = rd_kafka_message_timestamp(m, &type);
  in.message.time_ms = time_ms > 0 ? time_ms : 0;
  mark_end(r, m, false);
  if (!gh_rekey_out_write(&r->out, &in, &r->error)) break_off(r, false);
}

static void poll_once(struct rekey *r)
{
  rd_kafka_message_t *m = rd_kafka_consumer_poll(r->consumer, r->out.pending ? 5 : 200);
  if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) mark_end(r, m, true);
  else if (m && m->err) take_error(r, m);
  else if (m) take_message(r, m);
  bool idle = !m || m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
  if (m) rd_kafka_message_destroy(m);
  if (r->broken || r->out.pending == 0) return;
  if (idle || r->out.pending >= PENDING_MOST || gh_monotonic_ns() - r->flushed_ns >= PENDING_NS) (void)commit(r);
}

/* ── the end ── */

static bool ours_at_end(const struct rekey *r)
{
  for (int i = 0; r->assigned && i < r->assigned->cnt; i++)
    if (!r->assigned->elems[i].opaque) return false;
  return r->assigned != NULL;
}

/* A partition that is not ours: one that a member has who is still at work, or died a moment ago. */
static bool read_by_others(struct rekey *r, const rd_kafka_topic_partition_t *p)
{
  int64_t low, high;
  if (rd_kafka_topic_partition_list_find(r->assigned, p->topic, p->partition)) return true;
  if (rd_kafka_query_watermark_offsets(r->consumer, p->topic, p->partition, &low, &high,
      ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  return high <= low || p->offset >= high;
}

static void add_partitions(struct rekey *r, struct gh_str topic, rd_kafka_topic_partition_list_t *all)
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

static bool all_read(struct rekey *r)
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
static bool at_the_end(struct rekey *r)
{
  if (!r->until_end || r->broken || r->out.pending || !ours_at_end(r) || gh_monotonic_ns() - r->asked_ns < ASK_END_NS) return false;
  r->asked_ns = gh_monotonic_ns();
  if (r->assigned->cnt && rd_kafka_commit(r->consumer, r->assigned, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  return all_read(r);
}

static void tell_figures(struct rekey *r, bool now)
{
  const struct gh_rekey_counts *c = &r->out.counts;
  if (!now && gh_monotonic_ns() - r->figures_ns < FIGURES_NS) return;
  r->figures_ns = gh_monotonic_ns();
  gh_log(GH_INFO, "rekey", "read=%" PRIu64 " events=%" PRIu64 " profiles=%" PRIu64 " passed_over=%" PRIu64 " refused=%" PRIu64, c->read,
      c->events, c->profiles, c->passed, c->refused);
}

static void session(struct rekey *r)
{
  if (!open_session(r)) break_off(r, true);
  while (!r->broken && !gh_cli_stopped() && !at_the_end(r)) {
    poll_once(r);
    tell_figures(r, false);
  }
  (void)commit(r);
  close_session(r);
}

static int rekey(struct rekey *r)
{
  struct timespec wait = {.tv_sec = 1};
  r->figures_ns = gh_monotonic_ns();
  for (;;) {
    session(r);
    if (!r->broken || r->hopeless || gh_cli_stopped()) break;
    gh_log(GH_WARN, "begun anew at the committed offsets", "error=\"%s\"", r->error.text);
    (void)nanosleep(&wait, NULL);
  }
  tell_figures(r, true);
  if (!r->broken) return 0;
  fprintf(stderr, "goldhour rekey: %s\n", r->error.text);
  return GH_EXIT_FAILED;
}

/* ── options ── */

static int bad(const char *what)
{
  fprintf(stderr, "goldhour rekey: %s\ngoldhour rekey --help says how\n", what);
  return GH_EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct rekey *r)
{
  static const struct option longs[] = {
      {"config", required_argument, NULL, 'c'}, {"to", required_argument, NULL, 't'}, {"dead", required_argument, NULL, 'd'}, {"group",
          required_argument, NULL, 'g'},
      {"until-end", no_argument, NULL, 'e'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
    switch (c) {
    case 'c': r->config = optarg; break;
    case 't': r->to = optarg; break;
    case 'd': r->dead = optarg; break;
    case 'g': r->group = optarg; break;
    case 'e': r->until_end = true; break;
    case 'h': fputs(usage, stdout); return 0;
    default: fputs("goldhour rekey --help says how\n", stderr); return GH_EXIT_USAGE;
    }
  }
  if (optind < argc) return bad("it takes options alone");
  return r->to ? -1 : bad("where to? --to TOPIC");
}

static int check_topics(const struct rekey *r)
{
  const struct gh_kafka_source_conf *conf = &r->set->conf.kafka;
  if (r->set->conf.source != GH_SOURCE_KAFKA) {
    fprintf(stderr, "goldhour rekey: the configuration's source is not kafka: there is nothing to rekey\n");
    return GH_EXIT_CONFIG;
  }
  for (unsigned i = 0; i < conf->ntopics; i++) {
    if (gh_str_eq(conf->topics[i],
        gh_str(r->to))) return bad("--to is one of the topics that are read: it would read what it writes, for ever");
    if (r->dead && gh_str_eq(conf->topics[i],
        gh_str(r->dead))) return bad("--dead is one of the topics that are read: it would read what it writes, for ever");
  }
  return -1;
}

static int run(struct rekey *r)
{
  struct gh_arena arena;
  int status = check_topics(r);
  if (status >= 0) return status;
  gh_arena_init(&arena, 0);
  const struct gh_conf *conf = &r->set->conf;
  r->out = (struct gh_rekey_out){.set = r->set, .to = gh_str(r->to), .dead_topic = gh_str(r->dead), .dead_path = gh_path_join(&arena,
      conf->dir, GH_STR(DEAD_FILE)).ptr};
  if (!r->group) r->group = gh_arena_fmt(&arena, "%.*s-rekey", GH_FMT(conf->kafka.group)).ptr;
  gh_log_json(gh_str_eq(conf->log_format, GH_STR("json")));
  status = rekey(r);
  gh_arena_free(&arena);
  return status;
}

int gh_cmd_rekey(int argc, char **argv)
{
  static struct rekey r = {.config = GH_CONFIG_FILE};
  int status = read_options(argc, argv, &r);
  if (status >= 0) return status;
  gh_cli_stop_signals();
  (void)umask(umask(0) | 0007); /* what is refused is about customers */
  struct gh_zones *zones = gh_zones_load();
  struct gh_set *set = gh_cli_load_timeless(r.config, zones);
  r.set = set;
  status = set ? run(&r) : GH_EXIT_CONFIG;
  gh_set_free(set);
  gh_zones_free(zones);
  return status;
}
