#include "keys.h"

#include "goldhour/base/hash.h"

static uint32_t bucket_count(unsigned n)
{
  uint32_t count = 8;
  while (count < n * 2) count *= 2;
  return count;
}

/* The bytes of a short text in two words that may overlap; with its length they are the text. */
static void two_words(struct gh_str s, uint64_t *first, uint64_t *last)
{
  uint32_t p, q;
  if (s.len >= sizeof *first) {
    memcpy(first, s.ptr, sizeof *first);
    memcpy(last, s.ptr + s.len - sizeof *last, sizeof *last);
  } else if (s.len >= sizeof p) {
    memcpy(&p, s.ptr, sizeof p);
    memcpy(&q, s.ptr + s.len - sizeof q, sizeof q);
    *first = p, *last = q;
  } else if (s.len > 0) {
    *first = (unsigned char)s.ptr[0];
    *last = (unsigned char)s.ptr[s.len / 2] | (uint64_t)(unsigned char)s.ptr[s.len - 1] << 8;
  }
}

/* Multiplication is enough for short texts, which most keys and codes are; the odd constants are xxHash's. The table holds names of the
 * configuration alone, so no record can make its chains longer. */
static uint32_t hash(struct gh_str s)
{
  uint64_t first = 0, last = 0;
  if (s.len > 2 * sizeof first) return (uint32_t)gh_hash(s);
  two_words(s, &first, &last);
  uint64_t h = (first ^ s.len) * UINT64_C(0x9E3779B97F4A7C15) ^ last * UINT64_C(0xC2B2AE3D27D4EB4F);
  return (uint32_t)((h ^ h >> 29) * UINT64_C(0x165667B19E3779F9) >> 32);
}

void gh_keys_init(struct keys *t, struct gh_arena *arena, struct gh_str *names, unsigned n)
{
  uint32_t count = bucket_count(n);
  *t = (struct keys){.names = names, .n = n, .mask = count - 1};
  t->buckets = gh_arena_zero(arena, count, sizeof *t->buckets);
  t->stamps = gh_arena_zero(arena, n + 1, sizeof *t->stamps);
  for (unsigned i = 0; i < n; i++) {
    uint32_t b = hash(names[i]) & t->mask;
    while (t->buckets[b]) b = (b + 1) & t->mask;
    t->buckets[b] = i + 1;
  }
}

int gh_keys_get(const struct keys *t, struct gh_str key)
{
  for (uint32_t b = hash(key) & t->mask; t->buckets[b]; b = (b + 1) & t->mask) {
    struct gh_str name = t->names[t->buckets[b] - 1];
    if (name.len == key.len && keys_same(name.ptr, key.ptr, key.len)) return (int)t->buckets[b] - 1;
  }
  return -1;
}

int gh_keys_find_anew(struct keys *t, struct gh_str key, unsigned place)
{
  int number = gh_keys_get(t, key);
  if (place >= KEYS_PLACES || key.len > KEYS_PLACE_BYTES || number > INT16_MAX) return number;
  struct keys_place *p = &t->places[place];
  p->number = (int16_t)number;
  p->len = (uint8_t)key.len;
  if (key.len) memcpy(p->text, key.ptr, key.len);
  return number;
}
