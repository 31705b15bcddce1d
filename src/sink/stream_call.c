#include "stream_call.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "goldhour/base/buf.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "sign.h"

#define LIBRARY "goldhour_sink_v4" /* another text has another number */
#define LOOK_NS 100000000L /* how soon being cut off is noticed */
#define ARGS 4096u         /* of a command, at most */

static const char *const names[] = {[GH_STREAM_HOLD] = "hold", [GH_STREAM_ADD] = "add", [GH_STREAM_APPLY] = "apply", [GH_STREAM_RIGHTS] = "rights"}; /* local functions of the text */

/* ── one command, waited for ── */

/* Shared by who waits and the client's callback: whoever comes last frees it. */
struct call {
  pthread_mutex_t lock;
  pthread_cond_t done;
  bool come, left, ok;
  struct gh_stream_answer answer;
};

static struct call *new_call(void)
{
  struct call *k = calloc(1, sizeof *k);
  pthread_condattr_t attr;
  GH_CHECK(k && pthread_mutex_init(&k->lock, NULL) == 0 && pthread_condattr_init(&attr) == 0);
  GH_CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&k->done, &attr) == 0);
  pthread_condattr_destroy(&attr);
  return k;
}

static void free_call(struct call *k)
{
  pthread_mutex_destroy(&k->lock);
  pthread_cond_destroy(&k->done);
  free(k);
}

static void copy_reply(struct call *k, const struct gh_reply *reply, const struct gh_redis_error *error)
{
  k->ok = reply && reply->kind == GH_REPLY_LIST && reply->n == 2 && reply->items[0].kind == GH_REPLY_TEXT && reply->items[1].kind == GH_REPLY_INTEGER;
  if (k->ok) {
    snprintf(k->answer.word, sizeof k->answer.word, "%.*s", GH_FMT(reply->items[0].text));
    k->answer.number = reply->items[1].integer;
  } else if (reply && reply->kind == GH_REPLY_ERROR) {
    snprintf(k->answer.error, sizeof k->answer.error, "%.*s", GH_FMT(reply->text));
  } else {
    snprintf(k->answer.error, sizeof k->answer.error, "%s", error ? error->text : "the server's answer is not understood");
  }
}

/* On the client's thread. */
static void on_done(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  struct call *k = ctx;
  (void)unsent;
  pthread_mutex_lock(&k->lock);
  bool left = k->left;
  copy_reply(k, reply, error);
  k->come = true;
  pthread_cond_signal(&k->done);
  pthread_mutex_unlock(&k->lock);
  if (left) free_call(k);
}

static void wait_a_little(struct call *k)
{
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_nsec += LOOK_NS;
  at.tv_sec += at.tv_nsec / 1000000000;
  at.tv_nsec %= 1000000000;
  (void)pthread_cond_timedwait(&k->done, &k->lock, &at);
}

/* A command with its first key at argv[3]. All of ours may be sent again: a page that is there is not added twice. */
static struct call *start(struct gh_stream_caller *c, const struct gh_str *argv, unsigned argc)
{
  struct call *k = new_call();
  gh_redis_send(c->redis, &(struct gh_redis_command){.argv = argv, .argc = argc, .key = argv[3], .again = true}, on_done, k);
  return k;
}

static bool await(struct gh_stream_caller *c, struct call *k, struct gh_stream_answer *answer)
{
  pthread_mutex_lock(&k->lock);
  while (!k->come && !atomic_load(c->cut)) wait_a_little(k);
  bool come = k->come, ok = come && k->ok;
  k->left = true;
  if (come) *answer = k->answer;
  else snprintf(answer->error, sizeof answer->error, "cut off");
  pthread_mutex_unlock(&k->lock);
  if (come) free_call(k);
  return ok;
}

static bool send_and_wait(struct gh_stream_caller *c, const struct gh_str *argv, unsigned argc, struct gh_stream_answer *answer)
{
  return await(c, start(c, argv, argc), answer);
}

/* ── the library, and the scripts ── */

static void add_text(struct gh_buf *out)
{
  struct gh_str text;
  GH_CHECK(gh_shipped_file("redis/sink.lua", &text));
  gh_buf_add_str(out, text);
}

static bool note_load(void *ctx, struct gh_str node, const struct gh_reply *reply)
{
  bool *loaded = ctx;
  char text[256];
  (void)node;
  snprintf(text, sizeof text, "%.*s", GH_FMT(reply->text));
  if (reply->kind == GH_REPLY_ERROR && !strstr(text, "already exists")) *loaded = false;
  return true;
}

/* False: the server does not let us, or cannot. */
static bool load_library(struct gh_stream_caller *c)
{
  struct gh_buf text = {0};
  gh_buf_add_str(&text, GH_STR("#!lua name=" LIBRARY "\n"));
  add_text(&text);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) gh_buf_fmt(&text, "redis.register_function('%s_%s', %s)\n", LIBRARY, names[i], names[i]);
  struct gh_str argv[] = {GH_STR("FUNCTION"), GH_STR("LOAD"), gh_buf_str(&text)};
  struct gh_redis_error error;
  bool loaded = true;
  bool asked = gh_redis_masters(c->redis, &(struct gh_redis_command){.argv = argv, .argc = 3, .again = true}, note_load, &loaded, &error);
  gh_buf_free(&text);
  return asked && loaded;
}

