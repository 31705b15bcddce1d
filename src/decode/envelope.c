/* A message opened: its elements, their rows, each given to the mapping. */
#include "envelope.h"

#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "map_run.h"

static const char *const name_words[] = {
  [NAME_ID] = "id", [NAME_TIME] = "time", [NAME_OP] = "op", [NAME_TABLE] = "table", [NAME_SCHEMA] = "schema", [NAME_DATABASE] = "database",
  [NAME_EVENT_TYPE] = "event_type", [NAME_SOURCE] = "source", [NAME_SUBJECT] = "subject", [NAME_ROW] = "row", [NAME_KEY] = "key",
  [NAME_STREAM_TIME] = "stream_time",
};

static const struct env_format none = {.word = "none"};
static const struct env_format *const formats[ENV_KINDS] = {
  [ENV_NONE] = &none, [ENV_JSON] = &gh_env_json, [ENV_CLOUDEVENTS] = &gh_env_cloudevents, [ENV_DEBEZIUM] = &gh_env_debezium,
  [ENV_OUTBOX] = &gh_env_outbox, [ENV_CANAL] = &gh_env_canal, [ENV_GOLDENGATE] = &gh_env_goldengate,
};

bool gh_env_has(enum env_kind kind, enum env_name name)
{
  if (name == NAME_KEY || name == NAME_STREAM_TIME) return true;
  return kind != ENV_NONE && (name == NAME_ROW || (formats[kind]->names & 1u << name));
}

bool gh_env_has_ops(enum env_kind kind)
{
  return gh_env_has(kind, NAME_OP);
}

struct gh_str gh_env_name(enum env_name name)
{
  return gh_str(name_words[name]);
}

struct gh_str gh_env_kind(enum env_kind kind)
{
  return gh_str(formats[kind]->word);
}

struct gh_str gh_env_op(enum env_op op)
{
  switch (op) {
    case OP_INSERT: return GH_STR("insert");
    case OP_UPDATE: return GH_STR("update");
    case OP_DELETE: return GH_STR("delete");
    case OP_SNAPSHOT: return GH_STR("snapshot");
  }
  GH_IMPOSSIBLE();
}

const char *gh_env_origin(enum env_kind kind, enum env_name name)
{
  return name == NAME_ID ? formats[kind]->id_from : name == NAME_TIME ? formats[kind]->time_from : NULL;
}

static unsigned keys_of(struct gh_decoder *d, struct keys *keys, const char *const *words)
{
  unsigned n = 0;
  while (words && words[n]) n++;
  struct gh_str *names = gh_arena_alloc(&d->own, (n + 1) * sizeof *names);
  for (unsigned i = 0; i < n; i++) names[i] = gh_str(words[i]);
  gh_keys_init(keys, &d->own, names, n);
  return n;
}

struct env_run *gh_env_new(struct gh_decoder *d, const struct envelope *envelope)
{
  struct env_run *e = gh_arena_zero(&d->own, 1, sizeof *e);
  const struct env_format *f = formats[envelope->kind];
  e->envelope = envelope;
  gh_json_tape_init(&e->inner);
  gh_json_tape_init(&e->key);
  unsigned top = keys_of(d, &e->top, f->top), source = keys_of(d, &e->source, f->source);
  e->found = gh_arena_zero(&d->own, top + source + 1, sizeof *e->found);
  return e;
}

void gh_env_free(struct env_run *e)
{
  if (!e) return;
  gh_json_tape_free(&e->inner);
  gh_json_tape_free(&e->key);
  gh_buf_free(&e->id);
}

/* Nothing is known of the row; of its names, only what says that they are absent is cleared, for there are many. */
static void clear_row(struct env_row *r)
{
  r->row = r->before = r->under = r->before_under = r->columns = NULL;
  r->op = (enum env_op)0;
  r->table = (struct gh_str){NULL, 0};
  for (unsigned i = 0; i < ENV_NAMES; i++) {
    r->names[i].text = NULL;
    r->names[i].text_len = 0;
  }
}

