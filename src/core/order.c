/* When things are due: gh_take lets inputs in, gh_step picks what is next. One order of time over waiting events and timers; at the same time events
 * come first. */
#include "goldhour/base/check.h"
#include "inside.h"

enum { TOO_EARLY_MS = 10 * 60 * 1000 };

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

int64_t gh_core_watermark(const struct gh_core *core)
{
  int64_t high = core->options.live ? later(core->high_ms, core->clock_ms) : core->high_ms;
  return later(gh_time_minus(high, core->rules->conf->lateness_ms), core->least_ms);
}

int64_t gh_core_since(const struct gh_core *core) { return gh_time_minus(core->high_ms, core->rules->conf->late_limit_ms); }

static bool due(const struct gh_core *core, int64_t time_ms)
{
  return time_ms < gh_core_watermark(core) || (core->ended && time_ms <= core->high_ms);
}

/* ---- taking in ---- */

static void refuse(struct gh_core *core, const struct gh_input *in, enum gh_verdict verdict, const char *detail)
{
  core->counters.refused++;
  core->refused = true;
  gh_buf_clear(&core->refused_raw);
  gh_buf_add_str(&core->refused_raw, in->raw);
  core->refusal = (struct gh_refused){.reason = gh_str(gh_verdict_name(verdict)), .detail = gh_str(detail), .raw = gh_buf_str(&core->refused_raw),
                                      .at_offset = in->at_offset, .at_record = in->at_record};
}

/* Whether the event may come in, and what is said if not. Remembers its id. */
static enum gh_verdict admit(struct gh_core *core, const struct gh_input *in, struct gh_customer **who)
{
  const struct gh_event *e = in->event;
  const struct gh_conf *conf = core->rules->conf;
  if (core->options.live && e->time_ms > core->wall_ms + TOO_EARLY_MS) {
    core->counters.too_early++;
    refuse(core, in, GH_V_TOO_EARLY, "its time is over 10 minutes ahead of the clock");
    return GH_V_TOO_EARLY;
  }
  int64_t since_ms = gh_core_since(core);
  if (e->time_ms < since_ms) {
    core->counters.too_late++;
    refuse(core, in, GH_V_TOO_LATE, "it is older than late_limit before the newest event");
    return GH_V_TOO_LATE;
  }
  struct gh_customer *c = gh_customer_make(&core->state, e->customer);
  uint64_t hash = gh_id_hash(e->id);
  if (gh_id_known(c, hash, since_ms)) {
    core->counters.duplicates++;
    return GH_V_DUPLICATE;
  }
  uint32_t limit = conf->customer_ids > UINT32_MAX ? UINT32_MAX : (uint32_t)conf->customer_ids;
  if (!gh_state_id(&core->state, c, (struct gh_seen){hash, e->time_ms}, since_ms, limit)) {
    core->counters.ids_full++;
    refuse(core, in, GH_V_IDS_FULL, "its customer had customer_ids events within late_limit");
    return GH_V_IDS_FULL;
  }
  *who = c;
  return GH_V_TAKEN;
}

/* Beyond its bound the buffer yields its first event, unless that is due anyway. */
static void keep_order(struct gh_core *core)
{
  if (core->state.waiting.count <= (uint64_t)core->rules->conf->reorder_limit) return;
  int64_t first_ms = gh_state_next_event(&core->state)->time_ms;
  if (due(core, first_ms)) return;
  core->forced = true;
  core->counters.reorder_full++;
  core->least_ms = later(core->least_ms, first_ms);
}

static void take_event(struct gh_core *core, const struct gh_input *in)
{
  const struct gh_event *e = in->event;
  struct gh_customer *who = NULL;
  enum gh_verdict verdict = admit(core, in, &who);
  core->event = *e;
  core->t_ms = e->time_ms;
  if (gh_core_asked(core)) gh_core_say(core, verdict, NULL, core->refused ? core->refusal.detail : (struct gh_str){NULL, 0});
  if (!who) return;
  core->counters.events++;
  bool late = e->time_ms < gh_core_watermark(core);
  core->counters.late += late;
  struct gh_pending_begin begin = {.time_ms = e->time_ms, .found_ms = later(e->time_ms, core->high_ms), .arrival = core->arrivals++, .late = late, .event = e};
  core->high_ms = later(core->high_ms, e->time_ms);
  if (late || core->rules->conf->lateness_ms == 0) {
    core->hand = begin;
    core->hand_of = who;
    return;
  }
  (void)gh_state_pend(&core->state, who, &begin);
  keep_order(core);
}

