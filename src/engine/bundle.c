#include "bundle.h"

#include "goldhour/base/time.h"

#define TEXTS_MOST 10000u /* of a bundle; more is no bundle */

struct gh_str gh_bundle_rules_name(struct gh_arena *arena, unsigned n, struct gh_str path)
{
  size_t begin = path.len;
  while (begin > 0 && path.ptr[begin - 1] != '/') begin--;
  struct gh_str name = gh_arena_fmt(arena, "rules/%04u-%.*s", n, (int)(path.len - begin), path.ptr + begin);
  for (size_t i = 0; i < name.len; i++) { /* no glob, no test, no quote to mind */
    if (strchr("*?['\"\\", name.ptr[i])) ((char *)name.ptr)[i] = '_';
  }
  return name;
}

static void put_duration(struct gh_buf *out, const char *key, int64_t ms)
{
  char text[GH_TIME_TEXT];
  gh_duration_format(text, ms);
  gh_buf_fmt(out, "%s: %s\n", key, text);
}

static void put_clock(struct gh_buf *out, int64_t ms)
{
  gh_buf_fmt(out, "'%02lld:%02lld:%02lld'", (long long)(ms / GH_HOUR_MS), (long long)(ms / GH_MINUTE_MS % 60), (long long)(ms / 1000 % 60));
}

static void put_hours(struct gh_buf *out, const struct gh_conf *c)
{
  gh_buf_fmt(out, "business_hours: {open: ");
  put_clock(out, c->open_ms);
  gh_buf_fmt(out, ", close: ");
  put_clock(out, c->close_ms);
  gh_buf_fmt(out, "}\n");
  if (c->cutoff_ms == GH_NEVER) return;
  gh_buf_fmt(out, "cutoff: ");
  put_clock(out, c->cutoff_ms);
  gh_buf_byte(out, '\n');
}

static void put_rules(struct gh_buf *out, const struct gh_buf *bundle)
{
  struct gh_reader r = gh_reader(gh_buf_str(bundle));
  gh_buf_fmt(out, "rules:\n");
  while (!gh_reader_done(&r)) {
    struct gh_str name = gh_read_text(&r);
    (void)gh_read_text(&r);
    if (gh_str_starts(name, GH_STR("rules/"))) gh_buf_fmt(out, "  - '%.*s'\n", GH_FMT(name));
  }
}

void gh_bundle_options(struct gh_buf *bundle, const struct gh_conf *c, bool mapped)
{
  struct gh_buf out = {0};
  gh_buf_fmt(&out, "zone: '%.*s'\ncalendar: " GH_BUNDLE_CALENDAR "\nschema: " GH_BUNDLE_SCHEMA "\n", GH_FMT(c->zone));
  if (mapped) gh_buf_fmt(&out, "mapping: " GH_BUNDLE_MAPPING "\n");
  put_rules(&out, bundle);
  put_hours(&out, c);
  put_duration(&out, "lateness", c->lateness_ms);
  put_duration(&out, "late_limit", c->late_limit_ms);
  put_duration(&out, "idle", c->idle_ms);
  gh_buf_fmt(&out, "reorder_limit: %lld\ncustomer_events: %lld\ncustomer_waits: %lld\ncustomer_ids: %lld\n", (long long)c->reorder_limit,
             (long long)c->customer_events, (long long)c->customer_waits, (long long)c->customer_ids);
  gh_buf_fmt(&out, "record_bytes: %lld\nrecord_depth: %lld\n", (long long)c->record_bytes, (long long)c->record_depth);
  gh_buf_put_text(bundle, GH_STR(GH_BUNDLE_OPTIONS));
  gh_buf_put_text(bundle, gh_buf_str(&out));
  gh_buf_free(&out);
}

const struct gh_str *gh_bundle_unpack(struct gh_str bundle, struct gh_arena *arena, struct gh_textmap *names)
{
  struct gh_reader r = gh_reader(bundle);
  unsigned n = 0;
  gh_textmap_init(names, arena);
  struct gh_str *texts = gh_arena_zero(arena, TEXTS_MOST, sizeof *texts);
  while (!gh_reader_done(&r) && n < TEXTS_MOST) {
    struct gh_str name = gh_read_text(&r);
    texts[n] = gh_read_text(&r);
    if (r.bad || !gh_textmap_add(names, name, n, NULL)) return NULL;
    n++;
  }
  return n > 0 && gh_reader_done(&r) && !r.bad ? texts : NULL;
}
