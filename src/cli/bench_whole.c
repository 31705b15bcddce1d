/* The whole way of a replay on one core: read, decode, order, match, decide, write leads as JSON; the profiles are loaded before the clock runs. */
#include "bench.h"
#include "goldhour/base/time.h"
#include "goldhour/engine/replay.h"
#include "goldhour/sys/sys.h"

struct run { uint64_t began_ns, leads; unsigned events, most; };

static bool first_event(void *ctx, const struct gh_event *event)
{
  struct run *run = ctx;
  (void)event;
  if (!run->began_ns) run->began_ns = gh_monotonic_ns();
  return run->events++ < run->most;
}

static void count_lead(void *ctx, struct gh_str id, struct gh_str json)
{
  (void)id;
  (void)json;
  ((struct run *)ctx)->leads++;
}

static bool replay_once(const struct gh_bench_bank *bank, unsigned size, struct gh_bench_passes *passes, uint64_t *leads)
{
  char events[800], profiles[800], error[512] = "";
  struct run run = {.most = gh_bench_events(bank, size)};
  struct gh_replay_stats stats;
  struct gh_replay_options o = {.until_ms = GH_ALWAYS, .ctx = &run, .lead = count_lead, .event = first_event};
  o.events = gh_bench_path(bank, "events.jsonl", events);
  o.profiles = gh_bench_path(bank, "customers.jsonl", profiles);
  bool ok = gh_replay(bank->sets[size], &o, &stats, error);
  gh_bench_pass(passes, gh_monotonic_ns() - run.began_ns, run.most);
  if (!ok) fprintf(stderr, "goldhour bench: %s\n", error);
  *leads = run.leads;
  return ok;
}

bool gh_bench_whole(const struct gh_bench_bank *bank, struct gh_bench_report *r)
{
  static const char *const names[GH_BENCH_SIZES] = {"whole-10", "whole-1000", "whole-10000"};
  static const char *const whats[GH_BENCH_SIZES] = {"the whole way, 10 rules", "the whole way, 1,000 rules", "the whole way, 10,000 rules"};
  for (unsigned i = 0; i < GH_BENCH_SIZES; i++) {
    struct gh_bench_row *row = gh_bench_row(r, names[i], whats[i]);
    for (unsigned run = 0; run < 3; run++) {
      if (!replay_once(bank, i, &row->passes, &r->leads_whole)) return false;
    }
  }
  return true;
}
