#include "keys.h"

#include "goldhour/base/hash.h"

static uint32_t bucket_count(unsigned n)
{
  uint32_t count = 8;
  while (count < n * 2) count *= 2;
  return count;
}

void gh_keys_init(struct keys *t, struct gh_arena *arena, struct gh_str *names, unsigned n)
{
  uint32_t count = bucket_count(n);
  *t = (struct keys){.names = names, .n = n, .mask = count - 1};
  t->buckets = gh_arena_zero(arena, count, sizeof *t->buckets);
  t->stamps = gh_arena_zero(arena, n + 1, sizeof *t->stamps);
  for (unsigned i = 0; i < KEYS_PLACES; i++) t->places[i] = -1;
  for (unsigned i = 0; i < n; i++) {
    uint32_t b = (uint32_t)gh_hash(names[i]) & t->mask;
    while (t->buckets[b]) b = (b + 1) & t->mask;
    t->buckets[b] = i + 1;
  }
}

/* Bytes are equal; inlined, for keys are short and there are many. */
static inline bool same(struct gh_str a, struct gh_str b)
{
  uint64_t x, y;
  size_t n = a.len;
  if (n != b.len) return false;
  if (n < sizeof x) {
    for (size_t i = 0; i < n; i++)
      if (a.ptr[i] != b.ptr[i]) return false;
    return true;
  }
  for (size_t i = 0; i + sizeof x < n; i += sizeof x) {
    memcpy(&x, a.ptr + i, sizeof x);
    memcpy(&y, b.ptr + i, sizeof y);
    if (x != y) return false;
  }
  memcpy(&x, a.ptr + n - sizeof x, sizeof x);
  memcpy(&y, b.ptr + n - sizeof y, sizeof y);
  return x == y;
}

int gh_keys_get(const struct keys *t, struct gh_str key)
{
  uint32_t b = (uint32_t)gh_hash(key) & t->mask;
  for (; t->buckets[b]; b = (b + 1) & t->mask)
    if (same(t->names[t->buckets[b] - 1], key)) return (int)t->buckets[b] - 1;
  return -1;
}

int gh_keys_find(struct keys *t, struct gh_str key, unsigned place)
{
  if (place < KEYS_PLACES && t->places[place] >= 0 && same(t->names[t->places[place]], key)) return t->places[place];
  int found = gh_keys_get(t, key);
  if (place < KEYS_PLACES && found >= 0) t->places[place] = (int16_t)found;
  return found;
}
