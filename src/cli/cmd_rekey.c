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

/* ── messages ── */

static void take_error(struct gh_rekey *r, const rd_kafka_message_t *m)
{
  bool hopeless = m->err == RD_KAFKA_RESP_ERR__FATAL || m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                  m->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                  m->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || m->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    snprintf(r->error.text, sizeof r->error.text,
        "%s[%" PRId32 "]: Kafka no longer holds where reading had stopped: records were deleted before they were read. "
             "`lost: earliest` in the source goes on at the oldest there is", m->rkt ? rd_kafka_topic_name(m->rkt) : "", m->partition);
    gh_rekey_break_off(r, true);
    return;
  }
  gh_log(hopeless ? GH_ERR : GH_WARN, "reading", "topic=%s partition=%" PRId32 " error=\"%s\"", m->rkt ? rd_kafka_topic_name(m->rkt) : "",
      m->partition, gh_kafka_words(m->err));
  if (!hopeless) return;
  snprintf(r->error.text, sizeof r->error.text, "%s: %s", m->rkt ? rd_kafka_topic_name(m->rkt) : "the topics", gh_kafka_words(m->err));
  gh_rekey_break_off(r, true);
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

static void take_message(struct gh_rekey *r, const rd_kafka_message_t *m)
{
  struct gh_header headers[HEADERS_MOST];
  rd_kafka_timestamp_type_t type;
  struct gh_rekey_message in = {
      .message = {.bytes = gh_str_n(m->payload, m->len), .key = gh_str_n(m->key, m->key_len), .headers = headers,
          .nheaders = read_headers(m, headers)},
      .topic = gh_str(rd_kafka_topic_name(m->rkt)), .partition = m->partition, .offset = m->offset};
  int64_t time_ms = rd_kafka_message_timestamp(m, &type);
  in.message.time_ms = time_ms > 0 ? time_ms : 0;
  gh_rekey_mark_end(r, m, false);
  if (!gh_rekey_out_write(&r->out, &in, &r->error)) gh_rekey_break_off(r, false);
}

static void poll_once(struct gh_rekey *r)
{
  rd_kafka_message_t *m = rd_kafka_consumer_poll(r->consumer, r->out.pending ? 5 : 200);
  if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) gh_rekey_mark_end(r, m, true);
  else if (m && m->err) take_error(r, m);
  else if (m) take_message(r, m);
  bool idle = !m || m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
  if (m) rd_kafka_message_destroy(m);
  if (r->broken || r->out.pending == 0) return;
  if (idle || r->out.pending >= PENDING_MOST || gh_monotonic_ns() - r->flushed_ns >= PENDING_NS) (void)gh_rekey_commit(r);
}

static void tell_figures(struct gh_rekey *r, bool now)
{
  const struct gh_rekey_counts *c = &r->out.counts;
  if (!now && gh_monotonic_ns() - r->figures_ns < FIGURES_NS) return;
  r->figures_ns = gh_monotonic_ns();
  gh_log(GH_INFO, "rekey", "read=%" PRIu64 " events=%" PRIu64 " profiles=%" PRIu64 " passed_over=%" PRIu64 " refused=%" PRIu64, c->read,
      c->events, c->profiles, c->passed, c->refused);
}

static void session(struct gh_rekey *r)
{
  if (!gh_rekey_open_session(r)) gh_rekey_break_off(r, true);
  while (!r->broken && !gh_cli_stopped() && !gh_rekey_at_the_end(r)) {
    poll_once(r);
    tell_figures(r, false);
  }
  (void)gh_rekey_commit(r);
  gh_rekey_close_session(r);
}

static int rekey(struct gh_rekey *r)
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
static int read_options(int argc, char **argv, struct gh_rekey *r)
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

static int check_topics(const struct gh_rekey *r)
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

static int run(struct gh_rekey *r)
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
  static struct gh_rekey r = {.config = GH_CONFIG_FILE};
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
