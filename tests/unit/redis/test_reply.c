/* Bytes into answers: whatever comes, in whatever parts, is an answer, not enough, or a fault; never more. */
#include "fake.h"

#include "reply.h"

static uint64_t random_state = 88172645463325252u;

static unsigned roll(unsigned below)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (unsigned)(random_state % below);
}

/* Walks over all of it, so that what is wrong is touched. */
static size_t weigh(const struct gh_reply *reply)
{
  size_t sum = reply->text.len;
  for (size_t i = 0; i < reply->text.len; i++) sum += (unsigned char)reply->text.ptr[i];
  for (unsigned i = 0; i < reply->n; i++) sum += weigh(&reply->items[i]);
  return sum + 1;
}

static void feed_in_parts(struct gh_str bytes, unsigned *answers, unsigned *faults)
{
  struct gh_replies r;
  const struct gh_reply *reply = NULL;
  const char *why;
  bool ok = true;
  gh_replies_init(&r);
  for (size_t at = 0; at < bytes.len && ok;) {
    size_t n = 1 + roll(20);
    if (n > bytes.len - at) n = bytes.len - at;
    gh_replies_feed(&r, bytes.ptr + at, n);
    at += n;
    while ((ok = gh_replies_next(&r, &reply, &why)) && reply) assert_true(weigh(reply) > 0 && ++*answers);
  }
  *faults += !ok;
  gh_replies_free(&r);
}

static const char whole[] = "+OK\r\n:12\r\n$3\r\nabc\r\n*3\r\n$1\r\na\r\n*2\r\n:-1\r\n$-1\r\n-ERR no\r\n*-1\r\n*0\r\n$0\r\n\r\n";

static void whole_answers_in_parts(void **state)
{
  (void)state;
  for (int i = 0; i < 200; i++) {
    unsigned answers = 0, faults = 0;
    feed_in_parts(GH_STR(whole), &answers, &faults);
    assert_int_equal(answers, 7);
    assert_int_equal(faults, 0);
  }
}

static void spoilt_answers(void **state)
{
  (void)state;
  unsigned answers = 0, faults = 0;
  for (int i = 0; i < 5000; i++) {
    char bytes[sizeof whole];
    memcpy(bytes, whole, sizeof whole);
    for (unsigned k = 1 + roll(3); k > 0; k--) bytes[roll(sizeof whole - 1)] = (char)("*$+-:019\r\n\0x"[roll(12)]);
    feed_in_parts(gh_str_n(bytes, sizeof whole - 1), &answers, &faults);
  }
  assert_true(answers > 1000 && faults > 1000);
}

static void copies_stand_alone(void **state)
{
  (void)state;
  struct gh_replies r;
  struct gh_arena arena;
  const struct gh_reply *reply;
  struct gh_reply copy;
  const char *why;
  gh_arena_init(&arena, 0);
  gh_replies_init(&r);
  gh_replies_feed(&r, "*2\r\n$2\r\nhi\r\n*1\r\n:7\r\n", 20);
  assert_true(gh_replies_next(&r, &reply, &why) && reply);
  gh_reply_copy(&arena, reply, &copy);
  gh_replies_free(&r);
  assert_true(gh_str_eq(copy.items[0].text, GH_STR("hi")));
  assert_int_equal(copy.items[1].items[0].integer, 7);
  gh_arena_free(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(whole_answers_in_parts),
    cmocka_unit_test(spoilt_answers),
    cmocka_unit_test(copies_stand_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
