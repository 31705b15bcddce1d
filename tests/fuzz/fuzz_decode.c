/* Any bytes as a record: event, profile, CSV line, by a mapping or without; as a message in an envelope, with key and headers; any text as a mapping. Nothing is
 * accepted that a bare simdjson parse refuses, and an event written as canonical JSON is the same event. */
#include "fuzz.h"

#include <stdlib.h>

#include "goldhour/base/utf8.h"
#include "goldhour/decode/bare.h"
#include "goldhour/decode/decode.h"
#include "goldhour/decode/kcat.h"

const char *const gh_fuzz_seeds[] = {
  "e{\"id\":\"e1\",\"type\":\"any\",\"customer\":\"C1\",\"time\":\"2026-09-17T09:00:00+08:00\",\"m\":\"8000.00\",\"i\":8e3,\"d\":-1.5E-7,\"l\":[\"a\",\"\\u91d1\"]}",
  "e\xEF\xBB\xBF{\"time\":1789606800000,\"customer\":7,\"type\":\"any\",\"b\":true,\"t\":\"2026-01-01T00:00:00.123999Z\",\"on\":\"2026-02-28\",\"id\":\"x\"}\r",
  "e{\"type\":\"customer\",\"id\":\"p\",\"customer\":\"C\",\"time\":1789606800000,\"forget\":true,\"name\":null}",
  "e{\"type\":\"none\",\"a\":{\"b\":[1,[2,{}],null,false]},\"s\":\"\\ud83d\\ude00\\n\\\"\"}",
  "p{\"customer\":\"C1\",\"name\":\"王芳\",\"age\":36,\"tags\":[\"vip\"]}",
  "c36,C1,\"王, \"\"芳\"\"\",vip|fund\r\n",
  "m{\"h\":{\"no\":\"7\",\"c\":\" C \",\"d\":20260917,\"t\":93015},\"b\":[{\"code\":\"PAY\",\"amt\":800000}],\"x\":\"01\"}",
  "g{\"id\":\"1\",\"type\":\"any\",\"customer\":\"C\",\"time\":1789606800000,\"s\":\"\xBB\xAA\xB6\xAB\"}",
  "y" "tables: {t: {codes: {a: b}, otherwise: {value: c}}}\nevents:\n  raw: {k: {at: /k, type: int, default: 5}}\n  id: {join: [a, /i]}\n  customer: /c\n"
  "  time: {at: /t, as: yyyyMMddHHmmss, zone: UTC}\n  entries: [{type: any, when: raw.k > 4, fields: {m: {cel: 'decimal(\"1.5\")'}, s: {at: /s/0, table: t}}}]\n"
  "profiles: {customer: /c, csv: {delimiter: ';', list: ','}, fields: {name: /n}}\n",
  "y" "events: {envelope: {goldengate: {zone: UTC}}, raw: {k: $op}, customer: {at: $before/c}, entries: [{type: any, op: [update], table: [a, b], when: envelope.table == 'b', fields: {s: $key}}]}\n",
  "C{\"id\":7,\"database\":\"d\",\"table\":\"t\",\"pkNames\":[\"no\"],\"isDdl\":false,\"type\":\"UPDATE\",\"es\":1789606800000,\"data\":[{\"no\":\"1\",\"c\":\"C1\",\"m\":\"12.50\"},"
  "{\"no\":\"2\",\"c\":\"C1\",\"s\":null}],\"old\":[{\"m\":\"1\"},{}]}\x1ekey",
  "D{\"schema\":{\"fields\":[{\"field\":\"after\",\"fields\":[{\"field\":\"m\",\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"2\"}},{\"field\":\"on\",\"name\":"
  "\"io.debezium.time.Date\"},{\"field\":\"t\",\"name\":\"io.debezium.time.MicroTimestamp\"}]}]},\"payload\":{\"before\":null,\"after\":{\"c\":\"C1\",\"m\":\"BMS0\",\"on\":20708,\"t\":1789635600123456},"
  "\"source\":{\"name\":\"b\",\"ts_ms\":1789606800000,\"snapshot\":\"false\",\"db\":\"d\",\"table\":\"t\",\"lsn\":7},\"op\":\"c\"}}\x1e{\"no\":7}",
  "D{\"after\":{\"c\":\"C1\",\"m\":{\"scale\":1,\"value\":\"/zg=\"}},\"source\":{\"ts_ms\":1789606800000,\"file\":\"f\",\"pos\":1,\"row\":0},\"op\":\"u\"}",
  "G{\"table\":\"O.T\",\"op_type\":\"U\",\"op_ts\":\"2026-09-17 09:00:00.123456\",\"pos\":\"0028\",\"before\":{\"c\":\"C1\"},\"after\":{\"c\":null,\"c_isMissing\":true,\"m\":8}}",
  "G{\"table\":\"O.T\",\"op_type\":\"I\",\"op_ts\":\"2026-09-17 09:00:00\",\"pos\":\"1\",\"c\":\"C1\",\"m\":8}{\"table\":\"O.T\",\"op_type\":\"D\",\"op_ts\":\"2026-09-17T09:00:00\",\"pos\":\"2\",\"before\":{\"c\":\"C2\"}}",
  "D{\"schema\":{\"fields\":[{\"field\":\"after\",\"fields\":[{\"field\":\"on\",\"name\":\"io.debezium.time.IsoDate\"},{\"field\":\"t\",\"name\":\"io.debezium.time.IsoTimestamp\"}]}]},"
  "\"payload\":{\"after\":{\"c\":\"C1\",\"m\":{\"scale\":-1,\"value\":\"AQ==\"},\"on\":\"2026-09-12Z\",\"t\":\"2026-09-17T09:00:00Z\"},\"source\":{\"name\":\"b\",\"ts_ms\":1789606800000,\"ord\":7},\"op\":\"c\"}}",
  "E[{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/a\",\"type\":\"x\",\"subject\":\"C1\",\"time\":\"2026-09-17T09:00:00Z\",\"data\":{\"m\":8}},{\"id\":\"2\",\"source\":\"/a\",\"type\":\"x\",\"data_base64\":\"eyJtIjo4fQ==\"},{\"id\":\"3\",\"source\":\"/a\",\"type\":\"x\",\"data\":\"{}\"}]",
  "E{\"m\":8}\x1ekey\x1e" "ce_id\x1e" "1\x1e" "ce_source\x1e/a\x1e" "ce_type\x1ex\x1e" "ce_subject\x1e" "C1\x1e" "ce_time\x1e" "2026-09-17T09:00:00Z",
  "E\x1ekey\x1e" "content-type\x1e" "application/json\x1e" "ce_id\x1e" "1\x1e" "ce_source\x1e/a\x1e" "ce_type\x1ex\x1e" "ce_subject\x1e" "C1\x1e" "ce_time\x1e" "2026-09-17T09:00:00Z",
  "O\"{\\\"m\\\":8}\"\x1e\"C1\"\x1eid\x1e" "7\x1e" "eventType\x1ex",
  "O{\"after\":{\"id\":\"7\",\"type\":\"x\",\"payload\":\"{}\"},\"source\":{\"ts_ms\":1789606800000},\"op\":\"c\"}\x1e" "C1",
  "J{\"no\":\"b\",\"rows\":[{\"c\":\"C1\"},{\"c\":\"C2\",\"m\":1},7]}\x1ekey",
  "k{\"ts\":1789606800000,\"headers\":[\"a\",\"b\",\"c\",null],\"key\":\"k\",\"payload\":{\"a\":[\"]\\\"\",{}]},\"x\":[[]]}",
  NULL,
};