static void sha1_of(struct gh_str text, char hex[41])
{
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned n = 0;
  GH_CHECK(EVP_Digest(text.ptr, text.len, digest, &n, EVP_sha1(), NULL) == 1 && n == 20);
  gh_hex(digest, n, hex);
}

/* argv, argc: as of FCALL. */
static bool call_script(struct gh_stream_caller *c, enum gh_stream_function f, struct gh_str *argv, unsigned argc, struct gh_stream_answer *answer)
{
  struct gh_buf text = {0};
  char sha[41];
  gh_buf_add_str(&text, GH_STR("#!lua\n"));
  add_text(&text);
  gh_buf_fmt(&text, "return %s(KEYS, ARGV)\n", names[f]);
  sha1_of(gh_buf_str(&text), sha);
  argv[0] = GH_STR("EVALSHA");
  argv[1] = gh_str(sha);
  bool ok = send_and_wait(c, argv, argc, answer);
  if (!ok && strncmp(answer->error, "NOSCRIPT", 8) == 0) {
    argv[0] = GH_STR("EVAL");
    argv[1] = gh_buf_str(&text);
    ok = send_and_wait(c, argv, argc, answer);
  }
  gh_buf_free(&text);
  return ok;
}

static bool is_unknown(const char *error) { return strstr(error, "Function not found") || strstr(error, "unknown command"); }
static bool is_forbidden(const char *error) { return strncmp(error, "NOPERM", 6) == 0; }

/* The words of a call as FCALL; `name` is where its function's name is kept. */
static unsigned words_of(const struct gh_stream_request *q, struct gh_str argv[ARGS], char name[64])
{
  unsigned argc = 0;
  GH_CHECK(q->nargs + 6 <= ARGS);
  snprintf(name, 64, "%s_%s", LIBRARY, names[q->function]);
  argv[argc++] = GH_STR("FCALL");
  argv[argc++] = gh_str(name);
  argv[argc++] = GH_STR("3");
  for (unsigned i = 0; i < 3; i++) argv[argc++] = q->keys[i];
  for (unsigned i = 0; i < q->nargs; i++) argv[argc++] = q->args[i];
  return argc;
}

/* Where scripts are forbidden too, it is the function's refusal that says what is missing; unless it may be called and not loaded. */
static bool call_script_instead(struct gh_stream_caller *c, enum gh_stream_function f, struct gh_str *argv, unsigned argc, struct gh_stream_answer *answer)
{
  struct gh_stream_answer by_script;
  c->scripts = true;
  bool ok = call_script(c, f, argv, argc, &by_script);
  if (ok || !is_forbidden(by_script.error)) {
    *answer = by_script;
    return ok;
  }
  c->scripts = false;
  if (!is_forbidden(answer->error)) *answer = by_script;
  size_t len = strlen(answer->error);
  snprintf(answer->error + len, sizeof answer->error - len, " (docs/sinks.md has the rights that the user needs)");
  return false;
}

bool gh_stream_call(struct gh_stream_caller *c, const struct gh_stream_request *q, struct gh_stream_answer *answer)
{
  struct gh_str argv[ARGS];
  char name[64];
  unsigned argc = words_of(q, argv, name);
  if (c->scripts) {
    bool ok = call_script(c, q->function, argv, argc, answer);
    if (!ok && is_forbidden(answer->error)) c->scripts = false; /* neither is to be had now; next time functions may be */
    return ok;
  }
  if (send_and_wait(c, argv, argc, answer)) return true;
  bool unknown = is_unknown(answer->error);
  if (!unknown && !is_forbidden(answer->error)) return false;
  if (unknown && load_library(c)) {
    if (send_and_wait(c, argv, argc, answer)) return true;
    if (!is_forbidden(answer->error)) return false;
  }
  return call_script_instead(c, q->function, argv, argc, answer);
}

bool gh_stream_call_two(struct gh_stream_caller *c, const struct gh_stream_request q[2], struct gh_stream_answer answers[2])
{
  struct call *calls[2];
  if (c->scripts) return gh_stream_call(c, &q[0], &answers[0]) && gh_stream_call(c, &q[1], &answers[1]);
  for (unsigned i = 0; i < 2; i++) {
    struct gh_str argv[ARGS];
    char name[64];
    unsigned argc = words_of(&q[i], argv, name);
    calls[i] = start(c, argv, argc);
  }
  bool first = await(c, calls[0], &answers[0]), second = await(c, calls[1], &answers[1]);
  if (first && second) return true;
  if (first) answers[0] = answers[1];
  if (!is_unknown(answers[0].error) && !is_forbidden(answers[0].error)) return false;
  return gh_stream_call(c, &q[0], &answers[0]) && gh_stream_call(c, &q[1], &answers[1]);
}
