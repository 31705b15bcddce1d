/* Canonical events and profiles: what is accepted, what is refused and why. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "goldhour/base/time.h"
#include "goldhour/decode/decode.h"

static struct gh_type string_type = {.kind = GH_STRING}, int_type = {.kind = GH_INT};

static struct gh_field everything[] = {
  {{"s", 1}, {.kind = GH_STRING}, false},      {{"i", 1}, {.kind = GH_INT}, false},
  {{"d", 1}, {.kind = GH_DOUBLE}, false},      {{"m", 1}, {.kind = GH_DECIMAL, .scale = 2}, false},
  {{"b", 1}, {.kind = GH_BOOL}, false},        {{"t", 1}, {.kind = GH_TIMESTAMP}, false},
  {{"on", 2}, {.kind = GH_DATE}, false},       {{"tags", 4}, {.kind = GH_LIST, .elem = &string_type}, false},
  {{"ints", 4}, {.kind = GH_LIST, .elem = &int_type}, false},
};
enum { S, I, D, M, B, T, ON, TAGS, INTS };

static struct gh_field payroll[] = {{{"amount", 6}, {.kind = GH_DECIMAL, .scale = 2}, true}, {{"employer", 8}, {.kind = GH_STRING}, false}};
static struct gh_field profile[] = {{{"name", 4}, {.kind = GH_STRING}, false}, {{"age", 3}, {.kind = GH_INT}, false}};
static struct gh_event_type types[] = {{{"any", 3}, 0, 9, everything}, {{"payroll_credit", 14}, 1, 2, payroll}};
static struct gh_schema schema = {.customer = {{"customer", 8}, GH_CUSTOMER_TYPE, 2, profile}, .types = types, .ntypes = 2};

static struct gh_conf conf = {.record_bytes = 1 << 20, .record_depth = 64};
static struct gh_decoder *decoder;
static struct gh_record record;

static int setup(void **state)
{
  (void)state;
  decoder = gh_decoder_new(&conf, &schema, NULL, NULL);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gh_decoder_free(decoder);
  return 0;
}

static enum gh_decoded decode(const char *text) { return gh_decode(decoder, gh_str(text), &record); }

/* Decodes an `any` event of one member and returns its slot. */
static struct gh_value one(const char *name, const char *value, unsigned slot)
{
  char text[512];
  snprintf(text, sizeof text, "{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000,\"%s\":%s}", name, value);
  if (decode(text) != GH_DECODED) fail_msg("%s: %s, %.*s", text, record.reason, (int)record.detail.len, record.detail.ptr);
  return record.event.slots[slot];
}

static void refused_one(const char *name, const char *value, const char *reason)
{
  char text[512];
  snprintf(text, sizeof text, "{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000,\"%s\":%s}", name, value);
  if (decode(text) != GH_DECODED_BAD) fail_msg("accepted: %s", text);
  assert_string_equal(record.reason, reason);
  assert_true(record.detail.len > 0);
}

static void refused(const char *text, const char *reason)
{
  if (decode(text) != GH_DECODED_BAD) fail_msg("accepted: %s", text);
  assert_string_equal(record.reason, reason);
}

static void test_an_event_fills_the_slots_of_its_type(void **state)
{
  (void)state;
  assert_int_equal(decode("{\"id\": \"e002\", \"type\": \"payroll_credit\", \"customer\": \"C1002\", \"time\": \"2026-09-17T09:00:00+08:00\", "
                          "\"amount\": 8000, \"employer\": \"华东电子\", \"unknown\": [1, {\"x\": 2}]}"), GH_DECODED);
  const struct gh_event *e = &record.event;
  assert_ptr_equal(e->type, &types[1]);
  assert_true(gh_str_eq(e->id, GH_STR("e002")));
  assert_true(gh_str_eq(e->customer, GH_STR("C1002")));
  assert_int_equal(e->time_ms, INT64_C(1789606800000));
  assert_true(gh_value_same(e->slots[0], gh_decimal(800000, 2)));
  assert_true(gh_str_eq(gh_text(e->slots[1]), GH_STR("华东电子")));
}

