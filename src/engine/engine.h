/* The daemon's inside: one loop over the partitions that this process owns.
 *
 * Callbacks only note what happened; the turn of the loop (turn.c) does the work:
 *
 *   the group's news → a loaded set → each partition: answered commit → read, decode, take, step → seal and commit → sleep or turn again
 *
 * What blocks has a thread elsewhere: loading a partition and loading a set run on libuv's workers, a commit on the store's thread, a sink on its relay's.
 *
 * A partition has two batches that alternate: one is filled while the other is committed, never two commits. Who fills it owns a batch; from the begin of its
 * commit until that has answered, the store's thread reads it and nobody writes it.
 *
 * Phases of a partition (gh_partition_move is the only way between them):
 *
 *       ┌───────────────────────────────────────────────────────────────┐ given to us again: it goes on warm if the store says it is still ours
 *       ▼                                                               │
 *   LOADING ──► PROFILES ──► EVENTS ──► ENDING ──► DRAINING ──► RESTING ┘
 *     ▲  │         │           │                      ▲
 *     │  ▼         └───────────┴──────────────────────┘   SIGTERM, given back to the group, a failure, the end of a live source
 *   BACKING_OFF ◄── from anywhere before RESTING: fenced, the store has lost commits, loading failed: its memory is dropped; loaded again soon
 *   HALTED      ◄── cannot go on without people (a lost position, a full state, a schema that does not fit): alarmed until it is given back, or a reload
 *   From DRAINING they are entered only where the source has ended: given back or stopping, a partition that cannot commit drops its memory and rests.
 *
 * PROFILES reads the bulk load, EVENTS the source, ENDING (by record) steps what the end of input releases, DRAINING commits what is in hand and releases
 * nothing, RESTING has nothing in hand: it ends with the process, or waits, warm, for the partition's return.
 */
#ifndef GOLDHOUR_ENGINE_ENGINE_H
#define GOLDHOUR_ENGINE_ENGINE_H

#include <uv.h>

#include "clock.h"
#include "feed.h"
#include "goldhour/engine/run.h"
#include "goldhour/source/kafka.h"
#include "goldhour/store/stores.h"
#include "relay.h"

enum gh_phase { GH_LOADING, GH_PROFILES, GH_EVENTS, GH_ENDING, GH_DRAINING, GH_RESTING, GH_BACKING_OFF, GH_HALTED, GH_NPHASES };

/* One batch on its way into one commit. */
struct gh_batch {
  struct gh_update update;            /* its arena also holds what stands below */
  struct gh_commit_dead *dead; unsigned ndead, dead_cap; /* refused by decode; owned array */
  struct gh_commit commit;
  struct gh_position position;        /* of the source, once sealed */
  unsigned records, turns;            /* taken; calls of gh_step */
  size_t bytes;                       /* of records and dead letters */
  bool touched;                       /* something was taken: a last commit keeps it */
  bool activated;                     /* a rule set was */
  bool proving;                       /* it is committed so that what the store has is certain */
};

/* A set that decides, as long as a partition steps by it. */
struct gh_active {
  struct gh_set *set;                 /* owned */
  uint64_t number;                    /* in the shared store; 0: not shared */
  unsigned users;
};

struct gh_engine;

/* What a worker does to make a partition ready; the loop does not touch the partition meanwhile. */
struct gh_loading {
  uv_work_t work;
  bool busy;
  struct gh_core *core;               /* the answer: loaded; owned until taken */
  bool warm;                          /* the memory that was kept goes on */
  bool ok;
  int64_t begin;                      /* where the source begins on a new store; -1: not asked */
  uint64_t *aside; unsigned naside;   /* messages to be set aside; owned until taken */
  struct gh_stores_known known;       /* the set in effect when it began */
  struct gh_stores_rules rules;       /* a newer set, if there is one; in `arena` */
  bool unusable;                      /* here it is */
  struct gh_arena arena;
  char error[512];
};

struct gh_partition {
  struct gh_engine *engine;
  unsigned number;
  enum gh_phase phase;
  bool wanted;                        /* the group gives it to us (always, without a group) */
  struct gh_core *core;               /* NULL: not in memory */
  struct gh_store *store;
  struct gh_active *active;           /* the set it steps by; NULL with the core */
  struct gh_feed feed;                /* the one being read */
  bool feed_open, source_end;         /* source_end: it said NOTHING when asked last */
  bool due;                           /* gh_step has more */
  const struct gh_feed_item *taking;  /* the item at hand, while it is taken */

  struct gh_batch batches[2];
  struct gh_batch *filling;
  struct gh_batch *committing;        /* NULL: no commit in flight */
  bool answer_come;                   /* noted; under the engine's answer_lock, as are the next two */
  enum gh_commit_answer answer;
  struct gh_store_error answer_error;
  bool broken;                        /* a commit has failed: nothing is committed any more */
  bool prove;                         /* the store has been away: a commit is due, whatever is in it */

