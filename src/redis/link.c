#include "link.h"

#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

enum { MOST_ADDRESSES = 8, INPUT_BYTES = 64 << 10, CIPHER_BYTES = 256 << 10, CHUNK_BYTES = 256 << 10, KEEPALIVE_S = 15 };

struct gh_link {
  uv_loop_t *loop;
  const struct gh_link_owner *owner; void *ctx;
  char host[256];
  unsigned attempt;
  struct sockaddr_storage addresses[MOST_ADDRESSES];
  unsigned naddresses, tried;
  uv_getaddrinfo_t resolve; bool resolving;
  uv_tcp_t tcp; bool has_tcp;
  int status;                            /* of the last attempt to connect */
  uv_connect_t connect;
  uv_write_t write; bool writing; size_t chunk; /* chunk: of the pieces, in libuv's hands */
  bool broken;                           /* for writing; reading will tell */
  uv_buf_t pieces[GH_LINK_PIECES]; unsigned npieces, piece; /* still to be written: from `piece` on */
  struct gh_tls_session *tls; bool greeted;
  struct gh_buf cipher;                  /* encrypted, being written */
  bool closed;
  char input[INPUT_BYTES];
};

static void connect_next(struct gh_link *link);

static void fail(struct gh_link *link, const char *what, const char *why)
{
  char text[256];
  snprintf(text, sizeof text, "%s%s%s", what, *what ? ": " : "", why);
  if (!link->closed) link->owner->failed(link->ctx, text);
}

static void release(struct gh_link *link)
{
  if (!link->closed || link->resolving || link->has_tcp) return;
  if (link->tls) gh_tls_session_free(link->tls);
  gh_buf_free(&link->cipher);
  free(link);
}

static void on_closed(uv_handle_t *handle)
{
  struct gh_link *link = handle->data;
  link->has_tcp = false;
  if (link->closed) release(link);
  else if (link->tried < link->naddresses) connect_next(link);
  else fail(link, "connect", uv_strerror(link->status));
}

void gh_link_close(struct gh_link *link)
{
  link->closed = true;
  if (link->resolving) uv_cancel((uv_req_t *)&link->resolve);
  if (link->has_tcp && !uv_is_closing((uv_handle_t *)&link->tcp)) uv_close((uv_handle_t *)&link->tcp, on_closed);
  release(link);
}

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

static void encrypt(struct gh_link *link)
{
  gh_tls_output(link->tls, &link->cipher);
  while (link->piece < link->npieces && link->cipher.len < CIPHER_BYTES && !link->broken) {
    size_t taken = 0;
    const uv_buf_t *b = &link->pieces[link->piece];
    link->broken = gh_tls_write(link->tls, b->base, b->len, &taken) != GH_TLS_READY;
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
  fail(link, "TLS", step == GH_TLS_CLOSED ? "closed by the server" : gh_tls_why(link->tls));
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
    fail(link, n == UV_EOF ? "" : "read", n == UV_EOF ? "the server closed the connection" : uv_strerror((int)n));
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

/* ---- connecting ---- */

static void on_connected(uv_connect_t *req, int status)
{
  struct gh_link *link = req->data;
  if (link->closed || uv_is_closing((uv_handle_t *)&link->tcp)) return;
  if (status == 0) status = uv_read_start((uv_stream_t *)&link->tcp, on_alloc, on_read);
  link->status = status;
  if (status < 0) uv_close((uv_handle_t *)&link->tcp, on_closed); /* then the next address, or the end */
  else if (link->tls) greet(link);
  else link->owner->opened(link->ctx);
}

static void connect_next(struct gh_link *link)
{
  GH_CHECK(uv_tcp_init(link->loop, &link->tcp) == 0);
  link->has_tcp = true;
  link->tcp.data = link->connect.data = link;
  const struct sockaddr_storage *address = &link->addresses[(link->attempt + link->tried++) % link->naddresses];
  int status = uv_tcp_connect(&link->connect, &link->tcp, (const struct sockaddr *)address, on_connected);
  if (status < 0) {
    on_connected(&link->connect, status);
    return;
  }
  uv_tcp_nodelay(&link->tcp, 1);
  uv_tcp_keepalive(&link->tcp, 1, KEEPALIVE_S);
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
  struct gh_link *link = req->data;
  link->resolving = false;
  for (struct addrinfo *a = status == 0 ? list : NULL; a && link->naddresses < MOST_ADDRESSES; a = a->ai_next) {
    memcpy(&link->addresses[link->naddresses++], a->ai_addr, a->ai_addrlen);
  }
  uv_freeaddrinfo(list);
  if (link->closed) release(link);
  else if (link->naddresses) connect_next(link);
  else fail(link, "its name is not found", status < 0 ? uv_strerror(status) : "it has no address");
}

/* A name that is none. */
static void fail_later(struct gh_link *link)
{
  GH_CHECK(uv_tcp_init(link->loop, &link->tcp) == 0);
  link->has_tcp = true;
  link->tcp.data = link;
  uv_close((uv_handle_t *)&link->tcp, on_closed);
}

/* An address in digits needs no waiting for libuv's threads. */
static bool in_digits(struct gh_link *link, int port)
{
  struct sockaddr_storage *a = &link->addresses[0];
  bool is = uv_ip4_addr(link->host, port, (struct sockaddr_in *)a) == 0 || uv_ip6_addr(link->host, port, (struct sockaddr_in6 *)a) == 0;
  link->naddresses = is;
  return is;
}

/* Every failure comes from the loop, never out of this function. */
struct gh_link *gh_link_open(uv_loop_t *loop, struct gh_link_address address, struct gh_tls *tls, const struct gh_link_owner *owner, void *ctx)
{
  struct gh_link *link = malloc(sizeof *link);
  GH_CHECK(link && "out of memory");
  memset(link, 0, offsetof(struct gh_link, input));
  link->loop = loop;
  link->owner = owner;
  link->ctx = ctx;
  link->attempt = address.attempt;
  char port[16];
  snprintf(link->host, sizeof link->host, "%s", address.host);
  snprintf(port, sizeof port, "%u", address.port);
  if (tls) link->tls = gh_tls_session_new(tls, link->host);
  if (in_digits(link, (int)address.port)) {
    connect_next(link);
    return link;
  }
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
  link->resolve.data = link;
  link->status = uv_getaddrinfo(loop, &link->resolve, on_resolved, link->host, port, &hints);
  link->resolving = link->status == 0;
  if (!link->resolving) fail_later(link);
  return link;
}