static void test_the_keys_may_come_in_any_order(void **state)
{
  static const char *const orders[] = {
    "{\"amount\":\"1.5\",\"time\":1700000000000,\"customer\":\"C\",\"id\":\"e\",\"type\":\"payroll_credit\"}",
    "{\"type\":\"payroll_credit\",\"id\":\"e\",\"amount\":\"1.5\",\"customer\":\"C\",\"x\":0,\"time\":1700000000000}",
    "{\"x\":{\"type\":\"any\"},\"customer\":\"C\",\"employer\":null,\"type\":\"payroll_credit\",\"amount\":1.50,\"time\":17e11,\"id\":\"e\"}",
  };
  (void)state;
  for (unsigned round = 0; round < 2; round++)
    for (unsigned i = 0; i < 3; i++) {
      assert_int_equal(decode(orders[i]), GH_DECODED);
      assert_int_equal(record.event.time_ms, INT64_C(1700000000000));
      assert_true(gh_value_same(record.event.slots[0], gh_decimal(150, 2)));
      assert_int_equal(record.event.slots[1].kind, GH_ABSENT);
    }
}

static void test_decimals_are_exact_by_value(void **state)
{
  static const char *const same[] = {"8000", "8000.00", "\"8000.00\"", "8e3", "8000.000", "\"8E3\"", "80000.0e-1"};
  (void)state;
  for (unsigned i = 0; i < sizeof same / sizeof *same; i++) assert_true(gh_value_same(one("m", same[i], M), gh_decimal(800000, 2)));
  refused_one("m", "8000.005", "not_exact");
  refused_one("m", "1e30", "not_exact");
  refused_one("m", "\"\"", "wrong_type");
  refused_one("m", "\"8,000\"", "wrong_type");
  refused_one("m", "\" 8000\"", "wrong_type");
  refused_one("m", "\"08\"", "wrong_type");
  refused_one("m", "true", "wrong_type");
  refused_one("m", "{}", "wrong_type");
}

static void test_ints_are_exact_to_the_last_digit(void **state)
{
  (void)state;
  assert_int_equal(one("i", "9223372036854775807", I).i, INT64_MAX);
  assert_int_equal(one("i", "-9223372036854775808", I).i, INT64_MIN);
  assert_int_equal(one("i", "9007199254740993", I).i, INT64_C(9007199254740993));
  assert_int_equal(one("i", "8e3", I).i, 8000);
  assert_int_equal(one("i", "1.0", I).i, 1);
  refused_one("i", "1.5", "not_exact");
  refused_one("i", "9223372036854775808", "not_exact");
  refused_one("i", "\"1\"", "wrong_type");
}

static void test_doubles_are_the_nearest(void **state)
{
  (void)state;
  assert_true(one("d", "0.1", D).d == 0.1);
  assert_true(one("d", "17976931348623157e292", D).d == 1.7976931348623157e308);
  assert_true(one("d", "5e-324", D).d == 5e-324);
  assert_true(signbit(one("d", "-0.0", D).d));
  assert_true(one("d", "12345678901234567890", D).d == 12345678901234567890.0);
  refused_one("d", "1e400", "not_exact");
  refused_one("d", "\"0.1\"", "wrong_type");
}

static void test_other_kinds(void **state)
{
  (void)state;
  assert_true(one("b", "true", B).b);
  assert_false(one("b", "false", B).b);
  refused_one("b", "\"true\"", "wrong_type");
  refused_one("b", "1", "wrong_type");
  refused_one("s", "12", "wrong_type");
  struct gh_value s = one("s", "\"a\\u0000\\u91d1\\ud83d\\ude00\\n\"", S);
  assert_int_equal(s.len, 10);
  assert_memory_equal(s.text, "a\0\xE9\x87\x91\xF0\x9F\x98\x80\n", 10);
  assert_int_equal(one("on", "\"2026-02-28\"", ON).i, 20512);
  refused_one("on", "\"2026-02-30\"", "bad_time");
  refused_one("on", "\"2026-2-3\"", "bad_time");
  refused_one("on", "20260228", "wrong_type");
}

static void test_timestamps_cut_what_is_finer_than_a_millisecond(void **state)
{
  (void)state;
  assert_int_equal(gh_value_ms(one("t", "\"2026-01-01T00:00:00.123999Z\"", T)), INT64_C(1767225600123));
  assert_int_equal(one("t", "\"2026-01-01T00:00:00.123999Z\"", T).len, 123000000);
  assert_int_equal(gh_value_ms(one("t", "1767225600123", T)), INT64_C(1767225600123));
  assert_int_equal(gh_value_ms(one("t", "\"1960-01-01T00:00:00Z\"", T)), INT64_C(-315619200000));
  refused_one("t", "\"2026-01-01T00:00:00\"", "bad_time");
  refused_one("t", "1.5", "not_exact");
  refused_one("t", "true", "wrong_type");
}

