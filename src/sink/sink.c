/* The file sink's states: closed ─begin─► open at a mark ─write─► open at the next mark. begin looks at the name each time, so that a rotation is
 * noticed before anything is written; an error closes, and the next begin cuts what a failed write left behind. */
#include "goldhour/sink/sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/base/check.h"

struct gh_sink {
  char *path; /* owned; NULL: standard output */
  int fd;     /* -1: closed */
};

struct gh_sink *gh_sink_new(const char *path)
{
  struct gh_sink *s = calloc(1, sizeof *s);
  GH_CHECK(s && "out of memory");
  s->path = path ? strdup(path) : NULL;
  s->fd = path ? -1 : STDOUT_FILENO;
  return s;
}

static void close_file(struct gh_sink *s)
{
  if (s->path && s->fd >= 0) close(s->fd);
  if (s->path) s->fd = -1;
}

void gh_sink_free(struct gh_sink *s)
{
  if (!s) return;
  close_file(s);
  free(s->path);
  free(s);
}

const char *gh_sink_name(const struct gh_sink *s) { return s->path ? "file" : "stdout"; }

static bool failed(struct gh_sink *s, const char *doing, struct gh_sink_error *error)
{
  int e = errno;
  const char *advice = e == ENOSPC || e == EDQUOT || e == EFBIG ? ": free some space; leads wait in the store until then" : "";
  snprintf(error->text, sizeof error->text, "sink %s: %s: %s%s", s->path ? s->path : "standard output", doing, strerror(e), advice);
  close_file(s);
  return false;
}

static void identity(const struct stat *st, char out[64])
{
  snprintf(out, 64, "%llu-%llu", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);
}

/* ── what a rotated file already holds ── */

/* Counts the whole lines behind `from` and cuts an unfinished one. */
static uint64_t finish(const char *path, int64_t from)
{
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return 0;
  char block[65536];
  uint64_t lines = 0;
  int64_t at = from, whole = from;
  for (ssize_t n; (n = pread(fd, block, sizeof block, at)) > 0; at += n) {
    for (ssize_t i = 0; i < n; i++) {
      if (block[i] != '\n') continue;
      lines++;
      whole = at + i + 1;
    }
  }
  bool ok = at == whole || ftruncate(fd, whole) == 0;
  close(fd);
  return ok ? lines : 0;
}

static uint64_t lines_in_old_file(struct gh_sink *s, const struct gh_sink_mark *mark)
{
  const char *slash = strrchr(s->path, '/');
  char folder[4096], path[8192], id[64];
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - s->path) + 1 : 2, slash ? s->path : "./");
  DIR *d = opendir(folder);
  uint64_t lines = 0;
  struct dirent *entry;
  while (d && (entry = readdir(d))) {
    struct stat st;
    snprintf(path, sizeof path, "%s%s", folder, entry->d_name);
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode)) continue;
    identity(&st, id);
    if (strcmp(id, mark->file) != 0) continue;
    lines = finish(path, mark->bytes);
    break;
  }
  if (d) closedir(d);
  return lines;
}

/* ── beginning ── */

static bool is_same_file(struct gh_sink *s)
{
  struct stat open_one, named;
  return s->fd >= 0 && fstat(s->fd, &open_one) == 0 && stat(s->path, &named) == 0 && open_one.st_ino == named.st_ino
      && open_one.st_dev == named.st_dev;
}

static void sync_folder(const char *path)
{
  const char *slash = strrchr(path, '/');
  char folder[4096];
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);
  close(fd);
}

/* The file that the mark knows is cut to it; if somebody has cut it further, writing goes on at its end. */
static bool cut_to_mark(struct gh_sink *s, const struct stat *st, struct gh_sink_mark *mark, bool *changed, struct gh_sink_error *error)
{
  if (st->st_size > mark->bytes && ftruncate(s->fd, mark->bytes) != 0) return failed(s, "cannot be cut to its committed length", error);
  if (st->st_size < mark->bytes) {
    mark->bytes = st->st_size;
    *changed = true;
  }
  return true;
}

/* Two daemons with stores of their own would cut each other's lines. The lock goes with the descriptor, however the process ends. */
static bool open_alone(struct gh_sink *s, struct gh_sink_error *error)
{
  s->fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (s->fd < 0) return failed(s, "cannot be opened", error);
  if (flock(s->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return true;
  return failed(s, "another process writes to it: one goldhour a file", error);
}

bool gh_sink_begin(struct gh_sink *s, struct gh_sink_mark *mark, bool *changed, uint64_t *lines, struct gh_sink_error *error)
{
  *changed = false;
  *lines = 0;
  if (!s->path) return true;
  bool was_open = s->fd >= 0;
  if (!is_same_file(s)) close_file(s);
  struct stat st;
  if (s->fd < 0 && !open_alone(s, error)) return false;
  if (fstat(s->fd, &st) != 0) return failed(s, "cannot be opened", error);
  char id[64];
  identity(&st, id);
  if (!S_ISREG(st.st_mode) || strcmp(id, mark->file) == 0) return !S_ISREG(st.st_mode) || cut_to_mark(s, &st, mark, changed, error);
  sync_folder(s->path);
  if (mark->file[0] && !was_open) *lines = lines_in_old_file(s, mark);
  memcpy(mark->file, id, sizeof id);
  mark->bytes = st.st_size;
  *changed = true;
  return true;
}

/* ── writing ── */

static ssize_t put(struct gh_sink *s, const char *bytes, size_t n, int64_t at)
{
  ssize_t written = s->path ? pwrite(s->fd, bytes, n, at) : write(s->fd, bytes, n);
  if (written < 0 && s->path && errno == ESPIPE) written = write(s->fd, bytes, n); /* a pipe or device by name */
  if (written >= 0 || (errno != EAGAIN && errno != EINTR)) return written;
  struct pollfd p = {.fd = s->fd, .events = POLLOUT};
  (void)poll(&p, 1, 1000);
  return 0;
}

bool gh_sink_write(struct gh_sink *s, struct gh_sink_mark *mark, struct gh_str lines, struct gh_sink_error *error)
{
  for (size_t done = 0; done < lines.len;) {
    ssize_t n = put(s, lines.ptr + done, lines.len - done, mark->bytes + (int64_t)done);
    if (n < 0) return failed(s, "cannot be written", error);
    done += (size_t)n;
  }
  if (s->path && fdatasync(s->fd) != 0 && errno != EINVAL) return failed(s, "cannot be made durable", error);
  mark->bytes += (int64_t)lines.len;
  return true;
}
