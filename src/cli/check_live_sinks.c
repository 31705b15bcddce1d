/* check --live: where leads go. Nothing is sent: a topic is described, a stream's kind is asked for, a webhook's host is connected to. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_live.h"
#include "check_live_redis.h"
#include "goldhour/sink/sink.h"
#include "goldhour/sys/sys.h"

enum { ASK_MS = 6000, SETTLE_MS = 1500 };

struct place { struct gh_live *l; const struct gh_sink_conf *conf; char where[300]; };

/* ── Kafka ── */

/* An idempotent producer asks for its id as soon as it is connected; a cluster that denies it says so by a fatal error. */
static bool producer_allowed(struct place *p, const struct gh_kafka_conf *conf)
{
  struct gh_kafka_error error;
  char text[512] = "";
  rd_kafka_conf_t *k = gh_kafka_conf(conf, p->l->set->conf.dir, &error);
  bool ok = k && gh_kafka_set(k, "enable.idempotence", "true", &error) && gh_kafka_set(k, "log_level", "0", &error);
  rd_kafka_t *rk = ok ? rd_kafka_new(RD_KAFKA_PRODUCER, k, text, sizeof text) : NULL;
  if (k && !rk) rd_kafka_conf_destroy(k);
  if (!rk) {
    gh_live_fail(p->l, p->where, NULL, "%s", ok ? text : error.text);
    return false;
  }
  rd_kafka_resp_err_t fatal = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int waited_ms = 0; waited_ms < gh_live_left_ms(p->l, SETTLE_MS) && !fatal; waited_ms += 50) {
    (void)rd_kafka_poll(rk, 50);
    fatal = rd_kafka_fatal_error(rk, text, sizeof text);
  }
  rd_kafka_destroy(rk);
  if (fatal) gh_live_fail(p->l, p->where, gh_kafka_words(fatal), "%s", text);
  return fatal == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void try_kafka(struct place *p)
{
  const struct gh_conf *conf = &p->l->set->conf;
  bool own = p->conf->kafka.brokers.len > 0 && !(conf->source == GH_SOURCE_KAFKA && gh_str_eq(p->conf->kafka.brokers,
      conf->kafka.kafka.brokers));
  const struct gh_kafka_conf *kafka = p->conf->kafka.brokers.len ? &p->conf->kafka : &conf->kafka.kafka;
  static const char *const pairs[] = {"allow.auto.create.topics", "false", NULL};
  struct gh_live_handle h;
  char topic[256];
  snprintf(topic, sizeof topic, "%.*s", GH_FMT(p->conf->topic));
  if (own && gh_live_brokers(p->l, kafka) == 0) {
    gh_live_fail(p->l, p->where, "is Kafka running, and are `brokers` right?", "none of its brokers can be reached");
    return;
  }
  if (!gh_live_handle_open(p->l, &h, kafka, p->where, pairs)) return;
  const struct rd_kafka_metadata *m = gh_live_topic(p->l, &h, p->where, topic);
  if (m && producer_allowed(p, kafka))
    gh_live_note(p->l, p->where, "the right to write to it is not tried: that would send a message. It needs WRITE and DESCRIBE");
  if (m) rd_kafka_metadata_destroy(m);
  gh_live_handle_close(&h);
}

/* ── Redis ── */

static void say_stream(struct place *p, struct gh_redis *redis, const char *what)
{
  struct gh_sink_error error;
  const struct gh_sink_options o = {.conf = p->conf, .dir = p->l->set->conf.dir, .redis = redis, .installation = GH_STR("check")};
  size_t named = strlen(p->where) + 2; /* the reason begins with the sink's name, too */
  if (gh_sink_stream_try(&o, &error)) gh_live_ok(p->l, p->where, "%s; this user may write it", what);
  else gh_live_fail(p->l, p->where, NULL, "%s", error.text + (strncmp(error.text, p->where, named - 2) == 0 ? named : 0));
}

static void try_stream(struct place *p, struct gh_redis *redis)
{
  struct gh_redis_error error;
  struct gh_arena arena;
  struct gh_reply reply;
  const struct gh_str argv[] = {GH_STR("TYPE"), p->conf->stream};
  const struct gh_redis_command c = {.argv = argv, .argc = 2, .key = p->conf->stream, .again = true, .within_ms = gh_live_left_ms(p->l,
      ASK_MS)};
  gh_arena_init(&arena, 0);
  if (!gh_redis_call(redis, &c, &arena, &reply, &error))
    gh_live_fail(p->l, p->where, strncmp(error.text, "NOPERM", 6) == 0 ? "docs/sinks.md has the rights that the user needs" : NULL, "%s", error.text);
  else if (gh_str_eq(reply.text, GH_STR("stream"))) say_stream(p, redis, "the stream is there");
  else if (gh_str_eq(reply.text, GH_STR("none"))) say_stream(p, redis, "there is no such key yet: the first lead makes the stream");
  else gh_live_fail(p->l, p->where, "name another stream", "the key holds a %.*s", GH_FMT(reply.text));
  gh_arena_free(&arena);
}

