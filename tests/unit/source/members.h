/* What tests of Kafka as a source share: a topic of a few partitions in a cluster inside the test, members that read it, and waiting for what they say. */
#ifndef TESTS_SOURCE_MEMBERS_H
#define TESTS_SOURCE_MEMBERS_H

#include "mock_kafka.h"

#include <poll.h>

#include "goldhour/base/buf.h"
#include "group.h"

#define PARTITIONS 4u

static struct gh_kafka_source_conf conf;
static struct gh_source_error error;
static const struct gh_str topics[] = {GH_STR("events")};

static inline int open_mock(void **state)
{
  (void)state;
  if (start_mock(1) != 0) return -1;
  rd_kafka_mock_topic_create(mock, "events", PARTITIONS, 1);
  conf = (struct gh_kafka_source_conf){.kafka = mock_conf, .topics = topics, .ntopics = 1, .group = GH_STR("goldhour"), .member = GH_STR("m1"), .session_ms = 4000, .fetch_bytes = 1 << 20};
  return 0;
}

static inline struct gh_kafka *open_member(void)
{
  struct gh_kafka_options o = {.conf = &conf, .idle_ms = 400, .store_id = "store-7"};
  struct gh_kafka *k = gh_kafka_open(&o, &error);
  if (!k) print_error("%s\n", error.text);
  assert_non_null(k);
  return k;
}

/* Puts records into a partition: "a b c", a word each. */
static inline void put(int32_t partition, const char *words)
{
  struct gh_kafka_error e;
  struct gh_kafka_producer *p = gh_kafka_producer_open(&mock_conf, GH_STR(""), &e);
  assert_non_null(p);
  for (const char *w = words; *w; w += strspn(w, " ")) {
    struct gh_kafka_out out = {.topic = topics[0], .bytes = gh_str_n(w, strcspn(w, " ")), .partition = partition};
    assert_true(gh_kafka_produce(p, &out, 1000, &e));
    w += out.bytes.len;
  }
  assert_true(gh_kafka_flush(p, 10000, &e));
  gh_kafka_producer_close(p);
}

static inline void wait_for_more(struct gh_kafka *k)
{
  struct pollfd fd = {.fd = gh_kafka_fd(k), .events = POLLIN};
  (void)poll(&fd, 1, 50);
  gh_kafka_woken(k);
}

/* Reads until so many records came, the source failed, or 10 s are over: "0:a 1:b". */
static inline const char *read_records(struct gh_kafka *k, struct gh_source *s, unsigned n)
{
  static char text[4096];
  struct gh_source_record r;
  text[0] = '\0';
  for (uint64_t until = in_ms(10000); n > 0 && gh_monotonic_ns() < until;) {
    enum gh_source_answer answer = gh_source_next(s, &r);
    if (answer == GH_SOURCE_FAILED) return "failed";
    if (answer == GH_SOURCE_NOTHING) wait_for_more(k);
    if (answer != GH_SOURCE_RECORD) continue;
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d:%.*s", *text ? " " : "", (int)r.at_offset, GH_FMT(r.bytes));
    assert_int_equal(r.at_record, r.at_offset + 1);
    assert_int_equal(r.next_offset, r.at_offset + 1);
    n--;
  }
  return text;
}

static inline struct gh_source *read_from(struct gh_kafka *k, unsigned partition, int64_t offset)
{
  struct gh_source *s = gh_kafka_read(k, partition, offset, 100, &error);
  assert_non_null(s);
  return s;
}

/* Waits for a kind of news; what else comes is passed over, but what is revoked is given back. */
static inline struct gh_kafka_news wait_news(struct gh_kafka *k, enum gh_kafka_news_kind kind)
{
  struct gh_kafka_news news;
  for (uint64_t until = in_ms(20000); gh_monotonic_ns() < until;) {
    gh_kafka_news(k, &news);
    if (news.kind == kind) return news;
    if (news.kind == GH_KAFKA_REVOKED || news.kind == GH_KAFKA_LOST) gh_kafka_gave_back(k);
    if (news.kind == GH_KAFKA_NONE) wait_for_more(k);
  }
  fail_msg("no news of kind %d came", (int)kind);
  return news;
}

#endif
