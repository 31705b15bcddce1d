/* The shipped examples of mappings, against the demo's schema: they load, and do what their comments say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "goldhour/decode/decode.h"
#include "goldhour/sys/sys.h"

static struct gh_arena arena;
static struct gh_zones *zones;
static const struct gh_schema *schema;
static struct gh_conf conf = {.record_bytes = 1 << 20, .record_depth = 64};
static struct gh_record record;

static struct gh_str file(const char *path)
{
  struct gh_str text;
  if (!gh_file_read(&arena, path, &text)) fail_msg("cannot read %s", path);
  return text;
}

static struct gh_decoder *shipped(const char *path)
{
  struct gh_faults faults;
  struct gh_buf out = {0};
  gh_faults_init(&faults);
  const struct gh_mapping *m = gh_mapping_parse(&arena, schema, zones, gh_str(path), file(path), &faults);
  for (const struct gh_fault *f = faults.first; f; f = f->next) gh_fault_print(f, &out);
  if (!m || faults.warnings) fail_msg("%.*s", (int)out.len, out.data);
  gh_faults_free(&faults);
  return gh_decoder_new(&conf, schema, m, gh_zones_find(zones, GH_STR("Asia/Shanghai")));
}

static int setup(void **state)
{
  struct gh_faults faults;
  (void)state;
  gh_arena_init(&arena, 0);
  gh_faults_init(&faults);
  zones = gh_zones_load();
  schema = gh_schema_parse(&arena, GH_STR("schema.yaml"), file("config/demo/schema.yaml"), &faults);
  gh_faults_free(&faults);
  return schema ? 0 : -1;
}

static int teardown(void **state)
{
  (void)state;
  gh_arena_free(&arena);
  gh_zones_free(zones);
  return 0;
}

static void is(enum gh_decoded done, const char *type)
{
  if (done != GH_DECODED) fail_msg("%d: %s, %.*s", done, record.reason ? record.reason : "", (int)record.detail.len, record.detail.ptr ? record.detail.ptr : "");
  assert_true(gh_str_eq(record.event.type->name, gh_str(type)));
}

static struct gh_value slot(const char *field)
{
  return record.event.slots[gh_field_find(record.event.type, gh_str(field))];
}

/* In GB18030: 代发 is B4 FA B7 A2. */
static void test_core_banking(void **state)
{
  (void)state;
  struct gh_decoder *d = shipped("config/mappings/core-banking.yaml");
  is(gh_decode(d, GH_STR("{\"head\":{\"txnDate\":\"20260917\",\"txnTime\":93015,\"serial\":\"771203\",\"cust\":\"C1002   \"},\"body\":{\"txnCode\":\"CR01\","
                         "\"dcFlag\":\"C\",\"amtFen\":1250000,\"ccy\":\"CNY\",\"summary\":\"\xB4\xFA\xB7\xA2\",\"opp\":{\"name\":\"A\",\"bank\":\"\"}}}"), &record),
     "payroll_credit");
  assert_true(gh_str_eq(record.event.id, GH_STR("core-20260917-771203")));
  assert_true(gh_str_eq(record.event.customer, GH_STR("C1002")));
  assert_int_equal(record.event.time_ms, INT64_C(1789608615000));
  assert_true(gh_value_same(slot("amount"), gh_decimal(1250000, 2)));
  is(gh_decode(d, GH_STR("{\"head\":{\"txnDate\":\"20260917\",\"txnTime\":\"093015\",\"serial\":\"2\",\"cust\":\"C1\"},\"body\":{\"txnCode\":\"CR01\","
                         "\"dcFlag\":\"C\",\"amtFen\":\"5\",\"opp\":{\"bank\":\"  \"}}}"), &record), "transfer_in");
  assert_int_equal(slot("from_bank").kind, GH_ABSENT);
  is(gh_decode(d, GH_STR("{\"head\":{\"txnDate\":\"20260917\",\"txnTime\":0,\"serial\":\"3\",\"cust\":\"C1\"},\"body\":{\"txnCode\":\"POS1\",\"dcFlag\":\"D\","
                         "\"amtFen\":9900,\"mcc\":5641,\"opp\":{\"name\":\"B\"}}}"), &record), "card_purchase");
  assert_true(gh_str_eq(gh_text(slot("category")), GH_STR("mother_and_baby")));
  is(gh_decode(d, GH_STR("{\"head\":{\"txnDate\":\"20260917\",\"txnTime\":0,\"serial\":\"4\",\"cust\":\"C1\"},\"body\":{\"txnCode\":\"CLS1\"}}"), &record), "customer");
  assert_true(record.event.forget);
  assert_int_equal(gh_decode(d, GH_STR("{\"body\":{\"txnCode\":\"INT9\",\"dcFlag\":\"C\"}}"), &record), GH_DECODED_OTHER);
  struct gh_faults faults;
  gh_faults_init(&faults);
  assert_true(gh_decoder_csv_header(d, GH_STR("CUST_NO,STATUS,CUST_NAME,AGE,SEX,AUM,STAFF_FLAG,TAGS,BRANCH"), &faults));
  is(gh_decode_csv(d, GH_STR("C1,1,\xCD\xF5,36,2,186500.00,N,vip;fund,"), &record), "customer");
  assert_int_equal(slot("tags").len, 2);
  assert_int_equal(gh_decode_csv(d, GH_STR("C1,9,\xCD\xF5,36,2,186500.00,N,,"), &record), GH_DECODED_OTHER);
  gh_faults_free(&faults);
  gh_decoder_free(d);
}

static void test_mobile_app(void **state)
{
  (void)state;
  struct gh_decoder *d = shipped("config/mappings/mobile-app.yaml");
  is(gh_decode(d, GH_STR("{\"evt\":\"page_stop\",\"uid\":1002,\"ts\":1789606815250,\"seq\":\"8f\",\"props\":{\"flow\":\"house_loan\",\"inst\":\"F77\",\"step\":\"valuation\"}}"),
               &record), "flow_step");
  assert_true(gh_str_eq(record.event.customer, GH_STR("1002")));
  assert_int_equal(record.event.time_ms, INT64_C(1789606815250));
  assert_int_equal(gh_decode(d, GH_STR("{\"evt\":\"article\",\"props\":{\"sec\":3}}"), &record), GH_DECODED_OTHER);
  is(gh_decode(d, GH_STR("{\"evt\":\"article\",\"uid\":\"7\",\"ts\":1789606815250,\"seq\":1,\"props\":{\"sec\":30,\"topic\":\"fund\"}}"), &record), "article_read");
  assert_int_equal(slot("seconds").i, 30);
  gh_decoder_free(d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_core_banking), cmocka_unit_test(test_mobile_app)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
