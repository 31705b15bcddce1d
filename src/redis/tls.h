/* TLS over bytes: what the wire brought goes in, what it shall carry comes out; between them the plain text. No sockets here. */
#ifndef GOLDHOUR_REDIS_TLS_H
#define GOLDHOUR_REDIS_TLS_H

#include "goldhour/redis/redis.h"

struct gh_tls;         /* what is the same for all connections: certificates, how to judge them */
struct gh_tls_session; /* one connection's */

/* Reads the certificates (paths against `dir`). NULL with `error`. */
struct gh_tls *gh_tls_new(const struct gh_tls_conf *conf, struct gh_str dir, struct gh_redis_error *error);
void gh_tls_free(struct gh_tls *t);

struct gh_tls_session *gh_tls_session_new(struct gh_tls *t, const char *host);
void gh_tls_session_free(struct gh_tls_session *s);

enum gh_tls_step { GH_TLS_WAITS, GH_TLS_READY, GH_TLS_CLOSED, GH_TLS_BROKEN };
/* Bytes from the wire. */
void gh_tls_feed(struct gh_tls_session *s, const char *data, size_t len);
/* Goes on with the handshake. READY: it is over. */
enum gh_tls_step gh_tls_handshake(struct gh_tls_session *s);
/* Up to `cap` bytes of plain text. READY: `len` of them. */
enum gh_tls_step gh_tls_read(struct gh_tls_session *s, char *to, size_t cap, size_t *len);
/* Encrypts a part of `data`; how much is said in `taken`. */
enum gh_tls_step gh_tls_write(struct gh_tls_session *s, const char *data, size_t len, size_t *taken);
/* Appends to `out` what is to go to the wire. */
void gh_tls_output(struct gh_tls_session *s, struct gh_buf *out);
/* Why it is BROKEN. */
const char *gh_tls_why(const struct gh_tls_session *s);

#endif
