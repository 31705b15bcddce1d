#include "moment.h"

#include <inttypes.h>

#include "catalog.h"
#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "random.h"

static const char *const type_names[] = {
  [MOMENT_LOGIN] = "login", [MOMENT_PAYROLL] = "payroll_credit", [MOMENT_INFLOW] = "transfer_in", [MOMENT_OUTFLOW] = "transfer_out",
  [MOMENT_PURCHASE] = "card_purchase", [MOMENT_ARTICLE] = "article_read", [MOMENT_SHARED] = "article_shared", [MOMENT_VIEWED] = "product_viewed",
  [MOMENT_BOUGHT] = "product_bought", [MOMENT_REDEEMED] = "fund_redemption", [MOMENT_STEP] = "flow_step", [MOMENT_PREPAID] = "loan_prepayment",
  [MOMENT_PROFILE] = "customer",
};

void gh_moment_time(struct gh_buf *out, int64_t ms)
{
  char text[GH_TIME_TEXT];
  gh_buf_fmt(out, "\"%.*s\"", (int)gh_time_format(text, ms, SIM_OFFSET_S), text);
}

void gh_moment_money(struct gh_buf *out, int64_t cents)
{
  gh_buf_fmt(out, "%" PRId64 ".%02d", cents / 100, (int)(cents % 100));
}

static void add_amount(const struct moment *m, struct gh_buf *out)
{
  gh_buf_fmt(out, ",\"amount\":");
  gh_moment_money(out, m->cents);
}

static void add_product(const struct moment *m, struct gh_buf *out)
{
  const struct product *p = &gh_catalog_products[m->a];
  gh_buf_fmt(out, ",\"product\":\"%s\",\"kind\":\"%s\"", p->code, p->kind);
}

static void add_maturity(const struct moment *m, struct gh_buf *out)
{
  unsigned term_days = gh_catalog_products[m->a].term_days;
  if (term_days == 0) return;
  char text[GH_TIME_TEXT];
  gh_date_format(text, (m->time_ms + SIM_OFFSET_MS) / GH_DAY_MS + term_days);
  gh_buf_fmt(out, ",\"matures_on\":\"%s\"", text);
}

static void add_step(const struct moment *m, struct gh_buf *out)
{
  const struct flow_plan *flow = &gh_catalog_flows[m->a];
  gh_buf_fmt(out, ",\"flow_id\":\"F%09" PRId64 "\",\"flow\":\"%s\",\"step\":\"%s\"", m->cents, flow->name, flow->steps[m->b]);
}

static void add_money_fields(const struct moment *m, struct gh_buf *out)
{
  add_amount(m, out);
  switch (m->kind) {
  case MOMENT_PAYROLL: gh_buf_fmt(out, ",\"employer\":\"第%u%s公司\"", m->a + 1u, gh_catalog_industries[m->a % 8]); return;
  case MOMENT_INFLOW: gh_buf_fmt(out, ",\"from_bank\":\"%s\"", gh_catalog_banks[m->a]); return;
  case MOMENT_OUTFLOW: gh_buf_fmt(out, ",\"to_bank\":\"%s\"", gh_catalog_banks[m->a]); return;
  case MOMENT_PURCHASE:
    gh_buf_fmt(out, ",\"merchant\":\"%s\",\"category\":\"%s\"", gh_catalog_merchants[m->a].name, gh_catalog_merchants[m->a].category);
    return;
  case MOMENT_BOUGHT: add_product(m, out); add_maturity(m, out); return;
  case MOMENT_REDEEMED: add_product(m, out); return;
  case MOMENT_PREPAID: return;
  default: GH_IMPOSSIBLE();
  }
}

static void add_fields(const struct moment *m, struct gh_buf *out)
{
  switch (m->kind) {
  case MOMENT_LOGIN: gh_buf_fmt(out, ",\"channel\":\"%s\"", gh_catalog_channels[m->a]); return;
  case MOMENT_ARTICLE: gh_buf_fmt(out, ",\"topic\":\"%s\",\"seconds\":%u", gh_catalog_topics[m->a], m->b); return;
  case MOMENT_SHARED: gh_buf_fmt(out, ",\"topic\":\"%s\"", gh_catalog_topics[m->a]); return;
  case MOMENT_VIEWED: add_product(m, out); gh_buf_fmt(out, ",\"seconds\":%u", m->b); return;
  case MOMENT_STEP: add_step(m, out); return;
  case MOMENT_PROFILE:
    gh_buf_fmt(out, ",\"aum\":");
    gh_moment_money(out, m->cents);
    return;
  default: add_money_fields(m, out);
  }
}

/* What a core-banking record carries besides; the schema does not name these. */
static void add_wide(const struct moment *m, struct gh_buf *out)
{
  uint64_t v[4];
  struct random r = random_of(m->id, m->customer);
  for (int i = 0; i < 4; i++) v[i] = random_next(&r);
  gh_buf_fmt(out, ",\"account\":\"62220%014" PRIu64 "\",\"currency\":\"CNY\",\"balance\":%" PRIu64 ".%02" PRIu64, v[0] % UINT64_C(100000000000000), v[1] % 2000000, v[2] % 100);
  gh_buf_fmt(out, ",\"branch_code\":\"3100%04" PRIu64 "\",\"device\":\"%016" PRIx64 "\",\"trace\":\"%016" PRIx64 "%08x\",\"ok\":true", v[2] % 10000, v[3],
             v[0] ^ v[3], (unsigned)(v[1] >> 32));
}

void gh_moment_json(const struct moment *m, bool wide, struct gh_buf *out)
{
  gh_buf_fmt(out, "{\"id\":\"E%09" PRIu64 "\",\"type\":\"%s\",\"customer\":\"C%07u\",\"time\":", m->id, type_names[m->kind], m->customer + 1);
  gh_moment_time(out, m->time_ms);
  add_fields(m, out);
  if (wide) add_wide(m, out);
  gh_buf_byte(out, '}');
}
