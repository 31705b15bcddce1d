/* From a bank's own records to our events: stories of one core-banking stream, then every fault a mapping can have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "goldhour/base/time.h"
#include "goldhour/decode/decode.h"
#include "goldhour/sys/sys.h"

static const char schema_text[] =
    "customer: {name: string, born: date, tags: list(string), staff: bool, aum: decimal(2)}\n"
    "events:\n"
    "  payroll_credit: {amount: decimal(2), employer: string?, channel: string?}\n"
    "  transfer_in: {amount: decimal(2), booked_on: date?}\n"
    "  login: {channel: string}\n";

static const char core_text[] =
    "zone: Asia/Shanghai\n"
    "trim: true\n"
    "tables:\n"
    "  channel: {codes: {'01': counter, '02': app}, otherwise: {value: other}}\n"
    "events:\n"
    "  raw:\n"
    "    code: /body/txn/code\n"
    "    side: {at: /body/txn/side, table: {C: credit, D: debit}}\n"
    "    amount: {at: /body/txn/amt, type: decimal(2)}\n"
    "    memo: /body/memo\n"
    "  id: {join: [core-, /head/serial, '-', {at: /head/row, width: 3}]}\n"
    "  customer: /head/cust\n"
    "  time: {join: [/head/date, {at: /head/clock, width: 6}], as: yyyyMMddHHmmss}\n"
    "  entries:\n"
    "    - type: payroll_credit\n"
    "      when: 'raw.side == \"credit\" && (raw.code == \"PAY\" || raw.memo.contains(\"代发\"))'\n"
    "      fields:\n"
    "        amount: /body/txn/amt\n"
    "        employer: {at: /body/parties/0/name, default: 未知}\n"
    "        channel: {at: /body/chan, table: channel}\n"
    "    - type: transfer_in\n"
    "      when: 'raw.side == \"credit\" && raw.amount > 0.00'\n"
    "      fields:\n"
    "        amount: {cel: 'raw.amount'}\n"
    "        booked_on: {at: /head/date, as: yyyyMMdd}\n"
    "    - type: customer\n"
    "      when: 'raw.code == \"CLOSE\"'\n"
    "      forget: true\n"
    "profiles:\n"
    "  raw: {status: /st}\n"
    "  when: 'raw.status != \"X\"'\n"
    "  customer: /no\n"
    "  csv: {delimiter: ';', list: ','}\n"
    "  fields:\n"
    "    name: /nm\n"
    "    born: {at: /dob, as: yyyyMMdd}\n"
    "    tags: {at: /tags}\n"
    "    staff: {at: /staff, table: {Y: 'true', N: 'false'}}\n"
    "    aum: {at: /aum_fen, minor_digits: 2}\n";

static struct gh_arena arena;
static struct gh_faults faults;
static struct gh_zones *zones;
static const struct gh_schema *schema;
static struct gh_conf conf = {.record_bytes = 1 << 20, .record_depth = 64};
static struct gh_decoder *core;
static struct gh_record record;

static const struct gh_mapping *parse(const char *text)
{
  gh_faults_free(&faults);
  gh_faults_init(&faults);
  return gh_mapping_parse(&arena, schema, zones, GH_STR("mapping.yaml"), gh_str(text), &faults);
}

static void print_faults(void)
{
  struct gh_buf out = {0};
  for (const struct gh_fault *f = faults.first; f; f = f->next) gh_fault_print(f, &out);
  fprintf(stderr, "%.*s", (int)out.len, out.data ? out.data : "");
  gh_buf_free(&out);
}

static struct gh_decoder *decoder_of(const char *text)
{
  const struct gh_mapping *m = parse(text);
  if (!m) print_faults();
  assert_non_null(m);
  return gh_decoder_new(&conf, schema, m, gh_zones_find(zones, GH_STR("Asia/Shanghai")));
}

static int setup(void **state)
{
  (void)state;
  gh_arena_init(&arena, 0);
  gh_faults_init(&faults);
  zones = gh_zones_load();
  schema = gh_schema_parse(&arena, GH_STR("schema.yaml"), GH_STR(schema_text), &faults);
  if (!schema) return -1;
  core = decoder_of(core_text);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gh_decoder_free(core);
  gh_faults_free(&faults);
  gh_arena_free(&arena);
  gh_zones_free(zones);
  return 0;
}

static void decoded(struct gh_decoder *d, const char *text, enum gh_decoded expected)
{
  enum gh_decoded got = gh_decode(d, gh_str(text), &record);
  if (got == expected) return;
  fail_msg("%s: %d, %s, %.*s", text, got, record.reason ? record.reason : "", (int)record.detail.len, record.detail.ptr ? record.detail.ptr : "");
}

static void refused(struct gh_decoder *d, const char *text, const char *reason)
{
  decoded(d, text, GH_DECODED_BAD);
  assert_string_equal(record.reason, reason);
}

static struct gh_value slot(const char *field)
{
  int i = gh_field_find(record.event.type, gh_str(field));
  assert_true(i >= 0);
  return record.event.slots[i];
}

static void is_text(struct gh_str got, const char *expected)
{
  if (!gh_str_eq(got, gh_str(expected))) fail_msg("'%.*s', not '%s'", GH_FMT(got), expected);
}

#define RECORD(body) "{\"head\":{\"serial\":\"77\",\"row\":2,\"cust\":\" C1 \",\"date\":\"20260917\",\"clock\":93015},\"body\":" body "}"

static void test_a_payroll_credit_is_told_from_another_inflow(void **state)
{
  (void)state;
  decoded(core, RECORD("{\"txn\":{\"code\":\"PAY\",\"side\":\"C\",\"amt\":\"8000.00\"},\"parties\":[{\"name\":\"华东电子 \"}],\"chan\":\"02\"}"), GH_DECODED);
  is_text(record.event.type->name, "payroll_credit");
  is_text(record.event.id, "core-77-002");
  is_text(record.event.customer, "C1");
  int64_t ms;
  assert_true(gh_time_parse_ms(GH_STR("2026-09-17T09:30:15+08:00"), &ms));
  assert_int_equal(record.event.time_ms, ms);
  assert_true(gh_value_same(slot("amount"), gh_decimal(800000, 2)));
  is_text(gh_text(slot("employer")), "华东电子");
  is_text(gh_text(slot("channel")), "app");
  decoded(core, RECORD("{\"txn\":{\"code\":\"TRF\",\"side\":\"C\",\"amt\":8000.5},\"memo\":\"三月代发工资\",\"chan\":7}"), GH_DECODED);
  is_text(record.event.type->name, "payroll_credit");
  is_text(gh_text(slot("employer")), "未知");
  is_text(gh_text(slot("channel")), "other");
  decoded(core, RECORD("{\"txn\":{\"code\":\"TRF\",\"side\":\"C\",\"amt\":\"120.5\"},\"memo\":\"还款\"}"), GH_DECODED);
  is_text(record.event.type->name, "transfer_in");
  assert_true(gh_value_same(slot("amount"), gh_decimal(12050, 2)));
  assert_true(gh_value_same(slot("booked_on"), gh_date_value(20713)));
}

static void test_what_no_entry_wants_is_passed_over(void **state)
{
  (void)state;
  decoded(core, RECORD("{\"txn\":{\"code\":\"FEE\",\"side\":\"D\",\"amt\":\"5.00\"}}"), GH_DECODED_OTHER);
  decoded(core, "{}", GH_DECODED_OTHER);
  refused(core, "{\"a\":tru}", "bad_json");
}

static void test_a_record_can_erase_a_customer(void **state)
{
  (void)state;
  decoded(core, RECORD("{\"txn\":{\"code\":\"CLOSE\"}}"), GH_DECODED);
  assert_true(record.event.forget);
  assert_ptr_equal(record.event.type, &schema->customer);
}

static void test_what_cannot_be_mapped_is_refused(void **state)
{
  (void)state;
  refused(core, RECORD("{\"txn\":{\"code\":\"PAY\",\"side\":\"C\"}}"), "missing_field");
  refused(core, RECORD("{\"txn\":{\"code\":\"PAY\",\"side\":\"X\",\"amt\":1}}"), "unknown_code");
  refused(core, RECORD("{\"txn\":{\"code\":\"PAY\",\"side\":\"C\",\"amt\":\"1.005\"}}"), "not_exact");
  refused(core, RECORD("{\"txn\":{\"code\":\"PAY\",\"side\":\"C\",\"amt\":\"viel\"}}"), "wrong_type");
  refused(core, RECORD("{\"txn\":{\"code\":\"PAY\",\"code\":\"PAY\",\"side\":\"C\",\"amt\":1}}"), "duplicate_key");
  refused(core, "{\"head\":{\"serial\":\"77\",\"row\":2,\"cust\":\"C1\",\"date\":\"20260231\",\"clock\":93015},\"body\":{\"txn\":{\"code\":\"CLOSE\"}}}", "bad_time");
  refused(core, "{\"head\":{\"serial\":\"77\",\"row\":2,\"cust\":\"C1\",\"date\":\"19260217\",\"clock\":93015},\"body\":{\"txn\":{\"code\":\"CLOSE\"}}}", "bad_time");
  refused(core, "{\"head\":{\"serial\":\"\",\"row\":2,\"cust\":\"C1\",\"date\":\"20260217\",\"clock\":93015},\"body\":{\"txn\":{\"code\":\"CLOSE\"}}}", "missing_field");
  refused(core, "{\"head\":{\"serial\":\"7\",\"row\":2,\"cust\":\"  \",\"date\":\"20260217\",\"clock\":93015},\"body\":{\"txn\":{\"code\":\"CLOSE\"}}}", "missing_field");
}

static void test_others_may_be_refused(void **state)
{
  (void)state;
  struct gh_decoder *d = decoder_of("events:\n  id: /id\n  customer: /c\n  time: {at: /t, as: s}\n  otherwise: refuse\n  raw: {k: /k}\n  entries:\n"
                                    "    - {type: login, when: 'raw.k == \"L\"', fields: {channel: {const: app}}}\n");
  refused(d, "{\"k\":\"M\"}", "unmapped");
  refused(d, "{}", "unmapped");
  decoded(d, "{\"k\":\"L\",\"id\":5,\"c\":\"C\",\"t\":1789606800}", GH_DECODED);
  is_text(gh_text(slot("channel")), "app");
  is_text(record.event.id, "5");
  assert_int_equal(record.event.time_ms, INT64_C(1789606800000));
  gh_decoder_free(d);
}

static void test_a_pointer_may_hold_slashes_and_tildes(void **state)
{
  (void)state;
  struct gh_decoder *d = decoder_of("events:\n  id: /a~1b/m~0n\n  customer: /list/1/0\n  time: /t\n  entries:\n    - {type: login, fields: {channel: '/'}}\n");
  decoded(d, "{\"a/b\":{\"m~n\":\"x\"},\"list\":[0,[\"C9\"]],\"t\":\"2026-09-17T09:00:00Z\",\"\":\"web\"}", GH_DECODED);
  is_text(record.event.id, "x");
  is_text(record.event.customer, "C9");
  is_text(gh_text(slot("channel")), "web");
  gh_decoder_free(d);
}

static void test_gb18030(void **state)
{
  (void)state;
  struct gh_decoder *d = decoder_of("encoding: gb18030\n");
  decoded(d, "{\"id\":\"1\",\"type\":\"payroll_credit\",\"customer\":\"C\",\"time\":1789606800000,\"amount\":1,\"employer\":\"\xBB\xAA\xB6\xAB\"}", GH_DECODED);
  is_text(gh_text(slot("employer")), "华东");
  refused(d, "{\"id\":\"1\",\"type\":\"\xBB\"}", "bad_encoding");
  decoded(d, "\x84\x31\x95\x33{\"type\":\"none\"}\r", GH_DECODED_OTHER);
  gh_decoder_free(d);
}

static void test_profiles_by_mapping(void **state)
{
  (void)state;
  const char *text = "{\"no\":7,\"nm\":\"王芳\",\"dob\":19900102,\"tags\":[\"vip\",\"fund\"],\"staff\":\"N\",\"aum_fen\":18650001,\"x\":0}";
  assert_int_equal(gh_decode_profile(core, gh_str(text), &record), GH_DECODED_OTHER); /* raw.status is absent: the condition does not hold */
  text = "{\"st\":\"A\",\"no\":7,\"nm\":\"王芳\",\"dob\":19900102,\"tags\":[\"vip\",\"fund\"],\"staff\":\"N\",\"aum_fen\":18650001,\"x\":0}";
  assert_int_equal(gh_decode_profile(core, gh_str(text), &record), GH_DECODED);
  is_text(record.event.customer, "7");
  assert_int_equal(record.event.time_ms, GH_ALWAYS);
  assert_true(gh_value_same(slot("aum"), gh_decimal(18650001, 2)));
  assert_true(gh_value_same(slot("born"), gh_date_value(7306)));
  assert_true(gh_value_same(slot("staff"), gh_bool(false)));
  assert_int_equal(slot("tags").len, 2);
  text = "{\"st\":\"A\",\"no\":7,\"nm\":null}";
  assert_int_equal(gh_decode_profile(core, gh_str(text), &record), GH_DECODED);
  assert_int_equal(slot("name").kind, GH_NULL);
  text = "{\"st\":\"X\",\"no\":7}";
  assert_int_equal(gh_decode_profile(core, gh_str(text), &record), GH_DECODED_OTHER);
}

