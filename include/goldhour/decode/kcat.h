/* Messages of a stream kept in a file, one a line, as `kcat -J` prints them: for samples and tests, not for the event path.
 *
 *   {"topic": "events", "ts": 1789606800000, "headers": ["ce_id", "e1", …], "key": "C1", "payload": "{…}"}
 *
 * Written by hand, `headers` may be an object and `payload` JSON as it is; what else stands there is ignored.
 */
#ifndef GOLDHOUR_DECODE_KCAT_H
#define GOLDHOUR_DECODE_KCAT_H

#include "goldhour/decode/decode.h"

struct gh_kcat;
struct gh_kcat *gh_kcat_new(void);
void gh_kcat_free(struct gh_kcat *k);
/* Reads a line. The message borrows from it, and from `k` until its next call. False: no such message, `*why` says why (for people; static). */
bool gh_kcat_read(struct gh_kcat *k, struct gh_str line, struct gh_message *out, const char **why);

#endif
