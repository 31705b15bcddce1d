/* Bulk profiles in CSV by the schema's own names; and what people see of a refused record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "goldhour/base/utf8.h"
#include "goldhour/decode/decode.h"
#include "goldhour/sys/sys.h"

static struct gh_type string_type = {.kind = GH_STRING};
static struct gh_field profile[] = {
  {{"name", 4}, {.kind = GH_STRING}, false}, {{"age", 3}, {.kind = GH_INT}, false},    {{"aum", 3}, {.kind = GH_DECIMAL, .scale = 2}, false},
  {{"staff", 5}, {.kind = GH_BOOL}, false},  {{"born", 4}, {.kind = GH_DATE}, false},  {{"tags", 4}, {.kind = GH_LIST, .elem = &string_type}, false},
};
static struct gh_schema schema = {.customer = {{"customer", 8}, GH_CUSTOMER_TYPE, 6, profile}};
static struct gh_conf conf = {.record_bytes = 1 << 20, .record_depth = 64};
static struct gh_decoder *decoder;
static struct gh_record record;
static struct gh_faults faults;

static int setup(void **state)
{
  (void)state;
  gh_faults_init(&faults);
  decoder = gh_decoder_new(&conf, &schema, NULL, NULL);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gh_decoder_free(decoder);
  gh_faults_free(&faults);
  return 0;
}

static void refused(const char *line, const char *reason)
{
  assert_int_equal(gh_decode_csv(decoder, gh_str(line), &record), GH_DECODED_BAD);
  assert_string_equal(record.reason, reason);
}

static void test_a_line_is_a_profile(void **state)
{
  (void)state;
  assert_true(gh_decoder_csv_header(decoder, GH_STR("age,customer,name,aum,staff,born,tags,branch"), &faults));
  assert_int_equal(gh_decode_csv(decoder, GH_STR("36,C1001,\"王, \"\"芳\"\"\n二\",186500.00,false,1990-01-02,wealth|vip,x\r"), &record), GH_DECODED);
  const struct gh_value *s = record.event.slots;
  assert_true(gh_str_eq(record.event.customer, GH_STR("C1001")));
  assert_true(gh_str_eq(gh_text(s[0]), GH_STR("王, \"芳\"\n二")));
  assert_int_equal(s[1].i, 36);
  assert_true(gh_value_same(s[2], gh_decimal(18650000, 2)));
  assert_true(s[3].kind == GH_BOOL && !s[3].b);
  assert_int_equal(s[4].i, 7306);
  assert_int_equal(s[5].len, 2);
  assert_true(gh_str_eq(gh_text(s[5].items[1]), GH_STR("vip")));
}

static void test_an_empty_field_is_absent(void **state)
{
  (void)state;
  assert_int_equal(gh_decode_csv(decoder, GH_STR(",C1,,,,,\"\","), &record), GH_DECODED);
  for (unsigned i = 0; i < 6; i++) assert_int_equal(record.event.slots[i].kind, GH_ABSENT);
  assert_int_equal(gh_decode_csv(decoder, GH_STR("\r\n"), &record), GH_DECODED_BLANK);
  refused("36,,,,,,,", "missing_field");
}

static void test_malformed_lines_are_refused(void **state)
{
  (void)state;
  refused("36,C1,a\"b,,,,,", "bad_csv");
  refused("36,C1,\"ab\"c,,,,,", "bad_csv");
  refused("36,C1,\"ab,,,,,", "bad_csv");
  refused("36,C1", "bad_csv");
  refused("36,C1,,,,,,,", "bad_csv");
  refused("36,C1,\xFF,,,,,", "bad_utf8");
  refused("x,C1,,,,,,", "wrong_type");
  refused("1.5,C1,,,,,,", "not_exact");
  refused(",C1,,,yes,,,", "wrong_type");
}

static void test_the_header_must_name_the_customer(void **state)
{
  (void)state;
  assert_false(gh_decoder_csv_header(decoder, GH_STR("age,custumer"), &faults));
  assert_true(faults.errors > 0);
  const struct gh_fault *f = faults.first;
  while (f->warning) f = f->next; /* columns of no field */
  assert_true(gh_str_eq(f->hint, GH_STR("did you mean 'custumer'?")));
}

