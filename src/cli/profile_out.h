/* Where `profiles` writes its events: standard output, or the source's topic, keyed by customer. */
#ifndef GH_CLI_PROFILE_OUT_H
#define GH_CLI_PROFILE_OUT_H

#include "goldhour/kafka/kafka.h"

struct gh_profile_out {
  struct gh_kafka_producer *producer; /* NULL: standard output */
  struct gh_str topic;
};

struct gh_conf;
/* NULL as `topic`: standard output. */
bool gh_profile_out_open(struct gh_profile_out *out, const struct gh_conf *conf, const char *topic, struct gh_kafka_error *error);
bool gh_profile_out_send(struct gh_profile_out *out, struct gh_str customer, struct gh_str json, struct gh_kafka_error *error);
/* Everything sent so far is delivered: acknowledged by Kafka, or taken by standard output. */
bool gh_profile_out_flush(struct gh_profile_out *out, struct gh_kafka_error *error);
void gh_profile_out_close(struct gh_profile_out *out);

#endif
