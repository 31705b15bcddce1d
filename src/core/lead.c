/* The lead: its id, its deadlines, its script and what happened. */
#include <openssl/evp.h>

#include "goldhour/base/check.h"
#include "inside.h"

/* The first 128 bits of SHA-256 over (rule id, customer, event id, t), each with its length before it: not over the rule's version. */
static void name_lead(struct gh_core *core, struct gh_lead *lead)
{
  struct gh_buf *text = &core->text;
  gh_buf_clear(text);
  gh_buf_put_text(text, lead->rule);
  gh_buf_put_text(text, lead->customer);
  gh_buf_put_text(text, lead->event);
  gh_buf_put_fixed64(text, (uint64_t)core->t_ms);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  GH_CHECK(EVP_Digest(text->data, text->len, digest, &n, EVP_sha256(), NULL) == 1 && n == 32);
  for (unsigned i = 0; i < 16; i++) {
    lead->id[2 * i] = "0123456789abcdef"[digest[i] >> 4];
    lead->id[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
  }
  lead->id[32] = '\0';
}

/* Close of business of the n-th working day after T; T is the local date of t, the next one at or past the cut-off. */
static void set_due(struct gh_core *core, const struct gh_rule *rule, struct gh_lead *lead)
{
  lead->due_ms = GH_NEVER;
  if (!rule->due_days) return;
  const struct gh_rules *rules = core->rules;
  int64_t day = gh_zone_day(rules->zone, core->t_ms);
  int64_t cutoff_ms = rules->conf->cutoff_ms;
  if (cutoff_ms != GH_NEVER && gh_zone_clock_ms(rules->zone, core->t_ms) >= cutoff_ms) day++;
  lead->due_outside = !rules->calendar || !gh_calendar_add(rules->calendar, day, rule->due_days, &day);
  core->counters.due_outside += lead->due_outside;
  if (!lead->due_outside) lead->due_ms = gh_zone_moment(rules->zone, day, rules->conf->close_ms);
}

static struct gh_value part_value(struct gh_core *core, const struct gh_script_part *part)
{
  const struct gh_value *row = core->frame.rows[part->row];
  return row ? row[part->slot] : gh_core_fetch(core, (unsigned)part->row, part->slot);
}

/* 1234567.89 as 1,234,567.89. */
static void put_yuan(struct gh_buf *out, struct gh_value v)
{
  struct gh_buf plain = {0};
  gh_plain_value(&plain, v, NULL);
  size_t begin = plain.len && plain.data[0] == '-', end = begin;
  while (end < plain.len && plain.data[end] >= '0' && plain.data[end] <= '9') end++;
  for (size_t i = 0; i < plain.len; i++) {
    if (i > begin && i < end && (end - i) % 3 == 0) gh_buf_byte(out, ',');
    gh_buf_byte(out, plain.data[i]);
  }
  gh_buf_free(&plain);
}

static struct gh_str fill_script(struct gh_core *core, const struct gh_rule *rule)
{
  struct gh_buf *text = &core->text;
  gh_buf_clear(text);
  for (unsigned i = 0; i < rule->nscript; i++) {
    const struct gh_script_part *part = &rule->script[i];
    if (part->row < 0) {
      gh_buf_add_str(text, part->text);
      continue;
    }
    struct gh_value v = part_value(core, part);
    bool number = v.kind == GH_INT || v.kind == GH_UINT || v.kind == GH_DECIMAL;
    if (v.kind == GH_ERROR) continue;
    if (part->yuan && number) put_yuan(text, v);
    else gh_plain_value(text, v, core->rules->zone);
  }
  return gh_arena_str(&core->out->arena, gh_buf_str(text));
}

/* What happened: the event's type, time and fields. Of a change of profile type and time alone. */
static struct gh_str tell_event(struct gh_core *core)
{
  const struct gh_event *e = &core->event;
  struct gh_buf *json = &core->text;
  gh_buf_clear(json);
  gh_buf_add_str(json, GH_STR("{\"type\":"));
  gh_json_string(json, e->type->name);
  gh_buf_add_str(json, GH_STR(",\"time\":"));
  gh_json_value(json, gh_timestamp_ms(e->time_ms), core->rules->zone);
  for (unsigned i = 0; e->type->index != GH_CUSTOMER_TYPE && i < e->type->nfields; i++) {
    if (core->event_slots[i].kind == GH_ABSENT) continue;
    gh_buf_byte(json, ',');
    gh_json_string(json, e->type->fields[i].name);
    gh_buf_byte(json, ':');
    gh_json_value(json, core->event_slots[i], core->rules->zone);
  }
  gh_buf_byte(json, '}');
  return gh_arena_str(&core->out->arena, gh_buf_str(json));
}

static void put_lead(struct gh_core *core, const struct gh_lead *lead)
{
  struct gh_update *out = core->out;
  if (out->nleads == out->leads_cap) {
    out->leads_cap = out->leads_cap ? out->leads_cap * 2 : 64;
    out->leads = gh_update_grow(out->leads, out->leads_cap, sizeof *out->leads);
  }
  struct gh_buf *json = &core->text;
  gh_buf_clear(json);
  gh_lead_json(json, lead, core->rules->zone);
  out->leads[out->nleads++] = (struct gh_update_lead){gh_arena_str(&out->arena, gh_str(lead->id)), gh_arena_str(&out->arena, gh_buf_str(json))};
}

void gh_core_offer(struct gh_core *core, const struct gh_rule *rule, enum gh_stage stage)
{
  struct gh_lead lead = {
      .rule = rule->id, .rule_name = rule->name, .rule_version = gh_str(core->rules->version),
      .customer = core->who->key, .event = core->event.id,
      .triggered_ms = core->t_ms, .golden_ms = gh_time_plus(core->t_ms, rule->window_ms),
      .late = core->late, .stage = stage, .priority = rule->priority, .product = rule->product,
      .channels = rule->channels, .nchannels = rule->nchannels,
  };
  name_lead(core, &lead);
  set_due(core, rule, &lead);
  if (rule->nscript) lead.script = fill_script(core, rule);
  lead.evidence = tell_event(core);
  *(stage == GH_GOLDEN ? &core->counters.leads_golden : &core->counters.leads_comparing) += 1;
  put_lead(core, &lead);
  if (!gh_core_asked(core)) return;
  struct gh_trace trace = {.verdict = GH_V_LEAD, .customer = lead.customer, .event = lead.event, .rule = rule, .t_ms = core->t_ms, .lead = &lead};
  core->options.trace(core->options.trace_ctx, &trace);
}
