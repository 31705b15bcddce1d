/* Runs the Lua function: as a Redis Function, loaded on every master; where Functions are not allowed, as a script by its hash; where that cannot be loaded
 * either, as a script's text each time. What was not found (a server restarted, a replica became the master) is loaded again and asked again. */
#include <stdarg.h>
#include <stdio.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "redis_store.h"

#define LIBRARY "goldhour_v2" /* another text has another number: daemons of two releases run side by side */

bool gh_stores_fail(struct gh_store_error *error, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(error->text, sizeof error->text, format, args);
  va_end(args);
  return false;
}

/* ── the text ── */

static void make_texts(struct gh_stores *s)
{
  struct gh_str body = {NULL, 0};
  GH_CHECK(gh_shipped_file("redis/goldhour.lua", &body));
  gh_buf_clear(&s->library);
  gh_buf_clear(&s->script);
  gh_buf_add_str(&s->library, GH_STR("#!lua name=" LIBRARY "\n"));
  gh_buf_add_str(&s->library, body);
  gh_buf_add_str(&s->library, GH_STR("\nredis.register_function('" LIBRARY "', run)\n"));
  gh_buf_add_str(&s->script, GH_STR("#!lua\n"));
  gh_buf_add_str(&s->script, body);
  gh_buf_add_str(&s->script, GH_STR("\nreturn run(KEYS, ARGV)\n"));
}

struct install { struct gh_stores *s; enum { DONE, DENIED, FAILED } end; struct gh_store_error *error; };

static bool contains(struct gh_str text, const char *word)
{
  size_t n = strlen(word);
  for (size_t i = 0; i + n <= text.len; i++) {
    if (memcmp(text.ptr + i, word, n) == 0) return true;
  }
  return false;
}

static bool is_denied(struct gh_str why)
{
  return gh_str_starts(why, GH_STR("NOPERM")) || contains(why, "unknown command") || contains(why, "unknown subcommand") || contains(why, "disabled");
}

static bool take_install(void *ctx, struct gh_str node, const struct gh_reply *reply)
{
  struct install *i = ctx;
  if (reply->kind == GH_REPLY_TEXT) {
    snprintf(i->s->sha, sizeof i->s->sha, "%.*s", GH_FMT(reply->text)); /* of SCRIPT LOAD; the name of the library otherwise */
    return true;
  }
  i->end = is_denied(reply->text) ? DENIED : FAILED;
  gh_stores_fail(i->error, "store: Redis %.*s does not take the functions: %.*s", GH_FMT(node), GH_FMT(reply->text));
  return false;
}

static bool install_by(struct install *i, const struct gh_str *argv, unsigned argc, int64_t within_ms)
{
  struct gh_redis_error why;
  struct gh_redis_command c = {.argv = argv, .argc = argc, .again = true, .within_ms = within_ms};
  i->end = DONE;
  if (gh_redis_masters(i->s->redis, &c, take_install, i, &why)) return true;
  return gh_stores_fail(i->error, "store: the functions cannot be loaded: %s", why.text);
}

bool gh_stores_install(struct gh_stores *s, int64_t within_ms, struct gh_store_error *error)
{
  make_texts(s);
  struct install i = {.s = s, .error = error};
  struct gh_str library[] = {GH_STR("FUNCTION"), GH_STR("LOAD"), GH_STR("REPLACE"), gh_buf_str(&s->library)};
  if (!install_by(&i, library, 4, within_ms)) return false;
  s->mode = GH_RUN_FCALL;
  if (i.end == DONE) return true;
  if (i.end == FAILED) return false;
  struct gh_str script[] = {GH_STR("SCRIPT"), GH_STR("LOAD"), gh_buf_str(&s->script)};
  if (!install_by(&i, script, 3, within_ms)) return false;
  s->mode = i.end == DONE ? GH_RUN_EVALSHA : GH_RUN_EVAL;
  return i.end != FAILED;
}

/* ── a call ── */

