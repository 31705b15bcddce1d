/* The watch: a thread that asks the brokers, so that the loop never waits for their answers.
 *
 * Every quarter of `idle` it asks for the ends of the partitions that have given everything they had, in one question. The answer counts from the moment of asking.
 * Where the one question fails (one leader away is enough), the topic is asked about, then each partition alone.
 */
#include <stdlib.h>
#include <time.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "group.h"

#define ANSWER_MS 1000

struct question { uint64_t id; int32_t partition; int64_t end; };

/* Under the lock. */
static unsigned collect(struct gh_kafka *k, struct question *questions)
{
  unsigned n = 0;
  for (struct part *p = k->parts; p && n < k->partitions; p = p->next) {
    if (p->ending.ask) questions[n++] = (struct question){p->id, p->partition, -1};
  }
  return n;
}

/* How many were answered. */
static unsigned ask_ends(struct gh_kafka *k, struct question *questions, unsigned n)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
  for (unsigned i = 0; i < n; i++) rd_kafka_topic_partition_list_add(list, k->topic_name, questions[i].partition)->offset = RD_KAFKA_OFFSET_END;
  bool ok = !rd_kafka_offsets_for_times(k->reader, list, ANSWER_MS);
  unsigned answered = 0;
  for (unsigned i = 0; i < n && ok; i++) {
    const rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_find(list, k->topic_name, questions[i].partition);
    if (!p || p->err) continue;
    questions[i].end = p->offset;
    answered++;
  }
  rd_kafka_topic_partition_list_destroy(list);
  return answered;
}

static void put_answers(struct gh_kafka *k, const struct question *questions, unsigned n, uint64_t asked_ns)
{
  for (unsigned i = 0; i < n; i++) {
    struct part *p = k->parts;
    while (p && p->id != questions[i].id) p = p->next;
    if (!p || questions[i].end < 0) continue;
    p->ending.end = questions[i].end;
    p->ending.asked_ns = asked_ns;
    p->ending.answers++;
  }
}

static void note_health(struct gh_watch *w, rd_kafka_resp_err_t code, uint64_t asked_ns)
{
  struct ill *ill = &w->ill;
  if (code && ill->since_ns == 0) ill->since_ns = asked_ns;
  if (code != ill->code) ill->code_ns = asked_ns;
  if (!code) ill->since_ns = 0;
  ill->code = code;
  if (code != RD_KAFKA_RESP_ERR__TRANSPORT) w->suspect = false;
}

/* Whether anybody answers, and what is wrong with the topic. */
static rd_kafka_resp_err_t ask_topic(struct gh_kafka *k)
{
  const struct rd_kafka_metadata *m;
  if (rd_kafka_metadata(k->reader, 0, k->topic, &m, ANSWER_MS)) return RD_KAFKA_RESP_ERR__TRANSPORT;
  rd_kafka_resp_err_t code = m->topic_cnt == 1 ? m->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  for (int i = 0; !code && i < m->topics[0].partition_cnt; i++) {
    if (m->topics[0].partitions[i].err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) code = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  }
  rd_kafka_metadata_destroy(m);
  return code;
}

static bool stopping(struct gh_watch *w)
{
  pthread_mutex_lock(&w->lock);
  bool stop = w->stop;
  pthread_mutex_unlock(&w->lock);
  return stop;
}

/* Called and returns with the lock held; lets it go while it asks. */
static void ask(struct gh_kafka *k, struct question *questions)
{
  struct gh_watch *w = &k->watch;
  unsigned n = collect(k, questions);
  if (n == 0 && !w->suspect && w->ill.since_ns == 0) return;
  pthread_mutex_unlock(&w->lock);
  uint64_t asked_ns = gh_monotonic_ns();
  unsigned answered = n == 0 ? 0 : ask_ends(k, questions, n);
  rd_kafka_resp_err_t code = answered > 0 || stopping(w) ? RD_KAFKA_RESP_ERR_NO_ERROR : ask_topic(k);
  bool one_by_one = answered == 0 && n > 1 && code != RD_KAFKA_RESP_ERR__TRANSPORT;
  for (unsigned i = 0; i < n && one_by_one && !stopping(w); i++) (void)ask_ends(k, &questions[i], 1);
  pthread_mutex_lock(&w->lock);
  put_answers(k, questions, n, asked_ns);
  if (!w->stop) note_health(w, code, asked_ns);
}

static void *watch(void *arg)
{
  struct gh_kafka *k = arg;
  struct gh_watch *w = &k->watch;
  struct question *questions = calloc(k->partitions, sizeof *questions);
  GH_CHECK(questions && "out of memory");
  pthread_mutex_lock(&w->lock);
  while (!w->stop) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + w->period_ms * UINT64_C(1000000);
    until.tv_sec += (time_t)(ns / GH_SECOND_NS);
    until.tv_nsec = (long)(ns % GH_SECOND_NS);
    (void)pthread_cond_timedwait(&w->changed, &w->lock, &until);
    if (!w->stop) ask(k, questions);
  }
  pthread_mutex_unlock(&w->lock);
  free(questions);
  return NULL;
}

bool gh_watch_start(struct gh_kafka *k, int64_t idle_ms)
{
  struct gh_watch *w = &k->watch;
  pthread_condattr_t clock;
  w->period_ms = idle_ms / 4 < 25 ? 25 : idle_ms / 4 > 1000 ? 1000 : (uint64_t)idle_ms / 4;
  pthread_mutex_init(&w->lock, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&w->changed, &clock);
  pthread_condattr_destroy(&clock);
  w->started = pthread_create(&w->thread, NULL, watch, k) == 0;
  return w->started;
}

void gh_watch_stop(struct gh_kafka *k)
{
  struct gh_watch *w = &k->watch;
  if (!w->started) return;
  pthread_mutex_lock(&w->lock);
  w->stop = true;
  pthread_cond_signal(&w->changed);
  pthread_mutex_unlock(&w->lock);
  pthread_join(w->thread, NULL);
  pthread_cond_destroy(&w->changed);
  pthread_mutex_destroy(&w->lock);
  w->started = false;
}

void gh_watch_suspect(struct gh_kafka *k)
{
  struct gh_watch *w = &k->watch;
  if (!w->started) return;
  pthread_mutex_lock(&w->lock);
  w->suspect = true;
  pthread_mutex_unlock(&w->lock);
}

struct ill gh_watch_ill(struct gh_kafka *k)
{
  pthread_mutex_lock(&k->watch.lock);
  struct ill ill = k->watch.ill;
  pthread_mutex_unlock(&k->watch.lock);
  ill.partition = -1;
  return ill;
}
