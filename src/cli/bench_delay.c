/* From an event to its lead: the daemon, live, with SQLite, reads events from a pipe at a steady pace and writes leads to a pipe. An event's time is the
 * moment it is sent; a lead has arrived when its line is read. Every hundredth event triggers. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"

#define PER_SECOND 5000u
#define SECONDS 5u
#define TRIGGER_EVERY 100u
#define MOST (PER_SECOND * SECONDS)
#define PATIENCE_NS UINT64_C(5000000000) /* after the last event */

extern char **environ;

struct delay {
  pid_t pid;
  int in, out;           /* to the daemon's standard input, from its standard output */
  uint64_t *sent_ns;     /* of each event */
  uint64_t *delays_us;   /* of each lead */
  unsigned nleads, expected;
  unsigned held;         /* the last events are held back by the wait: their leads are not counted */
  struct gh_buf unsent, line;
};

static bool write_config(const struct gh_bench_bank *bank, const char *lateness)
{
  struct gh_buf text = {0};
  gh_buf_fmt(&text, "schema: schema.yaml\nrules: [delay-rules.yaml]\nlateness: %s\nsource: stdin\nstore: {sqlite: {path: delay-%s.db}}\nsink: stdout\n", lateness, lateness);
  bool ok = gh_bench_write(bank, "delay.yaml", gh_buf_str(&text));
  gh_buf_free(&text);
  return ok && gh_bench_write(bank, "delay-rules.yaml", GH_STR("rules:\n  - id: payroll\n    on: payroll_credit\n    when: event.amount >= 8000.00\n"));
}

static bool start(struct delay *d, const struct gh_bench_bank *bank)
{
  int in[2], out[2];
  char config[800], log[800];
  if (pipe(in) != 0 || pipe(out) != 0) return false;
  char *argv[] = {"goldhour", "run", "--config", (char *)gh_bench_path(bank, "delay.yaml", config), NULL};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, gh_bench_path(bank, "delay.log", log), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  for (int i = 0; i < 2; i++) {
    posix_spawn_file_actions_addclose(&actions, in[i]);
    posix_spawn_file_actions_addclose(&actions, out[i]);
  }
  int rc = posix_spawn(&d->pid, "/proc/self/exe", &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  d->in = in[1];
  d->out = out[0];
  fcntl(d->in, F_SETFL, O_NONBLOCK);
  fcntl(d->out, F_SETFL, O_NONBLOCK);
  return rc == 0;
}

static void add_event(struct delay *d, unsigned i)
{
  char time[GH_TIME_TEXT];
  gh_time_format(time, gh_wall_ms(), 0);
  bool trigger = i % TRIGGER_EVERY == 0;
  gh_buf_fmt(&d->unsent, "{\"id\":\"%u\",\"type\":\"payroll_credit\",\"customer\":\"C%07u\",\"time\":\"%s\",\"amount\":%s,\"employer\":\"第1电子公司\"", i, i, time,
             trigger ? "9000.00" : "5000.00");
  gh_buf_fmt(&d->unsent, ",\"account\":\"6222045857124967656\",\"currency\":\"CNY\",\"balance\":1082087.57,\"branch_code\":\"31007068\",\"device\":\"8008868fc079329b\"}\n");
  d->sent_ns[i] = gh_monotonic_ns();
  d->expected += trigger && i + d->held < MOST;
}

static void flush(struct delay *d)
{
  if (d->unsent.len == 0) return;
  ssize_t n = write(d->in, d->unsent.data, d->unsent.len);
  if (n <= 0) return;
  memmove(d->unsent.data, d->unsent.data + n, d->unsent.len - (size_t)n);
  d->unsent.len -= (size_t)n;
}

static void take_lead(struct delay *d, uint64_t now_ns)
{
  gh_buf_byte(&d->line, 0);
  const char *event = strstr(d->line.data, "\"event\":\"");
  unsigned long i = event ? strtoul(event + 9, NULL, 10) : MOST;
  if (i < MOST && d->nleads < MOST) d->delays_us[d->nleads++] = (now_ns - d->sent_ns[i]) / 1000;
}

static void read_leads(struct delay *d)
{
  char block[65536];
  ssize_t n = read(d->out, block, sizeof block);
  uint64_t now_ns = gh_monotonic_ns();
  for (ssize_t i = 0; i < n; i++) {
    if (block[i] != '\n') {
      gh_buf_byte(&d->line, block[i]);
      continue;
    }
    take_lead(d, now_ns);
    gh_buf_clear(&d->line);
  }
}

/* Sends at the pace and reads what comes, a look every 0.2 ms, until all leads are there or patience ends. */
static void drive(struct delay *d)
{
  uint64_t began = gh_monotonic_ns(), now = began;
  for (unsigned sent = 0; now - began < UINT64_C(1000000000) * SECONDS + PATIENCE_NS && (sent < MOST || d->nleads < d->expected); now = gh_monotonic_ns()) {
    while (sent < MOST && (now - began) * PER_SECOND / 1000000000 > sent) add_event(d, sent++);
    flush(d);
    struct pollfd ready = {.fd = d->out, .events = POLLIN};
    nanosleep(&(struct timespec){0, 100000}, NULL);
    if (poll(&ready, 1, 0) > 0) read_leads(d);
  }
}

static void stop(struct delay *d)
{
  int status;
  kill(d->pid, SIGTERM);
  close(d->in);
  close(d->out);
  waitpid(d->pid, &status, 0);
}

static void report(struct gh_bench_report *r, struct delay *d, const char *name, uint64_t wait_us)
{
  for (unsigned i = 0; i < d->nleads; i++) d->delays_us[i] -= d->delays_us[i] < wait_us ? d->delays_us[i] : wait_us;
  struct gh_bench_delay *row = &r->delays[r->ndelays++];
  *row = (struct gh_bench_delay){.name = name, .leads = d->nleads};
  row->p50_us = gh_bench_percentile(d->delays_us, d->nleads, 500);
  row->p90_us = gh_bench_percentile(d->delays_us, d->nleads, 900);
  row->p99_us = gh_bench_percentile(d->delays_us, d->nleads, 990);
  row->p999_us = gh_bench_percentile(d->delays_us, d->nleads, 999);
  row->max_us = gh_bench_percentile(d->delays_us, d->nleads, 1000);
}

bool gh_bench_delay(const struct gh_bench_bank *bank, struct gh_bench_report *r, const char *lateness, const char *name)
{
  struct delay d = {.sent_ns = calloc(MOST, sizeof *d.sent_ns), .delays_us = calloc(MOST, sizeof *d.delays_us)};
  int64_t wait_ms = 0;
  gh_duration_parse(gh_str(lateness), &wait_ms);
  d.held = (unsigned)wait_ms * PER_SECOND / 1000;
  signal(SIGPIPE, SIG_IGN);
  bool ok = d.sent_ns && d.delays_us && write_config(bank, lateness) && start(&d, bank);
  if (ok) {
    drive(&d);
    stop(&d);
    ok = d.nleads > 0;
    if (!ok) fprintf(stderr, "goldhour bench: the daemon gave no lead in time\n");
    report(r, &d, name, (uint64_t)wait_ms * 1000);
  }
  gh_buf_free(&d.unsent);
  gh_buf_free(&d.line);
  free(d.sent_ns);
  free(d.delays_us);
  return ok;
}
