/* One TCP connection with TLS where asked for: the name resolved, connected, greeted by TLS, bytes in and out. It lives once: what broke is closed, and
 * another is opened by whoever needs it. All on the client's thread.
 *
 * Of its owner's functions `failed` is called at most once, and nothing after it or after gh_link_close; its memory goes when libuv has let go.
 */
#ifndef GOLDHOUR_REDIS_LINK_H
#define GOLDHOUR_REDIS_LINK_H

#include <uv.h>

#include "tls.h"

struct gh_link;
struct gh_link_owner {
  void (*opened)(void *ctx);
  void (*bytes)(void *ctx, const char *data, size_t len);
  void (*drained)(void *ctx);   /* what was given to gh_link_write has left; only if that said that it had not */
  void (*failed)(void *ctx, const char *why);
};

struct gh_link_address { const char *host; unsigned port; unsigned attempt; }; /* attempt: with which of a name's addresses to begin */

/* Begins to connect. `tls` NULL: none; borrowed. */
struct gh_link *gh_link_open(uv_loop_t *loop, struct gh_link_address address, struct gh_tls *tls, const struct gh_link_owner *owner, void *ctx);
void gh_link_close(struct gh_link *link);
/* Why it has not opened yet, for people. */
const char *gh_link_lacks(const struct gh_link *link);

enum { GH_LINK_PIECES = 128 };
/* Writes up to GH_LINK_PIECES pieces, the bytes borrowed until `drained` or the end of the link. True: all of it has left. False: not yet, nothing more may be
 * written until `drained`. */
bool gh_link_write(struct gh_link *link, const uv_buf_t *pieces, unsigned n);
/* How many of the bytes of the last write have certainly not left. */
size_t gh_link_left(const struct gh_link *link);
bool gh_link_busy(const struct gh_link *link);

#endif
