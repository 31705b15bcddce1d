/* Lines from a descriptor, by blocks, with bounded memory.
 *
 *   buffer   ├─ given out ─┤start ── the record being looked for ── end┤ room ┤cap
 *
 * The happy path: the newline is found between `scan` and `end`. Otherwise more is read behind `end`; a record that outgrows record_bytes
 * turns the reader to passing over: the buffer is emptied again and again until the newline comes, keeping the first KB for the dead
 * letter. At the end of a followed file its name is looked up: another inode that is not empty, or a file shorter than what was read, is
 * a rotation; the old file is then read to its end once more (the writer may have written between), its unfinished last line is taken as
 * it is, and the new file begins at its beginning.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "mark.h"
#include "ops.h"

#define BLOCK_BYTES (256u << 10)
#define KEPT_BYTES 1024u

struct file {
  struct gh_source base;
  struct gh_source_options options;
  char *path;             /* owned; NULL: standard input */
  int fd;
  bool regular;           /* read by position; else as it comes */
  struct stat opened;     /* device and inode as opened */
  bool replaced, rotated; /* rotated: a new file stands under the name, the old one is being finished */
  bool over;              /* a stream's end was seen */
  char *buffer;           /* owned */
  size_t start, scan, end, cap;
  uint64_t start_offset;  /* of buffer[start] */
  uint64_t record;        /* number of the record that begins at start */
  uint64_t mark;          /* of the file, in the upper 16 bits; 0: not known yet */
  bool passing;           /* over a record that is too long */
  uint64_t passing_offset; /* where it began */
  char kept[KEPT_BYTES];
  uint64_t at_end_ns;     /* when it was last read to its end */
  struct gh_source_error error;
};

static struct file *as_file(struct gh_source *s) { return (struct file *)s; }
static const struct file *as_const_file(const struct gh_source *s) { return (const struct file *)s; }

/* ── places ── */

static void begin_at(struct file *s, uint64_t offset, uint64_t record)
{
  s->start = s->scan = s->end = 0;
  s->start_offset = offset;
  s->record = record;
  s->passing = s->rotated = false;
}

/* The file was rotated while nobody read it: its rest comes first, then the one that now has its name. */
static bool go_on_in_rotated(struct file *s, uint64_t mark, uint64_t offset)
{
  int fd = gh_source_find_rotated(s->path, mark, offset);
  if (fd < 0) return false;
  close(s->fd);
  s->fd = fd;
  (void)fstat(fd, &s->opened);
  begin_at(s, offset, s->options.record);
  s->mark = mark;
  s->rotated = !s->options.follow; /* followed, it is found out at its end */
  return true;
}

static void resume(struct file *s)
{
  uint64_t offset = gh_source_bytes(s->options.offset), mark = s->options.offset - offset;
  begin_at(s, 0, 1);
  if (!s->regular || !s->path || s->options.record == 0) return;
  uint64_t found = gh_source_mark_of(s->fd);
  s->replaced = (mark != 0 && found != mark) || (uint64_t)s->opened.st_size < offset;
  if (s->replaced && mark != 0 && go_on_in_rotated(s, mark, offset)) s->replaced = false;
  else if (!s->replaced) {
    begin_at(s, offset, s->options.record);
    s->mark = mark;
  }
}

/* ── opening ── */

static bool failed(struct gh_source_error *error, const char *path, const char *doing)
{
  snprintf(error->text, sizeof error->text, "%s: %s: %s", path ? path : "standard input", doing, strerror(errno));
  return false;
}

