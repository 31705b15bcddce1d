/* Where leads go, and what sinks have from source and store. */
#include "goldhour/base/time.h"
#include "addr.h"

#define AT(field) offsetof(struct gh_sink_conf, field)

static void read_stream(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return;
  *(struct gh_str *)((char *)base + o->at) = text;
  bool plain = text.len > 0 && text.len <= 512;
  for (size_t i = 0; i < text.len; i++) plain = plain && (unsigned char)text.ptr[i] > ' ' && text.ptr[i] != 0x7f;
  if (!plain) gh_fault(r->faults, n->at, "'stream': a key without blanks, of 1 to 512 bytes")->hint = GH_STR("write {redis: {stream: leads}}");
  else if (gh_str_starts(text, GH_STR("gh:{"))) gh_fault(r->faults, n->at, "'stream': keys that begin with gh:{ are the store's")->hint = GH_STR("name it otherwise: leads");
}

static const struct gh_option file_rows[] = {{"path", GH_OPTION_PATH, AT(path), .required = true, .meaning = "the file; beside Kafka one a partition: leads.jsonl becomes leads.p7.jsonl"}};
static const struct gh_option redis_rows[] = {
  {"stream", GH_OPTION_OWN, AT(stream), .required = true, .meaning = "the stream: one entry a lead, fields id and lead", .read = read_stream},
  {"keep", GH_OPTION_DURATION, AT(keep_ms), .least = 0, .most = 3650 * GH_DAY_MS, .fallback = "7d", .meaning = "older entries go; 0s: none goes"},
};
static const struct gh_option kafka_rows[] = {
  {"topic", GH_OPTION_OWN, AT(topic), .required = true, .meaning = "the topic: key is the customer, value the lead", .read = gh_name_read},
};
static const struct gh_option webhook_rows[] = {
  {"url", GH_OPTION_TEXT, AT(url), .least = 1, .most = 4096, .required = true, .meaning = "https:// or http://; leads are posted there as JSON"},
  {"secret_file", GH_OPTION_PATH, AT(secret_file), .meaning = "the file whose first line signs what is posted (HMAC-SHA256)"},
  {"timeout", GH_OPTION_DURATION, AT(timeout_ms), .least = 100, .most = 5 * GH_MINUTE_MS, .fallback = "10s", .meaning = "without an answer by then it is posted again"},
  {"tls", GH_OPTION_OWN, AT(tls), .meaning = "{ca: …, cert: …, key: …, verify_host: …}, of a https:// url", .keys = gh_tls_keys, .read = gh_conf_read_tls},
};
static const struct gh_option_group file_keys[] = {GH_GROUP(file_rows, 0), {0}};
static const struct gh_option_group redis_keys[] = {GH_GROUP(redis_rows, 0), {gh_redis_rows, GH_REDIS_NROWS, AT(redis), "store.redis"}, {0}};
static const struct gh_option_group kafka_keys[] = {GH_GROUP(kafka_rows, 0), GH_GROUP(gh_brokers_or_none, AT(kafka)), {gh_kafka_rows, GH_KAFKA_NROWS, AT(kafka), "source.kafka"}, {0}};
static const struct gh_option_group webhook_keys[] = {GH_GROUP(webhook_rows, 0), {0}};

static void finish_redis(struct gh_reading *r, const struct gh_node *body, struct gh_spot at, void *base)
{
  (void)at;
  struct gh_sink_conf *s = base;
  s->own_redis = gh_redis_finish(r, body, &s->redis);
}

static void finish_kafka(struct gh_reading *r, const struct gh_node *body, struct gh_spot at, void *base)
{
  static const char *const keys[] = {"tls", "sasl"};
  struct gh_sink_conf *s = base;
  s->kafka.at = at;
  for (size_t i = 0; body && i < 2; i++) {
    const struct gh_node *n = gh_node_get(body, keys[i]);
    if (s->kafka.brokers.len || gh_node_absent(n) || !gh_node_absent(gh_node_get(body, "brokers"))) continue;
    gh_fault(r->faults, n->key_at, "'%s' of which brokers?", keys[i])->hint = GH_STR("name them by 'brokers'; without it the sink has the source's, with its tls and sasl");
  }
}

