#include "goldhour/core/core.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "inside.h"

struct gh_core *gh_core_new(struct gh_core_options options)
{
  struct gh_core *core = calloc(1, sizeof *core);
  GH_CHECK(core && "out of memory");
  core->options = options;
  core->high_ms = core->clock_ms = core->least_ms = GH_ALWAYS;
  core->loading = true;
  core->customer_bytes = 200;
  gh_state_init(&core->state);
  gh_state_log_to(&core->state, options.unstored ? NULL : &core->log);
  gh_arena_init(&core->scratch, GH_CEL_BYTES);
  gh_arena_init(&core->step_arena, 0);
  core->frame = (struct gh_cel_frame){.fetch = gh_core_fetch, .ctx = core, .scratch = &core->scratch};
  return core;
}

void gh_core_free(struct gh_core *core)
{
  if (!core) return;
  gh_state_free(&core->state);
  gh_buf_free(&core->log);
  gh_buf_free(&core->refused_raw);
  gh_buf_free(&core->snapshot);
  gh_buf_free(&core->text);
  gh_arena_free(&core->scratch);
  gh_arena_free(&core->step_arena);
  free(core->rule_names);
  free(core->column_names);
  free(core->flow_names);
  free(core->feature_names);
  free(core->becomes_names);
  free(core->event_slots);
  free(core->customer_slots);
  free(core->features);
  free(core->feature_stamps);
  free(core->rows);
  free(core);
}

void gh_prefetch(const struct gh_core *core, struct gh_str customer, struct gh_hint *hint)
{
  switch (hint->stage++) {
  case 0:
    hint->hash = gh_hash(customer);
    gh_prefetch_slot(&core->state, hint->hash);
    return;
  case 1: hint->record = gh_prefetch_record(&core->state, hint->hash); return;
  case 2:
    if (hint->record) gh_prefetch_vectors(hint->record);
    return;
  default: return;
  }
}

struct gh_position gh_core_position(const struct gh_core *core, unsigned input)
{
  GH_CHECK(input < GH_INPUTS);
  return core->positions[input];
}

const char *gh_core_rules_version(const struct gh_core *core) { return core->rules_version; }
const struct gh_counters *gh_core_counters(const struct gh_core *core) { return &core->counters; }
struct gh_counters *gh_core_counters_mut(struct gh_core *core) { return &core->counters; }

struct gh_core_stats gh_core_stats(const struct gh_core *core)
{
  const struct gh_state *s = &core->state;
  return (struct gh_core_stats){.high_ms = core->high_ms,
                                .watermark_ms = core->rules ? gh_core_watermark(core) : GH_ALWAYS,
                                .customers = s->table.count,
                                .waiting_events = s->waiting.count,
                                .timers = s->timers.count,
                                .memory_bytes = gh_state_bytes(s)};
}

void *gh_update_grow(void *items, unsigned cap, size_t size)
{
  items = realloc(items, cap * size);
  GH_CHECK(items && "out of memory");
  return items;
}

void gh_update_init(struct gh_update *u)
{
  *u = (struct gh_update){0};
  gh_arena_init(&u->arena, 0);
}

/* One great batch does not hold its memory for ever: there are two a partition. */
enum { KEPT_BYTES = 4 << 20 };

void gh_update_reset(struct gh_update *u)
{
  if (u->arena.used_bytes > KEPT_BYTES) gh_arena_free(&u->arena);
  else gh_arena_reset(&u->arena);
  if (u->log.cap > KEPT_BYTES) gh_buf_free(&u->log);
  else gh_buf_clear(&u->log);
  u->meta = u->dict = (struct gh_str){NULL, 0};
  u->buckets = NULL;
  u->drop = NULL;
  u->nbuckets = u->ndrop = u->nleads = u->nrefused = 0;
  u->seq = u->cut_seq = 0;
}

void gh_update_free(struct gh_update *u)
{
  gh_arena_free(&u->arena);
  gh_buf_free(&u->log);
  free(u->leads);
  free(u->refused);
  gh_update_init(u);
}
