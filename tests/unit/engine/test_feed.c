/* A feed over a file that grows: what was read ahead is given, and its end is told only when it was found just now. */
#include "goldhour/base/time.h"
#include "../../../src/engine/feed.h"
#include "small_bank.h"

static void append(struct small_bank *b, unsigned from, unsigned to)
{
  FILE *f = fopen(bank_path(b, "events.jsonl").ptr, "a");
  assert_non_null(f);
  for (unsigned i = from; i < to; i++)
    fprintf(f, "{\"id\":\"e%u\",\"type\":\"inflow\",\"customer\":\"C1\",\"time\":%lld,\"amount\":1}\n", i, 1789344000000LL + i);
  assert_int_equal(fclose(f), 0);
}

static void open_feed(struct small_bank *b, struct gh_feed *f)
{
  char error[512];
  struct gh_feed_options options = {.input = GH_FEED_EVENTS, .path = bank_path(b, "events.jsonl").ptr, .follow = true};
  assert_true(gh_feed_open(f, b->set, &options, error));
}

static void given(struct gh_feed *f, unsigned number)
{
  struct gh_feed_item item;
  char id[16];
  snprintf(id, sizeof id, "e%u", number);
  assert_int_equal(gh_feed_next(f, &item), GH_SOURCE_RECORD);
  assert_int_equal(item.note, GH_FEED_TAKEN);
  assert_true(gh_str_eq(item.in.event->id, gh_str(id)));
  assert_int_equal(item.in.place.record, number + 2);
}

/* The end seen while reading ahead is old by the time the last record is given: between them a commit may have been waited for, and the file has grown. */
static void an_end_is_told_only_if_it_was_found_just_now(void **state)
{
  struct small_bank *b = *state;
  struct gh_feed f;
  struct gh_feed_item item;
  append(b, 0, 2);
  open_feed(b, &f);
  given(&f, 0);
  given(&f, 1);
  append(b, 2, 9);
  for (unsigned i = 2; i < 9; i++) given(&f, i);
  assert_int_equal(gh_feed_next(&f, &item), GH_SOURCE_NOTHING);
  assert_int_equal(gh_feed_next(&f, &item), GH_SOURCE_NOTHING);
  append(b, 9, 10);
  given(&f, 9);
  gh_feed_close(&f);
}

/* A clock that went on while records lie read ahead (a commit was waited for) would make them late. */
static void what_lies_read_ahead_is_not_the_end(void **state)
{
  struct small_bank *b = *state;
  struct gh_feed f;
  struct gh_feed_item item;
  append(b, 0, 3);
  open_feed(b, &f);
  given(&f, 0);
  assert_true(gh_source_at_end_ns(f.source) > 0); /* the source has given all it had */
  assert_int_equal(gh_feed_at_end_ns(&f), 0);
  given(&f, 1);
  given(&f, 2);
  assert_int_equal(gh_feed_next(&f, &item), GH_SOURCE_NOTHING);
  assert_true(gh_feed_at_end_ns(&f) > 0);
  gh_feed_close(&f);
}

/* A reload decodes anew what was read ahead; its places stay. */
static void what_was_read_ahead_is_decoded_by_the_new_set(void **state)
{
  struct small_bank *b = *state;
  struct gh_feed f;
  struct gh_feed_item item;
  char error[512];
  append(b, 0, 3);
  open_feed(b, &f);
  given(&f, 0);
  bank_put(b, "schema.yaml", "customer: {age: int}\nevents: {inflow: {amount: int}}\n");
  bank_put(b, "rules.yaml", "rules: [{id: in, on: inflow}]\n");
  struct gh_set *next = gh_set_load(bank_path(b, "goldhour.yaml").ptr, b->zones, 0, &b->faults);
  assert_non_null(next);
  assert_true(gh_feed_decode_by(&f, next, error));
  gh_set_free(b->set);
  b->set = next;
  assert_int_equal(gh_feed_next(&f, &item), GH_SOURCE_RECORD);
  assert_int_equal(item.in.event->slots[0].kind, GH_INT);
  assert_int_equal(item.in.place.record, 3);
  given(&f, 2);
  gh_feed_close(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(an_end_is_told_only_if_it_was_found_just_now, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(what_lies_read_ahead_is_not_the_end, bank_setup, bank_teardown),
    cmocka_unit_test_setup_teardown(what_was_read_ahead_is_decoded_by_the_new_set, bank_setup, bank_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
