/* The strings extension. Positions are counted in code points: 客户 has two. */
#include "function_call.h"

static void characters_by_position(void **state)
{
  (void)state;
  assert_text(CALL("charAt", text("客户经理"), gh_int(2)), "经");
  assert_text(CALL("charAt", text("客户"), gh_int(2)), "");
  assert_error(CALL("charAt", text("客户"), gh_int(3)), "index out of range: 3");
  assert_error(CALL("charAt", text("客户"), gh_int(-1)), "index out of range: -1");
  assert_error(CALL("charAt", gh_int(42), gh_int(2)), "no such overload");
}

static void where_a_text_begins(void **state)
{
  (void)state;
  assert_value(CALL("indexOf", text("ta©o©αT"), text("©")), gh_int(2));
  assert_value(CALL("indexOf", text("ta©o©αT"), text("©"), gh_int(3)), gh_int(4));
  assert_value(CALL("indexOf", text("abc"), text("x")), gh_int(-1));
  assert_value(CALL("indexOf", text("abc"), text("")), gh_int(0));
  assert_value(CALL("indexOf", text("abc"), text(""), gh_int(3)), gh_int(3));
  assert_value(CALL("indexOf", text("abc"), text("c"), gh_int(3)), gh_int(-1));
  assert_error(CALL("indexOf", text("abc"), text("a"), gh_int(4)), "index out of range: 4");
  assert_error(CALL("indexOf", text("abc"), text("a"), gh_int(-1)), "index out of range: -1");
  assert_error(CALL("indexOf", text("42"), text("4"), text("0")), "no such overload");
}

static void where_a_text_begins_last(void **state)
{
  (void)state;
  assert_value(CALL("lastIndexOf", text("ta©o©αT"), text("©")), gh_int(4));
  assert_value(CALL("lastIndexOf", text("ta©o©αT"), text("©"), gh_int(3)), gh_int(2));
  assert_value(CALL("lastIndexOf", text("hello wello"), text("ello"), gh_int(6)), gh_int(1));
  assert_value(CALL("lastIndexOf", text("abc"), text("")), gh_int(3));
  assert_value(CALL("lastIndexOf", text("abc"), text(""), gh_int(2)), gh_int(2));
  assert_value(CALL("lastIndexOf", text("ab"), text("abc")), gh_int(-1));
  assert_error(CALL("lastIndexOf", text("abc"), text("a"), gh_int(-1)), "index out of range");
  assert_error(CALL("lastIndexOf", text("abc"), text("a"), gh_int(30)), "index out of range");
}

static void lists_are_joined(void **state)
{
  (void)state;
  assert_text(CALL("join", LIST(text("甲"), text("乙")), text("、")), "甲、乙");
  assert_text(CALL("join", LIST(text("a"), text("b"))), "ab");
  assert_text(CALL("join", list_of(NULL, 0), text("-")), "");
  assert_error(CALL("join", LIST(text("a"), gh_int(1)), text("-")), "no such overload");
}

static void letters_change_case_in_ascii_alone(void **state)
{
  (void)state;
  assert_text(CALL("lowerAscii", text("TacoCÆt Z@[")), "tacocÆt z@[");
  assert_text(CALL("upperAscii", text("tacocæt z`{")), "TACOCæT Z`{");
  assert_text(CALL("upperAscii", text("")), "");
}

static void texts_are_replaced(void **state)
{
  (void)state;
  assert_text(CALL("replace", text("hello hello"), text("he"), text("we")), "wello wello");
  assert_text(CALL("replace", text("hello hello"), text("he"), text("we"), gh_int(1)), "wello hello");
  assert_text(CALL("replace", text("hello hello"), text("he"), text("we"), gh_int(0)), "hello hello");
  assert_text(CALL("replace", text("hello hello"), text("he"), text("we"), gh_int(-1)), "wello wello");
  assert_text(CALL("replace", text("甲乙"), text(""), text("-")), "-甲-乙-");
  assert_text(CALL("replace", text("甲乙"), text(""), text("-"), gh_int(2)), "-甲-乙");
  assert_error(CALL("replace", text("42"), text("2"), gh_int(1)), "no such overload");
}

