/* YAML as a tree with marks, and what is refused in it. */
#include "conf/world.h"
#include "goldhour/conf/yaml.h"

static struct gh_node *parse(struct world *w, const char *text)
{
  return gh_yaml_parse(&w->arena, GH_STR("a.yaml"), gh_str(text), &w->faults);
}

static void refused(struct world *w, const char *text, const char *says)
{
  assert_null(parse(w, text));
  assert_fault(&w->faults, says);
}

static void test_the_tree_has_kinds_texts_and_order(void **state)
{
  struct gh_node *root = parse(*state, "b: 1\na: [x, 'y', {z: 2}]\n");
  assert_non_null(root);
  assert_int_equal(root->kind, GH_NODE_MAP);
  assert_int_equal(root->count, 2);
  assert_true(gh_str_eq(root->first->key, GH_STR("b")));
  struct gh_node *list = gh_node_get(root, "a");
  assert_int_equal(list->kind, GH_NODE_LIST);
  assert_int_equal(list->count, 3);
  assert_false(list->first->quoted);
  assert_true(list->first->next->quoted);
  assert_true(gh_str_eq(gh_node_get(list->first->next->next, "z")->text, GH_STR("2")));
  assert_null(gh_node_get(root, "c"));
}

static void test_marks_count_lines_and_characters_from_one(void **state)
{
  struct gh_node *root = parse(*state, "规则: {名称: 入账}\nb:\n  - x\n");
  assert_int_equal(root->at.line, 1);
  assert_int_equal(root->at.column, 1);
  struct gh_node *name = gh_node_get(root->first, "名称");
  assert_int_equal(name->key_at.column, 6);
  assert_int_equal(name->at.column, 10);
  struct gh_node *x = gh_node_get(root, "b")->first;
  assert_int_equal(x->at.line, 3);
  assert_int_equal(x->at.column, 5);
  assert_true(gh_str_eq(x->at.file, GH_STR("a.yaml")));
}

static void test_a_place_within_a_text_is_found_where_it_stands_as_written(void **state)
{
  struct gh_node *root = parse(*state, "a: 余额 > 1\nb: '余额 > 1'\nc: 'it''s'\nd: >\n  folded\ne: one\n  two\n");
  const struct gh_node *plain = gh_node_get(root, "a"), *quoted = gh_node_get(root, "b");
  assert_int_equal(gh_node_spot(plain, 0).column, 4);
  assert_int_equal(gh_node_spot(plain, strlen("余额 ")).column, 7);
  assert_int_equal(gh_node_spot(quoted, strlen("余额 ")).column, 8);
  assert_int_equal(gh_node_spot(quoted, 1000).column, 11);
  for (const char *key = "cde"; *key; key++) {
    const struct gh_node *n = gh_node_get(root, (char[]){*key, '\0'});
    assert_int_equal(gh_node_spot(n, 2).column, n->at.column);
  }
}

static void test_a_byte_order_mark_moves_nothing(void **state)
{
  struct gh_node *root = parse(*state, "\xef\xbb\xbfkey: x\r\nmore: y\r\n");
  assert_non_null(root);
  assert_int_equal(root->first->key_at.column, 1);
  assert_true(gh_str_eq(root->first->text, GH_STR("x")));
}

static void test_a_duplicate_key_is_refused_where_it_stands(void **state)
{
  refused(*state, "a: 1\nb: 2\na: 3\n", "a.yaml:3:1: error: the key 'a' is written twice (first on line 1)");
}

static void test_a_duplicate_among_many_keys_is_found_too(void **state)
{
  struct gh_buf text = {0};
  for (int i = 0; i < 100; i++) gh_buf_fmt(&text, "key%d: %d\n", i, i);
  gh_buf_fmt(&text, "key42: again\n");
  gh_buf_byte(&text, '\0');
  refused(*state, text.data, "a.yaml:101:1: error: the key 'key42' is written twice (first on line 43)");
  gh_buf_free(&text);
}

static void test_anchors_aliases_and_tags_are_refused(void **state)
{
  refused(*state, "a: &x 1\n", "a.yaml:1:4: error: anchors (&name) are not allowed");
  refused(*state, "a: *x\n", "error: aliases (*name) are not allowed");
  refused(*state, "a: !!str 1\n", "error: tags (!name) are not allowed");
  refused(*state, "<<: *base\n", "aliases");
}

static void test_one_file_holds_one_document(void **state)
{
  assert_non_null(parse(*state, "---\na: 1\n...\n"));
  refused(*state, "a: 1\n---\nb: 2\n", "a.yaml:2:1: error: a second document begins here");
}

static void test_malformed_text_says_where(void **state)
{
  refused(*state, "", "the file is empty");
  refused(*state, "# nothing\n", "the file is empty");
  refused(*state, "a: [1, 2\nb: 3\n", "a.yaml:2:2: error: not YAML");
  refused(*state, "a: 1\nb: \xff\n", "a.yaml:2:4: error: not readable as UTF-8 text");
  refused(*state, "a: \"x\\0y\"\n", "may not hold the character U+0000");
  refused(*state, "script: {{customer.name}}\n", "a key must be a plain text");
}

