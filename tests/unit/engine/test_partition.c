/* The life of a partition, at its loading, which the group may take away meanwhile, and at its end, where the last commit may not be taken. */
#include "../../../src/engine/engine.h"
#include "../../../src/source/group.h"
#include "../../../src/store/ops.h"
#include "small_bank.h"

#include <fcntl.h>

/* A store that answers what the test says. */
struct fake_store { struct gh_store store; bool ours; unsigned loads, commits, given_up; gh_commit_done_fn *done; void *ctx; };

static struct fake_store fake;

static bool fake_load(struct gh_store *s, gh_store_row_fn *row, void *ctx, struct gh_store_error *error)
{
  (void)s, (void)row, (void)ctx, (void)error;
  fake.loads++;
  fake.ours = true;
  return true;
}

static bool fake_still_ours(struct gh_store *s)
{
  (void)s;
  return fake.ours;
}

static bool fake_crashes(struct gh_store *s, uint64_t position, gh_store_crash_fn *crash, void *ctx, struct gh_store_error *error)
{
  (void)s, (void)position, (void)crash, (void)ctx, (void)error;
  return true;
}

static bool fake_sinks_only(struct gh_store *s, const char *const *sinks, unsigned n, struct gh_store_error *error)
{
  (void)s, (void)sinks, (void)n, (void)error;
  return true;
}

static void fake_commit(struct gh_store *s, const struct gh_commit *commit, gh_commit_done_fn *done, void *ctx)
{
  (void)s, (void)commit;
  fake.commits++;
  fake.done = done;
  fake.ctx = ctx;
}

static bool fake_sink_get(struct gh_store *s, const char *sink, struct gh_sink_place *place, struct gh_store_error *error)
{
  (void)s, (void)sink, (void)error;
  *place = (struct gh_sink_place){0};
  return true;
}

static bool fake_sink_put(struct gh_store *s, const char *sink, const struct gh_sink_place *place, struct gh_store_error *error)
{
  (void)s, (void)sink, (void)place, (void)error;
  return true;
}

static uint64_t fake_outbox_last(struct gh_store *s)
{
  (void)s;
  return 0;
}

static void fake_close(struct gh_store *s) { (void)s; }

static void fake_give_up(struct gh_store *s)
{
  (void)s;
  fake.given_up++;
}

static const struct gh_store_ops fake_ops = {.close = fake_close, .load = fake_load, .still_ours = fake_still_ours, .commit = fake_commit, .crashes = fake_crashes,
                                             .sinks_only = fake_sinks_only, .sink_get = fake_sink_get, .sink_put = fake_sink_put, .outbox_last = fake_outbox_last,
                                             .give_up = fake_give_up};

static struct small_bank *bank;
static struct gh_engine *engine;
static struct gh_partition *part;

static int engine_setup(void **state)
{
  assert_int_equal(bank_setup(state), 0);
  bank = *state;
  engine = calloc(1, sizeof *engine);
  engine->active = gh_active_new(bank->set, 0);
  bank->set = NULL;
  engine->stored = true;
  uv_loop_init(&engine->loop);
  uv_idle_init(&engine->loop, &engine->again);
  uv_mutex_init(&engine->answer_lock);
  engine->deaf = true;
  engine->loop.data = engine->again.data = engine;
  fake = (struct fake_store){.ours = false};
  gh_store_begin(&fake.store, &fake_ops);
  part = gh_partition_get(engine, 3);
  part->store = &fake.store;
  return 0;
}

static int engine_teardown(void **state)
{
  gh_partition_free(part);
  free(engine->partitions);
  gh_active_leave(engine->active);
  uv_close((uv_handle_t *)&engine->again, NULL);
  uv_run(&engine->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&engine->loop), 0);
  uv_mutex_destroy(&engine->answer_lock);
  free(engine);
  return bank_teardown(state);
}

