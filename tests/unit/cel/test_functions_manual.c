/* The manual and the tables of functions say the same. */
#include "function_call.h"

/* `string.indexOf(string, int) -> int`, as the manual writes it. */
static struct gh_str signature(const struct gh_overload *row)
{
  char params[200];
  size_t n = 0;
  for (const char *p = row->params; *p; p++) {
    params[n++] = *p == ';' ? ',' : *p;
    if (*p == ';') params[n++] = ' ';
  }
  params[n] = '\0';
  if (!row->method) return gh_arena_fmt(&scratch, "`%s(%s) -> %s`", row->name, params, row->result);
  char *comma = strstr(row->params, ";");
  size_t receiver = comma ? (size_t)(comma - row->params) : n;
  return gh_arena_fmt(&scratch, "`%.*s.%s(%s) -> %s`", (int)receiver, params, row->name, comma ? params + receiver + 2 : "", row->result);
}

static void the_manual_shows_every_function(void **state)
{
  (void)state;
  static char manual[1 << 18];
  FILE *f = fopen("docs/cel.md", "r");
  assert_non_null(f);
  manual[fread(manual, 1, sizeof manual - 1, f)] = '\0';
  fclose(f);
  unsigned missing = 0;
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
    for (size_t i = 0; i < tables[t]->n; i++) {
      struct gh_str s = signature(&tables[t]->rows[i]);
      if (strstr(manual, s.ptr)) continue;
      print_message("docs/cel.md lacks %s\n", s.ptr);
      missing++;
    }
  assert_int_equal(missing, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup(the_manual_shows_every_function, fresh_scratch)};
  return cmocka_run_group_tests(tests, NULL, free_scratch);
}
