/* The member: in the group, but it fetches nothing.
 *
 *   assigned: an empty assignment is answered at once, and told as GH_KAFKA_ASSIGNED; librdkafka keeps the heartbeat.
 *   revoked:  told as GH_KAFKA_REVOKED or GH_KAFKA_LOST; answered when the loop has given back, so that nobody else is given a partition before it is drained.
 *   closing:  the last offsets are sent; then it leaves (unsubscribing: librdkafka tells the group only of that) if others are there, else it stays a static member
 *             whose session runs on. Neither waits longer than CLOSE_MS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "group.h"

#define COMMIT_EVERY_NS (5 * GH_SECOND_NS)
#define LAST_COMMIT_MS 500
#define CLOSE_MS 1000
#define TROUBLE_AFTER_NS (2 * GH_SECOND_NS)
#define HOPELESS_AFTER_NS (30 * GH_SECOND_NS)

static bool set_up(struct gh_kafka *k, rd_kafka_conf_t *made, struct gh_source_error *error)
{
  char session_ms[24];
  snprintf(session_ms, sizeof session_ms, "%lld", (long long)k->conf->session_ms);
  rd_kafka_conf_set_events(made, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR);
  return gh_kafka_must(made, "group.id", k->group, error) && gh_kafka_must(made, "group.instance.id", k->slot.name, error) &&
         gh_kafka_must(made, "session.timeout.ms", session_ms, error) && gh_kafka_must(made, "enable.auto.commit", "false", error) &&
         gh_kafka_must(made, "partition.assignment.strategy", "range", error) && gh_kafka_must(made, "auto.offset.reset", "error", error);
}

bool gh_member_open(struct gh_kafka *k, struct gh_str dir, struct gh_source_error *error)
{
  struct gh_kafka_error e;
  char poll_ms[24];
  int64_t most_ms = k->conf->session_ms > 300000 ? k->conf->session_ms : 300000;
  snprintf(poll_ms, sizeof poll_ms, "%lld", (long long)most_ms);
  const struct gh_kafka_property ours[] = {{"heartbeat.interval.ms", "300"}, {"max.poll.interval.ms", poll_ms}, {"socket.timeout.ms", GH_SILENCE_MS},
                                           {"socket.connection.setup.timeout.ms", GH_SILENCE_MS}, {"socket.keepalive.enable", "true"}, {0}};
  rd_kafka_conf_t *made = gh_kafka_conf_with(&k->conf->kafka, dir, ours, &e);
  if (!made) {
    snprintf(error->text, sizeof error->text, "kafka: %s", e.text);
    return false;
  }
  if (set_up(k, made, error)) {
    char why[256];
    k->member = rd_kafka_new(RD_KAFKA_CONSUMER, made, why, sizeof why);
    if (!k->member) snprintf(error->text, sizeof error->text, "kafka: %s", why);
  }
  if (!k->member) {
    rd_kafka_conf_destroy(made);
    return false;
  }
  (void)rd_kafka_poll_set_consumer(k->member);
  k->events = rd_kafka_queue_get_consumer(k->member);
  const uint64_t one = 1;
  rd_kafka_queue_io_event_enable(k->events, k->fd, &one, sizeof one);
  return true;
}

bool gh_kafka_join(struct gh_kafka *k, struct gh_source_error *error)
{
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, k->topic_name, RD_KAFKA_PARTITION_UA);
  rd_kafka_resp_err_t code = rd_kafka_subscribe(k->member, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  k->joined = !code;
  if (code) snprintf(error->text, sizeof error->text, "kafka: group %s: %s", k->group, gh_kafka_words(code));
  return k->joined;
}

/* ── news ── */

static void keep(struct gh_kafka *k, const rd_kafka_topic_partition_list_t *list)
{
  k->nowned = 0;
  for (int i = 0; i < list->cnt && k->nowned < k->partitions; i++) k->owned[k->nowned++] = list->elems[i].partition;
}

static bool rebalanced(struct gh_kafka *k, rd_kafka_event_t *event, struct gh_kafka_news *news)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
    (void)rd_kafka_assign(k->member, none);
    rd_kafka_topic_partition_list_destroy(none);
    keep(k, list);
    news->kind = GH_KAFKA_ASSIGNED;
  } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    k->revoking = true;
    keep(k, list);
    k->lost = rd_kafka_assignment_lost(k->member) != 0;
    news->kind = k->lost ? GH_KAFKA_LOST : GH_KAFKA_REVOKED;
  } else {
    (void)rd_kafka_assign(k->member, NULL);
    return false;
  }
  news->partitions = k->owned;
  news->n = k->nowned;
  return true;
}

static bool is_refusal(rd_kafka_resp_err_t code)
{
  return code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
         code == RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED || code == RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT;
}

