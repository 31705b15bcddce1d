/* An event as canonical JSON, so that decoding it again gives the same event: times as milliseconds, which need no zone. */
#include "goldhour/decode/decode.h"
#include "goldhour/model/lead.h"

static void add_value(struct gh_buf *out, struct gh_value v);

static void add_list(struct gh_buf *out, struct gh_value v)
{
  gh_buf_byte(out, '[');
  for (uint32_t i = 0; i < v.len; i++) {
    if (i > 0) gh_buf_byte(out, ',');
    add_value(out, v.items[i]);
  }
  gh_buf_byte(out, ']');
}

static void add_value(struct gh_buf *out, struct gh_value v)
{
  if (v.kind == GH_LIST) add_list(out, v);
  else if (v.kind == GH_TIMESTAMP) gh_buf_fmt(out, "%lld", (long long)gh_value_ms(v));
  else gh_json_value(out, v, NULL); /* no other kind of the schema's needs a zone */
}

static void add_member(struct gh_buf *out, const char *name, struct gh_str text)
{
  gh_buf_fmt(out, "\"%s\":", name);
  gh_json_string(out, text);
  gh_buf_byte(out, ',');
}

void gh_event_canonical(struct gh_buf *out, const struct gh_event *e, struct gh_str id)
{
  gh_buf_byte(out, '{');
  add_member(out, "id", id);
  add_member(out, "type", e->type->name);
  add_member(out, "customer", e->customer);
  gh_buf_fmt(out, "\"time\":%lld", (long long)e->time_ms);
  if (e->forget) gh_buf_fmt(out, ",\"forget\":true");
  for (unsigned i = 0; i < e->type->nfields; i++) {
    if (e->slots[i].kind == GH_ABSENT) continue;
    gh_buf_byte(out, ',');
    gh_json_string(out, e->type->fields[i].name);
    gh_buf_byte(out, ':');
    add_value(out, e->slots[i]);
  }
  gh_buf_byte(out, '}');
}
