/* The parts one by one: a bare parse, decoding, matching, looking a customer up. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "goldhour/decode/bare.h"
#include "goldhour/state/state.h"
#include "goldhour/sys/sys.h"

struct gh_bench_row *gh_bench_row(struct gh_bench_report *r, const char *name, const char *what)
{
  struct gh_bench_row *row = &r->rows[r->nrows < GH_BENCH_ROWS ? r->nrows++ : GH_BENCH_ROWS - 1];
  *row = (struct gh_bench_row){.name = name};
  snprintf(row->what, sizeof row->what, "%s", what);
  return row;
}

static bool bare_pass(const struct gh_bench_bank *bank, struct gh_bare *bare, struct gh_bench_passes *passes)
{
  uint64_t began = gh_monotonic_ns(), ok = 0;
  for (unsigned i = 0; i < bank->nevents; i++) ok += gh_bare_parse(bare, bank->events[i]);
  gh_bench_pass(passes, gh_monotonic_ns() - began, bank->nevents);
  return ok == bank->nevents;
}

static bool decode_pass(const struct gh_bench_bank *bank, struct gh_decoder *decoder, struct gh_bench_passes *passes)
{
  struct gh_record record;
  uint64_t began = gh_monotonic_ns(), ok = 0;
  for (unsigned i = 0; i < bank->nevents; i++) ok += gh_decode(decoder, bank->events[i], &record) == GH_DECODED;
  gh_bench_pass(passes, gh_monotonic_ns() - began, bank->nevents);
  return ok == bank->nevents;
}

/* Both in turn, so that what else the machine does falls on both. */
bool gh_bench_decode(const struct gh_bench_bank *bank, struct gh_bench_report *r)
{
  const struct gh_set *set = bank->sets[0];
  struct gh_bare *bare = gh_bare_new();
  struct gh_decoder *decoder = gh_decoder_new(&set->conf, set->schema, set->mapping, set->zone);
  struct gh_bench_row *parse = gh_bench_row(r, "parse", "bare simdjson parse of the same bytes"), *decode = gh_bench_row(r, "decode", "decode into slots");
  bool ok = bare && decoder;
  for (unsigned run = 0; ok && run < bank->runs; run++) ok = bare_pass(bank, bare, &parse->passes) && decode_pass(bank, decoder, &decode->passes);
  gh_bare_free(bare);
  gh_decoder_free(decoder);
  if (!ok) fprintf(stderr, "goldhour bench: a simulated event was refused\n");
  return ok;
}

/* Decoded events, kept: rows of slots as conditions see them. */
struct rows {
  struct gh_arena arena;
  const struct gh_event_type **types;
  const struct gh_value **slots;
};

static void keep_event(struct rows *rows, unsigned i, const struct gh_event *event)
{
  unsigned n = event->type->nfields;
  struct gh_value *slots = gh_arena_zero(&rows->arena, n + GH_EVENT_SLOTS, sizeof *slots);
  for (unsigned s = 0; s < n; s++) slots[s] = gh_value_copy(&rows->arena, event->slots[s]);
  slots[n + GH_SLOT_ID] = gh_string(gh_arena_str(&rows->arena, event->id));
  slots[n + GH_SLOT_TYPE] = gh_string(event->type->name);
  slots[n + GH_SLOT_TIME] = gh_timestamp_ms(event->time_ms);
  rows->types[i] = event->type;
  rows->slots[i] = slots;
}

static void keep_events(struct rows *rows, const struct gh_bench_bank *bank, const struct gh_set *set)
{
  struct gh_decoder *decoder = gh_decoder_new(&set->conf, set->schema, set->mapping, set->zone);
  struct gh_record record;
  gh_arena_init(&rows->arena, 0);
  rows->types = gh_arena_zero(&rows->arena, bank->nevents, sizeof *rows->types);
  rows->slots = gh_arena_zero(&rows->arena, bank->nevents, sizeof *rows->slots);
  for (unsigned i = 0; i < bank->nevents; i++) {
    if (gh_decode(decoder, bank->events[i], &record) == GH_DECODED) keep_event(rows, i, &record.event);
  }
  gh_decoder_free(decoder);
}

