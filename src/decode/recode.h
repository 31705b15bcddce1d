/* Bytes in another encoding made UTF-8 (glibc's iconv). */
#ifndef GH_DECODE_RECODE_H
#define GH_DECODE_RECODE_H

#include "goldhour/base/buf.h"

struct recode;

struct recode *gh_recode_gb18030_new(void); /* NULL: the system lacks the conversion */
void gh_recode_free(struct recode *r);
/* The text in UTF-8, borrowed until the next call; false: bytes that the encoding does not have. */
bool gh_recode_text(struct recode *r, struct gh_str bytes, struct gh_str *out);

#endif
