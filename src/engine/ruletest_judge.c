/* What was expected beside what came. Each expected lead is paired with the one that differs least among those of its rule, customer and event. */
#include "goldhour/base/time.h"
#include "ruletest.h"

struct judge {
  const struct gh_ruletest *test;
  const struct gh_ruletest_log *log;
  struct gh_buf *report;
  bool *used;  /* one a lead that came */
  int *owner;  /* the expectation that a lead is exactly as expected for; -1: none */
  bool *tried; /* while looking for owners */
};

static struct gh_str shown(struct gh_str text) { return text.len ? text : GH_STR("nothing"); }

static bool asked_and_other(const struct gh_lead_texts *want, const struct gh_lead_texts *got, enum gh_lead_key key)
{
  return want->key[key].ptr && !gh_str_eq(want->key[key], got->key[key]);
}

static unsigned differences(const struct gh_lead_texts *want, const struct gh_lead_texts *got)
{
  unsigned n = 0;
  for (unsigned i = 0; i < GH_NLEAD_KEYS; i++) n += asked_and_other(want, got, (enum gh_lead_key)i);
  return n;
}

/* A lead of another rule, customer or event is another lead, not the same one with faults. */
static bool same_lead(const struct gh_lead_texts *want, const struct gh_lead_texts *got)
{
  return !asked_and_other(want, got, GH_LEAD_KEY_rule) && !asked_and_other(want, got, GH_LEAD_KEY_customer) && !asked_and_other(want, got, GH_LEAD_KEY_event);
}

/* In the scope of the test: of its rule, if it names one. */
static bool in_scope(const struct judge *j, const struct gh_lead_texts *got)
{
  return !j->test->rule.len || gh_str_eq(j->test->rule, got->key[GH_LEAD_KEY_rule]);
}

static int nearest(const struct judge *j, const struct gh_lead_texts *want)
{
  int best = -1;
  unsigned least = GH_NLEAD_KEYS + 1;
  for (unsigned i = 0; i < j->log->nleads; i++) {
    const struct gh_lead_texts *got = &j->log->leads[i];
    if (j->used[i] || !same_lead(want, got)) continue;
    unsigned n = differences(want, got);
    if (n >= least) continue;
    least = n;
    best = (int)i;
  }
  return best;
}

static void say_lead(const struct judge *j, const struct gh_lead_texts *lead)
{
  gh_buf_fmt(j->report, "%.*s for %.*s, by event %.*s", GH_FMT(lead->key[GH_LEAD_KEY_rule]), GH_FMT(lead->key[GH_LEAD_KEY_customer]), GH_FMT(lead->key[GH_LEAD_KEY_event]));
}

static void say_wanted(const struct judge *j, const struct gh_lead_texts *want)
{
  const char *before = "";
  for (unsigned i = 0; i < GH_NLEAD_KEYS; i++) {
    if (!want->key[i].ptr) continue;
    gh_buf_fmt(j->report, "%s%s: %.*s", before, gh_lead_key_name((enum gh_lead_key)i), GH_FMT(shown(want->key[i])));
    before = ", ";
  }
}

static bool fits(struct gh_str asked, struct gh_str got) { return !asked.len || gh_str_eq(asked, got); }

static bool concerns(const struct gh_ruletest_trace *t, struct gh_str rule, struct gh_str customer, struct gh_str event)
{
  bool of_rule = !t->rule || fits(rule, t->rule->id);
  return of_rule && fits(customer, t->customer) && fits(event, t->event);
}

static void say_trace(const struct judge *j, const struct gh_ruletest_trace *t)
{
  char text[GH_TIME_TEXT];
  int64_t seconds = t->t_ms / GH_SECOND_MS - (t->t_ms % GH_SECOND_MS < 0);
  gh_time_format(text, t->t_ms, gh_zone_offset(j->log->set->zone, seconds));
  gh_buf_fmt(j->report, "      %s  %.*s  %s", text, GH_FMT(t->event), gh_verdict_name(t->verdict));
  if (t->rule) gh_buf_fmt(j->report, "  %.*s", GH_FMT(t->rule->id));
  gh_buf_fmt(j->report, ": %s\n", gh_verdict_phrase(t->verdict));
  for (struct gh_str rest = t->detail; rest.len;) {
    const char *newline = memchr(rest.ptr, '\n', rest.len);
    size_t n = newline ? (size_t)(newline - rest.ptr) : rest.len;
    gh_buf_fmt(j->report, "          %.*s\n", (int)n, rest.ptr);
    rest = gh_str_n(rest.ptr + n + (newline != NULL), rest.len - n - (newline != NULL));
  }
}

/* What the core said about it; that an event was taken says little. */
static void say_happened(const struct judge *j, struct gh_str rule, struct gh_str customer, struct gh_str event)
{
  unsigned n = 0;
  for (unsigned i = 0; i < j->log->ntraces; i++) {
    const struct gh_ruletest_trace *t = &j->log->traces[i];
    if (t->verdict == GH_V_TAKEN || !concerns(t, rule, customer, event)) continue;
    if (n++ == 0) gh_buf_fmt(j->report, "    what happened:\n");
    say_trace(j, t);
  }
  if (n == 0) gh_buf_fmt(j->report, "    no event of the test concerns it, or its moment did not come\n");
}

/* Finds a lead that is exactly as expectation `e` has it; a lead that has an owner already goes to `e` if that owner finds another (augmenting
 * paths: as many expectations as possible are met). */
