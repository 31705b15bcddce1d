/* The strict reader: the kinds of malformed documents that lenient readers let through, each refused; and what must be accepted, accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "json.h"

#define BYTES(literal) {literal, sizeof(literal) - 1}

struct document { const char *text; size_t len; };

static const struct document malformed[] = {
  /* lists */
  BYTES("[1 true]"), BYTES("[a\xE5]"), BYTES("[\"\": 1]"), BYTES("[\"\"],"), BYTES("[,1]"), BYTES("[1,,2]"), BYTES("[\"x\",,]"),
  BYTES("[\"x\"]]"), BYTES("[\"\",]"), BYTES("[\"x\""), BYTES("[x"), BYTES("[3[4]]"), BYTES("[\xFF]"), BYTES("[1:2]"), BYTES("[,]"),
  BYTES("[-]"), BYTES("[   , \"\"]"), BYTES("[\"a\",\n4\n,1,"), BYTES("[1,]"), BYTES("[1,,]"), BYTES("[\"\va\"\\f]"), BYTES("[*]"),
  BYTES("[\"\""), BYTES("[1,"), BYTES("[1,\n1\n,1"), BYTES("[{}"), BYTES("[1\x0c]"), BYTES("[1\x1a 2]"),
  /* literals */
  BYTES("[fals]"), BYTES("[nul]"), BYTES("[tru]"), BYTES("[True]"), BYTES("[FALSE]"), BYTES("[nulll]"), BYTES("[true\0]"), BYTES("nan"),
  /* numbers */
  BYTES("123\0"), BYTES("[++1234]"), BYTES("[+1]"), BYTES("[+Inf]"), BYTES("[-01]"), BYTES("[-1.0.]"), BYTES("[-2.]"), BYTES("[-NaN]"),
  BYTES("[.-1]"), BYTES("[.2e-3]"), BYTES("[0.1.2]"), BYTES("[0.3e+]"), BYTES("[0.3e]"), BYTES("[0.e1]"), BYTES("[0E+]"), BYTES("[0E]"),
  BYTES("[0e+]"), BYTES("[0e]"), BYTES("[1.0e+]"), BYTES("[1.0e-]"), BYTES("[1.0e]"), BYTES("[1 000.0]"), BYTES("[1eE2]"), BYTES("[2.e+3]"),
  BYTES("[2.e-3]"), BYTES("[2.e3]"), BYTES("[9.e+]"), BYTES("[Inf]"), BYTES("[NaN]"), BYTES("[\xEF\xBC\x91]"), BYTES("[1+2]"), BYTES("[0x1]"),
  BYTES("[0x42]"), BYTES("[Infinity]"), BYTES("[0e+-1]"), BYTES("[-123.123foo]"), BYTES("[123\xE5]"), BYTES("[1e1\xE5]"), BYTES("[0\xE5]"),
  BYTES("[-Infinity]"), BYTES("[-foo]"), BYTES("[- 1]"), BYTES("[-012]"), BYTES("[-.123]"), BYTES("[-1x]"), BYTES("[1ea]"), BYTES("[1e\xE5]"),
  BYTES("[1.]"), BYTES("[.123]"), BYTES("[1.2a-3]"), BYTES("[1.8011670033376514H-308]"), BYTES("[012]"), BYTES("[00.0]"), BYTES("[-00e0]"),
  BYTES("[-0\"a\"]"), BYTES("1\"abc\""),
  /* objects */
  BYTES("[\"x\", truth]"), BYTES("{[: \"x\"}\n"), BYTES("{\"x\", null}"), BYTES("{\"x\"::\"b\"}"), BYTES("{\xF0\x9F\x87\xA8\xF0\x9F\x87\xAD}"),
  BYTES("{\"a\":\"a\" 123}"), BYTES("{key: 'value'}"), BYTES("{\"\xB9\":\"0\",}"), BYTES("{\"a\" b}"), BYTES("{:\"b\"}"), BYTES("{\"a\" \"b\"}"),
  BYTES("{\"a\":"), BYTES("{\"a\""), BYTES("{1:1}"), BYTES("{9999E9999:1}"), BYTES("{null:null,null:null}"), BYTES("{\"id\":0,,,,,}"),
  BYTES("{'a':0}"), BYTES("{\"id\":0,}"), BYTES("{\"a\":\"b\"}/**/"), BYTES("{\"a\":\"b\"}/**//"), BYTES("{\"a\":\"b\"}//"), BYTES("{\"a\":\"b\"}/"),
  BYTES("{\"a\":\"b\",,\"c\":\"d\"}"), BYTES("{a: \"b\"}"), BYTES("{\"a\":\"a"), BYTES("{ \"foo\" : \"bar\", \"a\" }"), BYTES("{\"a\":\"b\"}#"),
  BYTES("{\"a\":1]"), BYTES("[1}"), BYTES("{\"a\":1}}"), BYTES("{\"a\":1} {\"b\":2}"), BYTES("{\"a\":}"), BYTES("{,}"), BYTES("{\"a\" 1}"),
  /* texts */
  BYTES(" "), BYTES("[\"\\uD800\\\"]"), BYTES("[\"\\uD800\\u\"]"), BYTES("[\"\\uD800\\u1\"]"), BYTES("[\"\\uD800\\u1x\"]"), BYTES("[\xC3\xA9]"),
  BYTES("[\"\\\0\"]"), BYTES("[\"\\x00\"]"), BYTES("[\"\\\\\\\"]"), BYTES("[\"\\\t\"]"), BYTES("[\"\\\xF0\x9F\x8C\x80\"]"), BYTES("[\"\\\"]"),
  BYTES("[\"\\u00A\"]"), BYTES("[\"\\uD834\\uDd\"]"), BYTES("[\"\\uD800\\uD800\\x\"]"), BYTES("[\"\\a\"]"), BYTES("[\"\\uqqqq\"]"),
  BYTES("[\"\\\xE5\"]"), BYTES("[\\u0020\"asd\"]"), BYTES("[\\n]"), BYTES("\""), BYTES("['single quote']"), BYTES("abc"), BYTES("[\"\\"),
  BYTES("[\"a\0a\"]"), BYTES("[\"new\nline\"]"), BYTES("[\"\t\"]"), BYTES("\"\\UA66D\""), BYTES("\"\"x"), BYTES("[\"\\uDFAA\"]"), BYTES("[\"\\uD888\"]"),
  BYTES("[\"\\uDd1ea\"]"), BYTES("[\"\\uD800\\n\"]"), BYTES("[\"\\101\"]"), BYTES("{\"\\u12\":1}"), BYTES("[\"a\"b\"c\"]"), BYTES("[\\\"a\", \"b\\\"]"),
  /* bad UTF-8: cut, over-long, a surrogate, beyond the end, a lone continuation */
  BYTES("[\"\xE2\x82\"]"), BYTES("[\"\xC0\xAF\"]"), BYTES("[\"\xED\xA0\x80\"]"), BYTES("[\"\xF4\xBF\xBF\xBF\"]"), BYTES("[\"\x81\"]"),
  BYTES("[\"\xFC\x80\x80\x80\x80\x80\"]"), BYTES("{\"\xFF\":1}"), BYTES("[\"\xE6\xB5\"]"), BYTES("[\"\xF8\x88\x80\x80\x80\"]"),
  /* shape */
  BYTES("<.>"), BYTES("[<null>]"), BYTES("[1]x"), BYTES("[1]]"), BYTES("[\"asd]"), BYTES("a\xC3\xA5"), BYTES("[True]"), BYTES("1]"),
  BYTES("{\"x\": true,"), BYTES("[][]"), BYTES("]"), BYTES("\xEF\xBB{}"), BYTES("\xE5"), BYTES("["), BYTES(""), BYTES("2@"), BYTES("{}}"),
  BYTES("{\"\":"), BYTES("{\"a\":/*comment*/\"b\"}"), BYTES("{\"a\": true} \"x\""), BYTES("['"), BYTES("[,"), BYTES("[{"), BYTES("[\"a"),
  BYTES("[\"a\""), BYTES("{"), BYTES("{]"), BYTES("{,"), BYTES("{["), BYTES("{\"a"), BYTES("{'a'"), BYTES("[\"\\{[\"\\{[\"\\{[\"\\{"), BYTES("*"),
  BYTES("{\"a\":\"b\"}#{}"), BYTES("[\\u000A\"\"]"), BYTES("[1"), BYTES("[ false, nul"), BYTES("[ true, fals"), BYTES("[ false, tru"),
  BYTES("{\"asd\":\"asd\""), BYTES("\xC3\xA5"), BYTES("[\xE2\x81\xA0]"), BYTES("[\x0C]"), BYTES("\0"), BYTES("{\"a\":1}\0"), BYTES("\x0b{}"),
};