static bool fatal(struct gh_kafka *k, rd_kafka_resp_err_t code, const char *detail, struct gh_kafka_news *news)
{
  if (k->fatal_told) return false;
  k->fatal_told = true;
  news->kind = GH_KAFKA_FATAL;
  snprintf(news->text, sizeof news->text, "kafka: member %s of group %s: %s (%s: %s)", k->slot.name, k->group, gh_kafka_words(code), rd_kafka_err2name(code), detail);
  return true;
}

static bool erred(struct gh_kafka *k, rd_kafka_resp_err_t code, const char *detail, struct gh_kafka_news *news)
{
  char why[256];
  k->broker_errors++;
  bool denied = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL || code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
  if (denied || is_refusal(code)) k->denied = code;
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) snprintf(k->last_text, sizeof k->last_text, "%s", detail ? detail : "");
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) gh_watch_suspect(k);
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    code = rd_kafka_fatal_error(k->member, why, sizeof why);
    return fatal(k, code, why, news);
  }
  return is_refusal(code) && fatal(k, code, detail ? detail : "", news);
}

static void commit_answered(struct gh_kafka *k, rd_kafka_resp_err_t code)
{
  k->committing = false;
  if (!code || code == RD_KAFKA_RESP_ERR__NO_OFFSET) k->commit_failed_told = false;
  else if (!k->commit_failed_told) {
    k->commit_failed_told = true; /* lag tools see an old offset; nothing else depends on it */
    for (unsigned i = 0; i < k->partitions; i++) k->committed[i] = -1;
    gh_log(GH_WARN, "offsets for lag tools were not taken by the group", "group=%s error=\"%s\"", k->group, gh_kafka_words(code));
  }
}

/* True: `news` says something. */
static bool served(struct gh_kafka *k, rd_kafka_event_t *event, struct gh_kafka_news *news)
{
  const rd_kafka_message_t *m;
  switch (rd_kafka_event_type(event)) {
  case RD_KAFKA_EVENT_REBALANCE: return rebalanced(k, event, news);
  case RD_KAFKA_EVENT_ERROR: return erred(k, rd_kafka_event_error(event), rd_kafka_event_error_string(event), news);
  case RD_KAFKA_EVENT_OFFSET_COMMIT: commit_answered(k, rd_kafka_event_error(event)); return false;
  case RD_KAFKA_EVENT_FETCH: /* errors of the subscription come as messages */
    m = rd_kafka_event_message_next(event);
    return m && m->err && erred(k, m->err, rd_kafka_message_errstr(m), news);
  default: return false;
  }
}

static bool is_gone(rd_kafka_resp_err_t code)
{
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

/* Whether waiting does not mend it: brokers that have just started say for a moment what is not so. */
static bool is_hopeless(const struct ill *ill, uint64_t now_ns)
{
  uint64_t patience_ns = is_refusal(ill->code) ? TROUBLE_AFTER_NS : HOPELESS_AFTER_NS;
  return (is_refusal(ill->code) || is_gone(ill->code)) && now_ns > ill->code_ns + patience_ns;
}

static void say_trouble(struct gh_kafka *k, uint64_t now_ns, struct gh_kafka_news *news)
{
  struct ill ill = gh_watch_ill(k);
  if (ill.since_ns == 0) k->denied = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (ill.since_ns == 0) ill = gh_parts_ill(k);
  else if (k->denied && ill.code == RD_KAFKA_RESP_ERR__TRANSPORT) ill.code = k->denied;
  bool trouble = ill.since_ns != 0 && now_ns > ill.since_ns + TROUBLE_AFTER_NS;
  if (trouble && is_hopeless(&ill, now_ns) && fatal(k, ill.code, k->topic_name, news)) return;
  if (trouble == k->trouble_told || k->fatal_told) return;
  k->trouble_told = trouble;
  news->kind = trouble ? GH_KAFKA_TROUBLE : GH_KAFKA_WELL;
  if (!trouble) return;
  if (ill.partition < 0) snprintf(news->text, sizeof news->text, "kafka: %s (%s)", gh_kafka_words(ill.code), rd_kafka_err2name(ill.code));
  else snprintf(news->text, sizeof news->text, "kafka: partition %d: %s (%s)", (int)ill.partition, gh_kafka_words(ill.code), rd_kafka_err2name(ill.code));
}

static void commit(struct gh_kafka *k);

void gh_kafka_news(struct gh_kafka *k, struct gh_kafka_news *news)
{
  *news = (struct gh_kafka_news){.kind = GH_KAFKA_NONE};
  (void)rd_kafka_poll(k->reader, 0);
  uint64_t now_ns = gh_monotonic_ns();
  if (k->joined && now_ns - k->commit_ns > COMMIT_EVERY_NS) commit(k);
  bool told = false;
  for (rd_kafka_event_t *event; !told && (event = rd_kafka_queue_poll(k->events, 0));) {
    told = served(k, event, news);
    rd_kafka_event_destroy(event);
  }
  if (!told) say_trouble(k, now_ns, news);
  const uint64_t one = 1; /* more may wait behind what is told now */
  if (news->kind != GH_KAFKA_NONE) (void)!write(k->fd, &one, sizeof one);
}

/* ── offsets for lag tools ── */

void gh_kafka_note_committed(struct gh_kafka *k, unsigned partition, int64_t offset)
{
  if (partition < k->partitions) k->noted[partition] = offset;
}

static rd_kafka_topic_partition_list_t *changed_offsets(struct gh_kafka *k)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)k->partitions);
  for (unsigned i = 0; i < k->nowned; i++) {
    int32_t p = k->owned[i];
    if (p < 0 || (unsigned)p >= k->partitions || k->noted[p] < 0 || k->noted[p] == k->committed[p]) continue;
    rd_kafka_topic_partition_t *e = rd_kafka_topic_partition_list_add(list, k->topic_name, p);
    e->offset = k->committed[p] = k->noted[p];
    e->metadata_size = strlen(k->store_id);
    if (e->metadata_size > 0) e->metadata = strdup(k->store_id);
  }
  return list;
}

