#include "goldhour/model/value.h"

#include "goldhour/base/check.h"
#include "goldhour/base/time.h"

enum { DEEPEST = 64 }; /* of a packed value; deeper is malformed */

struct gh_value gh_timestamp_ms(int64_t ms)
{
  int64_t seconds = ms / GH_SECOND_MS - (ms % GH_SECOND_MS < 0);
  return gh_timestamp(seconds, (uint32_t)(ms - seconds * GH_SECOND_MS) * 1000000u);
}

int64_t gh_value_ms(struct gh_value timestamp) { return timestamp.i * GH_SECOND_MS + timestamp.len / 1000000; }

/* How many values stand behind `items`. */
static size_t nitems(struct gh_value v) { return v.kind == GH_MAP ? 2 * (size_t)v.len : v.len; }

static bool has_text(uint8_t kind) { return kind == GH_STRING || kind == GH_BYTES || kind == GH_TYPE || kind == GH_ERROR; }
static bool has_items(uint8_t kind) { return kind == GH_LIST || kind == GH_MAP; }

struct gh_value gh_value_copy(struct gh_arena *arena, struct gh_value v)
{
  if (has_text(v.kind)) v.text = gh_arena_str(arena, gh_text(v)).ptr;
  if (!has_items(v.kind)) return v;
  size_t n = nitems(v);
  struct gh_value *items = gh_arena_alloc(arena, n * sizeof *items);
  GH_CHECK(items);
  for (size_t i = 0; i < n; i++) items[i] = gh_value_copy(arena, v.items[i]);
  v.items = items;
  return v;
}

static bool same_items(struct gh_value a, struct gh_value b)
{
  if (a.len != b.len) return false;
  for (size_t i = 0; i < nitems(a); i++)
    if (!gh_value_same(a.items[i], b.items[i])) return false;
  return true;
}

bool gh_value_same(struct gh_value a, struct gh_value b)
{
  if (a.kind != b.kind) return false;
  switch ((enum gh_kind)a.kind) {
  case GH_ABSENT:
  case GH_NULL: return true;
  case GH_BOOL: return a.b == b.b;
  case GH_DOUBLE: return a.d == b.d || (a.d != a.d && b.d != b.d);
  case GH_STRING:
  case GH_BYTES:
  case GH_TYPE:
  case GH_ERROR: return gh_str_eq(gh_text(a), gh_text(b));
  case GH_LIST:
  case GH_MAP: return same_items(a, b);
  case GH_TIMESTAMP:
  case GH_DURATION: return a.i == b.i && a.len == b.len;
  case GH_DECIMAL: return a.i == b.i && a.scale == b.scale;
  case GH_INT:
  case GH_UINT:
  case GH_DATE: return a.i == b.i;
  case GH_DYN: break;
  }
  GH_IMPOSSIBLE();
}

static uint64_t double_bits(double d)
{
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  return bits;
}

void gh_value_pack(struct gh_buf *out, struct gh_value v)
{
  gh_buf_byte(out, (char)v.kind);
  switch ((enum gh_kind)v.kind) {
  case GH_ABSENT:
  case GH_NULL: return;
  case GH_BOOL: gh_buf_byte(out, v.b); return;
  case GH_INT:
  case GH_DATE: gh_buf_put_i64(out, v.i); return;
  case GH_UINT: gh_buf_put_u64(out, v.u); return;
  case GH_DOUBLE: gh_buf_put_fixed64(out, double_bits(v.d)); return;
  case GH_STRING:
  case GH_BYTES: gh_buf_put_text(out, gh_text(v)); return;
  case GH_LIST:
  case GH_MAP:
    gh_buf_put_u64(out, v.len);
    for (size_t i = 0; i < nitems(v); i++) gh_value_pack(out, v.items[i]);
    return;
  case GH_TIMESTAMP:
  case GH_DURATION:
    gh_buf_put_i64(out, v.i);
    gh_buf_put_u64(out, v.len);
    return;
  case GH_DECIMAL:
    gh_buf_byte(out, (char)v.scale);
    gh_buf_put_i64(out, v.i);
    return;
  case GH_TYPE:
  case GH_ERROR:
  case GH_DYN: break;
  }
  GH_IMPOSSIBLE();
}

