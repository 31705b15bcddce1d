/* A cluster of brokers inside the test's process (librdkafka's own mock), with faults to order. Its consumer groups are simpler than real ones. */
#ifndef TESTS_MOCK_KAFKA_H
#define TESTS_MOCK_KAFKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "goldhour/conf/edges.h"
#include "goldhour/kafka/kafka.h"
#include "goldhour/sys/sys.h"

enum { PRODUCE = 0, FETCH = 1, LIST_OFFSETS = 2, METADATA = 3, OFFSET_COMMIT = 8, HEARTBEAT = 12 }; /* numbers of requests in Kafka's protocol */

static rd_kafka_t *mock_handle;
static rd_kafka_mock_cluster_t *mock;
static struct gh_kafka_conf mock_conf;

static inline int start_mock(int brokers)
{
  char why[256];
  mock_handle = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, why, sizeof why);
  mock = mock_handle ? rd_kafka_mock_cluster_new(mock_handle, brokers) : NULL;
  if (!mock) return -1;
  mock_conf = (struct gh_kafka_conf){.brokers = gh_str(rd_kafka_mock_cluster_bootstraps(mock))};
  return 0;
}

static inline int end_mock(void **state)
{
  (void)state;
  rd_kafka_mock_cluster_destroy(mock);
  rd_kafka_destroy(mock_handle);
  return 0;
}

static inline uint64_t in_ms(uint64_t ms) { return gh_monotonic_ns() + ms * 1000000; }

#endif
