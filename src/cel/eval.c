#include "goldhour/base/check.h"
#include "compare.h"
#include "machine.h"
#include "operators.h"

enum { STACK = 64 }; /* deeper programs take their stack from scratch */

static struct gh_value absent_error(const struct program_body *p, unsigned row, unsigned slot)
{
  for (uint32_t i = 0; i < p->nslots; i++)
    if (p->slots[i].row == row && p->slots[i].slot == slot) return gh_error(p->slots[i].absent);
  GH_IMPOSSIBLE();
}

static struct gh_value day_begins(const struct program_body *p, struct gh_value v)
{
  if (v.kind != GH_DATE) return v;
  return p->zone ? gh_timestamp_ms(gh_zone_moment(p->zone, v.i, 0)) : gh_timestamp(v.i * 86400, 0);
}

static struct gh_value days_begin(struct machine *m, struct gh_value v)
{
  if (v.kind != GH_LIST) return day_begins(m->body, v);
  struct gh_value *items = gh_arena_alloc(m->frame->scratch, (v.len + 1) * sizeof *items);
  if (!items) return gh_cel_no_memory();
  for (uint32_t i = 0; i < v.len; i++) items[i] = day_begins(m->body, v.items[i]);
  v.items = items;
  return v;
}

static struct gh_value load(struct machine *m, const struct instruction *i)
{
  struct gh_value v = gh_cel_slot(m->frame, i->row, i->slot);
  if (v.kind == GH_ABSENT) return absent_error(m->body, i->row, i->slot);
  return i->date ? days_begin(m, v) : v;
}

static struct gh_value has_slot(struct machine *m, const struct instruction *i)
{
  struct gh_value v = gh_cel_slot(m->frame, i->row, i->slot);
  return v.kind == GH_ERROR ? v : gh_bool(v.kind != GH_ABSENT);
}

/* What a predicate comes to by the general operators. */
static struct gh_value predicate_value(struct machine *m, const struct gh_cel_predicate *p, struct gh_value v)
{
  static const uint8_t ops[] = {OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_IN};
  if (v.kind == GH_ERROR) return v;
  if (p->form == FORM_HAS) return gh_bool((v.kind != GH_ABSENT) == (p->relation == GH_CEL_HAS));
  if (v.kind == GH_ABSENT) return absent_error(m->body, p->row, p->slot);
  struct gh_value r = gh_cel_binary(&m->call, (enum op)ops[p->relation], v, p->constant);
  return p->relation == GH_CEL_NOT_IN ? gh_cel_unary(OP_NOT, r) : r;
}

static struct gh_value predicate(struct machine *m, const struct gh_cel_predicate *p)
{
  struct gh_value v = gh_cel_slot(m->frame, p->row, p->slot);
  enum judgement j = gh_cel_judge(p, &v);
  return j == JUDGED_OTHERWISE ? predicate_value(m, p, v) : gh_bool(j == JUDGED_TRUE);
}

/* Combines a value with what && (true) or || (false) has so far; true once nothing can change it. */
static bool absorb(struct gh_value *so_far, struct gh_value v, bool neutral)
{
  if (v.kind == GH_BOOL && v.b != neutral) {
    *so_far = v;
    return true;
  }
  if (v.kind != GH_BOOL && so_far->kind != GH_ERROR) *so_far = v.kind == GH_ERROR ? v : gh_cel_no_overload();
  return false;
}

/* Whether parameter kinds and arguments agree, as far as the outermost kind goes. */
static bool fits(const struct cel_function *f, const struct gh_value *args, uint32_t n)
{
  for (uint32_t i = 0; i < n; i++) {
    uint8_t want = f->params[i < f->n ? i : f->n - 1u]->kind;
    if (want != args[i].kind && want != GH_DYN && want != CEL_PARAMETER) return false;
  }
  return true;
}

struct gh_value gh_cel_invoke(struct gh_call *call, const struct program_call *site, const struct gh_value *args, uint32_t n)
{
  uint32_t chosen = 0;
  for (uint32_t i = 0; i < n; i++)
    if (args[i].kind == GH_ERROR) return args[i];
  if (site->n != 1)
    while (chosen < site->n && !fits(site->candidates[chosen], args, n)) chosen++;
  if (chosen >= site->n) return gh_cel_no_overload();
  call->constant = site->prepared ? site->prepared[chosen] : NULL;
  return site->candidates[chosen]->overload->call(call, args, n);
}

/* A list of the n values on top of the stack, or the first error among them. */
static struct gh_value gather(struct machine *m, uint32_t n)
{
  const struct gh_value *values = m->top - n;
  for (uint32_t i = 0; i < n; i++)
    if (values[i].kind == GH_ERROR) return values[i];
  if (!n) return (struct gh_value){.kind = GH_LIST};
  struct gh_value *items = gh_arena_alloc(m->frame->scratch, n * sizeof *items);
  if (!items) return gh_cel_no_memory();
  memcpy(items, values, n * sizeof *items);
  return (struct gh_value){.kind = GH_LIST, .len = n, .items = items};
}

static struct gh_value gather_map(struct machine *m, uint32_t n)
{
  struct gh_value list = gather(m, n);
  return list.kind == GH_ERROR ? list : gh_cel_make_map(&m->call, list.items, n / 2);
}

/* Replaces the n values on top by one. */
static void replace(struct machine *m, uint32_t n, struct gh_value v)
{
  m->top -= n;
  *m->top++ = v;
}

