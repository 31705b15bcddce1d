#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "wire.h"

enum { KEEPALIVE_S = 15 };

static void connect_next(struct gh_link *link);

void gh_link_fail(struct gh_link *link, const char *what, const char *why)
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
  else gh_link_fail(link, "connect", uv_strerror(link->status));
}

void gh_link_close(struct gh_link *link)
{
  link->closed = true;
  if (link->resolving) uv_cancel((uv_req_t *)&link->resolve);
  if (link->has_tcp && !uv_is_closing((uv_handle_t *)&link->tcp)) uv_close((uv_handle_t *)&link->tcp, on_closed);
  release(link);
}

static void on_connected(uv_connect_t *req, int status)
{
  struct gh_link *link = req->data;
  if (link->closed || uv_is_closing((uv_handle_t *)&link->tcp)) return;
  if (status == 0) status = gh_wire_begin(link);
  if (status == 0) return;
  link->status = status;
  uv_close((uv_handle_t *)&link->tcp, on_closed); /* then the next address, or the end */
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
  else gh_link_fail(link, "its name is not found", status < 0 ? uv_strerror(status) : "it has no address");
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
