/* An ordinary life: salaries, shopping, sessions in the app that lead to this or that. Chances are a person's own, spread over the day by its rhythm. */
#include "catalog.h"
#include "world.h"

/* Shares of a day's activity by hour, adding up to 1000: people read most at 8-9, 17-18 and 21-23; older ones prefer mornings. */
static const uint16_t rhythm_young[24] = {8, 4, 2, 1, 1, 3, 12, 38, 62, 52, 48, 50, 62, 52, 44, 44, 48, 62, 58, 60, 78, 88, 80, 43};
static const uint16_t rhythm_old[24] = {2, 1, 1, 1, 2, 10, 40, 90, 130, 130, 110, 70, 50, 40, 50, 60, 50, 40, 35, 35, 25, 15, 8, 5};

struct hour {
  struct gh_sim *sim;
  const struct person *p;
  struct random *r;
  bool weekend;
  unsigned clock;  /* 0 … 23 */
  unsigned rhythm; /* this hour's share of the day, of 1000 */
};

static int64_t some_time(struct hour *h) { return h->sim->hour_ms + random_between(h->r, 0, GH_HOUR_MS - 1); }

static void send(struct hour *h, struct moment m)
{
  m.customer = h->p->number;
  gh_sim_send_faulty(h->sim, h->r, m);
}

/* An amount in cents whose middle is about 1,000 yuan and whose tail is long. */
static int64_t draw_transfer(struct random *r)
{
  static const int64_t yuan[] = {10, 100, 300, 600, 1000, 2000, 5000, 12000, 40000, 250000};
  int64_t cents = 100 * random_quantile(r, yuan, 10);
  return cents + (int64_t)random_below(r, 100);
}

static int64_t draw_purchase(struct random *r)
{
  static const int64_t yuan[] = {2, 8, 18, 30, 48, 80, 150, 320, 1200};
  int64_t cents = 100 * random_quantile(r, yuan, 9);
  return cents + (int64_t)random_below(r, 100);
}

static void pay_salary(struct hour *h)
{
  const struct person *p = h->p;
  if (!p->paid || h->clock != 9u + p->employer % 3u) return;
  int64_t day = (h->sim->hour_ms + SIM_OFFSET_MS) / GH_DAY_MS;
  if (!gh_person_payday(p->employer, day)) return;
  int64_t cents = p->salary_cents * random_between(h->r, 96, 104) / 100;
  send(h, (struct moment){.kind = MOMENT_PAYROLL, .time_ms = some_time(h), .cents = cents, .a = (uint16_t)p->employer});
}

static void shop(struct hour *h)
{
  unsigned day_permille = h->weekend ? 2100 : 1300;
  if (!random_chance(h->r, day_permille * h->rhythm)) return;
  unsigned merchant = (unsigned)random_below(h->r, EVERYDAY_MERCHANTS);
  int64_t cents = draw_purchase(h->r);
  if (random_chance(h->r, 12000)) {
    merchant = (unsigned)random_between(h->r, MERCHANT_BABY, MERCHANT_CAR);
    cents = cents * 8 + 20000;
  }
  send(h, (struct moment){.kind = MOMENT_PURCHASE, .time_ms = some_time(h), .cents = cents, .a = (uint16_t)merchant});
}

static void receive(struct hour *h)
{
  unsigned day_permille = h->weekend ? 60 : 160;
  if (!random_chance(h->r, day_permille * h->rhythm)) return;
  int64_t at = some_time(h), cents = draw_transfer(h->r);
  send(h, (struct moment){.kind = MOMENT_INFLOW, .time_ms = at, .cents = cents, .a = (uint16_t)random_below(h->r, BANKS)});
  if (cents < 5000000 || random_chance(h->r, 500000)) return;
  send(h, (struct moment){.kind = MOMENT_BOUGHT, .time_ms = at + random_between(h->r, GH_HOUR_MS, 20 * GH_HOUR_MS), .cents = cents / 2, .a = PRODUCT_WEALTH_90});
}

static int64_t read_articles(struct hour *h, int64_t at)
{
  static const uint16_t topics[TOPICS] = {30, 15, 10, 20, 25};
  unsigned topic = random_pick(h->r, topics, TOPICS, 100);
  int64_t n = random_between(h->r, 1, 4);
  for (int64_t i = 0; i < n; i++) {
    at += random_between(h->r, 15 * GH_SECOND_MS, 4 * GH_MINUTE_MS);
    send(h, (struct moment){.kind = MOMENT_ARTICLE, .time_ms = at, .a = (uint16_t)topic, .b = (uint16_t)random_between(h->r, 5, 300)});
  }
  if (random_chance(h->r, 60000)) send(h, (struct moment){.kind = MOMENT_SHARED, .time_ms = at + 9 * GH_SECOND_MS, .a = (uint16_t)topic});
  return at;
}

