#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "change.h"

enum { CHUNK_BITS = 12, CHUNK = 1 << CHUNK_BITS, FIRST_CAP_BITS = 10 };

static struct gh_customer *record(const struct gh_table *t, uint32_t index) { return &t->chunks[index >> CHUNK_BITS][index & (CHUNK - 1)]; }

/* Slots are placed by the high bits of the hash, so that a range of hashes is a range of slots; the tag is its low half. */
static uint32_t home(const struct gh_table *t, uint64_t hash) { return (uint32_t)(hash >> (64 - t->cap_bits)); }
static uint32_t mask(const struct gh_table *t) { return (uint32_t)((UINT64_C(1) << t->cap_bits) - 1); }
static uint64_t slot_of(uint32_t index, uint64_t hash) { return ((uint64_t)index + 1) << 32 | (uint32_t)hash; }
static uint32_t index_of(uint64_t slot) { return (uint32_t)(slot >> 32) - 1; }

static void insert(struct gh_table *t, uint32_t index, uint64_t hash)
{
  uint32_t at = home(t, hash);
  while (t->slots[at]) at = (at + 1) & mask(t);
  t->slots[at] = slot_of(index, hash);
}

static void grow(struct gh_table *t, unsigned cap_bits)
{
  uint64_t *old = t->slots;
  uint64_t old_cap = old ? UINT64_C(1) << t->cap_bits : 0;
  t->cap_bits = cap_bits;
  t->slots = calloc((size_t)1 << t->cap_bits, sizeof *t->slots);
  GH_CHECK(t->slots && "out of memory");
  for (uint64_t i = 0; i < old_cap; i++)
    if (old[i]) insert(t, index_of(old[i]), record(t, index_of(old[i]))->hash);
  free(old);
}

static uint32_t new_record(struct gh_table *t)
{
  if (t->nfree) return t->free[--t->nfree];
  if (t->used == t->nchunks << CHUNK_BITS) {
    t->chunks = realloc(t->chunks, (t->nchunks + 1) * sizeof *t->chunks);
    GH_CHECK(t->chunks && "out of memory");
    t->chunks[t->nchunks] = malloc(CHUNK * sizeof **t->chunks);
    GH_CHECK(t->chunks[t->nchunks] && "out of memory");
    t->nchunks++;
  }
  return t->used++;
}

static struct gh_customer *find(const struct gh_table *t, struct gh_str key, uint64_t hash)
{
  if (!t->slots) return NULL;
  for (uint32_t at = home(t, hash); t->slots[at]; at = (at + 1) & mask(t)) {
    if ((uint32_t)t->slots[at] != (uint32_t)hash) continue;
    struct gh_customer *c = record(t, index_of(t->slots[at]));
    if (c->hash == hash && gh_str_eq(c->key, key)) return c;
  }
  return NULL;
}

struct gh_customer *gh_customer_find(const struct gh_state *s, struct gh_str key) { return find(&s->table, key, gh_hash(key)); }

/* A key of usual length stands in the record itself: comparing it touches no further memory. */
static void keep_key(struct gh_table *t, struct gh_customer *c, struct gh_str key)
{
  c->key = gh_str_n(c->short_key, key.len);
  if (key.len > sizeof c->short_key) c->key = gh_arena_str(&t->keys, key);
  else if (key.len) memcpy(c->short_key, key.ptr, key.len);
}

struct gh_customer *gh_customer_make(struct gh_state *s, struct gh_str key)
{
  struct gh_table *t = &s->table;
  uint64_t hash = gh_hash(key);
  struct gh_customer *c = find(t, key, hash);
  if (c) return c;
  if (!t->slots || (uint64_t)t->count * 4 >= (UINT64_C(3) << t->cap_bits)) grow(t, t->slots ? t->cap_bits + 1 : FIRST_CAP_BITS);
  uint32_t index = new_record(t);
  c = record(t, index);
  *c = (struct gh_customer){.hash = hash, .profile_ms = INT64_MIN};
  keep_key(t, c, key);
  insert(t, index, hash);
  t->count++;
  s->memory_bytes += sizeof *c;
  return c;
}

void gh_state_reserve(struct gh_state *s, uint64_t customers)
{
  unsigned bits = FIRST_CAP_BITS;
  while (customers * 4 >= UINT64_C(3) << bits) bits++;
  if (!s->table.slots || bits > s->table.cap_bits) grow(&s->table, bits);
}

void gh_prefetch_slot(const struct gh_state *s, uint64_t hash)
{
  if (s->table.slots) __builtin_prefetch(&s->table.slots[home(&s->table, hash)]);
}

