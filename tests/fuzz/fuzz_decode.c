/* Any bytes as a record: event, profile, CSV line, by a mapping or without; any text as a mapping. Nothing is accepted that a bare simdjson parse refuses. */
#include "fuzz.h"

#include <stdlib.h>

#include "goldhour/base/utf8.h"
#include "goldhour/decode/bare.h"
#include "goldhour/decode/decode.h"

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
  NULL,
};

static const char schema_text[] =
    "customer: {name: string, age: int, tags: list(string)}\n"
    "events: {any: {s: string?, i: int?, d: double?, m: decimal(2)?, b: bool?, t: timestamp?, on: date?, l: list(string)?}}\n";
static const char mapping_text[] =
    "trim: true\ntables: {x: {'01': one}}\nevents:\n  raw: {code: /b/0/code}\n  id: {join: [n, /h/no]}\n  customer: /h/c\n"
    "  time: {join: [/h/d, {at: /h/t, width: 6}], as: yyyyMMddHHmmss, zone: UTC}\n  entries:\n"
    "    - {type: any, when: 'raw.code == \"PAY\"', fields: {m: {at: /b/0/amt, minor_digits: 2}, s: {at: /x, table: x, default: none}}}\n";

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
    default: {
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
