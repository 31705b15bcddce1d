/* The state of one evaluation. */
#ifndef GH_CEL_MACHINE_H
#define GH_CEL_MACHINE_H

#include "program.h"

struct machine {
  const struct program_body *body;
  const struct gh_cel_frame *frame;
  struct gh_value *stack; /* body->depth places */
  struct gh_value *top;   /* the next free one */
  struct gh_call call;
};

/* loop.c: the loops of macros. Each answers the instruction to go on with; `next` is the one that follows. */
uint32_t gh_cel_loop_begin(struct machine *m, const struct instruction *i, uint32_t next);
uint32_t gh_cel_loop_next(struct machine *m, const struct instruction *i, uint32_t next);
uint32_t gh_cel_loop_filter(struct machine *m, const struct instruction *i, uint32_t next);
uint32_t gh_cel_loop_take(struct machine *m, const struct instruction *i);
void gh_cel_loop_end(struct machine *m, const struct instruction *i);

#endif
