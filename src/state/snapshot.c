#include "change.h"

static void put_cells(const struct gh_customer *c, struct gh_buf *out)
{
  for (uint32_t i = 0; i < c->ncells; i++) {
    gh_buf_byte(out, GH_CHANGE_CELL);
    gh_cell_put(out, &c->cells[i]);
  }
}

static void put_ids(const struct gh_customer *c, struct gh_buf *out)
{
  for (uint32_t i = 0; i < c->ids_cap; i++) {
    if (!c->ids[i].hash) continue;
    gh_buf_byte(out, GH_CHANGE_ID);
    gh_buf_put_fixed64(out, c->ids[i].hash);
    gh_buf_put_i64(out, c->ids[i].time_ms);
    gh_buf_put_i64(out, INT64_MIN);
  }
}

static void put_marks(const struct gh_customer *c, struct gh_buf *out)
{
  for (uint32_t i = 0; i < c->nmarks; i++) {
    gh_buf_byte(out, GH_CHANGE_MARK_ADD);
    gh_mark_put(out, c->marks[i]);
    gh_buf_put_i64(out, INT64_MIN);
  }
}

static void put_events(const struct gh_customer *c, struct gh_buf *out)
{
  for (uint32_t i = 0; i < c->nwaits; i++) {
    gh_buf_byte(out, GH_CHANGE_WAIT);
    gh_wait_put(out, c->waits[i]);
  }
  for (const struct gh_pending *p = c->pending; p; p = p->next) {
    gh_buf_byte(out, GH_CHANGE_PEND);
    gh_pending_put(out, p);
  }
}

void gh_customer_snapshot(const struct gh_customer *c, struct gh_buf *out)
{
  gh_buf_byte(out, GH_CHANGE_CUSTOMER);
  gh_buf_put_text(out, c->key);
  if (c->profile_len || c->profile_ms != INT64_MIN) {
    gh_buf_byte(out, GH_CHANGE_PROFILE);
    gh_buf_put_i64(out, c->profile_ms);
    gh_buf_put_text(out, gh_str_n(c->profile, c->profile_len));
  }
  put_ids(c, out);
  put_cells(c, out);
  put_marks(c, out);
  put_events(c, out);
}

void gh_customer_prune(struct gh_state *s, struct gh_customer *c, int64_t since_ms, int64_t keep_ms)
{
  gh_marks_prune(c, since_ms);
  gh_cells_prune(s, c, keep_ms);
  gh_ids_prune(s, c, since_ms);
  /* An erased customer: no change older than since_ms can come any more, so that its time need not be known. */
  if (!c->profile_len && c->profile_ms < since_ms) c->profile_ms = INT64_MIN;
}
