/* The hot path, in one file so that the compiler sees it whole: predicates on values of the kind they were compiled for. Anything else is
 * left to the general evaluation. */
#include "goldhour/base/hash.h"
#include "program.h"

static bool same_text(struct gh_value a, const struct gh_value *b)
{
  return a.len == b->len && (a.len == 0 || memcmp(a.text, b->text, a.len) == 0);
}

static bool text_in(struct gh_value list, const struct gh_value *v)
{
  for (uint32_t i = 0; i < list.len; i++)
    if (same_text(list.items[i], v)) return true;
  return false;
}

static bool int_in(struct gh_value list, const struct gh_value *v)
{
  for (uint32_t i = 0; i < list.len; i++)
    if (list.items[i].i == v->i) return true;
  return false;
}

static const struct cel_set *set_of(struct gh_value list) { return (const struct cel_set *)(const void *)list.items - 1; }

static bool text_in_set(struct gh_value list, const struct gh_value *v)
{
  const struct cel_set *set = set_of(list);
  for (uint64_t at = gh_hash(gh_text(*v)) & set->mask; set->places[at]; at = (at + 1) & set->mask)
    if (same_text(list.items[set->places[at] - 1], v)) return true;
  return false;
}

static bool int_in_set(struct gh_value list, const struct gh_value *v)
{
  const struct cel_set *set = set_of(list);
  for (uint64_t at = (v->u * UINT64_C(0x9e3779b97f4a7c15) >> 32) & set->mask; set->places[at]; at = (at + 1) & set->mask)
    if (list.items[set->places[at] - 1].i == v->i) return true;
  return false;
}

static enum judgement judge_list(const struct gh_cel_predicate *p, const struct gh_value *v)
{
  bool text = p->form == FORM_TEXT_IN || p->form == FORM_TEXT_SET, in = false;
  if (text ? v->kind != GH_STRING : (v->kind != GH_INT && v->kind != GH_DECIMAL)) return JUDGED_OTHERWISE;
  if (!text && (v->kind != p->constant.items[0].kind || v->scale != p->constant.scale)) return JUDGED_OTHERWISE;
  switch (p->form) {
  case FORM_TEXT_IN: in = text_in(p->constant, v); break;
  case FORM_INT_IN: in = int_in(p->constant, v); break;
  case FORM_TEXT_SET: in = text_in_set(p->constant, v); break;
  default: in = int_in_set(p->constant, v); break;
  }
  return in == (p->relation == GH_CEL_IN) ? JUDGED_TRUE : JUDGED_FALSE;
}

#define JUDGE(condition) ((condition) ? JUDGED_TRUE : JUDGED_FALSE)

static enum judgement judge_double(const struct gh_cel_predicate *p, double d)
{
  switch (p->form) {
  case FORM_DOUBLE_EQ: return JUDGE(d == p->constant.d);
  case FORM_DOUBLE_NE: return JUDGE(d != p->constant.d);
  case FORM_DOUBLE_LT: return JUDGE(d < p->constant.d);
  case FORM_DOUBLE_LE: return JUDGE(d <= p->constant.d);
  case FORM_DOUBLE_GT: return JUDGE(d > p->constant.d);
  default: return JUDGE(d >= p->constant.d);
  }
}

static enum judgement judge(const struct gh_cel_predicate *p, const struct gh_value *v)
{
  bool same = v->kind == p->constant.kind && v->scale == p->constant.scale;
  switch ((enum predicate_form)p->form) {
  case FORM_TEXT_EQ: return same ? JUDGE(same_text(p->constant, v)) : JUDGED_OTHERWISE;
  case FORM_TEXT_NE: return same ? JUDGE(!same_text(p->constant, v)) : JUDGED_OTHERWISE;
  case FORM_BOOL: return same ? JUDGE(v->b == p->constant.b) : JUDGED_OTHERWISE;
  case FORM_INT_EQ: return same ? JUDGE(v->i == p->constant.i) : JUDGED_OTHERWISE;
  case FORM_INT_NE: return same ? JUDGE(v->i != p->constant.i) : JUDGED_OTHERWISE;
  case FORM_INT_LT: return same ? JUDGE(v->i < p->constant.i) : JUDGED_OTHERWISE;
  case FORM_INT_LE: return same ? JUDGE(v->i <= p->constant.i) : JUDGED_OTHERWISE;
  case FORM_INT_GT: return same ? JUDGE(v->i > p->constant.i) : JUDGED_OTHERWISE;
  case FORM_INT_GE: return same ? JUDGE(v->i >= p->constant.i) : JUDGED_OTHERWISE;
  case FORM_DOUBLE_EQ: case FORM_DOUBLE_NE: case FORM_DOUBLE_LT: case FORM_DOUBLE_LE: case FORM_DOUBLE_GT: case FORM_DOUBLE_GE:
    return v->kind == GH_DOUBLE ? judge_double(p, v->d) : JUDGED_OTHERWISE;
  case FORM_TEXT_IN: case FORM_INT_IN: case FORM_TEXT_SET: case FORM_INT_SET:
    return p->constant.len ? judge_list(p, v) : JUDGED_OTHERWISE;
  case FORM_HAS:
    if (v->kind == GH_ERROR) return JUDGED_OTHERWISE;
    return JUDGE((v->kind != GH_ABSENT) == (p->relation == GH_CEL_HAS));
  case FORM_ANY: return JUDGED_OTHERWISE;
  }
  return JUDGED_OTHERWISE;
}

