#include "paths.h"

void gh_paths_init(struct paths *p)
{
  *p = (struct paths){.nnodes = ORIGINS};
  for (unsigned i = 0; i < ORIGINS; i++) p->roots[i] = (struct path_node){.index = -1, .path = -1, .id = i};
}

/* A token with ~1 as / and ~0 as ~; false: another ~. */
static bool unescape(struct gh_arena *arena, struct gh_str raw, struct gh_str *out)
{
  char *text = gh_arena_alloc(arena, raw.len + 1), *to = text;
  for (size_t i = 0; i < raw.len; i++) {
    char c = raw.ptr[i];
    if (c == '~') {
      c = ++i < raw.len ? raw.ptr[i] : '\0';
      if (c != '0' && c != '1') return false;
      c = c == '0' ? '~' : '/';
    }
    *to++ = c;
  }
  *to = '\0';
  *out = (struct gh_str){text, (size_t)(to - text)};
  return true;
}

/* Digits without leading zeros: an index; else -1. */
static int64_t as_index(struct gh_str token)
{
  int64_t index = 0;
  if (token.len == 0 || token.len > 9 || (token.len > 1 && token.ptr[0] == '0')) return -1;
  for (size_t i = 0; i < token.len; i++) {
    if (token.ptr[i] < '0' || token.ptr[i] > '9') return -1;
    index = index * 10 + (token.ptr[i] - '0');
  }
  return index;
}

static struct path_node *child(struct paths *p, struct gh_arena *arena, struct path_node *parent, struct gh_str token)
{
  struct path_node **at = &parent->first;
  for (; *at; at = &(*at)->next)
    if (gh_str_eq((*at)->token, token)) return *at;
  struct path_node *n = gh_arena_zero(arena, 1, sizeof *n);
  *n = (struct path_node){.token = token, .index = as_index(token), .path = -1, .id = p->nnodes++};
  return *at = n;
}

int gh_paths_add(struct paths *p, struct gh_arena *arena, enum origin origin, struct gh_str pointer)
{
  struct path_node *node = &p->roots[origin];
  if (pointer.len == 0 || pointer.ptr[0] != '/') return -1;
  for (size_t at = 0; at < pointer.len;) {
    size_t from = ++at;
    struct gh_str token;
    while (at < pointer.len && pointer.ptr[at] != '/') at++;
    if (!unescape(arena, (struct gh_str){pointer.ptr + from, at - from}, &token)) return -1;
    node = child(p, arena, node, token);
  }
  if (node->path < 0) node->path = (int)p->npaths++;
  return node->path;
}

int gh_paths_add_token(struct paths *p, struct gh_arena *arena, enum origin origin, struct gh_str token)
{
  struct path_node *node = child(p, arena, &p->roots[origin], token);
  if (node->path < 0) node->path = (int)p->npaths++;
  return node->path;
}