/* It rested with its memory, and is ours again; the load has begun. */
static struct gh_core *comes_back(void)
{
  struct gh_core *before = gh_core_new((struct gh_core_options){.live = true});
  part->core = before;
  part->wanted = true;
  gh_partition_load(part);
  return before;
}

static void load_ends(void)
{
  while (part->loading.busy) uv_run(&engine->loop, UV_RUN_ONCE);
  uv_idle_stop(&engine->again);
}

/* Somebody else had it meanwhile: it was loaded, and then not wanted. The old memory must not pass for what was loaded when the partition comes next. */
static void a_load_that_nobody_wants_ends_the_memory_of_before(void **state)
{
  (void)state;
  comes_back();
  part->wanted = false;
  load_ends();
  assert_int_equal(fake.loads, 1);
  assert_int_equal(part->phase, GH_RESTING);
  assert_null(part->core);
}

static void a_warm_memory_that_nobody_wants_stays_warm(void **state)
{
  (void)state;
  fake.ours = true;
  struct gh_core *before = comes_back();
  part->wanted = false;
  load_ends();
  assert_int_equal(fake.loads, 0);
  assert_int_equal(part->phase, GH_RESTING);
  assert_ptr_equal(part->core, before);
}

static void stuck(uv_work_t *work)
{
  uv_sem_t *sem = work->data;
  uv_sem_wait(sem);
}

static unsigned unstuck_workers;

static void unstuck(uv_work_t *work, int status)
{
  (void)work, (void)status;
  unstuck_workers++;
}

/* All workers are busy: the load has not begun when the partition is given back. */
static void a_load_that_has_not_begun_changes_nothing(void **state)
{
  (void)state;
  enum { WORKERS = 4 };
  uv_sem_t sem;
  uv_work_t busy[WORKERS];
  uv_sem_init(&sem, 0);
  unstuck_workers = 0;
  for (unsigned i = 0; i < WORKERS; i++) {
    busy[i].data = &sem;
    uv_queue_work(&engine->loop, &busy[i], stuck, unstuck);
  }
  struct gh_core *before = comes_back();
  part->wanted = false;
  assert_int_equal(uv_cancel((uv_req_t *)&part->loading.work), 0);
  for (unsigned i = 0; i < WORKERS; i++) uv_sem_post(&sem);
  load_ends();
  while (unstuck_workers < WORKERS) uv_run(&engine->loop, UV_RUN_ONCE);
  uv_idle_stop(&engine->again);
  uv_sem_destroy(&sem);
  assert_int_equal(fake.loads, 0);
  assert_ptr_equal(part->core, before);
}

/* A newer set comes with what is loaded. Another partition, which the old one did not fit, does not wait for the next. */
static void a_set_that_comes_with_a_partition_is_tried_by_those_that_stopped(void **state)
{
  (void)state;
  struct gh_partition *other = gh_partition_get(engine, 4);
  other->store = gh_store_ref(part->store);
  other->wanted = true;
  other->phase = GH_HALTED;
  bank_put(bank, "rules.yaml", "rules:\n  - {id: other, on: inflow}\n");
  struct gh_set *newer = gh_set_load(bank_path(bank, "goldhour.yaml").ptr, bank->zones, 0, &bank->faults);
  engine->options.zones = bank->zones;
  gh_partition_turn(other);
  assert_int_equal(other->phase, GH_HALTED);
  part->wanted = true;
  gh_partition_load(part);
  part->loading.rules.number = 5; /* the worker would, if there were stores to ask */
  part->loading.rules.bundle = newer->bundle;
  snprintf(part->loading.rules.version, sizeof part->loading.rules.version, "%s", newer->version);
  load_ends();
  assert_int_equal(engine->active->number, 5);
  gh_partition_turn(other);
  assert_int_equal(other->phase, GH_LOADING);
  other->wanted = false;
  while (other->loading.busy) uv_run(&engine->loop, UV_RUN_ONCE);
  uv_idle_stop(&engine->again);
  gh_partition_free(other);
  gh_set_free(newer);
}

