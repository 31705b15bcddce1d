#include "goldhour/base/check.h"
#include "goldhour/state/state.h"

/* Packed: type, id, forget, time, count, count × (field, value). Absent fields are left out. The customer is whoever holds it. */

void gh_event_pack(struct gh_state *s, struct gh_buf *out, const struct gh_event *e)
{
  unsigned present = 0;
  for (unsigned i = 0; i < e->type->nfields; i++) present += e->slots[i].kind != GH_ABSENT;
  gh_buf_put_text(out, e->id);
  gh_buf_put_u64(out, gh_names_of_type(&s->names, e->type));
  gh_buf_byte(out, e->forget);
  gh_buf_put_i64(out, e->time_ms);
  gh_buf_put_u64(out, present);
  for (unsigned i = 0; i < e->type->nfields; i++) {
    if (e->slots[i].kind == GH_ABSENT) continue;
    gh_buf_put_u64(out, gh_names_of_field(&s->names, e->type, i));
    gh_value_pack(out, e->slots[i]);
  }
}

struct gh_str gh_event_packed_id(struct gh_str bytes)
{
  struct gh_reader r = gh_reader(bytes);
  return gh_read_text(&r);
}

bool gh_event_unpack(const struct gh_state *s, struct gh_str bytes, struct gh_event *out, struct gh_value *slots, struct gh_arena *arena)
{
  struct gh_reader r = gh_reader(bytes);
  *out = (struct gh_event){.id = gh_read_text(&r), .slots = slots};
  uint64_t type = gh_read_u64(&r);
  GH_CHECK(!r.bad && type < s->names.count);
  out->type = s->names.names[type].event_type;
  if (!out->type) return false;
  out->forget = r.at < r.end && *r.at++;
  out->time_ms = gh_read_i64(&r);
  memset(slots, 0, out->type->nfields * sizeof *slots);
  for (uint64_t n = gh_read_u64(&r); n > 0; n--) {
    uint64_t field = gh_read_u64(&r);
    struct gh_value v = gh_value_unpack(&r, arena);
    GH_CHECK(!r.bad && field < s->names.count);
    const struct gh_name *name = &s->names.names[field];
    if (name->slot >= 0 && name->event_type == out->type) slots[name->slot] = v;
  }
  return true;
}
