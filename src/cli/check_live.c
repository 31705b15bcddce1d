#include "check_live.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "goldhour/model/lead.h"
#include "goldhour/sys/sys.h"

#define WHOLE_NS UINT64_C(28000000000)
enum { GUARD_S = 35 };

static const char *const words[] = {[GH_LIVE_OK] = "ok", [GH_LIVE_NOTE] = "note", [GH_LIVE_WARNING] = "warning",
    [GH_LIVE_FAILED] = "failed"};

static void print(const struct gh_live_finding *f)
{
  printf("%-8s %.*s: %.*s\n", words[f->level], GH_FMT(f->where), GH_FMT(f->text));
  if (f->todo.len) printf("         %.*s\n", GH_FMT(f->todo));
  (void)fflush(stdout);
}

static void add(struct gh_live *l, struct gh_live_finding found, const char *format, va_list args)
{
  char text[1024];
  vsnprintf(text, sizeof text, format, args);
  struct gh_live_finding *f = gh_arena_zero(&l->arena, 1, sizeof *f);
  f->level = found.level;
  f->where = gh_arena_str(&l->arena, found.where);
  f->text = gh_arena_str(&l->arena, gh_str(text));
  f->todo = gh_arena_str(&l->arena, found.todo);
  if (l->last) l->last->next = f;
  else l->first = f;
  l->last = f;
  l->failed += f->level == GH_LIVE_FAILED;
  l->warnings += f->level == GH_LIVE_WARNING;
  if (!l->json) print(f);
}

void gh_live_ok(struct gh_live *l, const char *where, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(l, (struct gh_live_finding){.level = GH_LIVE_OK, .where = gh_str(where)}, format, args);
  va_end(args);
}

void gh_live_note(struct gh_live *l, const char *where, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(l, (struct gh_live_finding){.level = GH_LIVE_NOTE, .where = gh_str(where)}, format, args);
  va_end(args);
}

void gh_live_warn(struct gh_live *l, const char *where, const char *todo, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(l, (struct gh_live_finding){.level = GH_LIVE_WARNING, .where = gh_str(where), .todo = gh_str(todo)}, format, args);
  va_end(args);
}

void gh_live_fail(struct gh_live *l, const char *where, const char *todo, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(l, (struct gh_live_finding){.level = GH_LIVE_FAILED, .where = gh_str(where), .todo = gh_str(todo)}, format, args);
  va_end(args);
}

int gh_live_left_ms(const struct gh_live *l, int most_ms)
{
  uint64_t now_ns = gh_monotonic_ns();
  if (now_ns >= l->until_ns) return 1;
  uint64_t left_ms = (l->until_ns - now_ns) / 1000000;
  return left_ms < 1 ? 1 : left_ms < (uint64_t)most_ms ? (int)left_ms : most_ms;
}

bool gh_live_over(const struct gh_live *l) { return gh_monotonic_ns() >= l->until_ns; }

/* Every step has its own time; this is for what a library may hold up all the same. */
static void give_up(int signal_number)
{
  static const char text[] = "goldhour check: what the configuration names did not answer in time: given up\n";
  (void)signal_number;
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(1);
  _exit(1);
}

bool gh_live_check(struct gh_live *l, const struct gh_set *set, bool json)
{
  *l = (struct gh_live){.set = set, .json = json, .until_ns = gh_monotonic_ns() + WHOLE_NS};
  gh_arena_init(&l->arena, 0);
  (void)signal(SIGALRM, give_up);
  (void)signal(SIGPIPE, SIG_IGN);
  (void)alarm(GUARD_S);
  if (set->conf.source == GH_SOURCE_KAFKA) gh_live_kafka(l);
  gh_live_store(l);
  gh_live_sinks(l);
  (void)alarm(0);
  return l->failed == 0;
}

void gh_live_free(struct gh_live *l)
{
  gh_buf_free(&l->sample);
  gh_arena_free(&l->arena);
}

static void add_member(struct gh_buf *out, const char *name, struct gh_str text)
{
  gh_buf_fmt(out, "\"%s\":", name);
  gh_json_string(out, text);
}

void gh_live_json(const struct gh_live *l, struct gh_buf *out)
{
  gh_buf_fmt(out, ",\"live\":{\"ok\":%s,\"failed\":%u,\"warnings\":%u,\"findings\":[", l->failed ? "false" : "true", l->failed,
      l->warnings);
  for (const struct gh_live_finding *f = l->first; f; f = f->next) {
    gh_buf_fmt(out, "{\"level\":\"%s\",", words[f->level]);
    add_member(out, "where", f->where);
    gh_buf_byte(out, ',');
    add_member(out, "text", f->text);
    if (f->todo.len) gh_buf_byte(out, ',');
    if (f->todo.len) add_member(out, "todo", f->todo);
    gh_buf_byte(out, '}');
    if (f->next) gh_buf_byte(out, ',');
  }
  gh_buf_byte(out, ']');
  if (l->sample.len) gh_buf_fmt(out, ",\"sample\":{%.*s}", GH_FMT(gh_buf_str(&l->sample)));
  gh_buf_byte(out, '}');
}