/* Somebody else has stepped it by a set that cannot be used here. By an older one its waits would be dropped: it stops until there is one that can be used. */
static void a_partition_is_not_taken_back_to_an_older_set(void **state)
{
  (void)state;
  engine->options.zones = bank->zones;
  part->wanted = true;
  gh_partition_load(part);
  part->loading.rules.number = 5; /* the worker would, if there were stores to ask */
  part->loading.rules.bundle = GH_STR("what a later release can read");
  snprintf(part->loading.rules.version, sizeof part->loading.rules.version, "later");
  load_ends();
  assert_int_equal(part->phase, GH_HALTED);
  assert_non_null(strstr(part->halted, "rule set"));
}

/* ── running ── */

static enum gh_source_kind bank_source = GH_SOURCE_FILE;

static void file_holds(const char *events)
{
  bank_put(bank, "events.jsonl", events);
  engine->conf = (struct gh_conf){.source = bank_source, .source_path.text = GH_STR("events.jsonl"), .dir = gh_str(bank->dir), .batch_events = 100,
                                  .sink_behind = 1000, .state_bytes = INT64_MAX};
  engine->wall_ms = INT64_C(1772532000000); /* a day after the events */
}

/* Loaded, to read the bank's file. */
static void reads(const char *events)
{
  file_holds(events);
  part->wanted = true;
  gh_partition_load(part);
  load_ends();
  assert_int_equal(part->phase, GH_EVENTS);
}

static const char one[] = "{\"id\":\"e1\",\"type\":\"inflow\",\"time\":\"2026-03-02T10:00:00Z\",\"customer\":\"c1\",\"amount\":5.00}\n";
static const char two[] = "{\"id\":\"e2\",\"type\":\"inflow\",\"time\":\"2026-03-02T10:00:01Z\",\"customer\":\"c2\",\"amount\":5.00}\n";

static void answered(enum gh_commit_answer answer)
{
  const struct gh_store_error error = {"as the test says"};
  fake.done(fake.ctx, answer, answer == GH_COMMIT_DURABLE ? NULL : &error);
  gh_partition_turn(part);
  uv_idle_stop(&engine->again);
}

/* The store does not answer meanwhile: turning for it again and again would take a processor for as long as it is away. */
static void a_new_set_waits_for_the_commit_before_it(void **state)
{
  (void)state;
  struct gh_active *old = engine->active;
  engine->live = true;
  reads(one);
  while (!part->committing) gh_partition_turn(part);
  FILE *f = fopen(bank_path(bank, "events.jsonl").ptr, "a");
  fputs(two, f);
  fclose(f);
  while (!gh_batch_dirty(part->filling)) gh_partition_turn(part);
  bank_put(bank, "rules.yaml", "rules:\n  - {id: other, on: inflow}\n");
  engine->active = gh_active_new(gh_set_load(bank_path(bank, "goldhour.yaml").ptr, bank->zones, 0, &bank->faults), 0);
  gh_active_leave(old);
  assert_false(gh_partition_turn(part));
  answered(GH_COMMIT_DURABLE);
  assert_int_equal(fake.commits, 2);
  assert_ptr_not_equal(part->active, engine->active);
  answered(GH_COMMIT_DURABLE);
  assert_ptr_equal(part->active, engine->active);
  assert_int_equal(fake.commits, 3); /* that it took effect */
  answered(GH_COMMIT_DURABLE);
}

/* ── the end of a source ── */

/* Loaded from a store that others may have too, and at the end of its file, with something in hand; the last commit is on its way. */
static void commits_its_end(void)
{
  reads("");
  engine->stores = (struct gh_stores *)&fake; /* it is not asked */
  while (!part->committing) gh_partition_turn(part);
  assert_int_equal(part->phase, GH_DRAINING);
}

static void at_its_end_a_source_rests(void **state)
{
  (void)state;
  commits_its_end();
  answered(GH_COMMIT_DURABLE);
  assert_int_equal(part->phase, GH_RESTING);
  assert_non_null(part->core);
}

