#include <stdlib.h>

#include "change.h"
#include "goldhour/base/check.h"

/* A packed profile: (field, value)… Fields that the schema does not name now are kept: they may come back. */

struct item { uint64_t field; const char *from; struct gh_value v; };

static bool next_item(struct gh_reader *r, struct gh_arena *arena, struct item *out)
{
  if (gh_reader_done(r)) return false;
  out->from = r->at;
  out->field = gh_read_u64(r);
  out->v = gh_value_unpack(r, arena);
  GH_CHECK(!r->bad);
  return true;
}

void gh_profile_slots(const struct gh_state *s, const struct gh_customer *c, const struct gh_event_type *type, struct gh_value *slots, struct gh_arena *arena)
{
  memset(slots, 0, type->nfields * sizeof *slots);
  struct gh_reader r = gh_reader(gh_str_n(c->profile, c->profile_len));
  for (struct item it; next_item(&r, arena, &it);) {
    const struct gh_name *name = &s->names.names[it.field];
    if (name->slot >= 0 && name->event_type == type) slots[name->slot] = it.v;
  }
}

/* Whether the packed changes speak of the field. */
static bool changes_field(struct gh_str changes, uint64_t field, struct gh_arena *arena)
{
  struct gh_reader r = gh_reader(changes);
  for (struct item it; next_item(&r, arena, &it);)
    if (it.field == field) return true;
  return false;
}

/* The old profile without what the changes name, then the changes that give a value. */
static void merge(struct gh_state *s, struct gh_customer *c, struct gh_str changes)
{
  struct gh_arena *arena = &s->scratch;
  struct gh_buf *merged = &s->merged;
  gh_arena_reset(arena);
  gh_buf_clear(merged);
  struct gh_reader old = gh_reader(gh_str_n(c->profile, c->profile_len)), r = gh_reader(changes);
  struct item it;
  while (next_item(&old, arena, &it))
    if (!changes_field(changes, it.field, arena)) gh_buf_add(merged, it.from, (size_t)(old.at - it.from));
  while (next_item(&r, arena, &it))
    if (it.v.kind != GH_NULL) gh_buf_add(merged, it.from, (size_t)(r.at - it.from));
}

static void keep_merged(struct gh_state *s, struct gh_customer *c)
{
  size_t len = s->merged.len;
  s->memory_bytes += len - c->profile_len;
  c->profile = gh_pool_resize(&s->pool, c->profile, c->profile_len, len);
  if (len) memcpy(c->profile, s->merged.data, len);
  c->profile_len = (uint32_t)len;
}

void gh_profile_merge(struct gh_state *s, struct gh_customer *c, int64_t time_ms, struct gh_str changes)
{
  merge(s, c, changes);
  keep_merged(s, c);
  c->profile_ms = time_ms;
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_PROFILE);
  if (!log) return;
  gh_buf_put_i64(log, time_ms);
  gh_buf_put_text(log, changes);
}

void gh_state_profile(struct gh_state *s, struct gh_customer *c, int64_t time_ms, const struct gh_event_type *type, const struct gh_value *changes)
{
  gh_buf_clear(&s->packed);
  for (unsigned i = 0; i < type->nfields; i++) {
    if (changes[i].kind == GH_ABSENT) continue;
    gh_buf_put_u64(&s->packed, gh_names_of_field(&s->names, type, i));
    gh_value_pack(&s->packed, changes[i]);
  }
  gh_profile_merge(s, c, time_ms, gh_buf_str(&s->packed));
}

/* An id stays if its event is newer, still waits for its turn, or is the one that erases: a second copy must still be known as one. */
static bool id_stays(const struct gh_customer *c, const struct gh_seen *seen, int64_t time_ms, uint64_t own)
{
  uint64_t hash = seen->hash;
  if (hash == own || seen->time_ms > time_ms) return true;
  for (const struct gh_pending *p = c->pending; p; p = p->next)
    if (gh_id_hash(p->id) == hash) return true;
  return false;
}

static void forget_ids(struct gh_state *s, struct gh_customer *c, int64_t time_ms, struct gh_str id)
{
  uint64_t own = gh_id_hash(id);
  struct gh_seen *old = c->ids;
  uint32_t old_cap = c->ids_cap;
  c->ids = NULL;
  c->nids = c->ids_cap = 0;
  for (uint32_t i = 0; i < old_cap; i++)
    if (old[i].hash && id_stays(c, &old[i], time_ms, own)) gh_id_insert(s, c, old[i]);
  gh_pool_give(&s->pool, old, old_cap * sizeof *old);
  s->memory_bytes -= old_cap * sizeof *old;
}

void gh_state_forget(struct gh_state *s, struct gh_customer *c, int64_t time_ms, struct gh_str id)
{
  struct gh_buf *log = gh_change(s, c, GH_CHANGE_FORGET);
  if (log) {
    gh_buf_put_i64(log, time_ms);
    gh_buf_put_text(log, id);
  }
  s->log = NULL; /* all that follows follows from this one change */
  while (c->nwaits) gh_state_wait_end(s, c->waits[c->nwaits - 1]);
  s->log = log;
  gh_cells_give(s, c->cells, c->ncells);
  c->ncells = c->nevents = c->nmarks = 0;
  if (c->profile) memset(c->profile, 0, c->profile_len); /* what is erased is not left behind in memory */
  gh_pool_give(&s->pool, c->profile, c->profile_len);
  s->memory_bytes -= c->profile_len;
  c->profile = NULL;
  c->profile_len = 0;
  c->profile_ms = time_ms;
  forget_ids(s, c, time_ms, id);
}
