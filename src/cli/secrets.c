/* The files of passwords, keys and certificates that the configuration names: whether they are there, for our eyes alone, and what they should be. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/kafka/kafka.h"
#include "goldhour/redis/redis.h"
#include "goldhour/sys/sys.h"
#include "runnable.h"

enum what { PASSWORD, CERTIFICATE, PRIVATE_KEY };

static bool holds(struct gh_str text, struct gh_str part)
{
  for (size_t i = 0; i + part.len <= text.len; i++) {
    if (memcmp(text.ptr + i, part.ptr, part.len) == 0) return true;
  }
  return false;
}

static bool first_line_empty(struct gh_str text) { return !text.len || text.ptr[0] == '\n' || text.ptr[0] == '\r'; }

static bool check_text(const struct gh_look *l, const struct gh_named_file *f, enum what what)
{
  struct gh_spot at = gh_look_spot(l, f->named.at);
  struct gh_str text;
  if (!gh_file_read(&l->faults->arena, f->path, &text)) {
    struct gh_fault *unread = gh_fault(l->faults, at, "'%s': '%s' cannot be read: %s", f->key, f->path, strerror(errno));
    unread->hint = GH_STR("it belongs to the user that goldhour runs as");
    return false;
  }
  bool pem = holds(text, GH_STR("-----BEGIN ")), locked = holds(text, GH_STR("ENCRYPTED"));
  bool good = what == PASSWORD ? !first_line_empty(text) : pem && !(what == PRIVATE_KEY && locked);
  explicit_bzero((char *)text.ptr, text.len);
  if (good) return true;
  if (what == PASSWORD) gh_fault(l->faults, at, "'%s': the first line of '%s' is empty", f->key, f->path)->hint = GH_STR("the secret is the first line");
  else if (!pem) gh_fault(l->faults, at, "'%s': '%s' is no PEM file", f->key, f->path)->hint = GH_STR("openssl x509 -inform der -in … turns DER into PEM");
  else gh_fault(l->faults, at, "'%s': '%s' is locked by a password", f->key, f->path)->hint = GH_STR("openssl pkey -in … -out … takes the password away; let nobody else read the file");
  return false;
}

static bool check_file(const struct gh_look *l, const char *key, struct gh_path named, enum what what)
{
  if (!named.text.len) return true;
  struct gh_named_file f = gh_look_at(l, key, named);
  struct gh_spot at = gh_look_spot(l, named.at);
  if (!f.there) {
    gh_warning(l->faults, at, "'%s': '%s' cannot be found: %s", key, f.path, strerror(f.error))->hint = GH_STR("it must be there when run begins; paths are relative to the configuration's folder");
    return true;
  }
  if (!S_ISREG(f.stat.st_mode)) {
    gh_fault(l->faults, at, "'%s': '%s' is no regular file", key, f.path)->hint = GH_STR("name a file");
    return false;
  }
  if (what != CERTIFICATE && f.stat.st_mode & (S_IROTH | S_IWOTH)) {
    gh_warning(l->faults, at, "'%s': everybody on this machine can read '%s'", key, f.path)->hint = gh_arena_fmt(&l->faults->arena, "chmod 600 %s", f.path);
  }
  return check_text(l, &f, what);
}

/* Those that are named. */
static bool all_there(const struct gh_look *l, const struct gh_tls_conf *tls)
{
  const struct gh_path named[] = {tls->ca, tls->cert, tls->key};
  bool there = tls->on;
  for (unsigned i = 0; i < 3; i++) there = there && (!named[i].text.len || gh_look_at(l, "", named[i]).there);
  return there && (tls->ca.text.len || tls->cert.text.len);
}

static bool check_tls(const struct gh_look *l, const struct gh_tls_conf *tls)
{
  bool good = check_file(l, "ca", tls->ca, CERTIFICATE);
  good &= check_file(l, "cert", tls->cert, CERTIFICATE);
  good &= check_file(l, "key", tls->key, PRIVATE_KEY);
  struct gh_redis_error why;
  if (!good || !all_there(l, tls) || gh_redis_tls_good(tls, l->conf->dir, &why)) return good;
  gh_fault(l->faults, gh_look_spot(l, tls->cert.text.len ? tls->cert.at : tls->ca.at), "'tls': the certificates cannot be used: %s", why.text + (strncmp(why.text, "tls: ", 5) == 0 ? 5 : 0))->hint =
      GH_STR("'key' is the private key of 'cert'; 'ca' and 'cert' are PEM of certificates");
  return false;
}

/* librdkafka knows its properties itself; what it would refuse when run begins is refused here. */
static bool check_properties(const struct gh_look *l, const struct gh_kafka_conf *k, int64_t session_ms)
{
  struct gh_kafka_error why;
  const struct gh_pair *which;
  if (gh_kafka_try_properties(k, session_ms, &which, &why)) return true;
  gh_fault(l->faults, gh_look_spot(l, which ? which->at : k->at), "'properties': %s", why.text)->hint = GH_STR("librdkafka's CONFIGURATION.md has their names, values and bounds");
  return false;
}

static bool check_kafka(const struct gh_look *l, const struct gh_kafka_conf *k)
{
  bool good = check_tls(l, &k->tls);
  if (k->sasl == GH_SASL_PLAIN && !k->tls.on) {
    gh_warning(l->faults, gh_look_spot(l, k->password_file.at), "'sasl': PLAIN without 'tls' shows the password to everybody on the way")->hint =
        GH_STR("write 'tls', or a SCRAM mechanism if the brokers have one");
  }
  return check_file(l, "password_file", k->password_file, PASSWORD) && good;
}

static bool check_redis(const struct gh_look *l, const struct gh_redis_conf *r)
{
  bool good = check_tls(l, &r->tls);
  good &= check_file(l, "password_file", r->password_file, PASSWORD);
  return check_file(l, "password_file", r->sentinel_password_file, PASSWORD) && good;
}

static bool check_sink(const struct gh_look *l, const struct gh_sink_conf *s)
{
  bool good = true;
  if (s->kind == GH_SINK_REDIS && s->own_redis) good = check_redis(l, &s->redis);
  bool sources = s->kafka.brokers.ptr == l->conf->kafka.kafka.brokers.ptr; /* the source's own words, looked at already */
  if (s->kind == GH_SINK_KAFKA && !sources) good = check_kafka(l, &s->kafka);
  if (s->kind == GH_SINK_KAFKA) good &= check_properties(l, &s->kafka, 0);
  if (s->kind != GH_SINK_WEBHOOK) return good;
  good = check_tls(l, &s->tls);
  return check_file(l, "secret_file", s->secret_file, PASSWORD) && good;
}

bool gh_look_secrets(const struct gh_look *l)
{
  const struct gh_conf *c = l->conf;
  bool good = c->source != GH_SOURCE_KAFKA || check_kafka(l, &c->kafka.kafka);
  if (c->source == GH_SOURCE_KAFKA) good &= check_properties(l, &c->kafka.kafka, c->kafka.session_ms);
  if (c->store == GH_STORE_REDIS) good &= check_redis(l, &c->redis.redis);
  for (unsigned i = 0; i < c->nsinks; i++) good &= check_sink(l, &c->sinks[i]);
  return good;
}
