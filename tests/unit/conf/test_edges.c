/* The edges of goldhour.yaml that speak to servers: every key, its default, and what each wrong one is told. */
#include "conf/world.h"
#include "goldhour/base/time.h"

/* Reads the text behind the two keys that every configuration has: it begins on line 3. */
static bool read(struct world *w, const char *text)
{
  struct gh_str full = gh_arena_fmt(&w->arena, "schema: schema.yaml\nrules: rules.yaml\n%s", text);
  return gh_conf_parse(&w->conf, &w->arena, GH_STR("goldhour.yaml"), full, &w->faults);
}

static void good(struct world *w, const char *text)
{
  bool ok = read(w, text);
  assert_no_fault(&w->faults);
  assert_true(ok);
}

/* Exactly this fault and no other. */
static void refused(struct world *w, const char *text, const char *says)
{
  gh_faults_free(&w->faults);
  gh_faults_init(&w->faults);
  assert_false(read(w, text));
  assert_fault(&w->faults, says);
  if (w->faults.errors != 1) fail_msg("one fault was expected for\n%s%s", text, faults_text(&w->faults));
}

#define assert_text(got, want) assert_string_equal((got).ptr ? (got).ptr : "", want)

static void test_kafka_of_the_manual_is_read_with_its_defaults(void **state)
{
  struct world *w = *state;
  good(w, "source: {kafka: {brokers: 127.0.0.1:9092, topics: [events], group: goldhour, start: earliest}}\n"
          "store:  {redis: {url: redis://127.0.0.1:6379}}\n"
          "sink:   [{redis: {stream: leads}}, {kafka: {topic: leads}}, {webhook: {url: 'https://crm.bank.test/leads?key=1', secret_file: hook.secret}}]\n");
  const struct gh_conf *c = &w->conf;
  assert_int_equal(c->source, GH_SOURCE_KAFKA);
  assert_int_equal(c->source_at.line, 3);
  assert_text(c->kafka.kafka.brokers, "127.0.0.1:9092");
  assert_int_equal(c->kafka.kafka.at.line, 3);
  assert_int_equal(c->kafka.ntopics, 1);
  assert_text(c->kafka.topics[0], "events");
  assert_text(c->kafka.group, "goldhour");
  assert_int_equal(c->kafka.member.len, 0);
  assert_int_equal(c->kafka.start, GH_START_EARLIEST);
  assert_int_equal(c->kafka.lost, GH_LOST_STOP);
  assert_int_equal(c->kafka.session_ms, 10000);
  assert_int_equal(c->kafka.fetch_bytes, 64 << 20);
  assert_false(c->kafka.kafka.tls.on);
  assert_int_equal(c->kafka.kafka.sasl, GH_SASL_NONE);
  assert_int_equal(c->store, GH_STORE_REDIS);
  assert_text(c->redis.redis.node.host, "127.0.0.1");
  assert_int_equal(c->redis.redis.node.port, 6379);
  assert_int_equal(c->redis.redis.timeout_ms, 5000);
  assert_text(c->redis.name, "goldhour");
  assert_int_equal(c->redis.keep_ms, GH_HOUR_MS);
  assert_int_equal(c->redis.resend_bytes, 64 << 20);
  assert_int_equal(c->nsinks, 3);
  assert_text(c->sinks[0].name, "redis:leads");
  assert_int_equal(c->sinks[0].keep_ms, 7 * GH_DAY_MS);
  assert_false(c->sinks[0].own_redis);
  assert_text(c->sinks[1].name, "kafka:leads");
  assert_text(c->sinks[1].kafka.brokers, "127.0.0.1:9092");
  assert_text(c->sinks[2].name, "webhook:https://crm.bank.test/leads");
  assert_true(c->sinks[2].tls.on);
  assert_int_equal(c->sinks[2].timeout_ms, 10000);
  assert_text(c->sinks[2].secret_file.text, "hook.secret");
  assert_int_equal(c->sinks[2].at.line, 5);
  assert_int_equal(c->sink_behind, 100000);
  assert_int_equal(c->state_bytes, INT64_C(8) << 30);
  assert_int_equal(c->warm_bytes, 1 << 30);
}

