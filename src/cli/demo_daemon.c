/* The daemon of the demo: a child process that reads events from a pipe, as it would from a stream, and writes leads to its file. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "demo.h"
#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"

#define FRAME_NS 80000000 /* the table is drawn 12 times a second */

extern char **environ;

struct show {
  const struct gh_demo_options *o;
  struct gh_demo_view *view;
  pid_t daemon;
  FILE *pipe;         /* to the daemon's standard input */
  FILE *leads;        /* its file of leads, NULL until it is there */
  struct gh_buf line; /* a line of it that is not yet whole */
  char *leads_path;
};

static void pause_ns(long ns) { nanosleep(&(struct timespec){0, ns}, NULL); }

static bool spawn_daemon(struct show *s, int read_end)
{
  struct gh_arena a;
  gh_arena_init(&a, 0);
  char *config = (char *)gh_arena_fmt(&a, "%s/live.yaml", s->o->dir).ptr, *log = (char *)gh_arena_fmt(&a, "%s/run.log", s->o->dir).ptr;
  char *argv[] = {"goldhour", "run", "--until-end", "--config", config, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, read_end, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  int rc = posix_spawn(&s->daemon, "/proc/self/exe", &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  gh_arena_free(&a);
  if (rc != 0) fprintf(stderr, "goldhour demo: the daemon could not be started: %s\n", strerror(rc));
  return rc == 0;
}

static bool start(struct show *s)
{
  int ends[2];
  if (pipe(ends) != 0 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0) {
    fprintf(stderr, "goldhour demo: pipe: %s\n", strerror(errno));
    return false;
  }
  bool ok = spawn_daemon(s, ends[0]);
  close(ends[0]);
  s->pipe = fdopen(ends[1], "w");
  return ok && s->pipe;
}

/* Takes what the daemon has written since the last look. */
static void look(struct show *s)
{
  if (!s->leads) s->leads = fopen(s->leads_path, "r");
  if (!s->leads) return;
  clearerr(s->leads);
  for (int c; (c = getc(s->leads)) != EOF;) {
    if (c != '\n') {
      gh_buf_byte(&s->line, (char)c);
      continue;
    }
    gh_demo_view_lead(s->view, gh_buf_str(&s->line));
    gh_buf_clear(&s->line);
  }
}

static void frame(struct show *s)
{
  look(s);
  gh_demo_view_draw(s->view);
}

/* Waits until the show has come to the bank's time; meanwhile the leads that are there appear. */
static void wait_for(struct show *s, int64_t begin_ms, int64_t arrival_ms, uint64_t began_ns)
{
  s->view->clock_ms = arrival_ms;
  if (s->o->show_s == 0 || !s->view->terminal) return;
  uint64_t due_ns = (uint64_t)((arrival_ms - begin_ms) / GH_SECOND_MS) * s->o->show_s * UINT64_C(1000000000) / (86400 * s->o->world.days);
  while (gh_monotonic_ns() - began_ns < due_ns) {
    fflush(s->pipe);
    frame(s);
    pause_ns(FRAME_NS);
  }
}

/* The same world again: what it sends is what events.jsonl holds. */
static void feed(struct show *s)
{
  struct gh_sim *sim = gh_sim_new(s->o->world);
  struct gh_sim_event event;
  int64_t begin_ms = s->o->world.start_day * GH_DAY_MS - 8 * GH_HOUR_MS;
  uint64_t began_ns = gh_monotonic_ns();
  while (gh_sim_next(sim, &event) && !ferror(s->pipe)) {
    wait_for(s, begin_ms, event.arrival_ms, began_ns);
    fprintf(s->pipe, "%.*s\n", GH_FMT(event.json));
    s->view->events++;
  }
  gh_sim_free(sim);
}

static int finish(struct show *s)
{
  int status = 0;
  while (waitpid(s->daemon, &status, WNOHANG) == 0) {
    frame(s);
    pause_ns(FRAME_NS / 4);
  }
  frame(s);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int gh_demo_daemon(const struct gh_demo_options *o, struct gh_demo_view *v)
{
  struct show s = {.o = o, .view = v};
  struct gh_arena a;
  gh_arena_init(&a, 0);
  s.leads_path = (char *)gh_arena_fmt(&a, "%s/leads.jsonl", o->dir).ptr;
  signal(SIGPIPE, SIG_IGN);
  int status = -1;
  if (start(&s)) {
    feed(&s);
    fclose(s.pipe);
    status = finish(&s);
  }
  if (s.leads) fclose(s.leads);
  gh_buf_free(&s.line);
  gh_arena_free(&a);
  return status;
}