const struct gh_str *gh_run_words(struct gh_stores *s, const struct gh_run *run, struct gh_arena *arena, unsigned *argc)
{
  int mode = s->mode;
  struct gh_str *words = gh_arena_alloc(arena, (3 + run->nkeys + run->nargs) * sizeof *words);
  words[0] = mode == GH_RUN_FCALL ? GH_STR("FCALL") : mode == GH_RUN_EVALSHA ? GH_STR("EVALSHA") : GH_STR("EVAL");
  words[1] = mode == GH_RUN_FCALL ? GH_STR(LIBRARY) : mode == GH_RUN_EVALSHA ? gh_str(s->sha) : gh_buf_str(&s->script);
  words[2] = gh_arena_fmt(arena, "%u", run->nkeys);
  memcpy(words + 3, run->keys, run->nkeys * sizeof *words);
  memcpy(words + 3 + run->nkeys, run->args, run->nargs * sizeof *words);
  *argc = 3 + run->nkeys + run->nargs;
  return words;
}

bool gh_run_missing(struct gh_stores *s, struct gh_str why)
{
  int mode = s->mode;
  return (mode == GH_RUN_FCALL && contains(why, "Function not found")) || (mode == GH_RUN_EVALSHA && gh_str_starts(why, GH_STR("NOSCRIPT")));
}

const struct gh_str *gh_run_load_words(struct gh_stores *s, struct gh_str words[4], unsigned *argc)
{
  bool function = s->mode == GH_RUN_FCALL;
  words[0] = function ? GH_STR("FUNCTION") : GH_STR("SCRIPT");
  words[1] = GH_STR("LOAD");
  words[2] = function ? GH_STR("REPLACE") : gh_buf_str(&s->script);
  words[3] = gh_buf_str(&s->library);
  *argc = function ? 4 : 3;
  return words;
}

/* 0: the configured time-out. */
static int64_t patience(const struct gh_stores *s)
{
  uint64_t now = gh_monotonic_ns(), until = s->patient_until_ns;
  int64_t left_ms = now < until ? (int64_t)((until - now) / 1000000) : 0;
  return left_ms > s->timeout_ms ? left_ms : 0;
}

static bool call(struct gh_stores *s, const struct gh_redis_command *c, struct gh_arena *arena, struct gh_reply *reply, struct gh_str *why)
{
  struct gh_redis_error error;
  reply->kind = GH_REPLY_NIL;
  if (gh_redis_call(s->redis, c, arena, reply, &error)) return true;
  *why = gh_arena_str(arena, gh_str(error.text));
  return false;
}

bool gh_stores_run(struct gh_stores *s, const struct gh_run *run, struct gh_arena *arena, struct gh_reply *reply, struct gh_store_error *error)
{
  struct gh_str why = {NULL, 0}, load[4];
  for (unsigned tries = 0; tries < 3; tries++) {
    struct gh_redis_command c = {.key = run->keys[0], .again = true, .within_ms = patience(s)};
    c.argv = gh_run_words(s, run, arena, &c.argc);
    if (call(s, &c, arena, reply, &why)) {
      if (reply->kind == GH_REPLY_LIST && reply->n > 0) return true;
      return gh_stores_fail(error, "an answer that is none of ours");
    }
    if (reply->kind != GH_REPLY_ERROR || !gh_run_missing(s, why)) break;
    c.argv = gh_run_load_words(s, load, &c.argc);
    if (!call(s, &c, arena, reply, &why)) break;
  }
  return gh_stores_fail(error, "%.*s", GH_FMT(why));
}

bool gh_stores_ask(struct gh_stores *s, const struct gh_ask *ask, struct gh_arena *arena, struct gh_reply *reply, struct gh_store_error *error)
{
  struct gh_str why;
  struct gh_redis_command c = {.argv = ask->argv, .argc = ask->argc, .key = ask->argv[1], .again = true, .within_ms = ask->within_ms ? ask->within_ms : patience(s)};
  if (call(s, &c, arena, reply, &why)) return true;
  return gh_stores_fail(error, "%.*s", GH_FMT(why));
}
