/* Explain: the reasons of one event, found in a file or given as a record. */
#include "goldhour/base/time.h"
#include "goldhour/engine/explain.h"
#include "small_bank.h"

static const char profiles[] = "{\"customer\":\"C1\",\"name\":\"王芳\",\"age\":35,\"aum\":60000}\n{\"customer\":\"C2\",\"age\":62,\"aum\":1000}\n";
static const char events[] =
  "{\"id\":\"a\",\"type\":\"payroll\",\"customer\":\"C1\",\"time\":\"2026-09-17T09:00:00Z\",\"amount\":8000}\n"
  "{\"id\":\"b\",\"type\":\"inflow\",\"customer\":\"C1\",\"time\":\"2026-09-17T09:00:01Z\",\"amount\":5}\n"
  "{\"id\":\"a\",\"type\":\"payroll\",\"customer\":\"C2\",\"time\":\"2026-09-17T09:00:01Z\",\"amount\":9000}\n"
  "{\"id\":\"a\",\"type\":\"payroll\",\"customer\":\"C1\",\"time\":\"2026-09-17T09:00:00Z\",\"amount\":8000}\n"
  "{\"id\":\"c\",\"type\":\"inflow\",\"customer\":\"C2\",\"time\":\"2026-09-17T09:00:02Z\",\"amount\":5}\n"
  "{\"id\":\"d\",\"type\":\"payroll\",\"customer\":\"C1\",\"time\":\"2026-09-18T09:00:00Z\",\"amount\":8000}\n"
  "{\"id\":\"e\",\"type\":\"bought\",\"customer\":\"C2\",\"time\":\"2026-09-18T10:00:00Z\",\"amount\":5}\n"
  "{\"id\":\"f\",\"type\":\"payroll\",\"customer\":\"C3\",\"time\":\"2026-09-20T10:00:00Z\",\"amount\":5}\n";

static int setup(void **state)
{
  if (bank_setup(state) != 0) return -1;
  bank_put(*state, "customers.jsonl", profiles);
  bank_put(*state, "events.jsonl", events);
  return 0;
}

/* What was said, a word a line: `verdict:rule` in order. */
static const char *said(struct small_bank *b, struct gh_explain_options o, struct gh_explanation *e)
{
  char error[512] = "";
  o.profiles = bank_path(b, "customers.jsonl").ptr;
  if (!gh_explain(b->set, &o, e, error)) return gh_arena_str(&b->arena, gh_str(error)).ptr;
  struct gh_buf text = {0};
  for (unsigned i = 0; i < e->nlines; i++) {
    struct gh_str rule = e->lines[i].rule ? e->lines[i].rule->id : GH_STR("");
    gh_buf_fmt(&text, "%s%s%s%.*s", text.len ? " " : "", gh_verdict_name(e->lines[i].verdict), rule.len ? ":" : "", GH_FMT(rule));
  }
  struct gh_str out = gh_arena_str(&b->arena, gh_buf_str(&text));
  gh_buf_free(&text);
  return out.ptr;
}

static void expect_said(struct small_bank *b, struct gh_explain_options o, const char *want)
{
  struct gh_explanation e;
  assert_string_equal(said(b, o, &e), want);
  gh_explanation_free(&e);
}

static void test_an_event_of_the_past(void **state)
{
  struct small_bank *b = *state;
  const char *file = bank_path(b, "events.jsonl").ptr;
  struct gh_explanation e;
  assert_string_equal(said(b, (struct gh_explain_options){.event = GH_STR("a"), .events = file}, &e), "taken duplicate lead:fund");
  assert_int_equal(e.line, 1);
  expect_text(e.customer, "C1");
  expect_text(e.type->name, "payroll");
  expect_text(e.fields, "{\"amount\":\"8000.00\"}");
  expect_text(e.lines[2].texts.key[GH_LEAD_KEY_script], "王芳您好");
  assert_true(gh_str_starts(e.lines[2].lead, GH_STR("{\"id\":")));
  gh_explanation_free(&e);
  expect_said(b, (struct gh_explain_options){.event = GH_STR("a"), .customer = GH_STR("C2"), .events = file}, "taken audience_false:fund");
  expect_said(b, (struct gh_explain_options){.event = GH_STR("d"), .events = file}, "taken cooldown:fund");
}

static void test_what_became_of_its_wait_is_told_when_asked(void **state)
{
  struct small_bank *b = *state;
  const char *file = bank_path(b, "events.jsonl").ptr;
  expect_said(b, (struct gh_explain_options){.event = GH_STR("b"), .events = file}, "taken wait_begun:idle");
  expect_said(b, (struct gh_explain_options){.event = GH_STR("b"), .events = file, .to_end = true}, "taken wait_begun:idle lead:idle");
  expect_said(b, (struct gh_explain_options){.event = GH_STR("c"), .events = file, .to_end = true}, "taken wait_begun:idle wait_cancelled:idle");
}

static void test_an_event_that_is_not_there_or_not_readable(void **state)
{
  struct small_bank *b = *state;
  struct gh_explanation e;
  const char *text = said(b, (struct gh_explain_options){.event = GH_STR("z"), .events = bank_path(b, "events.jsonl").ptr}, &e);
  assert_non_null(strstr(text, "has no event 'z' among its 8 records"));
  gh_explanation_free(&e);
  text = said(b, (struct gh_explain_options){.event = GH_STR("z"), .events = bank_path(b, "absent.jsonl").ptr}, &e);
  assert_non_null(strstr(text, "absent.jsonl"));
  gh_explanation_free(&e);
}

static void test_an_event_that_has_not_happened(void **state)
{
  struct small_bank *b = *state;
  struct gh_str record = GH_STR("{\"id\":\"x\",\"type\":\"payroll\",\"customer\":\"C1\",\"time\":\"2026-09-20T11:00:00Z\",\"amount\":8000}");
  expect_said(b, (struct gh_explain_options){.record = record}, "taken lead:fund");
  expect_said(b, (struct gh_explain_options){.record = record, .events = bank_path(b, "events.jsonl").ptr}, "taken cooldown:fund");
  expect_said(b, (struct gh_explain_options){.record = GH_STR("{\"id\":\"x\",\"type\":\"payroll\",\"customer\":\"C9\",\"time\":\"2026-09-19T09:00:00Z\",\"amount\":8000}")},
              "taken audience_error:fund");
  struct gh_explanation e;
  assert_non_null(strstr(said(b, (struct gh_explain_options){.record = GH_STR("{\"id\":1}")}, &e), "the event is refused"));
  gh_explanation_free(&e);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_an_event_of_the_past, setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_what_became_of_its_wait_is_told_when_asked, setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_an_event_that_is_not_there_or_not_readable, setup, bank_teardown),
    cmocka_unit_test_setup_teardown(test_an_event_that_has_not_happened, setup, bank_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
