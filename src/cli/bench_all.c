#include <stdlib.h>

#include "bench.h"
#include "cmd.h"

static void progress(const char *what) { fprintf(stderr, "bench: %s …\n", what); }

static bool measure(const struct gh_bench_bank *bank, struct gh_bench_report *r, bool quick)
{
  progress("decoding");
  if (!gh_bench_decode(bank, r)) return false;
  progress("matching");
  if (!gh_bench_rules_match(bank, r)) return false;
  progress("looking up");
  if (!gh_bench_state(bank, r, quick ? 100000 : 1000000, quick ? "state-100k" : "state-1m")) return false;
  if (!gh_bench_state(bank, r, quick ? 1000000 : 10000000, quick ? "state-1m" : "state-10m")) return false;
  progress("committing");
  if (!gh_bench_commit(bank, r)) return false;
  progress("the whole way");
  if (!gh_bench_whole(bank, r)) return false;
  progress("from event to lead");
  return gh_bench_delay(bank, r, "0s", "lateness 0s") && gh_bench_delay(bank, r, "2s", "lateness 2s, beyond the wait");
}

static void print_json(const struct gh_bench_bank *bank, const struct gh_bench_report *r)
{
  printf("{\"customers\": %u, \"events\": %u, \"bytes_per_event\": %.0f, \"leads\": %llu, \"rows\": {", bank->customers, bank->nevents,
         (double)bank->bytes.len / bank->nevents, (unsigned long long)r->leads_whole);
  for (unsigned i = 0; i < r->nrows; i++) {
    const struct gh_bench_passes *p = &r->rows[i].passes;
    printf("%s\"%s\": {\"ns\": %.1f, \"ns_min\": %.1f, \"ns_max\": %.1f, \"per_second\": %.0f}", i ? ", " : "", r->rows[i].name, gh_bench_median(p), gh_bench_min(p),
           gh_bench_max(p), 1e9 / gh_bench_median(p));
  }
  printf("}, \"event_to_lead_us\": {");
  for (unsigned i = 0; i < r->ndelays; i++) {
    const struct gh_bench_delay *d = &r->delays[i];
    printf("%s\"%s\": {\"leads\": %u, \"p50\": %llu, \"p90\": %llu, \"p99\": %llu, \"p999\": %llu, \"max\": %llu}", i ? ", " : "", d->name, d->leads,
           (unsigned long long)d->p50_us, (unsigned long long)d->p90_us, (unsigned long long)d->p99_us, (unsigned long long)d->p999_us, (unsigned long long)d->max_us);
  }
  printf("}}\n");
}

static void print_text(const struct gh_bench_bank *bank, const struct gh_bench_report *r)
{
  printf("%u customers, %u events of %.0f bytes, one core; medians (least … most)\n\n", bank->customers, bank->nevents, (double)bank->bytes.len / bank->nevents);
  printf("  %-42s %10s   %-22s %12s\n", "", "ns each", "", "a second");
  for (unsigned i = 0; i < r->nrows; i++) {
    const struct gh_bench_passes *p = &r->rows[i].passes;
    char range[64];
    snprintf(range, sizeof range, "(%.0f … %.0f)", gh_bench_min(p), gh_bench_max(p));
    printf("  %-42s %10.0f   %-24s %12.0f\n", r->rows[i].what, gh_bench_median(p), range, 1e9 / gh_bench_median(p));
  }
  printf("\nfrom event to lead, 5,000 events/s through the daemon with SQLite, microseconds\n\n  %-32s %8s %8s %8s %8s %8s\n", "", "p50", "p90", "p99", "p99.9", "max");
  for (unsigned i = 0; i < r->ndelays; i++) {
    const struct gh_bench_delay *d = &r->delays[i];
    printf("  %-32s %8llu %8llu %8llu %8llu %8llu\n", d->name, (unsigned long long)d->p50_us, (unsigned long long)d->p90_us, (unsigned long long)d->p99_us,
           (unsigned long long)d->p999_us, (unsigned long long)d->max_us);
  }
}

int gh_bench_all(const struct gh_bench_options *o)
{
  struct gh_bench_bank bank = {.customers = 0};
  struct gh_bench_report *report = calloc(1, sizeof *report);
  progress(o->quick ? "making a bank of 100,000 customers" : "making a bank of 1,000,000 customers");
  bool ok = report && gh_bench_bank_make(&bank, o) && measure(&bank, report, o->quick);
  if (ok) (o->json ? print_json : print_text)(&bank, report);
  gh_bench_bank_free(&bank);
  free(report);
  return ok ? 0 : GH_EXIT_FAILED;
}
