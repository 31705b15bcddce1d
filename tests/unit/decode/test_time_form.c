/* How sources write times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"
#include "time_form.h"

static struct gh_zones *zones;

static int setup(void **state)
{
  (void)state;
  zones = gh_zones_load();
  return zones ? 0 : -1;
}

static int teardown(void **state)
{
  (void)state;
  gh_zones_free(zones);
  return 0;
}

static bool reads(const char *as, const char *text, const char *zone, int64_t *ms)
{
  struct time_form form;
  const char *wrong = gh_time_form_parse(&form, gh_str(as));
  if (wrong) fail_msg("%s: %s", as, wrong);
  return gh_time_form_read(&form, gh_str(text), gh_zones_find(zones, gh_str(zone)), ms);
}

static void is(const char *as, const char *text, const char *zone, const char *rfc3339)
{
  int64_t ms, expected;
  assert_true(gh_time_parse_ms(gh_str(rfc3339), &expected));
  if (!reads(as, text, zone, &ms)) fail_msg("%s: %s is refused", as, text);
  if (ms != expected) fail_msg("%s: %s gives %lld, not %s", as, text, (long long)ms, rfc3339);
}

static void no(const char *as, const char *text)
{
  int64_t ms;
  if (reads(as, text, "Asia/Shanghai", &ms)) fail_msg("%s: %s is accepted", as, text);
}

static void test_counts_since_1970(void **state)
{
  (void)state;
  is("s", "1789606800", "UTC", "2026-09-17T01:00:00Z");
  is("s", "1789606800.1239", "UTC", "2026-09-17T01:00:00.123Z");
  is("ms", "1789606800123", "UTC", "2026-09-17T01:00:00.123Z");
  is("us", "1789606800123999", "UTC", "2026-09-17T01:00:00.123Z");
  is("ns", "1789606800123999999", "UTC", "2026-09-17T01:00:00.123Z");
  is("us", "-1", "UTC", "1969-12-31T23:59:59.999Z");
  no("s", "soon");
  no("s", "");
}

static void test_local_patterns(void **state)
{
  (void)state;
  is("yyyyMMddHHmmss", "20260917090000", "Asia/Shanghai", "2026-09-17T09:00:00+08:00");
  is("yyyyMMdd", "20260917", "Asia/Shanghai", "2026-09-17T00:00:00+08:00");
  is("date", "1993-07-01", "Europe/Prague", "1993-07-01T00:00:00+02:00");
  is("date", "1993-01-01", "Europe/Prague", "1993-01-01T00:00:00+01:00");
  is("yyyy-MM-dd HH:mm:ss.SSS", "2026-09-17 09:00:00.250", "Asia/Shanghai", "2026-09-17T09:00:00.250+08:00");
  is("yyyy-MM-dd'T'HH:mm", "2026-09-17T09:30", "Asia/Shanghai", "2026-09-17T09:30:00+08:00");
  is("dd.MM.yyyy", "17.09.2026", "UTC", "2026-09-17T00:00:00Z");
  is("yyyy年MM月dd日", "2026年09月17日", "UTC", "2026-09-17T00:00:00Z");
  is("yyyyMMddHHmmssSSSSSS", "20260917090000123999", "UTC", "2026-09-17T09:00:00.123Z");
  is("yyyyMMddHHmmss", "20260329023000", "Europe/Prague", "2026-03-29T03:00:00+02:00"); /* skipped: the first moment after */
  is("yyyyMMddHHmmss", "20261025023000", "Europe/Prague", "2026-10-25T02:30:00+02:00"); /* repeated: the first */
  no("yyyyMMdd", "20260230");
  no("yyyyMMdd", "2026091");
  no("yyyyMMdd", "202609170");
  no("yyyyMMddHHmmss", "20260917240000");
  no("yyyyMMddHHmmss", "20260917096000");
  no("yyyyMMdd", "2026-917");
  no("rfc3339", "2026-09-17T09:00:00");
}

static void test_a_pattern_that_cannot_be_is_refused(void **state)
{
  static const char *const bad[] = {"", "yyyy", "yyMMdd", "yyyyMdd", "yyyyMMddTHH", "yyyyMMdd'T", "yyyyMMddMM", "epoch", "yyyyMMddSSSSSSSSSS",
                                    "yyyyMMdd------------HH"};
  struct time_form form;
  (void)state;
  for (size_t i = 0; i + 1 < sizeof bad / sizeof *bad; i++) {
    if (!gh_time_form_parse(&form, gh_str(bad[i]))) fail_msg("accepted: %s", bad[i]);
  }
}

static void test_dates(void **state)
{
  struct time_form form;
  int64_t day;
  const struct gh_zone *shanghai = gh_zones_find(zones, GH_STR("Asia/Shanghai"));
  (void)state;
  assert_null(gh_time_form_parse(&form, GH_STR("yyyyMMdd")));
  assert_true(gh_time_form_read_day(&form, GH_STR("20260228"), shanghai, &day));
  assert_int_equal(day, 20512);
  assert_null(gh_time_form_parse(&form, GH_STR("s")));
  assert_true(gh_time_form_read_day(&form, GH_STR("1772294400"), shanghai, &day)); /* 2026-02-28T16:00Z: already March there */
  assert_int_equal(day, 20513);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_counts_since_1970),
    cmocka_unit_test(test_local_patterns),
    cmocka_unit_test(test_a_pattern_that_cannot_be_is_refused),
    cmocka_unit_test(test_dates),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