static const struct document wellformed[] = {
  BYTES("[[]   ]"), BYTES("[]"), BYTES("[\"\"]"), BYTES("[false]"), BYTES("[null, 1, \"1\", {}]"), BYTES("[1\n]"), BYTES(" [1]"), BYTES("[2] "),
  BYTES("[123e65]"), BYTES("[0e+1]"), BYTES("[0e1]"), BYTES("[ 4]"), BYTES("[-0.000000000000000000000000000000000000000000000000000000000001]"),
  BYTES("[20e1]"), BYTES("[-0]"), BYTES("[-123]"), BYTES("[-1]"), BYTES("[1E22]"), BYTES("[1E-2]"), BYTES("[1E+2]"), BYTES("[123.456e78]"),
  BYTES("[1e-2]"), BYTES("[1e+2]"), BYTES("[123]"), BYTES("[123.456789]"), BYTES("[1e9999]"), BYTES("[-123123123123123123123123123123]"),
  BYTES("{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"), BYTES("{\"a\":\"b\",\"a\":\"c\"}"), BYTES("{}"), BYTES("{\"\":0}"), BYTES("{\"foo\\u0000bar\": 42}"),
  BYTES("{\"min\": -1.0e+28, \"max\": 1.0e+28 }"), BYTES("{\"a\":[]}"), BYTES("{\n\"a\": \"b\"\n}"), BYTES("[\"\\u0060\\u012a\\u12AB\"]"),
  BYTES("[\"\\uD801\\udc37\"]"), BYTES("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"), BYTES("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"), BYTES("[\"\\\\u0000\"]"),
  BYTES("[\"\\\"\"]"), BYTES("[\"a/*b*/c/*d//e\"]"), BYTES("[\"\\\\a\"]"), BYTES("[\"\\\\n\"]"), BYTES("[\"\\u0012\"]"), BYTES("[\"\\uFFFF\"]"),
  BYTES("[ \"asd\"]"), BYTES("[\"\xF4\x8F\xBF\xBF\"]"), BYTES("[\"\xEF\xBF\xBF\"]"), BYTES("[\"\\u0000\"]"), BYTES("[\"\\u002c\"]"),
  BYTES("[\"\xCF\x80\"]"), BYTES("\" \""), BYTES("[\"\\uDBFF\\uDFFE\"]"), BYTES("[\"\xE2\x80\xA8\xE2\x80\xA9\"]"), BYTES("[\"\x7F\"]"),
  BYTES("[\"\\uA66D\"]"), BYTES("[\"\xE2\x82\xAC\xF0\x9D\x84\x9E\"]"), BYTES("false"), BYTES("42"), BYTES("-0.1"), BYTES("null"), BYTES("\"asd\""),
  BYTES("true"), BYTES("[\"a\"]\n"), BYTES("[true]"), BYTES("\t{ \"a\"\r\n: [1 ,\t2 ] } \r\n"), BYTES("[1,2,[3,{\"x\":[{}]}]]"),
};

