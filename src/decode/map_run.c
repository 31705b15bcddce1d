#include "map_run.h"

#include "goldhour/base/time.h"

static void node_keys(struct gh_decoder *d, struct map_run *run, const struct path_node *node)
{
  unsigned n = 0;
  for (const struct path_node *c = node->first; c; c = c->next) n++;
  struct gh_str *names = gh_arena_alloc(&d->own, (n + 1) * sizeof *names);
  const struct path_node **children = gh_arena_alloc(&d->own, (n + 1) * sizeof *children);
  n = 0;
  for (const struct path_node *c = node->first; c; c = c->next) {
    names[n] = c->token;
    children[n++] = c;
    node_keys(d, run, c);
  }
  gh_keys_init(&run->nodes[node->id].keys, &d->own, names, n);
  run->nodes[node->id].children = children;
}

static void name_columns(struct map_run *run, const struct path_node *root)
{
  for (const struct path_node *c = root->first; c; c = c->next)
    if (c->path >= 0) run->columns[c->path] = c->token;
}

static void find_names(struct map_run *run)
{
  for (unsigned i = 0; i < ENV_NAMES; i++) {
    run->names[i] = -1;
    for (const struct path_node *c = run->set->paths.roots[ORIGIN_NAME].first; c; c = c->next)
      if (gh_str_eq(c->token, gh_env_name((enum env_name)i))) run->names[i] = c->path;
    if (run->names[i] >= 0) run->asked[run->nasked++] = (enum env_name)i;
  }
}

struct map_run *gh_map_run_new(struct gh_decoder *d, const struct map_set *set)
{
  struct map_run *run = gh_arena_zero(&d->own, 1, sizeof *run);
  run->set = set;
  run->nodes = gh_arena_zero(&d->own, set->paths.nnodes, sizeof *run->nodes);
  run->found = gh_arena_zero(&d->own, set->paths.npaths + 1, sizeof *run->found);
  run->raws = gh_arena_zero(&d->own, set->nraws + 1, sizeof *run->raws);
  run->wanted = gh_arena_zero(&d->own, set->nentries + 1, sizeof *run->wanted);
  run->made = gh_arena_zero(&d->own, set->paths.npaths + 1, sizeof *run->made);
  gh_arena_init(&run->scratch, GH_CEL_BYTES);
  for (unsigned i = 0; i < ORIGINS; i++) node_keys(d, run, &set->paths.roots[i]);
  run->columns = gh_arena_zero(&d->own, set->paths.npaths + 1, sizeof *run->columns);
  name_columns(run, &set->paths.roots[ORIGIN_ROW]);
  name_columns(run, &set->paths.roots[ORIGIN_BEFORE]);
  find_names(run);
  return run;
}

void gh_map_run_free(struct map_run *run)
{
  if (run) gh_arena_free(&run->scratch);
}

static enum gh_decoded refuse(struct gh_decoder *d, struct gh_record *out, const struct source *s)
{
  return gh_decoder_refuse_value(d, out, s->name, gh_type_text(&d->arena, s->type).ptr);
}

static bool is_one_of(struct gh_str text, const struct gh_str *list, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    if (gh_str_eq(text, list[i])) return true;
  return n == 0;
}

/* A table by its full name or the end of it: `txn`, `core.txn`. */
static bool is_table(struct gh_str full, const struct map_entry *e)
{
  for (unsigned i = 0; i < e->ntables; i++) {
    struct gh_str t = e->tables[i];
    if (full.len < t.len || memcmp(full.ptr + full.len - t.len, t.ptr, t.len) != 0) continue;
    if (full.len == t.len || full.ptr[full.len - t.len - 1] == '.') return true;
  }
  return e->ntables == 0;
}

static bool wants(const struct map_entry *e, const struct env_row *row)
{
  if (!row) return true;
  if ((e->ops && !(e->ops & row->op)) || !is_table(row->table, e)) return false;
  return is_one_of(json_text(&row->names[NAME_EVENT_TYPE]), e->event_types, e->nevent_types);
}

/* Which entries want such a row, before anything in it is looked at; false: none. */
static bool any_wants(struct map_run *run)
{
  bool any = false;
  for (unsigned i = 0; i < run->set->nentries; i++) any |= run->wanted[i] = wants(&run->set->entries[i], run->row);
  return any;
}

/* Without an envelope, which tells rows apart, every raw value must be readable. */
static bool is_read(const struct map_run *run, unsigned raw)
{
  if (run->set->envelope.kind == ENV_NONE) return true;
  for (unsigned i = 0; i < run->set->nentries; i++)
    if (run->wanted[i] && run->set->entries[i].reads[raw]) return true;
  return false;
}

/* Where every pointer leads, and the raw values of the conditions. */
static enum gh_decoded look(struct gh_decoder *d, struct map_run *run, struct gh_record *out)
{
  enum gh_decoded done = gh_map_look(d, run, out);
  if (done != GH_DECODED) return done;
  for (unsigned i = 0; i < run->set->nraws; i++) {
    run->raws[i] = gh_absent();
    if (!is_read(run, i)) continue;
    if (!gh_map_value(d, run, &run->set->raws[i].source, &run->raws[i])) return refuse(d, out, &run->set->raws[i].source);
    if (run->raws[i].kind == GH_NULL) run->raws[i] = gh_absent();
  }
  return GH_DECODED;
}

/* The first entry that wants such rows and whose condition holds; one that ends in an error (a raw value is absent) does not hold. */
static const struct map_entry *choose(struct map_run *run)
{
  struct gh_cel_frame frame = {.rows = {run->raws}, .scratch = &run->scratch};
  for (unsigned i = 0; i < run->set->nentries; i++) {
    const struct map_entry *e = &run->set->entries[i];
    if (run->wanted[i] && (!e->when || gh_cel_test(e->when, &frame, NULL))) return e;
  }
  return NULL;
}

