#include <stdlib.h>

#include "change.h"
#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"

static uint32_t find(const struct gh_shared_table *t, struct gh_str text, uint64_t hash)
{
  uint32_t at = (uint32_t)hash & (t->cap - 1);
  for (; t->slots[at]; at = (at + 1) & (t->cap - 1)) {
    const struct gh_shared *x = t->slots[at];
    if (x->hash == hash && gh_str_eq(gh_str_n(x->text, x->len), text)) break;
  }
  return at;
}

static void grow(struct gh_shared_table *t)
{
  struct gh_shared **old = t->slots;
  uint32_t old_cap = t->cap;
  t->cap = old_cap ? old_cap * 2 : 256;
  t->slots = calloc(t->cap, sizeof *t->slots);
  GH_CHECK(t->slots && "out of memory");
  for (uint32_t i = 0; i < old_cap; i++)
    if (old[i]) t->slots[find(t, gh_str_n(old[i]->text, old[i]->len), old[i]->hash)] = old[i];
  free(old);
}

struct gh_shared *gh_shared_take(struct gh_shared_table *t, struct gh_str text)
{
  if (t->count * 2 >= t->cap) grow(t);
  uint64_t hash = gh_hash(text);
  uint32_t at = find(t, text, hash);
  if (!t->slots[at]) {
    struct gh_shared *x = malloc(sizeof *x + text.len);
    GH_CHECK(x && "out of memory");
    *x = (struct gh_shared){.len = (uint32_t)text.len, .hash = hash};
    if (text.len) memcpy(x->text, text.ptr, text.len);
    t->slots[at] = x;
    t->count++;
    t->bytes += sizeof *x + text.len;
  }
  t->slots[at]->refs++;
  return t->slots[at];
}

void gh_shared_give(struct gh_shared_table *t, struct gh_shared *text)
{
  GH_CHECK(text->refs > 0);
  if (--text->refs) return;
  uint32_t gap = find(t, gh_str_n(text->text, text->len), text->hash);
  for (uint32_t at = (gap + 1) & (t->cap - 1); t->slots[at]; at = (at + 1) & (t->cap - 1)) {
    uint32_t want = (uint32_t)t->slots[at]->hash & (t->cap - 1);
    bool stays = gap <= at ? gap < want && want <= at : gap < want || want <= at;
    if (stays) continue;
    t->slots[gap] = t->slots[at];
    gap = at;
  }
  t->slots[gap] = NULL;
  t->count--;
  t->bytes -= sizeof *text + text->len;
  free(text);
}

void gh_shared_free(struct gh_shared_table *t)
{
  for (uint32_t i = 0; i < t->cap; i++) free(t->slots[i]);
  free(t->slots);
  *t = (struct gh_shared_table){0};
}