/* A copy of exact size, so that a sanitizer sees every read beyond it. */
static bool reads(const char *text, size_t len, unsigned depth)
{
  struct json_tape tape;
  struct gh_arena arena;
  char *exact = malloc(len ? len : 1);
  memcpy(exact, text, len);
  gh_json_tape_init(&tape);
  gh_arena_init(&arena, 0);
  bool ok = gh_json_tape_read(&tape, &arena, (struct gh_str){exact, len}, depth);
  if (!ok) assert_non_null(tape.reason);
  gh_arena_free(&arena);
  gh_json_tape_free(&tape);
  free(exact);
  return ok;
}

static void test_malformed_documents_are_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
    const struct document *d = &malformed[i];
    if (reads(d->text, d->len, 64)) fail_msg("accepted: %.*s", (int)d->len, d->text);
  }
}

/* What is malformed alone is malformed as the value of a key nobody asks for, too. */
static void test_malformed_values_are_refused_where_nobody_looks(void **state)
{
  char text[256];
  (void)state;
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
    const struct document *d = &malformed[i];
    if (d->len == 0 || memchr(d->text, '#', d->len) || memchr(d->text, ']', d->len) == NULL || d->text[0] != '[') continue;
    size_t n = (size_t)snprintf(text, sizeof text, "{\"id\":\"1\",\"unused\":");
    memcpy(text + n, d->text, d->len);
    memcpy(text + n + d->len, ",\"z\":1}", 7);
    if (reads(text, n + d->len + 7, 64)) fail_msg("accepted: %.*s", (int)(n + d->len + 7), text);
  }
}