static void test_lists(void **state)
{
  (void)state;
  struct gh_value tags = one("tags", "[\"vip\", \"财富\"]", TAGS);
  assert_int_equal(tags.len, 2);
  assert_true(gh_str_eq(gh_text(tags.items[1]), GH_STR("财富")));
  assert_int_equal(one("tags", "[]", TAGS).kind, GH_LIST);
  assert_int_equal(one("ints", "[1,2e1,3]", INTS).items[1].i, 20);
  refused_one("tags", "[\"a\",1]", "wrong_type");
  refused_one("tags", "[\"a\",null]", "wrong_type");
  refused_one("tags", "\"a\"", "wrong_type");
  refused_one("ints", "[[1]]", "wrong_type");
}

static void test_null_is_absent(void **state)
{
  (void)state;
  assert_int_equal(one("s", "null", S).kind, GH_ABSENT);
  refused("{\"id\":\"e\",\"type\":\"payroll_credit\",\"customer\":\"C\",\"time\":1700000000000,\"amount\":null}", "missing_field");
  refused("{\"id\":null,\"type\":\"payroll_credit\",\"customer\":\"C\",\"time\":1700000000000,\"amount\":1}", "missing_field");
}

static void test_what_every_event_needs(void **state)
{
  (void)state;
  refused("{\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000}", "missing_field");
  refused("{\"id\":\"e\",\"type\":\"any\",\"time\":1700000000000}", "missing_field");
  refused("{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\"}", "missing_field");
  refused("{\"id\":\"e\",\"customer\":\"C\",\"time\":1700000000000}", "missing_field");
  refused("{\"id\":\"\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000}", "missing_field");
  refused("{\"id\":\"e\",\"type\":\"any\",\"customer\":[],\"time\":1700000000000}", "wrong_type");
  refused("{\"id\":\"e\",\"type\":\"\",\"customer\":\"C\",\"time\":1700000000000}", "missing_field");
  refused("{\"id\":\"e\",\"type\":7,\"customer\":\"C\",\"time\":1700000000000}", "wrong_type");
  refused("{\"id\":1.5,\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000}", "not_exact");
  assert_int_equal(decode("{\"id\":12345678901234567890123,\"type\":\"any\",\"customer\":42,\"time\":1700000000000}"), GH_DECODED);
  assert_true(gh_str_eq(record.event.id, GH_STR("12345678901234567890123")));
  assert_true(gh_str_eq(record.event.customer, GH_STR("42")));
}

static void time_of(const char *time, const char *reason)
{
  char text[256];
  snprintf(text, sizeof text, "{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":%s}", time);
  if (reason) refused(text, reason);
  else if (decode(text) != GH_DECODED) fail_msg("refused: %s", text);
}

static void test_a_time_outside_1990_to_2100_is_refused(void **state)
{
  (void)state;
  time_of("1789606800", "bad_time");           /* seconds */
  time_of("1789606800000000", "bad_time");     /* microseconds */
  time_of("99999999999999999999", "bad_time");
  time_of("\"1989-12-31T23:59:59.999Z\"", "bad_time");
  time_of("\"1990-01-01T00:00:00Z\"", NULL);
  time_of("\"2100-12-31T23:59:59.999Z\"", NULL);
  time_of("\"2101-01-01T00:00:00Z\"", "bad_time");
  time_of("\"2026-09-17T09:00:00\"", "bad_time");
  time_of("\"2026-09-17\"", "bad_time");
  time_of("\"1789606800000\"", "bad_time");
  time_of("1789606800000.5", "not_exact");
  time_of("true", "wrong_type");
}

static void test_a_key_that_is_used_may_stand_once(void **state)
{
  (void)state;
  refused("{\"id\":\"e\",\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000}", "duplicate_key");
  refused("{\"id\":\"e\",\"type\":\"any\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000}", "duplicate_key");
  refused("{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000,\"i\":null,\"i\":1}", "duplicate_key");
  refused("{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000,\"i\":1,\"\\u0069\":1}", "duplicate_key");
  assert_int_equal(decode("{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000,\"z\":1,\"z\":2}"), GH_DECODED);
}

static void test_a_type_that_nobody_named_moves_nothing(void **state)
{
  (void)state;
  assert_int_equal(decode("{\"type\":\"login\"}"), GH_DECODED_OTHER);
  assert_int_equal(decode("{\"type\":\"login\",\"id\":[],\"time\":\"soon\",\"id\":1}"), GH_DECODED_OTHER);
  refused("{\"type\":\"login\",\"x\":tru}", "bad_json");
  refused("{\"type\":\"login\",\"x\":\"\xFF\"}", "bad_utf8");
}