#define KAFKA "source: {kafka: {brokers: 'k1', topics: events, "

static void test_kafka_with_everything_written(void **state)
{
  struct world *w = *state;
  good(w, "source:\n"
          "  kafka:\n"
          "    brokers: [k1:9093, 'k2', '[::1]:9094']\n"
          "    topics: [cards, payroll]\n"
          "    group: leads\n"
          "    member: m-1\n"
          "    start: 2026-03-02T09:15:00+08:00\n"
          "    lost: earliest\n"
          "    session: 45s\n"
          "    fetch_bytes: 256MB\n"
          "    tls: {ca: ca.pem, cert: our.pem, key: our.key, verify_host: false}\n"
          "    sasl: {mechanism: SCRAM-SHA-512, user: goldhour, password_file: kafka.secret}\n"
          "    properties: {client.rack: east, fetch.wait.max.ms: 50}\n");
  const struct gh_kafka_source_conf *k = &w->conf.kafka;
  assert_text(k->kafka.brokers, "k1:9093,k2:9092,[::1]:9094");
  assert_int_equal(k->ntopics, 2);
  assert_text(k->topics[1], "payroll");
  assert_text(k->group, "leads");
  assert_text(k->member, "m-1");
  assert_int_equal(k->start, GH_START_TIME);
  assert_int_equal(k->start_ms, INT64_C(1772414100000));
  assert_int_equal(k->lost, GH_LOST_EARLIEST);
  assert_int_equal(k->session_ms, 45000);
  assert_int_equal(k->fetch_bytes, 256 << 20);
  assert_true(k->kafka.tls.on && k->kafka.tls.any_host);
  assert_text(k->kafka.tls.key.text, "our.key");
  assert_int_equal(k->kafka.tls.key.at.line, 13);
  assert_int_equal(k->kafka.sasl, GH_SASL_SCRAM_SHA_512);
  assert_text(k->kafka.user, "goldhour");
  assert_text(k->kafka.password_file.text, "kafka.secret");
  assert_int_equal(k->kafka.nproperties, 2);
  assert_text(k->kafka.properties[1].name, "fetch.wait.max.ms");
  assert_text(k->kafka.properties[1].value, "50");
}

static void test_brokers_are_a_text_or_a_list(void **state)
{
  struct world *w = *state;
  good(w, "source: {kafka: {brokers: 'a:1, b ,[fe80::1]', topics: t}}\n");
  assert_text(w->conf.kafka.kafka.brokers, "a:1,b:9092,[fe80::1]:9092");
  refused(w, "source: {kafka: {brokers: 'a:1,b:70000', topics: t}}\n", "goldhour.yaml:3:34: error: 'brokers': the port is a number from 1 to 65535\n  hint: an address is written host:port");
  refused(w, "source: {kafka: {brokers: a:0, topics: t}}\n", "3:29: error: 'brokers': the port is a number");
  refused(w, "source: {kafka: {brokers: 'a:', topics: t}}\n", "the port is a number");
  refused(w, "source: {kafka: {brokers: a:9x, topics: t}}\n", "the port is a number");
  refused(w, "source: {kafka: {brokers: '::1', topics: t}}\n", "'brokers': an IPv6 address stands in brackets: [::1]:port");
  refused(w, "source: {kafka: {brokers: '[::1', topics: t}}\n", "expected an IPv6 address and ]");
  refused(w, "source: {kafka: {brokers: ':9092', topics: t}}\n", "'brokers': the host is missing");
  refused(w, "source: {kafka: {brokers: 'PLAINTEXT://a:9092', topics: t}}\n", "'brokers': an address begins with the host, without a scheme");
  refused(w, "source: {kafka: {brokers: 'a,,b', topics: t}}\n", "3:30: error: 'brokers': the address is empty");
  refused(w, "source: {kafka: {brokers: 'a/b', topics: t}}\n", "3:29: error: 'brokers': no host's name holds this character");
  refused(w, "source: {kafka: {brokers: a:1,b:2, topics: t}}\n", "3:31: error: unknown key 'b:2'\n  hint: a text that holds a comma needs quotes, a list stands in [ ]");
  refused(w, "source: {kafka: {brokers: [], topics: t}}\n", "'brokers': the list is empty");
  refused(w, "source: {kafka: {brokers: , topics: t}}\n", "'source': kafka needs 'brokers'");
}