static const char schema_text[] =
    "customer: {name: string, age: int, tags: list(string)}\n"
    "events: {any: {s: string?, i: int?, d: double?, m: decimal(2)?, b: bool?, t: timestamp?, on: date?, l: list(string)?}}\n";
static const char mapping_text[] =
    "trim: true\ntables: {x: {'01': one}}\nevents:\n  raw: {code: /b/0/code}\n  id: {join: [n, /h/no]}\n  customer: /h/c\n"
    "  time: {join: [/h/d, {at: /h/t, width: 6}], as: yyyyMMddHHmmss, zone: UTC}\n  entries:\n"
    "    - {type: any, when: 'raw.code == \"PAY\"', fields: {m: {at: /b/0/amt, minor_digits: 2}, s: {at: /x, table: x, default: none}}}\n";

/* By their letters in the seeds. */
#define COMMON "  entries:\n    - {type: any, fields: {m: /m, s: {join: [$row, $key, /s]}, on: /on, t: /t}}\n    - {type: customer, op: [insert, update, snapshot, delete], fields: {name: /s}}\n"
static const struct { char letter; const char *mapping; } envelopes[] = {
  {'C', "zone: UTC\nevents:\n  envelope: canal\n  customer: /c\n  raw: {was: $before/m, key: $key/a, h: $header/a, m: $message/sqlType/m}\n" COMMON},
  {'D', "zone: UTC\nevents:\n  envelope: debezium\n  customer: /c\n" COMMON},
  {'G', "zone: UTC\nevents:\n  envelope: goldengate\n  customer: /c\n" COMMON},
  {'E', "events:\n  envelope: cloudevents\n  customer: $subject\n  entries: [{type: any, event_type: x, fields: {m: /m, s: $header/ce_source}}]\n"},
  {'O', "events:\n  envelope: debezium-outbox\n  customer: $key\n  entries: [{type: any, event_type: [x, y], fields: {m: /m}}]\n"},
  {'J', "events:\n  envelope: {json: {rows: /rows}}\n  id: $message/no\n  customer: /c\n  time: $stream_time\n  entries: [{type: any}]\n"},
};
enum { ENVELOPES = sizeof envelopes / sizeof *envelopes, HEADERS = 8 };