static void try_redis(struct place *p)
{
  const struct gh_conf *conf = &p->l->set->conf;
  struct gh_redis_error error;
  if (!p->conf->own_redis && !p->l->redis) return; /* the store has said why */
  const struct gh_redis_conf *server = p->conf->own_redis ? &p->conf->redis : &conf->redis.redis;
  if (p->conf->own_redis && !gh_live_reach_redis(p->l, server)) return;
  struct gh_redis *redis = gh_redis_open(server, conf->dir, "goldhour-check", &error);
  if (!redis) {
    gh_live_fail(p->l, p->where, NULL, "%s", error.text);
    return;
  }
  if (!p->conf->own_redis || gh_live_servers(p->l, redis)) try_stream(p, redis);
  gh_redis_close(redis);
}

/* ── webhook ── */

static void set_path(struct place *p, CURL *curl, CURLoption option, const struct gh_path *path)
{
  if (path->text.len) curl_easy_setopt(curl, option, gh_path_join(&p->l->arena, p->l->set->conf.dir, path->text).ptr);
}

static CURLcode connect_only(struct place *p, CURL *curl, const char *url)
{
  const struct gh_tls_conf *tls = &p->conf->tls;
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)gh_live_left_ms(p->l, ASK_MS));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)gh_live_left_ms(p->l, ASK_MS));
  set_path(p, curl, CURLOPT_CAINFO, &tls->ca);
  set_path(p, curl, CURLOPT_SSLCERT, &tls->cert);
  set_path(p, curl, CURLOPT_SSLKEY, &tls->key);
  if (tls->any_host) curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  return curl_easy_perform(curl);
}

static const char *what_to_do(CURLcode code)
{
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST: return "look at the url: no name server here knows its host";
  case CURLE_COULDNT_CONNECT: return "is it running, and does no firewall stand between?";
  case CURLE_OPERATION_TIMEDOUT: return "nothing answers: a firewall between, or the host is down";
  case CURLE_PEER_FAILED_VERIFICATION: return "is `ca` the authority that signed the host's certificate, and is its name the one in the url?";
  case CURLE_SSL_CONNECT_ERROR: return "does the port speak TLS, and does it want a certificate of ours (`cert`, `key`)?";
  default: return NULL;
  }
}

static void try_webhook(struct place *p)
{
  char url[2048], text[CURL_ERROR_SIZE] = "";
  CURL *curl = curl_easy_init();
  if (!curl) return;
  snprintf(url, sizeof url, "%.*s", GH_FMT(p->conf->url));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
  CURLcode code = connect_only(p, curl, url);
  if (code == CURLE_OK) gh_live_ok(p->l, p->where, "its host can be reached; nothing was sent");
  else gh_live_fail(p->l, p->where, what_to_do(code), "%s", text[0] ? text : curl_easy_strerror(code));
  curl_easy_cleanup(curl);
}

/* ── files ── */

static void try_file(struct place *p)
{
  char folder[4096];
  const char *path = gh_path_join(&p->l->arena, p->l->set->conf.dir, p->conf->path.text).ptr;
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) slash[slash == folder] = '\0';
  bool there = access(path, F_OK) == 0;
  if (access(there ? path : slash ? folder : ".", W_OK) == 0) gh_live_ok(p->l, p->where, "%s can be written", path);
  else gh_live_fail(p->l, p->where, "give this user the file or its folder", "%s cannot be written: %s", path, strerror(errno));
}

void gh_live_sinks(struct gh_live *l)
{
  const struct gh_conf *conf = &l->set->conf;
  for (unsigned i = 0; i < conf->nsinks; i++) {
    struct place p = {.l = l, .conf = &conf->sinks[i]};
    snprintf(p.where, sizeof p.where, "sink %.*s", GH_FMT(conf->sinks[i].name));
    switch (conf->sinks[i].kind) {
    case GH_SINK_KAFKA: try_kafka(&p); break;
    case GH_SINK_REDIS: try_redis(&p); break;
    case GH_SINK_WEBHOOK: try_webhook(&p); break;
    case GH_SINK_FILE: try_file(&p); break;
    case GH_SINK_STDOUT: break;
    }
  }
}
