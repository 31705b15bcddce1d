/* The group of a source of Kafka: who reads what, and what is said when brokers fail; against a cluster of brokers inside the test. */
#include "members.h"

/* ── who reads what ── */

static struct gh_kafka *open_joined(void)
{
  struct gh_kafka *k = open_member();
  assert_true(gh_kafka_join(k, &error));
  assert_int_equal(wait_news(k, GH_KAFKA_ASSIGNED).n, PARTITIONS);
  return k;
}

static void the_only_member_is_given_all(void **state)
{
  (void)state;
  put(3, "a");
  struct gh_kafka *k = open_member();
  assert_string_equal(gh_kafka_member(k), "m1");
  assert_true(gh_kafka_join(k, &error));
  struct gh_kafka_news news = wait_news(k, GH_KAFKA_ASSIGNED);
  assert_int_equal(news.n, PARTITIONS);
  struct gh_source *s = read_from(k, 3, 0);
  assert_string_equal(read_records(k, s, 1), "0:a");
  gh_kafka_note_committed(k, 3, 1);
  gh_source_close(s);
  gh_kafka_close(k);

  k = open_member(); /* what was told to lag tools is found again, with the store's id */
  int64_t offset;
  char id[64];
  assert_true(gh_kafka_committed(k, 3, &offset, id, &error));
  assert_int_equal(offset, 1);
  assert_true(*id == '\0' || strcmp(id, "store-7") == 0); /* the mock forgets metadata */
  gh_kafka_close(k);
}

/* However often that fails: a quiet partition would show a lag for as long as it is quiet. */
static void offsets_that_were_not_taken_are_sent_again(void **state)
{
  (void)state;
  struct gh_kafka *k = open_member();
  struct gh_kafka_news news;
  assert_true(gh_kafka_join(k, &error));
  (void)wait_news(k, GH_KAFKA_ASSIGNED);
  gh_kafka_note_committed(k, 2, 7);
  rd_kafka_mock_push_request_errors(mock, OFFSET_COMMIT, 2, RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE);
  for (unsigned times = 0; times < 3; times++) {
    k->commit_ns = 1; /* it is time */
    do gh_kafka_news(k, &news);
    while (k->committing);
  }
  int64_t offset;
  char id[64];
  assert_true(gh_kafka_committed(k, 2, &offset, id, &error));
  assert_int_equal(offset, 7);
  gh_kafka_close(k);
}

/* Its customers would lie in other partitions than their state, and the new partition would be nobody's. */
static void a_topic_that_has_grown_is_refused(void **state)
{
  (void)state;
  struct gh_kafka *k = open_member();
  k->partitions--; /* as many as it had then */
  assert_true(gh_kafka_join(k, &error));
  struct gh_kafka_news news = wait_news(k, GH_KAFKA_FATAL);
  assert_non_null(strstr(news.text, "the topic has more of them than before"));
  k->partitions++;
  gh_kafka_close(k);
}

/* What the member was given last; what is taken from it is given back. */
static void follow(struct gh_kafka *k, unsigned *given)
{
  struct gh_kafka_news news;
  gh_kafka_news(k, &news);
  if (news.kind == GH_KAFKA_ASSIGNED) *given = news.n;
  if (news.kind == GH_KAFKA_REVOKED || news.kind == GH_KAFKA_LOST) gh_kafka_gave_back(k);
}

/* The mock refuses whoever asks for his share after the leader has handed out all: each answer takes its time, and the leader, who asks for the topic in between, is the last. */
static void two_members_share_and_one_takes_over(void **state)
{
  (void)state;
  struct gh_kafka *a = open_joined();
  conf.member = GH_STR("m2");
  struct gh_kafka *b = open_member();
  assert_int_equal(rd_kafka_mock_broker_set_rtt(mock, 1, 500), RD_KAFKA_RESP_ERR_NO_ERROR);
  assert_true(gh_kafka_join(b, &error));
  struct gh_kafka_news news = wait_news(a, GH_KAFKA_REVOKED);
  assert_int_equal(news.n, PARTITIONS);
  gh_kafka_gave_back(a);
  unsigned of_a = 0, of_b = 0;
  for (uint64_t until = in_ms(40000); (of_a == 0 || of_a + of_b != PARTITIONS) && gh_monotonic_ns() < until; wait_for_more(b)) {
    follow(a, &of_a);
    follow(b, &of_b);
  }
  assert_int_equal(of_a, PARTITIONS / 2);
  assert_int_equal(of_b, PARTITIONS / 2);
  rd_kafka_mock_broker_set_rtt(mock, 1, 0);
  gh_kafka_close(b);
  while (wait_news(a, GH_KAFKA_ASSIGNED).n < PARTITIONS) continue;
  gh_kafka_close(a);
}

