/* Slots of keys, and queues that keep the order of sending. */
#include "fake.h"

#include "command.h"

static void slots_are_those_of_the_specification(void **state)
{
  (void)state;
  assert_int_equal(gh_slot_of(GH_STR("123456789")), 0x31c3);
  assert_int_equal(gh_slot_of(GH_STR("foo")), 12182);
  assert_int_equal(gh_slot_of(GH_STR("{user1000}.following")), gh_slot_of(GH_STR("{user1000}.followers")));
  assert_int_equal(gh_slot_of(GH_STR("gh:{goldhour:p7}:meta")), gh_slot_of(GH_STR("goldhour:p7")));
  assert_int_equal(gh_slot_of(GH_STR("foo{bar}{zap}")), gh_slot_of(GH_STR("bar")));
  assert_int_equal(gh_slot_of(GH_STR("foo{{bar}}zap")), gh_slot_of(GH_STR("{bar")));
  assert_int_not_equal(gh_slot_of(GH_STR("foo{}{bar}")), gh_slot_of(GH_STR("bar"))); /* an empty tag is none */
  assert_int_not_equal(gh_slot_of(GH_STR("foo{bar")), gh_slot_of(GH_STR("bar")));
}

static struct gh_command *numbered(uint64_t number)
{
  struct gh_str argv[] = {GH_STR("PING")};
  struct gh_command *c = gh_command_new(&(struct gh_redis_command){.argv = argv, .argc = 1}, note, NULL);
  c->number = number;
  return c;
}

static void expect_numbers(struct gh_queue *q, const uint64_t *numbers)
{
  for (; *numbers; numbers++) {
    struct gh_command *c = gh_queue_take(q);
    assert_non_null(c);
    assert_int_equal(c->number, *numbers);
    gh_command_free(c);
  }
  assert_null(gh_queue_take(q));
  assert_null(q->last);
}

static void queues_keep_the_order(void **state)
{
  (void)state;
  struct gh_queue a = {0}, b = {0}, none = {0};
  for (uint64_t i = 1; i < 6; i += 2) gh_queue_add(&a, numbered(i));
  for (uint64_t i = 2; i < 9; i += 2) gh_queue_add(&b, numbered(i));
  gh_queue_merge(&a, &b);
  assert_null(b.first);
  gh_queue_merge(&a, &none);
  gh_queue_insert(&a, numbered(7));
  gh_queue_insert(&a, numbered(9));
  expect_numbers(&a, (const uint64_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 0});
  gh_queue_insert(&a, numbered(4));
  gh_queue_insert(&a, numbered(3));
  expect_numbers(&a, (const uint64_t[]){3, 4, 0});
}

static void a_command_is_formed_whatever_its_bytes(void **state)
{
  (void)state;
  struct gh_str argv[200] = {GH_STR("SET"), {NULL, 0}, {"a\0\r\n", 4}};
  struct gh_command *c = gh_command_new(&(struct gh_redis_command){.argv = argv, .argc = 3}, note, NULL);
  assert_true(gh_str_eq(gh_str_n(c->bytes, c->len), GH_STR("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\0\r\n\r\n")));
  gh_command_free(c);
  c = gh_command_new(&(struct gh_redis_command){.argv = argv, .argc = 200}, note, NULL);
  assert_true(gh_str_starts(gh_str_n(c->bytes, c->len), GH_STR("*200\r\n$3\r\nSET\r\n$0\r\n\r\n")));
  gh_command_free(c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(slots_are_those_of_the_specification),
    cmocka_unit_test(queues_keep_the_order),
    cmocka_unit_test(a_command_is_formed_whatever_its_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
