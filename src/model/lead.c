#include "goldhour/model/lead.h"

#include "goldhour/base/time.h"

static void put_key(struct gh_buf *out, const char *key)
{
  gh_buf_byte(out, ',');
  gh_json_string(out, gh_str(key));
  gh_buf_byte(out, ':');
}

static void put_string(struct gh_buf *out, const char *key, struct gh_str text)
{
  put_key(out, key);
  gh_json_string(out, text);
}

static void put_optional(struct gh_buf *out, const char *key, struct gh_str text)
{
  if (text.len) put_string(out, key, text);
}

static void put_time(struct gh_buf *out, const char *key, int64_t ms, const struct gh_zone *zone)
{
  char text[GH_TIME_TEXT];
  int64_t seconds = ms / GH_SECOND_MS - (ms % GH_SECOND_MS < 0);
  put_string(out, key, gh_str_n(text, gh_time_format(text, ms, gh_zone_offset(zone, seconds))));
}

static void put_true(struct gh_buf *out, const char *key)
{
  put_key(out, key);
  gh_buf_add_str(out, GH_STR("true"));
}

static void put_channels(struct gh_buf *out, const struct gh_lead *lead)
{
  if (lead->nchannels == 0) return;
  put_key(out, "channels");
  for (unsigned i = 0; i < lead->nchannels; i++) {
    gh_buf_byte(out, i == 0 ? '[' : ',');
    gh_json_string(out, lead->channels[i]);
  }
  gh_buf_byte(out, ']');
}

static void put_times(struct gh_buf *out, const struct gh_lead *lead, const struct gh_zone *zone)
{
  put_time(out, "triggered_at", lead->triggered_ms, zone);
  put_time(out, "golden_deadline", lead->golden_ms, zone);
  if (lead->due_ms != GH_NEVER) put_time(out, "due", lead->due_ms, zone);
  if (lead->due_outside) put_true(out, "due_outside_calendar");
}

void gh_lead_json(struct gh_buf *out, const struct gh_lead *lead, const struct gh_zone *zone)
{
  gh_buf_add_str(out, GH_STR("{\"id\":"));
  gh_json_string(out, gh_str(lead->id));
  put_string(out, "rule", lead->rule);
  put_optional(out, "rule_name", lead->rule_name);
  put_optional(out, "rule_version", lead->rule_version);
  put_string(out, "customer", lead->customer);
  put_string(out, "event", lead->event);
  put_times(out, lead, zone);
  put_string(out, "stage", lead->stage == GH_GOLDEN ? GH_STR("golden") : GH_STR("comparing"));
  put_string(out, "status", GH_STR("offered"));
  if (lead->late) put_true(out, "late");
  put_key(out, "priority");
  gh_buf_fmt(out, "%d", lead->priority);
  put_optional(out, "product", lead->product);
  put_channels(out, lead);
  if (lead->script.ptr) put_string(out, "script", lead->script);
  if (lead->evidence.len) {
    put_key(out, "evidence");
    gh_buf_add_str(out, lead->evidence);
  }
  gh_buf_byte(out, '}');
}
