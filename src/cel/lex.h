/* Words of the language. */
#ifndef GH_CEL_LEX_H
#define GH_CEL_LEX_H

#include "ast.h"

enum token_kind {
  TOKEN_END, TOKEN_BAD, TOKEN_NAME, TOKEN_QUOTED, TOKEN_INT, TOKEN_UINT, TOKEN_DOUBLE, TOKEN_STRING, TOKEN_BYTES, TOKEN_SIGN,
};

struct token {
  enum token_kind kind;
  size_t offset, end;  /* bytes into the text; the next word is sought at end */
  struct gh_str text;  /* as written; TOKEN_QUOTED: between the back quotes; numbers: without the u of an unsigned one */
  struct gh_str value; /* STRING, BYTES: with escapes resolved */
};

/* The word at or after `at`; a TOKEN_BAD is refused already. */
struct token gh_cel_lex(struct compilation *c, size_t at);
/* A text literal at token->offset, whose quote stands `prefix` bytes further. */
void gh_cel_lex_text(struct compilation *c, struct token *token, size_t prefix);
bool gh_cel_reserved(struct gh_str name);

#endif
