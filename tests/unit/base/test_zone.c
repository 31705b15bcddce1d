/* Zones from TZif bytes that the tests make themselves: a table of changes, and a rule for the years behind it. */
#include "base/unit.h"
#include "goldhour/base/buf.h"
#include "goldhour/base/time.h"
#include "goldhour/base/zone.h"

struct change { int64_t at_s; uint8_t type; };

static void be(struct gh_buf *out, uint64_t v, unsigned bytes)
{
  for (unsigned i = bytes; i-- > 0;) gh_buf_byte(out, (char)(v >> (8 * i)));
}

static void put_block(struct gh_buf *out, char version, unsigned width, const struct change *changes, unsigned nchanges, const int32_t *types, unsigned ntypes)
{
  gh_buf_add(out, "TZif", 4);
  gh_buf_byte(out, version);
  for (unsigned i = 0; i < 15; i++) gh_buf_byte(out, 0);
  be(out, 0, 4), be(out, 0, 4), be(out, 0, 4), be(out, nchanges, 4), be(out, ntypes, 4), be(out, 4, 4);
  for (unsigned i = 0; i < nchanges; i++) be(out, (uint64_t)changes[i].at_s, width);
  for (unsigned i = 0; i < nchanges; i++) gh_buf_byte(out, (char)changes[i].type);
  for (unsigned i = 0; i < ntypes; i++) be(out, (uint32_t)types[i], 4), be(out, 0, 2);
  gh_buf_add(out, "ABC", 4);
}

static const int32_t one_type[] = {0};

/* A version 2 file: an empty 32-bit block, then the true one, then the footer. */
static void put_file(struct gh_buf *out, const struct change *changes, unsigned nchanges, const int32_t *types, unsigned ntypes, const char *footer)
{
  put_block(out, '2', 4, NULL, 0, one_type, 1);
  put_block(out, '2', 8, changes, nchanges, types, ntypes);
  gh_buf_fmt(out, "\n%s\n", footer);
}

static struct gh_zones *zones;

static int setup(void **state)
{
  (void)state;
  zones = gh_zones_new();
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  gh_zones_free(zones);
  return 0;
}

/* A zone that follows a POSIX rule at all times. */
static const struct gh_zone *rule_zone(const char *footer, int32_t standard_s)
{
  struct gh_buf bytes = {0};
  put_file(&bytes, NULL, 0, &standard_s, 1, footer);
  bool ok = gh_zones_add(zones, gh_str(footer), gh_buf_str(&bytes));
  gh_buf_free(&bytes);
  return ok ? gh_zones_find(zones, gh_str(footer)) : NULL;
}

static int64_t utc(const char *text)
{
  int64_t s;
  uint32_t nanos;
  assert_true(gh_time_parse(gh_str(text), &s, &nanos));
  return s;
}

static void test_shanghai_had_its_last_change_in_1991(void **state)
{
  (void)state;
  static const int32_t types[] = {29143, 28800, 32400};
  const struct change changes[] = {{utc("1900-12-31T15:54:17Z"), 1}, {utc("1991-04-13T18:00:00Z"), 2}, {utc("1991-09-14T17:00:00Z"), 1}};
  struct gh_buf bytes = {0};
  put_file(&bytes, changes, 3, types, 3, "CST-8");
  assert_true(gh_zones_add(zones, GH_STR("Asia/Shanghai"), gh_buf_str(&bytes)));
  gh_buf_free(&bytes);
  const struct gh_zone *z = gh_zones_find(zones, GH_STR("Asia/Shanghai"));
  expect_text(gh_zone_name(z), "Asia/Shanghai");
  assert_int_equal(gh_zone_offset(z, utc("1900-12-31T15:54:16Z")), 29143);
  assert_int_equal(gh_zone_offset(z, utc("1900-12-31T15:54:17Z")), 28800);
  assert_int_equal(gh_zone_offset(z, utc("1991-06-01T00:00:00Z")), 32400);
  assert_int_equal(gh_zone_offset(z, utc("2026-06-01T00:00:00Z")), 28800);
  int64_t ms = utc("2026-09-20T16:00:00Z") * 1000;
  assert_int_equal(gh_zone_day(z, ms), gh_zone_day(z, ms - 1) + 1);
  assert_int_equal(gh_zone_clock_ms(z, ms - 1), GH_DAY_MS - 1);
  assert_int_equal(gh_zone_clock_ms(z, ms), 0);
  assert_int_equal(gh_zone_moment(z, gh_zone_day(z, ms), 0), ms);
  assert_int_equal(gh_zone_moment(z, -1, 1), -16 * GH_HOUR_MS - 16 * GH_HOUR_MS + 1);
}

