/* What was being handled when the process died by a fault of its own (a broken invariant, a bad access): a message, by its offset, or something that had waited
 * in the state, by the core's mark of it. The handler of the signal writes it into a file that was opened before, and the next start brings it into the
 * partition's store, where it is counted. Three times, and it is set aside as a dead letter. A kill from outside, a stop, and a fault of another thread leave no
 * mark. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine.h"
#include "goldhour/sys/sys.h"

enum { MARK_BYTES = 44 }; /* partition, space, offset or mark, newline, in decimal */

static struct { const struct gh_partition *volatile partition; volatile bool message; volatile uint64_t offset; } doing;
static volatile int mark_fd = -1;
static pthread_t loop_thread; /* what another dies of is not the message's doing */
static char last_stack[65536]; /* the handler's: one that is at its end has no room */

void gh_crash_doing(const struct gh_partition *p, uint64_t offset)
{
  doing.offset = offset;
  doing.message = true;
  doing.partition = p;
}

void gh_crash_stepping(const struct gh_partition *p)
{
  doing.message = false;
  doing.partition = p;
}

void gh_crash_done(void) { doing.partition = NULL; }

#ifdef GH_FAULTS
/* Deeper than any stack. */
static unsigned fall(volatile unsigned depth)
{
  volatile char room[4096];
  room[depth % sizeof room] = 1;
  return depth + 1 == 0 ? 0 : fall(depth + 1) + (unsigned)room[0];
}

static void *die(void *arg)
{
  (void)arg;
  abort();
}

/* Of a fault here, of a stack that is at its end, or of another thread's fault. */
static void die_by(const char *way)
{
  pthread_t other;
  if (strcmp(way, "stack") == 0) (void)fall(0);
  if (strcmp(way, "thread") == 0 && pthread_create(&other, NULL, die, NULL) == 0) (void)pthread_join(other, NULL);
  abort();
}

void gh_crash_test(struct gh_str record)
{
  const char *word = getenv("GOLDHOUR_DIE_ON"), *way = getenv("GOLDHOUR_DIE_BY");
  size_t n = word ? strlen(word) : 0;
  for (size_t i = 0; n && i + n <= record.len; i++)
    if (memcmp(record.ptr + i, word, n) == 0) die_by(way ? way : "");
}
#endif

static size_t put_number(char *out, uint64_t v)
{
  char digits[20];
  size_t n = 0;
  do digits[n++] = (char)('0' + v % 10);
  while (v /= 10);
  for (size_t i = 0; i < n; i++) out[i] = digits[n - 1 - i];
  return n;
}

/* Calls nothing but what a signal handler may. */
static void on_fault(int number)
{
  char mark[MARK_BYTES];
  const struct gh_partition *p = doing.partition;
  if (!pthread_equal(pthread_self(), loop_thread)) p = NULL;
  uint64_t stepping = p && p->core ? gh_core_stepping(p->core) : 0;
  if (p && mark_fd >= 0 && (stepping || doing.message)) {
    size_t n = put_number(mark, p->number);
    mark[n++] = ' ';
    n += put_number(mark + n, stepping ? stepping : doing.offset);
    mark[n++] = '\n';
    if (write(mark_fd, mark, n) == (ssize_t)n) (void)fsync(mark_fd);
  }
  signal(number, SIG_DFL);
  (void)raise(number);
}

static void catch_faults(void)
{
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
  stack_t own = {.ss_sp = last_stack, .ss_size = sizeof last_stack}, was;
  loop_thread = pthread_self();
  if (sigaltstack(NULL, &was) == 0 && was.ss_flags & SS_DISABLE) (void)sigaltstack(&own, NULL);
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) (void)sigaction(faults[i], &action, NULL);
}

/* Beside a store that is a file; else in a folder of this host, one file for all processes of the group. */
static struct gh_str mark_path(struct gh_engine *e, struct gh_arena *arena)
{
  if (!e->stores) return gh_arena_fmt(arena, "%s.crash", gh_path_join(arena, e->conf.dir, e->conf.store_path.text).ptr);
  const char *run = getenv("RUNTIME_DIRECTORY"), *user = getenv("XDG_RUNTIME_DIR");
  const char *dir = run && *run ? run : user && *user ? user : "/tmp";
  return gh_arena_fmt(arena, "%s/goldhour-%.*s-%u.crash", dir, GH_FMT(e->conf.redis.name), (unsigned)getuid());
}

static void bring(struct gh_engine *e, unsigned partition, uint64_t offset)
{
  struct gh_store_error error;
  uint64_t times = 0;
  struct gh_store *s = e->stores ? gh_stores_partition(e->stores, partition, false) : gh_store_ref(e->partitions[0]->store);
  bool ok = s && gh_store_crashed(s, offset, &times, &error);
  gh_store_close(s);
  if (!ok) gh_log(GH_WARN, "a crash mark could not be kept", "partition=%u offset=%llu", partition, (unsigned long long)offset);
  else gh_log(GH_ERR, "a process died while it handled a message", "partition=%u offset=%llu times=%llu", partition, (unsigned long long)offset, (unsigned long long)times);
}

static void bring_marks(struct gh_engine *e, int fd)
{
  char text[4096];
  (void)flock(fd, LOCK_EX);
  ssize_t n = pread(fd, text, sizeof text - 1, 0);
  text[n > 0 ? n : 0] = '\0';
  if (n > 0 && ftruncate(fd, 0) != 0) gh_log(GH_WARN, "crash marks cannot be cleared", "pid=%ld", (long)getpid());
  (void)flock(fd, LOCK_UN);
  for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
    char *rest;
    unsigned long partition = strtoul(line, &rest, 10);
    if (*rest == ' ' && (e->stores || partition == 0)) bring(e, (unsigned)partition, strtoull(rest, NULL, 10));
  }
}

bool gh_crash_open(struct gh_engine *e)
{
  struct gh_arena arena;
  e->crash_fd = -1;
  if (!e->stored) return true;
  gh_arena_init(&arena, 0);
  struct gh_str path = mark_path(e, &arena);
  e->crash_fd = open(path.ptr, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (e->crash_fd < 0) gh_log(GH_WARN, "crash marks cannot be kept: a message that ends the process will not be set aside", "path=\"%s\"", path.ptr);
  else bring_marks(e, e->crash_fd);
  gh_arena_free(&arena);
  mark_fd = e->crash_fd;
  catch_faults();
  return true;
}
