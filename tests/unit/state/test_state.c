/* State: what is logged, read back, is the same state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "goldhour/base/hash.h"
#include "goldhour/base/time.h"
#include "goldhour/state/state.h"

static struct gh_field pay_fields[] = {{GH_STR("amount"), {GH_DECIMAL, 2, NULL, NULL}, true}, {GH_STR("employer"), {GH_STRING, 0, NULL, NULL}, false}};
static struct gh_field customer_fields[] = {{GH_STR("name"), {GH_STRING, 0, NULL, NULL}, false}, {GH_STR("age"), {GH_INT, 0, NULL, NULL}, false}};
static struct gh_event_type types[] = {{GH_STR("pay"), 0, 2, pay_fields}};
static struct gh_schema schema = {{GH_STR("customer"), GH_CUSTOMER_TYPE, 2, customer_fields}, types, 1};

static void open_state(struct gh_state *s)
{
  gh_state_init(s);
  gh_names_bind(&s->names, &schema);
}

static uint64_t seed;
static uint32_t chance(uint32_t below) { return (uint32_t)((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 33) % below; }

static struct gh_str numbered(char out[24], const char *prefix, uint32_t n)
{
  return gh_str_n(out, (size_t)snprintf(out, 24, "%s%u", prefix, n));
}

static void change_profile(struct gh_state *s, struct gh_customer *c, int64_t t)
{
  char name[24];
  struct gh_value slots[2] = {{0}};
  if (chance(2)) slots[0] = chance(4) ? gh_string(numbered(name, "n", chance(100))) : gh_null();
  if (chance(2)) slots[1] = gh_int(chance(90));
  gh_state_profile(s, c, t, &schema.customer, slots);
}

static void take_event(struct gh_state *s, struct gh_customer *c, int64_t t, uint32_t n)
{
  char id[24];
  struct gh_value slots[2] = {gh_decimal(chance(100000), 2), chance(2) ? gh_string(GH_STR("华东电子")) : gh_absent()};
  struct gh_event e = {.type = &types[0], .id = numbered(id, "e", n), .customer = c->key, .time_ms = t, .slots = slots};
  if (!gh_state_id(s, c, (struct gh_seen){gh_id_hash(e.id), t}, t - 5000, 1000)) return;
  gh_state_pend(s, c, &(struct gh_pending_begin){.time_ms = t, .found_ms = t, .arrival = n, .event = &e});
}

static void begin_or_end_wait(struct gh_state *s, struct gh_customer *c, int64_t t)
{
  char key[24];
  struct gh_str instance = numbered(key, "i", chance(3));
  uint32_t rule = chance(3);
  struct gh_wait *w = gh_wait_find(c, rule, instance);
  if (w) gh_state_wait_end(s, w);
  else gh_state_wait(s, c, &(struct gh_wait_begin){.begin_ms = t, .due_ms = t + chance(9999), .rule = rule, .key = instance, .event = GH_STR("packed")});
}

static void change_something(struct gh_state *s, uint32_t n)
{
  char key[24];
  int64_t t = (int64_t)n * 10 + chance(50);
  struct gh_customer *c = gh_customer_make(s, numbered(key, "C", chance(40)));
  struct gh_value text = gh_string(chance(2) ? GH_STR("wealth") : GH_STR("fund"));
  switch (chance(9)) {
  case 0: change_profile(s, c, t); break;
  case 1: take_event(s, c, t, n); break;
  case 2: if (s->waiting.count) gh_state_pend_done(s, gh_state_next_event(s)); break;
  case 3: gh_state_cell(s, c, &(struct gh_cell_begin){t, chance(3), true, chance(2) ? text : gh_decimal(t, 2)}, GH_ALWAYS); break;
  case 4: begin_or_end_wait(s, c, t); break;
  case 5: gh_state_mark(s, c, (struct gh_mark){.kind = GH_MARK_BECOMES, .name = chance(2), .time_ms = chance(2)}); break;
  case 6: gh_state_mark_add(s, c, (struct gh_mark){.kind = GH_MARK_LEAD, .name = chance(2), .time_ms = t}, t - 500); break;
  case 7: if (c->ncells > 5) gh_state_evict(s, c, GH_ALWAYS); break;
  case 8: if (chance(20) == 0) gh_state_forget(s, c, t, GH_STR("forget")); break;
  }
}

struct gathered { struct gh_buf bytes; uint32_t n; };

static void gather(void *ctx, struct gh_customer *c)
{
  struct gathered *g = ctx;
  gh_customer_snapshot(c, &g->bytes);
  g->n++;
}

/* Everything a customer holds, without order where there is none. */
static void assert_same_customer(const struct gh_customer *a, const struct gh_customer *b)
{
  assert_non_null(b);
  assert_true(gh_str_eq(a->key, b->key));
  assert_int_equal(a->profile_ms, b->profile_ms);
  assert_true(gh_str_eq(gh_str_n(a->profile, a->profile_len), gh_str_n(b->profile, b->profile_len)));
  assert_int_equal(a->ncells, b->ncells);
  assert_int_equal(a->nevents, b->nevents);
  for (uint32_t i = 0; i < a->ncells; i++) {
    assert_int_equal(a->cells[i].time_ms, b->cells[i].time_ms);
    assert_true(gh_value_same(gh_cell_value(&a->cells[i]), gh_cell_value(&b->cells[i])));
  }
  assert_int_equal(a->nwaits, b->nwaits);
  for (uint32_t i = 0; i < a->nwaits; i++) assert_non_null(gh_wait_find(b, a->waits[i]->rule, a->waits[i]->key));
  assert_int_equal(a->nmarks, b->nmarks);
  for (uint32_t i = 0; i < a->nmarks; i++) assert_non_null(gh_mark_find(b, a->marks[i].kind, a->marks[i].name, a->marks[i].aux));
  for (uint32_t i = 0; i < a->ids_cap; i++)
    if (a->ids[i].hash && a->ids[i].time_ms > 19000) assert_true(gh_id_known(b, a->ids[i].hash, a->ids[i].time_ms));
}

