#include "recode.h"

#include <iconv.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

struct recode {
  iconv_t cd;
  struct gh_buf text;
};

struct recode *gh_recode_gb18030_new(void)
{
  iconv_t cd = iconv_open("UTF-8", "GB18030");
  if (cd == (iconv_t)-1) return NULL;
  struct recode *r = calloc(1, sizeof *r);
  GH_CHECK(r);
  r->cd = cd;
  return r;
}

void gh_recode_free(struct recode *r)
{
  if (!r) return;
  iconv_close(r->cd);
  gh_buf_free(&r->text);
  free(r);
}

bool gh_recode_text(struct recode *r, struct gh_str bytes, struct gh_str *out)
{
  char *in = (char *)bytes.ptr; /* iconv reads it only */
  size_t left = bytes.len, room = bytes.len * 2 + 16; /* two bytes become at most three, four become four */
  gh_buf_clear(&r->text);
  char *to = gh_buf_room(&r->text, room);
  char *at = to;
  iconv(r->cd, NULL, NULL, NULL, NULL);
  if (iconv(r->cd, &in, &left, &at, &room) == (size_t)-1 || left > 0) return false;
  *out = (struct gh_str){to, (size_t)(at - to)};
  return true;
}
