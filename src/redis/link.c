#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "wire.h"

enum { KEEPALIVE_S = 15 };

static void connect_next(struct gh_link *link);
static void on_resolved(uv_async_t *resolved);

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
  else if (link->tried < link->name.naddresses) connect_next(link);
  else gh_link_fail(link, "connect", uv_strerror(link->status));
}

void gh_link_close(struct gh_link *link)
{
  link->closed = true;
  if (link->resolving) gh_name_leave(&link->name);
  if (link->resolving) on_resolved(&link->resolved);
  if (link->has_tcp && !uv_is_closing((uv_handle_t *)&link->tcp)) uv_close((uv_handle_t *)&link->tcp, on_closed);
  release(link);
}

const char *gh_link_lacks(const struct gh_link *link)
{
  if (link->resolving) return "the system has not found its name in time";
  if (link->connected) return "it can be connected to, but says nothing in TLS: is TLS spoken at this port?";
  return "it cannot be connected to in time";
}

static void on_connected(uv_connect_t *req, int status)
{
  struct gh_link *link = req->data;
  if (link->closed || uv_is_closing((uv_handle_t *)&link->tcp)) return;
  link->connected = status == 0;
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
  const struct sockaddr_storage *address = &link->name.addresses[(link->attempt + link->tried++) % link->name.naddresses];
  int status = uv_tcp_connect(&link->connect, &link->tcp, (const struct sockaddr *)address, on_connected);
  if (status < 0) {
    on_connected(&link->connect, status);
    return;
  }
  uv_tcp_nodelay(&link->tcp, 1);
  uv_tcp_keepalive(&link->tcp, 1, KEEPALIVE_S);
}

/* ---- names ---- */

static void on_looked_up(uv_handle_t *handle)
{
  struct gh_link *link = handle->data;
  link->resolving = false;
  if (link->closed) release(link);
  else if (link->name.naddresses) connect_next(link);
  else gh_link_fail(link, "its name is not found", link->name.fault ? gai_strerror(link->name.fault) : "it has no address");
}

static void on_resolved(uv_async_t *resolved)
{
  if (!uv_is_closing((uv_handle_t *)resolved)) uv_close((uv_handle_t *)resolved, on_looked_up);
}

static void resolve(struct gh_link *link)
{
  GH_CHECK(uv_async_init(link->loop, &link->resolved, on_resolved) == 0);
  link->resolved.data = link;
  link->resolving = true;
  link->name.found = &link->resolved;
  if (gh_name_ask(&link->name, link->host, link->port)) uv_close((uv_handle_t *)&link->resolved, on_looked_up);
}

/* An address in digits needs no look-up. */
static bool in_digits(struct gh_link *link, int port)
{
  struct sockaddr_storage *a = &link->name.addresses[0];
  bool is = uv_ip4_addr(link->host, port, (struct sockaddr_in *)a) == 0 || uv_ip6_addr(link->host, port, (struct sockaddr_in6 *)a) == 0;
  link->name.naddresses = is;
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
  snprintf(link->host, sizeof link->host, "%s", address.host);
  snprintf(link->port, sizeof link->port, "%u", address.port);
  if (tls) link->tls = gh_tls_session_new(tls, link->host);
  if (in_digits(link, (int)address.port)) connect_next(link);
  else resolve(link);
  return link;
}
