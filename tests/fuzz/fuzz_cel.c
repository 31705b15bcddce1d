/* Any text as a condition: it is refused or evaluated, checked and unchecked, and nothing else happens. What both accept has one value. */
#include "fuzz.h"

#include <stdlib.h>

#include "goldhour/cel/cel.h"

const char *const gh_fuzz_seeds[] = {
  "event.amount >= 8000.00 && customer.age <= 50 || !has(event.topic)",
  "event.topic in ['wealth', 'fund', \"x\\u4e2d\\x41\\101\", r'\\d', '''a'b'''] ? [1, 2u, 0x1f, 3.5e-2] : []",
  "{'a': 1, 'b': {2: [true, null, b'\\xff']}}.b[2][0]",
  "[3, 1, 2].filter(x, x > 1).map(y, y * y).all(z, z % 2 == 0 || z / 3 - 1 < -5)",
  "{1: 'a', 2: 'b'}.transformMap(k, v, k > 1, v + 'c').exists(k, v, v == 'bc' && k == 2)",
  "[1, 2].transformList(i, v, i + v).exists_one(q, q == 1) && [[1], [2]].existsOne(i, l, l[0] > i)",
  "cel.bind(x, event.labels, x.`risk` + size(x)) == 4",
  "timestamp('2026-03-02T00:00:00Z') - duration('36h') < now && now.getHours('+08:00') >= 9",
  "'%s %d %.2f %x'.format([event.topic, 5, 1.5, 255]) + string(event.amount * 0.05) + 'abc'.substring(1, 2).upperAscii()",
  "event.topic.matches('^[a-z]+$') || event.topic.split(',').join('-').replace('a', 'b').indexOf('c') != -1",
  "math.greatest(event.count, -3, 2) > math.abs(-5) && math.bitAnd(6, 3) == 2 && type(event) == map",
  "decimal.div(event.amount, 3, 2) == decimal('0.01') && dyn(1) == 1u && type(1.0) != double",
  "-9223372036854775808 / -1 + 18446744073709551615u - --5 + .5",
  "((((((((((1)))))))))) < a.b.c.d(e)(f) . g // comment\n",
  NULL,
};

static struct gh_value items[] = {{.kind = GH_STRING, .len = 4, .text = "risk"}, {.kind = GH_INT, .i = 3}};

static struct gh_cel_env *bank_env(struct gh_arena *arena)
{
  static const struct { const char *name, *type; } names[] = {
    {"event.amount", "decimal(2)"}, {"event.topic", "string"}, {"event.count", "int"}, {"event.labels", "map(string, int)"},
    {"customer.age", "int"}, {"event.rate", "double"}, {"event.day", "date"}, {"now", "timestamp"},
  };
  struct gh_cel_env *env = gh_cel_env_new(arena, NULL, NULL);
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    struct gh_type type;
    if (!gh_cel_type_parse(arena, gh_str(names[i].type), &type)) abort();
    gh_cel_declare(env, gh_str(names[i].name), type, 0, i);
  }
  return env;
}

static struct gh_value evaluate(const struct gh_program *p, struct gh_arena *scratch)
{
  const struct gh_value row[] = {
    gh_decimal(800000, 2), gh_string(GH_STR("wealth")), gh_int(7), {.kind = GH_MAP, .len = 1, .items = items},
    gh_int(35), gh_absent(), gh_date_value(20514), gh_timestamp(1772400000, 5),
  };
  struct gh_cel_frame frame = {.rows = {row}, .scratch = scratch};
  struct gh_value error, v = gh_cel_eval(p, &frame);
  bool met = v.kind == GH_BOOL && v.b;
  if (gh_cel_test(p, &frame, &error) != met) abort();
  return gh_cel_eval(p, &frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gh_arena arena, scratch[2];
  struct gh_cel_fault fault;
  struct gh_str text = {(const char *)data, size};
  gh_arena_init(&arena, 0);
  gh_arena_init(&scratch[0], GH_CEL_BYTES);
  gh_arena_init(&scratch[1], GH_CEL_BYTES);
  struct gh_cel_env *env = bank_env(&arena);
  struct gh_program *checked = gh_cel_compile(env, &arena, text, (struct gh_cel_options){.want = {.kind = GH_ABSENT}}, &fault);
  if (!checked && (fault.offset > size || !fault.message.len)) abort();
  struct gh_program *unchecked = gh_cel_compile(env, &arena, text, (struct gh_cel_options){.unchecked = true}, &fault);
  if (checked && !unchecked) abort();
  if (unchecked) {
    struct gh_value a = evaluate(unchecked, &scratch[0]), b = checked ? evaluate(checked, &scratch[1]) : a;
    if (a.kind != b.kind || (a.kind == GH_BOOL && a.b != b.b)) abort();
  }
  gh_cel_env_free(env);
  gh_arena_free(&arena);
  gh_arena_free(&scratch[0]);
  gh_arena_free(&scratch[1]);
  return 0;
}
