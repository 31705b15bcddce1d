#include "mapping.h"

struct gh_program *gh_map_compile(struct map_parse *p, const struct gh_node *node, struct gh_type want)
{
  struct gh_str text;
  struct gh_cel_fault cel = {0};
  if (!gh_want_text(node, &text, p->faults)) return NULL;
  while (text.len && strchr(" \t\r\n", text.ptr[text.len - 1])) text.len--;
  struct gh_program *program = gh_cel_compile(p->env, p->arena, text, (struct gh_cel_options){.want = want}, &cel);
  if (program) return program;
  struct gh_fault *fault = gh_fault(p->faults, node->at, "'%.*s': %.*s", GH_FMT(node->key), GH_FMT(cel.message));
  fault->excerpt = gh_fault_caret(p->faults, text, cel.offset);
  fault->hint = GH_STR("conditions of a mapping see raw.NAME, as declared under `raw`");
  if (cel.hint.len) fault->hint = gh_arena_str(&p->faults->arena, cel.hint);
  return NULL;
}