static bool open_file(struct file *s, struct gh_source_error *error)
{
  s->fd = s->path ? open(s->path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  if (s->fd < 0) return failed(error, s->path, "cannot be opened");
  if (fstat(s->fd, &s->opened) != 0) return failed(error, s->path, "cannot be looked at");
  if (S_ISDIR(s->opened.st_mode)) {
    errno = EISDIR;
    return failed(error, s->path, "cannot be read");
  }
  s->regular = S_ISREG(s->opened.st_mode);
  return true;
}

static void file_close(struct gh_source *base)
{
  struct file *s = as_file(base);
  if (s->path && s->fd >= 0) close(s->fd);
  free(s->buffer);
  free(s->path);
  free(s);
}

static bool file_replaced(const struct gh_source *s) { return as_const_file(s)->replaced; }
static uint64_t file_at_end_ns(const struct gh_source *s) { return as_const_file(s)->at_end_ns; }
static int file_wait_fd(const struct gh_source *s) { return as_const_file(s)->regular ? -1 : as_const_file(s)->fd; }
static const char *file_failure(const struct gh_source *s) { return as_const_file(s)->error.text; }

static uint64_t file_skipped(const struct gh_source *s)
{
  (void)s;
  return 0;
}

static void file_wait(const struct gh_source *base)
{
  const struct file *s = as_const_file(base);
  struct pollfd p = {.fd = s->fd, .events = POLLIN};
  if (s->regular) (void)poll(NULL, 0, 100);
  else (void)poll(&p, 1, -1);
}

/* ── reading ── */

static void make_room(struct file *s)
{
  size_t held = s->end - s->start;
  if (s->start > 0) {
    memmove(s->buffer, s->buffer + s->start, held);
    s->scan -= s->start;
    s->start = 0;
    s->end = held;
  }
  if (s->cap - held >= BLOCK_BYTES / 2) return;
  s->cap *= 2;
  s->buffer = realloc(s->buffer, s->cap);
  GH_CHECK(s->buffer && "out of memory");
}

enum filled { FILLED, DRY, AT_END, BROKEN };

static enum filled fill(struct file *s)
{
  if (s->over) return AT_END;
  if (s->cap - s->end < BLOCK_BYTES / 2) make_room(s);
  if (!s->regular) {
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    if (poll(&p, 1, 0) == 0) return DRY;
  }
  ssize_t n;
  do {
    n = s->regular && s->path ? pread(s->fd, s->buffer + s->end, s->cap - s->end, (off_t)(s->start_offset + (s->end - s->start)))
                              : read(s->fd, s->buffer + s->end, s->cap - s->end);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN) return DRY;
  if (n < 0) {
    failed(&s->error, s->path, "reading failed");
    return BROKEN;
  }
  s->over = n == 0 && !s->regular;
  s->end += (size_t)n;
  return n > 0 ? FILLED : AT_END;
}

/* ── records ── */

static struct gh_str trimmed(struct gh_str line, bool first)
{
  if (line.len > 0 && line.ptr[line.len - 1] == '\r') line.len--;
  if (first && gh_str_starts(line, GH_STR("\xef\xbb\xbf"))) line = gh_str_n(line.ptr + 3, line.len - 3);
  return line;
}

/* Gives out buffer[start, to) and moves behind it and its newline, if it has one. */
static enum gh_source_answer give(struct file *s, size_t to, bool newline, struct gh_source_record *r)
{
  struct gh_str line = gh_str_n(s->buffer + s->start, to - s->start);
  *r = (struct gh_source_record){.too_long = s->passing};
  r->at_offset = s->passing ? s->passing_offset : s->start_offset;
  r->at_record = s->record;
  if (s->passing) line = gh_str_n(s->kept, KEPT_BYTES);
  if (r->at_offset == 0 && s->path && s->regular) s->mark = gh_source_mark(line);
  r->bytes = trimmed(line, r->at_offset == 0);
  s->start_offset += to - s->start + newline;
  s->start = s->scan = to + newline;
  s->record++;
  s->passing = false;
  r->next_offset = s->start_offset | s->mark;
  r->next_record = s->record;
  return GH_SOURCE_RECORD;
}

static bool find(struct file *s, size_t *to)
{
  while (s->scan < s->end) {
    const char *newline = memchr(s->buffer + s->scan, '\n', s->end - s->scan);
    s->scan = newline ? (size_t)(newline - s->buffer) + 1 : s->end;
    if (!newline) return false;
    *to = s->scan - 1;
    if (s->passing || !s->options.complete || s->options.complete(gh_str_n(s->buffer + s->start, *to - s->start))) return true;
  }
  return false;
}

/* What is held is too long, or belongs to what was: it is let go, but for its beginning. */
static void pass_over(struct file *s)
{
  if (!s->passing) {
    memcpy(s->kept, s->buffer + s->start, KEPT_BYTES);
    s->passing_offset = s->start_offset;
    s->passing = true;
  }
  s->start_offset += s->end - s->start;
  s->start = s->scan = s->end = 0;
}

static bool too_long(const struct file *s, size_t len)
{
  return len > s->options.record_bytes && len > KEPT_BYTES;
}

/* Another file stands under the name and is written to (until then its writer may still have this one open), or this one was cut. */
static bool look_for_rotation(struct file *s)
{
  struct stat now;
  if (!s->path || stat(s->path, &now) != 0) return false; /* not yet made again: the old one goes on */
  bool other = now.st_dev != s->opened.st_dev || now.st_ino != s->opened.st_ino;
  if (other) return now.st_size > 0 || !S_ISREG(now.st_mode);
  return (uint64_t)now.st_size < s->start_offset + (s->end - s->start);
}

static enum gh_source_answer begin_new_file(struct file *s)
{
  int old = s->fd;
  struct gh_source_error error;
  if (!open_file(s, &error)) {
    s->fd = old;
    return s->options.follow ? GH_SOURCE_NOTHING : GH_SOURCE_END;
  }
  close(old);
  s->mark = 0;
  begin_at(s, 0, 1);
  return GH_SOURCE_RECORD;
}

/* The end of what there is. RECORD: look again. */
static enum gh_source_answer at_end(struct file *s, struct gh_source_record *r, bool *given)
{
  bool follow = s->options.follow && s->regular;
  if (follow && !s->rotated) {
    s->rotated = look_for_rotation(s);
    return s->rotated ? GH_SOURCE_RECORD : GH_SOURCE_NOTHING;
  }
  *given = s->end > s->start || s->passing;
  if (*given) return give(s, s->end, false, r);
  return s->rotated ? begin_new_file(s) : GH_SOURCE_END;
}

/* A newline at the end of the block may stand behind more bytes than are allowed. */
static enum gh_source_answer found(struct file *s, size_t to, struct gh_source_record *r)
{
  if (!s->passing && too_long(s, to - s->start)) {
    size_t length = to - s->start;
    memcpy(s->kept, s->buffer + s->start, KEPT_BYTES);
    s->passing_offset = s->start_offset;
    s->passing = true;
    s->start_offset += length;
    s->start = to;
  }
  return give(s, to, true, r);
}

static enum gh_source_answer look(struct file *s, struct gh_source_record *r)
{
  for (;;) {
    size_t to;
    if (find(s, &to)) return found(s, to, r);
    if (s->passing || too_long(s, s->end - s->start)) pass_over(s);
    enum filled filled = fill(s);
    if (filled == BROKEN) return GH_SOURCE_FAILED;
    if (filled == DRY) return GH_SOURCE_NOTHING;
    if (filled == FILLED) continue;
    bool given = false;
    enum gh_source_answer answer = at_end(s, r, &given);
    if (given || answer != GH_SOURCE_RECORD) return answer;
  }
}

static enum gh_source_answer file_next(struct gh_source *base, struct gh_source_record *r)
{
  struct file *s = as_file(base);
  enum gh_source_answer answer = look(s, r);
  s->at_end_ns = answer == GH_SOURCE_NOTHING ? gh_monotonic_ns() : 0;
  return answer;
}

/* ── the table ── */

static const struct gh_source_ops file_ops = {
  .close = file_close, .next = file_next, .at_end_ns = file_at_end_ns, .skipped = file_skipped,
  .replaced = file_replaced, .wait_fd = file_wait_fd, .wait = file_wait, .failure = file_failure,
};

struct gh_source *gh_source_open(const struct gh_source_options *options, struct gh_source_error *error)
{
  struct file *s = calloc(1, sizeof *s);
  GH_CHECK(s && "out of memory");
  s->base.ops = &file_ops;
  s->options = *options;
  s->path = options->path ? strdup(options->path) : NULL;
  s->fd = -1;
  if (!open_file(s, error)) {
    file_close(&s->base);
    return NULL;
  }
  s->cap = BLOCK_BYTES;
  s->buffer = malloc(s->cap);
  GH_CHECK(s->buffer && "out of memory");
  resume(s);
  return &s->base;
}