static void test_deep_nesting_is_refused(void **state)
{
  char text[401];
  memset(text, '[', 200);
  memset(text + 200, ']', 200);
  text[400] = '\0';
  refused(*state, text, "nested over 64 deep");
}

static void test_an_unknown_key_is_met_with_the_nearest(void **state)
{
  struct world *w = *state;
  static const char *const keys[] = {"window", "priority", NULL};
  assert_false(gh_want_map(parse(w, "windw: 1h\n"), keys, &w->faults));
  assert_fault(&w->faults, "a.yaml:1:1: error: unknown key 'windw'\n  hint: did you mean 'window'?");
  assert_false(gh_want_map(parse(w, "colour: red\n"), keys, &w->faults));
  assert_fault(&w->faults, "hint: allowed here: window, priority");
  assert_false(gh_want_map(parse(w, "[a]\n"), keys, &w->faults));
  assert_fault(&w->faults, "expected a map (key: value), found a list");
}

static void test_only_true_and_false_are_bools(void **state)
{
  struct world *w = *state;
  bool b = false;
  struct gh_node *root = parse(w, "a: true\nb: yes\nc: 'true'\nd: no\n");
  assert_true(gh_want_bool(gh_node_get(root, "a"), &b, &w->faults));
  assert_true(b);
  assert_no_fault(&w->faults);
  assert_false(gh_want_bool(gh_node_get(root, "b"), &b, &w->faults));
  assert_false(gh_want_bool(gh_node_get(root, "c"), &b, &w->faults));
  assert_false(gh_want_bool(gh_node_get(root, "d"), &b, &w->faults));
  assert_fault(&w->faults, "'b': expected true or false, found 'yes'");
  assert_fault(&w->faults, "a.yaml:3:4: error: 'c': expected true or false, found 'true'\n  hint: remove the quotes");
}

static void test_ints_are_whole_and_bounded(void **state)
{
  struct world *w = *state;
  static const char *const bad[] = {"1.5", "'7'", "0x10", "1_000", "+1", "-x", "9223372036854775808", "101", "-1", "[1]", ""};
  int64_t v = 0;
  assert_true(gh_want_int(parse(w, "100"), 0, 100, &v, &w->faults));
  assert_int_equal(v, 100);
  assert_true(gh_want_int(parse(w, "-9223372036854775808"), INT64_MIN, INT64_MAX, &v, &w->faults));
  assert_true(v == INT64_MIN);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[64];
    snprintf(text, sizeof text, "n: %s\n", bad[i]);
    assert_false(gh_want_int(gh_node_get(parse(w, text), "n"), 0, 100, &v, &w->faults));
  }
  assert_int_equal(w->faults.errors, sizeof bad / sizeof *bad);
  assert_fault(&w->faults, "'n': expected a whole number from 0 to 100, found '1.5'");
  assert_fault(&w->faults, "'n': expected a whole number from 0 to 100, found nothing");
}

static void test_sizes_and_durations_have_units(void **state)
{
  struct world *w = *state;
  int64_t v = 0;
  assert_true(gh_want_bytes(parse(w, "64MB"), &v, &w->faults));
  assert_int_equal(v, 64 << 20);
  assert_true(gh_want_bytes(parse(w, "512"), &v, &w->faults));
  assert_int_equal(v, 512);
  assert_true(gh_want_duration(parse(w, "1h30m"), &v, &w->faults));
  assert_int_equal(v, 5400000);
  assert_false(gh_want_bytes(parse(w, "64 Mb"), &v, &w->faults));
  assert_false(gh_want_bytes(parse(w, "9999999999999GB"), &v, &w->faults));
  assert_false(gh_want_duration(parse(w, "90"), &v, &w->faults));
  assert_fault(&w->faults, "expected a duration such as 30s, 15m, 1h30m or 7d (at most 100 years), found '90'");
}

static void test_nothing_is_absent_unless_quoted(void **state)
{
  struct gh_node *root = parse(*state, "a: ~\nb:\nc: null\nd: ''\ne: 'null'\nf: []\n");
  for (const char *key = "abc"; *key; key++) assert_true(gh_node_absent(gh_node_get(root, (char[]){*key, '\0'})));
  for (const char *key = "def"; *key; key++) assert_false(gh_node_absent(gh_node_get(root, (char[]){*key, '\0'})));
  assert_true(gh_node_absent(gh_node_get(root, "g")));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
    CASE(test_the_tree_has_kinds_texts_and_order),
    CASE(test_marks_count_lines_and_characters_from_one),
    CASE(test_a_place_within_a_text_is_found_where_it_stands_as_written),
    CASE(test_a_byte_order_mark_moves_nothing),
    CASE(test_a_duplicate_key_is_refused_where_it_stands),
    CASE(test_a_duplicate_among_many_keys_is_found_too),
    CASE(test_anchors_aliases_and_tags_are_refused),
    CASE(test_one_file_holds_one_document),
    CASE(test_malformed_text_says_where),
    CASE(test_deep_nesting_is_refused),
    CASE(test_an_unknown_key_is_met_with_the_nearest),
    CASE(test_only_true_and_false_are_bools),
    CASE(test_ints_are_whole_and_bounded),
    CASE(test_sizes_and_durations_have_units),
    CASE(test_nothing_is_absent_unless_quoted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