static void finish_webhook(struct gh_reading *r, const struct gh_node *body, struct gh_spot at, void *base)
{
  static const char usual[] = "a url is written https://host/path";
  struct gh_sink_conf *s = base;
  struct gh_url url;
  (void)at;
  const struct gh_node *n = body ? gh_node_get(body, "url") : NULL, *tls = body ? gh_node_get(body, "tls") : NULL;
  if (gh_node_absent(n) || !s->url.len) return;
  bool split = gh_url_split(s->url, &url), secure = split && gh_str_eq(url.scheme, GH_STR("https"));
  if (!split || !(secure || gh_str_eq(url.scheme, GH_STR("http")))) {
    gh_fault(r->faults, n->at, "'url': expected https:// or http://")->hint = GH_STR(usual);
    return;
  }
  if (url.has_password) {
    gh_fault(r->faults, n->at, "'url': a password does not belong into the configuration")->hint = GH_STR("a webhook is told from others by its signature: write 'secret_file'");
    return;
  }
  struct gh_node_addr addr;
  size_t offset;
  const char *why = gh_addr_parse(r->arena, url.addr, secure ? 443 : 80, &addr, &offset);
  if (why) gh_fault(r->faults, gh_node_spot(n, (size_t)(url.addr.ptr - s->url.ptr) + offset), "'url': %s", why)->hint = GH_STR(usual);
  for (size_t i = 0; i < s->url.len; i++) {
    if ((unsigned char)s->url.ptr[i] > ' ' && (unsigned char)s->url.ptr[i] < 0x7f && s->url.ptr[i] != '#') continue;
    gh_fault(r->faults, gh_node_spot(n, i), "'url': this character does not belong here")->hint = GH_STR("others than letters, digits and -._~/?&=+%: are written by %");
    break;
  }
  if (!gh_node_absent(tls) && s->tls.on != secure) gh_fault(r->faults, tls->at, "'tls' and the url say different things")->hint = GH_STR("https:// is with TLS, http:// without");
  s->tls.on = secure;
}

const struct gh_edge_kind gh_sink_kinds[] = {
  {"file", GH_SINK_FILE, file_keys, NULL},
  {"stdout", GH_SINK_STDOUT, NULL, NULL},
  {"redis", GH_SINK_REDIS, redis_keys, finish_redis},
  {"kafka", GH_SINK_KAFKA, kafka_keys, finish_kafka},
  {"webhook", GH_SINK_WEBHOOK, webhook_keys, finish_webhook},
  {0},
};

/* The url without what may be secret: user and query. */
static struct gh_str webhook_name(struct gh_arena *arena, struct gh_str text)
{
  struct gh_url url;
  if (!gh_url_split(text, &url)) return GH_STR("webhook");
  size_t path = 0;
  while (path < url.rest.len && url.rest.ptr[path] != '?' && url.rest.ptr[path] != '#') path++;
  return gh_arena_fmt(arena, "webhook:%.*s://%.*s%.*s", GH_FMT(url.scheme), GH_FMT(url.addr), (int)path, path ? url.rest.ptr : "");
}

static struct gh_str sink_name(struct gh_arena *arena, const struct gh_sink_conf *s)
{
  switch (s->kind) {
    case GH_SINK_STDOUT: return GH_STR("stdout");
    case GH_SINK_FILE: return GH_STR("file");
    case GH_SINK_REDIS: return gh_arena_fmt(arena, "redis:%.*s", GH_FMT(s->stream));
    case GH_SINK_KAFKA: return gh_arena_fmt(arena, "kafka:%.*s", GH_FMT(s->topic));
    case GH_SINK_WEBHOOK: return webhook_name(arena, s->url);
  }
  return GH_STR("");
}

