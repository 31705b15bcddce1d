/* One partition's turn: hold it at the sink → read its place → begin (rotation?) → a page of the outbox → write behind the mark, durably → commit the place.
 *
 * Only the place in the store decides what is written next, and it is read after the partition is held, so that a crash between writing and committing the
 * place, or another process that had the partition before, gives the same leads again at the same place: what that means is the sink's to say (sink.h). */
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "relay_inside.h"

#define BURY_LEADS 4096u                 /* a transaction */
#define TELL_NS UINT64_C(60000000000)

static bool sink_fault(struct relay_try *try, const struct gh_sink_error *error)
{
  try->fault = RELAY_SINK;
  snprintf(try->error, sizeof try->error, "%s", error->text);
  try->wait_ms = error->wait_ms;
  return false;
}

static bool store_fault(struct relay_part *p, struct relay_try *try, const struct gh_store_error *error)
{
  try->fault = RELAY_STORE;
  snprintf(try->error, sizeof try->error, "%s", error->text);
  p->known = p->unput = false;
  return false;
}

static bool read_place(struct relay_lane *lane, struct relay_part *p, struct relay_try *try)
{
  struct gh_store_error error;
  if (p->known && p->place.number <= gh_store_outbox_last(p->store)) return true; /* beyond it: the store has lost leads, and set the place back */
  if (!gh_store_sink_get(p->store, lane->name, &p->place, &error)) return store_fault(p, try, &error);
  p->known = true;
  p->unput = false;
  uint64_t last = gh_store_outbox_last(p->store);
  pthread_mutex_lock(&lane->lock);
  p->handed = p->place.number;
  if (last > p->last) p->last = last;
  pthread_mutex_unlock(&lane->lock);
  return true;
}

static void note_handed(struct relay_lane *lane, struct relay_part *p, unsigned taken)
{
  pthread_mutex_lock(&lane->lock);
  p->handed = p->place.number;
  lane->handed += taken;
  pthread_mutex_unlock(&lane->lock);
}

static bool put_place(struct relay_lane *lane, struct relay_part *p, unsigned taken, struct relay_try *try)
{
  struct gh_store_error error;
  if (!gh_store_sink_put(p->store, lane->name, &p->place, &error)) return store_fault(p, try, &error);
  p->unput = false;
  p->put_ns = gh_monotonic_ns();
  note_handed(lane, p, taken);
  return true;
}

bool gh_relay_put_place(struct relay_lane *lane, struct relay_part *p)
{
  struct relay_try try;
  char trouble[256];
  if (!p->unput) return true;
  return !gh_store_trouble(p->store, trouble) && put_place(lane, p, 0, &try);
}

/* The place after `taken` more leads. Where those that come again do no harm it is committed now and then: that spares the store a write a page. */
static bool move_place(struct relay_lane *lane, struct relay_part *p, unsigned taken, struct relay_try *try)
{
  if (!gh_sink_knows_its_leads(lane->sink) || gh_monotonic_ns() - p->put_ns > GH_RELAY_PUT_NS) return put_place(lane, p, taken, try);
  p->unput = true;
  note_handed(lane, p, taken);
  return true;
}

static void set_mark(struct gh_sink_place *place, const struct gh_sink_mark *mark)
{
  place->bytes = mark->bytes;
  memcpy(place->file, mark->file, sizeof place->file);
}

static struct gh_sink_mark mark_of(const struct gh_sink_place *place)
{
  struct gh_sink_mark mark = {.number = place->number, .bytes = place->bytes};
  memcpy(mark.file, place->file, sizeof mark.file);
  return mark;
}

/* ── the dead letters ── */

void gh_relay_tell_buried(struct relay_lane *lane, bool at_once)
{
  uint64_t now_ns = gh_monotonic_ns();
  if ((!at_once && now_ns < lane->tell_ns) || (lane->behind_untold == 0 && lane->refused_untold == 0)) return;
  gh_log(GH_ERR, "leads went to the dead letters in place of the sink", "sink=\"%s\" too_far_behind=%llu refused=%llu bound=%lld", lane->name,
         (unsigned long long)lane->behind_untold, (unsigned long long)lane->refused_untold, atomic_load(&lane->bound_leads));
  if (lane->bare_untold) {
    gh_log(GH_ERR, "the dead letters are full: of leads that went there the number alone was kept; raise dead_letter_bytes, or empty them with dlq", "sink=\"%s\" leads=%llu",
           lane->name, (unsigned long long)lane->bare_untold);
  }
  lane->behind_untold = lane->refused_untold = lane->bare_untold = 0;
  lane->tell_ns = now_ns + TELL_NS;
}

