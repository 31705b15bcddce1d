/* Kafka as a source: who reads what, from where, and what is said when brokers fail; against a cluster of brokers inside the test. */
#define _GNU_SOURCE /* RTLD_NEXT, memmem */
#include "mock_kafka.h"

#include <dlfcn.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "goldhour/base/buf.h"
#include "group.h"

#define PARTITIONS 4u

static struct gh_kafka_source_conf conf;
static struct gh_source_error error;
static const struct gh_str topics[] = {GH_STR("events")};

static int open_mock(void **state)
{
  (void)state;
  if (start_mock(1) != 0) return -1;
  rd_kafka_mock_topic_create(mock, "events", PARTITIONS, 1);
  conf = (struct gh_kafka_source_conf){.kafka = mock_conf, .topics = topics, .ntopics = 1, .group = GH_STR("goldhour"), .member = GH_STR("m1"), .session_ms = 4000, .fetch_bytes = 1 << 20};
  return 0;
}

static struct gh_kafka *open_member(void)
{
  struct gh_kafka_options o = {.conf = &conf, .idle_ms = 400, .store_id = "store-7"};
  struct gh_kafka *k = gh_kafka_open(&o, &error);
  if (!k) print_error("%s\n", error.text);
  assert_non_null(k);
  return k;
}

/* Puts records into a partition: "a b c", a word each. */
static void put(int32_t partition, const char *words)
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

static void wait_for_more(struct gh_kafka *k)
{
  struct pollfd fd = {.fd = gh_kafka_fd(k), .events = POLLIN};
  (void)poll(&fd, 1, 50);
  gh_kafka_woken(k);
}

/* Reads until so many records came, the source failed, or 10 s are over: "0:a 1:b". */
static const char *read_records(struct gh_kafka *k, struct gh_source *s, unsigned n)
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

static struct gh_source *read_from(struct gh_kafka *k, unsigned partition, int64_t offset)
{
  struct gh_source *s = gh_kafka_read(k, partition, offset, 100, &error);
  assert_non_null(s);
  return s;
}

/* Waits for a kind of news; what else comes is passed over, but what is revoked is given back. */
static struct gh_kafka_news wait_news(struct gh_kafka *k, enum gh_kafka_news_kind kind)
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

/* ── the group ── */

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

static void two_members_share_and_one_takes_over(void **state)
{
  (void)state;
  struct gh_kafka *a = open_member();
  assert_true(gh_kafka_join(a, &error));
  assert_int_equal(wait_news(a, GH_KAFKA_ASSIGNED).n, PARTITIONS);
  conf.member = GH_STR("m2");
  struct gh_kafka *b = open_member();
  assert_true(gh_kafka_join(b, &error));
  struct gh_kafka_news news = wait_news(a, GH_KAFKA_REVOKED);
  assert_int_equal(news.n, PARTITIONS);
  gh_kafka_gave_back(a);
  unsigned of_a = 0, of_b = 0;
  for (uint64_t until = in_ms(20000); (of_a == 0 || of_a + of_b != PARTITIONS) && gh_monotonic_ns() < until;) {
    struct gh_kafka_news n;
    gh_kafka_news(a, &n);
    if (n.kind == GH_KAFKA_ASSIGNED) of_a = n.n;
    if (n.kind == GH_KAFKA_REVOKED) gh_kafka_gave_back(a);
    gh_kafka_news(b, &n);
    if (n.kind == GH_KAFKA_ASSIGNED) of_b = n.n;
    if (n.kind == GH_KAFKA_REVOKED) gh_kafka_gave_back(b);
    wait_for_more(b);
  }
  assert_int_equal(of_a, PARTITIONS / 2);
  assert_int_equal(of_b, PARTITIONS / 2);
  gh_kafka_close(b);
  while (wait_news(a, GH_KAFKA_ASSIGNED).n < PARTITIONS) continue;
  gh_kafka_close(a);
}

static void a_heartbeat_refused_is_a_new_start(void **state)
{
  (void)state;
  struct gh_kafka *k = open_member();
  assert_true(gh_kafka_join(k, &error));
  (void)wait_news(k, GH_KAFKA_ASSIGNED);
  rd_kafka_mock_push_request_errors(mock, HEARTBEAT, 1, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
  (void)wait_news(k, GH_KAFKA_LOST);
  gh_kafka_gave_back(k);
  assert_int_equal(wait_news(k, GH_KAFKA_ASSIGNED).n, PARTITIONS);
  gh_kafka_close(k);
}

/* Its own join that it had given up may have been taken late: it tries again before it believes in another. */
static void a_fenced_member_joins_again(void **state)
{
  (void)state;
  struct gh_kafka *k = open_member();
  assert_true(gh_kafka_join(k, &error));
  (void)wait_news(k, GH_KAFKA_ASSIGNED);
  rd_kafka_mock_push_request_errors(mock, HEARTBEAT, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
  struct gh_kafka_news news = wait_news(k, GH_KAFKA_LOST);
  assert_int_equal(news.n, PARTITIONS);
  gh_kafka_gave_back(k);
  assert_int_equal(wait_news(k, GH_KAFKA_ASSIGNED).n, PARTITIONS);
  gh_kafka_close(k);
}

/* ── trouble ── */

static void brokers_away_are_trouble_that_ends(void **state)
{
  (void)state;
  put(0, "a");
  struct gh_kafka *k = open_member();
  assert_true(gh_kafka_join(k, &error));
  (void)wait_news(k, GH_KAFKA_ASSIGNED);
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
  struct gh_kafka *k = open_member();
  assert_true(gh_kafka_join(k, &error));
  (void)wait_news(k, GH_KAFKA_ASSIGNED);
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
    cmocka_unit_test_setup_teardown(the_only_member_is_given_all, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(offsets_that_were_not_taken_are_sent_again, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_topic_that_has_grown_is_refused, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(two_members_share_and_one_takes_over, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_heartbeat_refused_is_a_new_start, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_fenced_member_joins_again, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(brokers_away_are_trouble_that_ends, open_mock, end_mock),

    cmocka_unit_test_setup_teardown(closing_is_quick_without_brokers, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(brokers_that_hang_hold_nobody_who_stops, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(what_is_not_taken_is_not_fetched_without_bound, open_mock, end_mock),
    cmocka_unit_test_setup_teardown(a_topic_that_is_not_there_is_said, open_mock, end_mock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
