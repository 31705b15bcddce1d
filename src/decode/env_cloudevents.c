/* CloudEvents 1.0 over Kafka and in files: binary (attributes in headers `ce_…`, the value is the data), structured (one JSON object) and batches. */
#include "base64.h"
#include "envelope.h"

enum key { KEY_CE_ID, KEY_CE_SOURCE, KEY_CE_TYPE, KEY_CE_SUBJECT, KEY_CE_TIME, KEY_CE_DATA, KEY_CE_BASE64 };
static const char *const top[] = {"id", "source", "type", "subject", "time", "data", "data_base64", NULL};

static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The content type of a structured event or a batch; its attributes may stand in headers as well. */
static bool is_structured(struct gh_str type)
{
  static const struct gh_str start = {"application/cloudevents", 23};
  if (type.len < start.len) return false;
  for (size_t i = 0; i < start.len; i++)
    if (lower(type.ptr[i]) != start.ptr[i]) return false;
  return true;
}

bool gh_env_binary(const struct env_run *e)
{
  struct gh_str id, type;
  if (e->envelope->kind != ENV_CLOUDEVENTS || !gh_env_header(e, GH_STR("ce_id"), &id)) return false;
  return !gh_env_header(e, GH_STR("content-type"), &type) || !is_structured(type);
}

/* Data in another format is nothing that a mapping can read. */
static bool is_json(struct gh_str type)
{
  for (size_t i = 0; i + 4 <= type.len; i++)
    if (memcmp(type.ptr + i, "json", 4) == 0) return true;
  return false;
}

static enum gh_decoded open_binary(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  struct gh_str value;
  if (gh_env_header(e, GH_STR("content-type"), &value) && !is_json(value))
    return gh_env_bad(d, out, "its header content-type says that the data is no JSON");
  if (!gh_env_header(e, GH_STR("ce_source"), &value)) return gh_env_bad(d, out, "it has a header ce_id, but none of ce_source");
  if (!gh_env_header(e, GH_STR("ce_type"), &value)) return gh_env_bad(d, out, "it has a header ce_id, but none of ce_type");
  return GH_DECODED;
}

static enum gh_decoded open(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node **f = e->found;
  e->nrows = 1;
  if (gh_env_binary(e)) return open_binary(d, e, out);
  if (e->content->kind != JSON_OBJECT) return gh_env_bad(d, out, "an object was expected");
  if (gh_env_pick(d, out, &e->top, e->content, f) != GH_DECODED) return GH_DECODED_BAD;
  if (!env_value(f[KEY_CE_ID])) return gh_env_bad(d, out, "it has no `id`, neither as header ce_id nor beside its data");
  if (!env_value(f[KEY_CE_SOURCE])) return gh_env_bad(d, out, "it has no `source`, neither as header ce_source nor beside its data");
  if (!env_value(f[KEY_CE_TYPE])) return gh_env_bad(d, out, "it has no `type`, neither as header ce_type nor beside its data");
  return GH_DECODED;
}

static void from_headers(struct env_run *e)
{
  static const struct { enum env_name name; const char *header; } attributes[] = {
    {NAME_SOURCE, "ce_source"}, {NAME_EVENT_TYPE, "ce_type"}, {NAME_SUBJECT, "ce_subject"}, {NAME_TIME, "ce_time"},
  };
  struct gh_str value;
  for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
    if (gh_env_header_text(e, attributes[i].header, &value)) gh_env_set(e, attributes[i].name, value);
  if (gh_env_header_text(e, "ce_source", &value)) gh_env_id_add(e, value);
  if (gh_env_header_text(e, "ce_id", &value)) gh_env_id_add(e, value);
}

/* The data of a structured event: an object, a text that holds JSON, or base64 of one. */
static enum gh_decoded data_of(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node *data = env_value(e->found[KEY_CE_DATA]), *coded = env_value(e->found[KEY_CE_BASE64]);
  struct gh_str text = gh_env_text(data ? data : coded);
  e->row.row = data;
  if ((data && data->kind != JSON_STRING) || (!data && !coded)) return GH_DECODED;
  if (!data && (coded->kind != JSON_STRING || !gh_base64_decode(&d->arena, text, &text))) return gh_env_bad(d, out, "its data_base64 is no base64");
  e->row.row = gh_env_read_text(d, out, text);
  return e->row.row ? GH_DECODED : GH_DECODED_BAD;
}

static enum gh_decoded row(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  enum gh_decoded done = GH_DECODED;
  if (gh_env_binary(e)) {
    e->row.row = env_value(e->content);
    from_headers(e);
  } else {
    done = data_of(d, e, out);
    gh_env_set_node(e, NAME_SOURCE, e->found[KEY_CE_SOURCE]);
    gh_env_set_node(e, NAME_EVENT_TYPE, e->found[KEY_CE_TYPE]);
    gh_env_set_node(e, NAME_SUBJECT, e->found[KEY_CE_SUBJECT]);
    gh_env_set_node(e, NAME_TIME, e->found[KEY_CE_TIME]);
    gh_env_id_add(e, gh_env_text(e->found[KEY_CE_SOURCE]));
    gh_env_id_add(e, gh_env_text(e->found[KEY_CE_ID]));
  }
  if (done != GH_DECODED || !e->row.row || e->row.row->kind == JSON_OBJECT) return done;
  return gh_decoder_refuse(d, out, "wrong_type", "the data: an object was expected, found %s", gh_json_kind_name(e->row.row->kind));
}

const struct env_format gh_env_cloudevents = {
  .word = "cloudevents", .top = top,
  .names = 1u << NAME_ID | 1u << NAME_TIME | 1u << NAME_EVENT_TYPE | 1u << NAME_SOURCE | 1u << NAME_SUBJECT,
  .id_from = "`source` and `id` or the headers ce_source and ce_id", .time_from = "`time` or the header ce_time",
  .open = open, .row = row,
};