static void test_csv_profiles_by_mapping(void **state)
{
  (void)state;
  assert_true(gh_decoder_csv_header(core, GH_STR("\xEF\xBB\xBFno;st;nm;dob;tags;staff;aum_fen;other\r"), &faults));
  assert_int_equal(gh_decode_csv(core, GH_STR("8;A;\"李 \"\"伟\"\"; x\";19900102;vip,fund;Y;;z\r"), &record), GH_DECODED);
  is_text(record.event.customer, "8");
  is_text(gh_text(slot("name")), "李 \"伟\"; x");
  assert_int_equal(slot("tags").len, 2);
  assert_int_equal(slot("aum").kind, GH_ABSENT);
  assert_true(gh_value_same(slot("staff"), gh_bool(true)));
  assert_false(gh_decoder_csv_header(core, GH_STR("no;st;nn;dob;tags;staff;aum_fen"), &faults));
}

/* The mapping, with one fault, must be refused with these words. */
static void faulty(const char *text, const char *words)
{
  struct gh_buf out = {0};
  const struct gh_mapping *m = parse(text);
  for (const struct gh_fault *f = faults.first; f; f = f->next) gh_fault_print(f, &out);
  gh_buf_byte(&out, '\0');
  if (m) fail_msg("accepted: %s", text);
  if (!strstr(out.data, words)) fail_msg("'%s' is not in:\n%s", words, out.data);
  gh_buf_free(&out);
}

