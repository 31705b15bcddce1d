/* Runs a fuzz target without libFuzzer: the seeds, then mutations of them, the same ones every time.
 *
 * usage: fuzz_X [ITERATIONS [SEED]] | fuzz_X FILE
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 4096, MUTATIONS_MAX = 6 };

static uint64_t state;

/* splitmix64 */
static uint64_t draw(uint64_t below)
{
  uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (z ^ (z >> 31)) % below;
}

static size_t seed_count(void)
{
  size_t n = 0;
  while (gh_fuzz_seeds[n]) n++;
  return n;
}

/* Puts a piece of some seed at `at`, in place of `gone` bytes. */
static size_t splice(uint8_t *input, size_t size, size_t at, size_t gone)
{
  const char *from = gh_fuzz_seeds[draw(seed_count())];
  size_t length = strlen(from), first = draw(length + 1), n = draw(length - first + 1);
  if (gone > size - at) gone = size - at;
  if (size - gone + n > INPUT_MAX) return size;
  memmove(input + at + n, input + at + gone, size - at - gone);
  memcpy(input + at, from + first, n);
  return size - gone + n;
}

static size_t mutate(uint8_t *input, size_t size)
{
  static const char telling[] = "()[]{}.,:?!&|<>=+-*/%'\"\\0123456789abcexu \n";
  size_t at = draw(size + 1);
  switch (draw(4)) {
  case 0: return splice(input, size, at, 0);
  case 1: return splice(input, size, at, draw(20));
  case 2:
    if (at < size) input[at] = (uint8_t)draw(256);
    return size;
  default:
    if (at < size) input[at] = (uint8_t)telling[draw(sizeof telling - 1)];
    return size;
  }
}

static void run_one(void)
{
  static uint8_t input[INPUT_MAX];
  const char *seed = gh_fuzz_seeds[draw(seed_count())];
  size_t size = strlen(seed);
  memcpy(input, seed, size);
  for (uint64_t n = 1 + draw(MUTATIONS_MAX); n; n--) size = mutate(input, size);
  uint8_t *exact = malloc(size + 1); /* a read beyond the end is seen */
  if (!exact) abort();
  memcpy(exact, input, size);
  LLVMFuzzerTestOneInput(exact, size);
  free(exact);
}

static int run_file(const char *name)
{
  FILE *f = fopen(name, "rb");
  static uint8_t input[1 << 20];
  if (!f) return 2;
  size_t size = fread(input, 1, sizeof input, f);
  fclose(f);
  return LLVMFuzzerTestOneInput(input, size);
}

int main(int argc, char **argv)
{
  char *end = "";
  unsigned long iterations = argc > 1 ? strtoul(argv[1], &end, 10) : 20000;
  if (*end) return run_file(argv[1]);
  state = argc > 2 ? strtoull(argv[2], NULL, 10) : 20260301;
  for (size_t i = 0; gh_fuzz_seeds[i]; i++) LLVMFuzzerTestOneInput((const uint8_t *)gh_fuzz_seeds[i], strlen(gh_fuzz_seeds[i]));
  for (unsigned long i = 0; i < iterations; i++) run_one();
  printf("%lu inputs\n", iterations);
  return 0;
}
