/* Kafka as a source: what is read, from where, and how far ahead; against a cluster of brokers inside the test. */
#define _GNU_SOURCE /* RTLD_NEXT, memmem */
#include "members.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/socket.h>

/* ── reading ── */

static void a_partition_is_read_from_where_it_is_told(void **state)
{
  (void)state;
  put(2, "a b c d");
  struct gh_kafka *k = open_member();
  assert_int_equal(gh_kafka_partitions(k), PARTITIONS);
  struct gh_source *s = read_from(k, 2, 2); /* in the middle of what was produced at once */
  assert_string_equal(read_records(k, s, 2), "2:c 3:d");
  put(2, "e");
  assert_string_equal(read_records(k, s, 1), "4:e");
  gh_source_close(s);
  s = read_from(k, 2, 0); /* and begun anew */
  assert_string_equal(read_records(k, s, 5), "0:a 1:b 2:c 3:d 4:e");
  gh_source_close(s);
  gh_kafka_close(k);
}

static void records_carry_key_headers_and_time(void **state)
{
  (void)state;
  struct gh_kafka_error e;
  struct gh_kafka_producer *p = gh_kafka_producer_open(&mock_conf, GH_STR(""), &e);
  struct gh_pair headers[] = {{.name = GH_STR("ce_id"), .value = GH_STR("e1")}, {.name = GH_STR("ce_type"), .value = GH_STR("t")}};
  struct gh_kafka_out out = {.topic = topics[0], .key = GH_STR("c1"), .bytes = GH_STR("{}"), .partition = 0, .headers = headers, .nheaders = 2, .time_ms = 1789776000000};
  assert_true(gh_kafka_produce(p, &out, 1000, &e));
  out = (struct gh_kafka_out){.topic = topics[0], .key = GH_STR("c1"), .partition = 0, .time_ms = 1789776000001}; /* a tombstone */
  assert_true(gh_kafka_produce(p, &out, 1000, &e));
  char longer[200];
  memset(longer, 'x', sizeof longer);
  out.bytes = gh_str_n(longer, sizeof longer);
  assert_true(gh_kafka_produce(p, &out, 1000, &e) && gh_kafka_flush(p, 10000, &e));
  gh_kafka_producer_close(p);

  struct gh_kafka *k = open_member();
  struct gh_source *s = read_from(k, 0, 0);
  struct gh_source_record r;
  while (gh_source_next(s, &r) != GH_SOURCE_RECORD) wait_for_more(k);
  assert_true(gh_str_eq(r.key, GH_STR("c1")) && r.time_ms == 1789776000000 && r.nheaders == 2);
  assert_true(gh_str_eq(r.headers[1].name, GH_STR("ce_type")) && gh_str_eq(r.headers[1].value, GH_STR("t")));
  while (gh_source_next(s, &r) != GH_SOURCE_RECORD) wait_for_more(k);
  assert_true(r.bytes.ptr == NULL && r.bytes.len == 0 && r.nheaders == 0);
  while (gh_source_next(s, &r) != GH_SOURCE_RECORD) wait_for_more(k);
  assert_true(r.too_long);
  gh_source_close(s);
  gh_kafka_close(k);
}

static void the_end_is_what_the_broker_confirmed(void **state)
{
  (void)state;
  put(0, "a b");
  struct gh_kafka *k = open_member();
  struct gh_source *s = read_from(k, 0, 0);
  struct gh_source_record r;
  while (gh_source_next(s, &r) != GH_SOURCE_RECORD) wait_for_more(k);
  assert_int_equal(gh_source_at_end_ns(s), 0); /* one more is there */
  assert_string_equal(read_records(k, s, 1), "1:b");
  uint64_t begun = gh_monotonic_ns(), at;
  for (uint64_t until = in_ms(10000); (at = gh_source_at_end_ns(s)) == 0 && gh_monotonic_ns() < until;) {
    assert_int_equal(gh_source_next(s, &r), GH_SOURCE_NOTHING);
    wait_for_more(k);
  }
  assert_true(at > begun);
  put(0, "c");
  assert_string_equal(read_records(k, s, 1), "2:c");
  assert_true(gh_source_at_end_ns(s) != at);
  gh_source_close(s);
  gh_kafka_close(k);
}