static bool bury(struct relay_lane *lane, struct relay_part *p, uint64_t upto, const char *reason, struct relay_try *try)
{
  struct gh_store_error error;
  if (p->unput && !put_place(lane, p, 0, try)) return false; /* what lies between the two places is not dead */
  struct gh_sink_place place = p->place;
  struct gh_sink_mark mark = mark_of(&place);
  gh_sink_skip(lane->sink, &mark, upto);
  set_mark(&place, &mark);
  place.number = upto;
  uint64_t bare = gh_store_bare(p->store);
  if (!gh_store_sink_bury(p->store, lane->name, &place, reason, &error)) return store_fault(p, try, &error);
  bare = gh_store_bare(p->store) - bare;
  lane->bare_untold += bare;
  pthread_mutex_lock(&lane->lock);
  lane->bare += bare;
  lane->buried += upto - p->place.number;
  p->handed = upto;
  pthread_mutex_unlock(&lane->lock);
  p->place = place;
  return true;
}

void gh_relay_bound(struct relay_lane *lane, struct relay_part *p, struct relay_try *try)
{
  uint64_t most = (uint64_t)atomic_load(&lane->bound_leads);
  if (most == 0 || !read_place(lane, p, try)) return;
  for (uint64_t last = gh_store_outbox_last(p->store); last > p->place.number + most;) {
    uint64_t over = last - most - p->place.number, n = over > BURY_LEADS ? BURY_LEADS : over;
    if (!bury(lane, p, p->place.number + n, "sink_behind", try)) break;
    lane->behind_untold += n;
  }
  gh_relay_tell_buried(lane, false);
}

/* ── a page ── */

static void tell_set_back(const struct relay_lane *lane, const struct relay_part *p, uint64_t number)
{
  gh_log(GH_WARN, "the sink's server has lost leads: they are handed over again", "sink=\"%s\" partition=%u had=%llu has=%llu", lane->name, p->partition,
         (unsigned long long)p->place.number, (unsigned long long)number);
}

static bool begin(struct relay_lane *lane, struct relay_part *p, struct relay_try *try)
{
  struct gh_sink_error error = {.wait_ms = 0};
  struct gh_sink_begun begun;
  struct gh_sink_mark mark = mark_of(&p->place);
  if (!gh_sink_begin(lane->sink, p->partition, &mark, &begun, &error)) return sink_fault(try, &error);
  if (!begun.changed) return true;
  uint64_t last = gh_store_outbox_last(p->store), waiting = last > p->place.number ? last - p->place.number : 0;
  if (mark.number < p->place.number) tell_set_back(lane, p, mark.number);
  p->place.number = mark.number + (begun.lines < waiting ? begun.lines : waiting);
  set_mark(&p->place, &mark);
  return put_place(lane, p, 0, try);
}

/* It is held by what the store had when the sink last knew of it: leads that were committed since say nothing of that, and where the store is an old backup they
 * are others than those that had these numbers before. */
static bool make_ready(struct relay_lane *lane, struct relay_part *p, struct relay_try *try)
{
  struct gh_sink_error error = {.wait_ms = 0};
  if (!p->held) {
    if (!read_place(lane, p, try)) return false; /* how far behind it is shows even while it cannot be held */
    if (!gh_sink_hold(lane->sink, p->partition, p->began, &error)) return sink_fault(try, &error);
    p->held = true;
    p->known = false;
  }
  if (!read_place(lane, p, try)) return false;
  if (gh_relay_may_be_slow(lane)) gh_relay_bound(lane, p, try);
  uint64_t last = gh_store_outbox_last(p->store);
  if (try->fault != RELAY_FINE || !begin(lane, p, try)) return false;
  p->began = last;
  return true;
}

static void add_lead(void *ctx, uint64_t number, struct gh_str id, struct gh_str json)
{
  struct relay_lane *lane = ctx;
  if (lane->nleads == lane->leads_cap) {
    lane->leads_cap = lane->leads_cap ? lane->leads_cap * 2 : 256;
    lane->leads = realloc(lane->leads, lane->leads_cap * sizeof *lane->leads);
    GH_CHECK(lane->leads && "out of memory");
  }
  lane->leads[lane->nleads++] = (struct gh_sink_lead){number, gh_arena_str(&lane->arena, id), gh_arena_str(&lane->arena, json)};
}

