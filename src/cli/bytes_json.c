#include "bytes_json.h"

#include "goldhour/base/utf8.h"
#include "goldhour/model/lead.h"

static void add_base64(struct gh_buf *out, struct gh_str bytes)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.len; i += 3) {
    uint32_t v = 0;
    for (size_t j = 0; j < 3; j++) v = v << 8 | (i + j < bytes.len ? (unsigned char)bytes.ptr[i + j] : 0);
    for (unsigned j = 0; j < 4; j++) gh_buf_byte(out, i + j > bytes.len ? '=' : digits[v >> (18 - 6 * j) & 63]);
  }
}

void gh_cli_json_text(struct gh_buf *out, const char *name, struct gh_str text)
{
  gh_buf_fmt(out, ",\"%s\":", name);
  gh_json_string(out, text);
}

void gh_cli_json_bytes(struct gh_buf *out, const char *name, struct gh_str bytes)
{
  if (gh_utf8_valid(bytes)) {
    gh_cli_json_text(out, name, bytes);
    return;
  }
  gh_buf_fmt(out, ",\"%s_base64\":\"", name);
  add_base64(out, bytes);
  gh_buf_byte(out, '"');
}