static void test_blank_lines_marks_and_line_ends_are_harmless(void **state)
{
  (void)state;
  assert_int_equal(decode(""), GH_DECODED_BLANK);
  assert_int_equal(decode(" \t\r"), GH_DECODED_BLANK);
  assert_int_equal(decode("\xEF\xBB\xBF\r"), GH_DECODED_BLANK);
  assert_int_equal(decode("\xEF\xBB\xBF{\"type\":\"login\"}\r"), GH_DECODED_OTHER);
  refused("[]", "wrong_type");
  refused("7", "wrong_type");
}

static void test_records_are_bounded(void **state)
{
  (void)state;
  conf.record_bytes = 20;
  refused("{\"type\":\"login\",\"x\":1}", "too_long");
  conf.record_bytes = 1 << 20;
  conf.record_depth = 3;
  refused("{\"type\":\"login\",\"x\":[[[]]]}", "too_deep");
  assert_int_equal(decode("{\"type\":\"login\",\"x\":[[]]}"), GH_DECODED_OTHER);
  conf.record_depth = 64;
}

static void test_a_change_of_profile_replaces_and_removes(void **state)
{
  (void)state;
  assert_int_equal(decode("{\"id\":\"p1\",\"type\":\"customer\",\"customer\":\"C\",\"time\":1700000000000,\"age\":36,\"name\":null,\"x\":1}"), GH_DECODED);
  assert_ptr_equal(record.event.type, &schema.customer);
  assert_int_equal(record.event.slots[0].kind, GH_NULL);
  assert_int_equal(record.event.slots[1].i, 36);
  assert_false(record.event.forget);
  assert_int_equal(decode("{\"id\":\"p2\",\"type\":\"customer\",\"customer\":\"C\",\"time\":1700000000000,\"forget\":true}"), GH_DECODED);
  assert_true(record.event.forget);
  assert_int_equal(record.event.slots[0].kind, GH_ABSENT);
  assert_int_equal(decode("{\"id\":\"p3\",\"type\":\"customer\",\"customer\":\"C\",\"time\":1700000000000,\"age\":\"old\",\"forget\":true,\"name\":7}"), GH_DECODED);
  assert_int_equal(record.event.slots[0].kind, GH_ABSENT);
  refused("{\"id\":\"p2\",\"type\":\"customer\",\"customer\":\"C\",\"time\":1700000000000,\"forget\":1}", "wrong_type");
}

static void test_a_bulk_profile_has_no_id_type_or_time(void **state)
{
  (void)state;
  assert_int_equal(gh_decode_profile(decoder, GH_STR("{\"customer\":\"C1\",\"name\":\"王芳\",\"age\":36,\"tags\":[]}"), &record), GH_DECODED);
  assert_ptr_equal(record.event.type, &schema.customer);
  assert_int_equal(record.event.time_ms, GH_ALWAYS);
  assert_int_equal(record.event.id.len, 0);
  assert_int_equal(record.event.slots[1].i, 36);
  assert_int_equal(gh_decode_profile(decoder, GH_STR("{\"name\":\"王芳\"}"), &record), GH_DECODED_BAD);
  assert_string_equal(record.reason, "missing_field");
  assert_int_equal(gh_decode_profile(decoder, GH_STR("\r"), &record), GH_DECODED_BLANK);
}

static void test_reasons_never_show_what_the_customer_has(void **state)
{
  (void)state;
  refused_one("i", "\"6222020200112233\"", "wrong_type");
  assert_true(gh_str_eq(record.detail, GH_STR("field 'i': int was expected, found a text")));
}

/* The decoder expects the keys, the day and the offset of the record before; it must not believe in them. */
static void test_what_the_last_record_was_like_does_not_matter(void **state)
{
  static const struct { const char *time; int64_t ms; } times[] = {
    {"2026-03-02T09:15:00.250+08:00", 1772414100250}, {"2026-03-02T23:59:59.999+08:00", 1772467199999},
    {"2026-03-02T09:15:00.250-08:00", 1772471700250}, {"2026-03-03T09:15:00.250-08:00", 1772558100250},
    {"2026-03-03t09:15:00.250-08:00", 1772558100250}, {"2026-03-03T17:15:00.250Z", 1772558100250},
    {"2026-03-03T09:15:00.2509-08:00", 1772558100250}, {"2026-03-03T09:15:00-08:00", 1772558100000},
  };
  static const char *const wrong[] = {
    "2026-03-03T24:00:00.250-08:00", "2026-03-03T09:60:00.250-08:00", "2026-03-03T09:15:60.250-08:00", "2026-03-03T09:15:00.25x-08:00",
    "2026-03-03T09-15-00.250-08:00", "2026-03-03T09:15:00,250-08:00", "2026-02-30T09:15:00.250-08:00", "2026-03-03T09:15:00.250-08:60",
    "2026-03-03T0/:15:00.250-08:00", "2026-03-03T09:1::00.250-08:00", "2026-03-03 09:15:00.250-08:00",
  };
  static const char form[] = "{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":\"%s\",\"elsewhere\":%u,\"s%s\":\"x\"}";
  char text[256];
  (void)state;
  for (unsigned i = 0; i < sizeof times / sizeof times[0]; i++) {
    snprintf(text, sizeof text, form, times[i].time, i, i % 2 ? "" : "s");
    assert_int_equal(decode(text), GH_DECODED);
    assert_int_equal(record.event.time_ms, times[i].ms);
    assert_int_equal(record.event.slots[S].kind, i % 2 ? GH_STRING : GH_ABSENT);
  }
  for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    snprintf(text, sizeof text, form, wrong[i], i, "");
    refused(text, "bad_time");
  }
}

