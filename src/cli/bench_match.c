/* goldhour bench match: CEL conditions over flat events, one thread. Events are read into rows of slots before the clock runs. */
#include <stdio.h>

#include "bench_workload.h"
#include "cmd.h"
#include "goldhour/sys/sys.h"

#define PASSES_MIN 5u
#define PASSES_MAX 25u
#define PASSES_NS UINT64_C(3000000000)

static uint64_t test_bucket(const struct gh_bench_bucket *b, const struct gh_cel_frame *frame)
{
  uint64_t matches = 0;
  for (uint32_t i = 0; i < b->n; i++) matches += gh_cel_test(b->programs[i], frame, NULL);
  return matches;
}

static uint64_t match_all(const struct gh_bench_workload *w, struct gh_cel_frame *frame)
{
  uint64_t matches = 0;
  for (uint32_t e = 0; e < w->nevents; e++) {
    const struct gh_value *row = &w->rows[(size_t)e * w->nslots];
    uint32_t bucket;
    frame->rows[0] = row;
    if (row[w->key_slot].kind == GH_STRING && gh_textmap_find(&w->keys, gh_text(row[w->key_slot]), &bucket)) {
      matches += test_bucket(&w->buckets[bucket], frame);
    }
    matches += test_bucket(&w->buckets[0], frame);
  }
  return matches;
}

static uint64_t measure(const struct gh_bench_workload *w, struct gh_bench_passes *passes)
{
  struct gh_arena scratch;
  gh_arena_init(&scratch, GH_CEL_BYTES);
  struct gh_cel_frame frame = {.scratch = &scratch};
  uint64_t matches = match_all(w, &frame), spent_ns = 0;
  while (passes->n < PASSES_MIN || (passes->n < PASSES_MAX && spent_ns < PASSES_NS)) {
    uint64_t began = gh_monotonic_ns();
    matches = match_all(w, &frame);
    uint64_t elapsed_ns = gh_monotonic_ns() - began;
    gh_bench_pass(passes, elapsed_ns, w->nevents);
    spent_ns += elapsed_ns;
  }
  gh_arena_free(&scratch);
  return matches;
}

static void report(const struct gh_bench_workload *w, bool json)
{
  struct gh_bench_passes passes = {.n = 0};
  uint64_t matches = measure(w, &passes);
  double median = gh_bench_median(&passes), per_second = median > 0 ? 1e9 / median : 0;
  if (json) {
    printf("{\"conditions\": %u, \"events\": %u, \"matches\": %llu, \"ns_per_event\": %.1f, \"ns_min\": %.1f, \"ns_max\": %.1f, \"events_per_second\": %.0f, "
           "\"passes\": %u, \"load_ms\": %.1f, \"rss_bytes\": %llu}\n",
           w->nprograms, w->nevents, (unsigned long long)matches, median, gh_bench_min(&passes), gh_bench_max(&passes), per_second, passes.n,
           (double)w->load_ns / 1e6, (unsigned long long)gh_rss_bytes());
    return;
  }
  printf("conditions  %u\nevents      %u\nmatches     %llu\n", w->nprograms, w->nevents, (unsigned long long)matches);
  printf("ns/event    %.1f   (%.1f … %.1f, %u passes)\nevents/s    %.0f\n", median, gh_bench_min(&passes), gh_bench_max(&passes), passes.n, per_second);
  printf("load        %.1f ms\nmemory      %.1f MB\n", (double)w->load_ns / 1e6, (double)gh_rss_bytes() / 1048576);
}

int gh_bench_match(const struct gh_bench_match_options *o)
{
  struct gh_bench_workload w = {.nevents = 0};
  gh_arena_init(&w.arena, 0);
  gh_faults_init(&w.faults);
  int status = 0;
  if (!gh_bench_load(&w, o)) status = GH_EXIT_CONFIG;
  else if (!gh_bench_read_events(&w, o->events, o->limit)) status = GH_EXIT_FAILED;
  else report(&w, o->json);
  gh_cli_faults(stderr, &w.faults);
  if (w.env) gh_cel_env_free(w.env);
  gh_faults_free(&w.faults);
  gh_arena_free(&w.arena);
  return status;
}
