#include "world.h"

#include <inttypes.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

#define NETWORK_MS 1500  /* the longest healthy delay: inside the default lateness of 2 s */
#define TRUTH_MS 4000    /* a planted trigger counts as passed only when its time is surely behind */
#define DUPLICATE_PPM 5000u
#define LATE_PPM 2000u
#define TOO_LATE_PPM 200u

struct gh_sim *gh_sim_new(struct gh_sim_options options)
{
  GH_CHECK(options.customers > 0 && options.customers <= GH_SIM_CUSTOMERS_MAX);
  GH_CHECK(options.days > 0 && options.days <= GH_SIM_DAYS_MAX);
  struct gh_sim *sim = calloc(1, sizeof *sim);
  GH_CHECK(sim != NULL);
  sim->options = options;
  sim->begin_ms = sim->hour_ms = options.start_day * GH_DAY_MS - SIM_OFFSET_MS;
  sim->end_ms = sim->begin_ms + options.days * GH_DAY_MS;
  return sim;
}

void gh_sim_free(struct gh_sim *sim)
{
  if (!sim) return;
  free(sim->heap.items);
  gh_buf_free(&sim->line);
  gh_buf_free(&sim->truth);
  gh_buf_free(&sim->truth_due);
  free(sim);
}

static void push(struct gh_sim *sim, struct moment *m)
{
  m->order = ++sim->last_order;
  gh_sim_heap_push(&sim->heap, m);
}

uint64_t gh_sim_send_late(struct gh_sim *sim, struct random *r, struct moment m, int64_t delay_ms)
{
  m.id = ++sim->last_id;
  m.arrival_ms = m.time_ms + delay_ms + random_between(r, 20, NETWORK_MS);
  m.late = delay_ms > 0;
  push(sim, &m);
  return m.id;
}

uint64_t gh_sim_send(struct gh_sim *sim, struct random *r, struct moment m) { return gh_sim_send_late(sim, r, m, 0); }

static int64_t draw_delay(struct random *r)
{
  uint64_t ppm = random_below(r, 1000000);
  if (ppm < TOO_LATE_PPM) return random_between(r, 25 * GH_HOUR_MS, 30 * GH_HOUR_MS);
  if (ppm < TOO_LATE_PPM + LATE_PPM) return random_between(r, 5 * GH_SECOND_MS, 3 * GH_HOUR_MS);
  return 0;
}

void gh_sim_send_faulty(struct gh_sim *sim, struct random *r, struct moment m)
{
  int64_t delay_ms = draw_delay(r);
  uint64_t id = gh_sim_send_late(sim, r, m, delay_ms);
  if (!random_chance(r, DUPLICATE_PPM)) return;
  m.id = id;
  m.late = true;
  m.arrival_ms = m.time_ms + delay_ms + random_between(r, NETWORK_MS, 2 * GH_HOUR_MS);
  push(sim, &m);
}

void gh_sim_plant(struct gh_sim *sim, const struct person *p, uint64_t event, int64_t t_ms)
{
  struct moment m = {.kind = MOMENT_TRUTH, .customer = p->number, .a = p->scene, .id = event, .time_ms = t_ms, .arrival_ms = t_ms + TRUTH_MS};
  push(sim, &m);
}

static void live_hour(struct gh_sim *sim)
{
  uint32_t hour = (uint32_t)((sim->hour_ms - sim->begin_ms) / GH_HOUR_MS);
  for (uint32_t i = 0; i < sim->options.customers; i++) {
    uint64_t hash = gh_person_hash(sim->options.seed, i);
    enum scene scene = gh_person_scene(hash);
    if (scene == SCENE_SILENT) continue;
    struct person p = gh_person_of(sim->options.seed, i, sim->options.days);
    if (scene == SCENE_NONE) {
      struct random r = random_of(hash, hour + 2u);
      gh_sim_live(sim, &p, &r);
    } else if (p.scene_hour == hour) {
      gh_sim_play(sim, &p);
    }
  }
  sim->hour_ms += GH_HOUR_MS;
}

static void note_truth(struct gh_sim *sim, const struct moment *m)
{
  gh_buf_fmt(&sim->truth_due, "{\"rule\":\"%s\",\"customer\":\"C%07u\",\"event\":\"E%09" PRIu64 "\",\"triggered_at\":", gh_scene_rule(m->a), m->customer + 1, m->id);
  gh_moment_time(&sim->truth_due, m->time_ms);
  gh_buf_add_str(&sim->truth_due, GH_STR("}\n"));
}

/* An event that came in time moves the clock of whoever reads the stream past the triggers that were due. */
static void pass_truth(struct gh_sim *sim)
{
  gh_buf_add_str(&sim->truth, gh_buf_str(&sim->truth_due));
  gh_buf_clear(&sim->truth_due);
}

/* The next moment to arrive, truths included. False: the last day is over. */
static bool next_moment(struct gh_sim *sim, struct moment *m)
{
  while (sim->hour_ms < sim->end_ms && (sim->heap.n == 0 || sim->heap.items[0].arrival_ms >= sim->hour_ms)) live_hour(sim);
  if (sim->heap.n == 0) return false;
  *m = gh_sim_heap_pop(&sim->heap);
  return m->arrival_ms < sim->end_ms;
}

bool gh_sim_next(struct gh_sim *sim, struct gh_sim_event *out)
{
  struct moment m;
  for (;;) {
    if (!next_moment(sim, &m)) return false;
    if (m.kind != MOMENT_TRUTH) break;
    note_truth(sim, &m);
  }
  if (!m.late) pass_truth(sim);
  gh_buf_clear(&sim->line);
  gh_moment_json(&m, sim->options.wide, &sim->line);
  *out = (struct gh_sim_event){gh_buf_str(&sim->line), m.time_ms, m.arrival_ms};
  return true;
}

bool gh_sim_profile(const struct gh_sim *sim, uint32_t index, struct gh_buf *out)
{
  struct person p = gh_person_of(sim->options.seed, index, sim->options.days);
  if (!p.known) return false;
  gh_person_json(&p, out);
  return true;
}

void gh_sim_truth(struct gh_sim *sim, struct gh_buf *out)
{
  gh_buf_add_str(out, gh_buf_str(&sim->truth));
  gh_buf_clear(&sim->truth);
}
