/* Names of keys to numbers, fast for records whose keys come in the order of the record before: the place first, then a hash table. */
#ifndef GH_DECODE_KEYS_H
#define GH_DECODE_KEYS_H

#include <stdint.h>

#include "goldhour/base/arena.h"

#define KEYS_PLACES 64 /* of the first so many members, the number found last time is remembered */

struct keys {
  struct gh_str *names;   /* borrowed texts */
  unsigned n;
  uint32_t *buckets;      /* number + 1; 0 is empty */
  uint32_t mask;
  uint64_t *stamps;       /* by number: the record in which it was seen last */
  int16_t places[KEYS_PLACES];
};

/* `names` are distinct and borrowed (the array and the texts). Everything else lives in `arena`. */
void gh_keys_init(struct keys *t, struct gh_arena *arena, struct gh_str *names, unsigned n);
/* The number of a key, or -1. */
int gh_keys_get(const struct keys *t, struct gh_str key);
/* The same, for the key that stands at `place` in its record. */
int gh_keys_find(struct keys *t, struct gh_str key, unsigned place);
/* Marks a number as seen in a record (records are numbered, never 0); false: it was already. */
static inline bool keys_mark(struct keys *t, int number, uint64_t record)
{
  if (t->stamps[number] == record) return false;
  t->stamps[number] = record;
  return true;
}
static inline bool keys_marked(const struct keys *t, int number, uint64_t record) { return t->stamps[number] == record; }

#endif