static void test_berlin_by_its_rule(void **state)
{
  (void)state;
  const struct gh_zone *z = rule_zone("CET-1CEST,M3.5.0,M10.5.0/3", 3600);
  assert_int_equal(gh_zone_offset(z, utc("2026-03-29T00:59:59Z")), 3600);
  assert_int_equal(gh_zone_offset(z, utc("2026-03-29T01:00:00Z")), 7200);
  assert_int_equal(gh_zone_offset(z, utc("2026-10-25T00:59:59Z")), 7200);
  assert_int_equal(gh_zone_offset(z, utc("2026-10-25T01:00:00Z")), 3600);
  assert_int_equal(gh_zone_offset(z, utc("2999-07-01T00:00:00Z")), 7200);
}

static int64_t moment(const struct gh_zone *z, const char *date, const char *clock)
{
  int64_t day, ms;
  assert_true(gh_date_parse(gh_str(date), &day));
  assert_true(gh_clock_parse(gh_str(clock), &ms));
  return gh_zone_moment(z, day, ms) / 1000;
}

static void test_a_skipped_local_time_is_the_first_moment_after_the_gap(void **state)
{
  (void)state;
  const struct gh_zone *z = rule_zone("CET-1CEST,M3.5.0,M10.5.0/3", 3600);
  assert_int_equal(moment(z, "2026-03-29", "01:59:59"), utc("2026-03-29T00:59:59Z"));
  assert_int_equal(moment(z, "2026-03-29", "02:00"), utc("2026-03-29T01:00:00Z"));
  assert_int_equal(moment(z, "2026-03-29", "02:30"), utc("2026-03-29T01:00:00Z"));
  assert_int_equal(moment(z, "2026-03-29", "03:00"), utc("2026-03-29T01:00:00Z"));
  assert_int_equal(moment(z, "2026-03-29", "03:00:01"), utc("2026-03-29T01:00:01Z"));
}

static void test_a_repeated_local_time_is_the_first_of_the_two(void **state)
{
  (void)state;
  const struct gh_zone *z = rule_zone("CET-1CEST,M3.5.0,M10.5.0/3", 3600);
  assert_int_equal(moment(z, "2026-10-25", "02:00"), utc("2026-10-25T00:00:00Z"));
  assert_int_equal(moment(z, "2026-10-25", "02:59:59"), utc("2026-10-25T00:59:59Z"));
  assert_int_equal(moment(z, "2026-10-25", "03:00"), utc("2026-10-25T02:00:00Z"));
}

static void test_the_south_has_summer_over_new_year(void **state)
{
  (void)state;
  const struct gh_zone *z = rule_zone("AEST-10AEDT,M10.1.0,M4.1.0/3", 36000);
  assert_int_equal(gh_zone_offset(z, utc("2026-01-01T00:00:00Z")), 39600);
  assert_int_equal(gh_zone_offset(z, utc("2026-07-01T00:00:00Z")), 36000);
}