/* What every message has, whatever its envelope. */
static void common_names(struct env_run *e, const struct map_run *run)
{
  gh_env_set_time_ms(e, NAME_STREAM_TIME, e->message.time_ms);
  if (run->names[NAME_ROW] < 0) return;
  int n = snprintf(e->row_text, sizeof e->row_text, "%u", e->number);
  gh_env_set(e, NAME_ROW, (struct gh_str){e->row_text, (size_t)n});
}

static enum gh_decoded open_element(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node *n = e->element, *schema;
  e->element += n->span;
  e->nrows = e->next_row = 0;
  e->content = n;
  bool nothing = n->kind == JSON_NULL || gh_env_unwrap(n, &schema)->kind == JSON_NULL;
  if (nothing && !gh_env_binary(e)) return GH_DECODED_OTHER;
  enum gh_decoded done = formats[e->envelope->kind]->open(d, e, out);
  if (done != GH_DECODED) e->nrows = 0;
  return done;
}

static enum gh_decoded one(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  e->number++;
  d->row = e->several ? e->number : 0;
  if (e->next_row == e->nrows) {
    enum gh_decoded done = open_element(d, e, out);
    if (done != GH_DECODED) return done;
    e->several |= e->nrows > 1;
    d->row = e->several ? e->number : 0;
  }
  e->next_row++;
  clear_row(&e->row);
  gh_buf_clear(&e->id);
  e->bad_header = NULL;
  enum gh_decoded done = formats[e->envelope->kind]->row(d, e, out);
  if (done != GH_DECODED) return done;
  if (e->bad_header) return gh_decoder_refuse(d, out, "bad_utf8", "the header '%s' holds bytes that are no UTF-8", e->bad_header);
  common_names(e, d->events);
  if (e->id.len > 0) gh_env_set(e, NAME_ID, gh_buf_str(&e->id));
  return gh_map_run_row(d, d->events, &e->row, out);
}

enum gh_decoded gh_env_next(struct gh_decoder *d, struct gh_record *out)
{
  struct env_run *e = d->env;
  enum gh_decoded done = one(d, e, out);
  d->row = 0;
  out->more = e->next_row < e->nrows || e->element < e->end;
  return done;
}

/* Without an envelope the record is the row. */
static enum gh_decoded bare(struct gh_decoder *d, struct env_run *e, struct gh_record *out)
{
  const struct json_node *root = d->tape.nodes;
  if (root->kind != JSON_OBJECT) return gh_decoder_refuse(d, out, "wrong_type", "an object was expected, found %s", gh_json_kind_name(root->kind));
  e->number = 1;
  e->row.row = e->content = root;
  e->row.names[NAME_STREAM_TIME].text = NULL; /* nothing else is ever said of it */
  gh_env_set_time_ms(e, NAME_STREAM_TIME, e->message.time_ms);
  return gh_map_run_row(d, d->events, &e->row, out);
}

bool gh_env_sequence(const struct env_run *e)
{
  return e->envelope->kind == ENV_GOLDENGATE;
}

enum gh_decoded gh_env_first(struct gh_decoder *d, struct gh_record *out)
{
  struct env_run *e = d->env;
  const struct json_node *root = d->tape.nodes;
  if (gh_env_sequence(e) && root->text_len == 1) root++; /* the one value of the sequence */
  e->key_read = false;
  if (e->envelope->kind == ENV_NONE) return bare(d, e, out);
  bool list = root->kind == JSON_LIST && !gh_env_binary(e) && e->envelope->kind != ENV_OUTBOX;
  e->element = list ? root + 1 : root;
  e->end = root + root->span;
  e->number = e->nrows = e->next_row = 0;
  e->several = list;
  return e->element < e->end ? gh_env_next(d, out) : GH_DECODED_OTHER;
}
