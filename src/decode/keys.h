/* Names of keys to numbers, fast for records whose keys come in the order of the record before: the place first, then a hash table. What no
 * schema names is remembered by its place as well, for many keys of a wide record are such. (Idea: the speculation on the order of fields
 * in Mison, Li and others, VLDB 2017.) */
#ifndef GH_DECODE_KEYS_H
#define GH_DECODE_KEYS_H

#include <stdint.h>
#include <string.h>

#include "goldhour/base/arena.h"

#define KEYS_PLACES 64 /* of the first so many members, the key found last time is remembered */
#define KEYS_PLACE_BYTES 29 /* if it is not longer */

struct keys_place {
  int16_t number;     /* -1: a key that is none of the names */
  uint8_t len;        /* 0: nothing remembered */
  char text[KEYS_PLACE_BYTES]; /* 32 bytes in all: two to a cache line */
};

struct keys {
  struct gh_str *names;   /* borrowed texts */
  unsigned n;
  uint32_t *buckets;      /* number + 1; 0 is empty */
  uint32_t mask;
  uint64_t *stamps;       /* by number: the record in which it was seen last */
  struct keys_place places[KEYS_PLACES];
};

/* `names` are distinct and borrowed (the array and the texts). Everything else lives in `arena`. */
void gh_keys_init(struct keys *t, struct gh_arena *arena, struct gh_str *names, unsigned n);
/* The number of a key, or -1. */
int gh_keys_get(const struct keys *t, struct gh_str key);
/* The same for a key that stands at `place` in its record, which remembers it. */
int gh_keys_find_anew(struct keys *t, struct gh_str key, unsigned place);

/* Whether the bytes are equal, without calling memcmp: keys are short and many. Two words that overlap cover 4 to 16 bytes. */
static inline bool keys_same(const char *a, const char *b, size_t n)
{
  uint64_t x, y, v, w;
  uint32_t p, q, r, s;
  if (n > 16) return memcmp(a, b, n) == 0;
  if (n >= sizeof x) {
    memcpy(&x, a, sizeof x), memcpy(&y, b, sizeof y);
    memcpy(&v, a + n - sizeof v, sizeof v), memcpy(&w, b + n - sizeof w, sizeof w);
    return ((x ^ y) | (v ^ w)) == 0;
  }
  if (n >= sizeof p) {
    memcpy(&p, a, sizeof p), memcpy(&q, b, sizeof q);
    memcpy(&r, a + n - sizeof r, sizeof r), memcpy(&s, b + n - sizeof s, sizeof s);
    return ((p ^ q) | (r ^ s)) == 0;
  }
  return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

/* As gh_keys_find_anew, by what stood at the place in the record before. */
static inline int keys_find(struct keys *t, struct gh_str key, unsigned place)
{
  if (place >= KEYS_PLACES) return gh_keys_get(t, key);
  const struct keys_place *p = &t->places[place];
  if (key.len == p->len && p->len && keys_same(p->text, key.ptr, key.len)) return p->number;
  return gh_keys_find_anew(t, key, place);
}
/* Marks a number as seen in a record (records are numbered, never 0); false: it was already. */
static inline bool keys_mark(struct keys *t, int number, uint64_t record)
{
  if (t->stamps[number] == record) return false;
  t->stamps[number] = record;
  return true;
}
static inline bool keys_marked(const struct keys *t, int number, uint64_t record) { return t->stamps[number] == record; }

#endif
