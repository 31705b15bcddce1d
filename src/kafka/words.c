#include "goldhour/kafka/kafka.h"

static const struct { rd_kafka_resp_err_t code; const char *words; } table[] = {
  {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "no broker can be reached: are 'brokers' right, is Kafka running, does a firewall stand between?"},
  {RD_KAFKA_RESP_ERR__TRANSPORT, "no broker answers: are 'brokers' right, is Kafka running, does it want TLS or SASL?"},
  {RD_KAFKA_RESP_ERR__RESOLVE, "the broker's name is not known here: look at 'brokers' and at the listeners that the broker advertises"},
  {RD_KAFKA_RESP_ERR__TIMED_OUT, "the broker did not answer in time"},
  {RD_KAFKA_RESP_ERR__SSL, "TLS failed: is 'tls.ca' the authority that signed the broker's certificate, is its name the one in 'brokers', and does the port speak TLS?"},
  {RD_KAFKA_RESP_ERR__AUTHENTICATION, "the broker refused our user or password, or does not know the mechanism: look at 'sasl'"},
  {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, "the broker refused our user or password: look at 'sasl'"},
  {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, "the broker does not know this 'sasl.mechanism'"},
  {RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, "the broker expects SASL otherwise than we speak it: look at 'sasl' and at the listener's protocol"},
  {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "there is no such topic or partition, or we may not describe it: create it, or grant DESCRIBE and READ"},
  {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "there is no such topic: create it, or look at its name"},
  {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "there is no such partition"},
  {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "we may not use the topic: grant DESCRIBE and READ on it (WRITE to produce)"},
  {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "we may not use the group: grant READ on it"},
  {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "we may not do this in the cluster: an idempotent producer needs WRITE on its topic, before Kafka 3.0 IDEMPOTENT_WRITE too"},
  {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "another process has joined the group under this member's name: give each its own 'member'"},
  {RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED, "the group is full: raise the broker's group.max.size"},
  {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, "other members of the group assign partitions otherwise: the group must be of Goldhour's processes alone"},
  {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, "the broker does not allow this 'session': see its group.min.session.timeout.ms and group.max.session.timeout.ms"},
  {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, "Kafka no longer holds the stored position"},
  {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, "Kafka no longer holds the stored position"},
  {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, "the partition has no leader now"},
  {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, "the partition's leader has moved"},
  {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, "the group's coordinator is not there now"},
  {RD_KAFKA_RESP_ERR__BAD_MSG, "a record's checksum does not fit: the broker's disk or the network damages data"},
  {RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, "the records are compressed in a way that this librdkafka does not know"},
  {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, "the broker is too old for this"},
  {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "the record is larger than the topic allows: raise its max.message.bytes, and 'message.max.bytes' in 'properties'"},
  {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, "the records are larger than the topic allows: raise its max.message.bytes"},
  {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, "fewer replicas are in sync than min.insync.replicas asks for"},
  {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, "fewer replicas are in sync than min.insync.replicas asks for"},
  {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, "the broker did not take the record in time"},
  {RD_KAFKA_RESP_ERR__QUEUE_FULL, "the broker takes records more slowly than they come"},
};

const char *gh_kafka_words(rd_kafka_resp_err_t code)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (table[i].code == code) return table[i].words;
  }
  return rd_kafka_err2str(code);
}
