/* CEL, the condition language: parse, check, compile once; evaluate without I/O and, for common operators, without allocation.
 *
 * Names. An environment declares names (dotted ones too: `event.amount`), each with a type and the place of its value: a row and a slot.
 * A frame gives the rows when a program is evaluated. A row that is NULL is computed on demand by `fetch` (features). A slot that holds
 * GH_ABSENT is absent: `has(name)` is false, use is an error. A GH_DATE slot counts in conditions as the timestamp of the day's beginning
 * in the environment's zone. An error is a value of kind GH_ERROR; `&&`, `||`, `all`, `exists` absorb it as CEL says.
 *
 * The way of a condition: lex.c, parse.c (macro.c on the way) make the tree of ast.h; check.c and its like resolve names and infer types;
 * constant.c folds; compile.c makes the instructions of program.h, predicate.c and arrange.c what the hot path of judge.c reads. eval.c
 * runs them. Functions are rows of tables: function.h. docs/cel.md is the language's manual.
 *
 * A program borrows from its environment, which outlives it. Programs may be evaluated by many threads at once, each with its own frame;
 * compiling is for one thread an environment.
 *
 * Bounds. One evaluation may use GH_CEL_BYTES of scratch and GH_CEL_STEPS steps; beyond that it is an error.
 */
#ifndef GOLDHOUR_CEL_CEL_H
#define GOLDHOUR_CEL_CEL_H

#include "goldhour/base/fault.h"
#include "goldhour/base/zone.h"
#include "goldhour/model/schema.h"

#define GH_CEL_BYTES (1u << 20)
#define GH_CEL_STEPS 1000000u
#define GH_CEL_ROWS 4
#define GH_CEL_DEPTH 250 /* nesting of an expression; at least the 32 that the specification asks for */

struct gh_cel_env;
struct gh_program;

/* A new environment, in `arena`. `zones` is borrowed (NULL: UTC and fixed offsets alone); `zone` is that of dates (NULL: UTC). */
struct gh_cel_env *gh_cel_env_new(struct gh_arena *arena, const struct gh_zones *zones, const struct gh_zone *zone);
/* Gives back what lies outside the arena (compiled regular expressions); its programs must not be used after it. The arena stays. */
void gh_cel_env_free(struct gh_cel_env *env);
/* Declares a name; `name` is copied. A second declaration of the same name wins. */
void gh_cel_declare(struct gh_cel_env *env, struct gh_str name, struct gh_type type, unsigned row, unsigned slot);
/* A type written as CEL writes it: `int`, `list(map(string, int))`, `dyn`. False: no such type. */
bool gh_cel_type_parse(struct gh_arena *arena, struct gh_str text, struct gh_type *type);

struct gh_cel_options {
  struct gh_str container; /* the namespace in which names are resolved; may be empty */
  bool unchecked;          /* skip the type check (unknown names are then errors when evaluated) */
  struct gh_type want;     /* the type the expression must have; kind GH_ABSENT: any; GH_DYN results pass */
};

struct gh_cel_fault {
  size_t offset;         /* bytes into the text */
  struct gh_str message; /* in the arena */
  struct gh_str hint;    /* may be empty */
};

/* Compiles `text`. Returns the program, in `arena` (text is copied); NULL with `fault` filled in. */
struct gh_program *gh_cel_compile(struct gh_cel_env *env, struct gh_arena *arena, struct gh_str text, struct gh_cel_options options,
                                  struct gh_cel_fault *fault);
struct gh_type gh_program_type(const struct gh_program *p);
struct gh_str gh_program_text(const struct gh_program *p);
/* The scale of a decimal whose digits are known only when evaluated, as in decimal(text). */
#define GH_CEL_SCALE_UNKNOWN UINT8_MAX

/* What must hold of single slots for a condition to be true: its top-level conjuncts of the form slot-relation-constant. An index over many
 * conditions picks those it understands; what is left is for gh_cel_test. */
enum gh_cel_relation {
  GH_CEL_EQ, GH_CEL_NE, GH_CEL_LT, GH_CEL_LE, GH_CEL_GT, GH_CEL_GE, GH_CEL_IN, GH_CEL_NOT_IN, GH_CEL_HAS, GH_CEL_HAS_NOT,
};
struct gh_cel_predicate {
  uint8_t relation; /* enum gh_cel_relation */
  uint8_t form;     /* private: how it is evaluated */
  uint8_t row;
  uint32_t slot;
  struct gh_value constant; /* IN, NOT_IN: a list; HAS, HAS_NOT: GH_ABSENT; a condition that is a bool slot: EQ true */
};
/* They live as long as the program. */
const struct gh_cel_predicate *gh_program_predicates(const struct gh_program *p, size_t *n);
/* Whether the program reads the slot; for finding what a condition depends on. */
bool gh_program_reads(const struct gh_program *p, unsigned row, unsigned slot);

struct gh_cel_frame {
  const struct gh_value *rows[GH_CEL_ROWS];
  struct gh_value (*fetch)(void *ctx, unsigned row, unsigned slot); /* for rows that are NULL; may be NULL: absent */
  void *ctx;
  struct gh_arena *scratch; /* owned by the caller; reset by gh_cel_eval at its beginning: what it returned last dies then */
};

/* Evaluates; never fails otherwise than by a GH_ERROR value. The result borrows from the frame's rows, the program and frame->scratch. */
struct gh_value gh_cel_eval(const struct gh_program *p, const struct gh_cel_frame *frame);
/* A condition: true only if the result is the bool true. `error` (may be NULL) gets the result if it is an error, else GH_ABSENT. */
bool gh_cel_test(const struct gh_program *p, const struct gh_cel_frame *frame, struct gh_value *error);

#endif