  struct gh_loading loading;
  uint64_t *aside; unsigned naside;   /* owned */
  unsigned seen; int64_t newest_ms;   /* of the first events, for the hint about old ones */
  bool hint_given;
  uint64_t next_commit_ns;            /* live: not before, unless the batch is full */
  uint64_t retry_ns;                  /* BACKING_OFF: not before */
  uint64_t progress_ns;               /* the last time that something was committed, or there was nothing to do */
  uint64_t alarm_ns;                  /* the last alarm */
  uint64_t bare_told;                 /* of gh_store_bare_records */
  uint64_t draining_ns;               /* since when */
  char halted[512];                   /* why, while HALTED or BACKING_OFF */
  unsigned generation;                /* the engine's when it was halted */
};

/* One job at a time: files are loaded (SIGHUP), a loaded set is made the active one of the shared store, or that one is asked for a newer set. */
enum gh_reload_job { GH_RELOAD_FILES, GH_RELOAD_PUBLISH, GH_RELOAD_LOOK };

struct gh_reload {
  uv_work_t work;
  enum gh_reload_job job;
  bool busy, wanted;                  /* wanted: another SIGHUP came meanwhile */
  struct gh_faults faults;
  struct gh_set *loaded;              /* checked, waiting to take effect or to be published; owned */
  struct gh_stores_known known;       /* in the shared store: the set in effect when the job began */
  uint64_t number;                    /* of the loaded one */
  struct gh_stores_known offered, refused; /* the shared store's: given by the look; which cannot be used here, told again at `refused_ns` */
  uint64_t refused_ns;
  uint64_t look_ns;                   /* the shared store is asked for a newer set, not before */
  char error[512];                    /* of the job; empty: it went well */
};

struct gh_engine {
  struct gh_run_options options;
  struct gh_conf conf;                /* of this process: its edges and bounds; borrows from `files` */
  struct gh_active *files;            /* as loaded from files at start */
  struct gh_active *active;           /* what partitions go over to */
  unsigned generation;                /* how often a loaded set took effect: those that halted try again */
  bool live, stored;                  /* stored: the store survives the process */
  bool stopping;
  int status;                         /* the exit status */

  struct gh_stores *stores;           /* Redis; NULL: one partition with a store of its own */
  struct gh_stores_identity identity;
  struct gh_kafka *kafka;             /* NULL: file or stdin */
  uint64_t breaks, prove_ns;          /* of the store's client, as looked at last; when next */
  bool giving_back;                   /* the group waits for gh_kafka_gave_back */
  struct gh_partition **partitions; unsigned npartitions; /* by number, NULL where never ours; owned */
  struct gh_relay **relays; unsigned nrelays;
  uint64_t relays_behind;             /* leads that the slowest sink is behind, as of this turn */
  uint64_t relays_draining;           /* of those that answer: reading waits for them */
  char (*relay_told)[512];            /* the error told last, of each relay */
  bool relays_hurried; uint64_t stopping_ns;
  int crash_fd;                       /* -1: no marks are kept */

  uv_mutex_t answer_lock;
  bool deaf;                          /* the loop has ended; under answer_lock */
  struct gh_reload reload;
  struct gh_clock_watch watch;
  int64_t wall_ms;                    /* of this turn */
  uint64_t now_ns;
  uint64_t commits;

  uv_loop_t loop;
  uv_idle_t again;                    /* runs while there is more to do at once */
  uv_timer_t tick, report, interval;
  uv_async_t answered;
  uv_signal_t signals[5];
  uv_work_t first_work;
  uv_poll_t readable; bool polling;
  uv_fs_event_t changed; bool watching;
  bool stop_noted;
};

/* run.c: the loop turns once more, soon. */
void gh_engine_wake(struct gh_engine *e);
void gh_engine_call(struct gh_engine *e); /* the same, from any thread */
void gh_engine_wake_in(struct gh_engine *e, uint64_t at_ns);

/* open.c: what stands behind the loop: stores, group, relays. False with e->status set, told. */
bool gh_engine_open(struct gh_engine *e);
void gh_engine_close(struct gh_engine *e);
/* Names the sinks in a partition's store, once it is ours: their places are kept, those of others forgotten. */
bool gh_engine_name_sinks(struct gh_engine *e, struct gh_store *store, struct gh_store_error *error);

/* turn.c: false once nothing is left to do. */
bool gh_engine_turn(struct gh_engine *e);
/* Tells the failure; the process stops with `status`, each partition after what it has in hand. */
void gh_engine_fail(struct gh_engine *e, int status, const char *what, const char *why);
void gh_engine_stop(struct gh_engine *e);

/* group.c: what the consumer group has to say. */
void gh_group_turn(struct gh_engine *e);
/* Partitions that rest are kept within `warm_bytes`. */
void gh_group_bound_warm(struct gh_engine *e);

