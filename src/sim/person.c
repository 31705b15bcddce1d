#include "person.h"

#include "catalog.h"
#include "goldhour/base/time.h"
#include "moment.h"
#include "random.h"

#define PLANTED_PERMILLE 60u
#define SILENT_PERMILLE 90u

static const char *const scene_rules[SCENES] = {
  [SCENE_PAYROLL] = "payroll-fund-plan", [SCENE_FLOW_STOPPED] = "house-loan-documents", [SCENE_IDLE_INFLOW] = "idle-inflow",
  [SCENE_VIEWED] = "viewed-not-bought", [SCENE_REDEEMED] = "redeemed-not-rebought", [SCENE_NEXT_TIER] = "near-next-tier",
  [SCENE_MATURITY] = "maturity-reminder", [SCENE_READER] = "wealth-reader", [SCENE_BABY] = "child-insurance", [SCENE_FLIGHT] = "flight-insurance",
  [SCENE_LARGE_PURCHASE] = "large-purchase-instalment", [SCENE_LATE_PAYROLL] = "payroll-fund-plan",
};

const char *gh_scene_rule(enum scene scene) { return scene_rules[scene]; }

uint64_t gh_person_hash(uint64_t seed, uint32_t number)
{
  return random_mix(random_mix(seed) ^ ((uint64_t)number + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

enum scene gh_person_scene(uint64_t hash)
{
  uint64_t permille = hash % 1000;
  if (permille < PLANTED_PERMILLE) return (enum scene)(permille % SCENES);
  return permille < PLANTED_PERMILLE + SILENT_PERMILLE ? SCENE_SILENT : SCENE_NONE;
}

/* Assets in cents by deciles: over 60 % under 200 thousand yuan, under 1 % over 5 million. */
static int64_t draw_aum(struct random *r)
{
  static const int64_t yuan[] = {100, 2000, 9000, 24000, 48000, 90000, 150000, 240000, 380000, 900000};
  if (random_chance(r, 7000)) return 100 * random_between(r, 5000000, 20000000);
  int64_t cents = 100 * random_quantile(r, yuan, 10);
  return cents + (int64_t)random_below(r, 100);
}

static int64_t draw_salary(struct random *r)
{
  static const int64_t yuan[] = {3500, 5200, 6500, 8000, 9800, 12500, 18000, 45000};
  return 100 * random_quantile(r, yuan, 8);
}

/* A planted customer fits every audience of the demo's rules, so that only the scene decides. */
static void fit_audience(struct person *p, struct random *r, uint32_t days)
{
  p->age = (uint8_t)random_between(r, 28, 45);
  p->staff = false;
  p->known = true;
  p->paid = false;
  p->aum_cents = 100 * random_between(r, 60000, 150000);
  p->salary_cents = 100 * random_between(r, 9000, 30000);
  uint32_t day = (uint32_t)random_below(r, days);
  p->scene_hour = day * 24 + (uint32_t)random_between(r, 9, 18);
}

struct person gh_person_of(uint64_t seed, uint32_t number, uint32_t days)
{
  struct person p = {.number = number, .hash = gh_person_hash(seed, number)};
  struct random r = random_of(p.hash, 1);
  p.scene = (uint8_t)gh_person_scene(p.hash);
  p.name[0] = (uint8_t)random_below(&r, SURNAMES);
  p.name[1] = (uint8_t)random_below(&r, GIVEN_NAMES);
  p.name[2] = (uint8_t)random_below(&r, BRANCHES);
  p.age = (uint8_t)random_between(&r, 18, 75);
  p.female = random_chance(&r, 500000);
  p.staff = random_chance(&r, 5000);
  p.known = !random_chance(&r, 5000);
  p.paid = p.age >= 22 && p.age < 60 && random_chance(&r, 600000);
  p.employer = (uint16_t)random_below(&r, EMPLOYERS);
  p.sessions_permille = (uint16_t)random_between(&r, 50, p.age < 60 ? 1500 : 500);
  p.aum_cents = draw_aum(&r);
  p.salary_cents = draw_salary(&r);
  if (p.scene < SCENES) fit_audience(&p, &r, days);
  return p;
}

static unsigned month_days(struct gh_date d)
{
  static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = d.year % 4 == 0 && (d.year % 100 != 0 || d.year % 400 == 0);
  return d.month == 2 && leap ? 29 : days[d.month - 1];
}

/* The day on which the salary of the month of `day` is due; 31 stands for the last. */
static int64_t nominal_payday(uint16_t employer, int64_t day)
{
  static const uint8_t month_day[] = {15, 10, 5, 15, 25, 20, 15, 31};
  struct gh_date d = gh_date_from_days(day);
  unsigned last = month_days(d);
  d.day = month_day[employer % 8] < last ? month_day[employer % 8] : last;
  return gh_days_from_date(d);
}

bool gh_person_payday(uint16_t employer, int64_t day)
{
  int64_t pay = nominal_payday(employer, day);
  unsigned weekday = gh_weekday(pay);
  if (weekday == 6) pay -= 1;
  if (weekday == 0) pay -= 2;
  return pay == day;
}

static const char *first_tag(const struct person *p)
{
  if (p->paid) return "payroll";
  return p->age >= 60 ? "pension" : "retail";
}

void gh_person_json(const struct person *p, struct gh_buf *out)
{
  gh_buf_fmt(out, "{\"customer\":\"C%07u\",\"name\":\"%s%s\",\"age\":%u,\"gender\":\"%s\",\"aum\":", p->number + 1, gh_catalog_surnames[p->name[0]],
             gh_catalog_given[p->name[1]], p->age, p->female ? "F" : "M");
  gh_moment_money(out, p->aum_cents);
  gh_buf_fmt(out, ",\"risk\":%u,\"staff\":%s,\"tags\":[\"%s\"%s],\"branch\":\"%s\"}", (unsigned)(p->hash >> 20) % 5 + 1, p->staff ? "true" : "false",
             first_tag(p), p->aum_cents >= 50000000 ? ",\"vip\"" : "", gh_catalog_branches[p->name[2]]);
}
