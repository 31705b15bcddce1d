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
#define EXIT_CONFIG 78

/* ── the store and the core ── */

static bool open_store(struct gh_engine *e)
{
  const struct gh_conf *conf = &e->set->conf;
  struct gh_store_error error;
  e->stored = conf->store == GH_STORE_SQLITE;
  if (!e->stored) {
    e->store = gh_store_open_memory();
    return true;
  }
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  e->store = gh_store_open_sqlite(gh_path_join(&arena, conf->dir, conf->store_path.text).ptr, conf->dead_letter_bytes, &error);
  gh_arena_free(&arena);
  if (!e->store) gh_log(GH_ERR, "the store cannot be opened", "why=\"%s\"", error.text);
  return e->store != NULL;
}

static bool load_row(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes)
{
  static const enum gh_row_kind rows[] = {[GH_STORE_META] = GH_ROW_META, [GH_STORE_DICT] = GH_ROW_DICT, [GH_STORE_BUCKET] = GH_ROW_BUCKET,
      [GH_STORE_LOG] = GH_ROW_LOG};
  return gh_load(ctx, rows[kind], key, bytes);
}

static bool load_core(struct gh_engine *e)
{
  struct gh_store_error error;
  e->core = gh_core_new((struct gh_core_options){.live = e->live, .unstored = !e->stored});
  if (!e->stored) return true;
  bool ok = gh_store_load(e->store, load_row, e->core, &error);
  if (!ok) gh_log(GH_ERR, "the store cannot be loaded", "why=\"%s\"", error.text);
  else if (!gh_load_done(e->core)) ok = false;
  return ok;
}

/* The set takes effect; an equal one changes nothing. */
static bool activate(struct gh_engine *e)
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  bool ok = gh_core_accepts(e->core, e->set->rules, &faults);
  if (!ok) gh_log(GH_ERR, "the store holds state that this schema does not fit", "why=\"%.*s\" hint=\"%.*s\"",
      GH_FMT(faults.first->message), GH_FMT(faults.first->hint));
  gh_faults_free(&faults);
  if (!ok) {
    e->status = EXIT_CONFIG;
    return false;
  }
  gh_reload_take(e, e->set, gh_wall_ms());
  return true;
}

static bool open_relay(struct gh_engine *e)
{
  const struct gh_conf *conf = &e->set->conf;
  char error[512];
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  const char *path = conf->sink == GH_SINK_FILE ? gh_path_join(&arena, conf->dir, conf->sink_path.text).ptr : NULL;
  bool ok = gh_relay_open(&e->relay, e->store, path, error);
  gh_arena_free(&arena);
  if (!ok) gh_log(GH_ERR, "the sink cannot be opened", "why=\"%s\"", error);
  return ok;
}

static void open_first_feed(struct gh_engine *e)
{
  bool begun = gh_core_position(e->core, GH_FEED_EVENTS).record > 0;
  bool loaded = gh_core_position(e->core, GH_FEED_PROFILES).record == GH_PROFILES_DONE;
  bool named = e->set->conf.profiles.text.len > 0;
  if (named && !loaded && begun) {
    gh_log(GH_WARN, "profiles are loaded before the first event alone: these are not; send them as events of type customer",
           "path=\"%.*s\"", GH_FMT(e->set->conf.profiles.text));
  }
  e->phase = named && !loaded && !begun ? GH_PROFILES : GH_EVENTS;
  gh_engine_open_feed(e, e->phase == GH_PROFILES ? GH_FEED_PROFILES : GH_FEED_EVENTS);
}

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

