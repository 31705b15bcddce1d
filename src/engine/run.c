/* Start, loop and end of the daemon. What callbacks do here is to note; the work is in turn.c. */
#include "goldhour/engine/run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

#define TICK_MS 40u /* under half of the least `idle`: an idle source is confirmed in time */
#define REPORT_MS 10000u

/* ── callbacks: they note ── */

static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

static void mask_signals(int how)
{
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaddset(&set, signals[i]);
  (void)pthread_sigmask(how, &set, NULL);
}

void gh_run_hold_signals(void) { mask_signals(SIG_BLOCK); }

static void wait_for_source(struct gh_engine *e);

static void close_handle(uv_handle_t *handle, void *arg)
{
  (void)arg;
  if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

/* From any thread. The handle is closed before the threads that call this have ended. */
void gh_engine_call(struct gh_engine *e)
{
  uv_mutex_lock(&e->answer_lock);
  if (!e->deaf) uv_async_send(&e->answered);
  uv_mutex_unlock(&e->answer_lock);
}

static void deafen(struct gh_engine *e)
{
  uv_mutex_lock(&e->answer_lock);
  e->deaf = true;
  uv_mutex_unlock(&e->answer_lock);
}

static void on_again(uv_idle_t *idle)
{
  struct gh_engine *e = idle->data;
  uv_idle_stop(idle);
  if (gh_engine_turn(e)) {
    if (!e->stopping) wait_for_source(e); /* else what comes is not taken, and would wake the loop again and again */
    return;
  }
  mask_signals(SIG_BLOCK); /* one that comes now finds the work done; it must not kill */
  deafen(e);
  uv_walk(&e->loop, close_handle, NULL);
}

void gh_engine_wake(struct gh_engine *e)
{
  if (!uv_is_closing((uv_handle_t *)&e->again)) uv_idle_start(&e->again, on_again);
}

static void on_tick(uv_timer_t *timer) { gh_engine_wake(timer->data); }

void gh_engine_wake_in(struct gh_engine *e, uint64_t at_ns)
{
  uint64_t ms = at_ns > e->now_ns ? (at_ns - e->now_ns + 999999) / 1000000 : 0;
  uv_update_time(&e->loop);
  if (!uv_is_closing((uv_handle_t *)&e->interval)) uv_timer_start(&e->interval, on_tick, ms, 0);
}

static void on_report(uv_timer_t *timer) { gh_engine_report(timer->data); }
static void on_answer(uv_async_t *async) { gh_engine_wake(async->data); }

static void on_readable(uv_poll_t *poll, int status, int events)
{
  (void)status, (void)events;
  uv_poll_stop(poll);
  gh_engine_wake(poll->data);
}

static void on_changed(uv_fs_event_t *watch, const char *name, int events, int status)
{
  struct gh_engine *e = watch->data;
  (void)name;
  if (status < 0 || events & UV_RENAME) { /* watched anew under its name at the next end */
    uv_fs_event_stop(watch);
    e->watching = false;
  }
  gh_engine_wake(e);
}

static void on_signal(uv_signal_t *signal, int number)
{
  struct gh_engine *e = signal->data;
  if (number == SIGUSR1) gh_engine_report(e);
  else if (number == SIGHUP) gh_reload_begin(e);
  else e->stop_noted = true;
  gh_engine_wake(e);
}

/* ── the loop ── */

static void watch(struct gh_engine *e, int fd)
{
  if (!e->polling) e->polling = uv_poll_init(&e->loop, &e->readable, fd) == 0;
  e->readable.data = e;
  if (e->polling) uv_poll_start(&e->readable, UV_READABLE, on_readable);
}

/* Where neither works the tick looks again. */
static void wait_for_source(struct gh_engine *e)
{
  if (e->kafka) {
    watch(e, gh_kafka_fd(e->kafka));
    return;
  }
  const struct gh_partition *p = e->partitions[0];
  if (!p->feed_open || !p->source_end) return;
  int fd = gh_source_wait_fd(p->feed.source);
  if (fd >= 0) {
    watch(e, fd);
  } else if (p->feed.path && e->live && !e->watching) {
    e->watching = uv_fs_event_start(&e->changed, on_changed, p->feed.path, 0) == 0;
    if (e->watching) gh_engine_wake(e); /* what came before the watch began */
  }
}

static void no_work(uv_work_t *work) { (void)work; }

/* libuv's workers begin with the first piece of work, and with the signals of whoever gave it: now, while they are blocked, so that the loop's thread alone
 * gets any. Else a second TERM, once the loop has ended, would still kill. */
static void start_workers(struct gh_engine *e)
{
  GH_CHECK(uv_queue_work(&e->loop, &e->first_work, no_work, NULL) == 0);
}

static void open_loop(struct gh_engine *e)
{
  start_workers(e);
  e->again.data = e->interval.data = e->tick.data = e->report.data = e->answered.data = e->changed.data = e;
  uv_idle_init(&e->loop, &e->again);
  uv_timer_init(&e->loop, &e->tick);
  uv_timer_init(&e->loop, &e->report);
  uv_timer_init(&e->loop, &e->interval);
  uv_fs_event_init(&e->loop, &e->changed);
  uv_timer_start(&e->tick, on_tick, TICK_MS, TICK_MS);
  uv_timer_start(&e->report, on_report, REPORT_MS, REPORT_MS);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    uv_signal_init(&e->loop, &e->signals[i]);
    e->signals[i].data = e;
    uv_signal_start(&e->signals[i], on_signal, signals[i]);
  }
}

