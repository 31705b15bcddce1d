/* The tree of an expression, from the parser to the compiler; it lives in an arena of the compilation and dies with it. */
#ifndef GH_CEL_AST_H
#define GH_CEL_AST_H

#include "function.h"
#include "type.h"

enum node_kind {
  NODE_CONST,  /* value; text: of a number, as written */
  NODE_NAME,   /* name */
  NODE_SELECT, /* kids[0] . name; has: the test for it */
  NODE_CALL,   /* name(kids…); method: kids[0] is the receiver */
  NODE_LIST,   /* kids */
  NODE_MAP,    /* kids: key, value, key, value … */
  NODE_UNARY,  /* op kids[0] */
  NODE_BINARY, /* kids[0] op kids[1] */
  NODE_LOGIC,  /* kids joined by OP_AND or OP_OR: two or more */
  NODE_CHOICE, /* kids[0] ? kids[1] : kids[2] */
  NODE_FOLD,   /* a macro over a range: see enum fold */
  NODE_BIND,   /* name is kids[0] in kids[1] */
  NODE_SLOT,   /* a declared name, found by the checker; has: the test for it */
  NODE_LOCAL,  /* a variable of a macro, found by the checker */
};

enum op {
  OP_NEG, OP_NOT, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_INDEX, OP_AND, OP_OR,
};

/* kids[0] is the range, kids[1] the filter or NULL, kids[2] what is done for each (NULL: the element itself); name and second are its
 * variables (second.len 0: one). */
enum fold { FOLD_ALL, FOLD_EXISTS, FOLD_EXISTS_ONE, FOLD_LIST, FOLD_MAP };

/* A variable of a macro while its scope lasts. */
struct local {
  struct gh_str name;
  struct cel_type *type;
  uint32_t place; /* on the evaluation's stack; set by the compiler */
  struct local *outer;
};

struct cel_name;  /* a declared name; env.h */
struct call_site; /* program.h */

struct node {
  uint8_t kind;   /* enum node_kind */
  uint8_t op;     /* enum op, enum fold */
  bool root;      /* NAME, CALL: written with a leading dot */
  bool method, has;
  uint16_t height; /* of the tree below */
  uint32_t offset; /* bytes into the text, for faults */
  uint32_t n;
  struct node **kids;
  struct gh_str name, second, text;
  struct gh_value value;
  struct cel_type *type;
  union {
    const struct cel_name *slot;
    struct { struct local *local, *local2; };
    struct call_site *site;
  };
};

/* What parsing and checking share: where memory comes from, and the first fault. */
struct compilation {
  struct gh_arena *arena; /* of the compilation */
  struct gh_arena *kept;  /* of the program: faults' texts */
  struct gh_str text;
  struct gh_cel_fault *fault; /* filled in once */
  bool failed;
  bool lenient; /* unchecked: what can wait for the evaluation is no fault */
};

struct node *gh_cel_node(struct compilation *c, enum node_kind kind, size_t offset, uint32_t nkids);
/* Notes a fault, unless there is one already. */
void gh_cel_refuse(struct compilation *c, size_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));
void gh_cel_hint(struct compilation *c, struct gh_str hint); /* copied; of the fault just noted */

/* The tree of c->text, macros expanded; NULL if refused. */
struct node *gh_cel_parse(struct compilation *c);
/* How a macro is written, for hints; empty: no macro has that name. */
struct gh_str gh_cel_macro_usage(struct gh_str name);
/* Expands a call that is a macro; answers the call itself if it is none, NULL if refused. */
struct node *gh_cel_macro(struct compilation *c, struct node *call);

#endif
