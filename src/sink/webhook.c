/* The webhook: POST {"leads":[…]}, up to 100 leads a request, signed. What the answer means:
 *
 *   2xx                                       taken
 *   400, 409, 413, 422 and other 4xx          something in it is refused: the page is split until the refused lead stands alone; that one is REFUSED for good
 *   401 403 404 405 407 408 410 421 425 429,  the endpoint's trouble, not a lead's: tried again, not before Retry-After. A wrong address or a
 *   3xx, 5xx, no answer                       password that is being replaced must not throw leads away
 *
 * The page's size after a split grows again slowly: where one lead is refused the next may be too. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/buf.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "http.h"
#include "inside.h"
#include "sign.h"

#define PAGE_LEADS 100u
#define KEY_BYTES 16u
#define BODY_BYTES (1u << 20) /* beyond it the next lead begins another request */

struct webhook {
  struct gh_sink sink;
  struct gh_http *http;        /* owned, as are the others */
  struct gh_signer *signer;    /* NULL: not signed */
  struct gh_buf body;
  unsigned most;               /* leads of the next request */
};

static void close_sink(struct gh_sink *s)
{
  struct webhook *w = (struct webhook *)s;
  gh_http_close(w->http);
  gh_signer_close(w->signer);
  gh_buf_free(&w->body);
  free(w);
}

static void cut_off(struct gh_sink *s) { gh_http_wake(((struct webhook *)s)->http); }

/* ── a request ── */

/* Lays out as many of the leads as fit, one at least; returns how many. */
static unsigned put_body(struct webhook *w, const struct gh_sink_lead *leads, unsigned n)
{
  unsigned i = 0;
  gh_buf_clear(&w->body);
  gh_buf_add_str(&w->body, GH_STR("{\"leads\":["));
  for (; i < n && (i == 0 || w->body.len + leads[i].json.len < BODY_BYTES); i++) {
    if (i > 0) gh_buf_byte(&w->body, ',');
    gh_buf_add_str(&w->body, leads[i].json);
  }
  gh_buf_add_str(&w->body, GH_STR("]}"));
  return i;
}

/* The same leads have the same key: a single lead its id, several the hash of their ids. */
static void put_key(char out[128], const struct gh_sink_lead *leads, unsigned n)
{
  if (n == 1) {
    snprintf(out, 128, "Idempotency-Key: %.*s", GH_FMT(leads[0].id));
    return;
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned len = 0;
  char hex[KEY_BYTES * 2 + 1];
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  GH_CHECK(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
  for (unsigned i = 0; i < n; i++) {
    GH_CHECK(EVP_DigestUpdate(ctx, leads[i].id.ptr, leads[i].id.len) == 1 && EVP_DigestUpdate(ctx, "\n", 1) == 1);
  }
  GH_CHECK(EVP_DigestFinal_ex(ctx, digest, &len) == 1 && len >= KEY_BYTES);
  EVP_MD_CTX_free(ctx);
  gh_hex(digest, KEY_BYTES, hex);
  snprintf(out, 128, "Idempotency-Key: %s", hex);
}

static struct gh_http_answer post(struct webhook *w, const struct gh_sink_lead *leads, unsigned n)
{
  char key[128], signature[160], value[GH_SIGNATURE];
  put_key(key, leads, n);
  if (w->signer) {
    gh_signer_sign(w->signer, gh_wall_ms() / 1000, gh_buf_str(&w->body), value);
    snprintf(signature, sizeof signature, "X-Goldhour-Signature: %s", value);
  }
  const char *headers[] = {key, signature};
  return gh_http_post(w->http, gh_buf_str(&w->body), headers, w->signer ? 2 : 1);
}

/* ── what is made of its answer ── */

static bool is_endpoints_trouble(long status)
{
  static const long those[] = {401, 403, 404, 405, 407, 408, 410, 421, 425, 429};
  for (size_t i = 0; i < sizeof those / sizeof *those; i++) {
    if (status == those[i]) return true;
  }
  return status < 400 || status > 499;
}

static enum gh_sink_answer fail(struct webhook *w, const struct gh_http_answer *a, struct gh_sink_error *error)
{
  error->wait_ms = a->retry_ms;
  const char *hint = a->status == 401 || a->status == 403 ? ": does it know our secret?"
      : a->status == 404 || a->status == 405              ? ": is the address right?"
      : a->status >= 300 && a->status < 400               ? ": redirects are not followed"
                                                          : "";
  if (a->status == 0) gh_sink_fail(&w->sink, error, "no answer: %s", a->why);
  else gh_sink_fail(&w->sink, error, "it answered with status %ld%s", a->status, hint);
  return GH_SINK_FAILED;
}

static enum gh_sink_answer write_page(struct gh_sink *s, const struct gh_sink_page *page, struct gh_sink_mark *mark, unsigned *taken, struct gh_sink_error *error)
{
  struct webhook *w = (struct webhook *)s;
  (void)mark;
  while (*taken < page->n) {
    unsigned left = page->n - *taken;
    unsigned n = put_body(w, page->leads + *taken, left < w->most ? left : w->most);
    struct gh_http_answer a = post(w, page->leads + *taken, n);
    if (a.status >= 200 && a.status < 300) {
      *taken += n;
      w->most = w->most * 2 < PAGE_LEADS ? w->most * 2 : PAGE_LEADS;
    } else if (is_endpoints_trouble(a.status)) {
      return fail(w, &a, error);
    } else if (n > 1) {
      w->most = n / 2;
    } else {
      gh_sink_fail(s, error, "it refused a lead with status %ld", a.status);
      return GH_SINK_REFUSED;
    }
  }
  return GH_SINK_TAKEN;
}

/* ── opening ── */

static const struct gh_sink_ops ops = {.server = true, .page_leads = PAGE_LEADS, .close = close_sink, .write = write_page, .cut_off = cut_off};

static bool open_signer(struct webhook *w, const struct gh_sink_options *o, char error[256])
{
  if (o->conf->secret_file.text.len == 0) return true;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  w->signer = gh_signer_open(gh_path_join(&arena, o->dir, o->conf->secret_file.text).ptr, error);
  gh_arena_free(&arena);
  return w->signer != NULL;
}

static bool open_http(struct webhook *w, const struct gh_sink_options *o, char error[256])
{
  int64_t timeout_ms = o->conf->timeout_ms > 0 ? o->conf->timeout_ms : 10000;
  w->http = gh_http_open(&(struct gh_http_options){.url = o->conf->url, .dir = o->dir, .tls = &o->conf->tls, .timeout_ms = timeout_ms, .cut = &w->sink.cut}, error);
  return w->http != NULL;
}

struct gh_sink *gh_sink_webhook_open(const struct gh_sink_options *options, struct gh_sink_error *error)
{
  char why[256];
  struct webhook *w = calloc(1, sizeof *w);
  GH_CHECK(w && "out of memory");
  w->sink.ops = &ops;
  w->sink.conf = options->conf;
  w->most = PAGE_LEADS;
  if (open_http(w, options, why) && open_signer(w, options, why)) return &w->sink;
  gh_sink_fail(&w->sink, error, "%s", why);
  close_sink(&w->sink);
  return NULL;
}
