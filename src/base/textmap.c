#include "goldhour/base/textmap.h"

#include "goldhour/base/hash.h"

enum { FIRST_CELLS = 16 };

void gh_textmap_init(struct gh_textmap *map, struct gh_arena *arena)
{
  *map = (struct gh_textmap){.arena = arena};
}

/* The cell of a name, or the free one where it belongs. */
static struct gh_textmap_cell *cell_of(const struct gh_textmap *map, struct gh_str name)
{
  size_t at = gh_hash(name) & (map->cap - 1);
  while (map->cells[at].name.ptr && !gh_str_eq(map->cells[at].name, name)) at = (at + 1) & (map->cap - 1);
  return &map->cells[at];
}

static void grow(struct gh_textmap *map)
{
  struct gh_textmap larger = {.arena = map->arena, .cap = map->cap ? map->cap * 2 : FIRST_CELLS, .len = map->len};
  larger.cells = gh_arena_zero(map->arena, larger.cap, sizeof *larger.cells);
  for (size_t i = 0; i < map->cap; i++) {
    if (map->cells[i].name.ptr) *cell_of(&larger, map->cells[i].name) = map->cells[i];
  }
  *map = larger;
}

bool gh_textmap_add(struct gh_textmap *map, struct gh_str name, uint32_t value, uint32_t *held)
{
  if (!name.ptr) name.ptr = "";
  if (2 * (map->len + 1) > map->cap) grow(map);
  struct gh_textmap_cell *cell = cell_of(map, name);
  if (cell->name.ptr) {
    if (held) *held = cell->value;
    return false;
  }
  *cell = (struct gh_textmap_cell){name, value};
  map->len++;
  return true;
}

bool gh_textmap_find(const struct gh_textmap *map, struct gh_str name, uint32_t *value)
{
  if (!map->cap) return false;
  const struct gh_textmap_cell *cell = cell_of(map, name);
  if (!cell->name.ptr) return false;
  *value = cell->value;
  return true;
}