static uint32_t choose(struct machine *m, const struct instruction *i, uint32_t next)
{
  struct gh_value v = *--m->top;
  if (v.kind == GH_BOOL) return v.b ? next : i->target;
  *m->top++ = v.kind == GH_ERROR ? v : gh_cel_no_overload();
  return i->other;
}

static void drop_below(struct machine *m)
{
  m->top[-2] = m->top[-1];
  m->top--;
}

static uint32_t combine(struct machine *m, const struct instruction *i, uint32_t next)
{
  struct gh_value v = *--m->top;
  return absorb(&m->top[-1], v, i->op == DO_AND) ? i->target : next;
}

/* As combine; a plain yes or no makes no value. */
static uint32_t combine_predicate(struct machine *m, const struct instruction *i, uint32_t next)
{
  const struct gh_value *row = m->frame->rows[i->predicate.row];
  bool neutral = i->op == DO_AND_PREDICATE;
  enum judgement j = row ? gh_cel_judge(&i->predicate, &row[i->predicate.slot]) : JUDGED_OTHERWISE;
  if (j == (neutral ? JUDGED_TRUE : JUDGED_FALSE)) return next;
  if (j != JUDGED_OTHERWISE) {
    m->top[-1] = gh_bool(!neutral);
    return i->target;
  }
  return absorb(&m->top[-1], predicate(m, &i->predicate), neutral) ? i->target : next;
}

/* Runs from instruction `at` on; the result is the top of the stack. */
static struct gh_value run(struct machine *m, uint32_t at)
{
  for (;;) {
    const struct instruction *i = &m->body->code[at++];
    switch ((enum instruction_op)i->op) {
    case DO_PUSH: *m->top++ = i->constant; break;
    case DO_LOAD: *m->top++ = load(m, i); break;
    case DO_HAS_SLOT: *m->top++ = has_slot(m, i); break;
    case DO_COPY: *m->top++ = m->stack[i->target]; break;
    case DO_PREDICATE: *m->top++ = predicate(m, &i->predicate); break;
    case DO_AND_PREDICATE: case DO_OR_PREDICATE: at = combine_predicate(m, i, at); break;
    case DO_AND: case DO_OR: at = combine(m, i, at); break;
    case DO_UNARY: m->top[-1] = gh_cel_unary((enum op)i->way, m->top[-1]); break;
    case DO_BINARY: replace(m, 2, gh_cel_binary(&m->call, (enum op)i->way, m->top[-2], m->top[-1])); break;
    case DO_SELECT: m->top[-1] = gh_cel_select(&m->call, m->top[-1], i->constant); break;
    case DO_HAS: m->top[-1] = gh_cel_has(&m->call, m->top[-1], i->constant); break;
    case DO_LIST: replace(m, i->target, gather(m, i->target)); break;
    case DO_MAP: replace(m, i->target, gather_map(m, i->target)); break;
    case DO_CALL: replace(m, i->target, gh_cel_invoke(&m->call, i->call, m->top - i->target, i->target)); break;
    case DO_CHOOSE: at = choose(m, i, at); break;
    case DO_JUMP: at = i->target; break;
    case DO_DROP_BELOW: drop_below(m); break;
    case DO_FOLD_BEGIN: at = gh_cel_loop_begin(m, i, at); break;
    case DO_FOLD_NEXT: at = gh_cel_loop_next(m, i, at); break;
    case DO_FOLD_FILTER: at = gh_cel_loop_filter(m, i, at); break;
    case DO_FOLD_TAKE: at = gh_cel_loop_take(m, i); break;
    case DO_FOLD_END: gh_cel_loop_end(m, i); break;
    case DO_END: return m->top[-1];
    }
  }
}

/* Runs the program from `at` on, with `count` times `first` on the stack already. */
static struct gh_value start(const struct program_body *p, const struct gh_cel_frame *frame, uint32_t at, const struct gh_value *first)
{
  struct gh_value places[STACK];
  uint32_t steps = GH_CEL_STEPS;
  struct gh_arena *scratch = frame->scratch;
  GH_CHECK(scratch);
  if (scratch->used_bytes) gh_arena_reset(scratch);
  scratch->limit_bytes = GH_CEL_BYTES;
  struct machine m = {.body = p, .frame = frame, .stack = places};
  if (p->depth > STACK) m.stack = gh_arena_alloc(scratch, p->depth * sizeof *m.stack);
  if (!m.stack) return gh_cel_no_memory();
  m.call = (struct gh_call){.scratch = scratch, .zones = p->zones, .zone = p->zone, .steps = &steps};
  m.top = m.stack;
  if (first) *m.top++ = *first;
  return run(&m, at);
}

struct gh_value gh_cel_eval(const struct gh_program *p, const struct gh_cel_frame *frame)
{
  struct gh_value v = start(p->body, frame, 0, NULL);
  return v.kind == GH_DOUBLE ? gh_double(v.d) : v; /* outside, a literal is a double like any other */
}

bool gh_cel_test(const struct gh_program *p, const struct gh_cel_frame *frame, struct gh_value *error)
{
  if (error) *error = gh_absent();
  enum judgement j = gh_cel_judge_all(p, frame);
  if (j == JUDGED_FALSE) return false;
  if (j == JUDGED_TRUE && p->predicates_only) return true;
  struct gh_value v = gh_bool(true);
  v = j == JUDGED_TRUE && p->ntests ? start(p->body, frame, p->rest, &v) : start(p->body, frame, 0, NULL);
  if (error && v.kind == GH_ERROR) *error = v;
  return v.kind == GH_BOOL && v.b;
}
