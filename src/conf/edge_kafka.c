/* Kafka at the edges: how it is reached, and the keys of `source: {kafka: {…}}`. */
#include "goldhour/base/buf.h"
#include "goldhour/base/time.h"
#include "addr.h"

#define MB (INT64_C(1) << 20)
enum { NAME_MOST = 249, KAFKA_PORT = 9092 };

bool gh_name_valid(struct gh_str name)
{
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-')) return false;
  }
  return name.len > 0 && name.len <= NAME_MOST && !gh_str_eq(name, GH_STR(".")) && !gh_str_eq(name, GH_STR(".."));
}

static bool read_name(struct gh_reading *r, const struct gh_node *n, const char *key, struct gh_str *out)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return false;
  *out = text;
  if (gh_name_valid(text)) return true;
  gh_fault(r->faults, n->at, "'%s': '%.*s' is no name", key, GH_FMT(text))->hint = GH_STR("letters a–z A–Z, digits, '.', '_' and '-', at most 249 of them");
  return false;
}

void gh_name_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  read_name(r, n, o->key, (struct gh_str *)((char *)base + o->at));
}

/* A text whose entries commas part, or a list; an IPv6 address stands in brackets. The result is `host:port,host:port`. */
static void read_brokers_text(struct gh_reading *r, const struct gh_node *n, struct gh_buf *out)
{
  struct gh_str text;
  if (!gh_want_text(n, &text, r->faults)) return;
  for (size_t from = 0, end; from <= text.len; from = end + 1) {
    while (from < text.len && text.ptr[from] == ' ') from++;
    for (end = from; end < text.len && text.ptr[end] != ',';) end++;
    size_t len = end - from, offset;
    while (len && text.ptr[from + len - 1] == ' ') len--;
    struct gh_node_addr addr;
    const char *why = gh_addr_parse(r->arena, gh_str_n(text.ptr + from, len), KAFKA_PORT, &addr, &offset);
    if (why) gh_addr_fault(r, n, GH_STR("brokers"), from + offset, why);
    else gh_buf_fmt(out, "%s%.*s", out->len ? "," : "", GH_FMT(gh_addr_text(r->arena, &addr)));
  }
}

static void read_brokers(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  struct gh_buf text = {0};
  if (n->kind == GH_NODE_LIST && !n->count) gh_fault(r->faults, n->at, "'brokers': the list is empty");
  if (n->kind != GH_NODE_LIST) read_brokers_text(r, n, &text);
  for (const struct gh_node *e = n->kind == GH_NODE_LIST ? n->first : NULL; e; e = e->next) read_brokers_text(r, e, &text);
  *(struct gh_str *)((char *)base + o->at) = gh_arena_str(r->arena, gh_buf_str(&text));
  gh_buf_free(&text);
}

/* How a Kafka cluster is reached. */
#define AT(field) offsetof(struct gh_kafka_conf, field)
static const char *const mechanisms[] = {"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", NULL};

static void read_mechanism(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  unsigned choice = 0;
  struct gh_option rest = *o;
  rest.kind = GH_OPTION_CHOICE;
  rest.at = 0;
  unsigned errors = r->faults->errors;
  gh_option_read(r, n, &rest, &choice);
  if (r->faults->errors == errors) *(enum gh_sasl *)((char *)base + o->at) = (enum gh_sasl)(choice + 1);
}

static const struct gh_option sasl_rows[] = {
  {"mechanism", GH_OPTION_OWN, AT(sasl), .required = true, .meaning = "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", .words = mechanisms + 1, .read = read_mechanism},
  {"user", GH_OPTION_TEXT, AT(user), .least = 1, .most = 512, .required = true, .meaning = "who we are"},
  {"password_file", GH_OPTION_PATH, AT(password_file), .required = true, .meaning = "the file whose first line is the password"},
};
static const struct gh_option_group sasl_keys[] = {GH_GROUP(sasl_rows, 0), {0}};

