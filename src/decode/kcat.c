#include "goldhour/decode/kcat.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/model/decimal.h"
#include "json.h"

enum { DEPTH_MOST = 256 };

struct gh_kcat {
  struct gh_arena arena; /* of the line */
  struct json_tape tape;
};

struct gh_kcat *gh_kcat_new(void)
{
  struct gh_kcat *k = calloc(1, sizeof *k);
  GH_CHECK(k);
  gh_arena_init(&k->arena, 0);
  gh_json_tape_init(&k->tape);
  return k;
}

void gh_kcat_free(struct gh_kcat *k)
{
  if (!k) return;
  gh_json_tape_free(&k->tape);
  gh_arena_free(&k->arena);
  free(k);
}

static const struct json_node *member(const struct json_node *object, const char *name)
{
  for (const struct json_node *n = object + 1; n < object + object->span; n += n->span)
    if (gh_str_eq(json_key(n), gh_str(name))) return n;
  return NULL;
}

static const char *behind_text(const char *at)
{
  for (at++; *at != '"'; at++)
    if (*at == '\\') at++;
  return at + 1;
}

/* Behind a container in text that is known to be JSON. */
static const char *behind_container(const char *at)
{
  unsigned depth = 0;
  do {
    if (*at == '"') {
      at = behind_text(at);
      continue;
    }
    if (*at == '{' || *at == '[') depth++;
    if (*at == '}' || *at == ']') depth--;
    at++;
  } while (depth > 0);
  return at;
}

/* The bytes of the nth container among an object's members, as they stand in the line. */
static struct gh_str container_bytes(struct gh_str line, unsigned nth)
{
  const char *at = line.ptr;
  while (*at != '{') at++;
  for (at++;;) {
    if (*at == '"') at = behind_text(at);
    else if (*at != '{' && *at != '[') at++;
    else {
      const char *end = behind_container(at);
      if (nth-- == 0) return (struct gh_str){at, (size_t)(end - at)};
      at = end;
    }
  }
}

static struct gh_str text_of(const struct json_node *root, const struct json_node *n, struct gh_str line)
{
  unsigned before = 0;
  if (!n || n->kind == JSON_NULL) return (struct gh_str){NULL, 0};
  if (n->kind == JSON_STRING || n->kind == JSON_NUMBER) return json_text(n);
  if (n->kind < JSON_LIST) return n->kind == JSON_TRUE ? GH_STR("true") : GH_STR("false");
  for (const struct json_node *m = root + 1; m < n; m += m->span) before += m->kind >= JSON_LIST;
  return container_bytes(line, before);
}

/* Names and values one after the other, or an object. */
static bool read_headers(struct gh_kcat *k, const struct json_node *list, struct gh_message *out)
{
  if (!list || list->kind == JSON_NULL) return true;
  if (list->kind < JSON_LIST || (list->kind == JSON_LIST && list->text_len % 2 != 0)) return false;
  struct gh_header *headers = gh_arena_zero(&k->arena, list->text_len + 1, sizeof *headers);
  unsigned n = 0;
  for (const struct json_node *v = list + 1; v < list + list->span; v += v->span, n++) {
    headers[n].name = list->kind == JSON_OBJECT ? json_key(v) : json_text(v);
    if (list->kind == JSON_LIST && (v++)->kind != JSON_STRING) return false;
    if (v->kind >= JSON_LIST) return false;
    if (v->kind != JSON_NULL) headers[n].value = json_text(v);
  }
  out->headers = headers;
  out->nheaders = n;
  return true;
}

static bool read_time(const struct json_node *n, int64_t *ms)
{
  if (!n || n->kind == JSON_NULL) return true;
  return n->kind == JSON_NUMBER && gh_decimal_parse(json_text(n), 0, ms);
}

bool gh_kcat_read(struct gh_kcat *k, struct gh_str line, struct gh_message *out, const char **why)
{
  const struct json_node *root;
  gh_arena_reset(&k->arena);
  *out = (struct gh_message){0};
  bool ok = gh_json_tape_read(&k->tape, &k->arena, line, DEPTH_MOST);
  *why = ok ? "it is no object" : k->tape.detail;
  root = k->tape.nodes;
  if (!ok || root->kind != JSON_OBJECT) return false;
  *why = "it has no `payload`";
  const struct json_node *payload = member(root, "payload");
  if (!payload) return false;
  out->bytes = text_of(root, payload, line);
  out->key = text_of(root, member(root, "key"), line);
  *why = "its `ts` is no whole number";
  if (!read_time(member(root, "ts"), &out->time_ms)) return false;
  *why = "its `headers` are no list of names and values";
  return read_headers(k, member(root, "headers"), out);
}
