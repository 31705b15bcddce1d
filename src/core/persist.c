/* What is stored, and how it is read back: a log and a rolling snapshot.
 *
 * Invariants
 *  1. A bucket holds the customers whose hash begins with one prefix of `bits` bits; its row's key is the first such hash | bits.
 *  2. Buckets are written in the order of the hash, round and round; `cursor` is the hash from which the next one begins. Bits only grow.
 *  3. A row stays until all of its hashes have been written anew. So at most one row lies across the cursor; of its customers those before the cursor
 *     stand in newer rows and are passed over when it is read.
 *  4. The bucket at the cursor is the oldest: log rows up to its commit are in every bucket and may go. Until the first round is over, none may.
 *  5. A bucket of commit s holds the state after commit s: of the log, its customers need the rows after s.
 */
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "inside.h"

enum { FORMAT = 1, BITS_MAX = 40, BUCKET_BYTES = 32 << 10, BUCKETS_A_COMMIT = 64 };

/* ---- rows ---- */

static uint64_t key_of(uint64_t first, unsigned bits) { return first | bits; }
static unsigned bits_of(uint64_t key) { return (unsigned)(key & 63); }
static uint64_t first_of(uint64_t key) { return key & ~UINT64_C(63); }
static uint64_t last_of(uint64_t first, unsigned bits) { return first | (bits ? (UINT64_C(1) << (64 - bits)) - 1 : UINT64_MAX); }
static uint64_t prefix_of(uint64_t hash, unsigned bits) { return bits ? hash & ~((UINT64_C(1) << (64 - bits)) - 1) : 0; }