enum judgement gh_cel_judge(const struct gh_cel_predicate *p, const struct gh_value *v) { return judge(p, v); }

/* Texts of one length are equal if their ends are: up to 16 bytes the ends meet. */
static inline struct cel_text_ends text_ends(const char *text, uint32_t n)
{
  struct cel_text_ends ends = {0, 0};
  if (n >= 8) {
    memcpy(&ends.first, text, 8);
    memcpy(&ends.last, text + n - 8, 8);
  } else if (n >= 4) {
    memcpy(&ends.first, text, 4);
    memcpy(&ends.last, text + n - 4, 4);
  } else if (n) {
    ends.first = (uint64_t)(unsigned char)text[0] << 8 | (unsigned char)text[n / 2];
    ends.last = (unsigned char)text[n - 1];
  }
  return ends;
}

struct cel_text_ends gh_cel_text_ends(const char *text, uint32_t n) { return text_ends(text, n); }

static inline uint64_t head_of(const struct gh_value *v)
{
  uint64_t head;
  memcpy(&head, v, sizeof head);
  return head;
}

static inline bool same_ends(struct cel_text_ends a, struct cel_text_ends b) { return a.first == b.first && a.last == b.last; }

static inline bool among_ints(const struct cel_test *t, int64_t v)
{
  bool in = false;
  for (uint32_t i = 0; i < t->n; i++) in |= t->ints[i] == v;
  return in;
}

static inline bool among_texts(const struct cel_test *t, const struct gh_value *v)
{
  if (v->len > 16) return false;
  struct cel_text_ends ends = text_ends(v->text, v->len);
  for (uint32_t i = 0; i < t->n; i++)
    if (t->lengths[i] == v->len && same_ends(t->texts[i], ends)) return true;
  return false;
}

/* A value of another kind or scale than expected is for the general evaluation. */
static inline enum judgement try_one(const struct gh_program *p, const struct cel_test *t, const struct gh_value *v)
{
  bool same = head_of(v) == t->head, holds;
  switch ((enum test_form)t->form) {
  case TEST_RANGE:
    if (!same) return JUDGED_OTHERWISE;
    holds = (uint64_t)v->i - (uint64_t)t->low <= t->span;
    break;
  case TEST_TEXT:
    if (!same && v->kind != GH_STRING) return JUDGED_OTHERWISE;
    holds = same && same_ends(t->text, text_ends(v->text, v->len));
    break;
  case TEST_BOOL:
    if (!same) return JUDGED_OTHERWISE;
    holds = v->b == (bool)t->low;
    break;
  case TEST_DOUBLE:
    if (v->kind != GH_DOUBLE) return JUDGED_OTHERWISE;
    holds = v->d >= t->from && v->d <= t->to;
    break;
  case TEST_INTS:
    if (!same) return JUDGED_OTHERWISE;
    holds = among_ints(t, v->i);
    break;
  case TEST_TEXTS:
    if (v->kind != GH_STRING) return JUDGED_OTHERWISE;
    holds = among_texts(t, v);
    break;
  case TEST_HAS:
    if (v->kind == GH_ERROR) return JUDGED_OTHERWISE;
    holds = v->kind != GH_ABSENT;
    break;
  default: return judge(&p->body->predicates[t->predicate], v);
  }
  return JUDGE(holds != t->negate);
}

static enum judgement try_fetched(const struct gh_program *p, const struct cel_test *t, const struct gh_cel_frame *frame)
{
  struct gh_value v = gh_cel_slot(frame, t->row, t->slot);
  return try_one(p, t, &v);
}

enum judgement gh_cel_judge_all(const struct gh_program *p, const struct gh_cel_frame *frame)
{
  bool open = false;
  const struct cel_test *end = p->tests + p->ntests;
  for (const struct cel_test *t = p->tests; t < end; t++) {
    const struct gh_value *row = frame->rows[t->row];
    enum judgement j = row ? try_one(p, t, &row[t->slot]) : try_fetched(p, t, frame);
    if (j == JUDGED_FALSE) return JUDGED_FALSE;
    open |= j == JUDGED_OTHERWISE;
  }
  return open ? JUDGED_OTHERWISE : JUDGED_TRUE;
}