struct pair { struct gh_state *other; uint32_t n; };

static void compare(void *ctx, struct gh_customer *c)
{
  struct pair *p = ctx;
  assert_same_customer(c, gh_customer_find(p->other, c->key));
  p->n++;
}

static void assert_same(struct gh_state *a, struct gh_state *b)
{
  struct pair p = {b, 0};
  gh_customers_in(a, 0, UINT64_MAX, compare, &p);
  assert_int_equal(p.n, a->table.count);
  assert_int_equal(a->timers.count, b->timers.count);
  assert_int_equal(a->waiting.count, b->waiting.count);
  if (a->waiting.count) assert_int_equal(gh_state_next_event(a)->arrival, gh_state_next_event(b)->arrival);
}

static void the_log_makes_the_same_state(void **unused)
{
  (void)unused;
  for (uint64_t story = 1; story <= 40; story++) {
    seed = story * 7919;
    struct gh_state a, b;
    struct gh_buf log = {0};
    open_state(&a);
    open_state(&b);
    gh_state_log_to(&a, &log);
    for (uint32_t n = 0; n < 2000; n++) change_something(&a, n);
    gh_state_log_pending(&a);
    assert_true(gh_state_replay(&b, gh_buf_str(&log), NULL, NULL));
    assert_same(&a, &b);
    gh_buf_free(&log);
    gh_state_free(&a);
    gh_state_free(&b);
  }
}

static void a_snapshot_makes_the_same_state(void **unused)
{
  (void)unused;
  struct gh_state a, b;
  struct gathered g = {{0}, 0};
  seed = 99;
  open_state(&a);
  open_state(&b);
  for (uint32_t n = 0; n < 5000; n++) change_something(&a, n);
  /* In ranges of the hash, as buckets are written. */
  for (uint64_t i = 0; i < 16; i++) gh_customers_in(&a, i << 60, (i << 60) | ((UINT64_C(1) << 60) - 1), gather, &g);
  assert_int_equal(g.n, a.table.count);
  assert_true(gh_state_replay(&b, gh_buf_str(&g.bytes), NULL, NULL));
  assert_same(&a, &b);
  gh_buf_free(&g.bytes);
  gh_state_free(&a);
  gh_state_free(&b);
}

static void malformed_changes_are_refused(void **unused)
{
  (void)unused;
  struct gh_state a;
  struct gh_buf log = {0};
  seed = 5;
  open_state(&a);
  gh_state_log_to(&a, &log);
  for (uint32_t n = 0; n < 200; n++) change_something(&a, n);
  for (size_t cut = 0; cut < log.len; cut += 7) {
    struct gh_state b;
    open_state(&b);
    gh_state_replay(&b, gh_str_n(log.data, cut), NULL, NULL); /* must not read beyond the end */
    gh_state_free(&b);
  }
  struct gh_state c;
  open_state(&c);
  assert_false(gh_state_replay(&c, GH_STR("\x01\x02" "C1" "\x7f"), NULL, NULL));
  gh_state_free(&c);
  gh_state_free(&a);
  gh_buf_free(&log);
}

static void a_profile_is_merged_field_by_field(void **unused)
{
  (void)unused;
  struct gh_state s;
  struct gh_arena arena;
  open_state(&s);
  gh_arena_init(&arena, 0);
  struct gh_customer *c = gh_customer_make(&s, GH_STR("C1"));
  gh_state_profile(&s, c, 1, &schema.customer, (struct gh_value[]){gh_string(GH_STR("王芳")), gh_int(36)});
  gh_state_profile(&s, c, 2, &schema.customer, (struct gh_value[]){gh_absent(), gh_int(37)});
  struct gh_value slots[2];
  gh_profile_slots(&s, c, &schema.customer, slots, &arena);
  assert_true(gh_str_eq(gh_text(slots[0]), GH_STR("王芳")));
  assert_int_equal(slots[1].i, 37);
  gh_state_profile(&s, c, 3, &schema.customer, (struct gh_value[]){gh_null(), gh_absent()});
  gh_profile_slots(&s, c, &schema.customer, slots, &arena);
  assert_int_equal(slots[0].kind, GH_ABSENT);
  gh_arena_free(&arena);
  gh_state_free(&s);
}