static void test_wellformed_documents_are_accepted(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof wellformed / sizeof *wellformed; i++) {
    const struct document *d = &wellformed[i];
    if (!reads(d->text, d->len, 64)) fail_msg("refused: %.*s", (int)d->len, d->text);
  }
}

/* Every place where a document can be cut: only the whole is accepted. */
static void test_a_cut_document_is_refused_wherever_it_is_cut(void **state)
{
  static const char text[] = "{\"a\":[1,{\"b\":\"\\u00e9x\"}],\"c\":-1.5e3,\"d\":null,\"e\":true,\"\xE9\x87\x91\":\"\xE9\x93\xB6\"}";
  (void)state;
  for (size_t n = 0; n < sizeof text - 1; n++) assert_false(reads(text, n, 64));
  assert_true(reads(text, sizeof text - 1, 64));
}

static void test_depth_is_bounded(void **state)
{
  (void)state;
  assert_true(reads("[[[]]]", 6, 3));
  assert_false(reads("[[[[]]]]", 8, 3));
  assert_false(reads("{\"a\":[[{}]]}", 12, 3));
  char deep[4000];
  memset(deep, '[', sizeof deep);
  assert_false(reads(deep, sizeof deep, 64));
}

static void test_nodes_span_their_subtrees(void **state)
{
  static const char text[] = "{\"a\":[1,[2,3]],\"b\\u0041\":\"x\\ty\",\"c\":{}}";
  struct json_tape t;
  struct gh_arena arena;
  (void)state;
  gh_json_tape_init(&t);
  gh_arena_init(&arena, 0);
  assert_true(gh_json_tape_read(&t, &arena, GH_STR(text), 8));
  const struct json_node *n = t.nodes + 1;
  assert_int_equal(t.nodes[0].text_len, 3);
  assert_int_equal(t.nodes[0].span, t.nnodes);
  assert_int_equal(n->kind, JSON_LIST);
  assert_int_equal(n->span, 5);
  n += n->span;
  assert_true(gh_str_eq(json_key(n), GH_STR("bA")));
  assert_true(gh_str_eq(json_text(n), GH_STR("x\ty")));
  n += n->span;
  assert_int_equal(n->kind, JSON_OBJECT);
  assert_ptr_equal(n + n->span, t.nodes + t.nnodes);
  gh_arena_free(&arena);
  gh_json_tape_free(&t);
}

static void test_a_long_record_grows_the_parser(void **state)
{
  size_t len = 300000;
  char *text = malloc(len);
  (void)state;
  memset(text, ' ', len);
  text[0] = '[';
  for (size_t i = 1; i + 2 < len; i += 2) text[i] = '1', text[i + 1] = ',';
  text[len - 2] = '1';
  text[len - 1] = ']';
  if (text[len - 3] == '1') text[len - 3] = ' ', text[len - 4] = ',';
  assert_true(reads(text, len, 2));
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_malformed_documents_are_refused),
    cmocka_unit_test(test_malformed_values_are_refused_where_nobody_looks),
    cmocka_unit_test(test_wellformed_documents_are_accepted),
    cmocka_unit_test(test_a_cut_document_is_refused_wherever_it_is_cut),
    cmocka_unit_test(test_depth_is_bounded),
    cmocka_unit_test(test_nodes_span_their_subtrees),
    cmocka_unit_test(test_a_long_record_grows_the_parser),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
