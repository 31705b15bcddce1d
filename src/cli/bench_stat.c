#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "goldhour/base/check.h"

static int by_double(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int by_uint64(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

void gh_bench_pass(struct gh_bench_passes *p, uint64_t elapsed_ns, uint64_t pieces)
{
  GH_CHECK(p->n < GH_BENCH_PASSES);
  p->ns[p->n++] = pieces ? (double)elapsed_ns / (double)pieces : 0;
  qsort(p->ns, p->n, sizeof *p->ns, by_double);
}

double gh_bench_median(const struct gh_bench_passes *p)
{
  if (p->n == 0) return 0;
  return p->n % 2 ? p->ns[p->n / 2] : (p->ns[p->n / 2 - 1] + p->ns[p->n / 2]) / 2;
}

double gh_bench_min(const struct gh_bench_passes *p) { return p->n ? p->ns[0] : 0; }

double gh_bench_max(const struct gh_bench_passes *p) { return p->n ? p->ns[p->n - 1] : 0; }

uint64_t gh_bench_percentile(uint64_t *values, size_t n, unsigned permille)
{
  if (n == 0) return 0;
  qsort(values, n, sizeof *values, by_uint64);
  size_t at = (n * permille + 999) / 1000;
  return values[at ? at - 1 : 0];
}
