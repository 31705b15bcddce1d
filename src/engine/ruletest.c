/* One test, one core: bulk profiles, then the steps, then the end of input. */
#include "ruletest.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "goldhour/decode/decode.h"

#define STEPS 1024u

struct run {
  const struct gh_set *set;
  struct gh_core *core;
  struct gh_decoder *decoder;
  struct gh_update update;
  struct gh_ruletest_log log;
  struct gh_buf *report;
  uint64_t records;
};

/* ---- what came of it ---- */

static void *grow(struct gh_arena *arena, void *items, unsigned n, unsigned *cap, size_t size)
{
  if (n < *cap) return items;
  *cap = *cap ? *cap * 2 : 16;
  void *larger = gh_arena_zero(arena, *cap, size);
  if (n) memcpy(larger, items, n * size);
  return larger;
}

static void keep_trace(void *ctx, const struct gh_trace *trace)
{
  struct gh_ruletest_log *log = ctx;
  struct gh_arena *a = &log->arena;
  log->traces = grow(a, log->traces, log->ntraces, &log->traces_cap, sizeof *log->traces);
  log->traces[log->ntraces++] = (struct gh_ruletest_trace){
    .verdict = trace->verdict, .rule = trace->rule, .t_ms = trace->t_ms,
    .customer = gh_arena_str(a, trace->customer), .event = gh_arena_str(a, trace->event), .detail = gh_arena_str(a, trace->detail),
  };
  if (trace->verdict != GH_V_LEAD) return;
  log->leads = grow(a, log->leads, log->nleads, &log->leads_cap, sizeof *log->leads);
  log->leads[log->nleads++] = gh_lead_texts(a, trace->lead, log->set->zone);
  if (log->gave) log->gave[trace->rule->position] = true;
}

/* ---- telling the story ---- */

static void take(struct run *r, const struct gh_input *in)
{
  gh_take(r->core, in);
  while (gh_step(r->core, STEPS, &r->update)) {}
  gh_update_reset(&r->update);
}

static void take_record(struct run *r, struct gh_str bytes, bool profile)
{
  struct gh_record record;
  enum gh_decoded decoded = profile ? gh_decode_profile(r->decoder, bytes, &record) : gh_decode(r->decoder, bytes, &record);
  r->records++;
  if (decoded != GH_DECODED) {
    gh_buf_fmt(r->report, "refused: %s: %.*s\n    %.*s\n", decoded == GH_DECODED_BAD ? record.reason : "unnamed",
               decoded == GH_DECODED_BAD ? (int)record.detail.len : 0, decoded == GH_DECODED_BAD ? record.detail.ptr : "", GH_FMT(bytes));
    return;
  }
  take(r, &(struct gh_input){.kind = profile ? GH_IN_PROFILE : GH_IN_EVENT, .place = {profile, r->records, r->records + 1}, .event = &record.event, .raw = bytes,
                             .at_record = r->records});
}

static void tell(struct run *r, const struct gh_ruletest *test)
{
  take(r, &(struct gh_input){.kind = GH_IN_RULES, .rules = r->set->rules});
  for (unsigned i = 0; i < test->nprofiles; i++) take_record(r, test->profiles[i], true);
  for (unsigned i = 0; i < test->nsteps; i++) {
    const struct gh_ruletest_step *step = &test->steps[i];
    if (step->event) take_record(r, step->record, false);
    else take(r, &(struct gh_input){.kind = GH_IN_END, .time_ms = step->clock_ms});
  }
  take(r, &(struct gh_input){.kind = GH_IN_END, .time_ms = GH_ALWAYS});
}

void gh_ruletest_run(const struct gh_set *set, const struct gh_ruletest *test, struct gh_ruletest_result *result)
{
  struct run r = {.set = set, .log = {.set = set, .gave = result->gave}, .report = &result->report};
  gh_arena_init(&r.log.arena, 0);
  gh_update_init(&r.update);
  r.core = gh_core_new((struct gh_core_options){.unstored = true, .trace = keep_trace, .trace_ctx = &r.log});
  r.decoder = gh_decoder_new(&set->conf, set->schema, NULL, set->zone);
  tell(&r, test);
  gh_ruletest_judge(test, &r.log, &result->report);
  result->passed = result->report.len == 0;
  gh_decoder_free(r.decoder);
  gh_core_free(r.core);
  gh_update_free(&r.update);
  gh_arena_free(&r.log.arena);
}
