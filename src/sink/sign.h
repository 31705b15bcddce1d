/* The signature of a webhook's request: HMAC-SHA256 over "UNIXTIME.BODY" with a secret out of a file, read anew whenever the file is another one or has
 * changed, so that a secret is replaced without a restart. */
#ifndef GOLDHOUR_SINK_SIGN_H
#define GOLDHOUR_SINK_SIGN_H

#include <stdint.h>

#include "goldhour/base/str.h"

struct gh_signer;

/* NULL with `error`: the file cannot be read, or its first line is empty. */
struct gh_signer *gh_signer_open(const char *path, char error[256]);
void gh_signer_close(struct gh_signer *s);
/* Writes "t=UNIXTIME,v1=HEX". A file that can no longer be read leaves the secret as it was; that is logged once. */
#define GH_SIGNATURE 100
void gh_signer_sign(struct gh_signer *s, int64_t at_s, struct gh_str body, char out[GH_SIGNATURE]);

/* Lower-case hexadecimal of `n` bytes, ended by NUL. */
void gh_hex(const unsigned char *bytes, size_t n, char *out);

#endif
