#include "repeats.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"

/* A cell: 56 bits of the customer's hash and, in the low 8, the count; 0: free. */
#define COUNT UINT64_C(255)

static uint64_t *place(const struct gh_repeats *r, uint64_t hash)
{
  size_t mask = r->cap - 1;
  for (size_t i = (size_t)(hash >> 8) & mask;; i = (i + 1) & mask)
    if (r->cells[i] == 0 || (r->cells[i] & ~COUNT) == (hash & ~COUNT)) return &r->cells[i];
}

static void grow(struct gh_repeats *r)
{
  const struct gh_repeats old = *r;
  r->cap = old.cap ? old.cap * 2 : 1024;
  r->cells = calloc(r->cap, sizeof *r->cells);
  GH_CHECK(r->cells && "out of memory");
  for (size_t i = 0; i < old.cap; i++)
    if (old.cells[i]) *place(r, old.cells[i]) = old.cells[i];
  free(old.cells);
}

unsigned gh_repeats_count(struct gh_repeats *r, struct gh_str customer)
{
  uint64_t hash = gh_hash(customer);
  if (r->len * 4 >= r->cap * 3) grow(r);
  uint64_t *cell = place(r, hash);
  if (*cell == 0) {
    *cell = (hash & ~COUNT);
    r->len++;
  }
  if ((*cell & COUNT) < COUNT) ++*cell;
  return (unsigned)(*cell & COUNT);
}

void gh_repeats_free(struct gh_repeats *r)
{
  free(r->cells);
  *r = (struct gh_repeats){0};
}
