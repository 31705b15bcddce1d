/* A lead as its readers get it, and values as JSON and as text. */
#include "base/unit.h"
#include "goldhour/base/time.h"
#include "goldhour/model/lead.h"

static struct gh_zones *zones;
static const struct gh_zone *zone;
static struct gh_buf out;

static int setup(void **state)
{
  (void)state;
  zones = gh_zones_new();
  zone = gh_zones_find(zones, GH_STR("UTC"));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gh_zones_free(zones);
  gh_buf_free(&out);
  return 0;
}

static void test_a_lead_with_everything(void **state)
{
  (void)state;
  static const struct gh_str channels[] = {{"rm_call", 7}, {"app_push", 8}};
  struct gh_lead lead = {
    .id = "00112233445566778899aabbccddeeff", .rule = GH_STR("payroll"), .rule_name = GH_STR("代发工资"), .rule_version = GH_STR("0123456789abcdef"),
    .customer = GH_STR("C1001"), .event = GH_STR("e\"1"), .triggered_ms = 0, .golden_ms = GH_HOUR_MS, .due_ms = GH_DAY_MS, .late = true,
    .stage = GH_COMPARING, .priority = 70, .product = GH_STR("fund"), .script = GH_STR("您好\n"), .channels = channels, .nchannels = 2,
    .evidence = GH_STR("{\"amount\":\"8000.00\"}"),
  };
  gh_lead_json(&out, &lead, zone);
  expect_text(gh_buf_str(&out),
              "{\"id\":\"00112233445566778899aabbccddeeff\",\"rule\":\"payroll\",\"rule_name\":\"代发工资\",\"rule_version\":\"0123456789abcdef\","
              "\"customer\":\"C1001\",\"event\":\"e\\\"1\",\"triggered_at\":\"1970-01-01T00:00:00.000+00:00\",\"golden_deadline\":\"1970-01-01T01:00:00.000+00:00\","
              "\"due\":\"1970-01-02T00:00:00.000+00:00\",\"stage\":\"comparing\",\"status\":\"offered\",\"late\":true,\"priority\":70,\"product\":\"fund\","
              "\"channels\":[\"rm_call\",\"app_push\"],\"script\":\"您好\\n\",\"evidence\":{\"amount\":\"8000.00\"}}");
}

static void test_a_lead_leaves_out_what_it_has_not(void **state)
{
  (void)state;
  struct gh_lead lead = {.id = "x", .rule = GH_STR("r"), .customer = GH_STR("c"), .event = GH_STR("e"), .due_ms = GH_NEVER, .due_outside = true, .priority = 50};
  gh_lead_json(&out, &lead, zone);
  expect_text(gh_buf_str(&out), "{\"id\":\"x\",\"rule\":\"r\",\"customer\":\"c\",\"event\":\"e\",\"triggered_at\":\"1970-01-01T00:00:00.000+00:00\","
                                "\"golden_deadline\":\"1970-01-01T00:00:00.000+00:00\",\"due_outside_calendar\":true,\"stage\":\"golden\",\"status\":\"offered\",\"priority\":50}");
}

static void expect_json(struct gh_value v, const char *want)
{
  gh_buf_clear(&out);
  gh_json_value(&out, v, zone);
  expect_text(gh_buf_str(&out), want);
}

static void expect_plain(struct gh_value v, const char *want)
{
  gh_buf_clear(&out);
  gh_plain_value(&out, v, zone);
  expect_text(gh_buf_str(&out), want);
}

static void test_strings_are_escaped(void **state)
{
  (void)state;
  expect_json(gh_string(GH_STR("")), "\"\"");
  expect_json(gh_string(GH_STR("\"\\/\b\f\n\r\t\x01\x1f\x7f客")), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f客\"");
  expect_json(gh_string(GH_STR("a\0b")), "\"a\\u0000b\"");
}

static void test_values_as_json(void **state)
{
  (void)state;
  expect_json(gh_absent(), "null");
  expect_json(gh_bool(true), "true");
  expect_json(gh_int(INT64_MIN), "-9223372036854775808");
  expect_json(gh_uint(UINT64_MAX), "18446744073709551615");
  expect_json(gh_double(0.1), "0.1");
  expect_json(gh_double(1e300), "1e+300");
  expect_json(gh_double(1.0 / 3), "0.3333333333333333");
  expect_json(gh_double(1.0 / 0.0), "\"Infinity\"");
  expect_json(gh_decimal(-5, 2), "\"-0.05\"");
  expect_json(gh_date_value(20815), "\"2026-12-28\"");
  expect_json(gh_timestamp(0, 5000000), "\"1970-01-01T00:00:00.005+00:00\"");
  expect_json(gh_duration(90, 0), "\"90s\"");
  expect_json(gh_duration(-1, 500000000), "\"-0.5s\"");
  expect_json(gh_bytes(GH_STR("\x01\xff")), "\"01ff\"");
  const struct gh_value items[] = {gh_int(1), gh_string(GH_STR("a"))};
  expect_json((struct gh_value){.kind = GH_LIST, .len = 2, .items = items}, "[1,\"a\"]");
  expect_json((struct gh_value){.kind = GH_MAP, .len = 1, .items = items}, "{\"1\":\"a\"}");
}

static void test_values_in_a_script(void **state)
{
  (void)state;
  expect_plain(gh_absent(), "");
  expect_plain(gh_null(), "");
  expect_plain(gh_string(GH_STR("王\"芳")), "王\"芳");
  expect_plain(gh_decimal(800000, 2), "8000.00");
  expect_plain(gh_date_value(20815), "2026-12-28");
  const struct gh_value items[] = {gh_string(GH_STR("理财")), gh_string(GH_STR("基金"))};
  expect_plain((struct gh_value){.kind = GH_LIST, .len = 2, .items = items}, "理财, 基金");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_a_lead_with_everything, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_lead_leaves_out_what_it_has_not, setup, teardown),
    cmocka_unit_test_setup_teardown(test_strings_are_escaped, setup, teardown),
    cmocka_unit_test_setup_teardown(test_values_as_json, setup, teardown),
    cmocka_unit_test_setup_teardown(test_values_in_a_script, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
