/* The configured properties, tried without speaking to anybody: a handle that knows no broker. */
#include <stdio.h>

#include "goldhour/base/arena.h"
#include "goldhour/kafka/kafka.h"

enum { POLL_LEAST_MS = 300000 };

static void silent(const rd_kafka_t *rk, int level, const char *word, const char *text) { (void)rk, (void)level, (void)word, (void)text; }

static bool set_configured(rd_kafka_conf_t *made, const struct gh_kafka_conf *conf, const struct gh_pair **which, struct gh_kafka_error *error)
{
  struct gh_arena arena;
  bool ok = true;
  gh_arena_init(&arena, 0);
  for (unsigned i = 0; ok && i < conf->nproperties; i++) {
    const struct gh_pair *p = &conf->properties[i];
    ok = rd_kafka_conf_set(made, gh_arena_str(&arena, p->name).ptr, gh_arena_str(&arena, p->value).ptr, error->text, sizeof error->text) == RD_KAFKA_CONF_OK;
    if (!ok) *which = p;
  }
  gh_arena_free(&arena);
  return ok;
}

/* What the source and the producer set themselves, where the configured ones must agree with it: before them what they may say otherwise, behind them what they may not. */
static bool set_all(rd_kafka_conf_t *made, const struct gh_kafka_conf *conf, int64_t session_ms, const struct gh_pair **which, struct gh_kafka_error *error)
{
  char session[24], poll[24];
  snprintf(session, sizeof session, "%lld", (long long)session_ms);
  snprintf(poll, sizeof poll, "%lld", (long long)(session_ms > POLL_LEAST_MS ? session_ms : POLL_LEAST_MS));
  if (session_ms == 0) return set_configured(made, conf, which, error) && gh_kafka_set(made, "enable.idempotence", "true", error) && gh_kafka_set(made, "acks", "all", error);
  return gh_kafka_set(made, "max.poll.interval.ms", poll, error) && set_configured(made, conf, which, error) && gh_kafka_set(made, "group.id", "goldhour", error) &&
         gh_kafka_set(made, "session.timeout.ms", session, error);
}

bool gh_kafka_try_properties(const struct gh_kafka_conf *conf, int64_t session_ms, const struct gh_pair **which, struct gh_kafka_error *error)
{
  *which = NULL;
  if (!conf->nproperties) return true;
  rd_kafka_conf_t *made = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(made, silent);
  rd_kafka_t *rk = NULL;
  if (set_all(made, conf, session_ms, which, error)) rk = rd_kafka_new(session_ms ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, made, error->text, sizeof error->text);
  if (rk) rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  else rd_kafka_conf_destroy(made);
  return rk != NULL;
}