static int64_t view_product(struct hour *h, int64_t at)
{
  unsigned product = (unsigned)random_below(h->r, PRODUCTS);
  send(h, (struct moment){.kind = MOMENT_VIEWED, .time_ms = at, .a = (uint16_t)product, .b = (uint16_t)random_between(h->r, 3, 240)});
  if (!random_chance(h->r, 150000)) return at;
  at += random_between(h->r, 2 * GH_MINUTE_MS, 40 * GH_MINUTE_MS);
  send(h, (struct moment){.kind = MOMENT_BOUGHT, .time_ms = at, .cents = 100000 * random_between(h->r, 1, 120), .a = (uint16_t)product});
  return at;
}

/* From step to step of a flow until the end, or until the customer stops. */
static int64_t walk_flow(struct hour *h, int64_t at)
{
  unsigned flow = (unsigned)random_below(h->r, FLOWS);
  int64_t instance = (int64_t)++h->sim->last_instance;
  for (unsigned step = 0; step < gh_catalog_flows[flow].nsteps; step++) {
    send(h, (struct moment){.kind = MOMENT_STEP, .time_ms = at, .cents = instance, .a = (uint16_t)flow, .b = (uint16_t)step});
    if (random_chance(h->r, 300000)) break;
    at += random_between(h->r, 20 * GH_SECOND_MS, 12 * GH_MINUTE_MS);
  }
  return at;
}

/* Draws stand in statements of their own: C leaves the order within an expression open, and the bytes would depend on the compiler. */
static void pay_out(struct hour *h, int64_t at)
{
  int64_t cents = draw_transfer(h->r);
  send(h, (struct moment){.kind = MOMENT_OUTFLOW, .time_ms = at, .cents = cents, .a = (uint16_t)random_below(h->r, BANKS)});
}

static void redeem(struct hour *h, int64_t at)
{
  int64_t cents = draw_transfer(h->r) + 100000;
  uint16_t fund = random_chance(h->r, 500000) ? PRODUCT_FUND_BOND : PRODUCT_FUND_INDEX;
  send(h, (struct moment){.kind = MOMENT_REDEEMED, .time_ms = at, .cents = cents, .a = fund});
}

static int64_t act(struct hour *h, int64_t at)
{
  enum action { READ, VIEW, PAY, FLOW, REDEEM, PREPAY, LOOK, ACTIONS };
  static const uint16_t weights[ACTIONS] = {28, 16, 16, 5, 2, 1, 32};
  at += random_between(h->r, 5 * GH_SECOND_MS, 3 * GH_MINUTE_MS);
  switch ((enum action)random_pick(h->r, weights, ACTIONS, 100)) {
  case READ: return read_articles(h, at);
  case VIEW: return view_product(h, at);
  case PAY: pay_out(h, at); return at;
  case FLOW: return walk_flow(h, at);
  case REDEEM: redeem(h, at); return at;
  case PREPAY: send(h, (struct moment){.kind = MOMENT_PREPAID, .time_ms = at, .cents = draw_transfer(h->r) + 500000}); return at;
  case LOOK: case ACTIONS: return at;
  }
  return at;
}

static void open_app(struct hour *h)
{
  if (!random_chance(h->r, h->p->sessions_permille * (uint64_t)h->rhythm)) return;
  static const uint16_t channels[4] = {82, 8, 8, 2};
  int64_t at = some_time(h);
  send(h, (struct moment){.kind = MOMENT_LOGIN, .time_ms = at, .a = (uint16_t)random_pick(h->r, channels, 4, 100)});
  int64_t actions = random_between(h->r, 0, 3);
  for (int64_t i = 0; i < actions; i++) at = act(h, at);
}

/* Assets are counted at night; here and there they have moved enough to be told. */
static void recount(struct hour *h)
{
  if (h->clock != 2 || !random_chance(h->r, 25000)) return;
  int64_t cents = h->p->aum_cents * random_between(h->r, 80, 130) / 100;
  send(h, (struct moment){.kind = MOMENT_PROFILE, .time_ms = some_time(h), .cents = cents});
}

void gh_sim_live(struct gh_sim *sim, const struct person *p, struct random *r)
{
  int64_t local_ms = sim->hour_ms + SIM_OFFSET_MS;
  unsigned clock = (unsigned)(local_ms / GH_HOUR_MS % 24), weekday = gh_weekday(local_ms / GH_DAY_MS);
  struct hour h = {sim, p, r, weekday == 0 || weekday == 6, clock, (p->age < 60 ? rhythm_young : rhythm_old)[clock]};
  pay_salary(&h);
  shop(&h);
  receive(&h);
  open_app(&h);
  recount(&h);
}
