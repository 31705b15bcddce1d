/* The producer delivers each record once, in order, or says that it did not; against a cluster of brokers inside the test. */
#include "mock_kafka.h"

static struct gh_kafka_producer *p;
static struct gh_kafka_error error;

static int open_all(void **state)
{
  (void)state;
  if (start_mock(1) != 0) return -1;
  rd_kafka_mock_topic_create(mock, "leads", 1, 1);
  p = gh_kafka_producer_open(&mock_conf, GH_STR(""), &error);
  return p ? 0 : -1;
}

static int close_all(void **state)
{
  gh_kafka_producer_close(p);
  return end_mock(state);
}

static bool produce(const char *key, const char *text)
{
  struct gh_kafka_out out = {.topic = GH_STR("leads"), .key = gh_str(key), .bytes = gh_str(text), .partition = -1};
  return gh_kafka_produce(p, &out, 1000, &error);
}

/* What the topic holds from its beginning, as text: "k=v k=v ". */
static const char *topic_text(void)
{
  static char text[4096];
  char why[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(mock), why, sizeof why);
  rd_kafka_conf_set(conf, "enable.partition.eof", "true", why, sizeof why);
  rd_kafka_conf_set(conf, "fetch.wait.max.ms", "20", why, sizeof why);
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, "leads", NULL);
  assert_int_equal(rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_BEGINNING), 0);
  text[0] = '\0';
  bool ended = false;
  for (uint64_t until = in_ms(10000); !ended && gh_monotonic_ns() < until;) {
    rd_kafka_message_t *m = rd_kafka_consume(topic, 0, 200);
    ended = m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (m && !m->err) snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s=%.*s ", (int)m->key_len, m->key ? (char *)m->key : "", (int)m->len, (char *)m->payload);
    if (m) rd_kafka_message_destroy(m);
  }
  rd_kafka_consume_stop(topic, 0);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(rk);
  return text;
}

static void what_was_flushed_is_there(void **state)
{
  (void)state;
  assert_true(produce("c1", "a") && produce("c2", "b") && produce("", "c"));
  assert_true(gh_kafka_flush(p, 10000, &error));
  assert_string_equal(topic_text(), "c1=a c2=b =c ");
}

static void nothing_to_flush_is_well(void **state)
{
  (void)state;
  assert_true(gh_kafka_flush(p, 0, &error));
}

static void a_lost_answer_repeats_nothing(void **state)
{
  (void)state;
  rd_kafka_mock_push_request_errors(mock, PRODUCE, 2, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  assert_true(produce("c1", "a") && produce("c1", "b"));
  assert_true(gh_kafka_flush(p, 10000, &error));
  assert_string_equal(topic_text(), "c1=a c1=b ");
}

static void a_refusal_is_told_once_and_the_next_goes(void **state)
{
  (void)state;
  rd_kafka_mock_push_request_errors(mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  assert_true(produce("c1", "a"));
  assert_false(gh_kafka_flush(p, 10000, &error));
  assert_non_null(strstr(error.text, "WRITE"));
  assert_true(produce("c1", "a again"));
  assert_true(gh_kafka_flush(p, 10000, &error));
  assert_string_equal(topic_text(), "c1=a again ");
}

static void a_broker_that_is_away_fails_the_flush_in_time(void **state)
{
  (void)state;
  assert_true(produce("c1", "before"));
  assert_true(gh_kafka_flush(p, 10000, &error));
  rd_kafka_mock_broker_set_down(mock, 1);
  assert_true(produce("c1", "lost"));
  uint64_t until = in_ms(2000);
  assert_false(gh_kafka_flush(p, 300, &error));
  assert_true(gh_monotonic_ns() < until);
  rd_kafka_mock_broker_set_up(mock, 1);
  assert_true(produce("c1", "after"));
  assert_true(gh_kafka_flush(p, 10000, &error));
  assert_string_equal(topic_text(), "c1=before c1=after ");
}

static void a_fatal_error_makes_the_producer_anew(void **state)
{
  (void)state;
  rd_kafka_mock_push_request_errors(mock, PRODUCE, 1, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
  assert_true(produce("c1", "a"));
  (void)gh_kafka_flush(p, 3000, &error);
  assert_true(produce("c1", "b"));
  assert_true(gh_kafka_flush(p, 10000, &error));
  assert_non_null(strstr(topic_text(), "c1=b "));
}

static void a_full_queue_is_waited_for_and_then_told(void **state)
{
  (void)state;
  gh_kafka_producer_close(p);
  struct gh_pair properties[] = {{.name = GH_STR("queue.buffering.max.messages"), .value = GH_STR("10")}};
  mock_conf.properties = properties;
  mock_conf.nproperties = 1;
  p = gh_kafka_producer_open(&mock_conf, GH_STR(""), &error);
  assert_non_null(p);
  rd_kafka_mock_broker_set_down(mock, 1);
  struct gh_kafka_out out = {.topic = GH_STR("leads"), .bytes = GH_STR("x"), .partition = -1};
  unsigned taken = 0;
  while (taken < 20 && gh_kafka_produce(p, &out, 100, &error)) taken++;
  assert_int_equal(taken, 10);
  assert_non_null(strstr(error.text, "more slowly"));
  assert_false(gh_kafka_flush(p, 100, &error)); /* one of them was not taken */
}

static void headers_tombstones_and_partitions_go_as_they_are(void **state)
{
  (void)state;
  struct gh_pair headers[] = {{.name = GH_STR("id"), .value = {"\0\x01", 2}}};
  struct gh_kafka_out out = {.topic = GH_STR("leads"), .key = GH_STR("c1"), .partition = 0, .headers = headers, .nheaders = 1, .time_ms = 1789776000000};
  assert_true(gh_kafka_produce(p, &out, 1000, &error));
  assert_true(gh_kafka_flush(p, 10000, &error));
  assert_string_equal(topic_text(), "c1= ");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(what_was_flushed_is_there, open_all, close_all),
    cmocka_unit_test_setup_teardown(nothing_to_flush_is_well, open_all, close_all),
    cmocka_unit_test_setup_teardown(a_lost_answer_repeats_nothing, open_all, close_all),
    cmocka_unit_test_setup_teardown(a_refusal_is_told_once_and_the_next_goes, open_all, close_all),
    cmocka_unit_test_setup_teardown(a_broker_that_is_away_fails_the_flush_in_time, open_all, close_all),
    cmocka_unit_test_setup_teardown(a_fatal_error_makes_the_producer_anew, open_all, close_all),
    cmocka_unit_test_setup_teardown(a_full_queue_is_waited_for_and_then_told, open_all, close_all),
    cmocka_unit_test_setup_teardown(headers_tombstones_and_partitions_go_as_they_are, open_all, close_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