void gh_sinks_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o)
{
  bool list = n->kind == GH_NODE_LIST;
  struct gh_sink_conf *sinks = gh_arena_zero(r->arena, list ? n->count : 1, sizeof *sinks);
  unsigned count = 0;
  if (list && !n->count) gh_fault(r->faults, n->at, "'%s': the list is empty", o->key)->hint = GH_STR("without the key, leads go to standard output");
  for (const struct gh_node *e = list ? n->first : n; e; e = list ? e->next : NULL) {
    struct gh_sink_conf *s = &sinks[count];
    const struct gh_edge_kind *k = gh_edge_one(r, e, gh_str(o->key), o->edges, s);
    if (!k) {
      *s = (struct gh_sink_conf){0};
      continue;
    }
    s->kind = (enum gh_sink_kind)k->kind;
    s->at = e->at;
    s->name = sink_name(r->arena, s);
    count++;
  }
  r->conf->sinks = sinks;
  r->conf->nsinks = count;
}

static void check_names(const struct gh_reading *r)
{
  const struct gh_sink_conf *sinks = r->conf->sinks;
  for (unsigned i = 0; i < r->conf->nsinks; i++) {
    for (unsigned j = 0; j < i; j++) {
      if (!gh_str_eq(sinks[i].name, sinks[j].name)) continue;
      gh_fault(r->faults, sinks[i].at, "'sink': '%.*s' is named twice", GH_FMT(sinks[i].name))->hint = GH_STR("each lead goes to a sink once; sinks are told apart by this name");
      break;
    }
  }
}

/* Leads produced into what is read would come back as records. */
static void check_circle(const struct gh_reading *r, const struct gh_sink_conf *s)
{
  const struct gh_conf *c = r->conf;
  if (c->source != GH_SOURCE_KAFKA || !gh_str_eq(s->kafka.brokers, c->kafka.kafka.brokers)) return;
  for (unsigned i = 0; i < c->kafka.ntopics; i++) {
    if (!gh_str_eq(c->kafka.topics[i], s->topic)) continue;
    gh_fault(r->faults, s->at, "'sink': '%.*s' is the topic that events are read from", GH_FMT(s->topic))->hint = GH_STR("name another topic");
  }
}

static void settle_kafka(const struct gh_reading *r, struct gh_sink_conf *s)
{
  const struct gh_conf *c = r->conf;
  if (!s->kafka.brokers.len && c->source != GH_SOURCE_KAFKA) {
    gh_fault(r->faults, s->at, "'sink': kafka needs 'brokers', as the source is not Kafka")->hint = GH_STR("write {kafka: {topic: leads, brokers: 'host:9092'}}");
    return;
  }
  if (!s->kafka.brokers.len) {
    struct gh_kafka_conf own = s->kafka;
    s->kafka = c->kafka.kafka;
    s->kafka.at = own.at;
    s->kafka.properties = own.properties;
    s->kafka.nproperties = own.nproperties;
  }
  check_circle(r, s);
}

static void settle_store(const struct gh_reading *r)
{
  struct gh_conf *c = r->conf;
  if (c->store != GH_STORE_REDIS || c->redis.name.len) return;
  bool group = c->source == GH_SOURCE_KAFKA && c->kafka.group.len;
  c->redis.name = group ? c->kafka.group : GH_STR("goldhour");
  if (gh_name_valid(c->redis.name)) return;
  gh_fault(r->faults, c->store_at, "'store': redis needs 'name', as the group '%.*s' cannot be part of a key", GH_FMT(c->redis.name))->hint =
      GH_STR("write {redis: {name: goldhour, …}}");
}

void gh_edges_settle(struct gh_reading *r)
{
  struct gh_conf *c = r->conf;
  settle_store(r);
  for (unsigned i = 0; i < c->nsinks; i++) {
    struct gh_sink_conf *s = &c->sinks[i];
    if (s->kind == GH_SINK_KAFKA) settle_kafka(r, s);
    if (s->kind != GH_SINK_REDIS || s->own_redis || c->store == GH_STORE_REDIS) continue;
    gh_fault(r->faults, s->at, "'sink': redis needs a server of its own, as the store is not Redis")->hint =
        GH_STR("write {redis: {stream: leads, url: 'redis://127.0.0.1:6379'}}, or store: {redis: {url: …}}, which Kafka needs");
  }
  check_names(r);
}
