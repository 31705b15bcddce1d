/* The file sink. A file's states: closed ─begin─► open at a mark ─write─► open at the next mark. begin looks at the name each time, so that a rotation is
 * noticed before anything is written; an error closes, and the next begin cuts what a failed write left behind. */
#define _GNU_SOURCE /* statx */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/base/buf.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "inside.h"

struct leads_file {
  unsigned partition; /* 0 unless `many` */
  char *path;         /* owned */
  int fd;             /* -1: closed */
  bool begun;         /* since it was opened: nothing lies behind the mark */
};

struct file_sink {
  struct gh_sink sink;
  char *path;                 /* owned; as configured */
  bool many;
  struct leads_file *files;   /* owned */
  unsigned nfiles;
  struct gh_buf lines;
};

static void close_file(struct leads_file *f)
{
  if (f->fd >= 0) close(f->fd);
  f->fd = -1;
  f->begun = false;
}

static void close_sink(struct gh_sink *s)
{
  struct file_sink *o = (struct file_sink *)s;
  for (unsigned i = 0; i < o->nfiles; i++) {
    close_file(&o->files[i]);
    free(o->files[i].path);
  }
  free(o->files);
  free(o->path);
  gh_buf_free(&o->lines);
  free(o);
}

/* leads.jsonl of partition 7: leads.p7.jsonl */
static char *path_of(const struct file_sink *o, unsigned partition)
{
  if (!o->many) return strdup(o->path);
  const char *slash = strrchr(o->path, '/'), *name = slash ? slash + 1 : o->path, *dot = strrchr(name, '.');
  if (!dot || dot == name) dot = name + strlen(name);
  struct gh_buf path = {0};
  gh_buf_fmt(&path, "%.*s.p%u%s", (int)(dot - o->path), o->path, partition, dot);
  gh_buf_byte(&path, '\0');
  return path.data;
}

static struct leads_file *file_of(struct file_sink *o, unsigned partition)
{
  unsigned p = o->many ? partition : 0;
  for (unsigned i = 0; i < o->nfiles; i++) {
    if (o->files[i].partition == p) return &o->files[i];
  }
  o->files = realloc(o->files, (o->nfiles + 1) * sizeof *o->files);
  GH_CHECK(o->files && "out of memory");
  o->files[o->nfiles] = (struct leads_file){.partition = p, .path = path_of(o, partition), .fd = -1};
  GH_CHECK(o->files[o->nfiles].path && "out of memory");
  return &o->files[o->nfiles++];
}

static void forget(struct gh_sink *s, unsigned partition)
{
  struct file_sink *o = (struct file_sink *)s;
  struct leads_file *f = file_of(o, partition);
  close_file(f);
  free(f->path);
  *f = o->files[--o->nfiles];
}

static bool failed(struct leads_file *f, const char *doing, struct gh_sink_error *error)
{
  int e = errno;
  const char *advice = e == ENOSPC || e == EDQUOT || e == EFBIG ? ": free some space; leads wait in the store until then" : "";
  snprintf(error->text, sizeof error->text, "sink %s: %s: %s%s", f->path, doing, strerror(e), advice);
  close_file(f);
  return false;
}

/* When the file was made: another machine's, or a later one, may have the same number on the same device. 0: this file system does not say. */
static uint64_t birth_ns(int fd, const char *path)
{
  struct statx x;
  int flags = path[0] ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;
  if (statx(fd, path, flags, STATX_BTIME, &x) != 0 || !(x.stx_mask & STATX_BTIME)) return 0;
  return (uint64_t)x.stx_btime.tv_sec * 1000000000 + x.stx_btime.tv_nsec;
}

/* Of the file at `path`, or, where that is empty, of `fd`. */
static void identity(const struct stat *st, int fd, const char *path, char out[64])
{
  uint64_t born_ns = birth_ns(fd, path);
  int n = snprintf(out, 64, "%llu-%llu", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);
  if (born_ns && n > 0 && n < 64) snprintf(out + n, (size_t)(64 - n), "-%llu", (unsigned long long)born_ns);
}

/* A mark of the release before has device and number alone. */
static bool is_named_by(const char *id, const char *mark)
{
  size_t n = strlen(mark);
  const char *dash = strchr(mark, '-');
  bool older = dash && !strchr(dash + 1, '-');
  return strcmp(id, mark) == 0 || (older && strncmp(id, mark, n) == 0 && id[n] == '-');
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

static uint64_t lines_in_old_file(struct leads_file *f, const struct gh_sink_mark *mark)
{
  const char *slash = strrchr(f->path, '/');
  char folder[4096], path[8192], id[64];
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - f->path) + 1 : 2, slash ? f->path : "./");
  DIR *d = opendir(folder);
  uint64_t lines = 0;
  struct dirent *entry;
  while (d && (entry = readdir(d))) {
    struct stat st;
    snprintf(path, sizeof path, "%s%s", folder, entry->d_name);
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode)) continue;
    identity(&st, AT_FDCWD, path, id);
    if (!is_named_by(id, mark->file)) continue;
    lines = finish(path, mark->bytes);
    break;
  }
  if (d) closedir(d);
  return lines;
}

/* ── beginning ── */