static uint8_t read_byte(struct gh_reader *r)
{
  if (gh_reader_done(r)) {
    r->bad = true;
    return 0;
  }
  return (uint8_t)*r->at++;
}

static struct gh_value malformed(struct gh_reader *r)
{
  r->bad = true;
  return gh_absent();
}

static struct gh_value unpack(struct gh_reader *r, struct gh_arena *arena, unsigned depth);

static struct gh_value unpack_items(struct gh_reader *r, struct gh_arena *arena, uint8_t kind, unsigned depth)
{
  uint64_t len = gh_read_u64(r);
  size_t n = kind == GH_MAP ? 2 * (size_t)len : (size_t)len;
  bool fits = len <= UINT32_MAX && n <= (size_t)(r->end - r->at); /* an item takes at least a byte */
  if (r->bad || !fits || depth == DEEPEST) return malformed(r);
  struct gh_value *items = gh_arena_alloc(arena, n * sizeof *items);
  GH_CHECK(items);
  for (size_t i = 0; i < n; i++) items[i] = unpack(r, arena, depth + 1);
  return (struct gh_value){.kind = kind, .len = (uint32_t)len, .items = items};
}

static struct gh_value unpack_text(struct gh_reader *r, uint8_t kind)
{
  struct gh_str text = gh_read_text(r);
  if (text.len > UINT32_MAX) return malformed(r);
  return (struct gh_value){.kind = kind, .len = (uint32_t)text.len, .text = text.ptr};
}

static struct gh_value unpack_time(struct gh_reader *r, uint8_t kind)
{
  int64_t seconds = gh_read_i64(r);
  uint64_t nanos = gh_read_u64(r);
  if (nanos > 999999999) return malformed(r);
  return (struct gh_value){.kind = kind, .len = (uint32_t)nanos, .i = seconds};
}

static struct gh_value unpack_decimal(struct gh_reader *r)
{
  uint8_t scale = read_byte(r);
  return scale > 18 ? malformed(r) : gh_decimal(gh_read_i64(r), scale);
}

static struct gh_value unpack_double(struct gh_reader *r)
{
  uint64_t bits = gh_read_fixed64(r);
  double d;
  memcpy(&d, &bits, sizeof d);
  return gh_double(d);
}

static struct gh_value unpack(struct gh_reader *r, struct gh_arena *arena, unsigned depth)
{
  uint8_t kind = read_byte(r);
  switch ((enum gh_kind)kind) {
  case GH_ABSENT: return gh_absent();
  case GH_NULL: return gh_null();
  case GH_BOOL: return gh_bool(read_byte(r) != 0);
  case GH_INT: return gh_int(gh_read_i64(r));
  case GH_UINT: return gh_uint(gh_read_u64(r));
  case GH_DOUBLE: return unpack_double(r);
  case GH_STRING:
  case GH_BYTES: return unpack_text(r, kind);
  case GH_LIST:
  case GH_MAP: return unpack_items(r, arena, kind, depth);
  case GH_TIMESTAMP:
  case GH_DURATION: return unpack_time(r, kind);
  case GH_DECIMAL: return unpack_decimal(r);
  case GH_DATE: return gh_date_value(gh_read_i64(r));
  case GH_TYPE:
  case GH_ERROR:
  case GH_DYN: break;
  }
  return malformed(r);
}

struct gh_value gh_value_unpack(struct gh_reader *r, struct gh_arena *arena)
{
  struct gh_value v = unpack(r, arena, 0);
  return r->bad ? gh_absent() : v;
}
