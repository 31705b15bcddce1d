/* Standard output: one JSON line a lead. Who reads it may be slow: we wait for room (poll) and look now and then whether we are cut off, and never write
 * more at once than a pipe with room takes without blocking. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/base/buf.h"
#include "goldhour/base/check.h"
#include "inside.h"

#define SLICE_BYTES 4096 /* POLLOUT of a pipe promises a page */
#define WAIT_MS 50       /* how soon being cut off is noticed */

struct stdout_sink {
  struct gh_sink sink;
  bool may_block;        /* a pipe, a socket, a terminal */
  struct gh_buf lines;
};

static void close_sink(struct gh_sink *s)
{
  struct stdout_sink *o = (struct stdout_sink *)s;
  gh_buf_free(&o->lines);
  free(o);
}

static ssize_t put(struct stdout_sink *o, struct gh_str bytes)
{
  struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
  if (o->may_block && poll(&p, 1, WAIT_MS) <= 0) return 0;
  size_t n = o->may_block && bytes.len > SLICE_BYTES ? SLICE_BYTES : bytes.len;
  ssize_t written = write(STDOUT_FILENO, bytes.ptr, n);
  return written < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : written;
}

static enum gh_sink_answer write_page(struct gh_sink *s, const struct gh_sink_page *page, struct gh_sink_mark *mark, unsigned *taken, struct gh_sink_error *error)
{
  struct stdout_sink *o = (struct stdout_sink *)s;
  gh_buf_clear(&o->lines);
  for (unsigned i = 0; i < page->n; i++) {
    gh_buf_add_str(&o->lines, page->leads[i].json);
    gh_buf_byte(&o->lines, '\n');
  }
  for (size_t done = 0; done < o->lines.len;) {
    if (atomic_load(&s->cut)) return gh_sink_fail(s, error, "nobody reads it"), GH_SINK_FAILED;
    ssize_t n = put(o, gh_str_n(o->lines.data + done, o->lines.len - done));
    if (n < 0) return gh_sink_fail(s, error, "cannot be written: %s", strerror(errno)), GH_SINK_FAILED;
    done += (size_t)n;
  }
  mark->bytes += (int64_t)o->lines.len;
  *taken = page->n;
  return GH_SINK_TAKEN;
}

static const struct gh_sink_ops ops = {.page_leads = 4096, .close = close_sink, .write = write_page};

struct gh_sink *gh_sink_stdout_open(const struct gh_sink_options *options, struct gh_sink_error *error)
{
  (void)error;
  struct stdout_sink *o = calloc(1, sizeof *o);
  GH_CHECK(o && "out of memory");
  o->sink.ops = &ops;
  o->sink.conf = options->conf;
  struct stat st;
  o->may_block = fstat(STDOUT_FILENO, &st) == 0 && !S_ISREG(st.st_mode);
  return &o->sink;
}