/* Else the last records of a file would be read by nobody, and a run --until-end would wait for ever. */
static void what_another_process_fenced_at_the_end_is_read_again(void **state)
{
  (void)state;
  commits_its_end();
  answered(GH_COMMIT_FENCED);
  assert_int_equal(part->phase, GH_BACKING_OFF);
}

static void what_the_store_lost_at_the_end_is_read_again(void **state)
{
  (void)state;
  commits_its_end();
  answered(GH_COMMIT_REWOUND);
  assert_int_equal(part->phase, GH_BACKING_OFF);
}

/* What came by it would be missing, and nobody would know: who sends it sees the failure, and what is sent twice counts once. */
static void standard_input_is_not_read_on_behind_a_loss(void **state)
{
  (void)state;
  int kept = dup(STDIN_FILENO), empty = open("/dev/null", O_RDONLY);
  dup2(empty, STDIN_FILENO);
  bank_source = GH_SOURCE_STDIN;
  commits_its_end();
  answered(GH_COMMIT_REWOUND);
  assert_int_equal(part->phase, GH_BACKING_OFF);
  assert_true(engine->stopping);
  assert_int_equal(engine->status, 1);
  bank_source = GH_SOURCE_FILE;
  dup2(kept, STDIN_FILENO);
  close(kept);
  close(empty);
}

static void a_last_commit_that_is_refused_ends_the_run(void **state)
{
  (void)state;
  commits_its_end();
  answered(GH_COMMIT_FAILED);
  assert_int_equal(part->phase, GH_HALTED);
  assert_true(engine->stopping);
  assert_int_equal(engine->status, 1);
}

static void given_back_it_rests_whatever_the_store_says(void **state)
{
  (void)state;
  commits_its_end();
  part->wanted = false;
  answered(GH_COMMIT_FENCED);
  assert_int_equal(part->phase, GH_RESTING);
  assert_null(part->core);
}

/* ── the group ── */

static void nobody(void *ctx) { (void)ctx; }

static struct gh_relay *relay;

static void open_a_relay(void)
{
  static const struct gh_sink_conf sink = {.name = GH_STR("file"), .kind = GH_SINK_FILE, .path.text = GH_STR("leads.jsonl")};
  static struct gh_conf conf;
  char error[512];
  conf = (struct gh_conf){.dir = gh_str(bank->dir)};
  relay = gh_relay_open(&(struct gh_relay_options){.conf = &conf, .sink = &sink, .many = true, .woke = nobody}, error);
  assert_non_null(relay);
  engine->relays = &relay;
  engine->nrelays = 1;
}

static bool is_handed_over(void) { return atomic_load(&fake.store.users) > 1; }

static void until_it_is_not_handed_over(void)
{
  enum { PATIENCE_MS = 20000 };
  for (int ms = 0; is_handed_over(); ms++) {
    if (ms > PATIENCE_MS) fail_msg("its leads are still handed over here");
    usleep(1000);
  }
}

/* Until the group speaks again, which may be long where its brokers are away, its leads are somebody else's. */
static void what_is_given_back_is_handed_over_by_others(void **state)
{
  (void)state;
  char error[512];
  open_a_relay();
  struct gh_kafka group = {.fd = -1, .reader = rd_kafka_new(RD_KAFKA_CONSUMER, NULL, error, sizeof error)};
  gh_relay_add(relay, part->number, part->store);
  engine->kafka = &group;
  engine->giving_back = true;
  gh_group_turn(engine);
  assert_false(engine->giving_back);
  until_it_is_not_handed_over();
  gh_relays_close(&relay, 1, 1000);
  rd_kafka_destroy(group.reader);
}

