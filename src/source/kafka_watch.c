/* The watch: a thread that asks the brokers, so that the loop never waits for their answers.
 *
 * Every quarter of `idle` it asks for the ends of the partitions that have given everything they had, in one question. The answer counts from the moment of asking.
 * Where the one question fails (one leader away is enough), each partition is asked for alone.
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

static bool ask_all(struct gh_kafka *k, struct question *questions, unsigned n)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
  for (unsigned i = 0; i < n; i++) rd_kafka_topic_partition_list_add(list, k->topic_name, questions[i].partition)->offset = RD_KAFKA_OFFSET_END;
  bool ok = !rd_kafka_offsets_for_times(k->reader, list, ANSWER_MS);
  for (unsigned i = 0; i < n && ok; i++) {
    const rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_find(list, k->topic_name, questions[i].partition);
    if (p && !p->err) questions[i].end = p->offset;
  }
  rd_kafka_topic_partition_list_destroy(list);
  return ok;
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

static void note_health(struct gh_watch *w, bool answered)
{
  if (!answered && w->failing_ns == 0) w->failing_ns = gh_monotonic_ns();
  if (!answered) return;
  w->failing_ns = 0;
  w->suspect = false;
}

static bool anybody(struct gh_kafka *k)
{
  const struct rd_kafka_metadata *m;
  if (rd_kafka_metadata(k->reader, 0, k->topic, &m, ANSWER_MS)) return false;
  rd_kafka_metadata_destroy(m);
  return true;
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
  if (n == 0 && !w->suspect && w->failing_ns == 0) return;
  pthread_mutex_unlock(&w->lock);
  uint64_t asked_ns = gh_monotonic_ns();
  bool answered = n == 0 ? anybody(k) : ask_all(k, questions, n);
  bool one_by_one = !answered && n > 1 && !stopping(w) && anybody(k);
  for (unsigned i = 0; i < n && one_by_one && !stopping(w); i++) answered |= ask_all(k, &questions[i], 1);
  pthread_mutex_lock(&w->lock);
  put_answers(k, questions, n, asked_ns);
  note_health(w, answered || one_by_one);
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

uint64_t gh_watch_failing_ns(struct gh_kafka *k)
{
  pthread_mutex_lock(&k->watch.lock);
  uint64_t ns = k->watch.failing_ns;
  pthread_mutex_unlock(&k->watch.lock);
  return ns;
}