static void test_rules_of_every_shape(void **state)
{
  (void)state;
  /* Greenland: by the wall of Saturday evening, written as a time before midnight of Sunday */
  const struct gh_zone *z = rule_zone("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200);
  assert_int_equal(gh_zone_offset(z, utc("2026-03-29T00:59:59Z")), -7200);
  assert_int_equal(gh_zone_offset(z, utc("2026-03-29T01:00:00Z")), -3600);
  /* Julian days: 29 February is not counted by Jn, and is by n */
  z = rule_zone("AAA0BBB,J60/0,J61/0", 0);
  assert_int_equal(gh_zone_offset(z, utc("2024-02-29T12:00:00Z")), 0);
  assert_int_equal(gh_zone_offset(z, utc("2024-03-01T12:00:00Z")), 3600);
  z = rule_zone("AAA0BBB,59/0,60/0", 0);
  assert_int_equal(gh_zone_offset(z, utc("2024-02-29T12:00:00Z")), 3600);
  assert_int_equal(gh_zone_offset(z, utc("2026-03-01T12:00:00Z")), 3600);
  /* Daylight saving all year, as RFC 8536 writes it */
  z = rule_zone("EST5EDT,0/0,J365/25", -18000);
  assert_int_equal(gh_zone_offset(z, utc("2026-01-01T04:30:00Z")), -14400);
  assert_int_equal(gh_zone_offset(z, utc("2026-01-01T05:30:00Z")), -14400);
  assert_int_equal(gh_zone_offset(z, utc("2026-07-01T00:00:00Z")), -14400);
  z = rule_zone("<+0330>-3:30", 12600);
  assert_int_equal(gh_zone_offset(z, 0), 12600);
  /* Irish: winter time is the one that is saved */
  z = rule_zone("IST-1GMT0,M10.5.0,M3.5.0/1", 3600);
  assert_int_equal(gh_zone_offset(z, utc("2026-01-01T00:00:00Z")), 0);
  assert_int_equal(gh_zone_offset(z, utc("2026-07-01T00:00:00Z")), 3600);
  /* A time of 167 h reaches a week on */
  z = rule_zone("AAA0BBB,M3.1.0/167,M10.1.0/-167", 0);
  assert_int_equal(gh_zone_offset(z, utc("2026-03-07T22:59:59Z")), 0);
  assert_int_equal(gh_zone_offset(z, utc("2026-03-07T23:00:00Z")), 3600);
  assert_int_equal(gh_zone_offset(z, utc("2026-09-26T23:59:59Z")), 3600);
  assert_int_equal(gh_zone_offset(z, utc("2026-09-27T00:00:00Z")), 0);
}

static void test_footers_that_are_none(void **state)
{
  (void)state;
  static const char *const bad[] = {
    "C-8", "CST", "CST-25", "CST-8X", "<+08-8", "<>-8", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3 ",
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (rule_zone(bad[i], 0)) fail_msg("taken: %s", bad[i]);
}

static void test_fixed_offsets_as_cel_writes_them(void **state)
{
  (void)state;
  int32_t s = 1;
  assert_true(gh_zones_offset(zones, GH_STR("UTC"), 0, &s));
  assert_int_equal(s, 0);
  assert_true(gh_zones_offset(zones, GH_STR("+05:30"), 0, &s));
  assert_int_equal(s, 19800);
  assert_true(gh_zones_offset(zones, GH_STR("-02:00"), 0, &s));
  assert_int_equal(s, -7200);
  assert_true(gh_zones_offset(zones, GH_STR("02:00"), 0, &s));
  assert_int_equal(s, 7200);
  static const char *const bad[] = {"", "+", "+5", "+0530", "+24:00", "05:60", "Mars/Olympus", "++5:30", "+05:30:00"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(gh_zones_offset(zones, gh_str(bad[i]), 0, &s));
}

static void test_a_file_cut_anywhere_is_refused(void **state)
{
  (void)state;
  static const int32_t types[] = {0, 3600};
  static const struct change changes[] = {{100, 1}, {200, 0}};
  struct gh_buf bytes = {0};
  put_file(&bytes, changes, 2, types, 2, "CET-1");
  for (size_t n = 0; n < bytes.len; n++) {
    char *copy = test_malloc(n + 1); /* so that a sanitizer sees a read behind the end */
    memcpy(copy, bytes.data, n);
    assert_false(gh_zones_add(zones, GH_STR("cut"), gh_str_n(copy, n)));
    test_free(copy);
  }
  assert_true(gh_zones_add(zones, GH_STR("whole"), gh_buf_str(&bytes)));
  assert_null(gh_zones_find(zones, GH_STR("cut")));
  gh_buf_free(&bytes);
}

static void test_a_file_that_lies_is_refused(void **state)
{
  (void)state;
  static const int32_t types[] = {0}, wild[] = {26 * 3600};
  static const struct change backwards[] = {{200, 0}, {100, 0}}, no_such_type[] = {{100, 1}};
  struct gh_buf bytes = {0};
  put_file(&bytes, backwards, 2, types, 1, "");
  assert_false(gh_zones_add(zones, GH_STR("a"), gh_buf_str(&bytes)));
  gh_buf_clear(&bytes);
  put_file(&bytes, no_such_type, 1, types, 1, "");
  assert_false(gh_zones_add(zones, GH_STR("a"), gh_buf_str(&bytes)));
  gh_buf_clear(&bytes);
  put_file(&bytes, NULL, 0, wild, 1, "");
  assert_false(gh_zones_add(zones, GH_STR("a"), gh_buf_str(&bytes)));
  gh_buf_free(&bytes);
}

static void test_changes_beyond_all_times_are_harmless(void **state)
{
  (void)state;
  static const int32_t types[] = {0, 3600};
  static const struct change changes[] = {{-(INT64_C(1) << 59), 1}, {INT64_C(1) << 59, 0}};
  struct gh_buf bytes = {0};
  put_file(&bytes, changes, 2, types, 2, "");
  assert_true(gh_zones_add(zones, GH_STR("far"), gh_buf_str(&bytes)));
  gh_buf_free(&bytes);
  assert_int_equal(gh_zone_moment(gh_zones_find(zones, GH_STR("far")), 1, 0), GH_DAY_MS - GH_HOUR_MS);
}

static void test_a_version_1_file_keeps_its_last_offset(void **state)
{
  (void)state;
  static const int32_t types[] = {0, 3600};
  static const struct change changes[] = {{-100, 1}};
  struct gh_buf bytes = {0};
  put_block(&bytes, 0, 4, changes, 1, types, 2);
  assert_true(gh_zones_add(zones, GH_STR("old"), gh_buf_str(&bytes)));
  gh_buf_free(&bytes);
  const struct gh_zone *z = gh_zones_find(zones, GH_STR("old"));
  assert_int_equal(gh_zone_offset(z, -101), 0);
  assert_int_equal(gh_zone_offset(z, -100), 3600);
  assert_int_equal(gh_zone_offset(z, INT32_MAX), 3600);
  assert_int_equal(gh_zone_moment(z, 100, 0), 100 * GH_DAY_MS - GH_HOUR_MS);
}

static void test_a_thousand_zones_are_found_again(void **state)
{
  (void)state;
  char name[16];
  struct gh_buf bytes = {0};
  for (int i = 0; i < 1000; i++) {
    gh_buf_clear(&bytes);
    put_file(&bytes, NULL, 0, &(int32_t){i}, 1, "");
    snprintf(name, sizeof name, "zone-%d", i);
    assert_true(gh_zones_add(zones, gh_str(name), gh_buf_str(&bytes)));
  }
  gh_buf_free(&bytes);
  for (int i = 0; i < 1000; i++) {
    snprintf(name, sizeof name, "zone-%d", i);
    assert_int_equal(gh_zone_offset(gh_zones_find(zones, gh_str(name)), 0), i);
  }
  assert_null(gh_zones_find(zones, GH_STR("zone-1000")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_shanghai_had_its_last_change_in_1991, setup, teardown),
    cmocka_unit_test_setup_teardown(test_berlin_by_its_rule, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_skipped_local_time_is_the_first_moment_after_the_gap, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_repeated_local_time_is_the_first_of_the_two, setup, teardown),
    cmocka_unit_test_setup_teardown(test_the_south_has_summer_over_new_year, setup, teardown),
    cmocka_unit_test_setup_teardown(test_rules_of_every_shape, setup, teardown),
    cmocka_unit_test_setup_teardown(test_footers_that_are_none, setup, teardown),
    cmocka_unit_test_setup_teardown(test_fixed_offsets_as_cel_writes_them, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_file_cut_anywhere_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_file_that_lies_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(test_changes_beyond_all_times_are_harmless, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_version_1_file_keeps_its_last_offset, setup, teardown),
    cmocka_unit_test_setup_teardown(test_a_thousand_zones_are_found_again, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
