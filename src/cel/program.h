/* The compiled form: a flat array of instructions for a small stack machine.
 *
 * An instruction leaves its result on the stack. A loop of a macro keeps five places: the range, the cursor, what is gathered, and its
 * variables.
 * A comparison of a slot with a constant is one instruction (a predicate); in a chain of && or || it does not even touch the stack.
 */
#ifndef GH_CEL_PROGRAM_H
#define GH_CEL_PROGRAM_H

#include "ast.h"
#include "env.h"

enum instruction_op {
  DO_PUSH,      /* constant */
  DO_LOAD,      /* the slot's value, or the error that it is absent; dates: as timestamps */
  DO_HAS_SLOT,
  DO_COPY,      /* the value at place `target` of the stack */
  DO_PREDICATE, /* pushes its truth */
  DO_AND_PREDICATE, DO_OR_PREDICATE, /* combine it with the top; jump to target once decided */
  DO_AND, DO_OR, /* pop a value, combine it with the top; jump to target once decided */
  DO_UNARY, DO_BINARY, /* `way` is the enum op */
  DO_SELECT, DO_HAS,   /* constant: the field */
  DO_LIST, DO_MAP,     /* of the n (2 n) values on top */
  DO_CALL,             /* call, with the n values on top */
  DO_CHOOSE,           /* pops a bool; false: to target; neither: leaves an error and goes to `other` */
  DO_JUMP,
  DO_DROP_BELOW,       /* takes away the value under the top */
  DO_FOLD_BEGIN,       /* the range becomes a loop's five places; `way` is the enum fold; not a range: an error, to target */
  DO_FOLD_NEXT,        /* the next element into the variables (`way`: two of them); none left: to target. Costs n steps */
  DO_FOLD_FILTER,      /* pops a bool; false: to target; an error ends the loop: to `other` */
  DO_FOLD_TAKE,        /* pops what was made of the element, gathers it, goes to target; decided: to `other` */
  DO_FOLD_END,         /* the five places become the result */
  DO_END,
};

/* How a predicate is evaluated: by kinds known when compiled, FORM_ANY otherwise. */
enum predicate_form {
  FORM_ANY, FORM_HAS, FORM_BOOL, FORM_TEXT_EQ, FORM_TEXT_NE,
  FORM_INT_EQ, FORM_INT_NE, FORM_INT_LT, FORM_INT_LE, FORM_INT_GT, FORM_INT_GE, /* ints, and decimals of one scale */
  FORM_DOUBLE_EQ, FORM_DOUBLE_NE, FORM_DOUBLE_LT, FORM_DOUBLE_LE, FORM_DOUBLE_GT, FORM_DOUBLE_GE,
  FORM_TEXT_IN, FORM_INT_IN, FORM_TEXT_SET, FORM_INT_SET,
};

enum { CEL_LOOP_PLACES = 5, CEL_SET_LEAST = 9 /* elements from which a constant list is hashed */ };

struct program_call {
  const struct cel_function **candidates;
  const void **prepared; /* one a candidate; entries may be NULL */
  uint32_t n;
};

struct instruction {
  uint8_t op, way;
  uint16_t n;
  uint32_t target;
  union {
    struct gh_cel_predicate predicate;
    struct { uint32_t other; struct gh_value constant; };
    struct { uint32_t row, slot; bool date; };
    const struct program_call *call;
  };
};
_Static_assert(sizeof(struct instruction) == 32, "two instructions a cache line");

/* In front of the items of a list that is hashed. */
struct cel_set {
  const uint32_t *places; /* 1 + index of an item; 0: free */
  uint64_t mask;
};

struct program_slot {
  unsigned row, slot;
  struct gh_str absent; /* the error: 'event.topic' is absent */
};

/* What a predicate asks, laid out for the hot path: no pointer need be followed for numbers and texts of up to 16 bytes. */
enum test_form {
  TEST_GENERAL, /* by the predicate */
  TEST_HAS, TEST_BOOL,
  TEST_RANGE,   /* ints, decimals: low … low + span */
  TEST_DOUBLE,  /* from … to */
  TEST_TEXT,    /* one text of up to 16 bytes: its first and last bytes */
  TEST_INTS, TEST_TEXTS, /* up to CEL_SET_LEAST - 1 of them */
};

struct cel_text_ends { uint64_t first, last; };

struct cel_test {
  uint8_t form, row;
  bool negate;
  uint8_t n;          /* INTS, TEXTS */
  uint32_t slot;
  uint64_t head;      /* the first 8 bytes of a value that can be judged here: kind, scale, length */
  union {
    struct { int64_t low; uint64_t span; };
    struct { double from, to; };
    struct cel_text_ends text;
    const int64_t *ints;
    struct { const struct cel_text_ends *texts; const uint32_t *lengths; };
    uint32_t predicate; /* GENERAL: its index */
  };
};
_Static_assert(sizeof(struct cel_test) == 32, "two tests a cache line");

/* What a condition needs only once its tests have not decided it. */
struct program_body {
  const struct gh_cel_predicate *predicates; /* that must all hold, first in the code */
  uint32_t npredicates;
  uint32_t depth; /* of the stack, at most */
  const struct instruction *code;
  uint32_t nslots;
  const struct program_slot *slots;
  const struct gh_zones *zones;
  const struct gh_zone *zone;
  struct gh_str text;
  struct gh_type type;
};

struct gh_program {
  const struct program_body *body;
  uint32_t ntests;      /* the predicates, two bounds of one slot in one test */
  uint32_t rest;        /* where the code goes on behind them, with `true` on the stack */
  bool predicates_only; /* nothing else is in the condition */
  struct cel_test tests[];
};

/* constant.c: replaces parts of the tree that depend on nothing by their values, except where they are errors. */
void gh_cel_fold_constants(struct compilation *c, const struct gh_cel_env *env, struct node *n);
/* predicate.c: whether the node compares a slot with a constant; texts and items are copied to `arena`. */
bool gh_cel_predicate(struct gh_arena *arena, const struct node *n, struct gh_cel_predicate *out);
/* arrange.c: a program with the tests that the body's predicates come to, all in one piece. */
struct gh_program *gh_cel_arrange(struct gh_cel_env *env, struct gh_arena *arena, const struct program_body *body);
/* compile.c */
struct gh_program *gh_cel_generate(struct compilation *c, struct gh_cel_env *env, struct node *root);

/* judge.c: what a predicate says of a slot's value. JUDGED_OTHERWISE: it has to be evaluated in general (an error, most likely). */
enum judgement { JUDGED_FALSE, JUDGED_TRUE, JUDGED_OTHERWISE };
enum judgement gh_cel_judge(const struct gh_cel_predicate *p, const struct gh_value *v);
/* The predicates with which a program begins. False as soon as one is; an error leaves the decision to the program as a whole. */
enum judgement gh_cel_judge_all(const struct gh_program *p, const struct gh_cel_frame *frame);
struct cel_text_ends gh_cel_text_ends(const char *text, uint32_t n); /* n <= 16 */
/* A slot's value; rows that are not there are asked for. */
static inline struct gh_value gh_cel_slot(const struct gh_cel_frame *frame, unsigned row, unsigned slot)
{
  if (frame->rows[row]) return frame->rows[row][slot];
  return frame->fetch ? frame->fetch(frame->ctx, row, slot) : gh_absent();
}

/* eval.c: dispatches a call on the kinds of its arguments. */
struct gh_value gh_cel_invoke(struct gh_call *call, const struct program_call *site, const struct gh_value *args, uint32_t n);

#endif