/* It comes back to a set whose schema its state does not fit: it stops, but leads that were committed before have their hour. */
static void a_partition_that_cannot_go_on_hands_over_what_it_has(void **state)
{
  (void)state;
  struct gh_active *old = engine->active;
  reads(one);
  while (!part->committing) gh_partition_turn(part);
  answered(GH_COMMIT_DURABLE);
  assert_int_equal(part->phase, GH_RESTING);
  bank_put(bank, "schema.yaml", "customer: {age: int}\nevents: {inflow: {amount: string}}\n");
  bank_put(bank, "rules.yaml", "rules:\n  - {id: other, on: inflow}\n");
  struct gh_set *other = gh_set_load(bank_path(bank, "goldhour.yaml").ptr, bank->zones, 0, &bank->faults);
  assert_non_null(other);
  engine->active = gh_active_new(other, 0);
  gh_active_leave(old);
  open_a_relay();
  gh_partition_load(part);
  load_ends();
  assert_int_equal(part->phase, GH_HALTED);
  assert_true(is_handed_over());
  gh_relays_close(&relay, 1, 1000);
}

/* ── bounds ── */

static const char three[] =
  "{\"id\":\"e1\",\"type\":\"inflow\",\"time\":\"2026-03-02T10:00:00Z\",\"customer\":\"c1\",\"amount\":5.00}\n"
  "{\"id\":\"e2\",\"type\":\"inflow\",\"time\":\"2026-03-02T10:00:01Z\",\"customer\":\"c2\",\"amount\":5.00}\n"
  "{\"id\":\"e3\",\"type\":\"inflow\",\"time\":\"2026-03-02T10:00:02Z\",\"customer\":\"c3\",\"amount\":5.00}\n";

static void turn(void)
{
  gh_partition_turn(part);
  uv_idle_stop(&engine->again);
}

/* What was taken is committed, nothing more is, and people are told which number to raise. Once it is raised, the partition goes on. */
static void a_state_at_its_bound_stops_and_names_the_number(void **state)
{
  (void)state;
  engine->live = true;
  reads(three);
  engine->stores = (struct gh_stores *)&fake; /* it is not asked */
  engine->conf.batch_events = 1;
  engine->conf.state_bytes = 1;
  turn();
  assert_int_equal(part->feed.records, 1);
  answered(GH_COMMIT_DURABLE);
  assert_int_equal(part->phase, GH_HALTED);
  assert_non_null(strstr(part->halted, "`state_bytes`: raise that number"));
  assert_int_equal(part->feed.records, 1);
  assert_int_equal(fake.commits, 1);
  assert_false(engine->stopping);
  turn();
  assert_int_equal(part->phase, GH_HALTED);
  engine->stores = NULL;
  engine->conf.state_bytes = INT64_MAX;
  engine->generation++;
  turn();
  load_ends();
  assert_int_equal(part->phase, GH_EVENTS);
}

static void with_a_store_of_its_own_a_full_state_ends_the_run(void **state)
{
  (void)state;
  reads(three);
  engine->conf.batch_events = 1;
  engine->conf.state_bytes = 1;
  turn();
  answered(GH_COMMIT_DURABLE);
  assert_int_equal(part->phase, GH_HALTED);
  assert_true(engine->stopping);
  assert_int_equal(engine->status, 1);
}

/* One batch is on its way, the next is full: the third event stays where it is until the first has been answered. */
static void two_batches_are_in_hand_and_no_more(void **state)
{
  (void)state;
  engine->live = true;
  reads(three);
  engine->conf.batch_events = 1;
  for (unsigned i = 0; i < 5; i++) turn();
  assert_int_equal(part->feed.records, 2);
  assert_int_equal(fake.commits, 1);
  answered(GH_COMMIT_DURABLE);
  assert_int_equal(fake.commits, 2);
  turn();
  assert_int_equal(part->feed.records, 3);
  answered(GH_COMMIT_DURABLE);
  answered(GH_COMMIT_DURABLE);
}

