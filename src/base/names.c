#include "goldhour/base/names.h"

#include "goldhour/base/hash.h"

enum { FIRST_CELLS = 16 };

void gh_names_init(struct gh_names *names, struct gh_arena *arena)
{
  *names = (struct gh_names){.arena = arena};
}

/* The cell of a name, or the free one where it belongs. */
static struct gh_name_cell *cell_of(const struct gh_names *names, struct gh_str name)
{
  size_t at = gh_hash(name) & (names->cap - 1);
  while (names->cells[at].name.ptr && !gh_str_eq(names->cells[at].name, name)) at = (at + 1) & (names->cap - 1);
  return &names->cells[at];
}

static void grow(struct gh_names *names)
{
  struct gh_names larger = {.arena = names->arena, .cap = names->cap ? names->cap * 2 : FIRST_CELLS, .len = names->len};
  larger.cells = gh_arena_zero(names->arena, larger.cap, sizeof *larger.cells);
  for (size_t i = 0; i < names->cap; i++) {
    if (names->cells[i].name.ptr) *cell_of(&larger, names->cells[i].name) = names->cells[i];
  }
  *names = larger;
}

bool gh_names_add(struct gh_names *names, struct gh_str name, uint32_t value, uint32_t *held)
{
  if (!name.ptr) name.ptr = "";
  if (2 * (names->len + 1) > names->cap) grow(names);
  struct gh_name_cell *cell = cell_of(names, name);
  if (cell->name.ptr) {
    if (held) *held = cell->value;
    return false;
  }
  *cell = (struct gh_name_cell){name, value};
  names->len++;
  return true;
}

bool gh_names_find(const struct gh_names *names, struct gh_str name, uint32_t *value)
{
  if (!names->cap) return false;
  const struct gh_name_cell *cell = cell_of(names, name);
  if (!cell->name.ptr) return false;
  *value = cell->value;
  return true;
}
