/* The inside of a link, shared by link.c (its life) and wire.c (its bytes). */
#ifndef GOLDHOUR_REDIS_WIRE_H
#define GOLDHOUR_REDIS_WIRE_H

#include "link.h"
#include "names.h"

enum { INPUT_BYTES = 64 << 10 };

struct gh_link {
  uv_loop_t *loop;
  const struct gh_link_owner *owner; void *ctx;
  char host[256], port[16];
  unsigned attempt;
  struct gh_name name; unsigned tried;   /* how many of its addresses */
  uv_async_t resolved; bool resolving;   /* until the handle is closed */
  uv_tcp_t tcp; bool has_tcp, connected;
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

/* Tells the owner, unless the link is closed. The last thing that a caller does with it. */
void gh_link_fail(struct gh_link *link, const char *what, const char *why);
/* It is connected: reads, greets by TLS. 0, or libuv's error. */
int gh_wire_begin(struct gh_link *link);

#endif
