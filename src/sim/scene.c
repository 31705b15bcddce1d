/* Scenes: what planted customers do, and when it must trigger. Each is written so that no other rule of the demo stands in its way. */
#include "catalog.h"
#include "goldhour/base/check.h"
#include "world.h"

static void payroll(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at, int64_t delay_ms)
{
  struct moment m = {.kind = MOMENT_PAYROLL, .customer = p->number, .time_ms = at, .cents = p->salary_cents, .a = p->employer};
  gh_sim_plant(sim, p, gh_sim_send_late(sim, r, m, delay_ms), at);
}

static void flow_stopped(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at)
{
  struct moment m = {.kind = MOMENT_STEP, .customer = p->number, .time_ms = at, .a = FLOW_HOUSE_LOAN, .cents = (int64_t)++sim->last_instance};
  gh_sim_send(sim, r, m);
  m.b = 1;
  m.time_ms += random_between(r, 2 * GH_MINUTE_MS, 8 * GH_MINUTE_MS);
  gh_sim_plant(sim, p, gh_sim_send(sim, r, m), m.time_ms + 30 * GH_MINUTE_MS);
}

static void idle_inflow(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at)
{
  struct moment m = {.kind = MOMENT_INFLOW, .customer = p->number, .time_ms = at, .cents = 100 * random_between(r, 100000, 400000), .a = 2};
  gh_sim_plant(sim, p, gh_sim_send(sim, r, m), at + GH_DAY_MS);
}

static void viewed(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at)
{
  struct moment m = {.kind = MOMENT_VIEWED, .customer = p->number, .time_ms = at, .a = PRODUCT_WEALTH_90, .b = 45};
  uint64_t id = gh_sim_send(sim, r, m);
  for (int i = 0; i < 2; i++) {
    m.time_ms += random_between(r, 5 * GH_MINUTE_MS, 50 * GH_MINUTE_MS);
    id = gh_sim_send(sim, r, m);
  }
  gh_sim_plant(sim, p, id, m.time_ms + 6 * GH_HOUR_MS);
}

static void redeemed(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at)
{
  struct moment m = {.kind = MOMENT_REDEEMED, .customer = p->number, .time_ms = at, .a = PRODUCT_FUND_INDEX, .cents = 100 * random_between(r, 20000, 90000)};
  gh_sim_plant(sim, p, gh_sim_send(sim, r, m), at + 12 * GH_HOUR_MS);
  m.kind = MOMENT_BOUGHT;
  m.a = PRODUCT_DEPOSIT;
  m.time_ms += random_between(r, GH_MINUTE_MS, GH_HOUR_MS);
  gh_sim_send(sim, r, m);
}

static void next_tier(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at)
{
  struct moment m = {.kind = MOMENT_PROFILE, .customer = p->number, .time_ms = at, .cents = 100 * random_between(r, 181000, 199000)};
  gh_sim_plant(sim, p, gh_sim_send(sim, r, m), at);
}

static void maturity(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at)
{
  struct moment m = {.kind = MOMENT_BOUGHT, .customer = p->number, .time_ms = at, .a = PRODUCT_SHORT, .cents = 5000000};
  int64_t day = (at + SIM_OFFSET_MS) / GH_DAY_MS;
  gh_sim_plant(sim, p, gh_sim_send(sim, r, m), (day + 1) * GH_DAY_MS + 9 * GH_HOUR_MS - SIM_OFFSET_MS);
}

static void reader(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at)
{
  struct moment m = {.kind = MOMENT_ARTICLE, .customer = p->number, .time_ms = at, .a = TOPIC_WEALTH, .b = 40};
  uint64_t id = 0;
  for (int i = 0; i < 11; i++) {
    m.time_ms += random_between(r, 20 * GH_SECOND_MS, 4 * GH_MINUTE_MS);
    id = gh_sim_send(sim, r, m);
  }
  gh_sim_plant(sim, p, id, m.time_ms);
}

static void purchase(struct gh_sim *sim, const struct person *p, struct random *r, int64_t at, unsigned merchant)
{
  int64_t yuan = merchant == MERCHANT_FURNITURE ? random_between(r, 21000, 60000) : random_between(r, 300, 1900);
  struct moment m = {.kind = MOMENT_PURCHASE, .customer = p->number, .time_ms = at, .cents = 100 * yuan, .a = (uint16_t)merchant};
  gh_sim_plant(sim, p, gh_sim_send(sim, r, m), at);
}

void gh_sim_play(struct gh_sim *sim, const struct person *p)
{
  struct random r = random_of(p->hash, 0);
  int64_t at = sim->hour_ms + random_between(&r, 0, GH_HOUR_MS - 1);
  switch ((enum scene)p->scene) {
  case SCENE_PAYROLL: payroll(sim, p, &r, at, 0); return;
  case SCENE_LATE_PAYROLL: payroll(sim, p, &r, at, random_between(&r, 5 * GH_MINUTE_MS, 170 * GH_MINUTE_MS)); return;
  case SCENE_FLOW_STOPPED: flow_stopped(sim, p, &r, at); return;
  case SCENE_IDLE_INFLOW: idle_inflow(sim, p, &r, at); return;
  case SCENE_VIEWED: viewed(sim, p, &r, at); return;
  case SCENE_REDEEMED: redeemed(sim, p, &r, at); return;
  case SCENE_NEXT_TIER: next_tier(sim, p, &r, at); return;
  case SCENE_MATURITY: maturity(sim, p, &r, at); return;
  case SCENE_READER: reader(sim, p, &r, at); return;
  case SCENE_BABY: purchase(sim, p, &r, at, MERCHANT_BABY); return;
  case SCENE_FLIGHT: purchase(sim, p, &r, at, MERCHANT_FLIGHT); return;
  case SCENE_LARGE_PURCHASE: purchase(sim, p, &r, at, MERCHANT_FURNITURE); return;
  case SCENES: case SCENE_NONE: case SCENE_SILENT: break;
  }
  GH_IMPOSSIBLE();
}
