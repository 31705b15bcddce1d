/* Commits that are named after their numbers, and copies of a partition's keys: a loss is played by putting older ones back. */
#ifndef TESTS_UNIT_STORE_HISTORY_H
#define TESTS_UNIT_STORE_HISTORY_H

#include "server.h"

static inline int begin(void **state)
{
  if (with_server(state) != 0) return -1;
  if (!have_server()) return 0;
  start_server("");
  stores = open_stores();
  return 0;
}

static inline int end(void **state)
{
  gh_stores_close(stores);
  stores = NULL;
  return without_server(state);
}

static inline struct gh_store *loaded(const char *rows)
{
  struct gh_store *s = gh_stores_partition(stores, 7, true);
  assert_rows(s, rows);
  return s;
}

/* Commit `seq`, its log "l<seq>", with one lead that is named after it. */
static inline struct answer commit_number(struct gh_store *s, uint64_t seq)
{
  char log[16], id[16];
  snprintf(log, sizeof log, "l%llu", (unsigned long long)seq);
  snprintf(id, sizeof id, "%c", (char)('a' + (int)((seq - 1) % 26)));
  struct gh_commit_lead lead = {gh_str(id), gh_str(id)};
  struct gh_commit c = {.seq = seq, .meta = GH_STR("m"), .log = gh_str(log), .leads = &lead, .nleads = 1, .position = gh_str(log + 1)};
  return commit(s, &c);
}

static inline void commit_upto(struct gh_store *s, uint64_t from, uint64_t to)
{
  for (uint64_t seq = from; seq <= to; seq++) assert_int_equal(commit_number(s, seq).word, GH_COMMIT_DURABLE);
}

/* ── copies of the keys, as a replica or an older file would have them ── */

static const char *const parts[] = {"meta", "log", "bucket", "outbox", "dead"};

struct copy { struct gh_arena arena; struct gh_str dump[5]; };

static inline struct gh_reply say_words(const struct gh_str *argv, unsigned argc, struct gh_arena *arena)
{
  struct gh_reply reply;
  struct gh_redis_error error;
  struct gh_redis_command c = {.argv = argv, .argc = argc, .within_ms = PATIENCE_MS};
  if (!gh_redis_call(gh_stores_redis(stores), &c, arena, &reply, &error)) fail_msg("%s", error.text);
  return reply;
}

static inline struct copy take_copy(void)
{
  struct copy c;
  gh_arena_init(&c.arena, 0);
  for (unsigned i = 0; i < 5; i++) {
    struct gh_str argv[] = {GH_STR("DUMP"), gh_arena_fmt(&c.arena, "gh:{test:p7}:%s", parts[i])};
    struct gh_reply r = say_words(argv, 2, &c.arena);
    c.dump[i] = r.kind == GH_REPLY_TEXT ? r.text : (struct gh_str){NULL, 0};
  }
  return c;
}

static inline void put_back(struct copy *c)
{
  for (unsigned i = 0; i < 5; i++) {
    struct gh_str key = gh_arena_fmt(&c->arena, "gh:{test:p7}:%s", parts[i]), del[] = {GH_STR("DEL"), key};
    struct gh_str restore[] = {GH_STR("RESTORE"), key, GH_STR("0"), c->dump[i]};
    say_words(del, 2, &c->arena);
    if (c->dump[i].ptr) say_words(restore, 4, &c->arena);
  }
}

static inline void free_copy(struct copy *c) { gh_arena_free(&c->arena); }

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
