/* What the process died of again and again is not stepped: it ends as a refused record, and everything else goes on. */
#include "bank.h"

struct marks { struct bank bank; uint64_t of_lead[8]; unsigned n; };

/* The first run: what was being stepped as each lead came. */
static void note_mark(void *ctx, const struct gh_trace *t)
{
  struct marks *m = ctx;
  if (t->verdict == GH_V_LEAD && m->n < 8) m->of_lead[m->n++] = gh_core_stepping(m->bank.core);
}

static const char rules[] = "rules: [{id: big, on: pay}, {id: idle, on: {event: inflow, unless: bought, within: 10s}}]";

static void open_marked(struct marks *m, const char *conf)
{
  m->n = 0;
  bank_open(&m->bank, conf, rules);
  gh_core_free(m->bank.core);
  m->bank.options = (struct gh_core_options){.trace = note_mark, .trace_ctx = m};
  m->bank.core = gh_core_new(m->bank.options);
  bank_activate(&m->bank);
}

static void tell(struct bank *b)
{
  bank_arrive(b, "e1 inflow C1 10 amount=5.00");
  bank_arrive(b, "e2 pay C1 11 amount=1.00");
  bank_arrive(b, "e3 pay C2 12 amount=2.00");
  bank_arrive(b, "e4 pay C2 40 amount=3.00");
  bank_end(b);
}

static void a_waiting_event_is_set_aside(void **unused)
{
  (void)unused;
  struct marks m;
  open_marked(&m, "lateness: 2s\n");
  tell(&m.bank);
  bank_expect(&m.bank, "11 big C1 e2 golden\n12 big C2 e3 golden\n20 idle C1 e1 golden\n40 big C2 e4 golden\n");
  uint64_t mark = m.of_lead[1];
  assert_true(gh_core_is_step_mark(mark));
  bank_close(&m.bank);
  open_marked(&m, "lateness: 2s\n");
  gh_core_set_aside(m.bank.core, &mark, 1);
  tell(&m.bank);
  assert_int_equal(m.bank.update.nrefused, 1);
  assert_true(gh_str_eq(m.bank.update.refused[0].reason, GH_STR("poison")));
  assert_true(gh_str_eq(m.bank.update.refused[0].raw, GH_STR("{\"id\":\"e3\",\"type\":\"pay\",\"customer\":\"C2\",\"time\":1789344012000,\"amount\":\"2.00\"}")));
  bank_expect(&m.bank, "11 big C1 e2 golden\n20 idle C1 e1 golden\n40 big C2 e4 golden\n");
  bank_close(&m.bank);
}

static void a_timer_is_set_aside(void **unused)
{
  (void)unused;
  struct marks m;
  open_marked(&m, "lateness: 2s\n");
  tell(&m.bank);
  uint64_t mark = m.of_lead[2];
  assert_true(gh_core_is_step_mark(mark) && mark != m.of_lead[1]);
  bank_close(&m.bank);
  open_marked(&m, "lateness: 2s\n");
  gh_core_set_aside(m.bank.core, &mark, 1);
  tell(&m.bank);
  assert_int_equal(gh_core_counters(m.bank.core)->waits_dropped, 1);
  assert_true(gh_str_starts(m.bank.update.refused[0].raw, GH_STR("{\"id\":\"e1\",\"type\":\"inflow\"")));
  bank_expect(&m.bank, "11 big C1 e2 golden\n12 big C2 e3 golden\n40 big C2 e4 golden\n");
  bank_close(&m.bank);
}

static void the_record_at_hand_has_no_mark_for_its_place_is_known(void **unused)
{
  (void)unused;
  struct marks m;
  open_marked(&m, "lateness: 0s\n");
  bank_arrive(&m.bank, "e2 pay C1 11 amount=1.00");
  assert_int_equal(m.n, 1);
  assert_int_equal(m.of_lead[0], 0);
  bank_close(&m.bank);
}

static void marks_fit_what_stores_keep(void **unused)
{
  (void)unused;
  struct marks m;
  open_marked(&m, "lateness: 2s\n");
  tell(&m.bank);
  for (unsigned i = 0; i < m.n; i++) assert_true(m.of_lead[i] <= INT64_MAX);
  assert_false(gh_core_is_step_mark(UINT64_C(1) << 48));
  bank_close(&m.bank);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_waiting_event_is_set_aside),
      cmocka_unit_test(a_timer_is_set_aside),
      cmocka_unit_test(the_record_at_hand_has_no_mark_for_its_place_is_known),
      cmocka_unit_test(marks_fit_what_stores_keep),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
