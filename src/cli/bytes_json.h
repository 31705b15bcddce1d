/* Bytes in JSON: as text where they are text, else as base64 under another name. */
#ifndef GH_CLI_BYTES_JSON_H
#define GH_CLI_BYTES_JSON_H

#include "goldhour/base/buf.h"

/* Appends ,"NAME":"text" or ,"NAME_base64":"…". */
void gh_cli_json_bytes(struct gh_buf *out, const char *name, struct gh_str bytes);
/* Appends ,"NAME":"text". */
void gh_cli_json_text(struct gh_buf *out, const char *name, struct gh_str text);

#endif