static void test_a_quoted_field_joins_lines(void **state)
{
  (void)state;
  assert_true(gh_csv_complete(GH_STR("a,b")));
  assert_false(gh_csv_complete(GH_STR("a,\"b")));
  assert_true(gh_csv_complete(GH_STR("a,\"b\nc\"")));
  assert_false(gh_csv_complete(GH_STR("a,\"b\"\"")));
}

static void masked(struct gh_str raw, const char *expected)
{
  struct gh_buf out = {0};
  gh_decode_mask(&out, raw);
  assert_true(gh_utf8_valid(gh_buf_str(&out)));
  if (!gh_str_eq(gh_buf_str(&out), gh_str(expected))) fail_msg("%.*s\nnot\n%s", (int)out.len, out.data, expected);
  gh_buf_free(&out);
}

static void test_a_refused_record_shows_its_shape_alone(void **state)
{
  (void)state;
  masked(GH_STR("{\"customer\": \"C1002\", \"name\":\"王芳\",\"ok\":true,\"n\":-12.5e3, \"l\":[null,\"x\"]}"),
         "{\"customer\": \"x9999\", \"name\":\"**\",\"ok\":true,\"n\":-99.9x9, \"l\":[null,\"x\"]}");
  masked(GH_STR("{\"6222020200112233\":1,\"王芳\":2,\"a\" \"Bob\":3}"), "{\"9999999999999999\":9,\"**\":9,\"x\" \"xxx\":9}");
  masked(GH_STR("C1,Bob\t\xFF\xD6\xD0\x01"), "x9,xxx *** ");
  masked(GH_STR("{\"a\":\"it \\\"is\\\" Bob"), "{\"a\":\"xx \\\"xx\\\" xxx");
  masked(GH_STR(""), "");
}

static void test_a_long_record_is_cut(void **state)
{
  char text[5000];
  struct gh_buf out = {0};
  (void)state;
  memset(text, '7', sizeof text);
  gh_decode_mask(&out, (struct gh_str){text, sizeof text});
  assert_true(out.len < 600);
  gh_buf_free(&out);
}

/* The manual's table is the list of the program. */
static void test_every_reason_is_explained(void **state)
{
  size_t n;
  char row[512];
  struct gh_arena arena;
  struct gh_str manual;
  gh_arena_init(&arena, 0);
  assert_true(gh_file_read(&arena, "docs/events.md", &manual));
  const struct gh_decode_reason *reasons = gh_decode_reasons(&n);
  (void)state;
  for (size_t i = 0; i < n; i++) {
    assert_true(strlen(reasons[i].meaning) > 0 && strlen(reasons[i].hint) > 0);
    assert_ptr_equal(gh_decode_reason_find(gh_str(reasons[i].word)), &reasons[i]);
    snprintf(row, sizeof row, "| `%s` | %s | %s |\n", reasons[i].word, reasons[i].meaning, reasons[i].hint);
    if (!strstr(manual.ptr, row)) fail_msg("docs/events.md lacks %s", row);
  }
  assert_null(gh_decode_reason_find(GH_STR("no_such")));
  gh_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_line_is_a_profile),
    cmocka_unit_test(test_an_empty_field_is_absent),
    cmocka_unit_test(test_malformed_lines_are_refused),
    cmocka_unit_test(test_the_header_must_name_the_customer),
    cmocka_unit_test(test_a_quoted_field_joins_lines),
    cmocka_unit_test(test_a_refused_record_shows_its_shape_alone),
    cmocka_unit_test(test_a_long_record_is_cut),
    cmocka_unit_test(test_every_reason_is_explained),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