static void take_clock(struct gh_core *core, const struct gh_input *in)
{
  core->wall_ms = in->wall_ms;
  if (in->follow) core->clock_ms = later(core->clock_ms, in->wall_ms - core->rules->conf->idle_ms);
}

void gh_take(struct gh_core *core, const struct gh_input *in)
{
  GH_CHECK(core->rules || in->kind == GH_IN_RULES);
  GH_CHECK((in->kind == GH_IN_RULES || (!core->hand.event && !core->urgent && !core->refused)) && "step until nothing is due before the next input");
  switch (in->kind) {
  case GH_IN_EVENT: take_event(core, in); break;
  case GH_IN_PROFILE: gh_core_take_profile(core, in->event); break;
  case GH_IN_SKIP: break;
  case GH_IN_CLOCK: take_clock(core, in); return;
  case GH_IN_END:
    core->ended = true;
    core->high_ms = later(core->high_ms, in->time_ms);
    return;
  case GH_IN_RULES: gh_core_activate(core, in); return;
  }
  GH_CHECK(in->place.input < GH_INPUTS);
  core->positions[in->place.input] = in->place;
}

/* ---- stepping ---- */

static struct gh_pending *due_event(const struct gh_core *core)
{
  if (core->urgent) return core->urgent;
  struct gh_pending *p = gh_state_next_event(&core->state);
  return p && (core->forced || due(core, p->time_ms)) ? p : NULL;
}

static void step_timer(struct gh_core *core, struct gh_wait *w)
{
  core->stepping = gh_core_mark_timer(core, w);
  if (core->naside && gh_core_is_aside(core, core->stepping)) gh_core_aside_timer(core, w);
  else gh_core_step_timer(core, w);
}

/* One that was not kept waiting is the record at hand: whoever reads records knows it by its place. */
static void step_event(struct gh_core *core, struct gh_pending *p)
{
  bool waited = p && p != core->urgent;
  if (waited) core->forced = false;
  else core->urgent = NULL;
  if (waited) core->stepping = gh_core_mark_event(p);
  if (!p) gh_core_step_hand(core);
  else if (waited && core->naside && gh_core_is_aside(core, core->stepping)) gh_core_aside_event(core, p);
  else gh_core_step_event(core, p);
}

/* One event or timer; false if none is due. */
static bool step_next(struct gh_core *core)
{
  struct gh_pending *p = core->hand.event ? NULL : due_event(core);
  struct gh_wait *w = gh_state_next_timer(&core->state);
  if (w && !due(core, w->due_ms)) w = NULL;
  bool event = core->hand.event || p;
  if (!event && !w) return false;
  if (!event || (w && w->due_ms < (p ? p->time_ms : core->hand.time_ms))) step_timer(core, w);
  else step_event(core, p);
  core->stepping = 0;
  return true;
}

void gh_core_hand_over(struct gh_update *out, const struct gh_refused *refusal)
{
  if (out->nrefused == out->refused_cap) {
    out->refused_cap = out->refused_cap ? out->refused_cap * 2 : 16;
    out->refused = gh_update_grow(out->refused, out->refused_cap, sizeof *out->refused);
  }
  struct gh_refused *r = &out->refused[out->nrefused++];
  *r = *refusal;
  r->raw = gh_arena_str(&out->arena, refusal->raw);
}

/* So many timers went before it that it is not stepped now: it waits like others, for the input is gone by the next step. */
static void lay_down(struct gh_core *core)
{
  if (core->hand.event) core->urgent = gh_state_pend(&core->state, core->hand_of, &core->hand);
  core->hand.event = NULL;
}

bool gh_step(struct gh_core *core, unsigned budget, struct gh_update *out)
{
  GH_CHECK(core->rules);
  core->out = out;
  if (core->refused) gh_core_hand_over(out, &core->refusal);
  core->refused = false;
  for (; budget > 0; budget--) {
    if (step_next(core)) continue;
    if (core->ended) core->least_ms = later(core->least_ms, core->high_ms);
    core->ended = false;
    return false;
  }
  lay_down(core);
  return true;
}
