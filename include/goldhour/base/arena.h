/* Memory that is given back all at once: a chain of blocks, a pointer that moves.
 *
 * Used for everything that lives as long as a rule set, a batch or one evaluation. Out of memory stops the program. An arena with a
 * limit answers NULL beyond it (the bound of one evaluation); without one it never answers NULL.
 */
#ifndef GOLDHOUR_BASE_ARENA_H
#define GOLDHOUR_BASE_ARENA_H

#include "goldhour/base/str.h"

struct gh_arena_block;
struct gh_arena_cleanup;
struct gh_arena {
  struct gh_arena_block *first, *current;
  size_t used_bytes;  /* given out since the last reset */
  size_t limit_bytes; /* 0: none */
  struct gh_arena_cleanup *cleanups;
};

/* An arena that holds nothing yet; limit_bytes 0 is no limit. */
void gh_arena_init(struct gh_arena *arena, size_t limit_bytes);
/* Gives back what was given out; keeps the blocks for the next use. */
void gh_arena_reset(struct gh_arena *arena);
/* Gives back everything, blocks too. The arena may be used again. */
void gh_arena_free(struct gh_arena *arena);

/* Calls `release(what)` when the arena is next reset or freed, the latest first: for what a library allocated and the arena owns. Only for an
 * arena without a limit. */
void gh_arena_on_free(struct gh_arena *arena, void (*release)(void *what), void *what);

/* `size` bytes, aligned for any type, not cleared. NULL only beyond limit_bytes. */
void *gh_arena_alloc(struct gh_arena *arena, size_t size);
/* As gh_arena_alloc, cleared; for n elements of `size` bytes. */
void *gh_arena_zero(struct gh_arena *arena, size_t n, size_t size);
/* A copy of `s`, ended by NUL; {NULL, 0} beyond the limit. */
struct gh_str gh_arena_str(struct gh_arena *arena, struct gh_str s);
/* printf into the arena; ended by NUL. */
struct gh_str gh_arena_fmt(struct gh_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
