#include <stdarg.h>
#include <stdio.h>

#include "goldhour/base/check.h"
#include "inside.h"

typedef struct gh_sink *open_fn(const struct gh_sink_options *options, struct gh_sink_error *error);

struct gh_sink *gh_sink_open(const struct gh_sink_options *options, struct gh_sink_error *error)
{
  static open_fn *const open_kind[] = {[GH_SINK_STDOUT] = gh_sink_stdout_open, [GH_SINK_FILE] = gh_sink_file_open, [GH_SINK_REDIS] = gh_sink_stream_open,
      [GH_SINK_KAFKA] = gh_sink_topic_open, [GH_SINK_WEBHOOK] = gh_sink_webhook_open};
  GH_CHECK(options->conf->kind < sizeof open_kind / sizeof *open_kind);
  return open_kind[options->conf->kind](options, error);
}

void gh_sink_close(struct gh_sink *s)
{
  if (s) s->ops->close(s);
}

bool gh_sink_is_server(const struct gh_sink *s) { return s->ops->server; }
bool gh_sink_knows_its_leads(const struct gh_sink *s) { return s->ops->knows_its_leads; }
unsigned gh_sink_page_leads(const struct gh_sink *s) { return s->ops->page_leads; }

bool gh_sink_hold(struct gh_sink *s, unsigned partition, uint64_t last, struct gh_sink_error *error)
{
  return !s->ops->hold || s->ops->hold(s, partition, last, error);
}

bool gh_sink_begin(struct gh_sink *s, unsigned partition, struct gh_sink_mark *mark, struct gh_sink_begun *begun, struct gh_sink_error *error)
{
  *begun = (struct gh_sink_begun){0};
  return !s->ops->begin || s->ops->begin(s, partition, mark, begun, error);
}

enum gh_sink_answer gh_sink_write(struct gh_sink *s, const struct gh_sink_page *page, struct gh_sink_mark *mark, unsigned *taken, struct gh_sink_error *error)
{
  *taken = 0;
  return s->ops->write(s, page, mark, taken, error);
}

void gh_sink_skip(struct gh_sink *s, struct gh_sink_mark *mark, uint64_t number)
{
  if (s->ops->skip) s->ops->skip(s, mark, number);
  mark->number = number;
}

void gh_sink_forget(struct gh_sink *s, unsigned partition)
{
  if (s->ops->forget) s->ops->forget(s, partition);
}

uint64_t gh_sink_breaks(const struct gh_sink *s) { return s->ops->breaks ? s->ops->breaks(s) : GH_SINK_NEVER; }

void gh_sink_cut_off(struct gh_sink *s)
{
  atomic_store(&s->cut, true);
  if (s->ops->cut_off) s->ops->cut_off(s);
}

bool gh_sink_fail(const struct gh_sink *s, struct gh_sink_error *error, const char *format, ...)
{
  int n = snprintf(error->text, sizeof error->text, "sink %.*s: ", GH_FMT(s->conf->name));
  if (n < 0 || (size_t)n >= sizeof error->text) return false;
  va_list args;
  va_start(args, format);
  (void)vsnprintf(error->text + n, sizeof error->text - (size_t)n, format, args);
  va_end(args);
  return false;
}
