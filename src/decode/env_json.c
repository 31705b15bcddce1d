/* Plain JSON: an object is a row, or holds a list of rows. */
#include "envelope.h"

static enum gh_decoded refuse_kind(struct gh_decoder *d, struct gh_record *out, const struct json_node *n)
{
  return gh_decoder_refuse(d, out, "wrong_type", "an object was expected, found %s", gh_json_kind_name(n->kind));
}

static enum gh_decoded open(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct paths *inner = &e->envelope->inner;
  e->nrows = 1;
  e->data = e->content;
  if (!inner->roots[ORIGIN_ROW].first) return GH_DECODED;
  if (e->content->kind != JSON_OBJECT) return refuse_kind(d, out, e->content);
  const struct json_node *rows = gh_env_at(inner, e->content);
  if (rows && rows->kind == JSON_NULL) return GH_DECODED_OTHER;
  if (!rows || rows->kind != JSON_LIST) return gh_env_bad(d, out, "`rows` leads to something that is no list");
  e->nrows = rows->text_len;
  e->data = rows + 1;
  return e->nrows > 0 ? GH_DECODED : GH_DECODED_OTHER;
}

static enum gh_decoded row(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node *n = e->data;
  e->data += n->span;
  e->row.row = n;
  return n->kind == JSON_OBJECT ? GH_DECODED : refuse_kind(d, out, n);
}

const struct env_format gh_env_json = {.word = "json", .open = open, .row = row};