#define BROKERS "host:port, or several parted by commas, or a list; without a port 9092"
const struct gh_option gh_brokers_needed[1] = {{"brokers", GH_OPTION_OWN, AT(brokers), .required = true, .meaning = BROKERS, .read = read_brokers}};
const struct gh_option gh_brokers_or_none[1] = {{"brokers", GH_OPTION_OWN, AT(brokers), .meaning = "a cluster of its own, as at the source; without it the source's", .read = read_brokers}};
const struct gh_option gh_kafka_rows[GH_KAFKA_NROWS] = {
  {"tls", GH_OPTION_OWN, AT(tls), .fallback = "false", .meaning = "true, or {ca: …, cert: …, key: …, verify_host: …}", .keys = gh_tls_keys, .read = gh_conf_read_tls},
  {"sasl", GH_OPTION_MAP, 0, .meaning = "by which name and password we log in", .keys = sasl_keys},
  {"properties", GH_OPTION_OWN, AT(properties), AT(nproperties), .meaning = "{name: value} for librdkafka; those that would break a promise are refused", .read = gh_properties_read},
};
#undef AT

#define AT(field) offsetof(struct gh_kafka_source_conf, field)

static void read_topics(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  struct gh_kafka_source_conf *c = base;
  bool list = n->kind == GH_NODE_LIST;
  struct gh_str *topics = gh_arena_zero(r->arena, list ? n->count : 1, sizeof *topics);
  unsigned count = 0;
  if (list && !n->count) gh_fault(r->faults, n->at, "'topics': the list is empty");
  for (const struct gh_node *e = list ? n->first : n; e; e = list ? e->next : NULL) {
    if (!read_name(r, e, o->key, &topics[count])) continue;
    for (unsigned i = 0; i < count; i++) {
      if (gh_str_eq(topics[i], topics[count])) gh_fault(r->faults, e->at, "'topics': '%.*s' is named twice", GH_FMT(topics[i]));
    }
    count++;
  }
  c->topics = topics;
  c->ntopics = count;
}

static void read_start(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  struct gh_kafka_source_conf *c = base;
  struct gh_str text;
  (void)o;
  if (!gh_want_text(n, &text, r->faults)) return;
  if (gh_str_eq(text, GH_STR("earliest"))) c->start = GH_START_EARLIEST;
  else if (gh_str_eq(text, GH_STR("latest"))) c->start = GH_START_LATEST;
  else if (gh_time_parse_ms(text, &c->start_ms)) c->start = GH_START_TIME;
  else {
    gh_fault(r->faults, n->at, "'start': expected earliest, latest or a time, found '%.*s'", GH_FMT(text))->hint = GH_STR("a time has its offset: 2026-03-02T09:15:00+08:00");
  }
}

static const char *const lost_words[] = {"stop", "earliest", "latest", NULL};

static const struct gh_option source_rows[] = {
  {"topics", GH_OPTION_OWN, AT(topics), AT(ntopics), .required = true, .meaning = "the topic that run reads; several of them are for goldhour rekey", .read = read_topics},
  {"group", GH_OPTION_TEXT, AT(group), .least = 1, .most = 255, .fallback = "goldhour", .meaning = "the consumer group: daemons of one group share the partitions"},
  {"member", GH_OPTION_OWN, AT(member), .meaning = "this daemon's name in the group; else the host's and the first free number on it", .read = gh_name_read},
  {"start", GH_OPTION_OWN, AT(start), .fallback = "earliest", .meaning = "where a new store begins: earliest, latest or a time with its offset", .read = read_start},
  {"lost", GH_OPTION_CHOICE, AT(lost), .fallback = "stop", .words = lost_words,
   .meaning = "where Kafka no longer holds the stored position: stop the partition, or go on there"},
  {"session", GH_OPTION_DURATION, AT(session_ms), .least = GH_SECOND_MS, .most = 30 * GH_MINUTE_MS, .fallback = "10s",
   .meaning = "a daemon not heard of for so long loses its partitions to the others"},
  {"fetch_bytes", GH_OPTION_BYTES, AT(fetch_bytes), .least = MB, .most = 2047 * MB, .fallback = "64MB",
   .meaning = "records fetched and not yet taken, over all partitions; then fetching pauses"},
};
#undef AT

const struct gh_option_group gh_kafka_source_keys[] = {
  GH_GROUP(gh_brokers_needed, offsetof(struct gh_conf, kafka.kafka)),
  GH_GROUP(gh_kafka_rows, offsetof(struct gh_conf, kafka.kafka)),
  GH_GROUP(source_rows, offsetof(struct gh_conf, kafka)),
  {0},
};

void gh_kafka_source_finish(struct gh_reading *r, const struct gh_node *body, struct gh_spot at, void *base)
{
  (void)r;
  (void)body;
  ((struct gh_conf *)base)->kafka.kafka.at = at;
}