static void commit(struct gh_kafka *k)
{
  k->commit_ns = gh_monotonic_ns();
  rd_kafka_topic_partition_list_t *list = changed_offsets(k);
  k->committing = list->cnt > 0 && !rd_kafka_commit_queue(k->member, list, k->events, NULL, NULL);
  rd_kafka_topic_partition_list_destroy(list);
}

void gh_kafka_gave_back(struct gh_kafka *k)
{
  if (!k->revoking) return;
  if (!k->lost) commit(k); /* else a quiet partition would show a lag for as long as it is quiet */
  k->revoking = false;
  k->left = true;
  k->nowned = 0;
  (void)rd_kafka_assign(k->member, NULL);
}

/* ── closing ── */

/* Serves the member's events for a while, until `over` says so; what it says is for nobody any more. */
static void serve_until(struct gh_kafka *k, bool (*over)(struct gh_kafka *k), int64_t within_ms)
{
  uint64_t until_ns = gh_monotonic_ns() + (uint64_t)within_ms * 1000000;
  while (!over(k) && gh_monotonic_ns() < until_ns) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(k->events, 20);
    struct gh_kafka_news ignored = {0};
    if (event) (void)served(k, event, &ignored);
    if (event) rd_kafka_event_destroy(event);
    gh_kafka_gave_back(k);
  }
}

static bool never(struct gh_kafka *k)
{
  (void)k;
  return false;
}

void gh_member_serve(struct gh_kafka *k, int64_t for_ms)
{
  serve_until(k, never, for_ms);
  k->fatal_told = false; /* it was told to nobody */
}

static bool is_committed(struct gh_kafka *k) { return !k->committing; }
static bool has_left(struct gh_kafka *k) { return k->left; }
static bool is_closed(struct gh_kafka *k) { return rd_kafka_consumer_closed(k->member) != 0; }

/* Tells the group. The revocation that follows must be answered before the closing begins: a static member that closes says nothing. */
static void leave(struct gh_kafka *k)
{
  k->left = k->nowned == 0;
  if (!rd_kafka_unsubscribe(k->member)) serve_until(k, has_left, LAST_COMMIT_MS);
}

/* Of a topic with one partition the other member, if there is one, has nothing, and only the broker can tell. */
static bool is_alone(struct gh_kafka *k)
{
  if (k->nowned < k->partitions) return false;
  if (k->partitions > 1) return true;
  const struct rd_kafka_group_list *groups;
  if (rd_kafka_list_groups(k->member, k->group, &groups, LAST_COMMIT_MS)) return false;
  bool alone = groups->group_cnt != 1 || groups->groups[0].member_cnt <= 1;
  rd_kafka_group_list_destroy(groups);
  return alone;
}

void gh_member_close(struct gh_kafka *k)
{
  if (!k->member) return;
  bool answers = k->joined && k->watch.ill.since_ns == 0 && !k->watch.suspect; /* the watch is no more */
  if (answers) {
    commit(k);
    serve_until(k, is_committed, LAST_COMMIT_MS);
    answers = is_committed(k);
  }
  if (answers) {
    if (!is_alone(k)) leave(k);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(k->member, k->events);
    if (!error) serve_until(k, is_closed, CLOSE_MS);
    if (error) rd_kafka_error_destroy(error);
  }
  rd_kafka_queue_io_event_enable(k->events, -1, NULL, 0); /* the handle may outlive the descriptor */
  rd_kafka_queue_destroy(k->events);
  gh_kafka_end(k->member, GH_END_MS); /* an offset on its way to a coordinator that is away holds it for a session */
}
