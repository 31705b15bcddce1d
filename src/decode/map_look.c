/* A row walked once for all pointers of a mapping: the row itself, what it was before, the message around it, the key, the headers, the envelope's names. */
#include "goldhour/base/utf8.h"
#include "map_run.h"

/* A node that the pointers lead to, or through; false: a key that is used stands twice, run->twice. */
static bool visit(struct map_run *run, const struct path_node *path, const struct json_node *node);

/* GoldenGate may say behind a null that the column is not null but missing: NAME_isMissing. */
static bool is_missing(const struct map_run *run, const struct json_node *object, const struct json_node *n)
{
  static const struct gh_str mark = {"_isMissing", 10};
  const struct json_node *next = n + n->span;
  if (run->set->envelope.kind != ENV_GOLDENGATE || next >= object + object->span || next->kind != JSON_TRUE) return false;
  return next->key_len == n->key_len + mark.len && memcmp(next->key, n->key, n->key_len) == 0 && memcmp(next->key + n->key_len, mark.ptr, mark.len) == 0;
}

static bool visit_object(struct map_run *run, const struct path_node *path, const struct json_node *node)
{
  struct run_node *r = &run->nodes[path->id];
  unsigned place = 0;
  for (const struct json_node *n = node + 1; n < node + node->span; n += n->span) {
    int key = keys_find(&r->keys, json_key(n), place++);
    if (key < 0 || (n->kind == JSON_NULL && is_missing(run, node, n))) continue;
    if (!keys_mark(&r->keys, key, run->record)) {
      run->twice = r->keys.names[key];
      return false;
    }
    if (!visit(run, r->children[key], n)) return false;
  }
  return true;
}

static bool visit_list(struct map_run *run, const struct path_node *path, const struct json_node *node)
{
  int64_t i = 0;
  for (const struct json_node *n = node + 1; n < node + node->span; n += n->span, i++)
    for (const struct path_node *c = path->first; c; c = c->next)
      if (c->index == i && !visit(run, c, n)) return false;
  return true;
}

static bool visit(struct map_run *run, const struct path_node *path, const struct json_node *node)
{
  if (path->path >= 0) run->found[path->path] = node;
  if (!path->first) return true;
  if (node->kind == JSON_OBJECT) return visit_object(run, path, node);
  return node->kind != JSON_LIST || visit_list(run, path, node);
}

/* Visits a thing that pointers may start from; what it holds takes the place of what was found before. */
static bool walk(struct gh_decoder *d, struct map_run *run, enum origin origin, const struct json_node *node)
{
  const struct path_node *root = &run->set->paths.roots[origin];
  if (!node || !root->first) return true;
  run->record = ++d->record;
  return visit(run, root, node);
}

static void found_text(struct map_run *run, int path, struct gh_str text)
{
  run->made[path] = (struct json_node){.text = text.ptr, .text_len = (uint32_t)text.len, .span = 1, .kind = JSON_STRING};
  run->found[path] = &run->made[path];
}

static enum gh_decoded headers(struct gh_decoder *d, struct map_run *run, struct gh_record *out)
{
  struct gh_str value;
  for (const struct path_node *c = run->set->paths.roots[ORIGIN_HEADER].first; c; c = c->next) {
    if (!gh_env_header(d->env, c->token, &value)) continue;
    if (!gh_utf8_valid(value)) return gh_decoder_refuse(d, out, "bad_utf8", "the header '%.*s' holds bytes that are no UTF-8", GH_FMT(c->token));
    found_text(run, c->path, value);
  }
  return GH_DECODED;
}

/* The key as a text: what a text or number in JSON says, else its bytes. */
static enum gh_decoded key_text(struct gh_decoder *d, struct map_run *run, struct gh_record *out)
{
  struct gh_str raw = d->env->message.key;
  if (run->names[NAME_KEY] < 0 || raw.len == 0) return GH_DECODED;
  const struct json_node *key = gh_env_key(d, d->env);
  bool scalar = key && (key->kind == JSON_STRING || key->kind == JSON_NUMBER);
  if (!scalar && !gh_utf8_valid(raw)) return gh_decoder_refuse(d, out, "bad_utf8", "the message's key holds bytes that are no UTF-8");
  found_text(run, run->names[NAME_KEY], scalar ? json_text(key) : raw);
  return GH_DECODED;
}

static enum gh_decoded names(struct gh_decoder *d, struct map_run *run, struct gh_record *out)
{
  for (unsigned i = 0; i < run->nasked; i++) {
    const struct json_node *n = &run->row->names[run->asked[i]];
    if (n->text) run->found[run->names[run->asked[i]]] = n;
  }
  enum gh_decoded done = headers(d, run, out);
  return done == GH_DECODED ? key_text(d, run, out) : done;
}

static bool walk_row(struct gh_decoder *d, struct map_run *run)
{
  const struct env_row *r = run->row;
  if (!walk(d, run, ORIGIN_ROW, r->under) || !walk(d, run, ORIGIN_ROW, r->row)) return false;
  if (!walk(d, run, ORIGIN_BEFORE, r->before_under) || !walk(d, run, ORIGIN_BEFORE, r->before)) return false;
  if (!walk(d, run, ORIGIN_MESSAGE, d->env->content)) return false;
  return !run->set->paths.roots[ORIGIN_KEY].first || walk(d, run, ORIGIN_KEY, gh_env_key(d, d->env));
}

enum gh_decoded gh_map_look(struct gh_decoder *d, struct map_run *run, struct gh_record *out)
{
  memset(run->found, 0, run->set->paths.npaths * sizeof *run->found);
  bool once = run->row ? walk_row(d, run) : walk(d, run, ORIGIN_ROW, d->tape.nodes);
  if (!once) return gh_decoder_refuse_duplicate(d, out, run->twice);
  return run->row ? names(d, run, out) : GH_DECODED;
}