static uint32_t place_of(const struct gh_core *core, uint64_t key)
{
  uint32_t low = 0, high = core->nrows;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (core->rows[middle].key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

static struct gh_saved *find_row(struct gh_core *core, uint64_t key)
{
  uint32_t at = place_of(core, key);
  return at < core->nrows && core->rows[at].key == key ? &core->rows[at] : NULL;
}

static void put_row(struct gh_core *core, uint64_t key, uint64_t seq)
{
  core->bits_seen |= UINT64_C(1) << bits_of(key);
  struct gh_saved *known = find_row(core, key);
  if (known) {
    known->seq = seq;
    return;
  }
  if (core->nrows == core->rows_cap) {
    core->rows_cap = core->rows_cap ? core->rows_cap * 2 : 64;
    core->rows = realloc(core->rows, core->rows_cap * sizeof *core->rows);
    GH_CHECK(core->rows && "out of memory");
  }
  uint32_t at = place_of(core, key);
  memmove(core->rows + at + 1, core->rows + at, (core->nrows - at) * sizeof *core->rows);
  core->rows[at] = (struct gh_saved){key, seq};
  core->nrows++;
}

static void drop_row(struct gh_core *core, struct gh_saved *row)
{
  uint32_t at = (uint32_t)(row - core->rows);
  core->nrows--;
  memmove(row, row + 1, (core->nrows - at) * sizeof *row);
}

/* The row that holds the customers of this hash, the newest written if two lie over it. */
static struct gh_saved *row_at(struct gh_core *core, uint64_t hash)
{
  struct gh_saved *best = NULL;
  for (uint64_t left = core->bits_seen; left; left &= left - 1) {
    unsigned bits = (unsigned)__builtin_ctzll(left);
    struct gh_saved *row = find_row(core, key_of(prefix_of(hash, bits), bits));
    if (row && (!best || row->seq > best->seq)) best = row;
  }
  return best;
}

/* ---- writing ---- */

struct collect { struct gh_core *core; struct gh_customer **gone; uint32_t ngone, cap, count; int64_t since_ms, keep_ms; };

static void collect_customer(void *ctx, struct gh_customer *c)
{
  struct collect *x = ctx;
  gh_customer_prune(&x->core->state, c, x->since_ms, x->keep_ms);
  if (!gh_customer_empty(c)) {
    gh_customer_snapshot(c, &x->core->snapshot);
    x->count++;
    return;
  }
  if (x->ngone == x->cap) {
    x->cap = x->cap ? x->cap * 2 : 16;
    x->gone = realloc(x->gone, x->cap * sizeof *x->gone);
    GH_CHECK(x->gone && "out of memory");
  }
  x->gone[x->ngone++] = c;
}

static int64_t keep_from(const struct gh_core *core)
{
  const struct gh_pending *first = gh_state_next_event(&core->state);
  int64_t since_ms = gh_core_since(core);
  if (first && first->time_ms < since_ms) since_ms = first->time_ms;
  const struct gh_wait *timer = gh_state_next_timer(&core->state);
  if (timer && timer->due_ms < since_ms) since_ms = timer->due_ms;
  return gh_time_minus(since_ms, core->keep_ms);
}

static void snapshot_range(struct gh_core *core, uint64_t first, uint64_t last)
{
  struct collect x = {.core = core, .since_ms = gh_core_since(core), .keep_ms = keep_from(core)};
  gh_buf_clear(&core->snapshot);
  gh_buf_put_u64(&core->snapshot, FORMAT);
  gh_buf_put_u64(&core->snapshot, core->seq);
  gh_customers_in(&core->state, first, last, collect_customer, &x);
  for (uint32_t i = 0; i < x.ngone; i++) gh_customer_remove(&core->state, x.gone[i]);
  free(x.gone);
  if (x.count) core->customer_bytes = (core->customer_bytes * 7 + core->snapshot.len / x.count) / 8 + 1;
}

/* Rows of fewer bits that end where this bucket ends have been written anew whole. */
static void drop_parents(struct gh_core *core, struct gh_update *out, uint64_t first, unsigned bits)
{
  for (unsigned b = 0; b < bits; b++) {
    uint64_t parent = prefix_of(first, b);
    struct gh_saved *row = find_row(core, key_of(parent, b));
    if (!row || last_of(parent, b) != last_of(first, bits)) continue;
    out->drop[out->ndrop++] = row->key;
    drop_row(core, row);
  }
}

static void write_bucket(struct gh_core *core, struct gh_update *out)
{
  uint64_t first = core->cursor, last = last_of(first, core->bits);
  snapshot_range(core, first, last);
  put_row(core, key_of(first, core->bits), core->seq);
  drop_parents(core, out, first, core->bits);
  out->buckets[out->nbuckets++] = (struct gh_bucket){key_of(first, core->bits), gh_arena_str(&out->arena, gh_buf_str(&core->snapshot))};
  core->credit_bytes -= (int64_t)core->snapshot.len;
  core->cursor = last + 1; /* 0 after the last: the next round */
}

static uint64_t bucket_bytes(const struct gh_core *core)
{
  return ((uint64_t)core->state.table.count * core->customer_bytes >> core->bits) + 64;
}

/* As many snapshot bytes as change bytes, so that the log never outgrows the table. */
static void write_buckets(struct gh_core *core, struct gh_update *out)
{
  core->credit_bytes += (int64_t)core->log.len;
  while (core->bits < BITS_MAX && bucket_bytes(core) > BUCKET_BYTES) core->bits++;
  if (core->credit_bytes >= (int64_t)bucket_bytes(core)) {
    out->buckets = gh_arena_alloc(&out->arena, BUCKETS_A_COMMIT * sizeof *out->buckets);
    out->drop = gh_arena_alloc(&out->arena, BUCKETS_A_COMMIT * BITS_MAX * sizeof *out->drop);
  }
  while (out->nbuckets < BUCKETS_A_COMMIT && core->credit_bytes >= (int64_t)bucket_bytes(core)) write_bucket(core, out);
  const struct gh_saved *oldest = row_at(core, core->cursor);
  out->cut_seq = oldest ? oldest->seq + 1 : 0;
}

static void put_meta(struct gh_core *core, struct gh_buf *b)
{
  gh_buf_put_u64(b, FORMAT);
  gh_buf_put_u64(b, core->seq);
  gh_buf_put_i64(b, core->high_ms);
  gh_buf_put_i64(b, core->clock_ms);
  gh_buf_put_i64(b, core->least_ms);
  gh_buf_put_i64(b, core->wall_ms);
  gh_buf_put_u64(b, core->arrivals);
  gh_buf_put_u64(b, core->urgent ? core->urgent->arrival + 1 : 0);
  gh_buf_put_u64(b, core->forced);
  gh_buf_put_fixed64(b, core->cursor);
  gh_buf_put_u64(b, core->bits);
  gh_buf_put_i64(b, core->credit_bytes);
  gh_buf_put_u64(b, core->customer_bytes);
  gh_buf_put_u64(b, core->state.table.count);
  gh_buf_put_text(b, gh_str(core->rules_version));
  for (unsigned i = 0; i < GH_INPUTS; i++) {
    gh_buf_put_u64(b, core->positions[i].offset);
    gh_buf_put_u64(b, core->positions[i].record);
  }
#define X(name, meaning) gh_buf_put_text(b, GH_STR(#name)); gh_buf_put_u64(b, core->counters.name);
  GH_COUNTERS(X)
#undef X
}

void gh_seal(struct gh_core *core, struct gh_update *out)
{
  GH_CHECK(core->rules && !core->hand.event && !core->refused && "a refusal belongs to the batch of its input: step first");
  core->seq++;
  gh_state_log_pending(&core->state);
  write_buckets(core, out);
  gh_buf_clear(&core->snapshot);
  put_meta(core, &core->snapshot);
  out->meta = gh_arena_str(&out->arena, gh_buf_str(&core->snapshot));
  if (core->state.names.changed) {
    gh_buf_clear(&core->snapshot);
    gh_buf_put_u64(&core->snapshot, FORMAT);
    gh_names_pack(&core->state.names, &core->snapshot);
    out->dict = gh_arena_str(&out->arena, gh_buf_str(&core->snapshot));
  }
  struct gh_buf spare = out->log;
  out->log = core->log;
  core->log = spare;
  gh_buf_clear(&core->log);
  gh_state_log_to(&core->state, &core->log);
  out->seq = core->seq;
}

/* ---- reading back ---- */

static void read_counter(struct gh_core *core, struct gh_str name, uint64_t value)
{
#define X(field, meaning) if (gh_str_eq(name, GH_STR(#field))) core->counters.field = value;
  GH_COUNTERS(X)
#undef X
}

static bool read_meta(struct gh_core *core, struct gh_str bytes)
{
  struct gh_reader r = gh_reader(bytes);
  if (gh_read_u64(&r) != FORMAT) return false;
  core->seq = gh_read_u64(&r);
  core->high_ms = gh_read_i64(&r);
  core->clock_ms = gh_read_i64(&r);
  core->least_ms = gh_read_i64(&r);
  core->wall_ms = gh_read_i64(&r);
  core->arrivals = gh_read_u64(&r);
  core->loaded_urgent = gh_read_u64(&r);
  core->forced = gh_read_u64(&r) != 0;
  core->cursor = gh_read_fixed64(&r);
  core->bits = (unsigned)gh_read_u64(&r);
  core->credit_bytes = gh_read_i64(&r);
  core->customer_bytes = gh_read_u64(&r);
  uint64_t customers = gh_read_u64(&r);
  struct gh_str version = gh_read_text(&r);
  if (version.len >= sizeof core->rules_version || core->bits > BITS_MAX) return false;
  memcpy(core->rules_version, version.len ? version.ptr : "", version.len);
  for (unsigned i = 0; i < GH_INPUTS; i++) {
    uint64_t offset = gh_read_u64(&r), record = gh_read_u64(&r);
    core->positions[i] = (struct gh_position){i, offset, record};
  }
  while (!gh_reader_done(&r)) {
    struct gh_str name = gh_read_text(&r);
    read_counter(core, name, gh_read_u64(&r));
  }
  if (r.bad || customers > UINT32_MAX / 4) return false;
  gh_state_reserve(&core->state, customers);
  return true;
}

static bool before_cursor(void *ctx, uint64_t hash) { return hash >= ((const struct gh_core *)ctx)->cursor; }

static bool read_bucket(struct gh_core *core, uint64_t key, struct gh_str bytes)
{
  struct gh_reader r = gh_reader(bytes);
  if (gh_read_u64(&r) != FORMAT || bits_of(key) > BITS_MAX) return false;
  uint64_t seq = gh_read_u64(&r), first = first_of(key), last = last_of(first, bits_of(key));
  if (r.bad || seq > core->seq) return false;
  put_row(core, key, seq);
  bool across = core->cursor > first && core->cursor <= last;
  struct gh_str rest = gh_str_n(r.at, (size_t)(r.end - r.at));
  return gh_state_replay(&core->state, rest, across ? before_cursor : NULL, core);
}

struct newer { struct gh_core *core; uint64_t seq; };

static bool not_in_bucket(void *ctx, uint64_t hash)
{
  const struct newer *n = ctx;
  const struct gh_saved *row = row_at(n->core, hash);
  return !row || n->seq > row->seq;
}

static bool read_log(struct gh_core *core, uint64_t seq, struct gh_str bytes)
{
  if (seq > core->seq) return false;
  struct newer n = {core, seq};
  return gh_state_replay(&core->state, bytes, not_in_bucket, &n);
}

bool gh_load(struct gh_core *core, enum gh_row_kind kind, uint64_t key_or_seq, struct gh_str bytes)
{
  GH_CHECK(core->loading);
  switch (kind) {
  case GH_ROW_META: return read_meta(core, bytes);
  case GH_ROW_DICT: {
    struct gh_reader r = gh_reader(bytes);
    return gh_read_u64(&r) == FORMAT && gh_names_unpack(&core->state.names, &r);
  }
  case GH_ROW_BUCKET: return read_bucket(core, key_or_seq, bytes);
  case GH_ROW_LOG: return read_log(core, key_or_seq, bytes);
  }
  GH_IMPOSSIBLE();
}

bool gh_load_done(struct gh_core *core)
{
  for (uint32_t i = 1; core->loaded_urgent && i <= core->state.waiting.count; i++) {
    struct gh_pending *p = (struct gh_pending *)(void *)core->state.waiting.nodes[i];
    if (p->arrival + 1 == core->loaded_urgent) core->urgent = p;
  }
  core->loading = false;
  gh_state_log_to(&core->state, &core->log);
  return true;
}