/* A member that has all loses it by what its heartbeat is answered, and is given all again. */
static void lose_by_a_heartbeat(rd_kafka_resp_err_t answer)
{
  struct gh_kafka *k = open_joined();
  rd_kafka_mock_push_request_errors(mock, HEARTBEAT, 1, answer);
  assert_int_equal(wait_news(k, GH_KAFKA_LOST).n, PARTITIONS);
  gh_kafka_gave_back(k);
  assert_int_equal(wait_news(k, GH_KAFKA_ASSIGNED).n, PARTITIONS);
  gh_kafka_close(k);
}

static void a_heartbeat_refused_is_a_new_start(void **state)
{
  (void)state;
  lose_by_a_heartbeat(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
}

/* Its own join that it had given up may have been taken late: it tries again before it believes in another. */
static void a_fenced_member_joins_again(void **state)
{
  (void)state;
  lose_by_a_heartbeat(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
}

/* ── trouble ── */

static void brokers_away_are_trouble_that_ends(void **state)
{
  (void)state;
  put(0, "a");
  struct gh_kafka *k = open_joined();
  struct gh_source *s = read_from(k, 0, 0);
  assert_string_equal(read_records(k, s, 1), "0:a");
  rd_kafka_mock_broker_set_down(mock, 1);
  struct gh_source_record r;
  assert_int_equal(gh_source_next(s, &r), GH_SOURCE_NOTHING);
  struct gh_kafka_news news = wait_news(k, GH_KAFKA_TROUBLE);
  assert_non_null(strstr(news.text, "no broker answers"));
  rd_kafka_mock_broker_set_up(mock, 1);
  (void)wait_news(k, GH_KAFKA_WELL);
  put(0, "b");
  assert_string_equal(read_records(k, s, 1), "1:b");
  gh_source_close(s);
  gh_kafka_close(k);
}

static void closing_is_quick_without_brokers(void **state)
{
  (void)state;
  put(0, "a");
  struct gh_kafka *k = open_joined();
  struct gh_source *s = read_from(k, 0, 0);
  assert_string_equal(read_records(k, s, 1), "0:a");
  gh_kafka_note_committed(k, 0, 1);
  rd_kafka_mock_broker_set_down(mock, 1);
  uint64_t begun = gh_monotonic_ns();
  gh_source_close(s);
  gh_kafka_close(k);
  assert_true(gh_monotonic_ns() - begun < UINT64_C(3000000000));
}

static void *cut_soon(void *k)
{
  usleep(300000);
  gh_kafka_cut(k);
  return NULL;
}

/* librdkafka's own question for both ends of a partition waits for a broker that hangs for as long as that does. */
static void brokers_that_hang_hold_nobody_who_stops(void **state)
{
  (void)state;
  struct gh_source_error e;
  pthread_t thread;
  int64_t offset = -1;
  struct gh_kafka *k = open_member();
  conf.start = GH_START_EARLIEST;
  assert_true(gh_kafka_start(k, 1, &offset, &e));
  assert_int_equal(offset, 0);
  rd_kafka_mock_broker_set_rtt(mock, 1, 8000);
  uint64_t begun = gh_monotonic_ns();
  assert_int_equal(pthread_create(&thread, NULL, cut_soon, k), 0);
  assert_false(gh_kafka_start(k, 1, &offset, &e));
  assert_true(gh_monotonic_ns() - begun < UINT64_C(3500000000));
  pthread_join(thread, NULL);
  rd_kafka_mock_broker_set_rtt(mock, 1, 0);
  gh_kafka_close(k);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(the_only_member_is_given_all, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(offsets_that_were_not_taken_are_sent_again, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_topic_that_has_grown_is_refused, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(two_members_share_and_one_takes_over, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_heartbeat_refused_is_a_new_start, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_fenced_member_joins_again, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(brokers_away_are_trouble_that_ends, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(closing_is_quick_without_brokers, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(brokers_that_hang_hold_nobody_who_stops, open_mock, end_mock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