/* uv_poll makes the descriptor non-blocking, and a terminal's is shared with the shell. */
static void close_loop(struct gh_engine *e, int stdin_flags)
{
  GH_CHECK(uv_loop_close(&e->loop) == 0);
  if (e->polling && stdin_flags >= 0) (void)fcntl(STDIN_FILENO, F_SETFL, stdin_flags);
}

static void tell_start(struct gh_engine *e)
{
  gh_log(GH_INFO, "goldhour runs", "config=\"%s\" mode=%s version=%s rules=%u pid=%ld%s%s", e->options.config, e->live ? "live" : "by_record",
         e->active->set->version, e->active->set->rules->nrules, (long)getpid(), e->kafka ? " member=" : "", e->kafka ? gh_kafka_member(e->kafka) : "");
}

static void run_loop(struct gh_engine *e)
{
  int stdin_flags = fcntl(STDIN_FILENO, F_GETFL);
  tell_start(e);
  mask_signals(SIG_UNBLOCK);
  gh_engine_wake(e);
  uv_run(&e->loop, UV_RUN_DEFAULT);
  close_loop(e, stdin_flags);
  gh_engine_report(e);
  gh_log(e->status ? GH_ERR : GH_INFO, "goldhour has stopped", "status=%d", e->status);
}

static void free_engine(struct gh_engine *e)
{
  gh_engine_close(e);
  gh_set_free(e->reload.loaded);
  gh_active_leave(e->active);
  gh_active_leave(e->files);
  uv_mutex_destroy(&e->answer_lock);
  free(e);
}

static struct gh_engine *new_engine(struct gh_set *set, const struct gh_run_options *options)
{
  struct gh_engine *e = calloc(1, sizeof *e);
  GH_CHECK(e && "out of memory");
  e->options = *options;
  e->conf = set->conf;
  e->active = gh_active_new(set, 0);
  e->files = gh_active_use(e->active);
  e->live = !options->until_end;
  GH_CHECK(uv_mutex_init(&e->answer_lock) == 0);
  GH_CHECK(uv_loop_init(&e->loop) == 0);
  e->loop.data = e;
  /* Commits may answer as soon as there is a store: the handle comes first. */
  GH_CHECK(uv_async_init(&e->loop, &e->answered, on_answer) == 0);
  open_loop(e);
  return e;
}

static void give_up(struct gh_engine *e)
{
  if (e->status == 0) e->status = 1;
  deafen(e);
  uv_walk(&e->loop, close_handle, NULL);
  uv_run(&e->loop, UV_RUN_DEFAULT);
  close_loop(e, -1);
}

int gh_run(struct gh_set *set, const struct gh_run_options *options)
{
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes shows as a failed write */
  struct gh_engine *e = new_engine(set, options);
  struct gh_starting starting;
  gh_starting_begin(&starting);
  bool open = gh_engine_open(e);
  gh_starting_end(&starting);
  if (open) run_loop(e);
  else give_up(e);
  int status = e->status;
  free_engine(e);
  return status;
}
