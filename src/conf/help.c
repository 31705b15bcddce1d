/* The options as a page for people, from the rows that read them; keys within maps are shown as source.kafka.topics. */
#include <stdio.h>

#include "goldhour/base/buf.h"
#include "goldhour/base/time.h"
#include "options.h"

enum { KEY_MOST = 128 };

static void say_groups(struct gh_buf *out, const char *prefix, const struct gh_option_group *groups);

static void say_bounds(struct gh_buf *out, const struct gh_option *o)
{
  char least[GH_TIME_TEXT], most[GH_TIME_TEXT];
  if (o->kind == GH_OPTION_INT) gh_buf_fmt(out, " [%lld … %lld]", (long long)o->least, (long long)o->most);
  if (o->kind != GH_OPTION_DURATION) return;
  gh_duration_format(least, o->least);
  gh_duration_format(most, o->most);
  gh_buf_fmt(out, " [%s … %s]", least, most);
}

static void say_edges(struct gh_buf *out, const char *key, const struct gh_edge_kind *kinds)
{
  char inner[KEY_MOST];
  for (const struct gh_edge_kind *k = kinds; k->name; k++) {
    snprintf(inner, sizeof inner, "%s.%s.", key, k->name);
    if (k->keys) say_groups(out, inner, k->keys);
  }
}

static void say_option(struct gh_buf *out, const char *prefix, const struct gh_option *o)
{
  char key[KEY_MOST], inner[KEY_MOST];
  snprintf(key, sizeof key, "%s%s", prefix, o->key);
  snprintf(inner, sizeof inner, "%s%s.", prefix, o->key);
  gh_buf_fmt(out, "%s: %s", key, o->required ? "(required)" : o->fallback ? o->fallback : "(none)");
  say_bounds(out, o);
  gh_buf_fmt(out, "\n    %s\n", o->meaning);
  if (o->edges) say_edges(out, key, o->edges);
  if (o->keys) say_groups(out, inner, o->keys);
}

static void say_groups(struct gh_buf *out, const char *prefix, const struct gh_option_group *groups)
{
  for (const struct gh_option_group *g = groups; g->rows; g++) {
    for (size_t i = 0; i < g->nrows && !g->like; i++) say_option(out, prefix, &g->rows[i]);
    if (!g->like) continue;
    for (size_t i = 0; i < g->nrows; i++) gh_buf_fmt(out, "%s%s", i ? ", " : prefix, g->rows[i].key);
    gh_buf_fmt(out, "\n    as %s has them, for a server of its own\n", g->like);
  }
}

void gh_conf_help(struct gh_buf *out)
{
  const struct gh_option_group groups[] = {gh_options, {0}};
  say_groups(out, "", groups);
}