/* An event without id, customer or time. Where the envelope gives it, the mapping does not show what is missing. */
static enum gh_decoded refuse_head(struct gh_decoder *d, const struct map_run *run, struct gh_record *out, const struct source *s)
{
  const char *origin = NULL;
  for (unsigned i = 0; i < run->nasked; i++)
    if (s->kind == SOURCE_POINTER && s->path == run->names[run->asked[i]]) origin = gh_env_origin(run->set->envelope.kind, run->asked[i]);
  if (!origin) return gh_decoder_refuse_missing(d, out, s->name);
  return gh_decoder_refuse(d, out, "missing_field", "field '%.*s' is missing: it comes from %s", GH_FMT(s->name), origin);
}

/* A stream's key is often an object, perhaps with its schema: what stands there as a text is nobody's number. */
static bool is_compound_key(struct gh_decoder *d, const struct map_run *run, const struct source *s)
{
  if (!run->row || s->kind != SOURCE_POINTER || s->path != run->names[NAME_KEY]) return false;
  const struct json_node *key = gh_env_key(d, d->env);
  return key && key->kind == JSON_OBJECT;
}

static enum gh_decoded refuse_key(struct gh_decoder *d, struct gh_record *out, const struct source *s)
{
  gh_convert_refuse(&d->convert, "wrong_type", "the message's key, which is an object (say $key/NAME, or where the customer stands in the row)");
  return refuse(d, out, s);
}

static enum gh_decoded text_of(struct gh_decoder *d, struct map_run *run, struct gh_record *out, const struct source *s)
{
  struct gh_value v;
  if (!gh_map_value(d, run, s, &v)) return refuse(d, out, s);
  if (v.kind != GH_STRING || v.len == 0) return refuse_head(d, run, out, s);
  if (s->name.len > 2 && is_compound_key(d, run, s)) return refuse_key(d, out, s);
  if (s->name.len == 2) out->event.id = gh_text(v);
  else out->event.customer = gh_text(v);
  return GH_DECODED;
}

/* An id that all rows of a message share, made this row's own. */
static void tell_apart(struct gh_decoder *d, struct gh_record *out, const struct source *s)
{
  if (d->row > 0 && !s->per_row) out->event.id = gh_arena_fmt(&d->arena, "%.*s-%u", GH_FMT(out->event.id), d->row);
}

static enum gh_decoded time_of(struct gh_decoder *d, struct map_run *run, struct gh_record *out, const struct source *s)
{
  struct gh_value v;
  if (!gh_map_value(d, run, s, &v)) return refuse(d, out, s);
  if (v.kind != GH_TIMESTAMP) return refuse_head(d, run, out, s);
  out->event.time_ms = gh_value_ms(v);
  return gh_convert_time_bounds(&d->convert, out->event.time_ms) ? GH_DECODED : refuse(d, out, s);
}

static enum gh_decoded head(struct gh_decoder *d, struct map_run *run, struct gh_record *out, const struct map_entry *e)
{
  enum gh_decoded done = e->id ? text_of(d, run, out, e->id) : GH_DECODED;
  if (done == GH_DECODED && e->id) tell_apart(d, out, e->id);
  if (done == GH_DECODED) done = text_of(d, run, out, e->customer);
  return done == GH_DECODED && e->time ? time_of(d, run, out, e->time) : done;
}

static enum gh_decoded fields(struct gh_decoder *d, struct map_run *run, struct gh_record *out, const struct map_entry *e)
{
  for (unsigned i = 0; i < e->type->nfields; i++) {
    d->slots[i] = gh_absent();
    if (!e->fields[i]) continue;
    if (!gh_map_value(d, run, e->fields[i], &d->slots[i])) return refuse(d, out, e->fields[i]);
    if (d->slots[i].kind == GH_NULL && e->type->index != GH_CUSTOMER_TYPE) d->slots[i] = gh_absent();
  }
  return gh_decoder_finish(d, out);
}

static enum gh_decoded apply(struct gh_decoder *d, struct map_run *run, struct gh_record *out)
{
  const struct map_entry *e = NULL;
  enum gh_decoded done = GH_DECODED;
  bool snapshot = run->row && run->row->op == OP_SNAPSHOT;
  if (any_wants(run)) {
    done = look(d, run, out);
    if (done != GH_DECODED) return done;
    e = choose(run);
  }
  if (!e && run->set->refuse_others && !snapshot) return gh_decoder_refuse(d, out, "unmapped", "no entry of the mapping applies");
  if (!e) return GH_DECODED_OTHER;
  out->event.type = e->type;
  out->event.forget = e->forget;
  done = head(d, run, out, e);
  return done == GH_DECODED ? fields(d, run, out, e) : done;
}

static enum gh_decoded run_mapping(struct gh_decoder *d, struct map_run *run, struct gh_record *out)
{
  bool texts = d->convert.texts;
  d->convert.texts = true;
  enum gh_decoded done = apply(d, run, out);
  d->convert.texts = texts;
  return done;
}

enum gh_decoded gh_map_run_row(struct gh_decoder *d, struct map_run *run, const struct env_row *row, struct gh_record *out)
{
  run->row = row;
  return run_mapping(d, run, out);
}

enum gh_decoded gh_map_run_profile(struct gh_decoder *d, struct map_run *run, struct gh_record *out)
{
  out->event.time_ms = GH_ALWAYS;
  return run_mapping(d, run, out);
}
