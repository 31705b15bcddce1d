/* One HTTP endpoint that JSON is posted to, over a connection that is kept alive (libcurl). Redirects are not followed, proxies of the environment not used, the
 * bytes of an answer passed over: of it the status and Retry-After alone are looked at. Used by one thread. */
#ifndef GOLDHOUR_SINK_HTTP_H
#define GOLDHOUR_SINK_HTTP_H

#include <stdatomic.h>
#include <stdint.h>

#include "goldhour/base/str.h"
#include "goldhour/conf/edges.h"

struct gh_http;

struct gh_http_options {
  struct gh_str url, dir;              /* dir: what the paths of tls are against */
  const struct gh_tls_conf *tls;
  int64_t timeout_ms;                  /* of a request, connecting included */
  const atomic_bool *cut;              /* once set, requests end */
};

/* NULL with `error`: a certificate's file cannot be read, the URL is none. */
struct gh_http *gh_http_open(const struct gh_http_options *options, char error[256]);
void gh_http_close(struct gh_http *h);

/* status 0: there was no answer, and `why` says what happened. retry_ms: of Retry-After; 0: none. */
struct gh_http_answer { long status; int64_t retry_ms; char why[256]; };
/* POSTs `body`; `headers` are whole lines, "Name: value". */
struct gh_http_answer gh_http_post(struct gh_http *h, struct gh_str body, const char *const *headers, unsigned nheaders);
/* From any thread, after `cut` was set: what is waited for ends. */
void gh_http_wake(struct gh_http *h);

#endif
