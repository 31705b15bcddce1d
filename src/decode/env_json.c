/* Plain JSON: an object is a row, or holds a list of rows. */
#include "envelope.h"

static enum gh_decoded open(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct paths *inner = &e->envelope->inner;
  e->nrows = 1;
  e->data = e->content;
  if (!inner->roots[ORIGIN_ROW].first) return GH_DECODED;
  const struct json_node *rows = env_value(gh_env_at(inner, e->content));
  if (!rows) return GH_DECODED_OTHER;
  if (rows->kind != JSON_LIST) return gh_env_bad(d, out, "`rows` leads to something that is no list");
  e->nrows = rows->text_len;
  e->data = rows + 1;
  return e->nrows > 0 ? GH_DECODED : GH_DECODED_OTHER;
}

static enum gh_decoded row(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node *n = e->data;
  e->data += n->span;
  e->row.row = n;
  if (n->kind == JSON_OBJECT) return GH_DECODED;
  return gh_decoder_refuse(d, out, "wrong_type", "an object was expected, found %s", gh_json_kind_name(n->kind));
}

const struct env_format gh_env_json = {.word = "json", .open = open, .row = row};
