#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "bytes_json.h"
#include "goldhour/sys/sys.h"
#include "rekey.h"

#define WITHIN_MS INT64_C(60000)

bool gh_rekey_out_open(struct gh_rekey_out *o, struct gh_kafka_error *error)
{
  const struct gh_conf *conf = &o->set->conf;
  o->pending = 0;
  if (!o->decoder) o->decoder = gh_decoder_new(conf, o->set->schema, o->set->mapping, o->set->zone);
  o->producer = gh_kafka_producer_open(&conf->kafka.kafka, conf->dir, error);
  return o->producer != NULL;
}

void gh_rekey_out_close(struct gh_rekey_out *o)
{
  if (o->producer) gh_kafka_producer_close(o->producer);
  if (o->dead) fclose(o->dead);
  if (o->decoder) gh_decoder_free(o->decoder);
  gh_buf_free(&o->id);
  gh_buf_free(&o->json);
  o->producer = NULL;
  o->dead = NULL;
  o->decoder = NULL;
}

/* ── dead letters ── */

static bool file_error(const struct gh_rekey_out *o, struct gh_kafka_error *error)
{
  snprintf(error->text, sizeof error->text, "%s: it cannot be written: %s", o->dead_path, strerror(errno));
  return false;
}

static bool to_file(struct gh_rekey_out *o, const struct gh_rekey_message *m, const struct gh_record *r, struct gh_kafka_error *error)
{
  struct gh_buf *out = &o->json;
  if (!o->dead) {
    o->dead = fopen(o->dead_path, "ae");
    if (!o->dead) return file_error(o, error);
    gh_log(GH_WARN, "records are refused: they go to a file", "path=\"%s\"", o->dead_path);
  }
  gh_buf_clear(out);
  gh_buf_fmt(out, "{\"partition\":%" PRId32 ",\"offset\":%" PRId64, m->partition, m->offset);
  gh_cli_json_text(out, "topic", m->topic);
  gh_cli_json_text(out, "reason", gh_str(r->reason));
  if (r->detail.len) gh_cli_json_text(out, "detail", r->detail);
  if (m->message.key.len) gh_cli_json_bytes(out, "key", m->message.key);
  for (unsigned i = 0; i < m->message.nheaders; i++) {
    gh_buf_fmt(out, "%s{\"i\":%u", i ? "," : ",\"headers\":[", i);
    gh_cli_json_bytes(out, "name", m->message.headers[i].name);
    gh_cli_json_bytes(out, "value", m->message.headers[i].value);
    gh_buf_add_str(out, i + 1 < m->message.nheaders ? GH_STR("}") : GH_STR("}]"));
  }
  gh_cli_json_bytes(out, "raw", m->message.bytes);
  gh_buf_add_str(out, GH_STR("}\n"));
  return fwrite(out->data, 1, out->len, o->dead) == out->len || file_error(o, error);
}

enum { OWN_HEADERS = 5, HEADERS_MOST = 256 };

/* What no topic takes goes to the file. */
static bool to_topic(struct gh_rekey_out *o, const struct gh_rekey_message *m, const struct gh_record *r, struct gh_kafka_error *error)
{
  struct gh_pair headers[HEADERS_MOST + OWN_HEADERS];
  char partition[16], offset[32];
  unsigned n = 0;
  for (unsigned i = 0; i < m->message.nheaders && n < HEADERS_MOST; i++)
    headers[n++] = (struct gh_pair){.name = m->message.headers[i].name, .value = m->message.headers[i].value};
  snprintf(partition, sizeof partition, "%" PRId32, m->partition);
  snprintf(offset, sizeof offset, "%" PRId64, m->offset);
  headers[n++] = (struct gh_pair){.name = GH_STR("goldhour-reason"), .value = gh_str(r->reason)};
  headers[n++] = (struct gh_pair){.name = GH_STR("goldhour-detail"), .value = r->detail};
  headers[n++] = (struct gh_pair){.name = GH_STR("goldhour-topic"), .value = m->topic};
  headers[n++] = (struct gh_pair){.name = GH_STR("goldhour-partition"), .value = gh_str(partition)};
  headers[n++] = (struct gh_pair){.name = GH_STR("goldhour-offset"), .value = gh_str(offset)};
  const struct gh_kafka_out out = {.topic = o->dead_topic, .key = m->message.key, .bytes = m->message.bytes, .partition = -1,
      .headers = headers, .nheaders = n};
  if (gh_kafka_produce(o->producer, &out, WITHIN_MS, error)) return true;
  return error->too_large && to_file(o, m, r, error);
}

static bool refuse(struct gh_rekey_out *o, const struct gh_rekey_message *m, const struct gh_record *r, struct gh_kafka_error *error)
{
  o->counts.refused++;
  return o->dead_topic.len ? to_topic(o, m, r, error) : to_file(o, m, r, error);
}

/* ── events ── */

/* Two sources may give the same id: the topic's name before it tells them apart. */
static bool write_event(struct gh_rekey_out *o, const struct gh_rekey_message *m, const struct gh_event *e, struct gh_kafka_error *error)
{
  gh_buf_clear(&o->id);
  gh_buf_add_str(&o->id, m->topic);
  gh_buf_byte(&o->id, ':');
  gh_buf_add_str(&o->id, e->id);
  gh_buf_clear(&o->json);
  gh_event_canonical(&o->json, e, gh_buf_str(&o->id));
  const struct gh_kafka_out out = {.topic = o->to, .key = e->customer, .bytes = gh_buf_str(&o->json), .partition = -1};
  if (gh_kafka_produce(o->producer, &out, WITHIN_MS, error)) {
    if (e->type->index == GH_CUSTOMER_TYPE) o->counts.profiles++;
    else o->counts.events++;
    return true;
  }
  const struct gh_record refused = {.reason = "too_long", .detail = GH_STR("the event is larger than `message.max.bytes` of the source's `properties`")};
  return error->too_large && refuse(o, m, &refused, error);
}

/* ── messages ── */

static bool write_row(struct gh_rekey_out *o, const struct gh_rekey_message *m, enum gh_decoded decoded, const struct gh_record *r,
    struct gh_kafka_error *error)
{
  switch (decoded) {
  case GH_DECODED: return write_event(o, m, &r->event, error);
  case GH_DECODED_BAD: return refuse(o, m, r, error);
  case GH_DECODED_OTHER: o->counts.passed++; return true;
  case GH_DECODED_BLANK: return true;
  }
  return true;
}

bool gh_rekey_out_write(struct gh_rekey_out *o, const struct gh_rekey_message *m, struct gh_kafka_error *error)
{
  struct gh_record r = {0};
  o->pending++;
  o->counts.read++;
  if (m->message.bytes.len > (size_t)o->set->conf.record_bytes) {
    r = (struct gh_record){.reason = "too_long", .detail = GH_STR("it is longer than record_bytes")};
    return refuse(o, m, &r, error);
  }
  bool ok = write_row(o, m, gh_decode_message(o->decoder, &m->message, &r), &r, error);
  while (ok && r.more) ok = write_row(o, m, gh_decode_more(o->decoder, &r), &r, error);
  return ok;
}

bool gh_rekey_out_flush(struct gh_rekey_out *o, struct gh_kafka_error *error)
{
  if (o->pending == 0) return true;
  if (!gh_kafka_flush(o->producer, WITHIN_MS, error)) return false;
  if (o->dead && (fflush(o->dead) != 0 || fdatasync(fileno(o->dead)) != 0)) return file_error(o, error);
  o->pending = 0;
  return true;
}
