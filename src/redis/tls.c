#include "tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

enum { WRITE_BYTES = 64 << 10 }; /* encrypted in one go */

struct gh_tls { SSL_CTX *ctx; bool any_host; };
struct gh_tls_session { SSL *ssl; BIO *in, *out; char why[256]; };

/* OpenSSL's own words on what went wrong last, and its list of errors emptied: it is shared by all sessions of a thread. */
static void last_error(char *text, size_t cap, const char *otherwise)
{
  unsigned long error = ERR_peek_last_error();
  const char *reason = error ? ERR_reason_error_string(error) : NULL;
  snprintf(text, cap, "%s", reason ? reason : otherwise);
  ERR_clear_error();
}

static bool complain(struct gh_redis_error *error, const char *what, struct gh_path path)
{
  char why[200];
  last_error(why, sizeof why, "it cannot be read");
  snprintf(error->text, sizeof error->text, "tls: %s '%.*s': %s", what, GH_FMT(path.text), why);
  return false;
}

static bool read_certificates(SSL_CTX *ctx, const struct gh_tls_conf *conf, struct gh_str dir, struct gh_redis_error *error)
{
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  bool ok = true;
  if (conf->ca.text.len) {
    ok = SSL_CTX_load_verify_locations(ctx, gh_path_join(&arena, dir, conf->ca.text).ptr, NULL) == 1 || complain(error, "ca", conf->ca);
  } else {
    ok = SSL_CTX_set_default_verify_paths(ctx) == 1 || complain(error, "the system's certificates", conf->ca);
  }
  if (ok && conf->cert.text.len) {
    ok = SSL_CTX_use_certificate_chain_file(ctx, gh_path_join(&arena, dir, conf->cert.text).ptr) == 1 || complain(error, "cert", conf->cert);
  }
  struct gh_path key = conf->key.text.len ? conf->key : conf->cert;
  if (ok && conf->cert.text.len) {
    ok = SSL_CTX_use_PrivateKey_file(ctx, gh_path_join(&arena, dir, key.text).ptr, SSL_FILETYPE_PEM) == 1 || complain(error, "key", key);
  }
  gh_arena_free(&arena);
  return ok;
}

/* A key with a password would ask for it on the terminal. */
static int no_password(char *to, int cap, int writing, void *ctx)
{
  (void)to, (void)cap, (void)writing, (void)ctx;
  return 0;
}

struct gh_tls *gh_tls_new(const struct gh_tls_conf *conf, struct gh_str dir, struct gh_redis_error *error)
{
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  GH_CHECK(ctx && "out of memory");
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_default_passwd_cb(ctx, no_password);
  if (!read_certificates(ctx, conf, dir, error)) {
    SSL_CTX_free(ctx);
    return NULL;
  }
  struct gh_tls *t = malloc(sizeof *t);
  GH_CHECK(t && "out of memory");
  *t = (struct gh_tls){.ctx = ctx, .any_host = conf->any_host};
  return t;
}

void gh_tls_free(struct gh_tls *t)
{
  if (!t) return;
  SSL_CTX_free(t->ctx);
  free(t);
}

bool gh_redis_tls_good(const struct gh_tls_conf *conf, struct gh_str dir, struct gh_redis_error *error)
{
  struct gh_tls *t = gh_tls_new(conf, dir, error);
  gh_tls_free(t);
  return t != NULL;
}

/* An address in digits is compared with the certificate's addresses and not said as the server's name. */
static void expect_host(const struct gh_tls *t, SSL *ssl, const char *host)
{
  unsigned char digits[sizeof(struct in6_addr)];
  bool is_address = inet_pton(AF_INET, host, digits) == 1 || inet_pton(AF_INET6, host, digits) == 1;
  X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
  if (!is_address) GH_CHECK(SSL_set_tlsext_host_name(ssl, host) == 1);
  if (t->any_host) return;
  if (is_address) GH_CHECK(X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1);
  else GH_CHECK(X509_VERIFY_PARAM_set1_host(param, host, 0) == 1);
}

struct gh_tls_session *gh_tls_session_new(struct gh_tls *t, const char *host)
{
  struct gh_tls_session *s = calloc(1, sizeof *s);
  GH_CHECK(s && "out of memory");
  s->ssl = SSL_new(t->ctx);
  s->in = BIO_new(BIO_s_mem());
  s->out = BIO_new(BIO_s_mem());
  GH_CHECK(s->ssl && s->in && s->out && "out of memory");
  BIO_set_mem_eof_return(s->in, -1); /* empty is "wait", not "over" */
  SSL_set_bio(s->ssl, s->in, s->out);
  SSL_set_connect_state(s->ssl);
  expect_host(t, s->ssl, host);
  return s;
}

void gh_tls_session_free(struct gh_tls_session *s)
{
  SSL_free(s->ssl); /* and both of its BIOs */
  free(s);
}

static enum gh_tls_step judge(struct gh_tls_session *s, int result)
{
  switch (SSL_get_error(s->ssl, result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE: return GH_TLS_WAITS; /* a memory BIO takes everything: it is always reading that is waited for */
  case SSL_ERROR_ZERO_RETURN: return GH_TLS_CLOSED;
  default: break;
  }
  long verdict = SSL_get_verify_result(s->ssl);
  if (verdict == X509_V_OK) last_error(s->why, sizeof s->why, "broken");
  else snprintf(s->why, sizeof s->why, "the server's certificate: %s", X509_verify_cert_error_string(verdict));
  ERR_clear_error();
  return GH_TLS_BROKEN;
}

void gh_tls_feed(struct gh_tls_session *s, const char *data, size_t len)
{
  GH_CHECK(BIO_write(s->in, data, (int)len) == (int)len && "out of memory");
}

enum gh_tls_step gh_tls_handshake(struct gh_tls_session *s)
{
  ERR_clear_error();
  int result = SSL_do_handshake(s->ssl);
  return result == 1 ? GH_TLS_READY : judge(s, result);
}

enum gh_tls_step gh_tls_read(struct gh_tls_session *s, char *to, size_t cap, size_t *len)
{
  ERR_clear_error();
  int result = SSL_read_ex(s->ssl, to, cap, len);
  return result == 1 ? GH_TLS_READY : judge(s, result);
}

enum gh_tls_step gh_tls_write(struct gh_tls_session *s, const char *data, size_t len, size_t *taken)
{
  ERR_clear_error();
  int result = SSL_write_ex(s->ssl, data, len < WRITE_BYTES ? len : WRITE_BYTES, taken);
  return result == 1 ? GH_TLS_READY : judge(s, result);
}

void gh_tls_output(struct gh_tls_session *s, struct gh_buf *out)
{
  size_t pending = BIO_ctrl_pending(s->out);
  if (!pending) return;
  int n = BIO_read(s->out, gh_buf_room(out, pending), (int)pending);
  GH_CHECK(n == (int)pending);
  out->len += (size_t)n;
}

const char *gh_tls_why(const struct gh_tls_session *s) { return s->why; }