static void an_error_of_fetching_mends_itself(void **state)
{
  (void)state;
  put(0, "a b");
  struct gh_kafka *k = open_member();
  rd_kafka_mock_push_request_errors(mock, FETCH, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  struct gh_source *s = read_from(k, 0, 0);
  assert_string_equal(read_records(k, s, 2), "0:a 1:b");
  gh_source_close(s);
  gh_kafka_close(k);
}

static const char fragile[] = "a-record-that-does-not-come-through";
static _Atomic int damages; /* so often it is changed on its way */

/* Stands before the system's, for librdkafka too. */
ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
  static ssize_t (*real)(int fd, struct msghdr *m, int flags);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "recvmsg");
  ssize_t n = real(fd, m, flags), left = n;
  for (size_t i = 0; i < m->msg_iovlen && left > 0; i++) {
    struct iovec *v = &m->msg_iov[i];
    char *at = memmem(v->iov_base, left < (ssize_t)v->iov_len ? (size_t)left : v->iov_len, fragile, sizeof fragile - 1);
    left -= (ssize_t)v->iov_len;
    if (at && atomic_load(&damages) > 0 && atomic_fetch_sub(&damages, 1) > 0) *at ^= 1;
  }
  return n;
}

/* Of a batch that does not match its hash librdkafka says so, then goes on somewhere in it: what it takes for the next offset is any number. */
static void a_record_damaged_on_its_way_is_fetched_again(void **state)
{
  (void)state;
  char words[1024], expected[1100];
  snprintf(words, sizeof words, "%s%0900d", fragile, 7);
  snprintf(expected, sizeof expected, "0:a 1:%s 2:c", words);
  put(0, "a");
  put(0, words);
  put(0, "c");
  struct gh_kafka *k = open_member();
  damages = 2;
  struct gh_source *s = gh_kafka_read(k, 0, 0, sizeof words, &error);
  assert_string_equal(read_records(k, s, 3), expected);
  assert_int_equal(damages, 0);
  gh_source_close(s);
  damages = 1;
  s = gh_kafka_read(k, 0, 1, sizeof words, &error);
  for (uint64_t until = in_ms(500); gh_monotonic_ns() < until;) assert_int_equal(gh_source_next(s, &(struct gh_source_record){0}), GH_SOURCE_NOTHING);
  gh_source_close(s); /* while it waits */
  gh_kafka_close(k);
}

/* ── positions ── */

static void a_lost_position_stops_the_partition(void **state)
{
  (void)state;
  put(0, "a b");
  struct gh_kafka *k = open_member();
  struct gh_source *s = read_from(k, 0, 50);
  assert_string_equal(read_records(k, s, 1), "failed");
  assert_non_null(strstr(gh_source_failure(s), "partition 0 of events: Kafka no longer holds the stored position 50: it has 0 to 2"));
  gh_source_close(s);
  gh_kafka_close(k);
}

static void or_goes_on_at_what_there_is(void **state)
{
  (void)state;
  put(0, "a b");
  conf.lost = GH_LOST_EARLIEST;
  struct gh_kafka *k = open_member();
  struct gh_source *s = read_from(k, 0, 50);
  assert_string_equal(read_records(k, s, 2), "0:a 1:b");
  assert_true(gh_source_replaced(s));
  assert_int_equal(gh_source_skipped(s), 0); /* it went back: nothing is known to be lost */
  gh_source_close(s);
  gh_kafka_close(k);
}

static void or_at_the_end(void **state)
{
  (void)state;
  put(0, "a b");
  conf.lost = GH_LOST_LATEST;
  struct gh_kafka *k = open_member();
  struct gh_source *s = read_from(k, 0, 50);
  struct gh_source_record r;
  enum gh_source_answer answer = GH_SOURCE_NOTHING;
  for (uint64_t until = in_ms(10000); answer == GH_SOURCE_NOTHING && gh_monotonic_ns() < until; wait_for_more(k)) answer = gh_source_next(s, &r);
  assert_int_equal(answer, GH_SOURCE_RECORD); /* the place alone, to be committed: begun anew before anything came, it is not lost again */
  assert_true(r.none && r.next_offset == 2 && gh_source_replaced(s));
  put(0, "c");
  assert_string_equal(read_records(k, s, 1), "2:c");
  gh_source_close(s);
  gh_kafka_close(k);
}