static void a_removed_customer_leaves_the_others_in_reach(void **unused)
{
  (void)unused;
  struct gh_state s;
  char key[24];
  open_state(&s);
  for (uint32_t i = 0; i < 3000; i++) gh_customer_make(&s, numbered(key, "C", i));
  for (uint32_t i = 0; i < 3000; i += 3) gh_customer_remove(&s, gh_customer_find(&s, numbered(key, "C", i)));
  for (uint32_t i = 0; i < 3000; i++) assert_int_equal(gh_customer_find(&s, numbered(key, "C", i)) != NULL, i % 3 != 0);
  assert_int_equal(s.table.count, 2000);
  gh_state_free(&s);
}

/* A feature's values may be long, and so may customers' keys: a bound that does not see them is none. */
static void texts_of_windows_and_long_keys_are_counted(void **unused)
{
  (void)unused;
  enum { LONG = 10000, KEY = 300 };
  static char text[LONG], key[KEY];
  struct gh_state s;
  memset(text, 'x', LONG);
  memset(key, 'k', KEY);
  open_state(&s);
  struct gh_customer *c = gh_customer_make(&s, gh_str_n(key, KEY));
  uint64_t before = gh_state_bytes(&s);
  assert_true(before > KEY);
  for (int64_t t = 0; t < 3; t++) {
    text[0] = (char)('a' + t % 2);
    gh_state_cell(&s, c, &(struct gh_cell_begin){.time_ms = t, .first = true, .value = gh_string(gh_str_n(text, LONG))}, 0);
  }
  uint64_t with = gh_state_bytes(&s);
  assert_true(with >= before + 2 * LONG && with < before + 3 * LONG); /* one text stands for two */
  gh_cells_prune(&s, c, 1000);
  assert_true(gh_state_bytes(&s) < before + LONG);
  gh_state_free(&s);
}

/* Else each would in time hold the greatest event that it ever held, and nobody would see it. */
static void a_great_event_that_waited_leaves_no_memory_behind(void **unused)
{
  (void)unused;
  enum { LONG = 100000 };
  static char text[LONG];
  struct gh_state s;
  memset(text, 'x', LONG);
  open_state(&s);
  struct gh_customer *c = gh_customer_make(&s, GH_STR("C1"));
  struct gh_value slots[2] = {gh_decimal(100, 2), gh_string(gh_str_n(text, LONG))};
  struct gh_event e = {.type = &types[0], .id = GH_STR("e1"), .customer = c->key, .time_ms = 5, .slots = slots};
  uint64_t before = gh_state_bytes(&s);
  struct gh_pending *p = gh_state_pend(&s, c, &(struct gh_pending_begin){.time_ms = 5, .found_ms = 5, .arrival = 1, .event = &e});
  assert_true(gh_state_bytes(&s) > before + LONG);
  gh_state_pend_done(&s, p);
  assert_int_equal(gh_state_bytes(&s), before);
  assert_ptr_equal(s.free_pending, p);
  assert_int_equal(p->bytes.cap, 0);
  gh_state_free(&s);
}

static void equal_times_are_ordered_by_id_then_customer(void **unused)
{
  (void)unused;
  struct gh_state s;
  open_state(&s);
  const char *ids[] = {"b", "a", "a"}, *customers[] = {"C1", "C2", "C1"};
  struct gh_value slots[2] = {{0}};
  for (unsigned i = 0; i < 3; i++) {
    struct gh_event e = {.type = &types[0], .id = gh_str(ids[i]), .time_ms = 7, .slots = slots};
    gh_state_pend(&s, gh_customer_make(&s, gh_str(customers[i])), &(struct gh_pending_begin){.time_ms = 7, .arrival = i, .event = &e});
  }
  uint64_t order[] = {2, 1, 0};
  for (unsigned i = 0; i < 3; i++) {
    assert_int_equal(gh_state_next_event(&s)->arrival, order[i]);
    gh_state_pend_done(&s, gh_state_next_event(&s));
  }
  gh_state_free(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_profile_is_merged_field_by_field),
      cmocka_unit_test(equal_times_are_ordered_by_id_then_customer),
      cmocka_unit_test(a_removed_customer_leaves_the_others_in_reach),
      cmocka_unit_test(the_log_makes_the_same_state),
      cmocka_unit_test(a_snapshot_makes_the_same_state),
      cmocka_unit_test(malformed_changes_are_refused),
      cmocka_unit_test(texts_of_windows_and_long_keys_are_counted),
      cmocka_unit_test(a_great_event_that_waited_leaves_no_memory_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