static struct gh_decoder *enveloped[ENVELOPES], *again;
static struct gh_kcat *kcat;
static struct gh_arena arena;
static struct gh_zones *zones;
static const struct gh_schema *schema;
static struct gh_conf conf = {.record_bytes = 4000, .record_depth = 16};
static struct gh_decoder *plain, *mapped, *foreign;
static struct gh_bare *bare;

static struct gh_decoder *decoder_of(const char *mapping)
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  const struct gh_mapping *m = gh_mapping_parse(&arena, schema, zones, GH_STR("mapping.yaml"), gh_str(mapping), &faults);
  if (!m) abort();
  gh_faults_free(&faults);
  return gh_decoder_new(&conf, schema, m, gh_zones_find(zones, GH_STR("UTC")));
}

static void begin(void)
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  zones = gh_zones_new();
  schema = gh_schema_parse(&arena, GH_STR("schema.yaml"), GH_STR(schema_text), &faults);
  plain = gh_decoder_new(&conf, schema, NULL, gh_zones_find(zones, GH_STR("UTC")));
  mapped = decoder_of(mapping_text);
  foreign = decoder_of("encoding: gb18030\n");
  for (unsigned i = 0; i < ENVELOPES; i++) enveloped[i] = decoder_of(envelopes[i].mapping);
  again = gh_decoder_new(&conf, schema, NULL, gh_zones_find(zones, GH_STR("UTC")));
  kcat = gh_kcat_new();
  bare = gh_bare_new();
  if (!gh_decoder_csv_header(plain, GH_STR("age,customer,name,tags"), &faults)) abort();
  gh_faults_free(&faults);
}

/* Digits and letters of a value are all somewhere, and texts are UTF-8. */
static void use(const struct gh_value *v)
{
  if (v->kind == GH_STRING && v->len && !gh_utf8_valid(gh_text(*v))) abort();
  for (uint32_t i = 0; v->kind == GH_LIST && i < v->len; i++) use(&v->items[i]);
}

static void check(enum gh_decoded done, const struct gh_record *r)
{
  if (done == GH_DECODED_BAD && (!gh_decode_reason_find(gh_str(r->reason)) || !gh_utf8_valid(r->detail))) abort();
  if (done != GH_DECODED) return;
  if (r->event.customer.len == 0 || !gh_utf8_valid(r->event.customer)) abort();
  if (r->event.id.len && !gh_utf8_valid(r->event.id)) abort();
  for (unsigned i = 0; i < r->event.type->nfields; i++) use(&r->event.slots[i]);
}

static bool has(struct gh_str s, const char *any)
{
  for (size_t i = 0; i < s.len; i++)
    if (s.ptr[i] && strchr(any, s.ptr[i])) return true;
  return false;
}

/* What we read, simdjson reads, and the other way round; but it refuses numbers beyond its range, and treats lone surrogates in its own way. */
static void compare(struct gh_str text, enum gh_decoded done, const struct gh_record *r)
{
  bool other = done == GH_DECODED_BAD && strcmp(r->reason, "bad_json") != 0 && strcmp(r->reason, "bad_utf8") != 0;
  if (other || done == GH_DECODED_BLANK || has(text, "\\") || text.ptr[0] == '\xEF') return;
  bool ok = gh_bare_parse(bare, text), mine = done != GH_DECODED_BAD;
  if (ok != mine && !(mine && has(text, "0123456789"))) abort();
}

