/* The hot path, in one file so that the compiler sees it whole: predicates on values of the kind they were compiled for. Anything else is left to the general evaluation. */
#include "goldhour/base/hash.h"
#include "program.h"

static inline uint64_t word_at(const char *text)
{
  uint64_t word;
  memcpy(&word, text, sizeof word);
  return word;
}

/* Most texts are short and differ in length or early: no call for up to 16 bytes. */
static inline bool same_bytes(const char *a, const char *b, uint32_t n)
{
  if (n >= 8) {
    if (word_at(a) != word_at(b)) return false;
    return n <= 16 ? word_at(a + n - 8) == word_at(b + n - 8) : memcmp(a + 8, b + 8, n - 8) == 0;
  }
  for (uint32_t i = 0; i < n; i++)
    if (a[i] != b[i]) return false;
  return true;
}

static inline bool same_text(struct gh_value a, const struct gh_value *b)
{
  return a.len == b->len && same_bytes(a.text, b->text, a.len);
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

static const struct cel_set *head_of(struct gh_value list) { return (const struct cel_set *)(const void *)list.items - 1; }

static bool text_in_set(struct gh_value list, const struct gh_value *v)
{
  const struct cel_set *set = head_of(list);
  for (uint64_t at = gh_hash(gh_text(*v)) & set->mask; set->places[at]; at = (at + 1) & set->mask)
    if (same_text(list.items[set->places[at] - 1], v)) return true;
  return false;
}

static bool int_in_set(struct gh_value list, const struct gh_value *v)
{
  const struct cel_set *set = head_of(list);
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

static inline enum judgement judge(const struct gh_cel_predicate *p, const struct gh_value *v)
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

struct gh_value gh_cel_slot(const struct gh_cel_frame *frame, unsigned row, unsigned slot)
{
  if (frame->rows[row]) return frame->rows[row][slot];
  return frame->fetch ? frame->fetch(frame->ctx, row, slot) : gh_absent();
}

static enum judgement judge_fetched(const struct gh_cel_predicate *p, const struct gh_cel_frame *frame)
{
  struct gh_value v = gh_cel_slot(frame, p->row, p->slot);
  return judge(p, &v);
}

enum judgement gh_cel_judge_all(const struct gh_program *p, const struct gh_cel_frame *frame)
{
  bool open = false;
  const struct gh_cel_predicate *end = p->predicates + p->npredicates;
  for (const struct gh_cel_predicate *i = p->predicates; i < end; i++) {
    const struct gh_value *row = frame->rows[i->row];
    enum judgement j = row ? judge(i, &row[i->slot]) : judge_fetched(i, frame);
    if (j == JUDGED_FALSE) return JUDGED_FALSE;
    open |= j == JUDGED_OTHERWISE;
  }
  return open ? JUDGED_OTHERWISE : JUDGED_TRUE;
}
