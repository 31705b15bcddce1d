/* A message's headers as one text: their number, then name and value of each. A header without a value is not one with an empty value: the value's length is
 * written one higher, 0 standing for none. */
#include "goldhour/model/message.h"
#include "goldhour/store/store.h"

#define HEADERS_MOST 10000u

void gh_headers_pack(struct gh_buf *out, const struct gh_header *headers, unsigned n)
{
  gh_buf_put_u64(out, n);
  for (unsigned i = 0; i < n; i++) {
    gh_buf_put_text(out, headers[i].name);
    gh_buf_put_u64(out, headers[i].value.ptr ? headers[i].value.len + 1 : 0);
    gh_buf_add_str(out, headers[i].value);
  }
}

static struct gh_str read_value(struct gh_reader *r, struct gh_arena *arena)
{
  uint64_t len = gh_read_u64(r);
  if (len == 0) return (struct gh_str){NULL, 0};
  if (len - 1 > (uint64_t)(r->end - r->at)) r->bad = true;
  if (r->bad) return (struct gh_str){NULL, 0};
  struct gh_str value = gh_arena_str(arena, gh_str_n(r->at, (size_t)(len - 1)));
  r->at += len - 1;
  return value;
}

bool gh_headers_unpack(struct gh_str packed, struct gh_arena *arena, const struct gh_header **headers, unsigned *n)
{
  *headers = NULL;
  *n = 0;
  if (packed.len == 0) return true;
  struct gh_reader r = gh_reader(packed);
  uint64_t count = gh_read_u64(&r);
  if (r.bad || count > HEADERS_MOST) return false;
  struct gh_header *out = gh_arena_zero(arena, (size_t)count, sizeof *out);
  for (uint64_t i = 0; i < count && !r.bad; i++) {
    out[i].name = gh_arena_str(arena, gh_read_text(&r));
    out[i].value = read_value(&r, arena);
  }
  if (r.bad || r.at != r.end) return false;
  *headers = out;
  *n = (unsigned)count;
  return true;
}