#define HEAD "events:\n  id: /id\n  customer: /c\n  time: /t\n  raw: {k: /k}\n  entries:\n    - "

static void test_faults_say_where_and_what(void **state)
{
  (void)state;
  faulty("events: {}\n", "needs 'entries'");
  faulty("evnts: {}\n", "did you mean 'events'?");
  faulty("encoding: latin1\n", "expected utf-8 or gb18030");
  faulty("zone: Asia/Peking\n", "there is no time zone 'Asia/Peking'");
  faulty(HEAD "{type: logn, fields: {channel: /x}}\n", "did you mean 'login'?");
  faulty(HEAD "{type: login, fields: {chanel: /x}}\n", "mapping.yaml:7:30: error: 'login' has no field 'chanel' in the schema");
  faulty(HEAD "{type: login, fields: {chanel: /x}}\n", "did you mean 'channel'?");
  faulty(HEAD "{type: login}\n", "'login' needs the field 'channel'");
  faulty(HEAD "{type: login, fields: {channel: app}}\n", "expected a JSON pointer such as /body/amount, found 'app'");
  faulty(HEAD "{type: login, fields: {channel: /a~2}}\n", "expected a JSON pointer");
  faulty(HEAD "{type: login, fields: {channel: {at: /x, const: y}}}\n", "exactly one of");
  faulty(HEAD "{type: login, fields: {channel: {at: /x, as: date}}}\n", "'as' means nothing for a value of type string");
  faulty(HEAD "{type: login, fields: {channel: {at: /x, table: nope}}}\n", "there is no table 'nope'");
  faulty(HEAD "{type: transfer_in, fields: {amount: {const: 1.005}}}\n", "expected a value of type decimal(2), found '1.005'");
  faulty(HEAD "{type: transfer_in, fields: {amount: {at: /x, table: {a: '1', b: zwei}}}}\n", "expected a value of type decimal(2), found 'zwei'");
  faulty(HEAD "{type: transfer_in, fields: {amount: /x, booked_on: {at: /d, as: yyMMdd}}}\n", "years have four digits");
  faulty(HEAD "{type: transfer_in, fields: {amount: /x, booked_on: {at: /d, as: date, zone: Mars}}}\n", "there is no time zone 'Mars'");
  faulty(HEAD "{type: transfer_in, fields: {amount: {at: /x, minor_digits: 19}}}\n", "minor_digits");
  faulty(HEAD "{type: login, forget: true, fields: {channel: /x}}\n", "'forget' stands with");
  faulty(HEAD "{type: login, when: 'raw.q == \"x\"', fields: {channel: /x}}\n", "raw.q");
  faulty(HEAD "{type: login, when: 'raw.k', fields: {channel: /x}}\n", "bool");
  faulty(HEAD "{type: transfer_in, fields: {amount: {cel: raw.k}}}\n", "'amount' has type decimal(2), but this expression gives string");
  faulty("events:\n  id: /id\n  customer: /c\n  entries:\n    - {type: login, fields: {channel: /x}}\n", "no 'time' is given");
  faulty("events:\n  raw: {1k: /k}\n  entries: []\n", "no name that a condition can use");
  faulty("events:\n  raw: {k: {at: /k, type: money}}\n  entries: []\n", "there is no type 'money'");
  faulty("events:\n  raw: {k: {cel: '1'}}\n  entries: []\n", "unknown key 'cel'");
  faulty("events: {entries: [], otherwise: drop}\n", "expected pass or refuse");
  faulty("tables: {t: {codes: {a: b}, otherwise: guess}}\n", "expected refuse, absent, keep");
  faulty("profiles: {fields: {name: /n}}\n", "needs 'customer'");
  faulty("profiles: {customer: /c, csv: {delimiter: '\"'}}\n", "'delimiter'");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_payroll_credit_is_told_from_another_inflow),
    cmocka_unit_test(test_what_no_entry_wants_is_passed_over),
    cmocka_unit_test(test_a_record_can_erase_a_customer),
    cmocka_unit_test(test_what_cannot_be_mapped_is_refused),
    cmocka_unit_test(test_others_may_be_refused),
    cmocka_unit_test(test_a_pointer_may_hold_slashes_and_tildes),
    cmocka_unit_test(test_gb18030),
    cmocka_unit_test(test_profiles_by_mapping),
    cmocka_unit_test(test_csv_profiles_by_mapping),
    cmocka_unit_test(test_faults_say_where_and_what),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