static void reading_waits_for_sinks_that_are_far_behind(void **state)
{
  (void)state;
  engine->live = true;
  reads(three);
  engine->relays_draining = 2 * (uint64_t)engine->conf.sink_behind + 1;
  for (unsigned i = 0; i < 3; i++) assert_false(gh_partition_turn(part));
  assert_int_equal(part->feed.records, 0);
  engine->relays_draining--;
  turn();
  assert_int_equal(part->feed.records, 3);
  answered(GH_COMMIT_DURABLE);
}

/* Reads to the end of the file, commits and comes to rest. */
static void comes_to_rest(struct gh_partition *p, uint64_t at_ns)
{
  engine->now_ns = at_ns;
  p->wanted = true;
  gh_partition_load(p);
  while (p->loading.busy) uv_run(&engine->loop, UV_RUN_ONCE);
  engine->now_ns = at_ns;
  while (!p->committing) gh_partition_turn(p);
  fake.done(fake.ctx, GH_COMMIT_DURABLE, NULL);
  gh_partition_turn(p);
  uv_idle_stop(&engine->again);
  p->wanted = false;
  assert_int_equal(p->phase, GH_RESTING);
}

static void what_rests_is_kept_warm_within_its_bound(void **state)
{
  (void)state;
  file_holds(three);
  struct gh_partition *other = gh_partition_get(engine, 4);
  other->store = gh_store_ref(part->store);
  comes_to_rest(part, 2000);
  comes_to_rest(other, 1000);
  uint64_t bytes = gh_core_stats(part->core).memory_bytes;
  assert_true(bytes > 0);
  engine->conf.warm_bytes = (int64_t)(2 * bytes);
  gh_group_bound_warm(engine);
  assert_true(part->core && other->core);
  engine->conf.warm_bytes = (int64_t)(2 * bytes - 1);
  gh_group_bound_warm(engine);
  assert_null(other->core); /* it has rested longest */
  assert_non_null(part->core);
  engine->conf.warm_bytes = 0;
  gh_group_bound_warm(engine);
  assert_null(part->core);
  gh_partition_free(other);
}

/* The group waits for it: what the store does not answer in 5 s is given up, and the memory with it. */
static void given_back_it_waits_for_its_commit_for_five_seconds(void **state)
{
  (void)state;
  char error[512];
  const uint64_t grace_ns = UINT64_C(5000000000);
  struct gh_kafka group = {.fd = -1, .reader = rd_kafka_new(RD_KAFKA_CONSUMER, NULL, error, sizeof error)};
  commits_its_end();
  engine->stores = NULL;
  engine->kafka = &group;
  engine->giving_back = true;
  part->wanted = false;
  engine->now_ns = part->draining_ns + grace_ns;
  gh_group_turn(engine);
  assert_int_equal(fake.given_up, 0);
  engine->now_ns++;
  gh_group_turn(engine);
  assert_int_equal(fake.given_up, 1);
  assert_true(engine->giving_back);
  answered(GH_COMMIT_FENCED);
  gh_group_turn(engine);
  assert_false(engine->giving_back);
  assert_null(part->core);
  rd_kafka_destroy(group.reader);
}

static void when_stopping_it_waits_for_its_commit_for_five_seconds(void **state)
{
  (void)state;
  commits_its_end();
  engine->stores = NULL;
  engine->now_ns = gh_monotonic_ns();
  gh_engine_stop(engine);
  assert_true(gh_engine_turn(engine));
  assert_int_equal(fake.given_up, 0);
  engine->stopping_ns -= UINT64_C(5000000000);
  assert_true(gh_engine_turn(engine));
  assert_int_equal(fake.given_up, 1);
  answered(GH_COMMIT_FENCED);
  assert_int_equal(part->phase, GH_RESTING);
  assert_null(part->core);
}

/* ── a batch ── */

enum { MB = 1 << 20, BATCH_MB = 16 };