/* partition.c: the life of a partition. */
struct gh_partition *gh_partition_get(struct gh_engine *e, unsigned number); /* made if need be */
void gh_partition_free(struct gh_partition *p);
void gh_partition_move(struct gh_partition *p, enum gh_phase to);
void gh_partition_load(struct gh_partition *p);
/* Drops its memory and what it reads from. Not while a commit is in flight. */
void gh_partition_drop(struct gh_partition *p);
void gh_partition_back_off(struct gh_partition *p, const char *why);
void gh_partition_halt(struct gh_partition *p, const char *why);
/* Whether it is done with once it is drained: else it drains because its source has ended, and what could not be committed is to be read again. */
static inline bool gh_partition_leaves(const struct gh_partition *p) { return !p->wanted || p->engine->stopping; }
/* Whether it steps and commits. */
static inline bool gh_partition_runs(const struct gh_partition *p) { return p->phase >= GH_PROFILES && p->phase <= GH_DRAINING; }

/* filling.c: one turn of a partition that runs: true, if there is more to do at once. */
bool gh_partition_turn(struct gh_partition *p);
/* Takes an input and steps once; p->due says whether more is due. */
void gh_partition_take(struct gh_partition *p, const struct gh_input *in);

/* feeding.c */
bool gh_partition_open_feed(struct gh_partition *p, unsigned input);
void gh_partition_close_feed(struct gh_partition *p);
void gh_partition_open_first_feed(struct gh_partition *p);
/* Reads and takes one record. False: nothing to take now (the source is at its end, or the phase has changed). */
bool gh_partition_read(struct gh_partition *p);

/* batch.c */
void gh_batch_init(struct gh_batch *b);
void gh_batch_free(struct gh_batch *b);
void gh_batch_reset(struct gh_batch *b);
/* Whether something was taken or decided that its clock mark counts for. */
bool gh_batch_begun(const struct gh_batch *b);
/* Whether it holds what must be committed; changes of state alone wait for the next batch that does. */
bool gh_batch_dirty(const struct gh_batch *b);
bool gh_batch_full(const struct gh_batch *b, const struct gh_conf *conf);
/* Whether the bounds of bytes or leads are reached: nothing more is to come of what is due, until it is committed. */
bool gh_batch_laden(const struct gh_batch *b);
/* The rows of a message go into one commit, and each may be refused, with the message: beyond the bound of bytes an item is left its place alone. */
void gh_batch_spare(const struct gh_batch *b, struct gh_feed_item *item);
void gh_batch_refuse(struct gh_batch *b, const struct gh_feed_item *item, const char *input, int64_t at_ms);
/* What the core has refused joins what decode refused; with the key and headers of the message at hand, where it is that one. `item` may be NULL. */
void gh_batch_refused(struct gh_batch *b, const struct gh_feed_item *item, int64_t at_ms);
/* Seals the batch's update and lays out its commit. */
void gh_batch_seal(struct gh_batch *b, struct gh_core *core, bool stored);

/* commit.c */
void gh_partition_commit(struct gh_partition *p);
void gh_partition_take_answer(struct gh_partition *p);

/* active.c: sets in effect. */
struct gh_active *gh_active_new(struct gh_set *set, uint64_t number); /* takes the set; one user */
struct gh_active *gh_active_use(struct gh_active *a);
void gh_active_leave(struct gh_active *a);
struct gh_stores_known gh_active_known(const struct gh_active *a);
/* The partition goes over to the engine's set, at the beginning of a batch. False: it does not fit its state; told. */
bool gh_partition_activate(struct gh_partition *p);

/* reload.c */
void gh_reload_begin(struct gh_engine *e); /* SIGHUP */
/* Looks for a newer set in the shared store now and then, and lets a loaded one take effect. */
void gh_reload_turn(struct gh_engine *e);
void gh_reload_tell(const struct gh_faults *faults); /* each of them, to the log */

/* shared_set.c. Whether every partition of the installation could go over to the set, whoever owns it. False: with faults, or with an error where the store cannot
 * be asked. It blocks. */
bool gh_shared_fits(struct gh_engine *e, const struct gh_set *set, struct gh_faults *faults, struct gh_store_error *error);
/* Settles at start which set decides: the files', or the shared store's. False: told, perhaps with e->status set. */
bool gh_reload_first(struct gh_engine *e);

/* proof.c: a store that was away may have lost commits, also where nothing new is to be committed. */
void gh_proof_turn(struct gh_engine *e);

/* alarm.c: partitions that make no progress. */
void gh_alarm_turn(struct gh_engine *e);

/* crash.c: which message was being handled when the process died by a fault of its own. */
bool gh_crash_open(struct gh_engine *e);  /* brings what the last process marked into the store; then keeps marks of this one */
void gh_crash_doing(const struct gh_partition *p, uint64_t offset);
void gh_crash_stepping(const struct gh_partition *p); /* no message is at hand */
void gh_crash_done(void);
/* In builds for tests: dies of a record that holds the word in the environment's GOLDHOUR_DIE_ON. */
#ifdef GH_FAULTS
void gh_crash_test(struct gh_str record);
#else
static inline void gh_crash_test(struct gh_str record) { (void)record; }
#endif

/* starting.c: between the two, TERM and INT end the process at once, exit 0. They are blocked in all threads. */
struct gh_starting { uv_thread_t thread; int signals, over; };
void gh_starting_begin(struct gh_starting *s);
void gh_starting_end(struct gh_starting *s);

/* stats.c */
void gh_engine_report(struct gh_engine *e);

#endif
