#include "sign.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

#define SECRET_BYTES 1024
#define SHA256_BYTES 32

struct gh_signer {
  char *path;                  /* owned */
  char secret[SECRET_BYTES]; size_t len;
  struct stat seen;            /* of the file it was read from */
  bool troubled;               /* told */
};

void gh_hex(const unsigned char *bytes, size_t n, char *out)
{
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < n; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  out[2 * n] = '\0';
}

static bool is_seen(const struct gh_signer *s, const struct stat *st)
{
  return st->st_dev == s->seen.st_dev && st->st_ino == s->seen.st_ino && st->st_size == s->seen.st_size
      && st->st_mtim.tv_sec == s->seen.st_mtim.tv_sec && st->st_mtim.tv_nsec == s->seen.st_mtim.tv_nsec;
}

/* The first line counts, without a CR before its end. */
static bool read_secret(struct gh_signer *s, char error[256])
{
  char text[SECRET_BYTES];
  int fd = open(s->path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
  struct stat st;
  bool ok = n >= 0 && fstat(fd, &st) == 0;
  int e = errno;
  if (fd >= 0) close(fd);
  if (!ok) return snprintf(error, 256, "the secret %s cannot be read: %s", s->path, strerror(e)), false;
  const char *end = memchr(text, '\n', (size_t)n);
  size_t len = end ? (size_t)(end - text) : (size_t)n;
  if (len > 0 && text[len - 1] == '\r') len--;
  bool fits = end || len < sizeof text;
  if (len > 0 && fits) {
    memcpy(s->secret, text, len);
    s->len = len;
    s->seen = st;
  }
  OPENSSL_cleanse(text, sizeof text);
  if (len > 0 && fits) return true;
  return snprintf(error, 256, "the secret %s %s", s->path, len ? "is longer than 1023 bytes" : "is empty"), false;
}

struct gh_signer *gh_signer_open(const char *path, char error[256])
{
  struct gh_signer *s = calloc(1, sizeof *s);
  GH_CHECK(s && "out of memory");
  s->path = strdup(path);
  GH_CHECK(s->path && "out of memory");
  if (read_secret(s, error)) return s;
  gh_signer_close(s);
  return NULL;
}

void gh_signer_close(struct gh_signer *s)
{
  if (!s) return;
  OPENSSL_cleanse(s->secret, sizeof s->secret);
  free(s->path);
  free(s);
}

static void look_again(struct gh_signer *s)
{
  struct stat st;
  char error[256];
  if (stat(s->path, &st) == 0 && is_seen(s, &st)) {
    s->troubled = false;
    return;
  }
  bool ok = read_secret(s, error);
  if (ok) gh_log(GH_INFO, "the webhook's secret was read anew", "path=\"%s\"", s->path);
  else if (!s->troubled) gh_log(GH_WARN, "the webhook's secret cannot be read anew: the one before is used", "why=\"%s\"", error);
  s->troubled = !ok;
}

void gh_signer_sign(struct gh_signer *s, int64_t at_s, struct gh_str body, char out[GH_SIGNATURE])
{
  look_again(s);
  unsigned char digest[SHA256_BYTES];
  char sha256[] = "SHA256", time[32], hex[2 * SHA256_BYTES + 1];
  int len = snprintf(time, sizeof time, "%lld.", (long long)at_s);
  EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", sha256, 0), OSSL_PARAM_construct_end()};
  size_t made = 0;
  GH_CHECK(ctx && EVP_MAC_init(ctx, (const unsigned char *)s->secret, s->len, params) == 1);
  GH_CHECK(EVP_MAC_update(ctx, (const unsigned char *)time, (size_t)len) == 1);
  GH_CHECK(EVP_MAC_update(ctx, (const unsigned char *)body.ptr, body.len) == 1 && EVP_MAC_final(ctx, digest, &made, sizeof digest) == 1);
  EVP_MAC_CTX_free(ctx);
  EVP_MAC_free(hmac);
  gh_hex(digest, made, hex);
  snprintf(out, GH_SIGNATURE, "t=%lld,v1=%s", (long long)at_s, hex);
}
