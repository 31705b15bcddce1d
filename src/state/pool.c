#include "goldhour/state/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "goldhour/base/check.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(at, n) ASAN_POISON_MEMORY_REGION(at, n)
#define UNPOISON(at, n) ASAN_UNPOISON_MEMORY_REGION(at, n)
#else
#define POISON(at, n) ((void)(at), (void)(n))
#define UNPOISON(at, n) ((void)(at), (void)(n))
#endif

struct gh_pool_chunk { struct gh_pool_chunk *next; };
struct gh_pool_large { struct gh_pool_large *next, *previous; };

/* Sizes with at most a third wasted; 16 bytes are the least (a pointer must fit, and vectors of 8-byte things are aligned by it). */
static const uint16_t sizes[GH_POOL_CLASSES] = {16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096};
enum { LARGEST = 4096, CHUNK = 256 << 10 };

static unsigned class_of(size_t bytes)
{
  unsigned i = 0;
  while (sizes[i] < bytes) i++;
  return i;
}

/* What is left of a chunk too short for the block becomes free blocks of the sizes that fit. */
static void use_up(struct gh_pool *p)
{
  for (unsigned i = GH_POOL_CLASSES; i > 0 && p->at; i--)
    while ((size_t)(p->end - p->at) >= sizes[i - 1]) {
      gh_pool_give(p, p->at, sizes[i - 1]);
      p->at += sizes[i - 1];
    }
}

static void new_chunk(struct gh_pool *p)
{
  use_up(p);
  struct gh_pool_chunk *chunk = malloc(CHUNK);
  GH_CHECK(chunk && "out of memory");
  chunk->next = p->chunks;
  p->chunks = chunk;
  p->at = (char *)chunk + 16;
  p->end = (char *)chunk + CHUNK;
}

static void *take_large(struct gh_pool *p, size_t bytes)
{
  struct gh_pool_large *large = malloc(sizeof *large + bytes);
  GH_CHECK(large && "out of memory");
  *large = (struct gh_pool_large){.next = p->large};
  if (p->large) p->large->previous = large;
  p->large = large;
  return large + 1;
}

static void give_large(struct gh_pool *p, void *block)
{
  struct gh_pool_large *large = (struct gh_pool_large *)block - 1;
  if (large->previous) large->previous->next = large->next;
  else p->large = large->next;
  if (large->next) large->next->previous = large->previous;
  free(large);
}

void *gh_pool_take(struct gh_pool *p, size_t bytes)
{
  if (bytes == 0) return NULL;
  if (bytes > LARGEST) return take_large(p, bytes);
  unsigned i = class_of(bytes);
  void *block = p->free[i];
  if (block) {
    UNPOISON(block, sizes[i]);
    memcpy(&p->free[i], block, sizeof(void *));
    return block;
  }
  if ((size_t)(p->end - p->at) < sizes[i]) new_chunk(p);
  block = p->at;
  p->at += sizes[i];
  return block;
}

void gh_pool_give(struct gh_pool *p, void *block, size_t bytes)
{
  if (!block) return;
  if (bytes > LARGEST) {
    give_large(p, block);
    return;
  }
  unsigned i = class_of(bytes);
  memcpy(block, &p->free[i], sizeof(void *));
  p->free[i] = block;
  POISON(block, sizes[i]);
}

static bool same_class(size_t a, size_t b) { return a && b && a <= LARGEST && b <= LARGEST && class_of(a) == class_of(b); }

void *gh_pool_resize(struct gh_pool *p, void *block, size_t old_bytes, size_t new_bytes)
{
  if (same_class(old_bytes, new_bytes)) return block;
  void *made = gh_pool_take(p, new_bytes);
  size_t kept = old_bytes < new_bytes ? old_bytes : new_bytes;
  if (kept) memcpy(made, block, kept);
  gh_pool_give(p, block, old_bytes);
  return made;
}

void gh_pool_free(struct gh_pool *p)
{
  for (struct gh_pool_chunk *c = p->chunks, *next; c; c = next) {
    next = c->next;
    UNPOISON(c, CHUNK);
    free(c);
  }
  while (p->large) give_large(p, p->large + 1);
  *p = (struct gh_pool){0};
}