static void mapping(struct gh_str text)
{
  struct gh_arena own;
  struct gh_faults faults;
  gh_arena_init(&own, 0);
  gh_faults_init(&faults);
  const struct gh_mapping *m = gh_mapping_parse(&own, schema, zones, GH_STR("mapping.yaml"), text, &faults);
  if (!m != (faults.errors > 0)) abort();
  struct gh_decoder *d = m ? gh_decoder_new(&conf, schema, m, gh_zones_find(zones, GH_STR("UTC"))) : NULL;
  struct gh_record r;
  if (d) check(gh_decode(d, GH_STR("{\"k\":5,\"i\":\"x\",\"c\":\"C\",\"t\":20260917090000,\"s\":[\"a\"],\"n\":\"N\"}"), &r), &r);
  if (d) check(gh_decode_profile(d, GH_STR("{\"c\":\"C\",\"n\":\"N\"}"), &r), &r);
  gh_decoder_free(d);
  gh_faults_free(&faults);
  gh_arena_free(&own);
}

/* What is written as canonical JSON reads back as the same event, but for an id that is empty. */
static void write_and_read(const struct gh_event *e)
{
  struct gh_record r;
  struct gh_buf out = {0};
  gh_event_canonical(&out, e, e->id);
  bool fits = out.len <= (size_t)conf.record_bytes;
  if (fits && gh_decode(again, gh_buf_str(&out), &r) != GH_DECODED) abort();
  if (fits && (r.event.type != e->type || r.event.time_ms != e->time_ms || r.event.forget != e->forget || !gh_str_eq(r.event.id, e->id))) abort();
  for (unsigned i = 0; fits && !e->forget && i < e->type->nfields; i++)
    if (!gh_value_same(r.event.slots[i], e->slots[i])) abort();
  gh_buf_free(&out);
}

static void message(struct gh_decoder *d, const struct gh_message *m)
{
  struct gh_record r;
  unsigned rows = 1;
  enum gh_decoded done = gh_decode_message(d, m, &r);
  for (;; done = gh_decode_more(d, &r)) {
    check(done, &r);
    if (done == GH_DECODED) write_and_read(&r.event);
    if (!r.more) break;
    if (++rows > m->bytes.len + 1) abort();
  }
}

/* The bytes up to the next separator, which goes. */
static struct gh_str part(struct gh_str *rest)
{
  size_t n = 0;
  while (n < rest->len && rest->ptr[n] != '\x1e') n++;
  struct gh_str p = {rest->ptr, n};
  *rest = (struct gh_str){rest->ptr + n + (n < rest->len), rest->len - n - (n < rest->len)};
  return p;
}

static void in_envelope(struct gh_decoder *d, struct gh_str text)
{
  struct gh_header headers[HEADERS];
  struct gh_message m = {.headers = headers, .time_ms = 1789606800000};
  m.bytes = part(&text);
  m.key = part(&text);
  while (text.len > 0 && m.nheaders < HEADERS) {
    headers[m.nheaders].name = part(&text);
    headers[m.nheaders++].value = part(&text);
  }
  message(d, &m);
}

static void kcat_line(struct gh_str line)
{
  const char *why;
  struct gh_message m;
  if (gh_kcat_read(kcat, line, &m, &why)) message(enveloped[0], &m);
  else if (!why) abort();
}

static bool by_envelope(char letter, struct gh_str text)
{
  for (unsigned i = 0; i < ENVELOPES; i++) {
    if (envelopes[i].letter != letter) continue;
    in_envelope(enveloped[i], text);
    return true;
  }
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gh_record r;
  struct gh_buf masked = {0};
  if (!schema) begin();
  if (size < 1) return 0;
  char *exact = calloc(1, size + GH_BARE_PADDING);
  memcpy(exact, data + 1, size - 1);
  struct gh_str text = {exact, size - 1};
  switch (data[0]) {
    case 'y': mapping(text); break;
    case 'p': check(gh_decode_profile(plain, text, &r), &r); break;
    case 'c': check(gh_decode_csv(plain, text, &r), &r); break;
    case 'm': check(gh_decode(mapped, text, &r), &r); break;
    case 'g': check(gh_decode(foreign, text, &r), &r); break;
    case 'k': kcat_line(text); break;
    default: {
      if (by_envelope((char)data[0], text)) break;
      enum gh_decoded done = gh_decode(plain, text, &r);
      check(done, &r);
      if (text.len) compare(text, done, &r);
    }
  }
  gh_decode_mask(&masked, text);
  if (masked.len && !gh_utf8_valid(gh_buf_str(&masked))) abort();
  gh_buf_free(&masked);
  free(exact);
  return 0;
}