static void test_kafka_written_wrong(void **state)
{
  struct world *w = *state;
  refused(w, "source: {kafka: {brokers: a}}\n", "goldhour.yaml:3:9: error: 'source': kafka needs 'topics'");
  refused(w, "source: {kafka: {brokers: a, topic: events, topics: t}}\n", "goldhour.yaml:3:30: error: unknown key 'topic'\n  hint: did you mean 'topics'?");
  refused(w, "source: {kafka: {brokers: a, topics: []}}\n", "'topics': the list is empty");
  refused(w, "source: {kafka: {brokers: a, topics: [t, u, t]}}\n", "3:45: error: 'topics': 't' is named twice");
  refused(w, "source: {kafka: {brokers: a, topics: '^events.*'}}\n", "'topics': '^events.*' is no name\n  hint: letters a–z A–Z, digits, '.', '_' and '-', at most 249 of them");
  refused(w, "source: {kafka: {brokers: a, topics: ..}}\n", "'topics': '..' is no name");
  refused(w, KAFKA "group: ''}}\n", "'group': the text is empty");
  refused(w, KAFKA "member: a b}}\n", "'member': 'a b' is no name");
  refused(w, KAFKA "start: yesterday}}\n", "'start': expected earliest, latest or a time, found 'yesterday'\n  hint: a time has its offset: 2026-03-02T09:15:00+08:00");
  refused(w, KAFKA "start: 2026-03-02T09:15:00}}\n", "'start': expected earliest, latest or a time");
  refused(w, KAFKA "lost: erliest}}\n", "'lost': expected stop, earliest or latest, found 'erliest'\n  hint: did you mean 'earliest'?");
  refused(w, KAFKA "session: 10ms}}\n", "'session': less than 1s");
  refused(w, KAFKA "fetch_bytes: 3GB}}\n", "'fetch_bytes': more than 2146435072 bytes");
  refused(w, KAFKA "tls: yes}}\n", "'tls': expected true or false, found 'yes'\n  hint: or a map: {ca: …, cert: …, key: …}");
  refused(w, KAFKA "tls: {cert: our.pem}}}\n", "'tls': 'cert' and 'key' come together");
  refused(w, KAFKA "tls: {ca: ''}}}\n", "'ca': the path is empty");
  refused(w, KAFKA "tls: {cafile: x}}}\n", "unknown key 'cafile'\n  hint: allowed here: ca, cert, key, verify_host");
  refused(w, KAFKA "sasl: {mechanism: PLAIN, user: u}}}\n", "'sasl' needs 'password_file'");
  refused(w, KAFKA "sasl: {mechanism: PLAIN, user: u, password_file: p, password: geheim}}}\n", "unknown key 'password'\n  hint: secrets stand in files: write 'password_file'");
  refused(w, KAFKA "sasl: {mechanism: GSSAPI, user: u, password_file: p}}}\n", "'mechanism': expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, found 'GSSAPI'");
}

