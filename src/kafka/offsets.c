/* Where a partition begins and ends. rd_kafka_query_watermark_offsets is not asked: its time-out is none, it waits for a broker that hangs as long as that does. */
#include "goldhour/kafka/kafka.h"
#include "goldhour/sys/sys.h"

rd_kafka_resp_err_t gh_kafka_offset(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t *offset, int64_t within_ms)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_add(list, topic, partition);
  p->offset = *offset;
  rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(rk, list, (int)within_ms);
  if (!code) code = p->err;
  if (!code) *offset = p->offset;
  rd_kafka_topic_partition_list_destroy(list);
  return code;
}

rd_kafka_resp_err_t gh_kafka_range(rd_kafka_t *rk, const char *topic, int32_t partition, struct gh_kafka_range *range, int64_t within_ms)
{
  int64_t until_ms = (int64_t)(gh_monotonic_ns() / 1000000) + within_ms;
  *range = (struct gh_kafka_range){RD_KAFKA_OFFSET_BEGINNING, RD_KAFKA_OFFSET_END};
  rd_kafka_resp_err_t code = gh_kafka_offset(rk, topic, partition, &range->low, within_ms);
  int64_t left_ms = until_ms - (int64_t)(gh_monotonic_ns() / 1000000);
  return code ? code : gh_kafka_offset(rk, topic, partition, &range->high, left_ms > 1 ? left_ms : 1);
}