static bool is_same_file(const struct leads_file *f)
{
  struct stat open_one, named;
  return f->fd >= 0 && fstat(f->fd, &open_one) == 0 && stat(f->path, &named) == 0 && open_one.st_ino == named.st_ino
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
static bool cut_to_mark(struct leads_file *f, const struct stat *st, struct gh_sink_mark *mark, bool *changed, struct gh_sink_error *error)
{
  if (st->st_size > mark->bytes && ftruncate(f->fd, mark->bytes) != 0) return failed(f, "cannot be cut to its committed length", error);
  if (st->st_size < mark->bytes) {
    mark->bytes = st->st_size;
    *changed = true;
  }
  return true;
}

/* Two daemons with stores of their own would cut each other's lines. The lock goes with the descriptor, however the process ends. */
static bool open_alone(struct leads_file *f, struct gh_sink_error *error)
{
  f->fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (f->fd < 0) return failed(f, "cannot be opened", error);
  if (flock(f->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return true;
  return failed(f, "another process writes to it: one goldhour a file", error);
}

static bool hold(struct gh_sink *s, unsigned partition, uint64_t last, struct gh_sink_error *error)
{
  (void)last;
  struct leads_file *f = file_of((struct file_sink *)s, partition);
  return f->fd >= 0 || open_alone(f, error);
}

static bool begin(struct gh_sink *s, unsigned partition, struct gh_sink_mark *mark, struct gh_sink_begun *begun, struct gh_sink_error *error)
{
  struct leads_file *f = file_of((struct file_sink *)s, partition);
  bool was_begun = f->begun;
  struct stat st;
  char id[64];
  if (!is_same_file(f)) close_file(f);
  if (f->fd < 0 && !open_alone(f, error)) return false;
  if (fstat(f->fd, &st) != 0) return failed(f, "cannot be opened", error);
  identity(&st, f->fd, "", id);
  f->begun = true;
  if (!S_ISREG(st.st_mode) || is_named_by(id, mark->file)) return !S_ISREG(st.st_mode) || cut_to_mark(f, &st, mark, &begun->changed, error);
  sync_folder(f->path);
  if (mark->file[0] && !was_begun) begun->lines = lines_in_old_file(f, mark);
  memcpy(mark->file, id, sizeof id);
  mark->bytes = st.st_size;
  begun->changed = true;
  return true;
}

/* ── writing ── */

static ssize_t put(struct leads_file *f, struct gh_str bytes, int64_t at)
{
  ssize_t written = pwrite(f->fd, bytes.ptr, bytes.len, at);
  if (written < 0 && errno == ESPIPE) written = write(f->fd, bytes.ptr, bytes.len); /* a pipe or device by name */
  return written < 0 && errno == EINTR ? 0 : written;
}

static enum gh_sink_answer write_page(struct gh_sink *s, const struct gh_sink_page *page, struct gh_sink_mark *mark, unsigned *taken, struct gh_sink_error *error)
{
  struct file_sink *o = (struct file_sink *)s;
  struct leads_file *f = file_of(o, page->partition);
  gh_buf_clear(&o->lines);
  for (unsigned i = 0; i < page->n; i++) {
    gh_buf_add_str(&o->lines, page->leads[i].json);
    gh_buf_byte(&o->lines, '\n');
  }
  for (size_t done = 0; done < o->lines.len;) {
    ssize_t n = put(f, gh_str_n(o->lines.data + done, o->lines.len - done), mark->bytes + (int64_t)done);
    if (n < 0) return failed(f, "cannot be written", error), GH_SINK_FAILED;
    done += (size_t)n;
  }
  if (fdatasync(f->fd) != 0 && errno != EINVAL) return failed(f, "cannot be made durable", error), GH_SINK_FAILED;
  mark->bytes += (int64_t)o->lines.len;
  *taken = page->n;
  return GH_SINK_TAKEN;
}

static const struct gh_sink_ops ops = {.page_leads = 4096, .close = close_sink, .hold = hold, .begin = begin, .write = write_page, .forget = forget};

/* Of several files none is known to be ours until a partition is: then the folder at least must be there. */
static bool check_folder(const struct file_sink *o, struct gh_sink_error *error)
{
  const char *slash = strrchr(o->path, '/');
  char folder[4096];
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - o->path) + 1 : 1, slash ? o->path : ".");
  if (access(folder, W_OK | X_OK) == 0) return true;
  snprintf(error->text, sizeof error->text, "sink %s: its folder cannot be written: %s", o->path, strerror(errno));
  return false;
}

struct gh_sink *gh_sink_file_open(const struct gh_sink_options *options, struct gh_sink_error *error)
{
  struct file_sink *o = calloc(1, sizeof *o);
  GH_CHECK(o && "out of memory");
  o->sink.ops = &ops;
  o->sink.conf = options->conf;
  o->many = options->many;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  o->path = strdup(gh_path_join(&arena, options->dir, options->conf->path.text).ptr);
  GH_CHECK(o->path && "out of memory");
  gh_arena_free(&arena);
  if (o->many ? check_folder(o, error) : hold(&o->sink, 0, 0, error)) return &o->sink;
  close_sink(&o->sink);
  return NULL;
}