static void test_properties_that_would_break_a_promise_are_refused(void **state)
{
  struct world *w = *state;
  static const struct { const char *name, *hint; } cases[] = {
    {"group.id", "write 'group'"}, {"group.instance.id", "write 'member'"}, {"enable.auto.commit", "the position is committed with the state"},
    {"auto.offset.reset", "write 'start' (a new store) or 'lost'"}, {"enable.partition.eof", "the clock is followed"}, {"enable.auto.offset.store", "the position is committed"},
    {"topic.auto.offset.reset", "write 'start'"}, {"bootstrap.servers", "write 'brokers'"}, {"security.protocol", "write 'tls' and 'sasl'"},
    {"sasl.password", "secrets stand in files: write 'sasl: {password_file: …}'"}, {"ssl.key.password", "secrets stand in files: write 'tls: {key: …}'"},
    {"ssl.key.pem", "write 'tls: {key: …}'"}, {"ssl.ca.location", "write 'tls: {ca: …}'"}, {"sasl.oauthbearer.client.secret", "write 'sasl'"},
    {"enable.ssl.certificate.verification", "a certificate is always verified"}, {"enable.idempotence", "leads are produced without repeats"}, {"plugin.library.paths", "no foreign code"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[200], says[200];
    snprintf(text, sizeof text, KAFKA "properties: {%s: geheim}}}\n", cases[i].name);
    snprintf(says, sizeof says, "'properties': '%s' is not for this place\n  hint: %s", cases[i].name, cases[i].hint);
    refused(w, text, says);
    assert_null(strstr(faults_text(&w->faults), "geheim"));
  }
  refused(w, KAFKA "properties: [a]}}\n", "'properties': expected a map");
  refused(w, KAFKA "properties: {client.id: [a]}}}\n", "'client.id': expected a text, found a list");
}

static void test_redis_by_its_url(void **state)
{
  struct world *w = *state;
  static const struct { const char *url, *host, *user; unsigned port, db; bool tls; } cases[] = {
    {"redis://127.0.0.1", "127.0.0.1", "", 6379, 0, false}, {"redis://r.bank.test:7000/3", "r.bank.test", "", 7000, 3, false},
    {"rediss://lead@r:1/", "r", "lead", 1, 0, true}, {"redis://[2001:db8::7]:65535/15", "2001:db8::7", "", 65535, 15, false}, {"redis://[::1]", "::1", "", 6379, 0, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[200];
    snprintf(text, sizeof text, "store: {redis: {url: '%s'}}\n", cases[i].url);
    good(w, text);
    const struct gh_redis_conf *r = &w->conf.redis.redis;
    assert_text(r->node.host, cases[i].host);
    assert_int_equal(r->node.port, cases[i].port);
    assert_int_equal(r->db, cases[i].db);
    assert_text(r->user, cases[i].user);
    assert_int_equal(r->tls.on, cases[i].tls);
  }
  good(w, "store: {redis: {url: rediss://r, user: u, password_file: p, tls: {ca: ca.pem}, timeout: 2s, name: bank-1, keep: 2h, resend_bytes: 1GB}}\n");
  const struct gh_redis_store_conf *s = &w->conf.redis;
  assert_true(s->redis.tls.on);
  assert_text(s->redis.tls.ca.text, "ca.pem");
  assert_text(s->redis.user, "u");
  assert_int_equal(s->redis.timeout_ms, 2000);
  assert_text(s->name, "bank-1");
  assert_int_equal(s->keep_ms, 2 * GH_HOUR_MS);
  assert_int_equal(s->resend_bytes, 1 << 30);
}

static void test_redis_by_sentinels_and_cluster(void **state)
{
  struct world *w = *state;
  good(w, "store: {redis: {sentinel: {master: main, nodes: [s1, '[::1]:26380'], user: watch, password_file: s.secret}, db: 2, password_file: r.secret}}\n");
  const struct gh_redis_conf *r = &w->conf.redis.redis;
  assert_text(r->sentinel_master, "main");
  assert_int_equal(r->nsentinels, 2);
  assert_int_equal(r->sentinels[0].port, 26379);
  assert_text(r->sentinels[1].host, "::1");
  assert_int_equal(r->sentinels[1].port, 26380);
  assert_text(r->sentinel_user, "watch");
  assert_text(r->sentinel_password_file.text, "s.secret");
  assert_text(r->password_file.text, "r.secret");
  assert_int_equal(r->db, 2);
  good(w, "store: {redis: {cluster: [c1:7001, c2:7002, c3], tls: true}}\n");
  assert_int_equal(r->ncluster, 3);
  assert_text(r->cluster[1].host, "c2");
  assert_int_equal(r->cluster[2].port, 6379);
  assert_true(r->tls.on);
}

static void test_redis_written_wrong(void **state)
{
  struct world *w = *state;
  refused(w, "store: redis\n", "'store': redis needs 'url', 'sentinel' or 'cluster'\n  hint: write {redis: {url: 'redis://127.0.0.1:6379'}}");
  refused(w, "store: {redis: {}}\n", "goldhour.yaml:3:8: error: 'store': redis needs 'url', 'sentinel' or 'cluster'");
  refused(w, "store: {redis: {user: u}}\n", "3:17: error: 'user' of which server?\n  hint: name it by 'url', 'sentinel' or 'cluster'");
  refused(w, "store: {redis: redis://r}\n", "'store': the options of redis are a map");
  refused(w, "store: {redis: {url: redis://r, cluster: [c]}}\n", "3:33: error: 'cluster' beside 'url'\n  hint: write one of url, sentinel and cluster");
  refused(w, "store: {redis: {url: 127.0.0.1:6379}}\n", "'url': expected redis:// or rediss://");
  refused(w, "store: {redis: {url: http://r}}\n", "'url': expected redis:// or rediss://\n  hint: a url is written redis://host:6379/0, or rediss:// for TLS");
  refused(w, "store: {redis: {url: 'redis://u:geh@eim@r'}}\n", "'url': a password does not belong into the configuration\n  hint: put it into a file and write 'password_file'");
  assert_null(strstr(faults_text(&w->faults), "geh"));
  assert_null(strstr(w->conf.redis.redis.url.ptr, "geh"));
  refused(w, "store: {redis: {url: 'redis://:geheim@r'}}\n", "a password does not belong into the configuration");
  refused(w, "store: {redis: {url: 'redis://u@r', user: v}}\n", "'url' and 'user' both name a user");
  refused(w, "store: {redis: {url: 'redis://u%40x@r'}}\n", "'url': the user cannot be read\n  hint: write it as 'user'");
  refused(w, "store: {redis: {url: 'redis://@r'}}\n", "'url': the user cannot be read");
  refused(w, "store: {redis: {url: 'redis://r:66000'}}\n", "goldhour.yaml:3:33: error: 'url': the port is a number from 1 to 65535");
  refused(w, "store: {redis: {url: 'redis://::1:6379'}}\n", "'url': an IPv6 address stands in brackets");
  refused(w, "store: {redis: {url: 'redis:///0'}}\n", "'url': the address is empty");
  refused(w, "store: {redis: {url: 'redis://r/zero'}}\n", "3:32: error: 'url': behind the address stands a database's number or nothing");
  refused(w, "store: {redis: {url: 'redis://r/70000'}}\n", "a database's number");
  refused(w, "store: {redis: {url: 'redis://r?db=1'}}\n", "a database's number");
  refused(w, "store: {redis: {url: redis://r/1, db: 1}}\n", "'db': with a url the number stands in the url");
  refused(w, "store: {redis: {url: redis://r, tls: {ca: ca.pem}}}\n", "'tls' and the url say different things\n  hint: rediss:// is with TLS, redis:// without");
  refused(w, "store: {redis: {url: rediss://r, tls: false}}\n", "'tls' and the url say different things");
  refused(w, "store: {redis: {cluster: [c], db: 1}}\n", "'db': a Cluster has one database alone");
  refused(w, "store: {redis: {cluster: []}}\n", "'cluster': the list is empty");
  refused(w, "store: {redis: {cluster: ['c:99999']}}\n", "'cluster': the port is a number");
  refused(w, "store: {redis: {sentinel: {nodes: [s]}}}\n", "'sentinel' needs 'master'");
  refused(w, "store: {redis: {sentinel: {master: main}}}\n", "'sentinel' needs 'nodes'");
  refused(w, "store: {redis: {url: redis://r, name: 'a{b}'}}\n", "'name': 'a{b}' is no name");
  refused(w, "store: {redis: {url: redis://r, keep: 1s}}\n", "'keep': less than 1m");
  refused(w, "store: {redis: {url: redis://r, password: geheim}}\n", "unknown key 'password'");
  refused(w, KAFKA "group: 'our group'}}\nstore: {redis: {url: redis://r}}\n", "4:8: error: 'store': redis needs 'name', as the group 'our group' cannot be part of a key");
}

static void test_sinks_with_servers_of_their_own(void **state)
{
  struct world *w = *state;
  good(w, "source: stdin\n"
          "sink:\n"
          "- {redis: {stream: a, keep: 0s, url: redis://r/1}}\n"
          "- {redis: {stream: b, sentinel: {master: main, nodes: s1}, user: u, password_file: p}}\n"
          "- {kafka: {topic: leads, brokers: 'k:1', sasl: {mechanism: PLAIN, user: u, password_file: p}, properties: {linger.ms: 5}}}\n"
          "- {webhook: {url: 'http://u@crm:8080/in?x=1', timeout: 3s}}\n"
          "- {file: {path: leads.jsonl}}\n"
          "- stdout\n");
  const struct gh_conf *c = &w->conf;
  assert_int_equal(c->nsinks, 6);
  assert_true(c->sinks[0].own_redis && c->sinks[1].own_redis);
  assert_int_equal(c->sinks[0].keep_ms, 0);
  assert_int_equal(c->sinks[0].redis.db, 1);
  assert_text(c->sinks[1].redis.sentinels[0].host, "s1");
  assert_text(c->sinks[2].kafka.brokers, "k:1");
  assert_int_equal(c->sinks[2].kafka.sasl, GH_SASL_PLAIN);
  assert_int_equal(c->sinks[2].kafka.nproperties, 1);
  assert_text(c->sinks[3].name, "webhook:http://crm:8080/in");
  assert_false(c->sinks[3].tls.on);
  assert_int_equal(c->sinks[3].timeout_ms, 3000);
  assert_text(c->sinks[4].name, "file");
  assert_text(c->sinks[5].name, "stdout");
  assert_text(c->sinks[4].path.text, "leads.jsonl");
}

static void test_a_kafka_sink_without_brokers_has_the_sources(void **state)
{
  struct world *w = *state;
  good(w, KAFKA "tls: true, sasl: {mechanism: PLAIN, user: u, password_file: p}, properties: {fetch.wait.max.ms: 50}}}\n"
                "sink: {kafka: {topic: leads, properties: {linger.ms: 5}}}\n");
  const struct gh_kafka_conf *k = &w->conf.sinks[0].kafka;
  assert_text(k->brokers, "k1:9092");
  assert_true(k->tls.on);
  assert_int_equal(k->sasl, GH_SASL_PLAIN);
  assert_text(k->password_file.text, "p");
  assert_int_equal(k->nproperties, 1);
  assert_text(k->properties[0].name, "linger.ms");
}

static void test_sinks_written_wrong(void **state)
{
  struct world *w = *state;
  refused(w, "sink: []\n", "'sink': the list is empty");
  refused(w, "sink: {redis: {stream: leads}}\n", "goldhour.yaml:3:7: error: 'sink': redis needs a server of its own, as the store is not Redis");
  refused(w, "sink: {kafka: {topic: leads}}\n", "'sink': kafka needs 'brokers', as the source is not Kafka");
  refused(w, "sink: {redis: {url: redis://r}}\n", "'sink': redis needs 'stream'");
  refused(w, "sink: {redis: {stream: a b, url: redis://r}}\n", "'stream': a key without blanks");
  refused(w, "sink: {redis: {stream: 'gh:{goldhour:p1}:outbox', url: redis://r}}\n", "'stream': keys that begin with gh:{ are the store's");
  refused(w, "sink: {redis: {stream: a, tls: true}}\nstore: {redis: {url: redis://r}}\n", "3:27: error: 'tls' of which server?");
  refused(w, "sink: {kafka: {topic: 'a/b', brokers: k}}\n", "'topic': 'a/b' is no name");
  refused(w, KAFKA "}}\nsink: {kafka: {topic: leads, tls: true}}\n", "'tls' of which brokers?");
  refused(w, KAFKA "}}\nsink: [{kafka: {topic: events}}]\n", "4:8: error: 'sink': 'events' is the topic that events are read from\n  hint: name another topic");
  refused(w, "sink: [{webhook: {url: 'https://h/a?k=1'}}, {webhook: {url: 'https://h/a?k=2'}}]\n", "'sink': 'webhook:https://h/a' is named twice");
  refused(w, "sink: [stdout, stdout]\n", "goldhour.yaml:3:16: error: 'sink': 'stdout' is named twice");
  refused(w, "sink: {webhook: {}}\n", "'sink': webhook needs 'url'");
  refused(w, "sink: {webhook: {url: crm.bank.test}}\n", "'url': expected https:// or http://\n  hint: a url is written https://host/path");
  refused(w, "sink: {webhook: {url: 'https://u:geheim@h/'}}\n", "'url': a password does not belong into the configuration\n  hint: a webhook is told from others by its signature: write 'secret_file'");
  assert_null(strstr(faults_text(&w->faults), "geheim"));
  refused(w, "sink: {webhook: {url: 'https://h:0/'}}\n", "'url': the port is a number");
  refused(w, "sink: {webhook: {url: 'https://h/线索'}}\n", "3:34: error: 'url': this character does not belong here");
  refused(w, "sink: {webhook: {url: 'http://h/', tls: {ca: ca.pem}}}\n", "'tls' and the url say different things\n  hint: https:// is with TLS");
  refused(w, "sink: {webhook: {url: 'http://h/', timeout: 1h}}\n", "'timeout': more than 5m");
  refused(w, "sink: [[stdout]]\n", "'sink': expected one of file, stdout, redis, kafka, webhook");
  refused(w, "sink: [stdut]\n", "there is no 'stdut'; there are: file, stdout, redis, kafka, webhook\n  hint: did you mean 'stdout'?");
}

static void test_bounds_of_what_waits(void **state)
{
  struct world *w = *state;
  good(w, "sink_behind: 1000\nstate_bytes: 1MB\nwarm_bytes: 0\n");
  assert_int_equal(w->conf.sink_behind, 1000);
  assert_int_equal(w->conf.state_bytes, 1 << 20);
  assert_int_equal(w->conf.warm_bytes, 0);
  refused(w, "sink_behind: 999\n", "'sink_behind': expected a whole number from 1000 to 1000000000, found '999'");
  refused(w, "state_bytes: 1KB\n", "'state_bytes': less than 1048576 bytes");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
    CASE(test_kafka_of_the_manual_is_read_with_its_defaults),
    CASE(test_kafka_with_everything_written),
    CASE(test_brokers_are_a_text_or_a_list),
    CASE(test_kafka_written_wrong),
    CASE(test_properties_that_would_break_a_promise_are_refused),
    CASE(test_redis_by_its_url),
    CASE(test_redis_by_sentinels_and_cluster),
    CASE(test_redis_written_wrong),
    CASE(test_sinks_with_servers_of_their_own),
    CASE(test_a_kafka_sink_without_brokers_has_the_sources),
    CASE(test_sinks_written_wrong),
    CASE(test_bounds_of_what_waits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
