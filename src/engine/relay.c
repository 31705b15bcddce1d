/* From the committed outbox to the sink, on a worker: begin (rotation?) → write behind the mark → make durable → commit the place → next
 * page.
 *
 * A failure leaves leads in the outbox and is tried again every second; it holds up neither events nor commits. Only the place decides
 * what is written next, so a crash between writing and committing the place writes the same lines again at the same place (see sink.h). */
#include <stdio.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

#define RETRY_NS UINT64_C(1000000000)

static bool put_place(struct gh_relay *r)
{
  struct gh_store_error error;
  if (gh_store_sink_put(r->store, gh_sink_name(r->sink), &r->place, &error)) return true;
  snprintf(r->error, sizeof r->error, "%s", error.text);
  return false;
}

static bool begin(struct gh_relay *r)
{
  struct gh_sink_error error;
  struct gh_sink_mark mark = {.bytes = r->place.bytes};
  memcpy(mark.file, r->place.file, sizeof mark.file);
  bool changed;
  uint64_t lines, last = gh_store_outbox_last(r->store);
  if (!gh_sink_begin(r->sink, &mark, &changed, &lines, &error)) {
    snprintf(r->error, sizeof r->error, "%s", error.text);
    return false;
  }
  if (!changed) return true;
  if (lines > last - r->place.number) lines = last - r->place.number;
  r->place.number += lines;
  r->place.bytes = mark.bytes;
  memcpy(r->place.file, mark.file, sizeof mark.file);
  return put_place(r);
}

static void add_line(void *ctx, uint64_t number, struct gh_str json)
{
  struct gh_relay *r = ctx;
  gh_buf_add_str(&r->lines, json);
  gh_buf_byte(&r->lines, '\n');
  r->last = number;
}

static bool hand_over_page(struct gh_relay *r, bool *more)
{
  struct gh_store_error store_error;
  struct gh_sink_error sink_error;
  gh_buf_clear(&r->lines);
  if (!gh_store_outbox(r->store, r->place.number, add_line, r, &store_error)) {
    snprintf(r->error, sizeof r->error, "%s", store_error.text);
    return false;
  }
  *more = r->lines.len > 0;
  if (!*more) return true;
  struct gh_sink_mark mark = {.bytes = r->place.bytes};
  if (!gh_sink_write(r->sink, &mark, gh_buf_str(&r->lines), &sink_error)) {
    snprintf(r->error, sizeof r->error, "%s", sink_error.text);
    return false;
  }
  r->place.number = r->last;
  r->place.bytes = mark.bytes;
  return put_place(r);
}

/* On a worker. */
static void hand_over(uv_work_t *work)
{
  struct gh_relay *r = work->data;
  bool more = true;
  r->error[0] = '\0';
  if (!begin(r)) return;
  while (more && hand_over_page(r, &more)) {}
}

static void tell(struct gh_relay *r)
{
  if (strcmp(r->error, r->told) == 0) return;
  if (r->error[0]) gh_log(GH_ERR, "leads cannot be handed over; they wait in the store, tried again every second", "why=\"%s\"", r->error);
  else gh_log(GH_INFO, "leads are handed over again", "sink=%s", gh_sink_name(r->sink));
  memcpy(r->told, r->error, sizeof r->told);
}

static void done(uv_work_t *work, int status)
{
  struct gh_engine *e = (struct gh_engine *)work->loop->data;
  struct gh_relay *r = &e->relay;
  (void)status;
  r->busy = false;
  r->handed = r->place.number;
  r->again = r->again || r->error[0];
  if (r->error[0]) r->retry_ns = gh_monotonic_ns() + RETRY_NS;
  /* Who read standard output is gone and will not come back; a file may be mended. */
  bool gone = r->error[0] && strcmp(gh_sink_name(r->sink), "stdout") == 0;
  if (gone && e->phase < GH_DRAINING) gh_engine_move(e, GH_DRAINING);
  else if (!gone) tell(r);
  gh_engine_wake(e);
}

bool gh_relay_open(struct gh_relay *r, struct gh_store *store, const char *path, char error[512])
{
  struct gh_store_error store_error;
  r->store = store;
  r->sink = gh_sink_new(path);
  const char *name = gh_sink_name(r->sink);
  if (!gh_store_sink_only(store, name, &store_error) || !gh_store_sink_get(store, name, &r->place, &store_error)) {
    snprintf(error, 512, "%s", store_error.text);
    return false;
  }
  r->again = true;
  bool ok = begin(r);
  r->handed = r->place.number;
  if (ok) return true;
  snprintf(error, 512, "%s", r->error);
  return false;
}

void gh_relay_close(struct gh_relay *r)
{
  gh_sink_free(r->sink);
  gh_buf_free(&r->lines);
}

uint64_t gh_relay_behind(const struct gh_engine *e)
{
  return gh_store_outbox_last(e->store) - e->relay.handed;
}

void gh_relay_kick(struct gh_engine *e)
{
  struct gh_relay *r = &e->relay;
  if (r->busy || !r->again || (r->error[0] && e->now_ns < r->retry_ns)) return;
  r->busy = true;
  r->again = false;
  r->work.data = r;
  (void)uv_queue_work(&e->loop, &r->work, hand_over, done);
}
