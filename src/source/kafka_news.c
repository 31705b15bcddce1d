/* What the loop hears: the member's events, then what is wrong with brokers, topic and partitions once it has been so for a while. */
#include <stdio.h>
#include <unistd.h>

#include "goldhour/sys/sys.h"
#include "group.h"

#define COMMIT_EVERY_NS (5 * GH_SECOND_NS)
#define TROUBLE_AFTER_NS (2 * GH_SECOND_NS)
#define AGAIN_AFTER_NS GH_SECOND_NS
#define FENCES_WITHIN_NS (60 * GH_SECOND_NS)
#define MAX_FENCES 5u
#define HOPELESS_AFTER_NS (30 * GH_SECOND_NS)

static void keep(struct gh_kafka *k, const rd_kafka_topic_partition_list_t *list)
{
  k->nowned = 0;
  for (int i = 0; i < list->cnt && k->nowned < k->partitions; i++) k->owned[k->nowned++] = list->elems[i].partition;
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

/* Customers lie in partitions by the number of these: with another one a start is refused, and going on would be as wrong. */
static bool has_grown(const struct gh_kafka *k, const rd_kafka_topic_partition_list_t *list)
{
  bool grown = false;
  for (int i = 0; i < list->cnt; i++) grown = grown || list->elems[i].partition >= (int32_t)k->partitions;
  return grown;
}

static bool rebalanced(struct gh_kafka *k, rd_kafka_event_t *event, struct gh_kafka_news *news)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  /* One that came in just before: who would take it may have ended, and librdkafka (2.0.2) then waits for his answer for ever. */
  if (k->closing && code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) return false;
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    rd_kafka_topic_partition_list_t *none = rd_kafka_topic_partition_list_new(0);
    (void)rd_kafka_assign(k->member, none);
    rd_kafka_topic_partition_list_destroy(none);
    if (has_grown(k, list)) return fatal(k, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, "the topic has more of them than before; docs/production.md says how to go to another number", news);
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

/* Fenced: by another process of our name, or by a join of our own that came late. Now and then it is the latter; again and again, the former. */
static bool fenced(struct gh_kafka *k, const char *why, struct gh_kafka_news *news)
{
  if (k->again_ns != 0) return false; /* told before, in other words */
  uint64_t now_ns = gh_monotonic_ns();
  if (now_ns - k->fenced_ns > FENCES_WITHIN_NS) k->fences = 0;
  k->fenced_ns = now_ns;
  if (++k->fences >= MAX_FENCES) return fatal(k, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, why, news);
  k->again_ns = now_ns + AGAIN_AFTER_NS;
  if (k->nowned == 0 || k->revoking) return false;
  k->revoking = k->lost = true;
  *news = (struct gh_kafka_news){.kind = GH_KAFKA_LOST, .partitions = k->owned, .n = k->nowned};
  return true;
}

static bool erred(struct gh_kafka *k, rd_kafka_resp_err_t code, const char *detail, struct gh_kafka_news *news)
{
  char why[256];
  k->broker_errors++;
  bool denied = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL || code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
  if (denied || code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) k->denied = code;
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) snprintf(k->last_text, sizeof k->last_text, "%s", detail ? detail : "");
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) gh_watch_suspect(k);
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    code = rd_kafka_fatal_error(k->member, why, sizeof why);
    detail = why;
    if (code != RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return fatal(k, code, why, news);
  }
  if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return fenced(k, detail ? detail : "", news);
  return is_refusal(code) && fatal(k, code, detail ? detail : "", news);
}

bool gh_member_served(struct gh_kafka *k, rd_kafka_event_t *event, struct gh_kafka_news *news)
{
  const rd_kafka_message_t *m;
  switch (rd_kafka_event_type(event)) {
  case RD_KAFKA_EVENT_REBALANCE: return rebalanced(k, event, news);
  case RD_KAFKA_EVENT_ERROR: return erred(k, rd_kafka_event_error(event), rd_kafka_event_error_string(event), news);
  case RD_KAFKA_EVENT_OFFSET_COMMIT: gh_member_commit_answered(k, rd_kafka_event_error(event)); return false;
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

/* The handle is at its end: what it still says is for nobody. */
static void wait_for_again(struct gh_kafka *k, struct gh_kafka_news *news)
{
  struct gh_source_error error;
  if (k->revoking || gh_monotonic_ns() < k->again_ns) return;
  gh_log(GH_INFO, "kafka: the member joins again", "member=%s", k->slot.name);
  if (!gh_member_again(k, &error)) (void)fatal(k, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, error.text, news);
}

void gh_kafka_news(struct gh_kafka *k, struct gh_kafka_news *news)
{
  *news = (struct gh_kafka_news){.kind = GH_KAFKA_NONE};
  (void)rd_kafka_poll(k->reader, 0);
  if (k->again_ns != 0) wait_for_again(k, news);
  if (k->again_ns != 0 || !k->member) return;
  uint64_t now_ns = gh_monotonic_ns();
  if (k->joined && now_ns - k->commit_ns > COMMIT_EVERY_NS) gh_member_commit(k);
  bool told = false;
  for (rd_kafka_event_t *event; !told && (event = rd_kafka_queue_poll(k->events, 0));) {
    told = gh_member_served(k, event, news);
    rd_kafka_event_destroy(event);
  }
  if (!told) say_trouble(k, now_ns, news);
  const uint64_t one = 1; /* more may wait behind what is told now */
  if (news->kind != GH_KAFKA_NONE) (void)!write(k->fd, &one, sizeof one);
}