static uint64_t match_pass(const struct gh_set *set, const struct rows *rows, unsigned nevents, struct gh_arena *scratch)
{
  struct gh_cel_frame frame = {.scratch = scratch};
  uint64_t matches = 0;
  for (unsigned i = 0; i < nevents; i++) {
    if (!rows->types[i] || rows->types[i]->index == GH_CUSTOMER_TYPE) continue;
    const struct gh_type_plan *plan = &set->rules->plans[rows->types[i]->index];
    frame.rows[GH_ROW_EVENT] = rows->slots[i];
    for (unsigned k = 0; k < plan->nrules; k++) matches += !plan->rules[k]->when || gh_cel_test(plan->rules[k]->when, &frame, NULL);
  }
  return matches;
}

bool gh_bench_rules_match(const struct gh_bench_bank *bank, struct gh_bench_report *r)
{
  static const char *const names[GH_BENCH_SIZES] = {"match-10", "match-1000", "match-10000"};
  static const char *const whats[GH_BENCH_SIZES] = {"match 10 rules, by event type", "match 1,000 rules", "match 10,000 rules"};
  struct gh_arena scratch;
  gh_arena_init(&scratch, GH_CEL_BYTES);
  uint64_t matches = 0;
  for (unsigned i = 0; i < GH_BENCH_SIZES; i++) {
    struct rows rows;
    struct gh_bench_row *row = gh_bench_row(r, names[i], whats[i]);
    unsigned nevents = gh_bench_events(bank, i);
    keep_events(&rows, bank, bank->sets[i]);
    for (unsigned run = 0; run < bank->runs; run++) {
      uint64_t began = gh_monotonic_ns();
      matches = match_pass(bank->sets[i], &rows, nevents, &scratch);
      gh_bench_pass(&row->passes, gh_monotonic_ns() - began, nevents);
    }
    gh_arena_free(&rows.arena);
  }
  gh_arena_free(&scratch);
  if (!matches) fprintf(stderr, "goldhour bench: 10,000 rules matched nothing\n");
  return matches > 0;
}

static struct gh_str customer_key(char text[24], uint32_t number) { return gh_str_n(text, (size_t)snprintf(text, 24, "C%010" PRIu32, number)); }

#define LOOKUPS 1000000u
#define LOOKUP_BLOCK 10000u

/* Looks up customers in an order that no cache foresees (a step prime to their number); the keys of a block are made before the clock runs. */
static uint64_t lookup_pass(const struct gh_state *state, unsigned customers, uint64_t *found)
{
  static char keys[LOOKUP_BLOCK][24];
  uint64_t elapsed = 0, at = 12345;
  for (unsigned done = 0; done < LOOKUPS; done += LOOKUP_BLOCK) {
    for (unsigned i = 0; i < LOOKUP_BLOCK; i++) {
      at = (at + 7368787) % customers;
      customer_key(keys[i], (uint32_t)at);
    }
    uint64_t began = gh_monotonic_ns();
    for (unsigned i = 0; i < LOOKUP_BLOCK; i++) *found += gh_customer_find(state, gh_str_n(keys[i], 11)) != NULL;
    elapsed += gh_monotonic_ns() - began;
  }
  return elapsed;
}

bool gh_bench_state(const struct gh_bench_bank *bank, struct gh_bench_report *r, unsigned customers, const char *name)
{
  struct gh_state *state = calloc(1, sizeof *state);
  char what[96], key[24];
  uint64_t found = 0;
  if (!state) return false;
  snprintf(what, sizeof what, "look a customer up among %u million", customers / 1000000);
  if (customers < 1000000) snprintf(what, sizeof what, "look a customer up among %u", customers);
  struct gh_bench_row *row = gh_bench_row(r, name, what);
  gh_state_init(state);
  for (unsigned i = 0; i < customers; i++) gh_customer_make(state, customer_key(key, i));
  for (unsigned run = 0; run < bank->runs; run++) gh_bench_pass(&row->passes, lookup_pass(state, customers, &found), LOOKUPS);
  gh_state_free(state);
  free(state);
  return found == (uint64_t)LOOKUPS * bank->runs;
}
