#include "goldhour/engine/lead_texts.h"

#include "goldhour/base/time.h"

static const char *const names[GH_NLEAD_KEYS] = {
#define X(name, kind) #name,
  GH_LEAD_KEYS(X)
#undef X
};

const char *gh_lead_key_name(enum gh_lead_key key) { return names[key]; }

static struct gh_str time_text(struct gh_arena *arena, int64_t ms, const struct gh_zone *zone)
{
  char text[GH_TIME_TEXT];
  int64_t seconds = ms / GH_SECOND_MS - (ms % GH_SECOND_MS < 0);
  return gh_arena_str(arena, gh_str_n(text, gh_time_format(text, ms, gh_zone_offset(zone, seconds))));
}

static struct gh_str join(struct gh_arena *arena, const struct gh_str *items, unsigned n)
{
  struct gh_buf text = {0};
  for (unsigned i = 0; i < n; i++) gh_buf_fmt(&text, "%s%.*s", i ? ", " : "", GH_FMT(items[i]));
  struct gh_str out = gh_arena_str(arena, gh_buf_str(&text));
  gh_buf_free(&text);
  return out;
}

static struct gh_str flag(bool set) { return set ? GH_STR("true") : GH_STR(""); }

struct gh_lead_texts gh_lead_texts(struct gh_arena *arena, const struct gh_lead *lead, const struct gh_zone *zone)
{
  struct gh_lead_texts t;
  t.key[GH_LEAD_KEY_id] = gh_arena_str(arena, gh_str(lead->id));
  t.key[GH_LEAD_KEY_rule] = gh_arena_str(arena, lead->rule);
  t.key[GH_LEAD_KEY_rule_name] = gh_arena_str(arena, lead->rule_name);
  t.key[GH_LEAD_KEY_customer] = gh_arena_str(arena, lead->customer);
  t.key[GH_LEAD_KEY_event] = gh_arena_str(arena, lead->event);
  t.key[GH_LEAD_KEY_triggered_at] = time_text(arena, lead->triggered_ms, zone);
  t.key[GH_LEAD_KEY_golden_deadline] = time_text(arena, lead->golden_ms, zone);
  t.key[GH_LEAD_KEY_due] = lead->due_ms == GH_NEVER ? GH_STR("") : time_text(arena, lead->due_ms, zone);
  t.key[GH_LEAD_KEY_due_outside_calendar] = flag(lead->due_outside);
  t.key[GH_LEAD_KEY_stage] = lead->stage == GH_GOLDEN ? GH_STR("golden") : GH_STR("comparing");
  t.key[GH_LEAD_KEY_status] = GH_STR("offered");
  t.key[GH_LEAD_KEY_late] = flag(lead->late);
  t.key[GH_LEAD_KEY_priority] = gh_arena_fmt(arena, "%d", lead->priority);
  t.key[GH_LEAD_KEY_product] = gh_arena_str(arena, lead->product);
  t.key[GH_LEAD_KEY_channels] = join(arena, lead->channels, lead->nchannels);
  t.key[GH_LEAD_KEY_script] = gh_arena_str(arena, lead->script);
  return t;
}