static void a_new_store_begins_where_start_says(void **state)
{
  (void)state;
  put(1, "a b c");
  int64_t offset;
  char id[64];
  struct gh_kafka *k = open_member();
  assert_true(gh_kafka_start(k, 1, &offset, &error) && offset == 0);
  assert_true(gh_kafka_committed(k, 1, &offset, id, &error) && offset == -1 && *id == '\0');
  gh_kafka_close(k);
  conf.start = GH_START_LATEST;
  k = open_member();
  assert_true(gh_kafka_start(k, 1, &offset, &error) && offset == 3);
  gh_kafka_close(k);
}

/* ── bounds ── */

enum { LONG_BYTES = 4000, LONG_RECORDS = 1000 };

static void put_long(void)
{
  static char text[LONG_BYTES];
  struct gh_kafka_error e;
  struct gh_kafka_producer *p = gh_kafka_producer_open(&mock_conf, GH_STR(""), &e);
  struct gh_kafka_out out = {.topic = topics[0], .bytes = gh_str_n(text, LONG_BYTES), .partition = 1};
  memset(text, 'x', LONG_BYTES);
  for (unsigned i = 0; i < LONG_RECORDS; i++) assert_true(gh_kafka_produce(p, &out, 10000, &e));
  assert_true(gh_kafka_flush(p, 10000, &e));
  gh_kafka_producer_close(p);
}

static uint64_t queued_bytes(struct gh_kafka *k) { return gh_kafka_stats(k).queued_records * LONG_BYTES; }

/* Until no more came for half a second. */
static uint64_t bytes_at_rest(struct gh_kafka *k)
{
  uint64_t bytes = 0, still = in_ms(500);
  for (uint64_t until = in_ms(10000); gh_monotonic_ns() < until && (bytes == 0 || gh_monotonic_ns() < still); wait_for_more(k)) {
    if (queued_bytes(k) != bytes) still = in_ms(500);
    bytes = queued_bytes(k);
  }
  return bytes;
}

/* 4 MB lie in the topic, 1 MB may be fetched: nobody takes, and it rests between the partition's share and the bound, with one answer of the broker beyond it.
 * Then all comes, in order. */
static void what_is_not_taken_is_not_fetched_without_bound(void **state)
{
  (void)state;
  const uint64_t most = (uint64_t)conf.fetch_bytes + 1000000, share = (uint64_t)conf.fetch_bytes / PARTITIONS;
  struct gh_source_record r;
  put_long();
  struct gh_kafka *k = open_member();
  struct gh_source *s = gh_kafka_read(k, 1, 0, LONG_BYTES, &error);
  uint64_t at_rest = bytes_at_rest(k), next = 0;
  assert_in_range(at_rest, share, most);
  for (uint64_t until = in_ms(20000); next < LONG_RECORDS && gh_monotonic_ns() < until;) {
    assert_true(queued_bytes(k) <= most);
    enum gh_source_answer answer = gh_source_next(s, &r);
    if (answer == GH_SOURCE_NOTHING) wait_for_more(k);
    else assert_int_equal(answer, GH_SOURCE_RECORD);
    if (answer == GH_SOURCE_RECORD) assert_int_equal(r.at_offset, next++);
  }
  assert_int_equal(next, LONG_RECORDS);
  gh_source_close(s);
  gh_kafka_close(k);
}

static void a_topic_that_is_not_there_is_said(void **state)
{
  (void)state;
  rd_kafka_mock_topic_set_error(mock, "events", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  struct gh_kafka_options o = {.conf = &conf, .idle_ms = 400, .store_id = ""};
  assert_null(gh_kafka_open(&o, &error));
  assert_non_null(strstr(error.text, "topic events: there is no such topic"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(a_partition_is_read_from_where_it_is_told, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(records_carry_key_headers_and_time, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(the_end_is_what_the_broker_confirmed, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(an_error_of_fetching_mends_itself, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_record_damaged_on_its_way_is_fetched_again, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_lost_position_stops_the_partition, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(or_goes_on_at_what_there_is, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(or_at_the_end, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_new_store_begins_where_start_says, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(what_is_not_taken_is_not_fetched_without_bound, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_topic_that_is_not_there_is_said, open_mock, end_mock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
