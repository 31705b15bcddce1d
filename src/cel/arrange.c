/* Predicates laid out as tests. What has no fast form stays with the predicate. */
#include <math.h>

#include "program.h"

enum { TEXT_MAX = 16 };

struct arranger {
  struct gh_cel_env *env;
  struct gh_arena *arena;
};

static bool is_text(struct gh_value v) { return v.kind == GH_STRING && v.len <= TEXT_MAX; }

static uint64_t head_of(struct gh_value v)
{
  uint64_t head;
  struct gh_value plain = {.kind = v.kind, .scale = v.kind == GH_DECIMAL ? v.scale : 0, .len = v.kind == GH_STRING ? v.len : 0};
  memcpy(&head, &plain, sizeof head);
  return head;
}

static void set_range(struct cel_test *t, int64_t low, int64_t high)
{
  t->form = TEST_RANGE;
  t->low = low;
  t->span = (uint64_t)high - (uint64_t)low;
}

static bool arrange_int(struct cel_test *t, uint8_t form, int64_t i)
{
  switch (form) {
  case FORM_INT_NE: t->negate = true; set_range(t, i, i); return true;
  case FORM_INT_EQ: set_range(t, i, i); return true;
  case FORM_INT_LE: set_range(t, INT64_MIN, i); return true;
  case FORM_INT_GE: set_range(t, i, INT64_MAX); return true;
  case FORM_INT_LT:
    if (i == INT64_MIN) return false;
    set_range(t, INT64_MIN, i - 1);
    return true;
  default:
    if (i == INT64_MAX) return false;
    set_range(t, i + 1, INT64_MAX);
    return true;
  }
}

/* A strict bound is the next double as a bound that counts. */
static bool arrange_double(struct cel_test *t, uint8_t form, double d)
{
  if (!isfinite(d)) return false;
  t->form = TEST_DOUBLE;
  t->negate = form == FORM_DOUBLE_NE;
  t->from = -INFINITY;
  t->to = INFINITY;
  if (form == FORM_DOUBLE_LE) t->to = d;
  else if (form == FORM_DOUBLE_LT) t->to = nextafter(d, -INFINITY);
  else if (form == FORM_DOUBLE_GE) t->from = d;
  else if (form == FORM_DOUBLE_GT) t->from = nextafter(d, INFINITY);
  else t->from = t->to = d;
  return true;
}

static bool arrange_ints(struct arranger *a, struct cel_test *t, struct gh_value list)
{
  int64_t *ints = gh_cel_env_dense(a->env, a->arena, list.len * sizeof *ints);
  for (uint32_t i = 0; i < list.len; i++) ints[i] = list.items[i].i;
  t->form = TEST_INTS;
  t->ints = ints;
  t->head = head_of(list.items[0]);
  return true;
}

static bool arrange_texts(struct arranger *a, struct cel_test *t, struct gh_value list)
{
  for (uint32_t i = 0; i < list.len; i++)
    if (!is_text(list.items[i])) return false;
  struct cel_text_ends *texts = gh_cel_env_dense(a->env, a->arena, list.len * sizeof *texts);
  uint32_t *lengths = gh_cel_env_dense(a->env, a->arena, list.len * sizeof *lengths);
  for (uint32_t i = 0; i < list.len; i++) {
    texts[i] = gh_cel_text_ends(list.items[i].text, list.items[i].len);
    lengths[i] = list.items[i].len;
  }
  t->form = TEST_TEXTS;
  t->texts = texts;
  t->lengths = lengths;
  return true;
}

static bool arrange_one(struct arranger *a, const struct gh_cel_predicate *p, struct cel_test *t)
{
  struct gh_value c = p->constant;
  t->head = head_of(c);
  t->negate = p->relation == GH_CEL_NOT_IN || p->relation == GH_CEL_HAS_NOT;
  if (p->form >= FORM_INT_EQ && p->form <= FORM_INT_GE) return arrange_int(t, p->form, c.i);
  if (p->form >= FORM_DOUBLE_EQ && p->form <= FORM_DOUBLE_GE) return arrange_double(t, p->form, c.d);
  t->n = (uint8_t)c.len;
  switch (p->form) {
  case FORM_HAS: t->form = TEST_HAS; return true;
  case FORM_BOOL: t->form = TEST_BOOL; t->low = c.b; return true;
  case FORM_INT_IN: return c.len && arrange_ints(a, t, c);
  case FORM_TEXT_IN: return c.len && arrange_texts(a, t, c);
  case FORM_TEXT_NE: case FORM_TEXT_EQ:
    if (!is_text(c)) return false;
    t->form = TEST_TEXT;
    t->negate = p->form == FORM_TEXT_NE;
    t->text = gh_cel_text_ends(c.text, c.len);
    return true;
  default: return false;
  }
}

/* Takes a range into an earlier one of the same slot. False if there is none, or nothing would be left. */
static bool merge(struct gh_program *program, const struct cel_test *t)
{
  for (uint32_t i = 0; i < program->ntests && t->form == TEST_RANGE && !t->negate; i++) {
    struct cel_test *other = &program->tests[i];
    if (other->form != TEST_RANGE || other->negate || other->row != t->row || other->slot != t->slot || other->head != t->head) continue;
    int64_t high = (int64_t)((uint64_t)t->low + t->span), other_high = (int64_t)((uint64_t)other->low + other->span);
    int64_t low = t->low > other->low ? t->low : other->low;
    if (other_high < high) high = other_high;
    if (low > high) return false;
    set_range(other, low, high);
    return true;
  }
  return false;
}

struct gh_program *gh_cel_arrange(struct gh_cel_env *env, struct gh_arena *arena, const struct program_body *body)
{
  struct arranger a = {env, arena};
  struct gh_program *program = gh_cel_env_dense(env, arena, sizeof *program + body->npredicates * sizeof *program->tests);
  program->body = body;
  for (uint32_t i = 0; i < body->npredicates; i++) {
    const struct gh_cel_predicate *p = &body->predicates[i];
    struct cel_test test = {.row = p->row, .slot = p->slot};
    if (!arrange_one(&a, p, &test)) test = (struct cel_test){.form = TEST_GENERAL, .row = p->row, .slot = p->slot, .predicate = i};
    if (!merge(program, &test)) program->tests[program->ntests++] = test;
  }
  return program;
}
