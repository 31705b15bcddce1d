/* The Kafka topic, against librdkafka's mock cluster: a lead a message, keyed by its customer; nothing is called taken that the brokers do not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "goldhour/sink/sink.h"
#include "lead_text.h"

static rd_kafka_t *handle;
static rd_kafka_mock_cluster_t *cluster;
static struct gh_sink_conf conf;
static struct gh_kafka_conf brokers;
static struct gh_sink_error fault;
static unsigned taken;

static int set_up(void **state)
{
  (void)state;
  char error[256];
  handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error);
  cluster = rd_kafka_mock_cluster_new(handle, 3);
  if (!cluster) return -1;
  rd_kafka_mock_topic_create(cluster, "leads", 4, 3);
  static const struct gh_pair quick[] = {{{"linger.ms", 9}, {"1", 1}, {{0}, 0, 0}}};
  brokers = (struct gh_kafka_conf){.brokers = gh_str(rd_kafka_mock_cluster_bootstraps(cluster)), .properties = quick, .nproperties = 1};
  conf = (struct gh_sink_conf){.kind = GH_SINK_KAFKA, .name = GH_STR("kafka:leads"), .topic = GH_STR("leads")};
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(handle);
  return 0;
}

static struct gh_sink *open_topic(void)
{
  struct gh_sink *s = gh_sink_open(&(struct gh_sink_options){.conf = &conf, .kafka = &brokers}, &fault);
  if (!s) fail_msg("%s", fault.text);
  return s;
}

static enum gh_sink_answer write_leads(struct gh_sink *s, unsigned first, unsigned n)
{
  struct gh_sink_lead leads[16];
  char text[16][2][80];
  for (unsigned i = 0; i < n; i++) {
    snprintf(text[i][0], 80, "id%u", first + i);
    snprintf(text[i][1], 80, "{\"id\":\"id%u\",\"customer\":\"C%u\",\"event\":\"e\"}", first + i, (first + i) % 3);
    leads[i] = (struct gh_sink_lead){first + i, gh_str(text[i][0]), gh_str(text[i][1])};
  }
  struct gh_sink_mark mark = {0};
  return gh_sink_write(s, &(struct gh_sink_page){0, leads, n}, &mark, &taken, &fault);
}

/* Reads until `n` messages have come; returns how many of them had what a lead's message has. */
static unsigned read_back(unsigned n)
{
  char error[256];
  rd_kafka_conf_t *c = rd_kafka_conf_new();
  rd_kafka_conf_set(c, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), error, sizeof error);
  rd_kafka_conf_set(c, "group.id", "test", error, sizeof error);
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, c, error, sizeof error);
  rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(4);
  for (int p = 0; p < 4; p++) rd_kafka_topic_partition_list_add(all, "leads", p)->offset = 0;
  rd_kafka_assign(rk, all);
  unsigned good = 0;
  int32_t partition_of[3] = {-1, -1, -1};
  for (unsigned seen = 0, polls = 0; seen < n && polls < 300; polls++) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 100);
    if (m && !m->err) {
      rd_kafka_headers_t *headers = NULL;
      const void *id = NULL;
      size_t len = 0;
      bool headed = rd_kafka_message_headers(m, &headers) == 0 && rd_kafka_header_get_last(headers, "id", &id, &len) == 0;
      const char *key = m->key;
      bool keyed = m->key_len == 2 && key[0] == 'C';
      int32_t *at = keyed ? &partition_of[key[1] - '0'] : NULL;
      good += headed && len >= 3 && memcmp(id, "id", 2) == 0 && keyed && (*at < 0 || *at == m->partition);
      if (at) *at = m->partition;
      seen++;
    }
    if (m) rd_kafka_message_destroy(m);
  }
  rd_kafka_topic_partition_list_destroy(all);
  rd_kafka_consumer_close(rk);
  rd_kafka_destroy(rk);
  return good;
}

static void a_lead_is_a_message_keyed_by_its_customer(void **state)
{
  (void)state;
  struct gh_sink *s = open_topic();
  assert_int_equal(write_leads(s, 1, 9), GH_SINK_TAKEN);
  assert_int_equal(taken, 9);
  assert_int_equal(read_back(9), 9);
  gh_sink_close(s);
}

