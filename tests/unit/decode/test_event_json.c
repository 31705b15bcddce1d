/* An event written as canonical JSON is the same event when it is read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "goldhour/base/buf.h"
#include "goldhour/decode/decode.h"

static const char schema_text[] =
    "customer: {name: string, aum: decimal(2), tags: list(string), seen: timestamp}\n"
    "events: {any: {s: string?, i: int?, d: double?, m: decimal(18)?, b: bool?, t: timestamp?, on: date?, l: list(decimal(2))?, ts: list(timestamp)?}}\n";

static struct gh_arena arena;
static struct gh_faults faults;
static struct gh_zones *zones;
static const struct gh_schema *schema;
static struct gh_conf conf = {.record_bytes = 1 << 20, .record_depth = 64};

static void same(const struct gh_event *a, const struct gh_event *b)
{
  assert_ptr_equal(a->type, b->type);
  assert_true(gh_str_eq(a->customer, b->customer));
  assert_int_equal(a->time_ms, b->time_ms);
  assert_int_equal(a->forget, b->forget);
  for (unsigned i = 0; i < a->type->nfields; i++) assert_true(gh_value_same(a->slots[i], b->slots[i]));
}

static void round_trip(const char *text)
{
  struct gh_record first, second;
  struct gh_buf out = {0};
  struct gh_decoder *a = gh_decoder_new(&conf, schema, NULL, gh_zones_find(zones, GH_STR("UTC")));
  struct gh_decoder *b = gh_decoder_new(&conf, schema, NULL, gh_zones_find(zones, GH_STR("UTC")));
  assert_int_equal(gh_decode(a, gh_str(text), &first), GH_DECODED);
  gh_event_canonical(&out, &first.event, GH_STR("其他-\"1\""));
  assert_int_equal(gh_decode(b, gh_buf_str(&out), &second), GH_DECODED);
  assert_true(gh_str_eq(second.event.id, GH_STR("其他-\"1\"")));
  same(&first.event, &second.event);
  gh_buf_free(&out);
  gh_decoder_free(a);
  gh_decoder_free(b);
}

static void every_kind_of_value(void **state)
{
  (void)state;
  round_trip("{\"id\":\"e\",\"type\":\"any\",\"customer\":\"王\\u0000\\n\",\"time\":\"2026-09-17T09:00:00.123+08:00\",\"s\":\"a\\\"b\\\\\\u0001\",\"i\":-9223372036854775808,"
             "\"d\":0.1,\"m\":\"-0.000000000000000001\",\"b\":false,\"t\":\"0001-01-01T00:00:00Z\",\"on\":\"2026-02-28\",\"l\":[1,\"2.50\",-3e0],\"ts\":[0,-1,1789606800000]}");
  round_trip("{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1789606800000,\"d\":1e22,\"t\":\"9999-12-31T23:59:59.999Z\",\"l\":[],\"s\":\"\"}");
  round_trip("{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1789606800000,\"d\":5e-324,\"i\":9223372036854775807,\"m\":\"9.223372036854775807\"}");
  round_trip("{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1789606800000,\"d\":-0.0}");
}

static void changes_of_profile(void **state)
{
  (void)state;
  round_trip("{\"id\":\"p\",\"type\":\"customer\",\"customer\":\"C\",\"time\":1789606800000,\"name\":null,\"aum\":186500,\"tags\":[\"vip\"]}");
  round_trip("{\"id\":\"p\",\"type\":\"customer\",\"customer\":\"C\",\"time\":1789606800000,\"forget\":true}");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_of_value), cmocka_unit_test(changes_of_profile)};
  gh_faults_init(&faults);
  zones = gh_zones_new();
  schema = gh_schema_parse(&arena, GH_STR("schema.yaml"), GH_STR(schema_text), &faults);
  if (!schema) return 1;
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  gh_zones_free(zones);
  gh_faults_free(&faults);
  gh_arena_free(&arena);
  return failed;
}
