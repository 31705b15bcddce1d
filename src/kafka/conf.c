/* An rd_kafka_conf_t from goldhour.yaml: brokers, TLS, SASL, then the configured properties. Secrets are read here and go nowhere else. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "goldhour/base/arena.h"
#include "goldhour/base/hash.h"
#include "goldhour/kafka/kafka.h"
#include "goldhour/sys/sys.h"

#define QUIET_NS (30 * INT64_C(1000000000))

/* What is being filled; the first fault stays. */
struct filling {
  rd_kafka_conf_t *conf;
  struct gh_arena arena; /* texts ended by NUL */
  struct gh_str dir;
  struct gh_kafka_error *error;
  bool ok;
};

bool gh_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct gh_kafka_error *error)
{
  char why[256];
  if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK) return true;
  snprintf(error->text, sizeof error->text, "property %s: %s", name, why);
  return false;
}

static void set(struct filling *f, const char *name, const char *value)
{
  if (f->ok) f->ok = gh_kafka_set(f->conf, name, value, f->error);
}

static void set_str(struct filling *f, const char *name, struct gh_str value) { set(f, name, gh_arena_str(&f->arena, value).ptr); }

/* A file named in the configuration, opened here so that its absence is told by its own name. */
static bool read_named(struct filling *f, const char *what, const struct gh_path *path, struct gh_str *full, struct gh_str *bytes)
{
  if (!f->ok) return false;
  *full = gh_path_join(&f->arena, f->dir, path->text);
  if (gh_file_read(&f->arena, full->ptr, bytes)) return true;
  snprintf(f->error->text, sizeof f->error->text, "%s: %s cannot be read: %s", what, full->ptr, strerror(errno));
  f->ok = false;
  return false;
}

static void set_file(struct filling *f, const char *name, const char *what, const struct gh_path *path)
{
  struct gh_str full, bytes;
  if (path->text.len > 0 && read_named(f, what, path, &full, &bytes)) set(f, name, full.ptr);
}

static void set_tls(struct filling *f, const struct gh_tls_conf *tls)
{
  if (!tls->on) return;
  set_file(f, "ssl.ca.location", "tls.ca", &tls->ca);
  set_file(f, "ssl.certificate.location", "tls.cert", &tls->cert);
  set_file(f, "ssl.key.location", "tls.key", &tls->key);
  set(f, "ssl.endpoint.identification.algorithm", tls->any_host ? "none" : "https");
}

static const char *const mechanisms[] = {
  [GH_SASL_PLAIN] = "PLAIN", [GH_SASL_SCRAM_SHA_256] = "SCRAM-SHA-256", [GH_SASL_SCRAM_SHA_512] = "SCRAM-SHA-512",
};

static void set_sasl(struct filling *f, const struct gh_kafka_conf *conf)
{
  struct gh_str full, secret;
  if (conf->sasl == GH_SASL_NONE) return;
  set(f, "sasl.mechanisms", mechanisms[conf->sasl]);
  set_str(f, "sasl.username", conf->user);
  if (!read_named(f, "sasl.password_file", &conf->password_file, &full, &secret)) return;
  secret.len = strcspn(secret.ptr, "\r\n");
  set_str(f, "sasl.password", secret);
}

/* librdkafka repeats itself while brokers are away: each of its words at most once in a while. */
static bool said_lately(const char *word)
{
  static _Atomic uint64_t last_ns[64];
  _Atomic uint64_t *last = &last_ns[gh_hash(gh_str(word)) % 64];
  uint64_t now_ns = gh_monotonic_ns(), before_ns = atomic_load(last);
  if (before_ns != 0 && now_ns - before_ns < (uint64_t)QUIET_NS) return true;
  return !atomic_compare_exchange_strong(last, &before_ns, now_ns);
}

static void log_line(const rd_kafka_t *rk, int level, const char *word, const char *text)
{
  (void)rk;
  if (strcmp(word, "CONFWARN") == 0) return; /* properties of producers and consumers stand together */
  if (level < 7 && said_lately(word)) return;
  gh_log(level < 5 ? GH_WARN : level < 7 ? GH_INFO : GH_DEBUG, "kafka", "word=%s text=\"%s\"", word, text);
}

rd_kafka_conf_t *gh_kafka_conf_with(const struct gh_kafka_conf *conf, struct gh_str dir, const struct gh_kafka_property *ours, struct gh_kafka_error *error)
{
  struct filling f = {.conf = rd_kafka_conf_new(), .dir = dir, .error = error, .ok = true};
  gh_arena_init(&f.arena, 0);
  rd_kafka_conf_set_log_cb(f.conf, log_line);
  set(&f, "client.id", "goldhour");
  set(&f, "log.connection.close", "false");
  set(&f, "reconnect.backoff.max.ms", "1000"); /* a broker that is back is found within a second */
  set_str(&f, "bootstrap.servers", conf->brokers);
  bool sasl = conf->sasl != GH_SASL_NONE;
  set(&f, "security.protocol", conf->tls.on ? (sasl ? "sasl_ssl" : "ssl") : sasl ? "sasl_plaintext" : "plaintext");
  set_tls(&f, &conf->tls);
  set_sasl(&f, conf);
  for (; ours->name; ours++) set(&f, ours->name, ours->value);
  for (unsigned i = 0; i < conf->nproperties && f.ok; i++) {
    const char *name = gh_arena_str(&f.arena, conf->properties[i].name).ptr;
    set_str(&f, name, conf->properties[i].value);
  }
  gh_arena_free(&f.arena);
  if (f.ok) return f.conf;
  rd_kafka_conf_destroy(f.conf);
  return NULL;
}

rd_kafka_conf_t *gh_kafka_conf(const struct gh_kafka_conf *conf, struct gh_str dir, struct gh_kafka_error *error)
{
  return gh_kafka_conf_with(conf, dir, &(struct gh_kafka_property){0}, error);
}
