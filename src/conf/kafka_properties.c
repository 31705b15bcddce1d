/* Properties of librdkafka's that goldhour.yaml hands on, and those that it must not. */
#include "options.h"

/* Properties that would break a promise of ours, and what to write instead. A name that ends in * stands for all that begin so. */
static const struct { const char *name, *hint; } refused[] = {
  {"bootstrap.servers", "write 'brokers'"},
  {"metadata.broker.list", "write 'brokers'"},
  {"group.id", "write 'group'"},
  {"group.instance.id", "write 'member'"},
  {"session.timeout.ms", "write 'session'"},
  {"queued.max.messages.kbytes", "write 'fetch_bytes'"},
  {"auto.offset.reset", "write 'start' (a new store) or 'lost' (a position that Kafka no longer holds)"},
  {"enable.auto.commit", "the position is committed with the state, in the store"},
  {"enable.auto.offset.store", "the position is committed with the state, in the store"},
  {"enable.partition.eof", "the clock is followed by the ends of partitions"},
  {"partition.assignment.strategy", "partitions are handed over one after another, drained first"},
  {"isolation.level", "records of aborted transactions are never events"},
  {"enable.idempotence", "leads are produced without repeats"},
  {"acks", "a lead counts as delivered once all in-sync replicas have it"},
  {"request.required.acks", "a lead counts as delivered once all in-sync replicas have it"},
  {"transactional.id", "leads are produced without transactions, each with its id"},
  {"partitioner", "records go to a partition by their customer"},
  {"security.protocol", "write 'tls' and 'sasl'"},
  {"sasl.mechanism", "write 'sasl: {mechanism: …}'"},
  {"sasl.mechanisms", "write 'sasl: {mechanism: …}'"},
  {"sasl.username", "write 'sasl: {user: …}'"},
  {"sasl.password", "secrets stand in files: write 'sasl: {password_file: …}'"},
  {"sasl.oauthbearer.*", "write 'sasl' with PLAIN or SCRAM, or 'tls' with a certificate"},
  {"ssl.ca.*", "write 'tls: {ca: …}'"},
  {"ssl.certificate.*", "write 'tls: {cert: …}'"},
  {"ssl.key.password", "secrets stand in files: write 'tls: {key: …}', a file without a password that only we can read"},
  {"ssl.key.*", "write 'tls: {key: …}'"},
  {"ssl.keystore.*", "write 'tls: {cert: …, key: …}'"},
  {"ssl.endpoint.identification.algorithm", "write 'tls: {verify_host: …}'"},
  {"enable.ssl.certificate.verification", "a certificate is always verified; 'tls: {ca: …}' names who signs it"},
  {"ssl.engine.*", "no foreign code is loaded"},
  {"plugin.library.paths", "no foreign code is loaded"},
};

static bool matches(struct gh_str name, const char *pattern)
{
  size_t len = strlen(pattern);
  if (pattern[len - 1] == '*') return gh_str_starts(name, gh_str_n(pattern, len - 1));
  return gh_str_eq(name, gh_str(pattern));
}

/* librdkafka takes a name with `topic.` before it, too. */
static const char *why_refused(struct gh_str name)
{
  struct gh_str bare = gh_str_starts(name, GH_STR("topic.")) ? gh_str_n(name.ptr + 6, name.len - 6) : name;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    if (matches(bare, refused[i].name)) return refused[i].hint;
  }
  return NULL;
}

void gh_properties_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  if (!gh_want_map(n, NULL, r->faults)) return;
  struct gh_pair *pairs = gh_arena_zero(r->arena, n->count, sizeof *pairs);
  unsigned count = 0;
  for (const struct gh_node *e = n->first; e; e = e->next) {
    const char *hint = why_refused(e->key);
    if (hint) gh_fault(r->faults, e->key_at, "'properties': '%.*s' is not for this place", GH_FMT(e->key))->hint = gh_str(hint);
    else if (gh_want_text(e, &pairs[count].value, r->faults)) {
      pairs[count].name = e->key;
      pairs[count++].at = e->key_at;
    }
  }
  *(const struct gh_pair **)((char *)base + o->at) = pairs;
  *(unsigned *)((char *)base + o->at_more) = count;
}