/* The brokers refuse for good; then they are well again. */
static void what_is_not_acknowledged_is_not_taken(void **state)
{
  (void)state;
  struct gh_sink *s = open_topic();
  for (int i = 0; i < 16; i++) rd_kafka_mock_push_request_errors(cluster, 0, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  assert_int_equal(write_leads(s, 1, 3), GH_SINK_FAILED);
  assert_int_equal(taken, 0);
  assert_null(strstr(fault.text, "C1"));
  rd_kafka_mock_clear_request_errors(cluster, 0);
  unsigned tries = 0;
  while (write_leads(s, 1, 3) != GH_SINK_TAKEN && tries++ < 100) usleep(50000); /* until the producer has asked for the topic anew */
  assert_int_equal(taken, 3);
  assert_true(read_back(3) == 3);
  gh_sink_close(s);
}

static void *cut_soon(void *arg)
{
  usleep(300000);
  gh_sink_cut_off(arg);
  return NULL;
}

static void brokers_that_are_away_can_be_left(void **state)
{
  (void)state;
  struct gh_sink *s = open_topic();
  pthread_t other;
  for (int b = 1; b <= 3; b++) rd_kafka_mock_broker_set_down(cluster, b);
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  pthread_create(&other, NULL, cut_soon, s);
  assert_int_equal(write_leads(s, 1, 3), GH_SINK_FAILED);
  clock_gettime(CLOCK_MONOTONIC, &after);
  assert_true(after.tv_sec - before.tv_sec < 10); /* not what a flush may take */
  pthread_join(other, NULL);
  gh_sink_close(s);
}

/* The topic takes less than a page at once, but each of its leads. */
static void a_page_that_is_too_large_goes_in_parts(void **state)
{
  (void)state;
  struct gh_sink *s = open_topic();
  rd_kafka_mock_push_request_errors(cluster, 0, 3, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  assert_int_equal(write_leads(s, 1, 12), GH_SINK_TAKEN);
  assert_int_equal(taken, 12);
  assert_true(read_back(12) == 12);
  gh_sink_close(s);
}

static void a_lead_that_is_too_large_is_refused_alone(void **state)
{
  (void)state;
  static const struct gh_pair small[] = {{{"message.max.bytes", 17}, {"1000", 4}, {{0}, 0, 0}}};
  static char text[3000];
  brokers.properties = small;
  struct gh_sink *s = open_topic();
  struct gh_sink_mark mark = {0};
  memset(text, ' ', sizeof text - 1);
  struct gh_sink_lead leads[] = {{1, GH_STR("id1"), GH_STR("{\"id\":\"id1\",\"customer\":\"C1\"}")}, {2, GH_STR("id2"), gh_str(text)},
                                 {3, GH_STR("id3"), GH_STR("{\"id\":\"id3\",\"customer\":\"C2\"}")}};
  assert_int_equal(gh_sink_write(s, &(struct gh_sink_page){0, leads, 3}, &mark, &taken, &fault), GH_SINK_REFUSED);
  assert_int_equal(taken, 1);
  assert_non_null(strstr(fault.text, "larger"));
  assert_int_equal(gh_sink_write(s, &(struct gh_sink_page){0, leads + 2, 1}, &mark, &taken, &fault), GH_SINK_TAKEN);
  assert_true(read_back(2) == 2);
  gh_sink_close(s);
}

/* What the brokers say of one that the producer would send. */
static void a_lead_that_the_topic_never_takes_is_refused(void **state)
{
  (void)state;
  struct gh_sink *s = open_topic();
  for (int i = 0; i < 64; i++) rd_kafka_mock_push_request_errors(cluster, 0, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  assert_int_equal(write_leads(s, 1, 4), GH_SINK_REFUSED);
  assert_int_equal(taken, 0);
  rd_kafka_mock_clear_request_errors(cluster, 0);
  assert_int_equal(write_leads(s, 2, 3), GH_SINK_TAKEN);
  gh_sink_close(s);
}

static void assert_member(const char *json, const char *expected)
{
  struct gh_buf out = {0};
  assert_int_equal(gh_lead_member(gh_str(json), GH_STR("customer"), &out), expected != NULL);
  if (expected) assert_true(gh_str_eq(gh_buf_str(&out), gh_str(expected)));
  gh_buf_free(&out);
}

static void the_customer_is_found_whatever_stands_around_it(void **state)
{
  (void)state;
  assert_member("{\"id\":\"x\",\"customer\":\"C1\",\"event\":\"e\"}", "C1");
  assert_member("{\"rule\":\"customer\",\"customer\":\"C1\"}", "C1");
  assert_member("{\"rule\":\"a\\\"customer\\\":\\\"no\",\"customer\":\"C1\"}", "C1");
  assert_member("{\"evidence\":{\"customer\":\"no\"},\"channels\":[\"customer\"],\"customer\":\"客户一\"}", "客户一");
  assert_member("{\"customer\":\"a\\\\b\\\"c\\u0001\\n\"}", "a\\b\"c\001\n");
  assert_member("{\"evidence\":{\"customer\":\"no\"}}", NULL);
  assert_member("{\"customer\":12}", NULL);
  assert_member("{\"customer\":\"C", NULL);
  assert_member("", NULL);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STORY(a_lead_is_a_message_keyed_by_its_customer), STORY(what_is_not_acknowledged_is_not_taken), STORY(brokers_that_are_away_can_be_left),
      STORY(a_page_that_is_too_large_goes_in_parts), STORY(a_lead_that_is_too_large_is_refused_alone), STORY(a_lead_that_the_topic_never_takes_is_refused),
      cmocka_unit_test(the_customer_is_found_whatever_stands_around_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