static void texts_are_split(void **state)
{
  (void)state;
  assert_value(CALL("split", text("a,b,c"), text(",")), LIST(text("a"), text("b"), text("c")));
  assert_value(CALL("split", text("a,b,c"), text(","), gh_int(2)), LIST(text("a"), text("b,c")));
  assert_value(CALL("split", text("a,b,c"), text(","), gh_int(1)), LIST(text("a,b,c")));
  assert_value(CALL("split", text("a,b,c"), text(","), gh_int(0)), list_of(NULL, 0));
  assert_value(CALL("split", text("a,b,c"), text(","), gh_int(-1)), LIST(text("a"), text("b"), text("c")));
  assert_value(CALL("split", text(","), text(",")), LIST(text(""), text("")));
  assert_value(CALL("split", text("客户"), text("")), LIST(text("客"), text("户")));
  assert_value(CALL("split", text("客户群"), text(""), gh_int(2)), LIST(text("客"), text("户群")));
  assert_value(CALL("split", text(""), text("")), list_of(NULL, 0));
  assert_value(CALL("split", text(""), text(",")), LIST(text("")));
}

static void parts_of_a_text(void **state)
{
  (void)state;
  assert_text(CALL("substring", text("ta©o©αT"), gh_int(2), gh_int(6)), "©o©α");
  assert_text(CALL("substring", text("客户经理"), gh_int(2)), "经理");
  assert_text(CALL("substring", text("客户"), gh_int(2)), "");
  assert_error(CALL("substring", text("客户"), gh_int(3)), "index out of range: 3");
  assert_error(CALL("substring", text("客户"), gh_int(1), gh_int(50)), "index out of range: 50");
  assert_error(CALL("substring", text("客户经理"), gh_int(3), gh_int(2)), "invalid substring range. start: 3, end: 2");
}

static void white_space_is_that_of_unicode(void **state)
{
  (void)state;
  assert_text(CALL("trim", text(" \t\n\u3000 客 户 \u2028")), "客 户");
  assert_text(CALL("trim", text("\u200Btext\uFEFF")), "\u200Btext\uFEFF");
  assert_text(CALL("trim", text(" \u00A0 ")), "");
  assert_text(CALL("reverse", text("☺ab")), "ba☺");
  assert_text(CALL("reverse", text("")), "");
}

static void memory_is_bounded(void **state)
{
  (void)state;
  static char many[400000];
  memset(many, 'a', sizeof many);
  struct gh_value much = gh_string(gh_str_n(many, sizeof many));
  assert_error(CALL("replace", much, text("a"), text("aaaa")), "1 MB");
  assert_error(CALL("split", much, text("")), "1 MB");
  assert_error(call_with_steps("lastIndexOf", (struct gh_value[]){much, gh_string(gh_str_n(many, 200000))}, 2, 1), "step");
}

/* Each place costs what it compares: without that, the search below takes minutes. */
static void a_search_backwards_spends_steps(void **state)
{
  (void)state;
  static char many[400000], word[200000];
  memset(many, 'a', sizeof many);
  memset(word, 'a', sizeof word);
  word[sizeof word - 1] = 'b';
  assert_error(CALL("lastIndexOf", gh_string(gh_str_n(many, sizeof many)), gh_string(gh_str_n(word, sizeof word))), "step");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(characters_by_position, fresh_scratch),
    cmocka_unit_test_setup(where_a_text_begins, fresh_scratch),
    cmocka_unit_test_setup(where_a_text_begins_last, fresh_scratch),
    cmocka_unit_test_setup(lists_are_joined, fresh_scratch),
    cmocka_unit_test_setup(letters_change_case_in_ascii_alone, fresh_scratch),
    cmocka_unit_test_setup(texts_are_replaced, fresh_scratch),
    cmocka_unit_test_setup(texts_are_split, fresh_scratch),
    cmocka_unit_test_setup(parts_of_a_text, fresh_scratch),
    cmocka_unit_test_setup(white_space_is_that_of_unicode, fresh_scratch),
    cmocka_unit_test_setup(memory_is_bounded, fresh_scratch),
    cmocka_unit_test_setup(a_search_backwards_spends_steps, fresh_scratch),
  };
  return cmocka_run_group_tests(tests, NULL, free_scratch);
}
