/* The bytes of a link: written from where they lie, encrypted a part at a time, read as they come. */
#include "wire.h"

#include "goldhour/base/check.h"

enum { CIPHER_BYTES = 256 << 10, CHUNK_BYTES = 256 << 10, RECORD_BYTES = 16 << 10 };

/* ---- writing ---- */

/* Goes over `n` bytes of the pieces that have left. */
static void skip(struct gh_link *link, size_t n)
{
  while (n > 0) {
    uv_buf_t *b = &link->pieces[link->piece];
    size_t part = n < b->len ? n : b->len;
    b->base += part;
    b->len -= part;
    n -= part;
    if (b->len == 0) link->piece++;
  }
}

static bool pump(struct gh_link *link);
static bool send_plain(struct gh_link *link);

static void on_written(uv_write_t *req, int status)
{
  struct gh_link *link = req->data;
  link->writing = false;
  if (link->closed) return;
  skip(link, link->chunk);
  link->chunk = 0;
  gh_buf_clear(&link->cipher);
  link->broken = link->broken || status < 0;
  bool asked = link->npieces > 0;
  if ((link->tls ? pump(link) : send_plain(link)) && asked) {
    link->npieces = link->piece = 0;
    link->owner->drained(link->ctx);
  }
}

/* Writes what the system takes at once: how much. A connection that cannot be written to is not given up before it is read to its end: there the server may
 * have said why. */
static size_t send_now(struct gh_link *link, const uv_buf_t *bufs, unsigned n)
{
  int sent = uv_try_write((uv_stream_t *)&link->tcp, bufs, n);
  link->broken = sent < 0 && sent != UV_EAGAIN;
  return sent > 0 ? (size_t)sent : 0;
}

static void send_later(struct gh_link *link, uv_buf_t buf)
{
  link->write.data = link;
  link->writing = uv_write(&link->write, (uv_stream_t *)&link->tcp, &buf, 1, on_written) == 0;
  link->broken = !link->writing;
}

/* libuv does not tell how far a write came that failed: so little by little, and all behind the piece in its hands has certainly not left. */
static bool send_plain(struct gh_link *link)
{
  while (link->piece < link->npieces && !link->broken) {
    size_t sent = send_now(link, link->pieces + link->piece, link->npieces - link->piece);
    skip(link, sent);
    if (sent > 0 || link->broken) continue;
    uv_buf_t part = link->pieces[link->piece];
    if (part.len > CHUNK_BYTES) part.len = CHUNK_BYTES;
    send_later(link, part);
    link->chunk = link->writing ? part.len : 0;
    return false;
  }
  return !link->broken;
}

/* What to encrypt next: a large piece as it lies, or small ones together, for each record has its cost at both ends. */
static struct gh_str gather(const struct gh_link *link, char *record)
{
  const uv_buf_t *first = &link->pieces[link->piece];
  if (first->len >= RECORD_BYTES || link->piece + 1 == link->npieces) return gh_str_n(first->base, first->len);
  size_t n = 0;
  for (unsigned i = link->piece; i < link->npieces && n < RECORD_BYTES; i++) {
    size_t room = RECORD_BYTES - n, part = link->pieces[i].len < room ? link->pieces[i].len : room;
    memcpy(record + n, link->pieces[i].base, part);
    n += part;
  }
  return gh_str_n(record, n);
}

static void encrypt(struct gh_link *link)
{
  char record[RECORD_BYTES];
  gh_tls_output(link->tls, &link->cipher);
  while (link->piece < link->npieces && link->cipher.len < CIPHER_BYTES && !link->broken) {
    size_t taken = 0;
    struct gh_str part = gather(link, record);
    link->broken = gh_tls_write(link->tls, part.ptr, part.len, &taken) != GH_TLS_READY;
    skip(link, taken);
    gh_tls_output(link->tls, &link->cipher);
  }
}

/* Encrypts and writes as much as goes; also what TLS itself has to say. True: all of it has left. */
static bool pump(struct gh_link *link)
{
  while (!link->writing && !link->broken) {
    encrypt(link);
    if (!link->cipher.len) return !link->broken;
    size_t sent = send_now(link, &(uv_buf_t){.base = link->cipher.data, .len = link->cipher.len}, 1);
    if (sent < link->cipher.len && !link->broken) send_later(link, (uv_buf_t){.base = link->cipher.data + sent, .len = link->cipher.len - sent});
    else gh_buf_clear(&link->cipher);
  }
  return false;
}

bool gh_link_write(struct gh_link *link, const uv_buf_t *pieces, unsigned n)
{
  GH_CHECK(!link->closed && !gh_link_busy(link) && n <= GH_LINK_PIECES);
  memcpy(link->pieces, pieces, n * sizeof *pieces);
  link->npieces = n;
  link->piece = 0;
  bool all = link->tls ? pump(link) : send_plain(link);
  if (all) link->npieces = link->piece = 0;
  return all;
}

size_t gh_link_left(const struct gh_link *link)
{
  size_t n = 0;
  for (unsigned i = link->piece; i < link->npieces; i++) n += link->pieces[i].len;
  return n - link->chunk;
}

bool gh_link_busy(const struct gh_link *link) { return link->npieces > 0; }

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
  (void)suggested;
  struct gh_link *link = handle->data;
  *buf = uv_buf_init(link->input, INPUT_BYTES);
}

static void tls_failed(struct gh_link *link, enum gh_tls_step step)
{
  pump(link); /* the alert */
  gh_link_fail(link, "TLS", step == GH_TLS_CLOSED ? "closed by the server" : gh_tls_why(link->tls));
}

static void greet(struct gh_link *link)
{
  enum gh_tls_step step = gh_tls_handshake(link->tls);
  if (step == GH_TLS_CLOSED || step == GH_TLS_BROKEN) {
    tls_failed(link, step);
    return;
  }
  pump(link);
  if (step != GH_TLS_READY) return;
  link->greeted = true;
  link->owner->opened(link->ctx);
}

static void take_plain_text(struct gh_link *link)
{
  static _Thread_local char text[INPUT_BYTES];
  while (!link->closed) {
    size_t len = 0;
    enum gh_tls_step step = gh_tls_read(link->tls, text, sizeof text, &len);
    if (step == GH_TLS_READY) link->owner->bytes(link->ctx, text, len);
    else if (step == GH_TLS_WAITS) break;
    else tls_failed(link, step);
    if (step != GH_TLS_READY) return;
  }
  if (!link->closed) pump(link);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
  struct gh_link *link = stream->data;
  if (link->closed || n == 0) return;
  if (n < 0) {
    gh_link_fail(link, n == UV_EOF ? "" : "read", n == UV_EOF ? "the server closed the connection" : uv_strerror((int)n));
    return;
  }
  if (!link->tls) {
    link->owner->bytes(link->ctx, buf->base, (size_t)n);
    return;
  }
  gh_tls_feed(link->tls, buf->base, (size_t)n);
  if (!link->greeted) greet(link);
  if (!link->closed && link->greeted) take_plain_text(link);
}

int gh_wire_begin(struct gh_link *link)
{
  int status = uv_read_start((uv_stream_t *)&link->tcp, on_alloc, on_read);
  if (status < 0) return status;
  if (link->tls) greet(link);
  else link->owner->opened(link->ctx);
  return 0;
}