static void a_batch_is_full_by_what_came_of_it(void **state)
{
  (void)state;
  const struct gh_conf conf = {.batch_events = 1000};
  struct gh_batch b;
  gh_batch_init(&b);
  assert_false(gh_batch_full(&b, &conf));
  b.records = 1000;
  assert_true(gh_batch_full(&b, &conf));
  gh_batch_reset(&b);
  b.bytes = BATCH_MB * MB; /* of records */
  assert_true(gh_batch_full(&b, &conf));
  gh_batch_reset(&b);
  b.update.nleads = 8192;
  assert_true(gh_batch_full(&b, &conf));
  gh_batch_reset(&b);
  for (unsigned i = 0; i < BATCH_MB; i++) { /* few leads, and great ones */
    assert_false(gh_batch_full(&b, &conf));
    gh_arena_alloc(&b.update.arena, MB);
  }
  assert_true(gh_batch_full(&b, &conf));
  gh_batch_reset(&b);
  assert_null(b.update.arena.first); /* and the memory of a great one is not kept */
  gh_batch_free(&b);
}

/* A message of many rows goes into one commit, and none of them may fit: it is not kept once a row. Each has its place and its reason. */
static void rows_refused_do_not_keep_their_message_without_bound(void **state)
{
  (void)state;
  enum { ROWS = 100 };
  struct gh_batch b;
  struct gh_buf message = {0};
  memset(gh_buf_room(&message, MB), 'x', MB);
  gh_batch_init(&b);
  for (unsigned row = 0; row < ROWS; row++) {
    struct gh_feed_item item = {.in = {.raw = gh_str_n(message.data, MB), .at_offset = 7, .at_record = 8}, .reason = GH_STR("bad_value"), .more = row + 1 < ROWS};
    gh_batch_spare(&b, &item);
    gh_batch_refuse(&b, &item, "events", 0);
  }
  assert_int_equal(b.ndead, ROWS);
  size_t bytes = 0;
  for (unsigned i = 0; i < b.ndead; i++) {
    bytes += b.dead[i].raw.len;
    assert_int_equal(b.dead[i].offset, 7);
    assert_string_equal(b.dead[i].reason.ptr, "bad_value");
  }
  assert_int_equal(bytes, BATCH_MB * MB);
  assert_int_equal(b.dead[0].raw.len, MB);
  assert_null(b.dead[ROWS - 1].raw.ptr);
  assert_true(b.update.arena.used_bytes < (BATCH_MB + 1) * MB);
  gh_batch_free(&b);
  gh_buf_free(&message);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(a_load_that_nobody_wants_ends_the_memory_of_before, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(a_warm_memory_that_nobody_wants_stays_warm, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(a_load_that_has_not_begun_changes_nothing, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(a_set_that_comes_with_a_partition_is_tried_by_those_that_stopped, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(a_partition_is_not_taken_back_to_an_older_set, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(a_new_set_waits_for_the_commit_before_it, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(at_its_end_a_source_rests, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(what_another_process_fenced_at_the_end_is_read_again, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(what_the_store_lost_at_the_end_is_read_again, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(standard_input_is_not_read_on_behind_a_loss, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(a_last_commit_that_is_refused_ends_the_run, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(given_back_it_rests_whatever_the_store_says, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(a_partition_that_cannot_go_on_hands_over_what_it_has, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(what_is_given_back_is_handed_over_by_others, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(a_state_at_its_bound_stops_and_names_the_number, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(with_a_store_of_its_own_a_full_state_ends_the_run, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(two_batches_are_in_hand_and_no_more, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(reading_waits_for_sinks_that_are_far_behind, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(what_rests_is_kept_warm_within_its_bound, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(given_back_it_waits_for_its_commit_for_five_seconds, engine_setup, engine_teardown),
    cmocka_unit_test_setup_teardown(when_stopping_it_waits_for_its_commit_for_five_seconds, engine_setup, engine_teardown),
    cmocka_unit_test(a_batch_is_full_by_what_came_of_it),
    cmocka_unit_test(rows_refused_do_not_keep_their_message_without_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
