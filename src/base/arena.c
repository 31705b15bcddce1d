#include "goldhour/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

struct gh_arena_block {
  struct gh_arena_block *next;
  size_t size, used;
  _Alignas(16) char bytes[];
};

struct gh_arena_cleanup {
  struct gh_arena_cleanup *next;
  void (*release)(void *what);
  void *what;
};

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

void gh_arena_init(struct gh_arena *arena, size_t limit_bytes)
{
  *arena = (struct gh_arena){.limit_bytes = limit_bytes};
}

void gh_arena_on_free(struct gh_arena *arena, void (*release)(void *what), void *what)
{
  GH_CHECK(arena->limit_bytes == 0);
  struct gh_arena_cleanup *c = gh_arena_alloc(arena, sizeof *c);
  *c = (struct gh_arena_cleanup){.next = arena->cleanups, .release = release, .what = what};
  arena->cleanups = c;
}

static void clean_up(struct gh_arena *arena)
{
  struct gh_arena_cleanup *c = arena->cleanups;
  arena->cleanups = NULL; /* the records lie in the arena itself */
  for (; c; c = c->next) c->release(c->what);
}

void gh_arena_reset(struct gh_arena *arena)
{
  clean_up(arena);
  for (struct gh_arena_block *b = arena->first; b; b = b->next) b->used = 0;
  arena->current = arena->first;
  arena->used_bytes = 0;
}

void gh_arena_free(struct gh_arena *arena)
{
  clean_up(arena);
  struct gh_arena_block *next;
  for (struct gh_arena_block *b = arena->first; b; b = next) {
    next = b->next;
    free(b);
  }
  arena->first = arena->current = NULL;
  arena->used_bytes = 0;
}

/* The next block that has room: one kept from an earlier use, or a new one twice as large as the last. */
static struct gh_arena_block *grow(struct gh_arena *arena, size_t size)
{
  struct gh_arena_block *last = arena->current;
  while (last && last->next) {
    last = last->next;
    if (last->size >= size) return last;
  }
  size_t want = last ? last->size * 2 : FIRST_BLOCK;
  if (want > LARGEST_BLOCK) want = LARGEST_BLOCK;
  if (want < size) want = size;
  struct gh_arena_block *b = malloc(sizeof *b + want);
  GH_CHECK(b && "out of memory");
  *b = (struct gh_arena_block){.size = want};
  if (last) last->next = b;
  else arena->first = b;
  return b;
}

void *gh_arena_alloc(struct gh_arena *arena, size_t size)
{
  size = (size + 15) & ~(size_t)15;
  if (arena->limit_bytes && arena->used_bytes + size > arena->limit_bytes) return NULL;
  struct gh_arena_block *b = arena->current;
  if (!b || b->size - b->used < size) b = arena->current = grow(arena, size);
  void *at = b->bytes + b->used;
  b->used += size;
  arena->used_bytes += size;
  return at;
}

void *gh_arena_zero(struct gh_arena *arena, size_t n, size_t size)
{
  GH_CHECK(size == 0 || n <= SIZE_MAX / size);
  void *at = gh_arena_alloc(arena, n * size);
  return at ? memset(at, 0, n * size) : NULL;
}

struct gh_str gh_arena_str(struct gh_arena *arena, struct gh_str s)
{
  char *at = gh_arena_alloc(arena, s.len + 1);
  if (!at) return (struct gh_str){NULL, 0};
  if (s.len) memcpy(at, s.ptr, s.len);
  at[s.len] = '\0';
  return gh_str_n(at, s.len);
}

struct gh_str gh_arena_fmt(struct gh_arena *arena, const char *format, ...)
{
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  GH_CHECK(n >= 0);
  char *at = gh_arena_alloc(arena, (size_t)n + 1);
  if (at) vsnprintf(at, (size_t)n + 1, format, again);
  va_end(again);
  return gh_str_n(at, at ? (size_t)n : 0);
}