static bool settle(struct judge *j, unsigned e)
{
  for (unsigned i = 0; i < j->log->nleads; i++) {
    if (j->tried[i] || differences(&j->test->leads[e].want, &j->log->leads[i]) > 0) continue;
    j->tried[i] = true;
    if (j->owner[i] >= 0 && !settle(j, (unsigned)j->owner[i])) continue;
    j->owner[i] = (int)e;
    j->used[i] = true;
    return true;
  }
  return false;
}

static void judge_lead(struct judge *j, const struct gh_ruletest_lead *lead)
{
  const struct gh_lead_texts *want = &lead->want;
  int i = nearest(j, want);
  if (i < 0) {
    gh_buf_fmt(j->report, "line %u: this lead did not come: ", lead->at.line);
    say_wanted(j, want);
    gh_buf_byte(j->report, '\n');
    say_happened(j, want->key[GH_LEAD_KEY_rule], want->key[GH_LEAD_KEY_customer], want->key[GH_LEAD_KEY_event]);
    return;
  }
  const struct gh_lead_texts *got = &j->log->leads[i];
  j->used[i] = true;
  gh_buf_fmt(j->report, "line %u: the lead of ", lead->at.line);
  say_lead(j, got);
  gh_buf_fmt(j->report, " differs\n");
  for (unsigned k = 0; k < GH_NLEAD_KEYS; k++) {
    if (!asked_and_other(want, got, (enum gh_lead_key)k)) continue;
    gh_buf_fmt(j->report, "    %-16s expected  %.*s\n    %-16s got       %.*s\n", gh_lead_key_name((enum gh_lead_key)k), GH_FMT(shown(want->key[k])), "", GH_FMT(shown(got->key[k])));
  }
}

static void judge_rest(struct judge *j)
{
  for (unsigned i = 0; i < j->log->nleads; i++) {
    if (j->used[i] || !in_scope(j, &j->log->leads[i])) continue;
    gh_buf_fmt(j->report, "a lead that was not expected: ");
    say_lead(j, &j->log->leads[i]);
    gh_buf_fmt(j->report, ", triggered at %.*s\n", GH_FMT(j->log->leads[i].key[GH_LEAD_KEY_triggered_at]));
  }
}

static const struct gh_lead_texts *denied_lead(const struct judge *j, const struct gh_ruletest_denial *d)
{
  for (unsigned i = 0; i < j->log->nleads; i++) {
    const struct gh_str *key = j->log->leads[i].key;
    if (fits(d->rule, key[GH_LEAD_KEY_rule]) && fits(d->customer, key[GH_LEAD_KEY_customer]) && fits(d->event, key[GH_LEAD_KEY_event])) return &j->log->leads[i];
  }
  return NULL;
}

static bool reason_given(const struct judge *j, const struct gh_ruletest_denial *d)
{
  for (unsigned i = 0; i < j->log->ntraces; i++) {
    const struct gh_ruletest_trace *t = &j->log->traces[i];
    bool same = gh_str_eq(d->reason, gh_str(gh_verdict_name(t->verdict)));
    /* a cancelled wait is named by the event that began it as well as by the one that ended it */
    bool began = t->verdict == GH_V_WAIT_CANCELLED && concerns(t, d->rule, d->customer, GH_STR("")) && fits(d->event, t->detail);
    if (same && (began || concerns(t, d->rule, d->customer, d->event))) return true;
  }
  return false;
}

static void judge_denial(struct judge *j, const struct gh_ruletest_denial *d)
{
  const struct gh_lead_texts *lead = denied_lead(j, d);
  if (lead) {
    gh_buf_fmt(j->report, "line %u: there must be no such lead, but there is: ", d->at.line);
    say_lead(j, lead);
    gh_buf_fmt(j->report, ", triggered at %.*s\n", GH_FMT(lead->key[GH_LEAD_KEY_triggered_at]));
    return;
  }
  if (!d->reason.len || reason_given(j, d)) return;
  gh_buf_fmt(j->report, "line %u: there is no such lead, but not because of `%.*s`\n", d->at.line, GH_FMT(d->reason));
  say_happened(j, d->rule, d->customer, d->event);
}

/* Exact leads first, so that none is taken for another with faults. `settled`: one an expectation. */
static void settle_all(struct judge *j, bool *settled)
{
  unsigned nleads = j->log->nleads;
  for (unsigned i = 0; i < nleads; i++) j->owner[i] = -1;
  for (unsigned e = 0; e < j->test->nleads; e++) {
    memset(j->tried, 0, nleads * sizeof *j->tried);
    settled[e] = settle(j, e);
  }
}

void gh_ruletest_judge(const struct gh_ruletest *test, const struct gh_ruletest_log *log, struct gh_buf *report)
{
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  struct judge j = {.test = test, .log = log, .report = report};
  j.used = gh_arena_zero(&arena, log->nleads, sizeof *j.used);
  j.owner = gh_arena_zero(&arena, log->nleads, sizeof *j.owner);
  j.tried = gh_arena_zero(&arena, log->nleads, sizeof *j.tried);
  bool *settled = gh_arena_zero(&arena, test->nleads, sizeof *settled);
  settle_all(&j, settled);
  for (unsigned i = 0; i < test->nleads; i++)
    if (!settled[i]) judge_lead(&j, &test->leads[i]);
  if (test->complete) judge_rest(&j);
  for (unsigned i = 0; i < test->ndenials; i++) judge_denial(&j, &test->denials[i]);
  gh_arena_free(&arena);
}