/* Nobody has them any more: what comes next goes on behind them. */
static bool pass_over(struct relay_lane *lane, struct relay_part *p, uint64_t upto, struct relay_try *try)
{
  struct gh_sink_mark mark = mark_of(&p->place);
  gh_sink_skip(lane->sink, &mark, upto);
  set_mark(&p->place, &mark);
  p->place.number = upto;
  return put_place(lane, p, 0, try);
}

static bool read_page(struct relay_lane *lane, struct relay_part *p, struct relay_try *try)
{
  struct gh_store_error error;
  uint64_t last = gh_store_outbox_last(p->store); /* what is committed from now on need not be among those that are read */
  gh_arena_reset(&lane->arena);
  lane->nleads = 0;
  if (!gh_store_outbox(p->store, p->place.number, add_lead, lane, &error)) return store_fault(p, try, &error);
  uint64_t first = lane->nleads > 0 ? lane->leads[0].number : last + 1;
  if (first <= p->place.number + 1) return true;
  gh_log(GH_ERR, "the outbox no longer has leads that the sink lacks", "sink=\"%s\" partition=%u from=%llu to=%llu", lane->name, p->partition,
         (unsigned long long)(p->place.number + 1), (unsigned long long)(first - 1));
  return lane->nleads > 0 || pass_over(lane, p, last, try);
}

static bool bury_refused(struct relay_lane *lane, struct relay_part *p, uint64_t number, const struct gh_sink_error *why, struct relay_try *try)
{
  if (!bury(lane, p, number, "sink_refused", try)) return false;
  if (lane->refused_untold++ == 0 && gh_monotonic_ns() >= lane->tell_ns) {
    gh_log(GH_WARN, "a lead was refused for good: it is in the dead letters", "why=\"%s\" partition=%u number=%llu", why->text, p->partition,
           (unsigned long long)number);
  }
  gh_relay_tell_buried(lane, false);
  return true;
}

/* Somebody else writes this partition's leads. If we took it over ourselves just now, it is contended: wait. */
static bool note_loss(struct relay_part *p, struct relay_try *try, const struct gh_sink_error *error)
{
  p->held = false;
  return ++p->losses > 1 ? sink_fault(try, error) : false;
}

/* Writes a slice from leads[*at] on; `at` moves past what the sink, or the dead letters, have. False: no more of this page. */
static bool write_slice(struct relay_lane *lane, struct relay_part *p, unsigned *at, struct relay_try *try)
{
  struct gh_sink_error error = {.wait_ms = 0};
  unsigned most = gh_sink_page_leads(lane->sink), left = lane->nleads - *at, taken;
  struct gh_sink_page page = {p->partition, lane->leads + *at, left < most ? left : most};
  struct gh_sink_mark mark = mark_of(&p->place);
  enum gh_sink_answer answer = gh_sink_write(lane->sink, &page, &mark, &taken, &error);
  *at += taken;
  if (taken > 0) {
    p->place.number = page.leads[taken - 1].number;
    set_mark(&p->place, &mark);
    p->losses = 0;
    if (!move_place(lane, p, taken, try)) return false;
  }
  switch (answer) {
    case GH_SINK_TAKEN: return true;
    case GH_SINK_REFUSED: return bury_refused(lane, p, lane->leads[(*at)++].number, &error, try);
    case GH_SINK_LOST: return note_loss(p, try, &error);
    case GH_SINK_FAILED: return sink_fault(try, &error);
  }
  GH_IMPOSSIBLE();
}

void gh_relay_page(struct relay_lane *lane, struct relay_part *p, struct relay_try *try)
{
  *try = (struct relay_try){.fault = RELAY_FINE};
  if (make_ready(lane, p, try) && p->place.number < gh_store_outbox_last(p->store) && read_page(lane, p, try)) {
    bool going = true;
    for (unsigned at = 0; going && at < lane->nleads && !atomic_load(&lane->stopping);) going = write_slice(lane, p, &at, try);
    try->more = !going || (lane->nleads > 0 && p->place.number < gh_store_outbox_last(p->store));
  }
  if (try->fault != RELAY_FINE) p->held = false;
}
