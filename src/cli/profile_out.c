#include "profile_out.h"

#include <errno.h>
#include <stdio.h>

#include "goldhour/conf/conf.h"

#define WITHIN_MS INT64_C(60000)

bool gh_profile_out_open(struct gh_profile_out *out, const struct gh_conf *conf, const char *topic, struct gh_kafka_error *error)
{
  *out = (struct gh_profile_out){.topic = gh_str(topic)};
  if (!topic) return true;
  out->producer = gh_kafka_producer_open(&conf->kafka.kafka, conf->dir, error);
  return out->producer != NULL;
}

static bool print(struct gh_str json, struct gh_kafka_error *error)
{
  if (fwrite(json.ptr, 1, json.len, stdout) == json.len && putchar('\n') != EOF) return true;
  snprintf(error->text, sizeof error->text, "standard output: %s", strerror(errno));
  return false;
}

bool gh_profile_out_send(struct gh_profile_out *out, struct gh_str customer, struct gh_str json, struct gh_kafka_error *error)
{
  if (!out->producer) return print(json, error);
  const struct gh_kafka_out message = {.topic = out->topic, .key = customer, .bytes = json, .partition = -1};
  return gh_kafka_produce(out->producer, &message, WITHIN_MS, error);
}

bool gh_profile_out_flush(struct gh_profile_out *out, struct gh_kafka_error *error)
{
  if (out->producer) return gh_kafka_flush(out->producer, WITHIN_MS, error);
  if (fflush(stdout) == 0 && !ferror(stdout)) return true;
  snprintf(error->text, sizeof error->text, "standard output: %s", strerror(errno));
  return false;
}

void gh_profile_out_close(struct gh_profile_out *out)
{
  if (out->producer) gh_kafka_producer_close(out->producer);
  out->producer = NULL;
}