const struct gh_customer *gh_prefetch_record(const struct gh_state *s, uint64_t hash)
{
  const struct gh_table *t = &s->table;
  if (!t->slots) return NULL;
  uint32_t at = home(t, hash);
  while (t->slots[at] && (uint32_t)t->slots[at] != (uint32_t)hash) at = (at + 1) & mask(t);
  if (!t->slots[at]) return NULL;
  const struct gh_customer *c = record(t, index_of(t->slots[at]));
  for (size_t line = 0; line < sizeof *c; line += 64) __builtin_prefetch((const char *)c + line);
  return c;
}

void gh_prefetch_vectors(const struct gh_customer *c)
{
  __builtin_prefetch(c->ids);
  __builtin_prefetch(c->profile);
  __builtin_prefetch(c->marks);
  if (c->ncells) __builtin_prefetch(&c->cells[c->ncells - 1], 1);
}

bool gh_customer_empty(const struct gh_customer *c)
{
  return !c->profile_len && !c->ncells && !c->nids && !c->nwaits && !c->nmarks && !c->pending && c->profile_ms == INT64_MIN;
}

/* Moves back those that stood behind the freed slot because it was taken (linear probing without tombstones; Knuth 6.4, algorithm R). */
static void close_gap(struct gh_table *t, uint32_t gap)
{
  for (uint32_t at = (gap + 1) & mask(t); t->slots[at]; at = (at + 1) & mask(t)) {
    uint32_t want = home(t, record(t, index_of(t->slots[at]))->hash);
    bool stays = gap <= at ? gap < want && want <= at : gap < want || want <= at;
    if (stays) continue;
    t->slots[gap] = t->slots[at];
    gap = at;
  }
  t->slots[gap] = 0;
}

static void give_vectors(struct gh_state *s, struct gh_customer *c)
{
  gh_pool_give(&s->pool, c->profile, c->profile_len);
  gh_pool_give(&s->pool, c->cells, c->cells_cap * sizeof *c->cells);
  gh_pool_give(&s->pool, c->ids, c->ids_cap * sizeof *c->ids);
  gh_pool_give(&s->pool, c->waits, c->waits_cap * sizeof *c->waits);
  gh_pool_give(&s->pool, c->marks, c->marks_cap * sizeof *c->marks);
}

void gh_customer_remove(struct gh_state *s, struct gh_customer *c)
{
  GH_CHECK(gh_customer_empty(c));
  struct gh_table *t = &s->table;
  uint32_t at = home(t, c->hash);
  while (record(t, index_of(t->slots[at])) != c) at = (at + 1) & mask(t);
  uint32_t index = index_of(t->slots[at]);
  close_gap(t, at);
  give_vectors(s, c);
  s->memory_bytes -= sizeof *c + c->cells_cap * sizeof *c->cells + c->ids_cap * sizeof *c->ids + c->waits_cap * sizeof *c->waits + c->marks_cap * sizeof *c->marks;
  memset((char *)c->key.ptr, 0, c->key.len); /* a customer's number is not left behind in memory */
  *c = (struct gh_customer){0};
  if (t->nfree == t->free_cap) {
    t->free_cap = t->free_cap ? t->free_cap * 2 : 64;
    t->free = realloc(t->free, t->free_cap * sizeof *t->free);
    GH_CHECK(t->free && "out of memory");
  }
  t->free[t->nfree++] = index;
  t->count--;
  if (s->logged == c) s->logged = NULL;
}

void gh_customers_in(struct gh_state *s, uint64_t first, uint64_t last, void (*each)(void *ctx, struct gh_customer *c), void *ctx)
{
  struct gh_table *t = &s->table;
  if (!t->slots) return;
  uint64_t cap = UINT64_C(1) << t->cap_bits, end = home(t, last);
  for (uint64_t i = home(t, first), seen = 0; seen < cap; i++, seen++) {
    uint64_t slot = t->slots[i & (cap - 1)];
    if (!slot && i >= end) return; /* what overflowed stands before the first gap behind the range */
    if (!slot) continue;
    struct gh_customer *c = record(t, index_of(slot));
    if (c->hash >= first && c->hash <= last) each(ctx, c);
  }
}

void gh_table_free(struct gh_table *t)
{
  for (uint32_t i = 0; i < t->nchunks; i++) free(t->chunks[i]);
  free(t->chunks);
  free(t->slots);
  free(t->free);
  gh_arena_free(&t->keys);
}
