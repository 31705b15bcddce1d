/* Random numbers that are the same on every machine: SplitMix64, written from its description in G. Steele, D. Lea, C. Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014 (the constants are those of Stafford's variant 13). Integers alone. */
#ifndef GH_SIM_RANDOM_H
#define GH_SIM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random { uint64_t state; };

/* A good hash of 64 bits: what SplitMix64 does to its state. */
static inline uint64_t random_mix(uint64_t z)
{
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static inline uint64_t random_next(struct random *r)
{
  r->state += UINT64_C(0x9e3779b97f4a7c15);
  return random_mix(r->state);
}

/* A stream of its own for a pair of numbers: what a customer does in an hour does not depend on what others did. */
static inline struct random random_of(uint64_t a, uint64_t b)
{
  return (struct random){random_mix(a ^ random_mix(b + UINT64_C(0x9e3779b97f4a7c15)))};
}

/* 0 … n - 1, n > 0 (the high half of a product: the bias is under n / 2^64). */
static inline uint64_t random_below(struct random *r, uint64_t n)
{
  return (uint64_t)(((unsigned __int128)random_next(r) * n) >> 64);
}

/* low … high, both included. */
static inline int64_t random_between(struct random *r, int64_t low, int64_t high)
{
  return low + (int64_t)random_below(r, (uint64_t)(high - low) + 1);
}

static inline bool random_chance(struct random *r, uint64_t per_million)
{
  return random_below(r, 1000000) < per_million;
}

/* An index into weights that add up to `total`. */
static inline unsigned random_pick(struct random *r, const uint16_t *weights, unsigned n, unsigned total)
{
  uint64_t at = random_below(r, total);
  for (unsigned i = 0; i + 1 < n; i++) {
    if (at < weights[i]) return i;
    at -= weights[i];
  }
  return n - 1;
}

/* A value drawn by its quantiles: n points of equal distance, straight lines between them. Stands for a logarithm-normal without floating point. */
static inline int64_t random_quantile(struct random *r, const int64_t *points, unsigned n)
{
  uint64_t u = random_below(r, (uint64_t)(n - 1) << 16);
  unsigned i = (unsigned)(u >> 16);
  return points[i] + (((points[i + 1] - points[i]) * (int64_t)(u & 0xffff)) >> 16);
}

#endif
