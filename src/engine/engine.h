/* The daemon's inside.
 *
 * Callbacks only note what happened; the turn of the loop (turn.c) does the work:
 *
 *   answered commit → loaded set → read, decode, take, step → seal and commit → relay to the sink → sleep or turn again
 *
 * Two batches alternate: one is filled while the other is committed, never two commits. Who fills it owns a batch; from begin_commit until
 * the commit has answered, the store's thread reads it and nobody writes it.
 *
 * Phases (gh_engine_move is the only way between them):
 *
 *   PROFILES ──► EVENTS ──► ENDING ──► DRAINING ──► DONE
 *       │           │                     ▲
 *       └───────────┴─────────────────────┘   SIGTERM, a failure, the end of a live source
 *
 * PROFILES reads the bulk load, EVENTS the source, ENDING (by record) steps what the end of input releases, DRAINING commits what is in
 * hand and lets the sink catch up; it releases nothing.
 */
#ifndef GOLDHOUR_ENGINE_ENGINE_H
#define GOLDHOUR_ENGINE_ENGINE_H

#include <uv.h>

#include "clock.h"
#include "feed.h"
#include "goldhour/engine/run.h"
#include "goldhour/sink/sink.h"
#include "goldhour/store/store.h"

enum gh_phase { GH_PROFILES, GH_EVENTS, GH_ENDING, GH_DRAINING, GH_DONE };

/* One batch on its way into one commit. */
struct gh_batch {
  struct gh_update update;            /* its arena also holds what stands below */
  struct gh_commit_dead *dead; unsigned ndead, dead_cap; /* refused by decode; owned array */
  struct gh_commit commit;
  unsigned records, turns;            /* taken; calls of gh_step */
  size_t bytes;                       /* of records and dead letters */
  bool touched;                       /* something was taken: a last commit keeps it */
  bool activated;                     /* a rule set was */
};

struct gh_relay {
  struct gh_store *store;
  struct gh_sink *sink;
  uv_work_t work;
  bool busy, again;                   /* again: commits came in meanwhile */
  struct gh_sink_place place;         /* committed */
  struct gh_buf lines;
  uint64_t last;                      /* number of the last line in `lines` */
  uint64_t handed;                    /* the loop's copy of place.number */
  char error[512];                    /* empty: the last run went well */
  char told[512];                     /* the error told last */
  uint64_t retry_ns;                  /* after an error: not before */
};

struct gh_reload {
  uv_work_t work;
  bool busy, wanted;                  /* wanted: another SIGHUP came meanwhile */
  struct gh_faults faults;
  struct gh_set *loaded;              /* checked, waiting for the place between two commits; owned */
};

struct gh_engine {
  struct gh_run_options options;
  struct gh_set *set;                 /* owned */
  bool live, stored;                  /* stored: the store survives the process */
  enum gh_phase phase;
  int status;                         /* the exit status */
  struct gh_core *core;
  struct gh_store *store;
  struct gh_feed feed;                /* the one being read */
  bool feed_open, source_end;         /* source_end: it said NOTHING when asked last */
  bool due;                           /* gh_step has more */

  struct gh_batch batches[2];
  struct gh_batch *filling;
  struct gh_batch *committing;        /* NULL: no commit in flight */
  bool answer_come;                   /* noted; under answer_lock, as is `answer` */
  bool answer_ok;
  struct gh_store_error answer;
  uv_mutex_t answer_lock;

  struct gh_relay relay;
  struct gh_reload reload;

  struct gh_clock_watch watch;
  int64_t wall_ms;                    /* of this turn */
  uint64_t now_ns;
  uint64_t at_end_ns;                 /* the source was last found at its end; 0: never */
  unsigned seen; int64_t newest_ms;   /* of the first events, for the hint about old ones */
  bool hint_given;
  uint64_t commits;
  uint64_t next_commit_ns;            /* live: not before, unless the batch is full */

  uv_loop_t loop;
  uv_idle_t again;                    /* runs while there is more to do at once */
  uv_timer_t tick, report, interval;
  uv_async_t answered;
  uv_signal_t signals[5];
  uv_poll_t readable; bool polling;
  uv_fs_event_t changed; bool watching;
  bool stop_noted;
  bool broken;                        /* a commit has failed: nothing is committed any more */
};

/* run.c: the loop turns once more, soon. */
void gh_engine_wake(struct gh_engine *e);
void gh_engine_wake_in(struct gh_engine *e, uint64_t at_ns);

/* turn.c: false once the phase is DONE and nothing is under way. */
bool gh_engine_turn(struct gh_engine *e);
void gh_engine_move(struct gh_engine *e, enum gh_phase to);
/* Tells the failure and goes on to DRAINING; `status` is then the exit status. */
void gh_engine_fail(struct gh_engine *e, int status, const char *what, const char *why);
/* Takes an input and steps once; e->due says whether more is due. */
void gh_engine_take(struct gh_engine *e, const struct gh_input *in);

/* feeding.c */
bool gh_engine_open_feed(struct gh_engine *e, unsigned input);
void gh_engine_close_feed(struct gh_engine *e);
/* Reads and takes one record. False: nothing to take now (the source is at its end, or the phase has changed). */
bool gh_engine_read(struct gh_engine *e);

/* batch.c */
void gh_batch_init(struct gh_batch *b);
void gh_batch_free(struct gh_batch *b);
void gh_batch_reset(struct gh_batch *b);
/* Whether something was taken or decided that its clock mark counts for. */
bool gh_batch_begun(const struct gh_batch *b);
/* Whether it holds what must be committed; changes of state alone wait for the next batch that does. */
bool gh_batch_dirty(const struct gh_batch *b);
bool gh_batch_full(const struct gh_batch *b, const struct gh_conf *conf);
void gh_batch_refuse(struct gh_batch *b, const struct gh_feed_item *item, const char *input, int64_t at_ms);
/* Seals the batch's update and lays out its commit. */
void gh_batch_seal(struct gh_batch *b, struct gh_core *core, bool stored, int64_t at_ms);

/* commit.c */
void gh_engine_commit(struct gh_engine *e);
void gh_engine_take_answer(struct gh_engine *e);

/* relay.c */
bool gh_relay_open(struct gh_relay *r, struct gh_store *store, const char *path, char error[512]);
void gh_relay_close(struct gh_relay *r);
/* Starts handing over what is committed, if that is due. */
void gh_relay_kick(struct gh_engine *e);
uint64_t gh_relay_behind(const struct gh_engine *e); /* leads committed and not yet handed over */

/* reload.c */
void gh_reload_begin(struct gh_engine *e);
/* The set takes effect in the core; told where it is another one than before. */
void gh_reload_take(struct gh_engine *e, const struct gh_set *set, int64_t wall_ms);
/* Activates a loaded set; only at the beginning of a batch. */
void gh_reload_activate(struct gh_engine *e);

/* stats.c */
void gh_engine_report(struct gh_engine *e);

#endif