static void on_again(uv_idle_t *idle)
{
  struct gh_engine *e = idle->data;
  uv_idle_stop(idle);
  if (gh_engine_turn(e)) {
    if (e->source_end) wait_for_source(e);
    return;
  }
  mask_signals(SIG_BLOCK); /* one that comes now finds the work done; it must not kill */
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

/* Where neither works the tick looks again. */
static void wait_for_source(struct gh_engine *e)
{
  int fd = e->feed_open ? gh_source_wait_fd(e->feed.source) : -1;
  if (fd >= 0) {
    if (!e->polling) e->polling = uv_poll_init(&e->loop, &e->readable, fd) == 0;
    e->readable.data = e;
    if (e->polling) uv_poll_start(&e->readable, UV_READABLE, on_readable);
  } else if (e->feed_open && e->feed.path && e->live && !e->watching) {
    e->watching = uv_fs_event_start(&e->changed, on_changed, e->feed.path, 0) == 0;
    if (e->watching) gh_engine_wake(e); /* what came before the watch began */
  }
}

static void open_loop(struct gh_engine *e)
{
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
  gh_relay_kick(e); /* the first piece of work starts libuv's threads: they keep the signals blocked, so that only this thread gets them */
  mask_signals(SIG_UNBLOCK);
  gh_engine_wake(e);
}

/* uv_poll makes the descriptor non-blocking, and a terminal's is shared with the shell. */
static void close_loop(struct gh_engine *e, int stdin_flags)
{
  GH_CHECK(uv_loop_close(&e->loop) == 0);
  if (e->polling && stdin_flags >= 0) (void)fcntl(STDIN_FILENO, F_SETFL, stdin_flags);
}

static void tell_start(struct gh_engine *e)
{
  struct gh_core_stats s = gh_core_stats(e->core);
  struct gh_position p = gh_core_position(e->core, GH_FEED_EVENTS);
  typedef unsigned long long u;
  gh_log(GH_INFO, "goldhour runs",
         "config=\"%s\" mode=%s version=%s rules=%u customers=%llu timers=%llu waiting=%llu next_record=%llu pid=%ld",
         e->options.config, e->live ? "live" : "by_record", e->set->version, e->set->rules->nrules, (u)s.customers, (u)s.timers,
         (u)s.waiting_events, (u)(p.record ? p.record : 1), (long)getpid());
}

static void tell_end(struct gh_engine *e)
{
  gh_engine_report(e);
  gh_log(e->status ? GH_ERR : GH_INFO, "goldhour has stopped", "status=%d", e->status);
}

static void run_loop(struct gh_engine *e)
{
  int stdin_flags = fcntl(STDIN_FILENO, F_GETFL);
  tell_start(e);
  open_first_feed(e);
  open_loop(e);
  uv_run(&e->loop, UV_RUN_DEFAULT);
  close_loop(e, stdin_flags);
  tell_end(e);
}

static void free_engine(struct gh_engine *e)
{
  gh_engine_close_feed(e);
  gh_relay_close(&e->relay);
  gh_store_close(e->store);
  gh_core_free(e->core);
  gh_set_free(e->reload.loaded);
  gh_set_free(e->set);
  gh_batch_free(&e->batches[0]);
  gh_batch_free(&e->batches[1]);
  uv_mutex_destroy(&e->answer_lock);
  free(e);
}

static struct gh_engine *new_engine(struct gh_set *set, const struct gh_run_options *options)
{
  struct gh_engine *e = calloc(1, sizeof *e);
  GH_CHECK(e && "out of memory");
  e->options = *options;
  e->set = set;
  e->live = !options->until_end;
  gh_batch_init(&e->batches[0]);
  gh_batch_init(&e->batches[1]);
  e->filling = &e->batches[0];
  GH_CHECK(uv_mutex_init(&e->answer_lock) == 0);
  GH_CHECK(uv_loop_init(&e->loop) == 0);
  e->loop.data = e;
  /* Commits may answer as soon as there is a store: the handle comes first. */
  GH_CHECK(uv_async_init(&e->loop, &e->answered, on_answer) == 0);
  return e;
}

static bool start(struct gh_engine *e)
{
  if (open_store(e) && load_core(e) && activate(e) && open_relay(e)) return true;
  if (e->status == 0) e->status = 1;
  uv_close((uv_handle_t *)&e->answered, NULL);
  uv_run(&e->loop, UV_RUN_DEFAULT);
  close_loop(e, -1);
  return false;
}

int gh_run(struct gh_set *set, const struct gh_run_options *options)
{
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes shows as a failed write */
  struct gh_engine *e = new_engine(set, options);
  if (start(e)) run_loop(e);
  int status = e->status;
  free_engine(e);
  return status;
}