/* Members of every kind side by side, with and without space between: the quick reading and the thorough one take turns. */
static void test_plain_members_beside_others(void **state)
{
  static const char head[] = "{\"id\":\"e\",\"type\":\"any\",\"customer\":\"C\",\"time\":1700000000000,";
  static const char *const wrong[] = {
    "\"x\":01,\"i\":1}", "\"x\":1.,\"i\":1}", "\"x\":-,\"i\":1}", "\"x\":.5,\"i\":1}", "\"x\":1e,\"i\":1}", "\"x\":truE,\"i\":1}", "\"x\":\"a\"b,\"i\":1}",
    "\"x\":\"a\" \"b\",\"i\":1}", "\"x\" \"y\":1,\"i\":1}", "\"x\"y:1,\"i\":1}", "x:1,\"i\":1}", "\"x\":1 2,\"i\":1}", "\"x\":,\"i\":1}", "\"x\":1,,\"i\":1}",
    "\"x\":1;\"i\":1}", "\"x\":1,\"i\":1,}", "\"x\":1,\"i\":1", "\"x\":1,\"i\":1]", "\"x\"::1,\"i\":1}", "\"x\":\"\\q\",\"i\":1}", "\"x\":1,\"i\":1}}",
  };
  char text[256];
  (void)state;
  for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    snprintf(text, sizeof text, "%s%s", head, wrong[i]);
    refused(text, "bad_json");
  }
  snprintf(text, sizeof text, "%s%s", head, "\"x\":{\"y\":-0.50,\"z\":[1,{}]},\"b\" : true ,\"q\":\"\",\"m\":1.5,\"n\":null,\"i\":-7,\"s\":\"\\u738b\",\"d\":0.5}");
  assert_int_equal(decode(text), GH_DECODED);
  assert_true(record.event.slots[B].b);
  assert_int_equal(record.event.slots[M].i, 150);
  assert_int_equal(record.event.slots[I].i, -7);
  assert_true(gh_str_eq(gh_text(record.event.slots[S]), GH_STR("王")));
  assert_true(record.event.slots[D].d == 0.5);
  refused("{\"id\":\"e\",\"type\":\"payroll_credit\",\"amount\":\"x\",\"customer\":\"C\",\"time\":1,\"type\":\"any\"}", "duplicate_key");
  refused("{\"id\":\"e\",\"type\":\"nobody\",\"type\":\"any\"}", "duplicate_key");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_an_event_fills_the_slots_of_its_type),
    cmocka_unit_test(test_the_keys_may_come_in_any_order),
    cmocka_unit_test(test_decimals_are_exact_by_value),
    cmocka_unit_test(test_ints_are_exact_to_the_last_digit),
    cmocka_unit_test(test_doubles_are_the_nearest),
    cmocka_unit_test(test_other_kinds),
    cmocka_unit_test(test_timestamps_cut_what_is_finer_than_a_millisecond),
    cmocka_unit_test(test_lists),
    cmocka_unit_test(test_null_is_absent),
    cmocka_unit_test(test_what_every_event_needs),
    cmocka_unit_test(test_a_time_outside_1990_to_2100_is_refused),
    cmocka_unit_test(test_a_key_that_is_used_may_stand_once),
    cmocka_unit_test(test_a_type_that_nobody_named_moves_nothing),
    cmocka_unit_test(test_blank_lines_marks_and_line_ends_are_harmless),
    cmocka_unit_test(test_records_are_bounded),
    cmocka_unit_test(test_a_change_of_profile_replaces_and_removes),
    cmocka_unit_test(test_a_bulk_profile_has_no_id_type_or_time),
    cmocka_unit_test(test_reasons_never_show_what_the_customer_has),
    cmocka_unit_test(test_what_the_last_record_was_like_does_not_matter),
    cmocka_unit_test(test_plain_members_beside_others),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
