/* The member: in the group, but it fetches nothing.
 *
 *   assigned: an empty assignment is answered at once, and told as GH_KAFKA_ASSIGNED; librdkafka keeps the heartbeat.
 *   revoked:  told as GH_KAFKA_REVOKED or GH_KAFKA_LOST; answered when the loop has given back, so that nobody else is given a partition before
 *             it is drained.
 *   closing:  the last offsets are sent; then it leaves (unsubscribing: librdkafka tells the group only of that) if others are there, else it
 *             stays a static member whose session runs on. Neither waits longer than CLOSE_MS.
 */
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "group.h"

#define LAST_COMMIT_MS 500
#define CLOSE_MS 1000

static bool set_up(struct gh_kafka *k, rd_kafka_conf_t *made, struct gh_source_error *error)
{
  char session_ms[24];
  snprintf(session_ms, sizeof session_ms, "%lld", (long long)k->conf->session_ms);
  rd_kafka_conf_set_events(made, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_ERROR);
  return gh_kafka_must(made, "group.id", k->group, error) && gh_kafka_must(made, "group.instance.id", k->slot.name, error) &&
         gh_kafka_must(made, "session.timeout.ms", session_ms, error) && gh_kafka_must(made, "enable.auto.commit", "false", error) &&
         gh_kafka_must(made, "partition.assignment.strategy", "range", error) && gh_kafka_must(made, "auto.offset.reset", "error", error);
}

bool gh_member_open(struct gh_kafka *k, struct gh_source_error *error)
{
  struct gh_kafka_error e;
  char poll_ms[24];
  int64_t most_ms = k->conf->session_ms > 300000 ? k->conf->session_ms : 300000;
  snprintf(poll_ms, sizeof poll_ms, "%lld", (long long)most_ms);
  const struct gh_kafka_property ours[] = {
    {"heartbeat.interval.ms", "300"}, {"max.poll.interval.ms", poll_ms}, {"socket.timeout.ms", GH_SILENCE_MS},
    {"socket.connection.setup.timeout.ms", GH_SILENCE_MS}, {"socket.keepalive.enable", "true"}, {0},
  };
  rd_kafka_conf_t *made = gh_kafka_conf_with(&k->conf->kafka, gh_str(k->dir), ours, &e);
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

/* ── offsets for lag tools ── */

void gh_member_commit_answered(struct gh_kafka *k, rd_kafka_resp_err_t code)
{
  k->committing = false;
  if (!code || code == RD_KAFKA_RESP_ERR__NO_OFFSET) {
    k->commit_failed_told = false;
    return;
  }
  for (unsigned i = 0; i < k->partitions; i++) k->committed[i] = -1; /* lag tools see an old offset until they are taken; nothing else depends on it */
  if (!k->commit_failed_told) gh_log(GH_WARN, "offsets for lag tools were not taken by the group", "group=%s error=\"%s\"", k->group, gh_kafka_words(code));
  k->commit_failed_told = true;
}

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

void gh_member_commit(struct gh_kafka *k)
{
  k->commit_ns = gh_monotonic_ns();
  rd_kafka_topic_partition_list_t *list = changed_offsets(k);
  k->committing = list->cnt > 0 && !rd_kafka_commit_queue(k->member, list, k->events, NULL, NULL);
  rd_kafka_topic_partition_list_destroy(list);
}

void gh_kafka_gave_back(struct gh_kafka *k)
{
  if (!k->revoking) return;
  bool ended = k->again_ns != 0;
  if (!k->lost && !ended) gh_member_commit(k); /* else a quiet partition would show a lag for as long as it is quiet */
  k->revoking = false;
  k->left = true;
  k->nowned = 0;
  for (unsigned i = 0; i < k->partitions; i++) k->noted[i] = -1; /* others go on from there: if it comes back, that is behind them */
  if (!ended) (void)rd_kafka_assign(k->member, NULL);
}

/* ── closing ── */

/* Serves the member's events for a while, until `over` says so; what it says is for nobody any more. */
static void serve_until(struct gh_kafka *k, bool (*over)(struct gh_kafka *k), int64_t within_ms)
{
  uint64_t until_ns = gh_monotonic_ns() + (uint64_t)within_ms * 1000000;
  while (!over(k) && gh_monotonic_ns() < until_ns) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(k->events, 20);
    struct gh_kafka_news ignored = {0};
    if (event) (void)gh_member_served(k, event, &ignored);
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

static void end_handle(struct gh_kafka *k)
{
  rd_kafka_queue_io_event_enable(k->events, -1, NULL, 0); /* the handle may outlive the descriptor */
  rd_kafka_queue_destroy(k->events);
  gh_kafka_end(k->member, GH_END_MS); /* an offset on its way to a coordinator that is away holds it for a session */
  k->member = NULL;
}

void gh_member_close(struct gh_kafka *k)
{
  if (!k->member) return;
  bool answers = k->joined && k->watch.ill.since_ns == 0 && !k->watch.suspect && k->again_ns == 0; /* the watch is no more */
  if (answers) {
    gh_member_commit(k);
    serve_until(k, is_committed, LAST_COMMIT_MS);
    answers = is_committed(k);
  }
  if (answers) {
    if (!is_alone(k)) leave(k);
    k->closing = true;
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(k->member, k->events);
    if (!error) serve_until(k, is_closed, CLOSE_MS);
    if (error) rd_kafka_error_destroy(error);
  }
  end_handle(k);
}

/* A handle that met a fatal error does nothing more. Who is fenced may have been so by himself: a join that he gave up for want of an answer was taken after all, later
 * than the next one. So he tries again, and finds out whether there is another. */
bool gh_member_again(struct gh_kafka *k, struct gh_source_error *error)
{
  end_handle(k);
  k->again_ns = 0;
  k->committing = false;
  for (unsigned i = 0; i < k->partitions; i++) k->committed[i] = -1;
  return gh_member_open(k, error) && gh_kafka_join(k, error);
}
